package main

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"chimewatch/functions/internal/runtimetest"
	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/denial"
	"chimewatch/pkg/detect"
	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/principal"
	"chimewatch/pkg/summary"
	"chimewatch/pkg/tally"
	"chimewatch/pkg/triage"
)

// watched fills the table with what a watch finds on the day before the time:
// three roles lack a permission, somebody tries doors, and all the while the
// functions note that they are awake.
func (w *world) watched(now time.Time) {
	w.t.Helper()
	store, today := w.store(), tally.DayOf(now)
	var calls []denial.Call
	refuse := func(p principal.Principal, at time.Time, operation, from string) tally.Ref {
		c := denial.Call{
			Key:  cloudtrail.Key{Account: "111122223333", Region: "us-east-1", EventID: fmt.Sprintf("aaaaaaaa-bbbb-4000-8000-%012x", len(calls))},
			Time: at, Digest: uint64(len(calls) + 1), Principal: p, Operation: operation, Outcome: denial.Refused, Cause: denial.IAM,
			Source: netip.MustParseAddr(from), ErrorCode: "AccessDeniedException",
			Message: denial.Message{Action: "chime:" + operation, Policy: denial.IdentityBasedPolicy},
		}
		calls = append(calls, c)
		return tally.Ref{Time: c.Time, Key: c.Key}
	}
	yesterday := (today - 1).First()
	for i := range 3 {
		p := principal.Principal{Key: fmt.Sprint("arn:aws:iam::111122223333:role/notify-", i), Type: "AssumedRole", Account: "111122223333", Role: true}
		for k := range 12 + i {
			refuse(p, (yesterday + tally.Hour(k)).Start().Add(time.Duration(i)*time.Minute), "ListChannels", "10.0.0.1")
		}
	}
	eve := principal.Principal{Key: "arn:aws:iam::111122223333:user/eve", Type: "IAMUser", Account: "111122223333"}
	var evidence []tally.Ref
	for i := range 6 {
		evidence = append(evidence, refuse(eve, (yesterday+9).Start().Add(time.Duration(i)*time.Minute), []string{"DeleteChannel", "ListChannels"}[i%2], "203.0.113.7"))
	}
	if receipts, err := store.Commit(w.t.Context(), calls); err != nil || slices.ContainsFunc(receipts, func(r pipeline.Receipt) bool { return r != pipeline.Added }) {
		w.t.Fatal(receipts, err)
	}
	subject := tally.Subject{Kind: tally.Principal, Key: eve.Key}
	about := triage.Assessment{Severity: triage.High, Verdict: triage.Probing, Reasons: []string{"DeleteChannel was refused"}}
	finding := triage.Finding{
		Finding:    detect.Finding{ID: "f-1", Rule: detect.CriticalOperation, Subject: subject, Hour: yesterday + 9, Denials: 3, Reason: "DeleteChannel was refused", Evidence: evidence},
		Assessment: about, Principals: []string{eve.Key},
	}
	if err := store.PutJudgements(w.t.Context(), []pipeline.Judgement{{At: tally.At{Subject: subject, Hour: yesterday + 9}, Knowledge: 1, Findings: []triage.Finding{finding}}}); err != nil {
		w.t.Fatal(err)
	}
	incident := triage.Incident{
		ID: "i-1", Subject: subject, Assessment: about, RaisedAt: evidence[0].Time, LastSeen: evidence[5].Time, Trigger: evidence,
		Findings: []string{"f-1"}, Rules: []detect.Rule{detect.CriticalOperation}, Principals: []string{eve.Key}, Denials: 6,
	}
	if err := store.PutIncidents(w.t.Context(), subject, 0, pipeline.IncidentChange{Put: []triage.State{{Incident: incident}}}); err != nil {
		w.t.Fatal(err)
	}
	for h := yesterday; h < today.First(); h++ {
		if h == yesterday+15 || h == yesterday+16 { // the watch slept
			continue
		}
		for _, function := range []string{"detector", "reconcile"} {
			if err := store.AddHealth(w.t.Context(), function, summary.HealthHour{Hour: h, Records: 2, Looked: 1, Lookups: 1, Covered: 100}); err != nil {
				w.t.Fatal(err)
			}
		}
	}
}

// check looks at the report and the message of the day before the time.
func (w *world) check(id, what string) {
	w.t.Helper()
	if got, want := w.objects(), "reports/"+id+".html reports/"+id+".json reports/book.json"; got != want {
		w.t.Errorf("%s: the bucket holds %q, want %q", what, got, want)
		return
	}
	var report summary.Report
	if err := json.Unmarshal(w.object("reports/"+id+".json"), &report); err != nil {
		w.t.Fatal(err)
	}
	if len(report.People) != 4 || len(report.Decisions) != 1 || len(report.Findings) != 1 || len(report.Fixes) != 1 || report.Figures[0].Now != 45 {
		w.t.Errorf("%s: %d principals, %d decisions, %d findings, %d fixes, %+v", what, len(report.People), len(report.Decisions), len(report.Findings), len(report.Fixes), report.Figures)
	}
	if f := report.Fixes; len(f) == 1 && f[0].Sentence != "3 roles lack chime:ListChannels" {
		w.t.Errorf("%s: to fix: %q", what, f[0].Sentence)
	}
	if r := report.Watch; r == nil || r.Records != 88 || r.Looked != 44 || len(r.Gaps) != 1 || r.Gaps[0].Hours != 2 || r.Gaps[0].Start.Hour() != 15 {
		w.t.Errorf("%s: the watch itself: %+v", what, r)
	}
	if page := w.object("reports/" + id + ".html"); !strings.Contains(string(page), "user/eve") {
		w.t.Errorf("%s: the page does not know user/eve", what)
	}
}

func today() (now time.Time, payload []byte, id string) {
	now = time.Now().UTC()
	return now, fmt.Appendf(nil, `{"time":%q}`, now.Format(time.RFC3339)), now.AddDate(0, 0, -1).Format(time.DateOnly)
}

// The binary that is deployed reads what the detector keeps, puts the report
// into the bucket and sends one message, however often it is started.
func TestBootstrap(t *testing.T) {
	w := inProcess(t)
	now, payload, id := today()
	w.watched(now)
	f := runtimetest.Start(t, runtimetest.Build(t, "."), w.environment(1))
	for range 3 {
		if answer, err := f.Invoke(payload); err != nil || answer.Error {
			t.Fatalf("%s, %v\n%s", answer.Body, err, f.Log())
		}
	}
	w.check(id, "the report of a day")
	if m := w.messages(); len(m) != 1 || !strings.Contains(m[0], "1 incident needs a decision: user/eve, high") || !strings.Contains(m[0], "prefix=reports%2F"+id+".html") {
		t.Errorf("messages %q", m)
	}
	if log := f.Log(); strings.Contains(log, secret) {
		t.Errorf("the log holds the secret:\n%s", log)
	}
}

// A week is read and reported from DynamoDB's own engine, S3 and SNS of moto.
func TestWeekOnServers(t *testing.T) {
	w := onServers(t)
	now, payload, _ := today()
	w.watched(now)
	f := runtimetest.Start(t, runtimetest.Build(t, "."), w.environment(7))
	begin := time.Now()
	for range 2 {
		if answer, err := f.Invoke(payload); err != nil || answer.Error {
			t.Fatalf("%s, %v\n%s", answer.Body, err, f.Log())
		}
	}
	t.Logf("%v for a week of four principals, with %v requests", time.Since(begin).Round(time.Millisecond), w.requests)
	week := summary.NewPeriod(now, 7).ID()
	w.check(week, "the report of a week")
	if m := w.messages(); len(m) != 1 {
		t.Errorf("messages %q", m)
	}
}

// every is how many requests to DynamoDB lie between two that the function is
// killed at; of those to S3 and SNS it is at each.
const every = 100

// A process that is killed at any step, before it or after, and started again
// leaves one report and one message; only one that was killed after the sending
// and before the last note of it repeats the message, and says so.
func TestKilledAtEachStepOnServers(t *testing.T) {
	w := onServers(t)
	now, payload, id := today()
	w.watched(now)
	binary := runtimetest.Build(t, ".")
	steps, repeats, seen := 0, 0, 0
	for _, when := range []string{"before", "after"} {
		for n := 1; ; n++ {
			w.forget()
			f := runtimetest.Start(t, binary, w.environment(1))
			step, reads := 0, 0
			killed := ""
			w.set(func(service string) (before, after func()) {
				nothing := func() {}
				if service == "DYNAMODB" {
					if reads++; reads%every != 1 {
						return nothing, nothing
					}
				}
				if step++; step != n {
					return nothing, nothing
				}
				kill := func() { killed = service; f.Kill() }
				if when == "before" {
					return kill, nothing
				}
				return nothing, kill
			})
			_, err := f.Invoke(payload)
			w.set(nil)
			if err == nil {
				if killed != "" || n < 10 {
					t.Fatalf("killed at %q, but the invocation of %d steps was answered", killed, n-1)
				}
				seen = len(w.messages()) // it sent one, too
				break
			}
			steps++
			what := fmt.Sprintf("killed %s step %d, of %s", when, n, killed)
			again := runtimetest.Start(t, binary, w.environment(1))
			sending := w.later()
			for range 2 {
				if answer, err := again.Invoke(payload); err != nil || answer.Error {
					t.Fatalf("%s: %s, %v\n%s", what, answer.Body, err, again.Log())
				}
			}
			again.Kill()
			w.check(id, what)
			messages := w.messages()[seen:]
			seen += len(messages)
			switch {
			case len(messages) == 2 && strings.HasPrefix(messages[1], "This summary may have reached you before"):
				if repeats++; !sending {
					t.Errorf("%s: repeated, though it was not between the sending and its note", what)
				}
			case len(messages) != 1:
				t.Errorf("%s: %d messages", what, len(messages))
			}
		}
	}
	t.Logf("killed %d times, %d of them led to a repeat", steps, repeats)
	// Before and after the sending, before and after the book is read again, and
	// before the note is written into it: a request that had left may arrive or not.
	if repeats > 5 {
		t.Errorf("%d ends led to a repeat, which only those between the sending and its note may", repeats)
	}
}
