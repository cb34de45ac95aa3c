package report

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/denial"
	"chimewatch/pkg/detect"
	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/principal"
	"chimewatch/pkg/tally"
	"chimewatch/pkg/triage"
)

// hostile draws text as a caller may put it into a record.
func hostile() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.String(),
		rapid.StringN(0, 40, 400),
		rapid.SampledFrom([]string{
			"", "role/x", "arn:aws:iam::111122223333:role/backend", "arn:aws:iam::111122223333:role/AWSReservedSSO_A_1/b@example.com",
			"arn:aws:chime:us-east-1:111122223333:app-instance/i", "arn:aws:chime:us-east-1:111122223333:app-instance/i/channel/c\x1b[2J",
			"\x1b]0;title\x07", "a\nb\r\tc", "\u202egnp.exe", "\xff\xfe", "e\u0301\u0301\u0301\u0301\u0301", "\u2028\u2029", "\U000e0041", "ＡＢＣ漢字",
			"AKIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLE", "aws-cli/2.27.41", strings.Repeat("long ", 300), strings.Repeat("x", 3000),
		}),
	)
}

func named() *rapid.Generator[string] {
	return rapid.Map(hostile(), func(s string) string { return "k" + s })
}

func moment() *rapid.Generator[time.Time] {
	return rapid.Map(rapid.Int64Range(1_780_000_000, 1_790_000_000), func(n int64) time.Time { return time.Unix(n, n%1e9).UTC() })
}

// analysis draws an analysis with hostile text wherever text may stand, whose
// parts refer to one another as those of a real one do.
func analysis() *rapid.Generator[pipeline.Analysis] {
	return rapid.Custom(func(t *rapid.T) pipeline.Analysis {
		a := pipeline.Analysis{Evidence: pipeline.Evidence{}}
		keys := rapid.SliceOfNDistinct(named(), 0, 4, rapid.ID).Draw(t, "keys")
		severity := rapid.SampledFrom([]triage.Severity{triage.Low, triage.Medium, triage.High, triage.Critical})
		verdict := rapid.SampledFrom([]triage.Verdict{triage.Probing, triage.Misconfiguration, triage.Unclear})
		var refs []tally.Ref
		for _, key := range keys {
			r := pipeline.PrincipalReport{
				Key: key, Type: hostile().Draw(t, "type"), Account: hostile().Draw(t, "account"),
				FirstSeen: moment().Draw(t, "first"), LastSeen: moment().Draw(t, "last"), Operations: map[string]int{},
				Causes: map[denial.Cause]int{}, Sources: map[string]int{},
			}
			for n := range rapid.IntRange(1, 3).Draw(t, "calls") {
				c := call(t, key, n)
				a.Evidence[c.Key] = &c
				refs = append(refs, tally.Ref{Time: c.Time, Key: c.Key})
				r.Denials++
				r.Operations[c.Operation]++
				r.Causes[c.Cause]++
				r.Sources[c.SourceName]++
			}
			a.Principals = append(a.Principals, r)
			a.Records.Denials += int64(r.Denials)
		}
		a.Records.Read, a.Records.Messaging = a.Records.Denials+rapid.Int64Range(0, 1e7).Draw(t, "read"), a.Records.Denials
		a.Records.Malformed = rapid.Int64Range(0, 3).Draw(t, "malformed")
		if len(keys) > 0 {
			a.Start, a.End = moment().Draw(t, "start"), moment().Draw(t, "end")
		}
		some := rapid.SliceOfN(rapid.SampledFrom(append(refs, tally.Ref{Key: cloudtrail.Key{EventID: "gone\x1b"}})), 0, 5)
		reasons := rapid.SliceOfN(hostile(), 0, 7)
		who := rapid.Just([]string(nil))
		if len(keys) > 0 {
			who = rapid.SliceOfNDistinct(rapid.SampledFrom(keys), 0, 2, rapid.ID)
		}
		for i, rule := range rapid.SliceOfN(rapid.SampledFrom(detect.Rules()), 0, 5).Draw(t, "rules") {
			kind := map[string]tally.Kind{"actor": tally.Principal, "principal": tally.Principal, "access-key": tally.AccessKey, "network": tally.Network}[rule.Subject]
			start := moment().Draw(t, "window")
			f := triage.Finding{
				Finding: detect.Finding{
					ID: fmt.Sprint("f-", i), Rule: rule.Rule, Subject: tally.Subject{Kind: kind, Key: named().Draw(t, "subject")}, Hour: tally.HourOf(start),
					Window: detect.Span{Start: start, End: start.Add(time.Minute)}, Denials: 1, Evidence: some.Draw(t, "evidence"),
				},
				Assessment: triage.Assessment{Severity: severity.Draw(t, "severity"), Verdict: verdict.Draw(t, "verdict"), Reasons: reasons.Draw(t, "reasons")},
				Principals: who.Draw(t, "who"),
			}
			a.Findings = append(a.Findings, f)
			if rapid.Bool().Draw(t, "incident") {
				continue
			}
			subject := f.Subject
			if rapid.Bool().Draw(t, "other subject") {
				subject.Kind = rapid.SampledFrom([]tally.Kind{tally.Bearer, tally.Policy}).Draw(t, "kind")
			}
			a.Incidents = append(a.Incidents, triage.Incident{
				ID: fmt.Sprint("i-", i), Subject: subject, Assessment: f.Assessment, RaisedAt: start, LastSeen: start, Trigger: some.Draw(t, "trigger"),
				Updates: []triage.Update{{At: start}}, Findings: []string{f.ID}, Rules: []detect.Rule{f.Rule}, Principals: f.Principals, Denials: 1,
			})
		}
		return a
	})
}

func call(t *rapid.T, key string, n int) denial.Call {
	text := hostile()
	c := denial.Call{
		Key: cloudtrail.Key{Account: text.Draw(t, "recipient"), Region: text.Draw(t, "region"), EventID: fmt.Sprint(n, text.Draw(t, "event id"), key)}, Time: moment().Draw(t, "time"),
		Principal: principal.Principal{Key: key, Type: "AssumedRole", Role: rapid.Bool().Draw(t, "role"), WebIdentity: rapid.Bool().Draw(t, "web")},
		Operation: named().Draw(t, "operation"), Critical: rapid.Bool().Draw(t, "critical"), Outcome: denial.Refused,
		Cause:    rapid.SampledFrom([]denial.Cause{denial.IAM, denial.AppRole, denial.Credential, denial.Network}).Draw(t, "cause"),
		Resource: text.Draw(t, "resource"), Bearer: text.Draw(t, "bearer"), AccessKey: text.Draw(t, "access key"), Session: text.Draw(t, "session"),
		Endpoint: text.Draw(t, "endpoint"), ErrorCode: text.Draw(t, "code"), ErrorText: text.Draw(t, "message"),
		SourceName: text.Draw(t, "source"), Source: netip.MustParseAddr("198.51.100.7"), UserAgent: text.Draw(t, "agent"), RequestID: text.Draw(t, "request"),
		Message: denial.Message{
			Action: text.Draw(t, "action"), Resource: text.Draw(t, "on"), PolicyARN: text.Draw(t, "policy"), Explicit: rapid.Bool().Draw(t, "explicit"),
			Policy: rapid.SampledFrom([]denial.Policy{"", denial.IdentityBasedPolicy, denial.ServiceControlPolicy}).Draw(t, "kind"),
		},
	}
	return c
}

// acting returns the first character of s that could act on a terminal or
// change how the text around it reads.
func acting(s string) (rune, bool) {
	for i, r := range s {
		if r == utf8.RuneError {
			if _, n := utf8.DecodeRuneInString(s[i:]); n == 1 {
				return r, true
			}
		}
		switch {
		case r == '\n':
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs, unicode.Zl, unicode.Zp, unicode.Bidi_Control, unicode.Variation_Selector):
			return r, true
		}
	}
	return 0, false
}

// sgr are the only sequences that colored text may hold.
func withoutColors(s string) string {
	for _, st := range []style{bold, faint, red, yellow, cyan, critical} {
		s = strings.ReplaceAll(s, "\x1b["+string(st)+"m", "")
	}
	return strings.ReplaceAll(s, "\x1b[0m", "")
}

func sortedKeys[K ~string](m map[K]int) []string {
	var out []string
	for k := range m {
		out = append(out, string(k))
	}
	slices.Sort(out)
	return out
}
