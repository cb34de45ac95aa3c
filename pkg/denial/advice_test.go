package denial

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"chimewatch/pkg/chime"
	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/principal"
)

var update = flag.Bool("update", false, "write the golden files anew")

// record returns a usual denial, changed.
func record(change func(rec *cloudtrail.Record)) cloudtrail.Record {
	rec := usual()
	change(&rec)
	return rec
}

func refusedBy(clause string) cloudtrail.Record {
	return record(func(rec *cloudtrail.Record) {
		i := strings.Index(rec.ErrorMessage, " because")
		rec.ErrorMessage = rec.ErrorMessage[:i] + clause
	})
}

func identified(id cloudtrail.Identity) cloudtrail.Record {
	return record(func(rec *cloudtrail.Record) { rec.Identity = id })
}

func failed(code, text string) cloudtrail.Record {
	return record(func(rec *cloudtrail.Record) { rec.ErrorCode, rec.ErrorMessage = code, text })
}

// elsewhere makes the resource another account's.
func elsewhere(rec cloudtrail.Record) cloudtrail.Record {
	const own, other = ":111122223333:app-instance/", ":444455556666:app-instance/"
	rec.ErrorMessage = strings.ReplaceAll(rec.ErrorMessage, own, other)
	rec.Parameters = []byte(strings.ReplaceAll(string(rec.Parameters), own, other))
	return rec
}

func forbidden(operation string) cloudtrail.Record {
	return record(func(rec *cloudtrail.Record) {
		rec.EventName, rec.ErrorCode, rec.ErrorMessage = operation, "ForbiddenException", ""
	})
}

// One case for every kind of refusal, of policy and of identity: the golden
// files are what a person reads.
func TestAdvise(t *testing.T) {
	const orgs = "arn:aws:organizations::111122223333:policy/o-abc/"
	hostile := "x\n\x1b[31m\u202e$(id);`id`'\"|&<b>"
	cases := map[string]cloudtrail.Record{
		"policy-none-named":        refusedBy(""),
		"policy-identity-implicit": usual(),
		"policy-identity-explicit": refusedBy(" with an explicit deny in an identity-based policy: arn:aws:iam::111122223333:policy/deny-chat"),
		"policy-quarantine":        refusedBy(" with an explicit deny in an identity-based policy: arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3"),
		"policy-boundary-implicit": refusedBy(" because no permissions boundary allows the chime:ListChannelMessages action"),
		"policy-boundary-explicit": refusedBy(" with an explicit deny in a permissions boundary"),
		"policy-session-implicit":  refusedBy(" because no session policy allows the chime:ListChannelMessages action"),
		"policy-session-explicit":  refusedBy(" with an explicit deny in a session policy"),
		"policy-scp-implicit":      refusedBy(" because no service control policy allows the chime:ListChannelMessages action"),
		"policy-scp-explicit":      refusedBy(" with an explicit deny in a service control policy: " + orgs + "service_control_policy/p-def"),
		"policy-rcp-explicit":      refusedBy(" with an explicit deny in a resource control policy: " + orgs + "resource_control_policy/p-ghi"),
		"policy-resource-implicit": refusedBy(" because no resource-based policy allows the chime:ListChannelMessages action"),
		"policy-elsewhere":         elsewhere(usual()),
		"policy-elsewhere-named":   elsewhere(refusedBy(" because no resource-based policy allows the chime:ListChannelMessages action")),
		"policy-elsewhere-bearer": record(func(rec *cloudtrail.Record) {
			rec.Parameters = []byte(strings.Replace(string(rec.Parameters), `"chimeBearer":"arn:aws:chime:us-east-1:111122223333`, `"chimeBearer":"arn:aws:chime:us-east-1:444455556666`, 1))
		}),
		"policy-elsewhere-denied":  elsewhere(refusedBy(" with an explicit deny in an identity-based policy")),
		"policy-trust-implicit":    failed("AccessDenied", "User: arn:aws:iam::111122223333:user/a is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111122223333:role/target because no role trust policy allows the sts:AssumeRole action"),
		"policy-endpoint-implicit": refusedBy(" because no VPC endpoint policy allows the chime:ListChannelMessages action"),
		"policy-endpoint-transitive": record(func(rec *cloudtrail.Record) {
			rec.VPCEndpointID = "vpce-0123456789abcdef0"
			rec.ErrorMessage = base + " with an explicit deny in a VPC endpoint policy transitively through a service control policy: " + orgs + "p-jkl"
		}),
		"network-event": record(func(rec *cloudtrail.Record) {
			rec.EventType, rec.VPCEndpointID, rec.ErrorCode, rec.ErrorMessage = "AwsVpceEvent", "vpce-0123456789abcdef0", "VpceAccessDenied", "The request was denied due to a VPC endpoint policy"
		}),
		"message-bare": failed("AccessDenied", "Access Denied"),
		"message-cut": record(func(rec *cloudtrail.Record) {
			rec.EventName, rec.Parameters = "ListChannels", nil
			rec.ErrorMessage = (user + " on resource: " + channel + strings.Repeat("x", 1024))[:1024]
		}),
		"message-bearer-unknown": record(func(rec *cloudtrail.Record) { rec.Parameters = []byte(`{"channelArn":"` + channel + `"}`) }),

		"app-role-admin":      forbidden("DeleteChannelMessage"),
		"app-role-moderator":  forbidden("CreateChannelModerator"),
		"app-role-member":     forbidden("SendChannelMessage"),
		"app-role-user":       forbidden("ListChannels"),
		"app-role-none":       forbidden("GetChannelMembershipPreferences"),
		"app-role-bad-bearer": failed("Forbidden", "An invalid app instance user ARN was supplied for the input parameter."),
		"unavailable":         failed("ForbiddenException", "Subscription check failed"),
		"other-failure":       failed("NotFoundException", "No such channel"),
		"success":             failed("", ""),

		"credential-expired":      failed("ExpiredTokenException", "The security token included in the request is expired"),
		"credential-clock":        failed("RequestExpired", ""),
		"credential-signature":    failed("SignatureDoesNotMatch", ""),
		"credential-unknown-key":  failed("UnrecognizedClientException", ""),
		"credential-unsigned":     failed("MissingAuthenticationToken", ""),
		"credential-unauthorized": failed("UnauthorizedClientException", "An invalid app instance user ARN was supplied for the x-amz-chime-bearer HTTP header."),

		"identity-user":            identified(cloudtrail.Identity{Type: "IAMUser", ARN: "arn:aws:iam::111122223333:user/ops/alice", AccountID: "111122223333", AccessKeyID: "AKIAEXAMPLEEXAMPLE12"}),
		"identity-federated":       identified(cloudtrail.Identity{Type: "FederatedUser", ARN: "arn:aws:sts::111122223333:federated-user/bob", AccountID: "111122223333", AccessKeyID: "ASIAEXAMPLEEXAMPLE12"}),
		"identity-root":            identified(cloudtrail.Identity{Type: "Root", ARN: "arn:aws:iam::111122223333:root", AccountID: "111122223333"}),
		"identity-sso":             identified(cloudtrail.Identity{Type: "AssumedRole", ARN: "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Support_0123456789abcdef/jane@example.com", AccountID: "111122223333", AccessKeyID: "ASIAEXAMPLEEXAMPLE12", IssuerARN: "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Support_0123456789abcdef"}),
		"identity-cognito":         identified(cloudtrail.Identity{Type: "AssumedRole", ARN: "arn:aws:sts::111122223333:assumed-role/app-users/CognitoIdentityCredentials", AccountID: "111122223333", AccessKeyID: "ASIAEXAMPLEEXAMPLE12", IssuerARN: "arn:aws:iam::111122223333:role/app-users", FederatedProvider: "cognito-identity.amazonaws.com"}),
		"identity-foreign":         identified(cloudtrail.Identity{Type: "AWSAccount", AccountID: "444455556666", PrincipalID: "AROAEXAMPLE:x"}),
		"identity-center":          identified(cloudtrail.Identity{Type: "IdentityCenterUser", AccountID: "111122223333", IdentityStoreARN: "arn:aws:identitystore::111122223333:identitystore/d-1234567890", OnBehalfOfUserID: "544894e8-80c1"}),
		"identity-web":             identified(cloudtrail.Identity{Type: "WebIdentityUser", PrincipalID: "accounts.google.com:client:user", IdentityProvider: "accounts.google.com"}),
		"identity-saml":            identified(cloudtrail.Identity{Type: "SAMLUser", PrincipalID: "SampleUkh1i4:SamlExample", IdentityProvider: "SampleUkh1i4"}),
		"identity-service":         identified(cloudtrail.Identity{Type: "AWSService", InvokedBy: "messaging.chime.amazonaws.com"}),
		"identity-through-service": identified(cloudtrail.Identity{Type: "IAMUser", ARN: "arn:aws:iam::111122223333:user/alice", AccountID: "111122223333", AccessKeyID: "ASIAEXAMPLEEXAMPLE12", InvokedBy: "cloudformation.amazonaws.com"}),
		"identity-directory":       identified(cloudtrail.Identity{Type: "Directory", ARN: "arn:aws:ds:us-east-1:111122223333:directory/d-1/user/carol", AccountID: "111122223333"}),
		"identity-missing":         identified(cloudtrail.Identity{}),

		"client-old": record(func(rec *cloudtrail.Record) {
			rec.UserAgent, rec.Region = "aws-sdk-java/1.12.239 Linux/5.4", "eu-west-1"
		}),
		"client-ending": record(func(rec *cloudtrail.Record) {
			rec.UserAgent = "aws-cli/1.16.96 Python/3.6.0 Windows/10 botocore/1.12.86"
		}),
		"client-ended": record(func(rec *cloudtrail.Record) { rec.UserAgent = "Boto/2.49.0 Python/2.7.18" }),
		"other-service": record(func(rec *cloudtrail.Record) {
			rec.EventSource, rec.EventName, rec.Parameters, rec.UserAgent = "ec2.amazonaws.com", "RunInstances", nil, ""
			rec.ErrorCode = "Client.UnauthorizedOperation"
			rec.ErrorMessage = "You are not authorized to perform this operation. User: arn:aws:iam::111122223333:user/a is not authorized to perform: ec2:RunInstances on resource: arn:aws:ec2:us-east-1:111122223333:instance/* because no identity-based policy allows the ec2:RunInstances action. Encoded authorization failure message: 3Kx"
		}),
		"hostile": record(func(rec *cloudtrail.Record) {
			rec.EventID, rec.RequestID, rec.Region, rec.UserAgent, rec.EventName = hostile, hostile, "us-east-1;id", hostile, "ListChannels"
			rec.Identity = cloudtrail.Identity{Type: "AssumedRole", ARN: "arn:aws:sts::111122223333:assumed-role/-r$(id)/" + hostile, AccountID: "444455556666$(id)", AccessKeyID: "AKIA;id"}
			rec.ErrorMessage = user + " on resource: " + instance + "/channel/" + strings.Repeat("y", 300) + hostile
			rec.Parameters = []byte(`{"chimeBearer":"arn:aws:chime:us-east-1:111122223333:app-instance/i/user/$(id)","channelArn":"` + instance + `/channel/*"}`)
		}),
	}
	for name, rec := range cases {
		t.Run(name, func(t *testing.T) {
			call := Classify(&rec)
			advice := Advise(&call)
			got := written(&advice)
			file := filepath.Join("testdata", "advice", name+".golden")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("go test -run TestAdvise -update writes it anew (-want +got):\n%s", diff)
			}
		})
	}
	files, err := filepath.Glob("testdata/advice/*.golden")
	if err != nil || len(files) != len(cases) {
		t.Errorf("%d golden files for %d cases, %v", len(files), len(cases), err)
	}
}

// written returns an advice as plain text.
func written(a *Advice) string {
	var b strings.Builder
	for i, s := range a.Steps() {
		fmt.Fprintf(&b, "%d. %s\n", i+1, s.Title)
		for _, text := range s.Text {
			fmt.Fprintf(&b, "   %s\n", text)
		}
		for _, command := range s.Commands {
			fmt.Fprintf(&b, "   $ %s\n", command)
		}
		if i != 1 {
			continue
		}
		if a.Permission.Statement != nil {
			fmt.Fprintf(&b, "%s\n", a.Permission.Statement.Policy())
		}
		if a.Permission.Role != "" {
			fmt.Fprintf(&b, "   role: %s\n", a.Permission.Role)
		}
	}
	return b.String()
}

// A command has words of plain characters and what Advise itself quotes.
var command = regexp.MustCompile(`^(aws|chimewatch)( ([A-Za-z0-9_./:+=,@-]+|'[A-Za-z0-9_{}\[\]":.,-]*'))*$`)

// No value of a record makes a command do anything else, breaks a line of the
// text, or hides in it.
func TestAdviceIsInert(t *testing.T) {
	text := rapid.OneOf(
		rapid.String(),
		rapid.SampledFrom([]string{
			"", "us-east-1", "111122223333", "AKIAEXAMPLE", bearer, channel, instance, "-x", "--profile=x", "file:///etc/passwd", "$(id)", "a b", "'", "\"", "\n", "\u202e",
			"arn:aws:iam::111122223333:role/r", "arn:aws:iam::111122223333:user/u/$(id)", "arn:aws:iam::1:policy/AWSCompromisedKeyQuarantineV2", "arn:a:organizations:::x/p-1", "arn::::::", "arn:a:b:c:d:e f",
		}),
	)
	operations := []string{"RunInstances", "", "X\n"}
	for _, op := range chime.Operations() {
		operations = append(operations, op.Name)
	}
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) string { return text.Draw(t, name) }
		c := Call{
			Key:  cloudtrail.Key{Account: draw("account"), Region: draw("region"), EventID: draw("event")},
			Time: time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "time"), 0),
			Principal: principal.Principal{
				Key: draw("principal"), Type: rapid.SampledFrom([]string{"AssumedRole", "IAMUser", "Root", "AWSAccount", "SAMLUser", "FederatedUser", "IdentityCenterUser", "", "X\n"}).Draw(t, "type"), Account: draw("caller"),
				Service: rapid.Bool().Draw(t, "service"), Role: rapid.Bool().Draw(t, "role"), SSO: rapid.Bool().Draw(t, "sso"), WebIdentity: rapid.Bool().Draw(t, "web"),
			},
			Operation: rapid.SampledFrom(operations).Draw(t, "operation"),
			Outcome:   rapid.SampledFrom([]Outcome{Refused, Refused, Refused, Unavailable, Other, Success}).Draw(t, "outcome"),
			Cause:     rapid.SampledFrom([]Cause{IAM, IAM, AppRole, Credential, Network}).Draw(t, "cause"),
			Resource:  draw("resource"), Bearer: draw("bearer"), AccessKey: draw("key"), Session: draw("session"), Endpoint: draw("endpoint"), Through: draw("through"),
			Foreign: rapid.Bool().Draw(t, "foreign"), BadBearer: rapid.Bool().Draw(t, "bad bearer"),
			Message: Message{
				Action: draw("action"), Resource: draw("checked"), Explicit: rapid.Bool().Draw(t, "explicit"), PolicyARN: draw("policy"),
				Policy: rapid.SampledFrom([]Policy{"", IdentityBasedPolicy, ServiceControlPolicy, ResourceControlPolicy, VPCEndpointPolicy, PermissionsBoundary, SessionPolicy, ResourceBasedPolicy, RoleTrustPolicy}).Draw(t, "type of policy"),
			},
			ErrorCode: draw("code"), ErrorText: draw("text"), UserAgent: draw("agent"), RequestID: draw("request"),
		}
		advice := Advise(&c)
		for i, s := range advice.Steps() {
			if s.Title == "" || len(s.Text) == 0 {
				t.Fatalf("step %d says nothing: %+v", i+1, s)
			}
			for _, line := range s.Text {
				if strings.ContainsFunc(line, func(r rune) bool { return r < ' ' || r > '~' }) {
					t.Fatalf("%q", line)
				}
			}
			for _, line := range s.Commands {
				if !command.MatchString(line) || strings.Contains(line, " -x") || strings.Contains(line, "--profile") || strings.Contains(line, " file:///") {
					t.Fatalf("%q", line)
				}
			}
		}
		if s := advice.Permission.Statement; s != nil && (c.Outcome != Refused || c.Cause != IAM || c.Message.Explicit) {
			t.Fatalf("a statement for what no Allow helps: %+v", s)
		}
	})
}
