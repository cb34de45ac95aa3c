package report

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"chimewatch/pkg/detect"
	"chimewatch/pkg/inert"
	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/tally"
	"chimewatch/pkg/triage"
	"chimewatch/pkg/wording"
)

// TestText: whatever the records held, every line fits and none of it acts;
// colors change nothing but colors; no principal and no incident is left out.
func TestText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := analysis().Draw(t, "analysis")
		width := rapid.IntRange(60, 160).Draw(t, "width")
		var plain, colored bytes.Buffer
		if err := WriteText(&plain, a, TextOptions{Width: width}); err != nil {
			t.Fatal(err)
		}
		if r, bad := acting(plain.String()); bad {
			t.Fatalf("the output holds %U", r)
		}
		for line := range strings.Lines(plain.String()) {
			if n := inert.Width(strings.TrimSuffix(line, "\n")); n > width {
				t.Fatalf("a line takes %d columns of %d: %q", n, width, line)
			}
		}
		if err := WriteText(&colored, a, TextOptions{Width: width, Color: true}); err != nil {
			t.Fatal(err)
		}
		if withoutColors(colored.String()) != plain.String() {
			t.Fatal("colors change the text")
		}
		shown := newReading(&a)
		for _, in := range a.Incidents {
			listed := slices.ContainsFunc(append(shown.incidents, shown.rollouts...), func(x *triage.Incident) bool { return x.ID == in.ID })
			if !listed && (in.Severity > triage.Low || in.Verdict == triage.Probing) {
				t.Fatalf("incident %s is not shown", in.ID)
			}
		}
		if strings.Count(plain.String(), "\n") < len(a.Principals)-2*len(a.Incidents) {
			t.Fatal("principals are missing")
		}
	})
}

func TestWrap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := inert.Line(hostile().Draw(t, "text"))
		width := rapid.IntRange(12, 80).Draw(t, "width")
		lines := wrap(s, width)
		for _, l := range lines {
			if inert.Width(l) > width {
				t.Fatalf("%q takes more than %d columns", l, width)
			}
		}
		if got, want := strings.ReplaceAll(strings.Join(lines, ""), " ", ""), strings.ReplaceAll(s, " ", ""); got != want {
			t.Fatalf("wrapped to %q, lost something of %q", got, want)
		}
	})
}

// TestCommand: what is printed can be pasted: joined again it is the command.
func TestCommand(t *testing.T) {
	const command = "aws cloudtrail lookup-events --lookup-attributes AttributeKey=AccessKeyId,AttributeValue=AKIAIOSFODNN7EXAMPLE --region us-east-1"
	for _, width := range []int{80, 100, 200} {
		var out bytes.Buffer
		p := newPage(&out, width, false)
		p.command(command)
		p.w.Flush()
		text := strings.ReplaceAll(out.String(), "\\\n", "")
		if got := strings.Join(strings.Fields(text), " "); got != "$ "+command {
			t.Errorf("at width %d: %q", width, got)
		}
	}
	var out bytes.Buffer
	p := newPage(&out, 60, false)
	p.command("aws " + strings.Repeat("x", 70))
	p.w.Flush()
	if out.Len() > 0 {
		t.Errorf("a command that does not fit must be left out, not cut: %q", out.String())
	}
}

func TestNames(t *testing.T) {
	const instance = "arn:aws:chime:us-east-1:111122223333:app-instance/inst"
	for arn, want := range map[string]string{
		"":                         "",
		instance:                   "app instance inst",
		instance + "/channel/c-1":  "channel c-1",
		instance + "/user/u/v":     "app instance user u/v",
		instance + "/bot/b":        "app instance bot b",
		"arn:aws:s3:::bucket/name": "arn:aws:s3:::bucket/name",
	} {
		if got := resourceName(arn); got != want {
			t.Errorf("resourceName(%q) = %q, want %q", arn, got, want)
		}
	}
	for key, want := range map[string]string{
		"arn:aws:iam::111122223333:role/backend":                                     "role/backend",
		"arn:aws:iam::111122223333:root":                                             "root",
		"arn:aws:iam::111122223333:role/AWSReservedSSO_Chat_Dev_0a1b/mara@example.c": "mara@example.c (SSO Chat_Dev)",
		"aws-account:444455556666:AROA":                                              "aws-account:444455556666:AROA",
	} {
		if got := principalName(key); got != want {
			t.Errorf("principalName(%q) = %q, want %q", key, got, want)
		}
	}
	for subject, want := range map[tally.Subject]string{
		{Kind: tally.Bearer, Key: instance + "/user/u"}:                                             "app user u",
		{Kind: tally.Bearer, Key: instance + "/bot/b"}:                                              "app user bot b",
		{Kind: tally.AccessKey, Key: "AKIA1"}:                                                       "access key AKIA1",
		{Kind: tally.Network, Key: "198.51.100.0/24"}:                                               "network 198.51.100.0/24",
		{Kind: tally.Policy, Key: "arn:aws:organizations::1:policy/o/service_control_policy/p-abc"}: "policy p-abc",
		{Kind: tally.Policy, Key: "service control policy"}:                                         "service control policy",
	} {
		if got := subjectName(subject); got != want {
			t.Errorf("subjectName(%v) = %q, want %q", subject, got, want)
		}
	}
}

func TestFilter(t *testing.T) {
	const backend, mara = "arn:aws:iam::111122223333:role/backend", "arn:aws:iam::111122223333:role/AWSReservedSSO_A_1/mara"
	finding := func(id string, rule detect.Rule, s triage.Severity, who ...string) triage.Finding {
		return triage.Finding{Finding: detect.Finding{ID: id, Rule: rule}, Assessment: triage.Assessment{Severity: s}, Principals: who}
	}
	incident := func(id string, s triage.Severity, who []string, rules ...detect.Rule) triage.Incident {
		return triage.Incident{ID: id, Assessment: triage.Assessment{Severity: s}, Rules: rules, Principals: who}
	}
	a := pipeline.Analysis{
		Principals: []pipeline.PrincipalReport{{Key: backend}, {Key: mara}},
		Findings: []triage.Finding{
			finding("f1", detect.DenialBurst, triage.Low, backend), finding("f2", detect.SharedSource, triage.High, backend, mara), finding("f3", detect.RootDenied, triage.High, mara),
		},
		Incidents: []triage.Incident{incident("i1", triage.Low, []string{backend}, detect.DenialBurst), incident("i2", triage.High, []string{backend, mara}, detect.SharedSource, detect.RootDenied)},
	}
	for name, c := range map[string]struct {
		filter                          Filter
		principals, findings, incidents string
	}{
		"nothing":              {Filter{}, "2", "f1 f2 f3", "i1 i2"},
		"severity":             {Filter{MinSeverity: triage.Medium}, "2", "f2 f3", "i2"},
		"rule":                 {Filter{Rules: []detect.Rule{detect.RootDenied}}, "2", "f3", "i2"},
		"rules":                {Filter{Rules: []detect.Rule{detect.RootDenied, detect.DenialBurst}}, "2", "f1 f3", "i1 i2"},
		"principal by key":     {Filter{Principals: []string{backend}}, "1", "f1 f2", "i1 i2"},
		"principal by name":    {Filter{Principals: []string{"role/backend"}}, "1", "f1 f2", "i1 i2"},
		"principal by pattern": {Filter{Principals: []string{"*/mara"}}, "1", "f2 f3", "i2"},
		"part of a name":       {Filter{Principals: []string{"backend"}}, "0", "", ""},
		"all at once":          {Filter{triage.High, []string{"*backend*"}, []detect.Rule{detect.SharedSource}}, "1", "f2", "i2"},
	} {
		t.Run(name, func(t *testing.T) {
			got := c.filter.Apply(a)
			var findings, incidents []string
			for _, f := range got.Findings {
				findings = append(findings, f.ID)
			}
			for _, i := range got.Incidents {
				incidents = append(incidents, i.ID)
			}
			if wording.Grouped(len(got.Principals)) != c.principals || strings.Join(findings, " ") != c.findings || strings.Join(incidents, " ") != c.incidents {
				t.Errorf("%d principals, findings %v, incidents %v", len(got.Principals), findings, incidents)
			}
		})
	}
	if len(a.Findings) != 3 || len(a.Incidents) != 2 {
		t.Error("the filter changed what it was given")
	}
}

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		pattern, s string
		want       bool
	}{
		{"a", "a", true}, {"a", "ab", false}, {"", "", true}, {"*", "", true}, {"*", "x/y\n", true}, {"a*", "a", true}, {"a*a", "a", false},
		{"a*b*c", "a-b-b-c", true}, {"a*b*c", "a-c-b", false}, {"*b", "ab/b", true}, {"a**b", "ab", true}, {"*a*", "bab", true}, {"ab*ba", "aba", false},
	} {
		if got := match(c.pattern, c.s); got != c.want {
			t.Errorf("match(%q, %q) = %v", c.pattern, c.s, got)
		}
	}
}
