package triage

import (
	"maps"
	"slices"

	"chimewatch/pkg/detect"
	"chimewatch/pkg/tally"
)

// What of critical operations on a known network is more than a slip: different
// ones, or one on different resources, over some minutes, or one in many.
const (
	calmOperations = 2
	calmPairs      = 3 // of operation and resource
	calmSpread     = 3 // minutes
	calmMinutes    = 5
)

// critical weighs critical operations that a policy refused to a principal.
func (j *judge) critical(w *window) {
	var first *entry
	away := false // from where it neither is known nor has worked from the start
	for _, e := range w.current {
		if !e.critical() || e.known && j.endpoint(e) {
			continue
		}
		if far := !e.known && !j.isBirthplace(e.Network); first == nil || far && !away {
			first, away = e, far
		}
	}
	if first == nil {
		return
	}
	if away && !j.roams { // tell at once
		if x := j.around(w.minute, 0); !first.workload() || len(x.plain) < 2 || slices.Contains(x.critical, exporting) {
			j.tell(w, &w.strange, detect.CriticalOperation, High, Probing,
				first.Operation+", a critical operation, was refused from a network that was not seen before")
		}
		return
	}
	if j.wait(settled(j.minute(w.minute))) {
		return
	}
	x := j.around(w.minute, WaitMinutes)
	if j.deployment(first, x) {
		return
	}
	s := j.about(w, &w.all, detect.CriticalOperation, Medium, Unclear,
		first.Operation+", a critical operation, was refused, and not as part of a deployment that lacks several permissions")
	if at := settled(j.minute(w.minute)); s.At.Before(at) {
		s.At = at
	}
	if j.slip(first, x) { // unless something comes of it
		s.Severity = Low
	}
	j.signal(s)
}

// slip reports whether what was refused around a critical operation looks like a
// slip: one call or a few, or the retries of one.
func (j *judge) slip(first *entry, x surroundings) bool {
	minutes := len(x.minutes)
	// Something else beside it is no slip; more of that would be a deployment.
	more := minutes >= calmSpread && (len(x.critical) >= calmOperations || x.pairs >= calmPairs) || minutes >= calmMinutes || len(x.plain) == 1
	switch {
	case !more && j.Config.Calm:
		return true
	case first.Operation == exporting:
		return false
	case len(x.critical) == 1 && first.known && first.machine() && !first.foreign() && len(x.plain) == 0 && x.retried():
		return true
	case len(x.critical) == 1 && first.known && first.person() && len(x.plain) >= 2 && x.pairs <= triedPairs && minutes <= triedMinutes:
		return true
	}
	return !more && x.pairs == 1
}

// One critical operation among several others, which a person tries once or
// twice, finds out what the role may do.
const (
	triedPairs   = 3
	triedMinutes = 2
)

// retried reports whether the same call or two are repeated, each of them, at even
// intervals, as by a program that waits and tries again.
func (x surroundings) retried() bool {
	if x.pairs >= calmPairs || x.once || len(x.minutes) <= calmPairs {
		return false
	}
	shortest, longest := x.minutes[1]-x.minutes[0], 0
	for i, m := range x.minutes[1:] {
		gap := m - x.minutes[i]
		shortest, longest = min(shortest, gap), max(longest, gap)
	}
	return longest <= evenGaps*shortest
}

// evenGaps is how many times the shortest interval the longest may be: minutes
// are cut, waits vary, and many clients wait a little longer each time.
const evenGaps = 3

// exporting copies every message of the app instance to a stream, with one
// call: whoever tries that has no need to try anything else, and nothing that is
// refused beside it explains it.
const exporting = "PutMessagingStreamingConfigurations"

// deployment reports whether what was refused around a critical operation looks
// like a service that lacks several permissions: more plain than critical ones, also
// such as it had before, or those of another service; one plain one is enough of a
// new service.
func (j *judge) deployment(first *entry, x surroundings) bool {
	switch {
	case !first.machine() || first.foreign() || slices.Contains(x.critical, exporting):
		return false
	case j.borrowed(slices.Concat(x.critical, x.plain), allOfThem):
		return true
	case j.young:
		return len(x.plain) >= 1
	}
	lacks := len(x.plain) + len(x.lost)
	return lacks >= 2 && lacks > len(x.critical)
}

// surroundings are what was refused around a minute.
type surroundings struct {
	critical, plain []string // operations, sorted
	lost            []string // plain ones that used to succeed and do not count, sorted
	pairs           int      // of critical operation and resource
	once            bool     // one of them was refused in one minute only
	minutes         []int    // that have a critical operation, in order
}

// around gathers what was refused from an hour before a minute to some minutes
// after it. Of a new principal nothing but critical operations counts, yet what
// else it lacks says what it is.
func (j *judge) around(m, after int) (x surroundings) {
	type pair struct {
		operation string
		resource  uint64
	}
	seen, when := map[pair]map[int]bool{}, map[int]bool{}
	for i := range j.entries {
		e := &j.entries[i]
		if e.base < -60 || !e.in(m-59, m+after) || !e.policy() {
			continue
		}
		counts := j.counts(e, m+after)
		if !e.critical() {
			switch {
			case counts || j.young:
				insert(&x.plain, e.Operation)
			case e.used && !e.routine && !j.inRollout(e, m+after):
				insert(&x.lost, e.Operation)
			}
			continue
		}
		if !counts {
			continue
		}
		insert(&x.critical, e.Operation)
		p := pair{e.Operation, e.Resource}
		if seen[p] == nil {
			seen[p] = map[int]bool{}
		}
		for at := m - 59; at <= m+after; at++ {
			if e.in(at, at) {
				seen[p][at], when[at] = true, true
			}
		}
	}
	for _, at := range seen {
		x.once = x.once || len(at) < 2
	}
	x.pairs, x.minutes = len(seen), slices.Sorted(maps.Keys(when))
	return x
}

// ofPrincipal weighs the findings of rules about principals.
func (j *judge) ofPrincipal() {
	n := j.nature()
	for _, f := range j.Findings {
		switch f.Rule {
		case detect.QuarantinedKey:
			j.found(f, Critical, Probing, "the key is one that AWS found in public and quarantined: whoever uses it may have it from there")
		case detect.RootDenied:
			j.found(f, High, Unclear, "the root user has no business with chat: find out who used it")
		case detect.Breakthrough:
			// It weighs as much as the denials before it, see Assemble.
			if minute, ok := j.gotAt(); ok {
				j.foundAt(minute, f, Low, Unclear, "somebody got what was refused before")
			}
		case detect.Impersonation:
			j.impersonation(f)
		case detect.CredentialFailure:
			j.credentials(f)
		case detect.ForeignAccount:
			if !n.known && !n.routine && !j.partner {
				j.found(f, Medium, Unclear, "a caller from another account, from a network that was not seen before")
			}
		}
	}
}

// gotAt returns the minute in which a critical operation succeeded for the first
// time since it was refused, of several operations the last. What goes on
// succeeding tells nothing that its first success did not.
func (j *judge) gotAt() (minute int, ok bool) {
	window := j.Rules.Breakthrough.Minutes
	none := -window // relative to the hour: out of its reach
	for _, got := range j.History.At(j.Hour).Summary.Succeeded {
		refusedAt := none // and no success since
		for _, h := range j.History.Range(j.Hour-tally.Hour(window+58)/60, j.Hour) {
			refused, succeeded := minutesOf(h.Tally.Summary.Refused, got.Operation), minutesOf(h.Tally.Summary.Succeeded, got.Operation)
			for m := range 60 {
				at, bit := 60*int(h.Hour-j.Hour)+m, uint64(1)<<m
				if refused&bit != 0 {
					refusedAt = at
				}
				if succeeded&bit == 0 {
					continue
				}
				if at >= 0 && at-refusedAt < window {
					minute, ok = max(minute, at), true
				}
				refusedAt = none
			}
		}
	}
	return minute, ok
}

func minutesOf(all []tally.OperationMinutes, operation string) uint64 {
	for _, x := range all {
		if x.Operation == operation {
			return x.Minutes
		}
	}
	return 0
}

// impersonation weighs calls in the name of several app users.
func (j *judge) impersonation(f detect.Finding) {
	strange, backend, now := false, true, false
	for i := range j.entries {
		e := &j.entries[i]
		if e.base > 0 || e.Bearer == 0 || !e.policy() || e.known && e.routine {
			continue // what is routine to a role that many share is so on known networks only
		}
		if e.foreign() && j.partner {
			continue // people know of it
		}
		strange = strange || !e.known
		backend = backend && e.workload()
		now = true
	}
	switch { // a backend that lacks a permission speaks for many users too
	case strange:
		j.found(f, High, Probing, "calls in the name of app users that the caller may not speak for, from a network that was not seen before")
	case now && !backend:
		j.found(f, Medium, Unclear, "calls in the name of app users by somebody who is no backend")
	case j.spokenFor():
		j.foundAt(59, f, Medium, Probing, "many app users named from one network, and hardly any from others: each speaks for itself where a permission is lacking")
	case j.guessed():
		j.found(f, Medium, Probing, "app users that do not exist were named, each about once: guessed, not remembered by old clients")
	}
}

// spokenFor reports whether a role that app users share was refused to speak for
// many of them from one network: of users who lack a permission everybody is
// refused at home.
func (j *judge) spokenFor() bool {
	if !j.roams {
		return false
	}
	from, all, most := map[uint64]map[uint64]bool{}, map[uint64]bool{}, 0
	for i := range j.entries {
		e := &j.entries[i]
		if e.base <= -24*60 || e.base > 0 || e.Bearer == 0 || !e.policy() || e.workload() || e.person() || e.foreign() {
			continue
		}
		all[e.Bearer] = true
		if e.Network == 0 { // the team's own, where many are at home
			continue
		}
		if from[e.Network] == nil {
			from[e.Network] = map[uint64]bool{}
		}
		from[e.Network][e.Bearer] = true
		most = max(most, len(from[e.Network]))
	}
	if 2*most < 3*j.Rules.Impersonation.Threshold || j.wait(settled(j.minute(59))) { // others may follow in the hour
		return false
	}
	return 4*most >= 3*len(all)
}

// guessed reports whether app users that do not exist were named about once
// each within a day: a client that goes on with the name of a deleted user
// repeats it.
func (j *judge) guessed() bool {
	claims, bearers := 0, 0
	for _, h := range j.History.Range(j.Hour-23, j.Hour) {
		s := &h.Tally.Summary
		if s.Claims == 0 || s.Denials > 0 {
			continue
		}
		if len(s.Bearers) >= tally.K {
			return true
		}
		claims, bearers = claims+int(s.Claims), bearers+len(s.Bearers)
	}
	return bearers >= j.Rules.Impersonation.Threshold && claims < 2*bearers
}

// credentials weighs refused credentials: one job with an old key asks for the
// same again and again, and for what it always asked for; whoever tries keys out
// asks for several things.
func (j *judge) credentials(f detect.Finding) {
	operations := map[uint64]map[string]bool{} // by network
	most, now := 0, false
	for i := range j.entries {
		e := &j.entries[i]
		if !e.credential() || e.used || e.known && !j.hasPlace() || e.routine || e.base > 0 {
			continue
		}
		if operations[e.Network] == nil {
			operations[e.Network] = map[string]bool{}
		}
		operations[e.Network][e.Operation] = true
		most = max(most, len(operations[e.Network]))
		now = now || e.base == 0
	}
	if now && most >= 2 {
		j.found(f, Medium, Unclear, "for several operations, from a network that was not seen before")
	}
}
