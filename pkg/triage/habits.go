package triage

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"chimewatch/pkg/tally"
)

// What principals do when they are not refused says where they work and what
// they may do. Nobody probes by calling what the credentials allow, so
// refusals of that are a permission that was taken away.
const (
	settlingHours   = 48 // how long a principal must work somewhere for it to be its place; then it must be learnt too
	youngHours      = 96 // how long a principal is new
	birthHours      = 24 // where it succeeds so soon after its first success is its place from the start
	watchedHours    = 7 * 24
	roamingNetworks = 12 // from so many networks works who has no place of its own
)

// Places returns the places of which judging an hour of a subject asks who was
// seen there, sorted, for [Case] Sightings. Networks are those of the hour's
// cells and of the history.
func (t Triage) Places(s tally.Subject, hour tally.Hour, history tally.History, networks []uint64) []uint64 {
	h, self, account := t.Hasher, t.Hasher.Actor(s), accountOf(s.Key)
	var places, made []uint64 // made: operations, sorted
	switch s.Kind {
	case tally.Principal:
		places = append(places, h.Born(self), h.Began(account), h.Roams(self), h.Uses(self), h.Account(account))
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
		if s.Kind == tally.Bearer {
			places = append(places, h.Refused(s.Kind, op, (hour+MaxWaitHours).Day()))
		}
		if s.Kind == tally.Principal {
			places = append(places, h.Does(account, op))
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

// youngUntil returns the hour in which the principal is no longer new: some days
// after its first success, if those of others are much older. Of who is none of
// the new ones it is 0. To make a principal takes an administrator.
func (j *judge) youngUntil() tally.Hour {
	born := j.Sightings[j.Hasher.Born(j.self)]
	if len(born) == 0 {
		return 0
	}
	first := tally.HourOf(born[0].Ref.Time)
	if !j.watchedBy(first) {
		return 0
	}
	return first + youngHours
}

// isBirthplace reports whether a network is where a new principal worked from
// the start. Of who takes its credentials later the network is another.
func (j *judge) isBirthplace(network uint64) bool {
	if !j.young {
		return false
	}
	until := j.Sightings[j.Hasher.Born(j.self)][0].Ref.Time.Add(birthHours * time.Hour)
	for _, place := range []uint64{j.Hasher.Worked(network), j.Hasher.WorkedAs(network, j.self)} {
		for _, f := range j.Sightings[place] {
			if f.Element == j.self && f.Ref.Time.Before(until) {
				return true
			}
		}
	}
	return false
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

// neverWorked reports whether nothing ever succeeded to the principal, though
// successes of others of its account have been recorded for days.
func (j *judge) neverWorked() bool {
	return len(j.Sightings[j.Hasher.Born(j.self)]) == 0 && j.watchedBy(j.Hour)
}

// watchedBy reports whether successes of the principal's account had been recorded
// for days by an hour, so that what has none is new.
func (j *judge) watchedBy(hour tally.Hour) bool {
	began := j.Sightings[j.Hasher.Began(accountOf(j.Subject.Key))]
	return len(began) > 0 && tally.HourOf(began[0].Ref.Time)+watchedHours < hour
}

// ownClient reports whether all that was refused in the hour and in the one before
// came from clients with which the principal has long worked. The caller writes
// its user agent, so that says little, and nothing by itself.
func (j *judge) ownClient() bool {
	if j.client == nil {
		yes := j.usesOwnClient()
		j.client = &yes
	}
	return *j.client
}

func (j *judge) usesOwnClient() bool {
	used := j.Sightings[j.Hasher.Uses(j.self)]
	own := func(client uint64) bool {
		return slices.ContainsFunc(used, func(f tally.First) bool {
			return f.Element == client && tally.HourOf(f.Ref.Time)+settlingHours < j.learnt
		})
	}
	for _, h := range j.History.Range(j.Hour-1, j.Hour) {
		s := &h.Tally.Summary
		if s.Foreign > 0 || s.Denials > 0 && (len(s.Clients) == 0 || len(s.Clients) == tally.MaxClients) { // not known, or not all
			return false
		}
		for _, client := range s.Clients {
			if !own(client) {
				return false
			}
		}
	}
	return true
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
