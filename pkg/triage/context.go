package triage

import (
	"time"

	"chimewatch/pkg/tally"
)

// judge is a case with what is derived from it.
type judge struct {
	Triage
	Case
	self    uint64                // the subject, as in sightings
	learnt  tally.Hour            // context must be as old as this hour to quiet anything
	entries []entry               // of a day and the hour after
	recent  []*entry              // of these, from an hour before to the hour's end
	since   map[uint64]tally.Hour // network: since when it has been familiar
	routine map[uint64]bool       // operations
	rolled  map[rolledKey]rolledState
	alike   map[alikeKey]time.Time // since when so many actors were refused an operation
	used    map[uint64]bool        // operations that used to succeed
	young   bool                   // the principal is new
	roams   bool                   // it has no place of its own
	partner bool                   // it is of another account that people were told of
	client  *bool                  // it uses the client that it always used, once asked for
	now     window                 // what window returned last
	day     span                   // what today returned last
	common  *nature                // of the hour's cells, once asked for
	signals []Signal
	due     time.Time
	rollout bool // some of the hour's denials belong to a roll-out
}

func (t Triage) newJudge(c Case) *judge {
	j := &judge{
		Triage: t, Case: c,
		self:   t.Hasher.Actor(c.Subject),
		learnt: c.Hour - tally.Hour(t.Config.LearnHours),
		since:  map[uint64]tally.Hour{},
		alike:  map[alikeKey]time.Time{},
		used:   map[uint64]bool{},
		rolled: map[rolledKey]rolledState{},
	}
	j.routine = j.routineOperations()
	j.young, j.roams, j.partner = j.Hour < j.youngUntil(), j.isRoaming(), j.isPartner()
	j.entries = j.place()
	for i := range j.entries {
		if e := &j.entries[i]; e.base == -60 || e.base == 0 {
			j.recent = append(j.recent, e)
		}
	}
	return j
}

// never is later than every hour.
const never = tally.Hour(1 << 40)

// known reports whether a network was known to the hour that is judged: not
// public or the team's own, or familiar for long enough.
func (j *judge) known(network uint64) bool { return j.knownAt(network, j.Hour) }

// knownAt is known for another hour, so that an hour of last week is judged by
// what was known then.
func (j *judge) knownAt(network uint64, hour tally.Hour) bool {
	if network == 0 {
		return true
	}
	since, ok := j.since[network]
	if !ok {
		since = j.familiar(network)
		j.since[network] = since
	}
	return since <= hour-tally.Hour(j.Config.LearnHours)
}

// familiar returns the hour from which a network has been familiar: that in
// which a second actor was refused from it, or the subject itself on a third
// day, or some days after the subject, or a second principal, worked there.
// Attackers could make a network familiar only by being refused from it, in
// plain sight, or by keeping to what they may do for days, and then have to wait.
func (j *judge) familiar(network uint64) tally.Hour {
	since := j.settledAt(network)
	if seen := j.Sightings[network]; len(seen) >= 2 {
		since = min(since, tally.HourOf(seen[1].Ref.Time)) // in order of time
	}
	days, last := 0, tally.Day(-1)
	for _, h := range j.History.Range(j.Hour-j.Lookback(), min(j.Hour, since)) {
		if d := h.Hour.Day(); d != last && h.Tally.Summary.Networks.Has(network) {
			if days, last = days+1, d; days == familiarDays {
				return h.Hour
			}
		}
	}
	return since
}

// familiarDays is on how many days an actor must have been refused from a
// network for it to be familiar.
const familiarDays = 3

// visited reports whether the subject was refused from the network long enough
// ago, or from so many that it goes on moving: what is routine is routine where
// it has been seen.
func (j *judge) visited(network uint64) bool {
	var all tally.Set
	for _, h := range j.History.Range(j.Hour-j.Lookback(), j.learnt) {
		if h.Tally.Summary.Networks.Has(network) {
			return true
		}
		all.Merge(h.Tally.Summary.Networks)
	}
	return len(all) >= movingNetworks
}

// movingNetworks is from how many networks an actor is refused that has no place
// of its own, as a build job on rented machines.
const movingNetworks = 5

// routineOperations returns the operations that were refused to the actor on
// RoutineDays of the RoutineWindow days before, long enough ago.
func (j *judge) routineOperations() map[uint64]bool {
	type seen struct {
		day  tally.Day
		days int
	}
	var count map[uint64]seen
	routine := map[uint64]bool{}
	first := (j.Hour.Day() - tally.Day(j.Config.RoutineWindow)).First()
	for _, h := range j.History.Range(first, j.learnt) {
		day := h.Hour.Day()
		for _, op := range h.Tally.Summary.Operations {
			s := count[op]
			if s.days > 0 && s.day == day {
				continue
			}
			if count == nil {
				count = map[uint64]seen{}
			}
			count[op] = seen{day, s.days + 1}
			if s.days+1 >= j.Config.RoutineDays {
				routine[op] = true
			}
		}
	}
	return routine
}

// wait notes that the case must be judged again, and reports whether the time
// has not come yet.
func (j *judge) wait(until time.Time) bool {
	if !j.AsOf.Before(until) {
		return false
	}
	if j.due.IsZero() || until.Before(j.due) {
		j.due = until
	}
	return true
}

// minute returns the first instant of a minute relative to the hour.
func (j *judge) minute(m int) time.Time { return j.Hour.Minute(m) }
