package dynamostore

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/tally"
)

// span is the hours of one query that can be held at all.
type span struct {
	id                      string
	first, last             tally.Hour
	firstDetail, lastDetail tally.Hour
}

func (s *Store) span(q pipeline.Query, now time.Time) span {
	out := span{id: subjectID(s.config.Hasher, q.Subject)}
	out.first, out.last = s.clamp(now, q.First, q.Last)
	out.firstDetail, out.lastDetail = s.clamp(now, q.FirstDetail, q.LastDetail)
	return out
}

// Histories implements pipeline.Store. Each query is at most two requests, one
// for the days and one for the details, however much is in them (up to a
// megabyte a request). Reading the items by their keys would take no fewer and
// pay for every day on which there was nothing.
func (s *Store) Histories(ctx context.Context, queries []pipeline.Query) ([]tally.History, error) {
	now := s.config.Now()
	out := make([]tally.History, len(queries))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(parallel)
	for i, q := range queries {
		g.Go(func() (err error) {
			if out[i], err = s.span(q, now).read(ctx, s, now); err != nil {
				return fmt.Errorf("reading the history of %s %.80q: %w", q.Subject.Kind, q.Subject.Key, err)
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return out, nil
}

// read reads the days and the details side by side.
func (p span) read(ctx context.Context, s *Store, now time.Time) (tally.History, error) {
	pk := subjectPartition(p.id)
	days, details := map[key]item{}, map[tally.Hour]item{}
	g, ctx := errgroup.WithContext(ctx)
	if p.first <= p.last {
		g.Go(func() error {
			return s.query(ctx, between(pk, "d#"+dayText(p.first.Day()), "d#"+dayText(p.last.Day())+","), func(it item) error {
				days[it.key()] = it
				return nil
			})
		})
	}
	if p.firstDetail <= p.lastDetail {
		g.Go(func() error {
			return s.query(ctx, between(pk, "h#"+hourText(p.firstDetail), "h#"+hourText(p.lastDetail)), func(it item) error {
				if it.expired(now) {
					return nil
				}
				hour, err := hourIn(it)
				details[hour] = it
				return err
			})
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return p.history(days, details, now)
}

// history puts together what was read.
func (p span) history(days map[key]item, details map[tally.Hour]item, now time.Time) (tally.History, error) {
	hours := map[tally.Hour]*tally.Tally{}
	for hour, it := range details {
		d, err := decodeDetail(it, now)
		if err != nil {
			return nil, err
		}
		hours[hour] = &tally.Tally{Detail: d}
	}
	for date := p.first.Day(); p.first <= p.last && date <= p.last.Day(); date++ {
		d, err := dayPlace{p.id, date}.decode(days, now)
		if err != nil {
			return nil, err
		}
		for i := range d.hours {
			hour := date.First() + tally.Hour(i)
			if d.hours[i].Empty() || hour < p.first || hour > p.last {
				continue
			}
			if hours[hour] == nil {
				hours[hour] = &tally.Tally{}
			}
			hours[hour].Summary = d.hours[i]
		}
	}
	out := make(tally.History, 0, len(hours))
	for _, hour := range slices.Sorted(maps.Keys(hours)) {
		out = append(out, tally.Hourly{Hour: hour, Tally: hours[hour]})
	}
	return out, nil
}

// Policies implements pipeline.Store.
func (s *Store) Policies(ctx context.Context, policies []uint64, first, last tally.Hour) (map[uint64]tally.History, error) {
	now := s.config.Now()
	first, last = s.clamp(now, first, last)
	var keys []key
	for _, p := range policies {
		for h := first; h <= last; h++ {
			keys = append(keys, detailKey(policyID(p), h))
		}
	}
	read, err := s.getLive(ctx, keys, now)
	if err != nil {
		return nil, fmt.Errorf("reading organisation policies: %w", err)
	}
	out := make(map[uint64]tally.History, len(policies))
	for _, p := range policies {
		var history tally.History
		for h := first; h <= last; h++ {
			it, ok := read[detailKey(policyID(p), h)]
			if !ok {
				continue
			}
			d, err := decodeDetail(it, now)
			if err != nil {
				return nil, err
			}
			history = append(history, tally.Hourly{Hour: h, Tally: &tally.Tally{Detail: d}})
		}
		if len(history) > 0 {
			out[p] = history
		}
	}
	return out, nil
}

// Evidence implements pipeline.Store. Long texts come back cut: error message
// and user agent to 1 KB, ARNs to 2 KB, other texts to 256 bytes, each to whole
// characters; keys of principals over 1 KB come back hashed.
func (s *Store) Evidence(ctx context.Context, records []cloudtrail.Key) (pipeline.Evidence, error) {
	keys := make([]key, len(records))
	for i, r := range records {
		keys[i] = evidenceKey(r)
	}
	read, err := s.getLive(ctx, keys, s.config.Now())
	if err != nil {
		return nil, fmt.Errorf("reading evidence: %w", err)
	}
	out := make(pipeline.Evidence, len(read))
	for i, r := range records {
		it, ok := read[keys[i]]
		if !ok {
			continue
		}
		call, err := unpackCall(r, it)
		if err != nil {
			return nil, fmt.Errorf("reading the evidence of record %q: %w", r.EventID, err)
		}
		out[r] = &call
	}
	return out, nil
}
