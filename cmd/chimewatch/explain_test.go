package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"chimewatch/pkg/chime"
	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/denial"
)

const (
	anInstance = "arn:aws:chime:us-east-1:111122223333:app-instance/b1f0c9d2-5c1e-4d7a-9a53-0f6a4be6f101"
	aBearer    = anInstance + "/user/ines"
	aChannel   = anInstance + "/channel/0501c00b-dfd8-4822-8b09-ce01634abb38"
	aUser      = "User: arn:aws:sts::111122223333:assumed-role/backend/i-0abc is not authorized to perform: chime:ListChannelMessages"
)

// refusedCall is a record whose parts the tests replace.
func refusedCall(change func(map[string]any)) string {
	r := map[string]any{
		"eventVersion": "1.11", "eventID": "4d661cf2-e4cb-42f7-95f7-3154753bc4ed", "requestID": "3e033715-8752-41b2-be7b-a1bd9c9667f7",
		"eventTime": "2026-06-23T09:00:00Z", "eventSource": "chime.amazonaws.com", "eventName": "ListChannelMessages", "awsRegion": "us-east-1",
		"recipientAccountId": "111122223333", "sourceIPAddress": "203.0.113.7", "eventType": "AwsApiCall",
		"userAgent":         "aws-sdk-js/3.632.0 ua/2.0 os/linux#6.1 lang/js md/nodejs#20.18.0 api/chime-sdk-messaging#3.632.0",
		"errorCode":         "AccessDeniedException",
		"errorMessage":      aUser + " on resource: " + aChannel + " because no identity-based policy allows the chime:ListChannelMessages action",
		"requestParameters": map[string]any{"channelArn": aChannel, "chimeBearer": aBearer},
		"userIdentity": map[string]any{"type": "AssumedRole", "principalId": "AROAEXAMPLE:i-0abc", "arn": "arn:aws:sts::111122223333:assumed-role/backend/i-0abc", "accountId": "111122223333",
			"accessKeyId": "ASIAEXAMPLEEXAMPLE12", "sessionContext": map[string]any{"sessionIssuer": map[string]any{"type": "Role", "arn": "arn:aws:iam::111122223333:role/chat/backend", "accountId": "111122223333", "userName": "backend"}}},
	}
	if change != nil {
		change(r)
	}
	b, _ := json.Marshal(r)
	return string(b)
}

// variants has a record for every form of message that IAM documents,
// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html,
// for the other layers, and for every type of identity,
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
func variants(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{
		"message-action-only":      message(aUser),
		"message-no-clause":        message(aUser + " on resource: " + aChannel),
		"message-bare":             message("Access Denied"),
		"message-none":             message(""),
		"message-cut":              message((aUser + " on resource: " + aChannel + strings.Repeat("x", 1024))[:1024]),
		"message-quoted":           message(aUser + ` on resource: "` + aChannel + `" because no identity-based policy allows the chime:ListChannelMessages action`),
		"message-authorization-id": message(aUser + " on resource: " + aChannel + " because no identity-based policy allows the chime:ListChannelMessages action. Go to https://us-east-1.console.aws.amazon.com/iam/home?region=us-east-1#/authorization-details/x for complete details, or call the GetRequestAuthorizationDetails API with the following authorization id: x"),
		"message-arn-of-scp":       message(aUser + " on resource: " + aChannel + " with an explicit deny in a service control policy: arn:aws:organizations::111122223333:policy/o-abc/service_control_policy/p-def"),
		"message-transitive":       message(aUser + " on resource: " + aChannel + " with an explicit deny in a VPC endpoint policy transitively through a service control policy"),
		"message-quarantine":       message(aUser + " on resource: " + aChannel + " with an explicit deny in an identity-based policy: arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3"),
		"layer-app-role":           failing("ForbiddenException", ""),
		"layer-app-role-bearer":    failing("Forbidden", "An invalid app instance user ARN was supplied for the input parameter."),
		"layer-credential":         failing("ExpiredTokenException", "The security token included in the request is expired"),
		"layer-unauthorized":       failing("UnauthorizedClientException", ""),
		"layer-network": refusedCall(func(r map[string]any) {
			r["eventType"], r["errorCode"], r["errorMessage"], r["vpcEndpointId"] = "AwsVpceEvent", "VpceAccessDenied", "The request was denied due to a VPC endpoint policy", "vpce-0123456789abcdef0"
		}),
		"outcome-unavailable": failing("ForbiddenException", "Subscription check failed"),
		"outcome-other":       failing("ThrottledClientException", "Rate exceeded"),
		"outcome-success":     refusedCall(func(r map[string]any) { delete(r, "errorCode"); delete(r, "errorMessage") }),
		"sdk-out-of-support": refusedCall(func(r map[string]any) {
			r["userAgent"] = "aws-sdk-java/1.12.239 Linux/5.4 OpenJDK_64-Bit_Server_VM/25 java/1.8.0_302 cfg/retry-mode/standard"
		}),
		"bearer-unknown": refusedCall(func(r map[string]any) { r["requestParameters"] = map[string]any{"channelArn": aChannel} }),
		"hostile": refusedCall(func(r map[string]any) {
			r["userAgent"] = "\x1b[2Jx\n\u202e<b>"
			r["errorMessage"] = aUser + " on resource: $(reboot)\n`id`"
		}),
		"other-service": refusedCall(func(r map[string]any) {
			r["eventSource"], r["eventName"], r["requestParameters"], r["errorMessage"] = "ec2.amazonaws.com", "RunInstances", nil, "You are not authorized to perform this operation. User: arn:aws:iam::111122223333:user/a is not authorized to perform: ec2:RunInstances on resource: arn:aws:ec2:us-east-1:111122223333:instance/* because no identity-based policy allows the ec2:RunInstances action. Encoded authorization failure message: 3Kx"
		}),
	}
	for _, p := range []denial.Policy{denial.ServiceControlPolicy, denial.ResourceControlPolicy, denial.VPCEndpointPolicy, denial.PermissionsBoundary, denial.SessionPolicy, denial.ResourceBasedPolicy, denial.RoleTrustPolicy, denial.IdentityBasedPolicy} {
		name := "policy-" + strings.ReplaceAll(strings.ToLower(string(p)), " ", "-")
		article := "a "
		if p == denial.RoleTrustPolicy {
			article = "the "
		} else if p == denial.IdentityBasedPolicy {
			article = "an "
		}
		out[name+"-implicit"] = message(aUser + " on resource: " + aChannel + " because no " + string(p) + " allows the chime:ListChannelMessages action")
		out[name+"-explicit"] = message(aUser + " on resource: " + aChannel + " with an explicit deny in " + article + string(p))
	}
	data, err := os.ReadFile(filepath.Join("..", "..", "events", "identities", "every-type.json"))
	if err != nil {
		t.Fatal(err)
	}
	var every struct{ Records []json.RawMessage }
	if err := json.Unmarshal(data, &every); err != nil {
		t.Fatal(err)
	}
	for i, raw := range every.Records {
		var r struct{ UserIdentity struct{ Type string } }
		json.Unmarshal(raw, &r)
		out[fmt.Sprintf("identity-%02d-%s", i+1, strings.ToLower(or(r.UserIdentity.Type, "none")))] = string(raw)
	}
	out["identity-root"] = refusedCall(func(r map[string]any) {
		r["userIdentity"] = map[string]any{"type": "Root", "arn": "arn:aws:iam::111122223333:root", "accountId": "111122223333"}
	})
	return out
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func message(text string) string {
	return refusedCall(func(r map[string]any) { r["errorMessage"] = text })
}

func failing(code, text string) string {
	return refusedCall(func(r map[string]any) { r["errorCode"], r["errorMessage"] = code, text })
}

// What people read about every variant is held to files that somebody has read.
func TestExplainGolden(t *testing.T) {
	for name, record := range variants(t) {
		t.Run(name, func(t *testing.T) {
			got := road(t.Context(), t, record, "explain", "-")
			if got.status != 0 || got.stderr != "" {
				t.Fatalf("status %d, %s", got.status, got.stderr)
			}
			path := filepath.Join("testdata", "explain", name+".txt")
			if *update {
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(got.stdout), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatalf("%v; write it with -update and read it", err)
			}
			if diff := cmp.Diff(string(want), got.stdout); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// policy is the document that explain prints, as far as IAM evaluates it.
type policy struct {
	Version   string
	Statement []struct {
		Effect, Action string
		Resource       []string
	}
}

// printed returns the policy in what explain prints, false if there is none.
func printed(t interface{ Fatalf(string, ...any) }, text string) (policy, bool) {
	_, rest, found := strings.Cut(text, "\n     {\n")
	if !found {
		return policy{}, false
	}
	document, _, _ := strings.Cut(rest, "\n     }\n")
	var p policy
	d := json.NewDecoder(strings.NewReader("{" + document + "}"))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		t.Fatalf("%v in %s", err, document)
	}
	return p, true
}

// allows evaluates a policy as IAM does for one action on one resource, with
// "*" and "?" in resources:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
func (p policy) allows(action, resource string) bool {
	allowed := false
	for _, s := range p.Statement {
		if s.Action != action || !slices.ContainsFunc(s.Resource, func(r string) bool { return matches(r, resource) }) {
			continue
		}
		if s.Effect == "Deny" {
			return false
		}
		allowed = allowed || s.Effect == "Allow"
	}
	return allowed
}

func matches(pattern, s string) bool {
	if pattern == "" {
		return s == ""
	}
	switch pattern[0] {
	case '*':
		return matches(pattern[1:], s) || s != "" && matches(pattern, s[1:])
	case '?':
		return s != "" && matches(pattern[1:], s[1:])
	}
	return s != "" && s[0] == pattern[0] && matches(pattern[1:], s[1:])
}

// For every operation that IAM checks: the policy that explain prints allows
// the denied call, on the bearer as well, and no other.
func TestExplainProposesJustTheCall(t *testing.T) {
	names := map[chime.Resource]string{chime.AppInstance: anInstance, chime.AppInstanceUser: aBearer, chime.AppInstanceBot: anInstance + "/bot/b", chime.Channel: aChannel, chime.ChannelFlow: anInstance + "/channel-flow/f", chime.Tagged: aChannel}
	parameters := map[chime.Resource]string{chime.AppInstance: "appInstanceArn", chime.AppInstanceUser: "appInstanceUserArn", chime.Channel: "channelArn", chime.ChannelFlow: "channelFlowArn", chime.Tagged: "resourceARN"}
	operations := chime.Operations()
	rapid.Check(t, func(t *rapid.T) {
		op := rapid.SampledFrom(operations).Draw(t, "operation")
		if len(op.Resources) == 0 {
			t.Skip("IAM checks it on no resource")
		}
		checked := rapid.SampledFrom(op.Resources).Draw(t, "resource that IAM names")
		action, target := "chime:"+op.Name, names[checked]
		record := refusedCall(func(r map[string]any) {
			r["eventName"] = op.Name
			r["errorMessage"] = "User: arn:aws:iam::111122223333:user/a is not authorized to perform: " + action + " on resource: " + target + " because no identity-based policy allows the " + action + " action"
			params := map[string]any{}
			for _, kind := range op.Resources {
				if name := parameters[kind]; name != "" {
					params[name] = names[kind]
				}
			}
			if op.Bearer != chime.NoBearer {
				params["chimeBearer"] = aBearer
			}
			r["requestParameters"] = params
		})
		var out bytes.Buffer
		rec, err := cloudtrail.Decode([]byte(record))
		if err != nil {
			t.Fatal(err)
		}
		if err := explain(&out, &rec, 100); err != nil {
			t.Fatal(err)
		}
		p, ok := printed(t, out.String())
		if !ok || p.Version != "2012-10-17" {
			t.Fatalf("no policy in\n%s", out.String())
		}
		if !p.allows(action, target) {
			t.Fatalf("%s on %s is not allowed by %+v", action, target, p)
		}
		if op.Bearer != chime.NoBearer && slices.Contains(op.Resources, chime.AppInstanceUser) && !p.allows(action, aBearer) {
			t.Fatalf("%s as the bearer is not allowed by %+v", action, p)
		}
		for _, other := range []string{target + "x", target[:len(target)-1], anInstance + "/channel/other", anInstance + "/user/other", strings.Replace(target, "111122223333", "444455556666", 1), strings.Replace(target, "us-east-1", "eu-central-1", 1)} {
			if p.allows(action, other) && !slices.Contains([]string{aBearer, aChannel, anInstance}, other) {
				t.Fatalf("%s on %s is allowed too by %+v", action, other, p)
			}
		}
		for _, o := range operations {
			if o.Name != op.Name && p.allows("chime:"+o.Name, target) {
				t.Fatalf("%s is allowed too by %+v", o.Name, p)
			}
		}
	})
}

// Where an Allow changes nothing none is proposed.
func TestExplainProposesNothing(t *testing.T) {
	all := variants(t)
	for _, name := range []string{"policy-service-control-policy-explicit", "policy-identity-based-policy-explicit", "message-quarantine", "layer-app-role", "layer-credential", "layer-network", "outcome-success", "outcome-unavailable", "outcome-other"} {
		got := road(t.Context(), t, all[name], "explain", "-")
		if p, ok := printed(t, got.stdout); ok {
			t.Errorf("%s: %+v", name, p)
		}
	}
}

// Nonsense gets an answer that says what is wrong.
func TestExplainRefuses(t *testing.T) {
	two := `{"Records":[` + refusedCall(nil) + `,` + refusedCall(func(r map[string]any) { r["eventID"] = "other" }) + `]}`
	digest := `{"awsAccountId":"111122223333","digestS3Object":"x","logFiles":[]}`
	for _, tt := range []struct {
		name, stdin string
		args        []string
		want        string
	}{
		{"nothing", "", []string{"-"}, "the file is empty"},
		{"text", "hello\n", []string{"-"}, "text that is no JSON"},
		{"a number", "42", []string{"-"}, "found a number"},
		{"another object", `{"a":1}`, []string{"-"}, "object of no known shape"},
		{"cut short", `{"eventName":"Li`, []string{"-"}, "cut short"},
		{"a record of numbers", `{"Records":[1]}`, []string{"-"}, "a number"},
		{"no operation", `{"eventVersion":"1.11","eventID":"x"}`, []string{"-"}, "has no eventName"},
		{"digest", digest, []string{"-"}, "holds no record"},
		{"several", two, []string{"-"}, "holds 2 records; choose one with --event EVENT-ID"},
		{"several, none of that id", two, []string{"-", "--event", "nope"}, `none of the 2 records has the event id "nope"`},
		{"no file", "", []string{"nowhere.json"}, "no such file"},
		{"a folder", "", []string{"testdata"}, "is a directory"},
		{"none", "", nil, "which record?"},
		{"two files", "", []string{"a", "b"}, "one record is explained at a time"},
		{"both", "", []string{"a", "--lookup", "x"}, "--lookup takes the place of a file"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := road(t.Context(), t, tt.stdin, append([]string{"explain"}, tt.args...)...)
			if got.status != 2 || got.stdout != "" || !strings.Contains(got.stderr, tt.want) {
				t.Errorf("status %d, %q, want %q", got.status, got.stderr, tt.want)
			}
		})
	}
	if got := road(t.Context(), t, two, "explain", "-", "--event", "other"); got.status != 0 || !strings.Contains(got.stdout, "Event id: other") {
		t.Errorf("%+v", got)
	}
}
