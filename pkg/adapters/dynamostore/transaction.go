package dynamostore

import (
	"fmt"
	"time"

	"chimewatch/pkg/tally"
)

// condition is that under which an item of a transaction may be written. The
// entries of the days' principals go with the version of the day.
func (b *batch) condition(it item) condition {
	if it.text("p") != "" {
		return condition{}
	}
	return ifVersion(b.read[it.key()], b.now)
}

// reported reports whether a day's first item has a report, so that an entry
// leads to it.
func reported(it item) bool { return it != nil && it.bytes("r") != nil }

// transaction returns the items that count calls: their evidence, and the
// tallies with what they add.
func (b *batch) transaction(calls []int) ([]item, error) {
	h := b.store.config.Hasher
	ch := tally.NewChanges(h)
	var items []item
	for _, i := range calls {
		c := &b.calls[i]
		ch.Add(c)
		it, err := b.store.evidenceItem(c, b.now, b.writer)
		if err != nil {
			return nil, fmt.Errorf("record %q: %w", c.Key.EventID, err)
		}
		items = append(items, it)
	}
	for p, add := range b.daysOf(ch, calls) {
		d, err := p.decode(b.read, b.now)
		if err != nil {
			return nil, err
		}
		for hour := range add.hours {
			d.hours[hour].Merge(&add.hours[hour])
		}
		if add.report != nil {
			if d.report == nil {
				d.report = &report{}
			}
			d.report.merge(h, add.report)
		}
		expires := b.store.tallyExpiry(p.day.First() + 23)
		written, err := p.encode(d, b.read, expires)
		if err != nil {
			return nil, err
		}
		items = append(items, written...)
		if d.report != nil && !reported(b.read[p.key(0)]) {
			items = append(items, indexEntry(dayIndexKey(p.id, p.day), p.key(0), expires))
		}
	}
	for _, at := range ch.Places() {
		add := ch.Tally(at).Detail
		if add == nil {
			continue
		}
		k := detailKey(subjectID(h, at.Subject), at.Hour)
		old := b.read[k]
		d, err := decodeDetail(old, b.now)
		if err != nil {
			return nil, err
		}
		d.Merge(add)
		it := newItem(k, b.store.tallyExpiry(at.Hour))
		it.setBytes("b", tally.EncodeDetail(d))
		it.nextVersion(old)
		items = append(items, it)
	}
	size := 0
	for _, it := range items {
		size += it.size()
	}
	if len(items) > maxTransactItems || size > maxTransactBytes {
		return nil, fmt.Errorf("%w: %d items, %d bytes", errTooLarge, len(items), size)
	}
	return items, nil
}

// decodeDetail returns the detail in an item, an empty one for none.
func decodeDetail(it item, now time.Time) (*tally.Detail, error) {
	if it == nil || it.expired(now) {
		return &tally.Detail{}, nil
	}
	if err := it.check(); err != nil {
		return nil, err
	}
	d, err := tally.DecodeDetail(it.bytes("b"))
	if err != nil {
		return nil, fmt.Errorf("%w: item %q %q: %w", errCorrupt, it.text("pk"), it.text("sk"), err)
	}
	return d, nil
}
