package alert_test

import (
	"strings"
	"testing"

	"chimewatch/pkg/alert"
	"chimewatch/pkg/detect"
	"chimewatch/pkg/tally"
	"chimewatch/pkg/triage"
)

// analysisJSON is an analysis of an app user, a network and a policy.
const analysisJSON = `{"schema":"chimewatch.analysis/1",
 "findings":[
  {"id":"f-1","rule":"denial-burst","hour":"2026-01-05T03:00:00Z","severity":"high","subject":"arn:aws:chime:us-east-1:111122223333:app-instance/a/user/mallory","subject_kind":"actor","principals":["p"],
   "window":{"start":"2026-01-05T03:12:00Z","end":"2026-01-05T03:13:00Z"},"denials":12,"verdict":"probing","reasons":["r"],"evidence":["e-1","e-2"],"attack":["T1526"]},
  {"id":"f-2","rule":"shared-source","hour":"2026-01-05T03:00:00Z","severity":"medium","subject":"203.0.113.0/24","subject_kind":"network","principals":["p"],
   "window":{"start":"2026-01-05T03:12:00Z","end":"2026-01-05T03:13:00Z"},"denials":3,"verdict":"unclear","reasons":[],"evidence":["e-3"],"attack":[]}],
 "incidents":[
  {"id":"i-1","subject":"arn:aws:chime:us-east-1:111122223333:app-instance/a/user/mallory","severity":"high","verdict":"probing","reasons":["r"],"raised_at":"2026-01-05T03:13:00Z","trigger":["e-1"],"last_seen":"2026-01-05T03:12:30Z","updates":[],"findings":["f-1"],"principals":["p"],"denials":12},
  {"id":"i-2","subject":"203.0.113.0/24","severity":"medium","verdict":"unclear","reasons":[],"raised_at":"2026-01-05T03:13:00Z","trigger":[],"last_seen":"2026-01-05T03:12:30Z","updates":[],"findings":["f-2"],"principals":["p"],"denials":3},
  {"id":"i-3","subject":"arn:aws:organizations::1:policy/o-x/service_control_policy/p-y","severity":"low","verdict":"misconfiguration","reasons":[],"raised_at":"2026-01-05T03:13:00Z","trigger":["e-4"],"last_seen":"2026-01-05T03:12:30Z","updates":[],"findings":[],"principals":["p","q"],"denials":9}]}`

func TestReadAnalysis(t *testing.T) {
	inputs, err := alert.Read([]byte(analysisJSON))
	check(t, err)
	if len(inputs) != 3 {
		t.Fatalf("%d alerts", len(inputs))
	}
	for i, kind := range []tally.Kind{tally.Bearer, tally.Network, tally.Policy} {
		if got := inputs[i].Incident.Subject.Kind; got != kind {
			t.Errorf("subject of incident %d: %s, want %s", i, got, kind)
		}
	}
	if got := alert.Subject(inputs[0]); got != "HIGH app user mallory: Many denied calls in a short time (probing)" {
		t.Errorf("subject line %q", got)
	}
	if n := len(inputs[0].Findings); n != 1 || inputs[0].Findings[0].Denials != 12 {
		t.Errorf("%d findings", n)
	}
	if got, want := inputs[0].Incident.Trigger[0].Time, inputs[0].Incident.LastSeen; !got.Equal(want) {
		t.Errorf("calls of which no time is known are dated %s, want %s: before it was raised", got, want)
	}
}

func TestReadErrors(t *testing.T) {
	body, err := alert.JSON(ruleScene(detect.DenialBurst, triage.Probing))
	check(t, err)
	replaced := func(old, new string) string { return strings.Replace(string(body), old, new, 1) }
	for _, tt := range []struct{ name, in, want string }{
		{"empty", "", "no JSON object"},
		{"no object", "[]", "no JSON object"},
		{"no schema", "{}", "schema: is missing"},
		{"another schema", `{"schema":"x/1"}`, `schema: "x/1" is neither`},
		{"no incident", `{"schema":"chimewatch.analysis/1"}`, "incidents: there is none"},
		{"a severity", replaced(`"severity":"high"`, `"severity":"grave"`), `severity: severity "grave"`},
		{"a verdict", replaced(`"verdict":"probing"`, `"verdict":"bad"`), `verdict: "bad" is not`},
		{"a rule", replaced(`"denial-burst"`, `"x"`), `rules: there is no rule "x"`},
		{"a time", replaced(`"raised_at":"2026`, `"raised_at":"26`), "raised_at: "},
		{"a kind", replaced(`"kind":"principal"`, `"kind":"person"`), `subject.kind: "person" is not`},
		{"a type", replaced(`"update":0`, `"update":"0"`), "update"},
	} {
		if _, err := alert.Read([]byte(tt.in)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want it to say %q", tt.name, err, tt.want)
		}
	}
}

// FuzzRead: whatever is read makes every form, and what is written of it reads
// again.
func FuzzRead(f *testing.F) {
	f.Add([]byte(analysisJSON))
	for _, name := range []string{"update", "closed", "rollout", "hostile"} {
		body, err := alert.JSON(others()[name])
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		inputs, err := alert.Read(data)
		if err != nil {
			return
		}
		for _, in := range inputs[:min(len(inputs), 3)] {
			forms(t, in)
			checkSubject(t, alert.Subject(in))
			body, err := alert.JSON(in)
			check(t, err)
			if _, err := alert.Read(body); err != nil {
				t.Fatalf("%v\n%s", err, body)
			}
		}
	})
}
