// Package memstore keeps everything in memory: for the command line, and as the
// plainest store that passes the contract.
package memstore

import (
	"context"
	"crypto/sha256"
	"maps"
	"slices"
	"sync"

	"chimewatch/pkg/alert"
	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/denial"
	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/tally"
	"chimewatch/pkg/triage"
)

// Store is a pipeline.Whole in memory. It is safe for concurrent use.
type Store struct {
	mu      sync.RWMutex
	hasher  tally.Hasher
	seen    map[id]record
	calls   calls // evidence
	intern  interner
	changes *tally.Changes // all that was counted
	places  map[uint64]tally.Firsts
	policy  map[uint64]tally.Subject
	totals  map[string]*total

	judgements map[tally.At]pipeline.Judgement
	incidents  map[tally.Subject]versioned
	alerts     map[string]outboxed
	waiting    map[pipeline.Waiting]bool
	handling   map[handled]triage.Handling

	ledger        alert.Ledger
	ledgerVersion pipeline.Version
}

// id stands for a record's key: much smaller, and nothing of it is needed but
// equality.
type id [16]byte

// record is what is remembered of every record in scope.
type record struct {
	digest uint64
	call   int32 // index into calls; -1 where no evidence is kept
	update bool
}

type versioned struct {
	states  map[string]triage.State
	version pipeline.Version
}

var _ pipeline.Whole = (*Store)(nil)

// New returns an empty store.
func New(h tally.Hasher) *Store {
	return &Store{
		hasher:     h,
		seen:       map[id]record{},
		intern:     interner{},
		changes:    tally.NewChanges(h),
		places:     map[uint64]tally.Firsts{},
		policy:     map[uint64]tally.Subject{},
		totals:     map[string]*total{},
		judgements: map[tally.At]pipeline.Judgement{},
		incidents:  map[tally.Subject]versioned{},
		alerts:     map[string]outboxed{},
		waiting:    map[pipeline.Waiting]bool{},
		handling:   map[handled]triage.Handling{},
	}
}

func idOf(k cloudtrail.Key) id {
	buf := make([]byte, 0, 128)
	buf = append(append(append(append(append(buf, k.Account...), 0), k.Region...), 0), k.EventID...)
	sum := sha256.Sum256(buf)
	return id(sum[:16])
}

// Commit implements pipeline.Store. Nothing fails and nothing expires here.
func (s *Store) Commit(_ context.Context, calls []denial.Call) ([]pipeline.Receipt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	receipts := make([]pipeline.Receipt, len(calls))
	for i := range calls {
		receipts[i] = s.commit(&calls[i])
	}
	return receipts, nil
}

func (s *Store) commit(c *denial.Call) pipeline.Receipt {
	key := idOf(c.Key)
	if first, ok := s.seen[key]; ok {
		if first.digest == c.Digest || first.update || c.Update {
			return pipeline.Duplicate
		}
		return pipeline.Conflict
	}
	r := record{digest: c.Digest, call: -1, update: c.Update}
	if c.Outcome == denial.Refused || tally.Counts(c) {
		r.call = s.calls.add(s.intern.call(*c))
		c = s.calls.at(r.call)
		s.count(c)
	}
	s.seen[key] = r
	tally.Sightings(s.hasher, c, func(at tally.Sighting) {
		f := s.places[at.Place]
		if f.Add(at.Actor, tally.Ref{Time: c.Time, Key: c.Key}, tally.MaxSightings) {
			s.places[at.Place] = f
		}
	})
	if c.Outcome == denial.Other || c.Outcome == denial.Success && !c.Critical {
		return pipeline.Ignored
	}
	return pipeline.Added
}

func (s *Store) count(c *denial.Call) {
	s.changes.Count(c) // what was seen is in s.places
	if c.Outcome != denial.Refused {
		return
	}
	t := s.totals[c.Principal.Key]
	if t == nil {
		t = newTotal()
		s.totals[c.Principal.Key] = t
	}
	t.add(c)
	if p, ok := tally.OrganisationPolicy(c); ok {
		s.policy[s.hasher.Policy(p)] = p
	}
}

// Hasher implements pipeline.Whole.
func (s *Store) Hasher() tally.Hasher { return s.hasher }

// Subjects implements pipeline.Whole.
func (s *Store) Subjects() []tally.Subject {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.changes.Subjects()
}

// All implements pipeline.Whole.
func (s *Store) All(subject tally.Subject) tally.History {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.changes.History(subject)
}

// Forget implements pipeline.Whole.
func (s *Store) Forget(subject tally.Subject) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changes.Forget(subject)
}

// Principals implements pipeline.Whole.
func (s *Store) Principals() []pipeline.PrincipalReport {
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := make([]pipeline.PrincipalReport, 0, len(s.totals))
	for _, key := range slices.Sorted(maps.Keys(s.totals)) {
		out = append(out, s.totals[key].report(key))
	}
	slices.SortStableFunc(out, func(a, b pipeline.PrincipalReport) int { return b.Denials - a.Denials })
	return out
}

// Histories implements pipeline.Store.
func (s *Store) Histories(_ context.Context, queries []pipeline.Query) ([]tally.History, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := make([]tally.History, len(queries))
	for i, q := range queries {
		for _, h := range s.changes.History(q.Subject) {
			asked := tally.Tally{} // the parts that are
			if h.Hour >= q.First && h.Hour <= q.Last {
				asked.Summary = h.Tally.Summary
			}
			if h.Hour >= q.FirstDetail && h.Hour <= q.LastDetail {
				asked.Detail = h.Tally.Detail
			}
			if asked.Detail != nil || !asked.Summary.Empty() {
				out[i] = append(out[i], tally.Hourly{Hour: h.Hour, Tally: asked.Clone()})
			}
		}
	}
	return out, nil
}

// Sightings implements pipeline.Store.
func (s *Store) Sightings(_ context.Context, places []uint64) (map[uint64]tally.Firsts, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := make(map[uint64]tally.Firsts, len(places))
	for _, n := range places {
		if f, ok := s.places[n]; ok {
			out[n] = slices.Clone(f)
		}
	}
	return out, nil
}

// Policies implements pipeline.Store.
func (s *Store) Policies(_ context.Context, policies []uint64, first, last tally.Hour) (map[uint64]tally.History, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := make(map[uint64]tally.History, len(policies))
	for _, p := range policies {
		if subject, ok := s.policy[p]; ok {
			for _, h := range s.changes.History(subject).Range(first, last) {
				out[p] = append(out[p], tally.Hourly{Hour: h.Hour, Tally: h.Tally.Clone()})
			}
		}
	}
	return out, nil
}

// Evidence implements pipeline.Store.
func (s *Store) Evidence(_ context.Context, keys []cloudtrail.Key) (pipeline.Evidence, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := make(pipeline.Evidence, len(keys))
	for _, k := range keys {
		if r, ok := s.seen[idOf(k)]; ok && r.call >= 0 {
			out[k] = s.calls.at(r.call)
		}
	}
	return out, nil
}

// outboxed is an alert with its publishing state.
type outboxed struct {
	pipeline.Alert
	sent bool
}
