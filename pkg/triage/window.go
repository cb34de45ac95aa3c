package triage

import (
	"slices"

	"chimewatch/pkg/tally"
)

// window is what counts of the 60 minutes that end with a minute.
type window struct {
	minute  int
	current []*entry // of the minute itself
	all     part
	strange part // from networks that are not known
	release part // what others were refused alike: does not count
}

// part is some of the denials of a window.
type part struct {
	entries    []*entry
	operations []string // in order of first sight
	resources  tally.Set
	read       tally.Set // resources of operations that read
	written    tally.Set // and of those that write
}

func (p *part) add(e *entry) {
	p.entries = append(p.entries, e)
	if !slices.Contains(p.operations, e.Operation) {
		p.operations = append(p.operations, e.Operation)
	}
	if e.Resource == 0 || e.closed {
		return
	}
	p.resources.Add(e.Resource)
	if e.Traits.Has(tally.TraitRead) {
		p.read.Add(e.Resource)
	} else {
		p.written.Add(e.Resource)
	}
}

// clear empties the part and keeps its memory.
func (p *part) clear() {
	*p = part{p.entries[:0], p.operations[:0], p.resources[:0], p.read[:0], p.written[:0]}
}

// window gathers those of the entries, which are recent ones, that keep accepts,
// without what is routine or belongs to a roll-out. It is valid until the next
// one is asked for.
func (j *judge) window(m int, entries []*entry, keep func(*entry) bool) *window {
	w := &j.now
	w.minute, w.current = m, w.current[:0]
	for _, p := range []*part{&w.all, &w.strange, &w.release} {
		p.clear()
	}
	for _, e := range entries {
		if !e.in(m-59, m) || !keep(e) {
			continue
		}
		if !j.counts(e, m) {
			if j.ofRelease(e, m) {
				w.release.add(e)
			}
			continue
		}
		w.all.add(e)
		if !e.known {
			w.strange.add(e)
		}
		if e.in(m, m) {
			w.current = append(w.current, e)
		}
	}
	return w
}

// news reports whether something was refused in the window's minute that was
// not refused before in the hour: counts of days can have changed.
func (w *window) news() bool {
	for _, e := range w.current {
		if !e.in(0, w.minute-1) {
			return true
		}
	}
	return false
}

// counts reports whether the entry's last denial up to a minute is neither
// routine nor excused nor part of a roll-out.
func (j *judge) counts(e *entry, m int) bool {
	if e.routine || j.excused(e, m) {
		return false
	}
	return !j.inRollout(e, m)
}

// inRollout reports whether the entry's last denial up to a minute belongs to a
// roll-out, or may still turn out to.
func (j *judge) inRollout(e *entry, m int) bool {
	yes, early := j.rolledOut(e.Policy, e.last(m))
	j.rollout = j.rollout || yes
	return yes || early
}

// ofRelease reports whether the entry's last denial up to a minute does not count
// since others were refused the same, and for no other reason.
func (j *judge) ofRelease(e *entry, m int) bool {
	return !e.routine && !e.used && !j.young && j.released(e, m)
}

// denials counts the denials of those of the minutes up to m, as many as given,
// in which something was refused that wanted accepts.
func (j *judge) denials(m, minutes int, wanted func(e *entry, minute int) bool) int {
	n := 0
	for base := -60; base <= 0; base += 60 {
		d := j.History.Detail(j.Hour + tally.Hour(base/60))
		if d == nil {
			continue
		}
		for i := range d.Minutes {
			at := base + int(d.Minutes[i].At)
			if at <= m-minutes || at > m {
				continue
			}
			for _, e := range j.recent {
				if e.in(at, at) && wanted(e, at) {
					n += int(d.Minutes[i].Denials)
					break
				}
			}
		}
	}
	return n
}

// counting accepts what keep does, and counts.
func (j *judge) counting(keep func(*entry) bool) func(*entry, int) bool {
	return func(e *entry, minute int) bool { return keep(e) && !e.closed && j.counts(e, minute) }
}

// writing counts the operations that write on something of the caller's own account.
func (p *part) writing() int {
	var operations []string
	for _, e := range p.entries {
		if e.Resource != 0 && !e.closed && !e.Traits.Has(tally.TraitRead) {
			insert(&operations, e.Operation)
		}
	}
	return len(operations)
}
