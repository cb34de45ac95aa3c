package denial

import (
	"strings"
	"testing"
	"time"

	"chimewatch/pkg/cloudtrail"
)

// FuzzParseMessage holds that what is parsed stands in the text, where IAM
// puts it, and that a clause appended to any text with the grammar is the one
// that counts.
func FuzzParseMessage(f *testing.F) {
	f.Add(usual().ErrorMessage)
	f.Add(base)
	f.Add(user + ` on resource: "` + channel + `", with an explicit deny in a VPC endpoint policy transitively through a service control policy: arn:aws:organizations::1:policy/p-1. Go to https://x`)
	f.Add(user + " on resource: x with an explicit deny in a sessions policy because no session policy allows the chime:ListChannels action")
	f.Add("You are not authorized to perform this operation. " + base + ". Encoded authorization failure message: x")
	f.Add("is not authorized to perform: .,")
	f.Fuzz(func(t *testing.T, text string) {
		m := ParseMessage(text)
		if m.Action == "" {
			if m != (Message{}) {
				t.Fatalf("a message without an action: %+v", m)
			}
			return
		}
		i := strings.Index(text, "is not authorized to perform: "+m.Action)
		if i < 0 || strings.ContainsAny(m.Action, " \t\n\v\f\r") {
			t.Fatalf("action %q", m.Action)
		}
		after := text[i:]
		if !strings.Contains(after, m.Resource) || !strings.Contains(after, m.PolicyARN) {
			t.Fatalf("not in the text: %+v", m)
		}
		if m.PolicyARN != "" && (!m.Explicit || !strings.HasPrefix(m.PolicyARN, "arn:") || strings.ContainsAny(m.PolicyARN, " \n")) {
			t.Fatalf("policy ARN: %+v", m)
		}
		if m.Policy == "" && m.Explicit {
			t.Fatalf("an explicit deny by nothing: %+v", m)
		}
		if m.Policy != "" && m.Policy != SessionPolicy && !strings.Contains(after, string(m.Policy)) {
			t.Fatalf("policy %q", m.Policy)
		}
		again := ParseMessage(text + " because no resource-based policy allows the " + m.Action + " action")
		if again.Action == m.Action && (again.Policy != ResourceBasedPolicy || again.Explicit || again.PolicyARN != "") {
			t.Fatalf("the last clause does not count: %+v", again)
		}
	})
}

// FuzzClassify holds what every Call promises, whatever the record.
func FuzzClassify(f *testing.F) {
	u := usual()
	f.Add(u.EventName, u.ErrorCode, u.ErrorMessage, u.SourceIP, u.UserAgent, u.Identity.Type, u.Identity.ARN, u.Identity.IssuerARN, u.Identity.AccountID, u.ResourceARN, u.Parameters)
	f.Add("DeleteChannel", "ForbiddenException", "This feature is not available", "chime.amazonaws.com", "aws-sdk-java/1.12.239", "IAMUser", "arn:aws:iam::111122223333:user/a", "", "444455556666", channel, []byte(`{"chimeBearer":"arn:x"}`))
	f.Add("X", "VpceAccessDenied", "The request was denied due to a VPC endpoint policy", "fe80::1%eth0", "", "Root", "", "", "1", "", []byte(nil))
	f.Add("ListChannels", "x#Client.UnauthorizedOperation", base+" with an explicit deny in a VPC endpoint policy", "::ffff:10.0.0.1", "", "AWSService", "", "", "", "", []byte(`{`))
	f.Fuzz(func(t *testing.T, name, code, text, source, agent, typ, arn, issuer, account, resource string, parameters []byte) {
		rec := cloudtrail.Record{
			EventTime: time.Unix(1e9, 0).UTC(), EventName: name, ErrorCode: code, ErrorMessage: text, SourceIP: source, UserAgent: agent, RecipientAccount: "111122223333",
			Identity:    cloudtrail.Identity{Type: typ, ARN: arn, IssuerARN: issuer, AccountID: account},
			ResourceARN: resource, Parameters: parameters,
		}
		c := Classify(&rec)
		if c != Classify(&rec) {
			t.Fatal("not a pure function")
		}
		if c.Principal.Key == "" {
			t.Fatal("no principal")
		}
		if (c.Outcome == Refused) != (c.Cause != "") || (c.Outcome == Success) != (code == "") {
			t.Fatalf("outcome %v, cause %q of code %q", c.Outcome, c.Cause, code)
		}
		if outcome, cause := CauseOf(code, text); outcome != c.Outcome || cause != c.Cause {
			t.Fatalf("%v %q, but CauseOf says %v %q", c.Outcome, c.Cause, outcome, cause)
		}
		if c.Outcome != Refused && c.Message != (Message{}) {
			t.Fatalf("a message of no denial: %+v", c.Message)
		}
		for _, arn := range []string{c.Resource, c.Bearer} {
			if arn != "" && !strings.HasPrefix(arn, "arn:") {
				t.Fatalf("%q is no ARN", arn)
			}
		}
		if c.Public && !c.Source.IsValid() || c.Source.Is4In6() || c.Source.Zone() != "" {
			t.Fatalf("source %v, public %v", c.Source, c.Public)
		}
		if c.Source.IsValid() && !NetworkOf(c.Source).Contains(c.Source) {
			t.Fatalf("%v is not in %v", c.Source, NetworkOf(c.Source))
		}
		if c.Critical && c.Read || c.BadBearer && c.Cause != AppRole {
			t.Fatalf("%+v", c)
		}
		advice := Advise(&c)
		for _, step := range advice.Steps() {
			for _, line := range append(step.Text, step.Commands...) {
				if strings.ContainsFunc(line, func(r rune) bool { return r < ' ' || r > '~' }) {
					t.Fatalf("%q", line)
				}
			}
			for _, line := range step.Commands {
				if !command.MatchString(line) {
					t.Fatalf("%q", line)
				}
			}
		}
	})
}
