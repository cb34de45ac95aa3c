package triage

import (
	"net/netip"
	"slices"
	"strings"

	"chimewatch/pkg/tally"
)

// What principals do when they are not refused says where they work and what
// they may do. Nobody probes by calling what the credentials allow, so
// refusals of that are a permission that was taken away.
const (
	settlingHours   = 48 // how long a principal must work somewhere for it to be its place; then it must be learnt too
	youngHours      = 96 // how long a principal is new
	watchedHours    = 7 * 24
	roamingNetworks = 12 // from so many networks works who has no place of its own
	alikeWorkloads  = 3  // are refused the same operation: a release that calls what it may not
	alikeUsers      = 8
)

// Places returns the places of which judging an hour of a subject asks who was
// seen there, sorted, for [Case] Sightings. Networks are those of the hour's
// cells and of the history.
func (t Triage) Places(s tally.Subject, hour tally.Hour, history tally.History, networks []uint64) []uint64 {
	h, self := t.Hasher, t.Hasher.Actor(s)
	var places, made []uint64 // made: operations, sorted
	switch s.Kind {
	case tally.Principal:
		places = append(places, h.Born(self), h.Began(), h.Roams(self), h.Account(accountOf(s.Key)))
		for _, x := range history.Range(hour-7*24, hour) {
			for _, op := range x.Tally.Summary.Operations {
				insert(&made, op)
			}
		}
	case tally.Network:
		if p, err := netip.ParsePrefix(s.Key); err == nil {
			networks = append(slices.Clone(networks), h.Network(p))
		}
	}
	for _, n := range networks {
		places = append(places, n, h.Worked(n), h.WorkedAs(n, self))
	}
	var refused []string // operations of late, sorted
	for _, x := range history.Range(hour-t.Lookdetail(), hour+1) {
		if x.Tally.Detail == nil {
			continue
		}
		for i := range x.Tally.Detail.Cells {
			insert(&refused, x.Tally.Detail.Cells[i].Operation)
		}
	}
	for _, name := range refused {
		op := h.Operation(name)
		places = append(places, h.Refused(s.Kind, op, hour.Day()-1), h.Refused(s.Kind, op, hour.Day()))
		if s.Kind == tally.Principal {
			insert(&made, op)
		}
	}
	for _, op := range made {
		places = append(places, h.Did(self, op))
	}
	slices.Sort(places)
	return slices.Compact(places)
}

// settledAt returns the hour from which a network has been one where the
// subject works, or where two principals do.
func (j *judge) settledAt(network uint64) tally.Hour {
	since := never
	for i, f := range j.Sightings[j.Hasher.Worked(network)] { // in order of time
		if f.Element == j.self || i == 1 {
			since = min(since, tally.HourOf(f.Ref.Time)+settlingHours)
		}
	}
	for _, f := range j.Sightings[j.Hasher.WorkedAs(network, j.self)] {
		since = min(since, tally.HourOf(f.Ref.Time)+settlingHours)
	}
	return since
}

// usedTo reports whether an operation succeeded to the principal long enough
// ago.
func (j *judge) usedTo(operation uint64) bool {
	yes, ok := j.used[operation]
	if !ok {
		seen := j.Sightings[j.Hasher.Did(j.self, operation)]
		yes = len(seen) > 0 && tally.HourOf(seen[0].Ref.Time) < j.learnt
		j.used[operation] = yes
	}
	return yes
}

// isYoung reports whether the principal is new: its first success is a few days
// old, those of others are much older. To make a principal takes an
// administrator.
func (j *judge) isYoung() bool {
	born, began := j.Sightings[j.Hasher.Born(j.self)], j.Sightings[j.Hasher.Began()]
	if len(born) == 0 || len(began) == 0 {
		return false
	}
	first := tally.HourOf(born[0].Ref.Time)
	return first > tally.HourOf(began[0].Ref.Time)+watchedHours && first > j.Hour-youngHours
}

// isRoaming reports whether the principal works from everywhere, as a build job
// on rented machines.
func (j *judge) isRoaming() bool {
	seen := j.Sightings[j.Hasher.Roams(j.self)]
	return len(seen) >= roamingNetworks && tally.HourOf(seen[roamingNetworks-1].Ref.Time) < j.learnt
}

// hasPlace reports whether the principal has worked long enough to have a place
// of its own.
func (j *judge) hasPlace() bool {
	born := j.Sightings[j.Hasher.Born(j.self)]
	return len(born) > 0 && tally.HourOf(born[0].Ref.Time)+settlingHours < j.Hour && !j.roams
}

// isPartner reports whether callers from the principal's account were refused
// long enough ago. If it is another account, people were told of it then.
func (j *judge) isPartner() bool {
	seen := j.Sightings[j.Hasher.Account(accountOf(j.Subject.Key))]
	return len(seen) > 0 && tally.HourOf(seen[0].Ref.Time) < j.learnt
}

// accountOf returns the account in a principal's key, empty where it has none.
func accountOf(key string) string {
	parts := strings.Split(key, ":")
	switch {
	case parts[0] == "arn" && len(parts) >= 6:
		return parts[4]
	case parts[0] == "aws-account" && len(parts) >= 2:
		return parts[1]
	}
	return ""
}

// alikeBy reports whether an operation had been refused to as many actors alike
// by the end of a minute, since the day before.
func (j *judge) alikeBy(kind tally.Kind, operation string, minute, actors int) bool {
	op := j.Hasher.Operation(operation)
	since, ok := j.alike[op]
	if !ok {
		var all tally.Firsts
		for day := j.Hour.Day() - 1; day <= j.Hour.Day(); day++ {
			all.Merge(j.Sightings[j.Hasher.Refused(kind, op, day)], actors)
		}
		if len(all) == actors {
			since = all[actors-1].Ref.Time
		}
		j.alike[op] = since
	}
	return !since.IsZero() && since.Before(j.minute(minute+1))
}

// excused reports whether a denial has a harmless explanation by the end of a
// minute that an attacker cannot make up: the operation used to succeed from
// there, the principal is new, or others were refused the same.
func (j *judge) excused(e *entry, minute int) bool {
	switch {
	case e.used:
		return true
	case !e.policy() || e.Traits&(tally.TraitSSO|tally.TraitForeign) != 0:
		return false
	case j.young:
		return e.known || !e.critical()
	}
	return j.released(e, minute)
}

// released reports whether other workloads had been refused the same by the end
// of a minute, as after a release that calls what it may not.
func (j *judge) released(e *entry, minute int) bool {
	return e.known && !e.person() && !e.foreign() && e.policy() && !e.critical() &&
		j.alikeBy(tally.Principal, e.Operation, minute, alikeWorkloads)
}
