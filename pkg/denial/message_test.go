package denial

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// The pages that document the texts.
const (
	accessDenied    = "https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html"
	withPolicyARN   = "https://aws.amazon.com/blogs/security/enhanced-access-denied-error-messages-with-policy-arns"
	authorizationID = "https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied-authorization-id.html"
	encodedMessage  = "https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html"
	recordContents  = "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html"
)

const (
	user    = "User: arn:aws:sts::111122223333:assumed-role/backend/s1 is not authorized to perform: chime:ListChannels"
	channel = "arn:aws:chime:us-east-1:111122223333:app-instance/i/channel/c"
	base    = user + " on resource: " + channel
)

func TestParseMessage(t *testing.T) {
	msg := func(m Message) Message {
		m.Action = "chime:ListChannels"
		return m
	}
	on := func(resource string) Message { return msg(Message{Resource: resource}) }
	scp := msg(Message{Resource: channel, Policy: ServiceControlPolicy, Explicit: true})
	scpARN := scp
	scpARN.PolicyARN = "arn:aws:organizations::111122223333:policy/o-abc/service_control_policy/p-def"

	tests := []struct {
		name, source, text string
		want               Message
	}{
		{"no context", accessDenied, base, on(channel)},
		{"no resource", accessDenied, user, msg(Message{})},
		{"no resource, but a clause", accessDenied, user + " because no identity-based policy allows the chime:ListChannels action", msg(Message{Policy: IdentityBasedPolicy})},
		{"sentence end", accessDenied, user + ".", msg(Message{})},
		{"comma", accessDenied, user + ", it says", msg(Message{})},
		{"quoted resource", accessDenied, user + ` on resource: "` + channel + `"`, on(channel)},
		{"quoted resource and a clause", accessDenied, user + ` on resource: "` + channel + `" with an explicit deny in a service control policy`, scp},
		{"quote closed before the clause", accessDenied, user + ` on resource: "` + channel + `", with an explicit deny in a service control policy`, scp},
		{"single quotes", accessDenied, user + ` on resource: '` + channel + `'`, on(channel)},
		{"quote never closed", recordContents, user + ` on resource: "` + channel, on(channel)},
		{"resource with spaces", accessDenied, user + ` on resource: arn:aws:s3:::b/a name with spaces because no session policy allows the chime:ListChannels action`,
			msg(Message{Resource: "arn:aws:s3:::b/a name with spaces", Policy: SessionPolicy})},

		{"sessions policy", accessDenied, base + " with an explicit deny in a sessions policy", msg(Message{Resource: channel, Policy: SessionPolicy, Explicit: true})},
		{"transitively", accessDenied, base + " with an explicit deny in a VPC endpoint policy transitively through a service control policy",
			msg(Message{Resource: channel, Policy: VPCEndpointPolicy, Explicit: true})},
		{"policy ARN", withPolicyARN, base + " with an explicit deny in a service control policy: arn:aws:organizations::111122223333:policy/o-abc/service_control_policy/p-def", scpARN},
		{"policy ARN at the end of a sentence", withPolicyARN, base + " with an explicit deny in a service control policy: arn:aws:organizations::111122223333:policy/o-abc/service_control_policy/p-def.", scpARN},
		{"policy ARN and an authorization id", authorizationID, base + " with an explicit deny in a service control policy: arn:aws:organizations::111122223333:policy/o-abc/service_control_policy/p-def. Go to https://us-east-1.console.aws.amazon.com/iam/home?region=us-east-1#/authorization-details/abc for complete details, or call the GetRequestAuthorizationDetails API with the following authorization id: abc", scpARN},
		{"policy ARN, transitively", withPolicyARN, base + " with an explicit deny in a VPC endpoint policy transitively through a service control policy: arn:aws:organizations::1:policy/p-1",
			msg(Message{Resource: channel, Policy: VPCEndpointPolicy, Explicit: true, PolicyARN: "arn:aws:organizations::1:policy/p-1"})},
		{"policy by name only", withPolicyARN, base + " with an explicit deny in a service control policy: FullAWSAccess", scp},
		{"quarantine", "https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSCompromisedKeyQuarantineV3.html",
			base + " with an explicit deny in an identity-based policy: arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3",
			msg(Message{Resource: channel, Policy: IdentityBasedPolicy, Explicit: true, PolicyARN: "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3"})},
		{"authorization id, no clause", authorizationID, base + ". Go to https://us-east-1.console.aws.amazon.com/iam/home?region=us-east-1#/authorization-details/abc for complete details, or call the GetRequestAuthorizationDetails API with the following authorization id: abc", on(channel)},
		{"EC2", encodedMessage, "You are not authorized to perform this operation. " + base + " because no identity-based policy allows the chime:ListChannels action. Encoded authorization failure message: 3Kx-abc",
			msg(Message{Resource: channel, Policy: IdentityBasedPolicy})},
		{"EC2, no clause", encodedMessage, base + ". Encoded authorization failure message: 3Kx-abc", on(channel)},
		{"EC2, nothing but the code", encodedMessage, "You are not authorized to perform this operation. Encoded authorization failure message: 3Kx-abc", Message{}},

		{"cut in the clause", recordContents, base + " because no identity-based policy allows the chime:ListCha", on(channel + " because no identity-based policy allows the chime:ListCha")},
		{"cut in the action", recordContents, "User: x is not authorized to perform: chime:Li", Message{Action: "chime:Li"}},
		{"cut before the action", recordContents, "User: x is not authorized to perform: ", Message{}},
		{"cut before the resource", recordContents, user + " on resource: ", msg(Message{})},
		{"no action but a stop", recordContents, "User: x is not authorized to perform: .", Message{}},
		{"bare", accessDenied, "Access Denied", Message{}},
		{"empty", accessDenied, "", Message{}},
		{"Chime's own", "https://github.com/aws/amazon-chime-sdk-js/issues/1270", "An invalid app instance user ARN was supplied for the x-amz-chime-bearer HTTP header.", Message{}},
		{"network event", "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-network-events-with-cloudtrail.html", "The request was denied due to a VPC endpoint policy", Message{}},
		{"case matters", accessDenied, strings.Replace(base, "is not", "Is Not", 1), Message{}},
		{"case of the clause matters", accessDenied, base + " With an explicit deny in a service control policy", on(channel + " With an explicit deny in a service control policy")},
		{"a policy type that is none", accessDenied, base + " with an explicit deny in a bucket policy", on(channel + " with an explicit deny in a bucket policy")},

		// The caller names resources. What counts is what IAM wrote last.
		{"a deny in the name", accessDenied, user + " on resource: arn:aws:s3:::b/with an explicit deny in a service control policy because no identity-based policy allows the chime:ListChannels action",
			msg(Message{Resource: "arn:aws:s3:::b/with an explicit deny in a service control policy", Policy: IdentityBasedPolicy})},
		{"a quarantine in the name", accessDenied, user + " on resource: arn:aws:s3:::b/with an explicit deny in an identity-based policy: arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3 because no identity-based policy allows the chime:ListChannels action",
			msg(Message{Resource: "arn:aws:s3:::b/with an explicit deny in an identity-based policy: arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3", Policy: IdentityBasedPolicy})},
		{"a missing allow in the name", accessDenied, user + " on resource: arn:aws:s3:::b/because no VPC endpoint policy allows the chime:ListChannels action with an explicit deny in a resource control policy",
			msg(Message{Resource: "arn:aws:s3:::b/because no VPC endpoint policy allows the chime:ListChannels action", Policy: ResourceControlPolicy, Explicit: true})},
		{"a clause about another action", accessDenied, base + " because no identity-based policy allows the s3:GetObject action",
			on(channel + " because no identity-based policy allows the s3:GetObject action")},
		{"another grammar in the name", accessDenied, user + " on resource: arn:aws:s3:::b/User: y is not authorized to perform: s3:GetObject on resource: z",
			on("arn:aws:s3:::b/User: y is not authorized to perform: s3:GetObject on resource: z")},
		{"a trailer in the name", authorizationID, user + " on resource: arn:aws:s3:::b/. Go to https://evil.example/. Go to https://us-east-1.console.aws.amazon.com/iam/home", on("arn:aws:s3:::b/. Go to https://evil.example/")},
		{"quotes in the name", accessDenied, user + ` on resource: "arn:aws:s3:::b/a"b"`, on(`arn:aws:s3:::b/a"b`)},
		{"control characters", accessDenied, user + " on resource: arn:aws:s3:::b/\x1b[31m\u202e\n because no identity-based policy allows the chime:ListChannels action",
			msg(Message{Resource: "arn:aws:s3:::b/\x1b[31m\u202e", Policy: IdentityBasedPolicy})},
	}
	for _, p := range []struct {
		policy  Policy
		article string
	}{
		{ServiceControlPolicy, "a "}, {ResourceControlPolicy, "a "}, {VPCEndpointPolicy, "a "}, {PermissionsBoundary, "a "},
		{SessionPolicy, "a "}, {ResourceBasedPolicy, "a "}, {RoleTrustPolicy, "the "}, {IdentityBasedPolicy, "an "},
		{IdentityBasedPolicy, ""},
	} {
		tests = append(tests,
			struct {
				name, source, text string
				want               Message
			}{"implicit " + string(p.policy), accessDenied, base + " because no " + string(p.policy) + " allows the chime:ListChannels action", msg(Message{Resource: channel, Policy: p.policy})},
			struct {
				name, source, text string
				want               Message
			}{"explicit " + p.article + string(p.policy), accessDenied, base + " with an explicit deny in " + p.article + string(p.policy), msg(Message{Resource: channel, Policy: p.policy, Explicit: true})},
		)
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, ParseMessage(tt.text)); diff != "" {
				t.Errorf("%q, by %s (-want +got):\n%s", tt.text, tt.source, diff)
			}
		})
	}
}

// CloudTrail cuts errorMessage at 1 KB: a resource that reaches the end may be
// half of one. https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
func TestParseMessageKnowsWhatMayBeCut(t *testing.T) {
	long := user + " on resource: " + channel + strings.Repeat("x", 1024)
	for _, tt := range []struct {
		text string
		want bool
	}{
		{long[:1024], true},
		{long[:1000], true},
		{long[:999], false},
		{base, false},
		{long[:990] + " because no identity-based policy allows the chime:ListChannels action", false},
		{user + strings.Repeat(" ", 1024), false},
	} {
		if got := ParseMessage(tt.text).Cut; got != tt.want {
			t.Errorf("%d bytes ending in %q: cut %v, want %v", len(tt.text), tt.text[len(tt.text)-10:], got, tt.want)
		}
	}
}

// Whatever a caller calls a resource, the clause that IAM writes after it is
// the one that counts.
func TestResourceNamesDecideNothing(t *testing.T) {
	name := rapid.OneOf(
		rapid.String(),
		rapid.SampledFrom([]string{
			" with an explicit deny in a service control policy", " because no session policy allows the chime:ListChannels action",
			" on resource: ", ". Go to https://", " Encoded authorization failure message", "is not authorized to perform: x:Y", `"`,
			": arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV2", " transitively through a service control policy",
		}),
	)
	clauses := map[string]Message{
		" because no permissions boundary allows the chime:ListChannels action": {Policy: PermissionsBoundary},
		" with an explicit deny in the role trust policy":                       {Policy: RoleTrustPolicy, Explicit: true},
		" with an explicit deny in an identity-based policy: arn:aws:iam::1:policy/p": {
			Policy: IdentityBasedPolicy, Explicit: true, PolicyARN: "arn:aws:iam::1:policy/p"},
	}
	rapid.Check(t, func(t *rapid.T) {
		resource := "arn:aws:s3:::b/" + strings.Join(rapid.SliceOfN(name, 0, 5).Draw(t, "name"), "")
		for clause, want := range clauses {
			got := ParseMessage(user + " on resource: " + resource + clause)
			if got.Action != "chime:ListChannels" || got.Policy != want.Policy || got.Explicit != want.Explicit || got.PolicyARN != want.PolicyARN {
				t.Fatalf("%q%s: %+v", resource, clause, got)
			}
			if got.Resource != strings.TrimSpace(resource) {
				t.Fatalf("resource %q, want %q", got.Resource, resource)
			}
		}
	})
}

// A message of any length that repeats what the parser looks for takes linear
// time: these would take minutes in quadratic time.
func TestParseMessageIsLinear(t *testing.T) {
	start := time.Now()
	for _, part := range []string{implicit, explicit, implicit + "session policy allows the ", explicit + "a ", " on resource: ", "is not authorized to perform: ", ". Go to https://"} {
		ParseMessage(base + strings.Repeat(part, 1<<18/len(part)))
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
}
