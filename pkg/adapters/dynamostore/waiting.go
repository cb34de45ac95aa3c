package dynamostore

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/tally"
)

// Waiting places are a queue in order of time, of a fixed number of partitions.

func (s *Store) queueKey(w pipeline.Waiting) key {
	return queueKey(subjectID(s.config.Hasher, w.At.Subject), w.At.Hour, w.Due)
}

// queueItem has no time to live: what waits is not forgotten.
func (s *Store) queueItem(w pipeline.Waiting) item {
	it := newItem(s.queueKey(w), time.Time{})
	it.setNumber("k", int64(w.At.Subject.Kind))
	it.setBytes("b", []byte(w.At.Subject.Key))
	it.setNumber("h", int64(w.At.Hour))
	it.setNumber("t", w.Due.Unix())
	it.setNumber("u", int64(w.Due.Nanosecond()))
	return it
}

func waitingOf(it item) pipeline.Waiting {
	return pipeline.Waiting{
		At: tally.At{
			Subject: tally.Subject{Kind: tally.Kind(it.number("k")), Key: string(it.bytes("b"))},
			Hour:    tally.Hour(it.number("h")),
		},
		Due: time.Unix(it.number("t"), it.number("u")).UTC(),
	}
}

// PutWaiting implements pipeline.Store. Most places are put again and again, so
// it looks before it writes.
func (s *Store) PutWaiting(ctx context.Context, waiting []pipeline.Waiting) error {
	keys := make([]key, len(waiting))
	for i, w := range waiting {
		keys[i] = s.queueKey(w)
	}
	read, err := s.get(ctx, keys)
	if err != nil {
		return fmt.Errorf("noting what waits: %w", err)
	}
	var puts []types.WriteRequest
	for i, w := range waiting {
		if _, there := read[keys[i]]; !there {
			read[keys[i]] = nil
			puts = append(puts, types.WriteRequest{PutRequest: &types.PutRequest{Item: s.queueItem(w)}})
		}
	}
	if err := s.writeAll(ctx, puts); err != nil {
		return fmt.Errorf("noting what waits: %w", err)
	}
	return nil
}

// DoneWaiting implements pipeline.Store.
func (s *Store) DoneWaiting(ctx context.Context, waiting []pipeline.Waiting) error {
	keys := make([]key, len(waiting))
	for i, w := range waiting {
		keys[i] = s.queueKey(w)
	}
	slices.SortFunc(keys, compareKeys)
	var removals []types.WriteRequest
	for _, k := range slices.Compact(keys) {
		removals = append(removals, types.WriteRequest{DeleteRequest: &types.DeleteRequest{Key: k.item()}})
	}
	if err := s.writeAll(ctx, removals); err != nil {
		return fmt.Errorf("removing what waited: %w", err)
	}
	return nil
}

// DueWaiting implements pipeline.Store.
func (s *Store) DueWaiting(ctx context.Context, now time.Time, limit int) ([]pipeline.Waiting, error) {
	if limit <= 0 {
		return nil, nil
	}
	var found [queueShards][]pipeline.Waiting
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(parallel)
	for i := range found {
		g.Go(func() error {
			in := between(queuePartition(i), "0", instant(now)+"$")
			in.Limit = aws.Int32(int32(min(limit, 1000)))
			return s.query(ctx, in, func(it item) error {
				if err := it.check(); err != nil {
					return err
				}
				if found[i] = append(found[i], waitingOf(it)); len(found[i]) == limit {
					return errEnough
				}
				return nil
			})
		})
	}
	if err := g.Wait(); err != nil {
		return nil, fmt.Errorf("reading what waits: %w", err)
	}
	out := slices.Concat(found[:]...)
	slices.SortFunc(out, func(a, b pipeline.Waiting) int {
		return cmp.Or(a.Due.Compare(b.Due), a.At.Subject.Compare(b.At.Subject), cmp.Compare(a.At.Hour, b.At.Hour))
	})
	return out[:min(len(out), limit)], nil
}
