package storetest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"chimewatch/pkg/alert"
	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/detect"
	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/tally"
	"chimewatch/pkg/triage"
)

// judgement is one of a place, with a finding and a signal.
func judgement(s tally.Subject, hour tally.Hour, knowledge uint64) pipeline.Judgement {
	return pipeline.Judgement{
		At: tally.At{Subject: s, Hour: hour}, Knowledge: knowledge,
		Findings: []triage.Finding{finding(fmt.Sprintf("f-%d-%d", hour, knowledge), s, hour, int(knowledge%1000))},
		Signals: []triage.Signal{{
			Minute: hour.Minute(3), At: hour.Minute(4), Rule: detect.DenialBurst, Severity: triage.Medium, Verdict: triage.Unclear,
			Reason: "burst", Networks: []uint64{7}, Operations: []string{"ListChannels"},
		}},
	}
}

func finding(id string, s tally.Subject, hour tally.Hour, denials int) triage.Finding {
	return triage.Finding{
		Finding: detect.Finding{
			ID: id, Rule: detect.DenialBurst, Subject: s, Hour: hour, Denials: denials, Reason: "10 denials in 5 minutes",
			Window: detect.Span{Start: hour.Start(), End: hour.Minute(5)},
			Evidence: []tally.Ref{{Time: hour.Minute(1), Key: cloudtrail.Key{
				Account: account, Region: "us-east-1", EventID: "00000000-0000-4000-8000-000000000001"}}},
		},
		Assessment: triage.Assessment{Severity: triage.High, Verdict: triage.Probing, Reasons: []string{"from an unknown network", "<b>\n"}},
		Principals: []string{s.Key},
	}
}

func incident(id string, s tally.Subject) triage.State {
	at := Now().Add(-time.Hour)
	return triage.State{
		Incident: triage.Incident{
			ID: id, Subject: s, RaisedAt: at, LastSeen: at, Denials: 12,
			Assessment: triage.Assessment{Severity: triage.Critical, Verdict: triage.Unclear, Reasons: []string{"odd"}},
			Trigger:    []tally.Ref{{Time: at, Key: cloudtrail.Key{Account: account, Region: "us-east-1", EventID: "t"}}},
			Findings:   []string{"f-1", "f-2"}, Rules: []detect.Rule{detect.DenialBurst}, Principals: []string{s.Key},
			Updates: []triage.Update{{At: at.Add(time.Minute), Severity: triage.Critical, Reason: "worse"}},
		},
		FirstHour: tally.HourOf(at), LastTold: at.Add(time.Nanosecond), Operations: []string{"ListChannels"}, Networks: []uint64{1, 1<<64 - 1}, Told: 2,
	}
}

func subjectOf(n int) tally.Subject {
	return tally.Subject{Kind: tally.Principal, Key: role(n).Key}
}

func alertOf(id string, s tally.Subject, due time.Time) pipeline.Alert {
	return pipeline.Alert{ID: id, Subject: s, Incident: "i-" + id, Update: 1, Severity: triage.High, Caller: "role/app", Due: due}
}

// equal also tells an empty list from none and compares times with ==: what is
// decided anew is compared like that with what is held.
func equal(t *testing.T, what string, want, got any) {
	t.Helper()
	if !reflect.DeepEqual(want, got) {
		t.Errorf("%s are not as they were put (-want +got):\n%s", what, cmp.Diff(want, got))
	}
}

// principals: whoever reads them for a summary needs them by day.
func principals(t *testing.T, s pipeline.Store) {
	reader, ok := s.(interface {
		PrincipalsOf(ctx context.Context, first, last tally.Day) ([]pipeline.PrincipalReport, error)
	})
	if !ok {
		t.Skip("the store has no PrincipalsOf(ctx, first, last tally.Day)")
	}
	calls := Distinct(Traffic(11, Size(400)))
	for i := 0; i < len(calls); i += 90 {
		commit(t, s, calls[i:min(i+90, len(calls))]...)
		commit(t, s, calls[max(0, i-40):min(i+10, len(calls))]...)
	}
	today := tally.DayOf(Now())
	for _, days := range [][2]tally.Day{{today - 3, today}, {today - 1, today - 1}, {today + 1, today}} {
		got, err := reader.PrincipalsOf(ctx(), days[0], days[1])
		must(t, err)
		if d := diff(reports(calls, days[0], days[1]), got); d != "" {
			t.Errorf("principals of days %d to %d (-want +got):\n%s", days[0], days[1], d)
		}
	}
}

func judgements(t *testing.T, s pipeline.Store) {
	hour := tally.HourOf(Now())
	a, b := subjectOf(0), tally.Subject{Kind: tally.Bearer, Key: role(0).Key}
	policy := tally.Subject{Kind: tally.Policy, Key: scp + "1"}
	one, two, three := judgement(a, hour-3, 10), judgement(a, hour-1, 11), judgement(b, hour-1, 1<<40)
	four := judgement(policy, hour, 3)
	four.Findings = nil
	must(t, s.PutJudgements(ctx(), []pipeline.Judgement{two, one, three, four}))
	better, same, worse := judgement(a, hour-1, 15), judgement(a, hour-3, 10), judgement(a, hour-1, 14)
	better.Signals = nil
	same.Findings[0].Severity, same.Findings[0].Reasons = triage.Low, []string{"judged anew with the same knowledge"}
	must(t, s.PutJudgements(ctx(), []pipeline.Judgement{better, same}))
	must(t, s.PutJudgements(ctx(), []pipeline.Judgement{worse}))
	must(t, s.PutJudgements(ctx(), []pipeline.Judgement{worse, better, worse, same}))
	for _, c := range []struct {
		subject     tally.Subject
		first, last tally.Hour
		want        []pipeline.Judgement
	}{
		{a, hour - 3, hour, []pipeline.Judgement{same, better}},
		{a, hour - 2, hour, []pipeline.Judgement{better}},
		{a, hour - 3, hour - 3, []pipeline.Judgement{same}},
		{a, math.MinInt32, math.MaxInt32, []pipeline.Judgement{same, better}},
		{a, hour, hour + 1, nil},
		{a, hour, hour - 1, nil},
		{b, 0, hour, []pipeline.Judgement{three}},
		{policy, hour - 1, hour, []pipeline.Judgement{four}},
	} {
		got, err := s.Judgements(ctx(), c.subject, c.first, c.last)
		must(t, err)
		if len(c.want)+len(got) > 0 {
			equal(t, fmt.Sprint("judgements from ", c.first-hour, " to ", c.last-hour), c.want, got)
		}
	}
	var many []pipeline.Judgement
	for i := range 130 {
		many = append(many, judgement(subjectOf(1), hour-tally.Hour(i), 10))
	}
	must(t, s.PutJudgements(ctx(), many))
	got, err := s.Judgements(ctx(), subjectOf(1), hour-200, hour)
	must(t, err)
	if len(got) != len(many) {
		t.Errorf("%d judgements of %d", len(got), len(many))
	}
}

func incidents(t *testing.T, s pipeline.Store) {
	subject := subjectOf(0)
	held := func(want ...triage.State) pipeline.Version {
		t.Helper()
		got, version, err := s.Incidents(ctx(), subject)
		must(t, err)
		if len(want)+len(got) > 0 {
			equal(t, "incidents", want, got)
		}
		return version
	}
	put := func(version pipeline.Version, put []triage.State, drop []string) error {
		return s.PutIncidents(ctx(), subject, version, pipeline.IncidentChange{Put: put, Drop: drop})
	}
	stale := func(version pipeline.Version) {
		t.Helper()
		err := s.PutIncidents(ctx(), subject, version, pipeline.IncidentChange{Put: []triage.State{incident("lost", subject)}, Drop: []string{"i-1"}, Alerts: []pipeline.Alert{alertOf("lost", subject, Now())}})
		if !errors.Is(err, pipeline.ErrStale) {
			t.Fatalf("version %d: %v, want ErrStale", version, err)
		}
	}
	a, b := incident("i-1", subject), incident("i-2", subject)
	a.RaisedAt = a.RaisedAt.Add(-50 * time.Hour)
	must(t, put(0, []triage.State{b}, nil))
	v1 := held(b)
	stale(0)
	b.Denials, b.Updates, b.Networks = 99, nil, []uint64{}
	must(t, put(v1, []triage.State{a, b}, []string{"unknown"}))
	v2 := held(a, b)
	if v1 == 0 || v2 == 0 || v1 == v2 {
		t.Fatalf("versions %d and %d", v1, v2)
	}
	stale(v1)
	must(t, put(v2, nil, []string{"i-1"}))
	v3 := held(b)
	stale(v2)
	if err := s.PutIncidents(ctx(), subjectOf(1), v3, pipeline.IncidentChange{Put: []triage.State{incident("i-3", subjectOf(1))}}); !errors.Is(err, pipeline.ErrStale) {
		t.Errorf("a version of another subject: %v", err)
	}
	if pending, err := s.PendingAlerts(ctx(), nil, 10); err != nil || len(pending) != 0 {
		t.Errorf("alerts of refused incidents: %v, %v", pending, err)
	}
	must(t, put(v3, nil, []string{"i-2"}))
	if v4 := held(); v4 == 0 || v4 == v3 {
		t.Errorf("version %d of an emptied list", v4)
	}
}

// incidentRace: of writers that read the same version one wins, and readers see
// what one writer put, whole.
func incidentRace(t *testing.T, s pipeline.Store) {
	const writers, rounds = 6, 5
	var wins [rounds]atomic.Int32
	subject := subjectOf(0)
	for round := range rounds {
		_, version, err := s.Incidents(ctx(), subject)
		must(t, err)
		var wg sync.WaitGroup
		for w := range writers {
			wg.Go(func() {
				id := fmt.Sprint("a-", round, "-", w)
				states := []triage.State{incident("i-1", subject), incident("i-2", subject), incident("i-3", subject)}
				for i := range states {
					states[i].Denials = round*writers + w
				}
				err := s.PutIncidents(ctx(), subject, version, pipeline.IncidentChange{Put: states, Alerts: []pipeline.Alert{alertOf(id, subject, Now())}})
				switch {
				case err == nil:
					wins[round].Add(1)
				case !errors.Is(err, pipeline.ErrStale):
					t.Error(err)
				}
			})
		}
		wg.Go(func() {
			for range 20 {
				states, _, err := s.Incidents(ctx(), subject)
				if err != nil {
					t.Error(err)
					return
				}
				for _, st := range states {
					if st.Denials != states[0].Denials || len(states) != 3 {
						t.Errorf("a reader saw the incidents of two writers")
					}
				}
			}
		})
		wg.Wait()
	}
	for round := range rounds {
		if n := wins[round].Load(); n != 1 {
			t.Errorf("round %d: %d writers won", round, n)
		}
	}
	pending, err := s.PendingAlerts(ctx(), nil, 100)
	must(t, err)
	if len(pending) != rounds {
		t.Errorf("%d alerts, want those of the %d winners", len(pending), rounds)
	}
}

func ledger(t *testing.T, s pipeline.Store) {
	l, version, err := s.Ledger(ctx())
	must(t, err)
	if version != 0 || len(l.Sent) != 0 {
		t.Fatalf("an empty store has version %d of a ledger", version)
	}
	l = alert.Ledger{Sent: []alert.Sent{{ID: "a", Severity: triage.High, Caller: "role/app", At: Now()}}, LastDigest: Now().Add(-time.Hour)}
	must(t, s.PutLedger(ctx(), l, 0))
	got, v1, err := s.Ledger(ctx())
	must(t, err)
	equal(t, "ledgers", l, got)
	if err := s.PutLedger(ctx(), alert.Ledger{}, 0); !errors.Is(err, pipeline.ErrStale) || v1 == 0 {
		t.Errorf("a second first version after %d: %v", v1, err)
	}
	must(t, s.PutLedger(ctx(), alert.Ledger{}, v1))
	if err := s.PutLedger(ctx(), l, v1); !errors.Is(err, pipeline.ErrStale) {
		t.Errorf("an old version: %v", err)
	}
}
