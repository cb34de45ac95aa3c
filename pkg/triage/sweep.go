package triage

import (
	"fmt"

	"chimewatch/pkg/detect"
	"chimewatch/pkg/tally"
)

// A sweep over a week: some resources a day, fewer than a day's limit. It is
// routine by its fourth day, but what is broken asks for the same few again.
const (
	slowSweepResources  = 20
	slowSweepOperations = 2 // within an hour
	slowSweepDays       = 4
	slowSweepHours      = 72 // from the first to the last: longer than a release is looked at
)

// slowSweep weighs one reading operation on ever new resources for most of a
// week.
func (j *judge) slowSweep() {
	before := map[uint64]*sweep{} // by operation
	for i := range j.entries {    // in order of time
		e := &j.entries[i]
		if e.base != 0 || !j.sweeps(e) {
			continue
		}
		s := before[e.op]
		if s == nil {
			s = j.sweepBefore(e.op)
			before[e.op] = s
		}
		again := s.resources.Has(e.Resource) // of very many not all are remembered
		if s.resources.Add(e.Resource); again || !s.slow(j.Hour) {
			continue
		}
		w, p := &window{minute: e.first()}, part{}
		for k := range j.entries[:i+1] {
			if x := &j.entries[k]; x.op == e.op && j.sweeps(x) {
				p.add(x)
			}
		}
		j.tell(w, &p, detect.SlowSweep, Medium, Unclear,
			fmt.Sprintf("reading was refused on %s, some on each of %d days", countResources(len(s.resources)), s.days))
		return
	}
}

// sweeps reports whether an entry counts as part of a sweep.
func (j *judge) sweeps(e *entry) bool {
	if !e.Traits.Has(tally.TraitRead) || e.Resource == 0 || e.closed || !e.policy() || e.foreign() || j.excused(e, 59) {
		return false
	}
	return !j.inRollout(e, 59)
}

// sweep is what one operation was refused on.
type sweep struct {
	resources tally.Set
	days      int
	since     tally.Hour
}

func (s *sweep) slow(now tally.Hour) bool {
	return len(s.resources) >= slowSweepResources && s.days >= slowSweepDays && now-s.since >= slowSweepHours
}

// sweepBefore gathers the hours of the week before in which the operation was
// refused and no more than another one: not those in which the principal was new
// or its credentials were refused.
func (j *judge) sweepBefore(op uint64) *sweep {
	s, last := &sweep{days: 1, since: j.Hour}, j.Hour.Day()
	for _, h := range j.History.Range(max(j.Hour-7*24+1, j.youngUntil()), j.Hour-1) {
		sum := &h.Tally.Summary
		if len(sum.Operations) > slowSweepOperations || !sum.Operations.Has(op) || len(sum.Resources) == 0 || sum.Credential > 0 {
			continue
		}
		s.since = min(s.since, h.Hour)
		if d := h.Hour.Day(); d != last {
			s.days, last = s.days+1, d
		}
		s.resources.Merge(sum.Resources)
	}
	return s
}
