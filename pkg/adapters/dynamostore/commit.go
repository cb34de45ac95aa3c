package dynamostore

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/denial"
	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/tally"
)

// batch is one Commit under way.
type batch struct {
	store    *Store
	now      time.Time
	writer   string // marks the evidence that this Commit wrote
	calls    []denial.Call
	receipts []pipeline.Receipt
	err      error

	touches map[int]touches // of the calls that are to be counted
	read    map[key]item    // what is held of the batch's evidence and tallies, as last read or written
	repeats []repeat
}

// repeat is a call whose key another call of the batch has.
type repeat struct{ at, first int }

// Commit implements pipeline.Store. It reads the evidence and the tallies of all
// calls at once and then writes one group of calls after the other, each in a
// transaction. A group that meets a repeat or another writer is read again.
//
// A time-out may hide that a transaction took effect. Then its evidence is found
// when the group is read again, marked as this Commit's own, and the calls are
// Added. If the process dies instead, the calls are Duplicates at redelivery:
// counted before, and still to be evaluated.
func (s *Store) Commit(ctx context.Context, calls []denial.Call) ([]pipeline.Receipt, error) {
	b := &batch{
		store: s, now: s.config.Now(), writer: s.nonce(), calls: calls,
		receipts: make([]pipeline.Receipt, len(calls)), touches: map[int]touches{}, read: map[key]item{},
	}
	pending, seen := b.sift()
	if len(pending)+len(seen) == 0 {
		return b.receipts, b.problem()
	}
	if err := b.load(ctx, append(seen, pending...), true); err != nil {
		b.fail(append(seen, pending...), err)
	} else {
		for _, group := range b.groups(b.settle(pending)) {
			b.commit(ctx, group)
		}
		b.settleRepeats()
		b.sightings(ctx)
	}
	return b.receipts, b.problem()
}

// sift gives receipts to calls that are not to be counted and returns the
// others, one for each key; and those of the former that leave sightings.
func (b *batch) sift() (pending, seen []int) {
	first := make(map[cloudtrail.Key]int, len(b.calls))
	for i := range b.calls {
		c := &b.calls[i]
		if !kept(c) {
			b.receipts[i] = pipeline.Ignored
			if places := b.placesOf(c); len(places) > 0 && !c.Time.Before(b.now.Add(-b.store.config.Retention)) {
				if err := b.storable(c); err != nil {
					b.fail([]int{i}, err)
					continue
				}
				b.touches[i] = touches{places: places}
				seen = append(seen, i)
			}
			continue
		}
		if c.Time.Before(b.now.Add(-b.store.config.Retention)) {
			b.receipts[i] = pipeline.Expired
			continue
		}
		if err := b.storable(c); err != nil {
			b.fail([]int{i}, err)
			continue
		}
		if at, ok := first[c.Key]; ok {
			b.repeats = append(b.repeats, repeat{i, at})
			continue
		}
		first[c.Key] = i
		b.touches[i] = b.touched(c)
		pending = append(pending, i)
	}
	return pending, seen
}

// kept reports whether the store has anything to keep of a call.
func kept(c *denial.Call) bool { return c.Outcome == denial.Refused || tally.Counts(c) }

// storable returns an error for calls that no real record makes and that would
// let tallies grow past their bounds.
func (b *batch) storable(c *denial.Call) error {
	for _, f := range []struct {
		name, value string
		limit       int
	}{
		{"event id", c.Key.EventID, 64}, {"account", c.Key.Account, 32}, {"Region", c.Key.Region, 32}, {"operation", c.Operation, 128},
	} {
		if len(f.value) > f.limit {
			return fmt.Errorf("record %.40q: the %s has %d bytes, CloudTrail writes at most %d: look where the record comes from", c.Key.EventID, f.name, len(f.value), f.limit)
		}
	}
	if c.Time.After(b.now.Add(futureBound)) {
		return fmt.Errorf("record %.40q: its time %v lies more than %v ahead: check this machine's clock and where the record comes from", c.Key.EventID, c.Time, futureBound)
	}
	return nil
}

// fail gives up on calls.
func (b *batch) fail(calls []int, err error) {
	for _, i := range calls {
		b.receipts[i] = pipeline.Failed
	}
	if b.err == nil {
		b.err = err
	}
}

func (b *batch) problem() error {
	if b.err == nil {
		return nil
	}
	failed := 0
	for _, r := range b.receipts {
		if r == pipeline.Failed {
			failed++
		}
	}
	return fmt.Errorf("counting %d of %d calls failed: %w", failed, len(b.calls), b.err)
}

// load reads what is held of calls.
func (b *batch) load(ctx context.Context, calls []int, places bool) error {
	var keys []key
	days := map[dayPlace]bool{}
	for _, i := range calls {
		t := b.touches[i]
		if kept(&b.calls[i]) {
			keys = append(keys, evidenceKey(b.calls[i].Key))
		}
		for _, p := range t.days {
			days[p] = true
		}
		keys = append(keys, t.details...)
		if places {
			keys = append(keys, t.places...)
		}
	}
	for p := range days {
		keys = append(keys, p.key(0))
	}
	read, err := b.store.get(ctx, keys)
	if err != nil {
		return err
	}
	var parts []key
	for p := range days {
		parts = append(parts, p.keys(read)[1:]...)
	}
	if len(parts) > 0 {
		more, err := b.store.get(ctx, parts)
		if err != nil {
			return err
		}
		for k, it := range more {
			read[k] = it
		}
	}
	for _, k := range append(keys, parts...) {
		delete(b.read, k) // it may be gone
	}
	for k, it := range read {
		b.read[k] = it
	}
	return nil
}

// settle gives receipts to calls whose evidence is there and returns the others.
func (b *batch) settle(calls []int) []int {
	var open []int
	for _, i := range calls {
		it := b.read[evidenceKey(b.calls[i].Key)]
		switch {
		case it == nil || it.expired(b.now):
			open = append(open, i)
		case it.text("w") == b.writer:
			b.receipts[i] = pipeline.Added
		case it.same(&b.calls[i]):
			b.receipts[i] = pipeline.Duplicate
		default:
			b.receipts[i] = pipeline.Conflict
		}
	}
	return open
}

// settleRepeats compares the repeats within the batch with what is there now.
func (b *batch) settleRepeats() {
	for _, r := range b.repeats {
		c := &b.calls[r.at]
		switch it := b.read[evidenceKey(c.Key)]; {
		case b.receipts[r.first] == pipeline.Failed || it == nil:
			b.receipts[r.at] = pipeline.Failed
		case it.same(c):
			b.receipts[r.at] = pipeline.Duplicate
		default:
			b.receipts[r.at] = pipeline.Conflict
		}
	}
}

// commit writes a group of calls. One that does not fit, or that DynamoDB does
// not take for what is in it, is halved until what is at fault is alone.
func (b *batch) commit(ctx context.Context, calls []int) {
	p := patience{store: b.store}
	for {
		calls = b.settle(calls)
		if len(calls) == 0 {
			return
		}
		items, err := b.transaction(calls)
		if err == nil {
			writes := make([]types.TransactWriteItem, len(items))
			for i, it := range items {
				writes[i] = b.store.put(it, b.condition(it))
			}
			if err = b.store.transact(ctx, writes); err == nil {
				for _, it := range items {
					b.read[it.key()] = it
				}
				continue // and settle
			}
			err = fmt.Errorf("TransactWriteItems: %w", err)
		}
		if len(calls) > 1 && atFault(err) {
			b.commit(ctx, calls[:len(calls)/2])
			b.commit(ctx, calls[len(calls)/2:])
			return
		}
		if !p.wait(ctx, err) {
			b.fail(calls, err)
			return
		}
		if err := b.load(ctx, calls, false); err != nil {
			b.fail(calls, err)
			return
		}
	}
}
