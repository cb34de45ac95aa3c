package dynamostore

import (
	"context"
	"fmt"
	"time"

	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/tally"
)

// sightings puts the actors that the batch's calls saw at places. It runs after
// the calls are counted, on those that are Added, once more on exact
// Duplicates, and on successes that count toward nothing else: a sighting that
// was lost in a crash between the two is made up for when the message is
// delivered again, and what was not counted is never seen. The sets are
// idempotent and are written only where they change.
func (b *batch) sightings(ctx context.Context) {
	seen := map[uint64]tally.Firsts{}
	calls := map[uint64][]int{} // that saw somebody at a place
	for i := range b.calls {
		c := &b.calls[i]
		switch b.receipts[i] {
		case pipeline.Added:
		case pipeline.Ignored:
			if len(b.touches[i].places) == 0 {
				continue
			}
		case pipeline.Duplicate:
			if it := b.read[evidenceKey(c.Key)]; it == nil || it.digest() != c.Digest {
				continue
			}
		default:
			continue
		}
		tally.Sightings(b.store.config.Hasher, c, func(s tally.Sighting) {
			f := seen[s.Place]
			f.Add(s.Actor, tally.Ref{Time: c.Time, Key: c.Key}, tally.MaxSightings)
			seen[s.Place], calls[s.Place] = f, append(calls[s.Place], i)
		})
	}
	for place, firsts := range seen {
		if err := b.see(ctx, place, firsts); err != nil {
			b.fail(calls[place], fmt.Errorf("noting who was seen: %w", err))
		}
	}
}

// see merges into the sightings of a place.
func (b *batch) see(ctx context.Context, place uint64, seen tally.Firsts) error {
	k := sightingsKey(place)
	p := patience{store: b.store}
	for {
		old := b.read[k]
		have, err := decodeSightings(old, b.now)
		if err != nil {
			return err
		}
		expires := b.now.Add(b.store.config.Keep)
		renew := old != nil && time.Unix(old.number("x"), 0).Before(b.now.Add(b.store.config.Keep/2))
		if !have.Merge(seen, tally.MaxSightings) && !renew {
			return nil
		}
		it := newItem(k, expires)
		it.setBytes("b", tally.EncodeFirsts(have))
		it.nextVersion(old)
		if err = b.store.putItem(ctx, it, ifVersion(old, b.now)); err == nil {
			b.read[k] = it
			return nil
		}
		if !p.wait(ctx, err) {
			return fmt.Errorf("PutItem: %w", err)
		}
		read, err := b.store.get(ctx, []key{k})
		if err != nil {
			return err
		}
		delete(b.read, k)
		if it, ok := read[k]; ok {
			b.read[k] = it
		}
	}
}

func decodeSightings(it item, now time.Time) (tally.Firsts, error) {
	if it == nil || it.expired(now) {
		return nil, nil
	}
	if err := it.check(); err != nil {
		return nil, err
	}
	f, err := tally.DecodeFirsts(it.bytes("b"))
	if err != nil {
		return nil, fmt.Errorf("%w: item %q %q: %w", errCorrupt, it.text("pk"), it.text("sk"), err)
	}
	return f, nil
}

// Sightings implements pipeline.Store.
func (s *Store) Sightings(ctx context.Context, places []uint64) (map[uint64]tally.Firsts, error) {
	now := s.config.Now()
	keys := make([]key, len(places))
	for i, n := range places {
		keys[i] = sightingsKey(n)
	}
	read, err := s.getLive(ctx, keys, now)
	if err != nil {
		return nil, fmt.Errorf("reading sightings: %w", err)
	}
	out := make(map[uint64]tally.Firsts, len(read))
	for i, n := range places {
		if it, ok := read[keys[i]]; ok {
			if out[n], err = decodeSightings(it, now); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}
