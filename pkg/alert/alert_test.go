package alert_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"chimewatch/pkg/alert"
	"chimewatch/pkg/detect"
	"chimewatch/pkg/triage"
)

// TestFirstTenLines: who is woken knows within ten lines what happened, to
// whom, how bad it is, and what to do.
func TestFirstTenLines(t *testing.T) {
	for _, d := range detect.Rules() {
		for _, v := range []triage.Verdict{triage.Probing, triage.Misconfiguration, triage.Unclear} {
			text, err := alert.Text(ruleScene(d.Rule, v))
			check(t, err)
			lines := strings.SplitN(text, "\n", 11)
			head := strings.Join(lines[:10], "\n")
			for _, want := range []string{"DO NOW\n 1. ", strings.ToUpper(string(v)), " 2. "} {
				if !strings.Contains(head, want) {
					t.Errorf("%s, %s: the first ten lines lack %q:\n%s", d.Rule, v, want, head)
				}
			}
		}
	}
}

// TestRollout is about 500 principals that one policy refuses: one alert, which
// names them all in the text and for machines.
func TestRollout(t *testing.T) {
	in := rolloutScene(500)
	text, err := alert.Text(in)
	check(t, err)
	body, err := alert.JSON(in)
	check(t, err)
	for i := range 500 {
		name := fmt.Sprintf("role/service-%04d", i)
		if !strings.Contains(text, name) || !strings.Contains(string(body), name) {
			t.Fatalf("%s is not named", name)
		}
	}
	messages, err := alert.Messages(in, alert.Options{Least: alert.DefaultLeast()})
	check(t, err)
	if len(messages) != 3 {
		t.Errorf("%d messages", len(messages))
	}
}

// TestCutsAreTold: what does not fit is left out, and the forms say so.
func TestCutsAreTold(t *testing.T) {
	in := rolloutScene(30)
	for i := range 20000 {
		in.Incident.Principals = append(in.Incident.Principals, fmt.Sprintf("arn:aws:iam::111122223333:role/another-service-%05d", i))
	}
	in.Incident.Reasons = []string{strings.Repeat("x", 100_000)}
	body, err := alert.JSON(in)
	check(t, err)
	var d alert.Document
	check(t, json.Unmarshal(body, &d))
	if d.PrincipalsTotal != 20030 || len(d.Principals) >= d.PrincipalsTotal {
		t.Errorf("%d of %d principals", len(d.Principals), d.PrincipalsTotal)
	}
	cuts := map[string]alert.Cut{}
	for _, c := range d.Cut {
		cuts[c.What] = c
	}
	if c := cuts["principals"]; c.Kept != len(d.Principals) || c.Of != 20030 {
		t.Errorf("cut of principals: %+v", c)
	}
	if c := cuts["reasons"]; c.Kept != len(d.Reasons[0]) || c.Of != 100_000 {
		t.Errorf("cut of reasons: %+v", c)
	}
	if d.IncidentID != in.Incident.ID || d.ID != in.ID {
		t.Error("an id was cut")
	}
	text, err := alert.Text(in)
	check(t, err)
	if !strings.Contains(text, "Left out for length: principals (") || !strings.Contains(text, " of 20030)") {
		t.Error("the text does not say what was left out")
	}
}

// TestLeast: a least severity for each topic, and closings for machines only.
func TestLeast(t *testing.T) {
	in := ruleScene(detect.DenialBurst, triage.Unclear) // medium
	closed := in
	closed.Closed = start().Add(time.Hour)
	for _, tt := range []struct {
		name  string
		in    alert.Input
		least alert.Least
		want  string
	}{
		{"everything", in, alert.Least{}, "alerts findings chat"},
		{"the default", in, alert.DefaultLeast(), "alerts findings chat"},
		{"high for chats", in, alert.Least{Chat: triage.High}, "alerts findings"},
		{"nothing for people", in, alert.Least{People: alert.Never}, "findings chat"},
		{"summary only", in, alert.Least{People: alert.Never, Machines: alert.Never, Chat: alert.Never}, ""},
		{"closed", closed, alert.Least{}, "findings"},
	} {
		messages, err := alert.Messages(tt.in, alert.Options{Least: tt.least})
		check(t, err)
		var got []string
		for _, m := range messages {
			got = append(got, string(m.Topic))
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// TestDigestID: the same alerts make the same digest, whatever their order.
func TestDigestID(t *testing.T) {
	a, b, c := ruleScene(detect.DenialBurst, triage.Unclear), bearerScene(), rolloutScene(3)
	a.ID, b.ID, c.ID = "1", "2", "3"
	one, two := alert.NewDigest([]alert.Input{a, b, c}), alert.NewDigest([]alert.Input{c, a, b})
	if one.ID != two.ID {
		t.Errorf("%s, then %s", one.ID, two.ID)
	}
	if other := alert.NewDigest([]alert.Input{a, b}); other.ID == one.ID {
		t.Error("other alerts, the same id")
	}
}

// TestCommandsAreSafe: hostile values stand in no command.
func TestCommandsAreSafe(t *testing.T) {
	for _, name := range []string{"x; reboot", "$(reboot)", "`reboot`", "-rf", "a'b", `a"b`, "a\nb", "a b", "ü", "x|y", "x&&y", "../x", "*"} {
		in := ruleScene(detect.DenialBurst, triage.Probing)
		in.Incident.Subject.Key = "arn:aws:iam::111122223333:role/" + name
		in.Incident.Principals = []string{in.Incident.Subject.Key}
		for _, c := range in.Calls {
			c.Principal.Key, c.AccessKey, c.Operation, c.Resource = in.Incident.Subject.Key, name, name, "arn:"+name
		}
		text, err := alert.Text(in)
		check(t, err)
		for line := range strings.Lines(text) {
			if strings.HasPrefix(line, "    aws ") && strings.Contains(line, name) && name != "*" {
				t.Errorf("%q stands in the command %q", name, line)
			}
		}
		if strings.Contains(text, "put-role-policy --role-name") && !strings.Contains(text, "ROLE_NAME") {
			t.Errorf("%q: a command for a role that cannot be named", name)
		}
	}
}
