package memstore

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"chimewatch/pkg/alert"
	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/tally"
	"chimewatch/pkg/triage"
)

// PutJudgements implements pipeline.Store.
func (s *Store) PutJudgements(_ context.Context, judgements []pipeline.Judgement) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, j := range judgements {
		if old, ok := s.judgements[j.At]; !ok || old.Knowledge <= j.Knowledge {
			s.judgements[j.At] = j
		}
	}
	return nil
}

// Judgements implements pipeline.Store.
func (s *Store) Judgements(_ context.Context, subject tally.Subject, first, last tally.Hour) ([]pipeline.Judgement, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var out []pipeline.Judgement
	for at, j := range s.judgements {
		if at.Subject == subject && at.Hour >= first && at.Hour <= last {
			out = append(out, j)
		}
	}
	slices.SortFunc(out, func(a, b pipeline.Judgement) int { return cmp.Compare(a.At.Hour, b.At.Hour) })
	return out, nil
}

// Incidents implements pipeline.Store.
func (s *Store) Incidents(_ context.Context, subject tally.Subject) ([]triage.State, pipeline.Version, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	v := s.incidents[subject]
	out := make([]triage.State, 0, len(v.states))
	for _, st := range v.states {
		out = append(out, st.Clone())
	}
	slices.SortFunc(out, func(a, b triage.State) int {
		return cmp.Or(a.RaisedAt.Compare(b.RaisedAt), cmp.Compare(a.ID, b.ID))
	})
	return out, v.version, nil
}

// PutIncidents implements pipeline.Store.
func (s *Store) PutIncidents(_ context.Context, subject tally.Subject, version pipeline.Version, change pipeline.IncidentChange) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.incidents[subject]
	if v.version != version {
		return fmt.Errorf("putting incidents of %s %q: %w", subject.Kind, subject.Key, pipeline.ErrStale)
	}
	states := maps.Clone(v.states)
	if states == nil {
		states = map[string]triage.State{}
	}
	for _, id := range change.Drop {
		delete(states, id)
	}
	for _, st := range change.Put {
		states[st.ID] = st.Clone()
	}
	s.incidents[subject] = versioned{states, version + 1}
	for _, id := range change.Withdraw {
		if !s.alerts[id].sent {
			delete(s.alerts, id)
		}
	}
	for _, a := range change.Alerts {
		if _, ok := s.alerts[a.ID]; !ok {
			s.alerts[a.ID] = outboxed{Alert: a}
		}
	}
	return nil
}

// PendingAlerts implements pipeline.Store.
func (s *Store) PendingAlerts(_ context.Context, subjects []tally.Subject, limit int) ([]pipeline.Alert, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var out []pipeline.Alert
	for _, a := range s.alerts {
		if !a.sent && (len(subjects) == 0 || slices.Contains(subjects, a.Subject)) {
			out = append(out, a.Alert)
		}
	}
	slices.SortFunc(out, func(a, b pipeline.Alert) int { return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.ID, b.ID)) })
	return out[:min(len(out), limit)], nil
}

// MarkSent implements pipeline.Store.
func (s *Store) MarkSent(_ context.Context, ids []string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		if a, ok := s.alerts[id]; ok {
			a.sent = true
			s.alerts[id] = a
		}
	}
	return nil
}

// Ledger implements pipeline.Store.
func (s *Store) Ledger(context.Context) (alert.Ledger, pipeline.Version, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	l := s.ledger
	l.Sent = slices.Clone(l.Sent)
	return l, s.ledgerVersion, nil
}

// PutLedger implements pipeline.Store.
func (s *Store) PutLedger(_ context.Context, l alert.Ledger, version pipeline.Version) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if version != s.ledgerVersion {
		return fmt.Errorf("putting the ledger of alerts: %w", pipeline.ErrStale)
	}
	l.Sent = slices.Clone(l.Sent)
	s.ledger, s.ledgerVersion = l, version+1
	return nil
}

// PutWaiting implements pipeline.Store.
func (s *Store) PutWaiting(_ context.Context, waiting []pipeline.Waiting) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range waiting {
		s.waiting[w] = true
	}
	return nil
}

// DueWaiting implements pipeline.Store.
func (s *Store) DueWaiting(_ context.Context, now time.Time, limit int) ([]pipeline.Waiting, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var out []pipeline.Waiting
	for w := range s.waiting {
		if !w.Due.After(now) {
			out = append(out, w)
		}
	}
	slices.SortFunc(out, func(a, b pipeline.Waiting) int {
		return cmp.Or(a.Due.Compare(b.Due), a.At.Subject.Compare(b.At.Subject), cmp.Compare(a.At.Hour, b.At.Hour))
	})
	return out[:min(len(out), limit)], nil
}

// DoneWaiting implements pipeline.Store.
func (s *Store) DoneWaiting(_ context.Context, waiting []pipeline.Waiting) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range waiting {
		delete(s.waiting, w)
	}
	return nil
}
