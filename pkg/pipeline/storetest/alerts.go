package storetest

import (
	"errors"
	"testing"
	"time"

	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/tally"
	"chimewatch/pkg/triage"
)

func alerts(t *testing.T, s pipeline.Store) {
	due := Now()
	one, two, three := alertOf("a-1", subjectOf(0), due.Add(3*time.Second)), alertOf("a-2", subjectOf(0), due.Add(time.Nanosecond)), alertOf("a-3", subjectOf(1), due.Add(2*time.Second))
	must(t, s.PutIncidents(ctx(), subjectOf(0), 0, pipeline.IncidentChange{Put: []triage.State{incident("i-1", subjectOf(0))}, Alerts: []pipeline.Alert{one, two}}))
	must(t, s.PutIncidents(ctx(), subjectOf(1), 0, pipeline.IncidentChange{Put: []triage.State{incident("i-2", subjectOf(1))}, Alerts: []pipeline.Alert{three}}))
	want := func(subjects []tally.Subject, limit int, want ...pipeline.Alert) {
		t.Helper()
		got, err := s.PendingAlerts(ctx(), subjects, limit)
		must(t, err)
		if d := diff(want, got); d != "" {
			t.Errorf("pending of %v (-want +got):\n%s", subjects, d)
		}
	}
	want(nil, 10, two, three, one)
	want(nil, 2, two, three)
	want([]tally.Subject{subjectOf(0)}, 10, two, one)
	want([]tally.Subject{subjectOf(0)}, 1, two)
	want([]tally.Subject{subjectOf(1), subjectOf(2)}, 10, three)
	want([]tally.Subject{subjectOf(1), subjectOf(0)}, 10, two, three, one)
	want([]tally.Subject{subjectOf(2)}, 10)
	must(t, s.MarkSent(ctx(), []string{"a-2", "a-3"}))
	must(t, s.MarkSent(ctx(), []string{"a-2", "unknown"}))
	want(nil, 10, one)
	want([]tally.Subject{subjectOf(1)}, 10)
	must(t, s.MarkSent(ctx(), []string{"a-1"}))
	want(nil, 10)
}

// alertWithdrawn: an alert that need not be sent is forgotten, and can be put
// anew; one that was sent stays sent.
func alertWithdrawn(t *testing.T, s pipeline.Store) {
	subject, states := subjectOf(0), []triage.State{incident("i-1", subjectOf(0))}
	sent, unsent := alertOf("a-1", subject, Now()), alertOf("a-2", subject, Now())
	change := func(c pipeline.IncidentChange, want ...pipeline.Alert) {
		t.Helper()
		_, version, err := s.Incidents(ctx(), subject)
		must(t, err)
		must(t, s.PutIncidents(ctx(), subject, version, c))
		pending, err := s.PendingAlerts(ctx(), nil, 10)
		must(t, err)
		if d := diff(want, pending); d != "" {
			t.Errorf("pending (-want +got):\n%s", d)
		}
	}
	change(pipeline.IncidentChange{Put: states, Alerts: []pipeline.Alert{sent}}, sent)
	must(t, s.MarkSent(ctx(), []string{sent.ID}))
	change(pipeline.IncidentChange{Put: states, Alerts: []pipeline.Alert{unsent}}, unsent)
	change(pipeline.IncidentChange{Drop: []string{"i-1"}, Withdraw: []string{"a-1", "a-2", "unknown"}})
	must(t, s.MarkSent(ctx(), []string{unsent.ID})) // somebody who did not see it go
	change(pipeline.IncidentChange{Put: states, Alerts: []pipeline.Alert{sent, unsent}}, unsent)

	_, version, err := s.Incidents(ctx(), subject)
	must(t, err)
	if err := s.PutIncidents(ctx(), subject, version-1, pipeline.IncidentChange{Withdraw: []string{unsent.ID}}); !errors.Is(err, pipeline.ErrStale) {
		t.Errorf("with an old version: %v", err)
	}
	change(pipeline.IncidentChange{}, unsent)
}

// alertRepeated: an alert goes out once, however often its incident is put.
func alertRepeated(t *testing.T, s pipeline.Store) {
	st := incident("i-1", subjectOf(0))
	first := alertOf("a-1", subjectOf(0), Now())
	again := first
	again.Due = Now().Add(time.Minute)
	put := func(alerts ...pipeline.Alert) {
		t.Helper()
		_, version, err := s.Incidents(ctx(), st.Subject)
		must(t, err)
		must(t, s.PutIncidents(ctx(), st.Subject, version, pipeline.IncidentChange{Put: []triage.State{st}, Alerts: alerts}))
	}
	put(first)
	put(again)
	pending, err := s.PendingAlerts(ctx(), nil, 10)
	must(t, err)
	if d := diff([]pipeline.Alert{first}, pending); d != "" {
		t.Errorf("pending (-want +got):\n%s", d)
	}
	must(t, s.MarkSent(ctx(), []string{"a-1"}))
	second := alertOf("a-2", subjectOf(0), Now())
	put(again, second)
	pending, err = s.PendingAlerts(ctx(), nil, 10)
	must(t, err)
	if d := diff([]pipeline.Alert{second}, pending); d != "" {
		t.Errorf("pending after it was sent (-want +got):\n%s", d)
	}
}
