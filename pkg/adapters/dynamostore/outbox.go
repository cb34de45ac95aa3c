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

// An alert that is to be sent is two items: one under its id, which stays as a
// memory that it was put, and one in the outbox, which goes when it is sent. The
// outbox is a fixed number of partitions in order of time: unlike an index of
// the table it can be read consistently.

// unput returns the alerts that were never put, one for each id. Memories are
// among the items that were read.
func unput(alerts []pipeline.Alert, read map[key]item) []pipeline.Alert {
	var out []pipeline.Alert
	for _, a := range alerts {
		if read[alertKey(a.ID)] == nil && !slices.ContainsFunc(out, func(b pipeline.Alert) bool { return b.ID == a.ID }) {
			out = append(out, a)
		}
	}
	return out
}

// alertItems are the items of an alert that is to be sent. They have no time to
// live: nothing that was not sent is forgotten.
func alertItems(subject string, a pipeline.Alert) ([2]item, error) {
	out := newItem(outboxKey(subject, a.ID, a.Due), time.Time{})
	out.setText("i", subject)
	if err := out.pack(a); err != nil {
		return [2]item{}, fmt.Errorf("alert %s: %w", a.ID, err)
	}
	return [2]item{indexEntry(alertKey(a.ID), out.key(), time.Time{}), out}, nil
}

// PendingAlerts implements pipeline.Store.
func (s *Store) PendingAlerts(ctx context.Context, subjects []tally.Subject, limit int) ([]pipeline.Alert, error) {
	if limit <= 0 {
		return nil, nil
	}
	wanted := map[string]bool{}
	var shards []int
	for _, subject := range subjects {
		id := subjectID(s.config.Hasher, subject)
		wanted[id] = true
		shards = append(shards, shard(id, outboxShards))
	}
	if len(subjects) == 0 {
		for i := range outboxShards {
			shards = append(shards, i)
		}
	}
	slices.Sort(shards)
	shards = slices.Compact(shards)
	found := make([][]pipeline.Alert, len(shards))
	g, ctx := errgroup.WithContext(ctx)
	for i, n := range shards {
		g.Go(func() (err error) {
			found[i], err = s.pending(ctx, outboxPartition(n), wanted, limit)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, fmt.Errorf("reading pending alerts: %w", err)
	}
	out := slices.Concat(found...)
	slices.SortFunc(out, func(a, b pipeline.Alert) int { return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.ID, b.ID)) })
	return out[:min(len(out), limit)], nil
}

// pending returns the oldest alerts of one partition of the outbox, of the
// wanted subjects or of all.
func (s *Store) pending(ctx context.Context, pk string, wanted map[string]bool, limit int) ([]pipeline.Alert, error) {
	in := under(pk, "0")
	if len(wanted) == 0 {
		in.Limit = aws.Int32(int32(min(limit, 1000)))
	}
	var out []pipeline.Alert
	err := s.query(ctx, in, func(it item) error {
		if len(wanted) > 0 && !wanted[it.text("i")] {
			return nil
		}
		var a pipeline.Alert
		if err := it.unpack(&a); err != nil {
			return err
		}
		if out = append(out, a); len(out) == limit {
			return errEnough
		}
		return nil
	})
	return out, err
}

// MarkSent implements pipeline.Store.
func (s *Store) MarkSent(ctx context.Context, ids []string) error {
	for {
		err := s.markSent(ctx, ids)
		switch {
		case err == nil:
			return nil
		case !refused(err): // otherwise an alert was withdrawn and put anew in the meantime
			return fmt.Errorf("marking alerts sent: %w", err)
		}
	}
}

func (s *Store) markSent(ctx context.Context, ids []string) error {
	keys := make([]key, len(ids))
	for i, id := range ids {
		keys[i] = alertKey(id)
	}
	read, err := s.get(ctx, keys)
	if err != nil {
		return err
	}
	expires := s.config.Now().Add(s.config.Keep)
	var writes []types.TransactWriteItem
	for k, it := range read {
		if it.flag("t") {
			continue
		}
		sent := indexEntry(k, it.target(), expires)
		sent.setFlag("t")
		writes = append(writes, s.put(sent, pointingAt(it.target())), s.remove(it.target(), condition{}))
	}
	for chunk := range slices.Chunk(writes, maxTransactItems) {
		if err := s.persist(ctx, chunk); err != nil {
			return err
		}
	}
	return nil
}

// persist runs a transaction until it passes, or its conditions do not hold.
func (s *Store) persist(ctx context.Context, writes []types.TransactWriteItem) error {
	p := patience{store: s}
	for {
		err := s.transact(ctx, writes)
		if err == nil {
			return nil
		}
		if refused(err) || !p.wait(ctx, err) {
			return fmt.Errorf("TransactWriteItems: %w", err)
		}
	}
}
