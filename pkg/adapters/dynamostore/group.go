package dynamostore

import (
	"cmp"
	"slices"

	"chimewatch/pkg/denial"
	"chimewatch/pkg/principal"
	"chimewatch/pkg/tally"
)

// touches is what a call adds to.
type touches struct {
	days    []dayPlace
	details []key
	report  dayPlace // the day that a denial is reported in
	places  []key    // of its sightings
}

// touched says what a call adds to: at most four days, two details.
func (b *batch) touched(c *denial.Call) touches {
	var t touches
	h := b.store.config.Hasher
	ch := tally.NewChanges(h)
	ch.Add(c)
	for _, at := range ch.Places() {
		if id := subjectID(h, at.Subject); ch.Tally(at).Detail != nil {
			t.details = append(t.details, detailKey(id, at.Hour))
		}
	}
	for p := range b.daysOf(ch, nil) {
		t.days = append(t.days, p)
	}
	if c.Outcome == denial.Refused {
		t.report = b.reportPlace(c)
		if !slices.Contains(t.days, t.report) {
			t.days = append(t.days, t.report)
		}
	}
	t.places = b.placesOf(c)
	return t
}

// placesOf are the keys of a call's sightings.
func (b *batch) placesOf(c *denial.Call) (keys []key) {
	tally.Sightings(b.store.config.Hasher, c, func(s tally.Sighting) { keys = append(keys, sightingsKey(s.Place)) })
	return keys
}

// reportPlace is the day that a denial is reported in.
func (b *batch) reportPlace(c *denial.Call) dayPlace {
	return dayPlace{subjectID(b.store.config.Hasher, tally.Subject{Kind: tally.Principal, Key: c.Principal.Key}), tally.DayOf(c.Time)}
}

// daysOf returns the days that changes and the reports of calls add to, with
// what they add.
func (b *batch) daysOf(ch *tally.Changes, calls []int) map[dayPlace]*day {
	h := b.store.config.Hasher
	days := map[dayPlace]*day{}
	at := func(p dayPlace) *day {
		if days[p] == nil {
			days[p] = &day{}
		}
		return days[p]
	}
	for _, place := range ch.Places() {
		if t := ch.Tally(place); !t.Summary.Empty() {
			p := dayPlace{subjectID(h, place.Subject), place.Hour.Day()}
			at(p).hours[place.Hour.OfDay()].Merge(&t.Summary)
		}
	}
	for _, i := range calls {
		c := &b.calls[i]
		if c.Outcome != denial.Refused {
			continue
		}
		d := at(b.reportPlace(c))
		if d.report == nil {
			d.report = &report{}
		}
		d.report.merge(h, reportOf(c, principal.StoreKey(c.Principal.Key)))
	}
	return days
}

// groups orders calls so that those of one actor and hour stay together, and
// cuts them where a transaction would have too many items.
func (b *batch) groups(calls []int) [][]int {
	calls = slices.Clone(calls)
	slices.SortStableFunc(calls, func(i, j int) int {
		x, y := &b.calls[i], &b.calls[j]
		return cmp.Or(cmp.Compare(x.Principal.Key, y.Principal.Key), cmp.Compare(tally.DayOf(x.Time), tally.DayOf(y.Time)),
			tally.Actor(x).Compare(tally.Actor(y)), x.Time.Compare(y.Time))
	})
	var out [][]int
	var group []int
	written := map[key]bool{} // beside the evidence
	for _, i := range calls {
		var added []key
		for _, k := range b.writes(i) {
			if !written[k] {
				added = append(added, k)
			}
		}
		if len(group)+len(written)+len(added)+1 > maxTransactItems {
			out, group = append(out, group), nil
			clear(written)
			added = b.writes(i)
		}
		group = append(group, i)
		for _, k := range added {
			written[k] = true
		}
	}
	if len(group) > 0 {
		out = append(out, group)
	}
	return out
}

// writes are the keys of the items that a call writes beside its evidence, as
// far as can be told before.
func (b *batch) writes(call int) []key {
	t := b.touches[call]
	keys := slices.Clone(t.details)
	for _, p := range t.days {
		keys = append(keys, p.keys(b.read)...)
		if p == t.report && !reported(b.read[p.key(0)]) {
			keys = append(keys, dayIndexKey(p.id, p.day))
		}
	}
	return keys
}
