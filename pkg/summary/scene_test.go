package summary_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"chimewatch/pkg/chime"
	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/denial"
	"chimewatch/pkg/detect"
	"chimewatch/pkg/principal"
	"chimewatch/pkg/summary"
	"chimewatch/pkg/tally"
	"chimewatch/pkg/triage"
)

// scene is a time that a report is made of. Accounts and addresses are those
// reserved for documentation.
type scene struct {
	t      testing.TB
	period summary.Period
	diary  summary.Diary
	data   summary.Data
	n      int
}

const account = "111122223333"

func role(name string) string { return "arn:aws:iam::" + account + ":role/" + name }

func newScene(t testing.TB, p summary.Period) *scene {
	return &scene{t: t, period: p, data: summary.Data{Calls: map[cloudtrail.Key]*denial.Call{}}}
}

// berlin is the time zone of the scenes.
func berlin(t testing.TB) *time.Location { return location(t, "Europe/Berlin") }

func location(t testing.TB, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func week(t testing.TB, id string) summary.Period {
	t.Helper()
	p, err := summary.ParseWeek(id, berlin(t))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// at is a time of the scene's period: hours after its beginning.
func (s *scene) at(hours float64) time.Time {
	return s.period.Start.Add(time.Duration(hours * float64(time.Hour)))
}

// who is a caller.
type who struct {
	key, kind, source string
}

// refuse adds refused calls, one every so often, and returns them.
func (s *scene) refuse(w who, operation string, cause denial.Cause, from time.Time, every time.Duration, count int) []denial.Call {
	var out []denial.Call
	for i := range count {
		s.n++
		sum := sha256.Sum256(fmt.Appendf(nil, "%d", s.n))
		c := denial.Call{
			Key:       cloudtrail.Key{Account: account, Region: "us-east-1", EventID: fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])},
			Time:      from.Add(time.Duration(i) * every).UTC(),
			Principal: principal.Principal{Key: w.key, Type: w.kind, Account: account, Role: w.kind == "AssumedRole"},
			Operation: operation, Critical: chime.Critical(operation), Read: chime.ReadOnly(operation),
			Outcome: denial.Refused, Cause: cause, ErrorCode: "AccessDeniedException",
		}
		if w.source != "" {
			c.Source = netip.MustParseAddr(w.source)
		}
		if cause == denial.IAM {
			c.Message = denial.Message{Action: "chime:" + operation, Resource: "arn:aws:chime:us-east-1:" + account + ":app-instance/7c5a/channel/*", Policy: denial.IdentityBasedPolicy}
		}
		s.diary.Add(&c)
		out = append(out, c)
	}
	return out
}

func (s *scene) refs(calls []denial.Call) (refs []tally.Ref) {
	for _, c := range calls[:min(len(calls), 20)] {
		s.data.Calls[c.Key] = &c
		refs = append(refs, tally.Ref{Time: c.Time, Key: c.Key})
	}
	return refs
}

// find adds a finding about calls, in the hour of the first, and returns its id.
func (s *scene) find(rule detect.Rule, subject tally.Subject, severity triage.Severity, verdict triage.Verdict, reason string, calls []denial.Call) string {
	hour := tally.HourOf(calls[0].Time)
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %v %d", rule, subject, hour))
	f := triage.Finding{
		Finding: detect.Finding{
			ID: fmt.Sprintf("f-%x", sum[:10]), Rule: rule, Subject: subject, Hour: hour, Denials: len(calls), Reason: reason, Evidence: s.refs(calls),
			Window: detect.Span{Start: calls[0].Time, End: calls[len(calls)-1].Time.Add(time.Minute)},
		},
		Assessment: triage.Assessment{Severity: severity, Verdict: verdict, Reasons: []string{reason}},
		Principals: []string{calls[0].Principal.Key},
	}
	s.data.Findings = append(s.data.Findings, f)
	return f.ID
}

// raise adds an incident about calls.
func (s *scene) raise(subject tally.Subject, severity triage.Severity, verdict triage.Verdict, reasons []string, rules []detect.Rule, findings []string, calls []denial.Call) {
	sum := sha256.Sum256(fmt.Appendf(nil, "%v %v", subject, calls[0].Time))
	s.data.Incidents = append(s.data.Incidents, triage.Incident{
		ID: fmt.Sprintf("i-%x", sum[:10]), Subject: subject, Assessment: triage.Assessment{Severity: severity, Verdict: verdict, Reasons: reasons},
		RaisedAt: calls[0].Time, LastSeen: calls[len(calls)-1].Time, Trigger: s.refs(calls), Findings: findings, Rules: rules,
		Principals: []string{calls[0].Principal.Key}, Denials: len(calls),
	})
}

// healthy puts a sign of life into every hour of the period.
func (s *scene) healthy(records int64) {
	s.data.Health = &summary.Health{}
	for h := tally.HourOf(s.period.Start); h < tally.HourOf(s.period.End); h++ {
		s.data.Health.Hours = append(s.data.Health.Hours, summary.HealthHour{
			Hour: h, Records: records, Duplicates: records / 20, Late: records / 100, Looked: records / 4, Lookups: 1, Covered: 100,
		})
	}
}

func (s *scene) report() *summary.Report {
	b := summary.NewBuilder(s.period)
	days := s.diary.Days()
	for i := range days {
		b.Add(&days[i])
	}
	return b.Build(s.data)
}

const consoleLink = "https://us-east-1.console.aws.amazon.com/s3/object/chimewatch-reports-111122223333?region=us-east-1&prefix=reports/2026-W26.html"

func textOf(t testing.TB, r *summary.Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := summary.WriteText(&b, r, consoleLink); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func htmlOf(t testing.TB, r *summary.Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := summary.WriteHTML(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func jsonOf(t testing.TB, r *summary.Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := summary.WriteJSON(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func actor(key string) tally.Subject { return tally.Subject{Kind: tally.Principal, Key: key} }
