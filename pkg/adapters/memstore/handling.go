package memstore

import (
	"context"

	"chimewatch/pkg/tally"
	"chimewatch/pkg/triage"
)

// handled is a subject's incident.
type handled struct {
	subject  tally.Subject
	incident string
}

// Handling implements pipeline.Store.
func (s *Store) Handling(_ context.Context, subject tally.Subject, incident string) (triage.Handling, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.handling[handled{subject, incident}], nil
}

// Handle implements pipeline.Store.
func (s *Store) Handle(_ context.Context, subject tally.Subject, incident string, act triage.Act) (triage.Handling, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.handling[handled{subject, incident}].With(act)
	s.handling[handled{subject, incident}] = h
	return h, nil
}
