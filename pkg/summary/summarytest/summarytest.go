// Package summarytest is the contract of summary.Store as a test suite, for
// stores that also count. A store is right when it passes:
//
//	func TestSummaries(t *testing.T) {
//		summarytest.Run(t, func(t *testing.T) summarytest.Store { return open(t) })
//	}
//
// Every call of open returns an empty store that hashes with storetest.Hasher
// and whose clock stands at storetest.Now. What the suite expects of days it
// computes with summary.Diary, over the distinct calls.
package summarytest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/denial"
	"chimewatch/pkg/detect"
	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/pipeline/storetest"
	"chimewatch/pkg/principal"
	"chimewatch/pkg/summary"
	"chimewatch/pkg/tally"
	"chimewatch/pkg/triage"
)

// Store is what the suite tests: what counts, and what summaries are read from.
type Store interface {
	pipeline.Store
	summary.Store
	// AddHealth adds what a function did in one invocation to its hour.
	AddHealth(ctx context.Context, function string, h summary.HealthHour) error
}

// Run runs the suite on the stores that open returns.
func Run(t *testing.T, open func(t *testing.T) Store) {
	for _, c := range []struct {
		name string
		test func(t *testing.T, s Store)
	}{
		{"Days", days},
		{"DaysCountedSideBySide", sideBySide},
		{"LongNames", longNames},
		{"YieldStops", yieldStops},
		{"Calls", calls},
		{"Found", found},
		{"Health", health},
		{"HealthSideBySide", healthSideBySide},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, open(t)) })
	}
}

// read returns the days that a store has, in the order of summary.Diary.Days.
func read(t *testing.T, s Store, first, last tally.Day) (out []summary.PrincipalDay) {
	t.Helper()
	for day := first; day <= last; day++ {
		var one []summary.PrincipalDay
		if err := s.PrincipalDays(t.Context(), day, func(d summary.PrincipalDay) error { one = append(one, d); return nil }); err != nil {
			t.Fatal(err)
		}
		slices.SortFunc(one, func(a, b summary.PrincipalDay) int { return strings.Compare(a.Key, b.Key) })
		for i := range one {
			slices.SortFunc(one[i].Hours, func(a, b summary.Hour) int { return int(a.Hour - b.Hour) })
		}
		out = append(out, one...)
	}
	return out
}

func want(calls []denial.Call) []summary.PrincipalDay {
	var d summary.Diary
	for i := range calls {
		d.Add(&calls[i])
	}
	return d.Days()
}

func diff(want, got any) string {
	return cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.SortSlices(func(a, b summary.Refusal) bool {
		return a.Operation < b.Operation || a.Operation == b.Operation && a.Cause < b.Cause
	}))
}

func commit(t testing.TB, s Store, calls []denial.Call) {
	t.Helper()
	if _, err := s.Commit(context.Background(), calls); err != nil {
		t.Error(err)
	}
}

// days: what every principal was refused, hour by hour, is exact, whatever the
// batches, and although half of the calls come again.
func days(t *testing.T, s Store) {
	all := storetest.Distinct(storetest.Traffic(7, storetest.Size(300)))
	for batch := range slices.Chunk(all, 37) {
		commit(t, s, batch)
		commit(t, s, batch[:len(batch)/2])
	}
	today := tally.DayOf(storetest.Now())
	if d := diff(want(all), read(t, s, today-4, today)); d != "" {
		t.Errorf("days of principals (-want +got):\n%s", d)
	}
	if got := read(t, s, today+1, today+2); len(got) > 0 {
		t.Errorf("on days without calls: %v", got)
	}
}

// sideBySide: so it is when several count at the same time.
func sideBySide(t *testing.T, s Store) {
	all := storetest.Distinct(storetest.Traffic(8, storetest.Size(160)))
	part := len(all) / 4
	all = all[:4*part]
	var g sync.WaitGroup
	for i := range 3 {
		g.Go(func() { commit(t, s, all[i*part:(i+2)*part]) })
	}
	g.Wait()
	today := tally.DayOf(storetest.Now())
	if d := diff(want(all), read(t, s, today-4, today)); d != "" {
		t.Errorf("days of principals (-want +got):\n%s", d)
	}
}

// longNames: a key of any length names one principal, hashed where it is too
// long to be kept.
func longNames(t *testing.T, s Store) {
	one := storetest.Distinct(storetest.Traffic(9, 50))[:3]
	for i := range one {
		one[i].Outcome, one[i].Cause = denial.Refused, denial.IAM
		one[i].Principal = principal.Principal{Key: strings.Repeat("\U0001f511", 1000+i/2), Type: "IAMUser", Account: "111122223333"}
	}
	commit(t, s, one)
	for i := range one {
		one[i].Principal.Key = principal.StoreKey(one[i].Principal.Key)
	}
	today := tally.DayOf(storetest.Now())
	if d := diff(want(one), read(t, s, today-4, today)); d != "" {
		t.Errorf("days of principals (-want +got):\n%s", d)
	}
}

// yieldStops: an error of yield ends the reading and is returned.
func yieldStops(t *testing.T, s Store) {
	all := storetest.Distinct(storetest.Traffic(10, storetest.Size(60)))
	for i := range all {
		all[i].Time = storetest.Now().Add(-time.Duration(i) * time.Second)
	}
	commit(t, s, all)
	enough, n := errors.New("enough"), 0
	err := s.PrincipalDays(t.Context(), tally.DayOf(storetest.Now()), func(summary.PrincipalDay) error { n++; return enough })
	if !errors.Is(err, enough) || n != 1 {
		t.Errorf("%v after %d principals", err, n)
	}
}

// calls: those that are there.
func calls(t *testing.T, s Store) {
	all := storetest.Distinct(storetest.Traffic(11, 40))
	commit(t, s, all)
	keys := []cloudtrail.Key{{Account: "111122223333", Region: "us-east-1", EventID: "not-there"}}
	there := map[cloudtrail.Key]*denial.Call{}
	for _, c := range all[:20] {
		keys = append(keys, c.Key)
		if c.Outcome == denial.Refused || tally.Counts(&c) {
			there[c.Key] = &c
		}
	}
	got, err := s.Calls(t.Context(), keys)
	if err != nil || len(got) != len(there) {
		t.Fatalf("%d calls of %d, %v", len(got), len(there), err)
	}
	for k, c := range there {
		if g := got[k]; g.Operation != c.Operation || !g.Time.Equal(c.Time) || g.Principal.Key != c.Principal.Key || g.Message != c.Message {
			t.Errorf("call %v: %+v, want %+v", k, g, c)
		}
	}
}

// found: the findings and incidents of days, of all subjects.
func found(t *testing.T, s Store) {
	today := tally.DayOf(storetest.Now())
	var findings, incidents []string
	for i := range 5 {
		day := today - tally.Day(i)
		subject := tally.Subject{Kind: tally.Principal, Key: fmt.Sprint("role/", i)}
		at := day.First() + 3
		f := triage.Finding{Finding: detect.Finding{ID: fmt.Sprint("f-", i), Rule: detect.DenialBurst, Subject: subject, Hour: at}}
		if err := s.PutJudgements(t.Context(), []pipeline.Judgement{{At: tally.At{Subject: subject, Hour: at}, Knowledge: 1, Findings: []triage.Finding{f}}}); err != nil {
			t.Fatal(err)
		}
		st := triage.State{Incident: triage.Incident{ID: fmt.Sprint("i-", i), Subject: subject, RaisedAt: at.Start(), LastSeen: storetest.Now()}}
		if err := s.PutIncidents(t.Context(), subject, 0, pipeline.IncidentChange{Put: []triage.State{st}}); err != nil {
			t.Fatal(err)
		}
		if i >= 1 && i <= 3 {
			findings, incidents = append(findings, f.ID), append(incidents, st.ID)
		}
	}
	gotFindings, err := s.FindingsOf(t.Context(), today-3, today-1)
	gotIncidents, err2 := s.IncidentsOf(t.Context(), today-3, today-1)
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, f := range gotFindings {
		ids = append(ids, f.ID)
	}
	slices.Sort(ids)
	if !slices.Equal(ids, findings) {
		t.Errorf("findings %v, want %v", ids, findings)
	}
	ids = nil
	for _, in := range gotIncidents {
		ids = append(ids, in.ID)
	}
	slices.Sort(ids)
	if !slices.Equal(ids, incidents) {
		t.Errorf("incidents %v, want %v", ids, incidents)
	}
}

// health: what functions add in an hour is summed up; an hour without anything
// to add is one in which the watch was awake; others are not there.
func health(t *testing.T, s Store) {
	now := tally.HourOf(storetest.Now())
	add := func(function string, h summary.HealthHour) {
		t.Helper()
		if err := s.AddHealth(t.Context(), function, h); err != nil {
			t.Fatal(err)
		}
	}
	full := summary.HealthHour{
		Hour: now - 30, Records: 1, Denials: 2, Duplicates: 3, Conflicts: 4, Late: 5, Expired: 6, Malformed: 7, Failed: 8, Alerts: 9,
		Looked: 11, Missed: 12, Lookups: 13, Covered: 14, Dead: 10,
	}
	add("detector", full)
	add("backfill", full)
	add("a function; with # in its name", summary.HealthHour{Hour: now - 30, Records: 1 << 40, Dead: 3})
	add("detector", summary.HealthHour{Hour: now - 1})
	add("detector", summary.HealthHour{Hour: now - 1})
	add("detector", summary.HealthHour{Hour: now, Records: 5})
	add("detector", summary.HealthHour{Hour: now - 50, Records: 5})
	got, err := s.HealthHours(t.Context(), now-30, now-1)
	sum := summary.HealthHour{
		Hour: now - 30, Records: 1<<40 + 2, Denials: 4, Duplicates: 6, Conflicts: 8, Late: 10, Expired: 12, Malformed: 14, Failed: 16, Alerts: 18,
		Looked: 22, Missed: 24, Lookups: 26, Covered: 28, Dead: 10,
	}
	slices.SortFunc(got, func(a, b summary.HealthHour) int { return int(a.Hour - b.Hour) })
	if d := cmp.Diff([]summary.HealthHour{sum, {Hour: now - 1}}, got); err != nil || d != "" {
		t.Errorf("%v (-want +got):\n%s", err, d)
	}
	if got, err := s.HealthHours(t.Context(), 0, now+1000); err != nil || len(got) != 4 {
		t.Errorf("of all hours: %v, %v", got, err)
	}
}

// healthSideBySide: nothing is lost when many add at the same time.
func healthSideBySide(t *testing.T, s Store) {
	now := tally.HourOf(storetest.Now())
	var g sync.WaitGroup
	for range 8 {
		g.Go(func() {
			for range 5 {
				if err := s.AddHealth(context.Background(), "detector", summary.HealthHour{Hour: now, Records: 3}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	g.Wait()
	got, err := s.HealthHours(t.Context(), now, now)
	if err != nil || len(got) != 1 || got[0].Records != 120 {
		t.Errorf("%v, %v", got, err)
	}
}
