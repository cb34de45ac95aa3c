package dynamostore

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/tally"
	"chimewatch/pkg/triage"
)

// What a summary asks for: everything of some days, whoever it is about. Each
// day is a fixed number of partitions, which are read side by side.

// PrincipalsOf returns what every principal was refused on the days from first
// to last, most denials first, then by key. Counts are exact; of each day 128
// operations and 64 sources of a principal are kept, and keys over 1 KB are
// hashed.
func (s *Store) PrincipalsOf(ctx context.Context, first, last tally.Day) ([]pipeline.PrincipalReport, error) {
	by := map[string]*report{}
	err := s.indexed(ctx, first, last, "d#", func(it item) error {
		r, err := reportIn(it)
		if r == nil || err != nil {
			return err
		}
		pk := it.text("pk")
		if by[pk] == nil {
			by[pk] = &report{}
		}
		by[pk].add(r)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the principals of days: %w", err)
	}
	out := make([]pipeline.PrincipalReport, 0, len(by))
	for _, r := range by {
		out = append(out, r.public())
	}
	slices.SortFunc(out, func(a, b pipeline.PrincipalReport) int {
		return cmp.Or(b.Denials-a.Denials, cmp.Compare(a.Key, b.Key))
	})
	return out, nil
}

// IncidentsOf returns the incidents that were raised on the days from first to
// last, of all subjects, in the order of package triage.
func (s *Store) IncidentsOf(ctx context.Context, first, last tally.Day) ([]triage.Incident, error) {
	var out []triage.Incident
	err := s.indexed(ctx, first, last, "i#", func(it item) error {
		var st triage.State
		err := it.unpack(&st)
		out = append(out, st.Incident)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the incidents of days: %w", err)
	}
	triage.Sort(out)
	return out, nil
}

// FindingsOf returns the findings of the days from first to last, of all
// subjects, in the order of package triage.
func (s *Store) FindingsOf(ctx context.Context, first, last tally.Day) ([]triage.Finding, error) {
	var out []triage.Finding
	err := s.indexed(ctx, first, last, "j#", func(it item) error {
		j, err := judgementOf(it)
		out = append(out, j.Findings...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the findings of days: %w", err)
	}
	triage.SortFindings(out)
	return out, nil
}

// indexed reads the items that the entries of days point at. An entry whose item
// is gone, or never came, is passed over.
func (s *Store) indexed(ctx context.Context, first, last tally.Day, prefix string, yield func(item) error) error {
	keys, err := s.entries(ctx, first, last, prefix)
	if err != nil {
		return err
	}
	read, err := s.getLive(ctx, keys, s.config.Now())
	if err != nil {
		return err
	}
	for _, it := range read {
		if err := yield(it); err != nil {
			return err
		}
	}
	return nil
}

// entries returns the keys that the entries of days point at.
func (s *Store) entries(ctx context.Context, first, last tally.Day, prefix string) ([]key, error) {
	now := s.config.Now()
	first = max(first, tally.DayOf(now.Add(-s.config.Keep-s.config.Retention)))
	last = min(last, tally.DayOf(now.Add(futureBound)))
	var mu sync.Mutex
	var keys []key
	g, groupCtx := errgroup.WithContext(ctx)
	g.SetLimit(parallel)
	for d := first; d <= last; d++ {
		for i := range dayShards {
			g.Go(func() error {
				return s.query(groupCtx, under(dayPartition(d, i), prefix), func(it item) error {
					mu.Lock()
					defer mu.Unlock()
					keys = append(keys, it.target())
					return it.check()
				})
			})
		}
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return keys, nil
}
