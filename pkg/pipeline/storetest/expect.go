package storetest

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/denial"
	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/tally"
)

// Expected is what a store must hold after calls were committed, the first of
// each key.
type Expected struct {
	Histories map[tally.Subject]tally.History
	Sightings map[uint64]tally.Firsts
	Policies  map[uint64]tally.History
	Evidence  pipeline.Evidence
}

// Expect computes what distinct calls come to.
func Expect(calls []denial.Call) Expected {
	h := Hasher()
	changes := tally.NewChanges(h)
	e := Expected{Histories: map[tally.Subject]tally.History{}, Sightings: map[uint64]tally.Firsts{}, Policies: map[uint64]tally.History{}, Evidence: pipeline.Evidence{}}
	for i := range calls {
		c := &calls[i]
		changes.Add(c)
		if c.Outcome == denial.Refused || tally.Counts(c) {
			e.Evidence[c.Key] = c
		}
	}
	for _, at := range changes.Places() {
		t := changes.Tally(at)
		if t.Detail == nil && t.Summary.Empty() {
			continue
		}
		hour := tally.Hourly{Hour: at.Hour, Tally: t}
		if at.Subject.Kind == tally.Policy {
			p := h.Policy(at.Subject)
			e.Policies[p] = append(e.Policies[p], hour)
			continue
		}
		e.Histories[at.Subject] = append(e.Histories[at.Subject], hour)
	}
	for sighting, ref := range changes.Sightings() {
		f := e.Sightings[sighting.Place]
		f.Add(sighting.Actor, ref, len(changes.Sightings()))
		e.Sightings[sighting.Place] = f
	}
	for n, f := range e.Sightings {
		e.Sightings[n] = f[:min(len(f), tally.MaxSightings)]
	}
	return e
}

// Check fails the test if a store holds anything else.
func (e Expected) Check(t testing.TB, s pipeline.Store) {
	t.Helper()
	if err := e.Compare(s); err != nil {
		t.Fatal(err)
	}
}

// Compare compares all that a store holds with what it must hold.
func (e Expected) Compare(s pipeline.Store) error {
	subjects := slices.SortedFunc(maps.Keys(e.Histories), tally.Subject.Compare)
	got, err := histories(s, subjects)
	if err != nil {
		return err
	}
	for i, subject := range subjects {
		if d := diff(e.Histories[subject], got[i]); d != "" {
			return fmt.Errorf("history of %s %s (-want +got):\n%s", subject.Kind, subject.Key, d)
		}
	}
	seen, err := s.Sightings(ctx(), slices.Collect(maps.Keys(e.Sightings)))
	if d := diff(e.Sightings, seen); err != nil || d != "" {
		return fmt.Errorf("sightings: %v (-want +got):\n%s", err, d)
	}
	first, last := tally.HourOf(Now())-100, tally.HourOf(Now())
	policies, err := s.Policies(ctx(), slices.Collect(maps.Keys(e.Policies)), first, last)
	if d := diff(e.Policies, policies); err != nil || d != "" {
		return fmt.Errorf("policies: %v (-want +got):\n%s", err, d)
	}
	evidence, err := s.Evidence(ctx(), slices.Collect(maps.Keys(e.Evidence)))
	if d := diff(e.Evidence, evidence); err != nil || d != "" {
		return fmt.Errorf("evidence: %v (-want +got):\n%s", err, d)
	}
	return nil
}

// everything returns the histories of subjects.
func everything(t testing.TB, s pipeline.Store, subjects []tally.Subject) []tally.History {
	t.Helper()
	got, err := histories(s, subjects)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// histories returns the last hundred hours of subjects, with all details. Hours
// that hold nothing are left out: some calls add nothing to a principal.
func histories(s pipeline.Store, subjects []tally.Subject) ([]tally.History, error) {
	last := tally.HourOf(Now())
	queries := make([]pipeline.Query, len(subjects))
	for i, subject := range subjects {
		queries[i] = pipeline.Query{Subject: subject, First: last - 100, Last: last, FirstDetail: last - 100, LastDetail: last}
	}
	got, err := s.Histories(ctx(), queries)
	if err != nil {
		return nil, err
	}
	if len(got) != len(queries) {
		return nil, fmt.Errorf("%d histories for %d queries", len(got), len(queries))
	}
	for i := range got {
		got[i] = slices.DeleteFunc(got[i], func(h tally.Hourly) bool { return h.Tally.Detail == nil && h.Tally.Summary.Empty() })
	}
	return got, nil
}

// commit commits calls and checks that none failed.
func commit(t testing.TB, s pipeline.Store, calls ...denial.Call) []pipeline.Receipt {
	t.Helper()
	receipts, err := s.Commit(ctx(), calls)
	if err != nil {
		t.Fatal(err)
	}
	if len(receipts) != len(calls) {
		t.Fatalf("%d receipts for %d calls", len(receipts), len(calls))
	}
	if i := slices.Index(receipts, pipeline.Failed); i >= 0 {
		t.Fatalf("call %d failed without an error", i)
	}
	return receipts
}

// Distinct returns the first call of each key.
func Distinct(calls []denial.Call) []denial.Call {
	seen := map[cloudtrail.Key]bool{}
	var out []denial.Call
	for _, c := range calls {
		if !seen[c.Key] {
			seen[c.Key] = true
			out = append(out, c)
		}
	}
	return out
}
