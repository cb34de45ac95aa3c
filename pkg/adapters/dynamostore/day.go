package dynamostore

import (
	"fmt"
	"time"

	"chimewatch/pkg/tally"
)

// day is what one subject did on one day: its summaries, and of a principal what
// it was refused. It takes one item until that grows too large, then three of
// eight hours each, the first of which also has the report. A day that was split
// stays so.
type day struct {
	hours  tally.HoursOfDay
	report *report
}

const (
	dayParts     = 3
	hoursPerPart = 24 / dayParts

	// maxWhole is how large the summaries of a day in one item may get, in bytes.
	maxWhole = 40 << 10
)

// dayPlace is a subject's day.
type dayPlace struct {
	id  string
	day tally.Day
}

func (p dayPlace) key(part int) key { return dayKey(p.id, p.day, part) }

// keys are those of all items that hold the day, as far as the items read so
// far say.
func (p dayPlace) keys(read map[key]item) []key {
	if split(read[p.key(0)]) {
		return []key{p.key(0), p.key(1), p.key(2)}
	}
	return []key{p.key(0)}
}

func split(it item) bool { return it != nil && it.flag("n") }

// decode returns the day that items hold.
func (p dayPlace) decode(read map[key]item, now time.Time) (*day, error) {
	d := &day{}
	for part, k := range p.keys(read) {
		it := read[k]
		if it == nil || it.expired(now) {
			continue
		}
		if err := it.check(); err != nil {
			return nil, err
		}
		if part == 0 {
			var err error
			if d.report, err = reportIn(it); err != nil {
				return nil, err
			}
		}
		hours, err := tally.DecodeDay(it.bytes("b"))
		if err != nil {
			return nil, fmt.Errorf("%w: item %q %q: %w", errCorrupt, k.pk, k.sk, err)
		}
		for h := range hours {
			if !hours[h].Empty() && (part == 0 || h/hoursPerPart == part) {
				d.hours[h] = hours[h]
			}
		}
	}
	return d, nil
}

// reportIn returns the report in a day's first item, nil where it has none.
func reportIn(it item) (*report, error) {
	packed := it.bytes("r")
	if packed == nil {
		return nil, nil
	}
	if err := it.check(); err != nil {
		return nil, err
	}
	r := &report{}
	if err := unpack(packed, r); err != nil {
		return nil, fmt.Errorf("%w: item %q %q: %w", errCorrupt, it.text("pk"), it.text("sk"), err)
	}
	return r, nil
}

// encode returns the items that hold the day, those that differ from what was
// read.
func (p dayPlace) encode(d *day, read map[key]item, expires time.Time) ([]item, error) {
	var packed []byte
	if d.report != nil {
		var err error
		if packed, err = pack(d.report); err != nil {
			return nil, err
		}
	}
	first := newItem(p.key(0), expires)
	if packed != nil {
		first.setBytes("r", packed)
	}
	if !split(read[p.key(0)]) {
		if form := tally.EncodeDay(&d.hours); len(form) <= maxWhole {
			first.setBytes("b", form)
			return p.changed(read, first), nil
		}
	}
	items := make([]item, dayParts)
	for part := range items {
		var hours tally.HoursOfDay
		at := part * hoursPerPart
		copy(hours[at:at+hoursPerPart], d.hours[at:at+hoursPerPart])
		items[part] = first
		if part > 0 {
			items[part] = newItem(p.key(part), expires)
		}
		items[part].setBytes("b", tally.EncodeDay(&hours))
	}
	first.setFlag("n")
	return p.changed(read, items...), nil
}

// changed returns the items that differ from those that were read, with their
// next versions.
func (p dayPlace) changed(read map[key]item, items ...item) []item {
	var out []item
	for _, it := range items {
		old := read[it.key()]
		if old != nil && string(old.bytes("b")) == string(it.bytes("b")) && string(old.bytes("r")) == string(it.bytes("r")) && old.flag("n") == it.flag("n") {
			continue
		}
		it.nextVersion(old)
		out = append(out, it)
	}
	return out
}
