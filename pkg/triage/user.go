package triage

import (
	"fmt"

	"chimewatch/pkg/detect"
	"chimewatch/pkg/tally"
)

// user weighs what the back end refused to an app user. App users are
// everywhere, so networks say nothing.
func (j *judge) user() {
	d := j.History.Detail(j.Hour)
	if d == nil {
		return
	}
	few := -1 // the minute with which few channels were read within a day
	for i := range d.Minutes {
		w := j.window(int(d.Minutes[i].At), j.recent, somebody)
		if len(w.current) == 0 {
			continue
		}
		j.userWindow(w)
		if w.news() && j.userDay(w) {
			few = w.minute
		}
	}
	if few >= 0 && !j.told(detect.SlowSweep, Medium) {
		j.fewReads(j.window(few, j.recent, somebody))
	}
}

func (j *judge) userWindow(w *window) {
	p := &w.all
	if n := len(p.operations); n >= userOperations {
		j.tell(w, p, detect.OperationEnumeration, Medium, Probing, fmt.Sprintf("%d different operations refused to an app user within an hour", n))
	}
	if n := j.denials(w.minute, 60, j.counting(somebody)); n >= userDenials && len(p.resources) > 1 {
		j.tell(w, p, detect.DenialBurst, Medium, Unclear, fmt.Sprintf("%d denials to an app user within an hour", n))
	}
	pairs := map[uint64]bool{}
	critical := map[string]bool{}
	limit := alikeTimes * j.Rules.CriticalOperation.Bearer // of buttons that many press
	for _, e := range p.entries {
		if e.Traits.Has(tally.TraitCritical) && e.Resource != 0 {
			pairs[e.Resource^e.op] = true
			critical[e.Operation] = true
			if !j.alikeBy(tally.Bearer, e.op, w.minute, alikeUsers) {
				limit = j.Rules.CriticalOperation.Bearer
			}
		}
	}
	if len(critical) >= 2 && len(pairs) >= limit {
		j.tell(w, p, detect.CriticalOperation, Medium, Probing, fmt.Sprintf("an app user tried %d pairs of critical operation and resource within an hour", len(pairs)))
	}
}

// userDay weighs the last day of an app user, and reports whether a few channels
// were read with one operation and no more is the matter.
func (j *judge) userDay(w *window) (few bool) {
	day := j.today(w.minute, somebody)
	own := 0 // operations that are not refused to many users alike
	for _, op := range day.operations {
		if !j.alikeBy(tally.Bearer, j.Hasher.Operation(op), w.minute, alikeUsers) {
			own++
		}
	}
	n, limit, what, verdict := len(day.resources), userWrites, "one operation", Unclear
	switch {
	case own >= 2 || own == 1 && len(day.operations) > 2:
		limit, what, verdict = userMixed, "several operations", Probing
	case len(day.operations) >= 2:
		limit, what = alikeTimes*userMixed, "several operations"
	case reads(w):
		limit, what = userReads, "a reading operation"
	}
	if own < len(day.operations) && len(day.operations) == 1 {
		limit *= alikeTimes
	}
	if n >= limit {
		j.tell(w, &w.all, detect.SlowSweep, Medium, verdict, fmt.Sprintf("%s refused to an app user on %s within a day", what, countResources(n)))
	}
	return n == userFewReads && limit == userReads
}

// fewReads weighs reading on a few channels, which a release makes users do too:
// some hours later it is known whether others were refused the same.
func (j *judge) fewReads(w *window) {
	later := w.minute + 60*userWaitHours
	if j.wait(settled(j.minute(later))) {
		return
	}
	for _, e := range w.current {
		if e.Traits.Has(tally.TraitRead) && j.alikeBy(tally.Bearer, e.op, later, fewUsers) {
			return
		}
	}
	s := j.about(w, &w.all, detect.SlowSweep, Medium, Unclear,
		fmt.Sprintf("a reading operation refused to an app user on %s within a day, and to hardly anybody else within %d hours", countResources(userFewReads), userWaitHours))
	s.At = settled(j.minute(later))
	j.signal(s)
}

// somebody: the app user exists.
func somebody(e *entry) bool { return !e.nobody() }

// hiddenUsers weighs app-role refusals of records that do not name the app
// user: what came from one network is taken for one user.
func (j *judge) hiddenUsers() {
	d := j.History.Detail(j.Hour)
	if d == nil {
		return
	}
	var networks []uint64 // in order of first sight
	of := map[uint64][]*entry{}
	for _, e := range j.recent {
		if e.appRole() && somebody(e) {
			if of[e.Network] == nil {
				networks = append(networks, e.Network)
			}
			of[e.Network] = append(of[e.Network], e)
		}
	}
	for _, n := range networks {
		for i := range d.Minutes {
			w := j.window(int(d.Minutes[i].At), of[n], somebody)
			p := &w.all
			if len(w.current) > 0 && (len(p.operations) >= 2 && len(p.resources) >= userMixed || len(p.read) >= userReads) {
				j.tell(w, p, detect.ResourceSweep, Medium, Unclear,
					fmt.Sprintf("%d operations refused to app users on %s from one network within an hour", len(p.operations), countResources(len(p.resources))))
				break
			}
		}
	}
}
