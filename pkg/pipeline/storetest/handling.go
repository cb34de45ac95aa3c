package storetest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/triage"
)

// handling: what people did about an incident stays whatever becomes of it, acts
// of several at once are all kept, and no incident has those of another.
func handling(t *testing.T, s pipeline.Store) {
	subject, other := subjectOf(0), subjectOf(1)
	none, err := s.Handling(ctx(), subject, "i-1")
	must(t, err)
	equal(t, "acts about what nobody touched", triage.Handling{}, none)

	ack := triage.Act{Deed: triage.Acknowledge, By: "jane", Why: "I look\x00\nat it", At: Now(), LastSeen: Now().Add(-time.Hour), Severity: triage.High}
	got, err := s.Handle(ctx(), subject, "i-1", ack)
	must(t, err)
	equal(t, "acts", triage.Handling{Acts: []triage.Act{ack}}, got)

	// The incident is put, changed and dropped.
	must(t, s.PutIncidents(ctx(), subject, 0, pipeline.IncidentChange{Put: []triage.State{incident("i-1", subject)}}))
	_, version, err := s.Incidents(ctx(), subject)
	must(t, err)
	must(t, s.PutIncidents(ctx(), subject, version, pipeline.IncidentChange{Drop: []string{"i-1"}}))
	got, err = s.Handling(ctx(), subject, "i-1")
	must(t, err)
	equal(t, "acts after the incident was dropped", triage.Handling{Acts: []triage.Act{ack}}, got)

	for _, x := range []struct {
		name string
		read func() (triage.Handling, error)
	}{
		{"another incident", func() (triage.Handling, error) { return s.Handling(ctx(), subject, "i-2") }},
		{"another subject's", func() (triage.Handling, error) { return s.Handling(ctx(), other, "i-1") }},
	} {
		h, err := x.read()
		must(t, err)
		equal(t, "acts about "+x.name, triage.Handling{}, h)
	}

	const people = 5
	var wg sync.WaitGroup
	for i := range people {
		wg.Go(func() {
			if _, err := s.Handle(ctx(), subject, "i-1", triage.Act{Deed: triage.Close, By: fmt.Sprint("person-", i), At: Now()}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	got, err = s.Handling(ctx(), subject, "i-1")
	must(t, err)
	by := map[string]bool{}
	for _, a := range got.Acts {
		by[a.By] = true
	}
	if len(got.Acts) != people+1 || len(by) != people+1 {
		t.Errorf("%d acts of %d people, want %d", len(got.Acts), len(by), people+1)
	}
}
