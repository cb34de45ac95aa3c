package triage

import (
	"fmt"

	"chimewatch/pkg/detect"
	"chimewatch/pkg/tally"
)

// caller weighs what policies refused to a principal, minute by minute.
func (j *judge) caller() {
	d := j.History.Detail(j.Hour)
	if d == nil {
		return
	}
	for i := range d.Minutes {
		w := j.window(int(d.Minutes[i].At), j.recent, (*entry).policy)
		j.releaseFlood(w)
		if len(w.current) == 0 {
			continue
		}
		strange, workload, person, foreign := false, true, true, false
		for _, e := range w.current {
			strange = strange || !e.known
			workload = workload && e.machine()
			person = person && e.person()
			foreign = foreign || e.foreign()
		}
		if foreign && !strange {
			j.flood(w, &w.all, j.counting((*entry).policy), "than callers of an account that people were told of usually lack")
		}
		j.critical(w)
		q := question{window: w, part: &w.all, limits: j.knownLimits(workload, foreign), verdict: Unclear, where: who(workload), service: workload && !foreign}
		if strange {
			q = question{window: w, part: &w.strange, limits: j.strangeLimits(person, workload), verdict: Probing, where: whereStrange, strange: true, settled: workload || person}
			if j.ownClient() || workload && (j.young || j.neverWorked()) {
				q.limits.denials = j.often(len(w.strange.resources))
			}
			if person { // somebody who travels is as likely
				q.verdict = Unclear
			}
		}
		j.fast(q)
		if w.news() {
			j.slow(q)
			if strange && !person && !j.roams {
				j.hops(q)
			}
		}
	}
	j.slowSweep()
}

// releaseFlood weighs reading by an operation or two that a release explains, which
// others are refused for too: who knows of one could hide behind it.
func (j *judge) releaseFlood(w *window) {
	if len(w.release.operations) > floodOperations {
		return
	}
	ofRelease := func(e *entry, _ int) bool { return !e.closed && j.ofRelease(e, w.minute) } // also before it was one
	j.flood(w, &w.release, ofRelease, "than a release explains that others are refused for too")
}

// flood tells of reading on very much within an hour, in minutes in which something
// was refused that wanted accepts: more than what else explains it.
func (j *judge) flood(w *window, p *part, wanted func(*entry, int) bool, than string) {
	if n := len(p.read); n >= tally.K && j.denials(w.minute, 60, wanted) >= floodDenials {
		j.tell(w, p, detect.ResourceSweep, Medium, Unclear, fmt.Sprintf("reading was refused on %s within an hour, more %s", countResources(n), than))
	}
}

// A flood is made of many denials within an hour, of a release of few operations
// too: of a service that is made to call what it may not, users ask for some dozen
// channels.
const (
	floodOperations = 2
	floodDenials    = 96
)

func who(workload bool) string {
	if workload {
		return " to a workload, more than a deployment usually lacks"
	}
	return " to a person or a foreign caller"
}

const whereStrange = " from a network that was not seen before"

// question is what a minute is held against.
type question struct {
	*window
	*part
	limits
	service bool    // by a service of the team on a known network
	strange bool    // only what came from networks that are not known
	settled bool    // by a service or a person, who have places of their own
	verdict Verdict // of many operations; one operation on much is what services do too
	where   string
}

// ask adds a signal about the question's minute.
func (j *judge) ask(q question, rule detect.Rule, v Verdict, reason string) {
	j.tell(q.window, q.part, rule, Medium, v, reason+q.where)
}

// keeps reports whether the question is about an entry.
func (q *question) keeps(e *entry) bool { return e.policy() && (!q.strange || !e.known) }

// fast holds the last hour against the limits.
func (j *judge) fast(q question) {
	if n := len(q.part.operations); n >= q.limits.operations && !j.misplaced(q, q.part.operations, mostOfThem) {
		j.ask(q, detect.OperationEnumeration, q.verdict, fmt.Sprintf("%d different operations refused within an hour", n))
	}
	n := len(q.read)
	few := q.limits.resources > 0 && n >= q.limits.resources && len(q.part.operations) <= q.sweepOperations
	if few || q.limits.mixed > 0 && n >= q.limits.mixed && !j.misplaced(q, q.part.operations, allOfThem) {
		j.ask(q, detect.ResourceSweep, Unclear, fmt.Sprintf("reading was refused on %s within an hour", countResources(n)))
	}
	j.bulk(q)
	if q.limits.denials == 0 {
		return
	}
	if n := j.denials(q.minute, 60, j.counting(q.keeps)); n >= q.limits.denials {
		j.ask(q, detect.DenialBurst, Unclear, fmt.Sprintf("%d denials within an hour", n))
	}
}

// bulk weighs writing on much within an hour by several operations, and hardly any
// reading beside it: a service that lacks permissions is refused to read too.
func (j *judge) bulk(q question) {
	n := len(q.part.written)
	if q.limits.written == 0 || n < q.limits.written || n < mostlyWritten*len(q.read) || j.misplaced(q, q.part.operations, allOfThem) {
		return
	}
	if operations := q.part.writing(); operations >= 2 {
		j.ask(q, detect.DenialBurst, Unclear, fmt.Sprintf("writing by %d operations was refused on %s within an hour", operations, countResources(n)))
	}
}

// mostlyWritten is to how many resources that are written one may be read.
const mostlyWritten = 10

func countResources(n int) string {
	if n >= tally.K {
		return fmt.Sprintf("at least %d resources", n)
	}
	return fmt.Sprintf("%d resources", n)
}

// slow holds the last days against the limits.
func (j *judge) slow(q question) {
	day := j.today(q.minute, q.keeps)
	j.wide(q, 1, len(day.operations), day.hours, day.operations)
	n := len(day.read)
	may := q.sweep > 0 && n >= q.sweep && reads(q.window) && len(day.operations) <= q.sweepOperations
	if may && (n >= tally.K || n-j.askedAgain(day, q) >= q.sweep) {
		j.ask(q, detect.SlowSweep, Unclear, fmt.Sprintf("reading was refused on %s within a day", countResources(n)))
	}
	if operations, hours, days := j.week(day, q); days >= slowDays {
		j.wide(q, 7, operations, hours, day.operations)
	}
}

// askedAgain returns on how many of the resources that were read in a day a service
// was refused the same in another minute too: it asks again for what it needs,
// and who looks for an open door goes on to the next one.
func (j *judge) askedAgain(day *span, q question) int {
	if !q.service {
		return 0
	}
	type call struct{ operation, resource uint64 }
	first, again := map[call]int{}, tally.Set{}
	for _, e := range day.entries {
		if e.Resource == 0 || e.closed || !e.Traits.Has(tally.TraitRead) {
			continue
		}
		c, at := call{e.op, e.Resource}, e.first()
		if _, ok := first[c]; !ok {
			first[c] = at
		}
		if first[c] != at || e.last(q.minute) != at {
			again.Add(e.Resource)
		}
	}
	return len(again)
}

// misplaced reports whether a service is refused what another one does: it was
// deployed with the wrong role.
func (j *judge) misplaced(q question, operations []string, quarters int) bool {
	return q.service && j.borrowed(operations, quarters)
}

// hops weighs a principal that comes from one network after the other.
func (j *judge) hops(q question) {
	day := j.today(q.minute, q.keeps)
	var networks tally.Set
	for _, e := range day.entries {
		networks.Add(e.Network)
	}
	if n := len(networks); n >= hopNetworks && len(day.operations) >= hopOperations {
		j.tell(q.window, q.part, detect.CredentialSpread, Medium, Probing,
			fmt.Sprintf("%d operations refused from %d networks that were not seen before within a day", len(day.operations), n))
	}
}

// slowDays is over how many days a slow enumeration stretches at least: one bad
// day, a roll-out's for example, does not make the next stray denial grave.
const slowDays = 3

// wide holds the operations of some days against the limits, unless those of
// today explain themselves.
func (j *judge) wide(q question, days, operations, hours int, today []string) {
	if operations >= q.limits.slow && hours >= q.slowHours && !j.misplaced(q, today, allOfThem) {
		j.ask(q, detect.SlowEnumeration, q.verdict, fmt.Sprintf("%d different operations refused in %d hours over %d days", operations, hours, days))
	}
}

func reads(w *window) bool {
	for _, e := range w.current {
		if e.Traits.Has(tally.TraitRead) {
			return true
		}
	}
	return false
}

// span is what counts of a day.
type span struct {
	part
	hours int // in which something was refused that was not before
}

// today gathers what keep accepts and what counts of the 23 hours before the one
// that is judged, and of that one up to a minute. It is valid until the next one
// is asked for.
func (j *judge) today(m int, keep func(*entry) bool) *span {
	s, last := &j.day, 1
	s.hours = 0
	s.clear()
	for i := range j.entries {
		e := &j.entries[i]
		if e.base <= -24*60 || !e.in(e.base, m) || !keep(e) || !j.counts(e, m) {
			continue
		}
		known := len(s.operations)
		s.add(e)
		if len(s.operations) > known && e.base != last {
			s.hours, last = s.hours+1, e.base
		}
	}
	return s
}

// week adds the days before, by their summaries: the operations, and the hours
// that have one which no hour before them has: who finds out what is allowed goes
// on to the next, while tests and retries repeat themselves. One bad day makes no
// slow enumeration, so of no day more than half of what it takes count. Of strange
// ones only those count that have a network which was not known then: for services
// and people, who have many, one of the minute.
func (j *judge) week(day *span, q question) (operations, hours, days int) {
	var networks, all, before tally.Set
	for _, e := range q.current {
		if !e.known && q.settled {
			networks.Add(e.Network)
		}
	}
	most := max(2, q.limits.slow/2)
	for _, op := range day.operations {
		all.Add(j.Hasher.Operation(op))
	}
	operations, days = min(len(all), most), 1
	last, fresh := j.Hour.Day(), 0
	for _, h := range j.History.Range(j.Hour-7*24+1, j.Hour-24) {
		sum := &h.Tally.Summary
		if sum.Credential == sum.Denials || q.strange && !j.strangeHour(h, networks) {
			continue
		}
		brought := false
		for _, op := range sum.Operations {
			if j.routine[op] || !q.strange && j.usedTo(op) {
				continue
			}
			if d := h.Hour.Day(); d != last {
				days, last, fresh = days+1, d, 0
			}
			brought = before.Add(op) || brought
			if all.Add(op) && fresh < most {
				operations, fresh = operations+1, fresh+1
			}
		}
		if brought {
			hours++
		}
	}
	hour := 1 // none of the day's
	for _, e := range day.entries {
		if before.Add(e.op) && e.base != hour {
			hours, hour = hours+1, e.base
		}
	}
	return operations, hours, days
}

// strangeHour reports whether the subject was refused from a network that was
// not known to the hour, one of those if any are named. Of very many networks
// not all are remembered.
func (j *judge) strangeHour(h tally.Hourly, among tally.Set) bool {
	networks := h.Tally.Summary.Networks
	if len(networks) >= tally.K {
		return true
	}
	for _, n := range networks {
		if (len(among) == 0 || among.Has(n)) && !j.knownAt(n, h.Hour) {
			return true
		}
	}
	return false
}
