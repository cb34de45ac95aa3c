package triage

import "chimewatch/pkg/tally"

// What happens to other principals explains much of what happens to one: nobody
// can make others be refused alike, or succeed for a day, to hide behind them.
const (
	alikeWorkloads     = 3 // are refused the same operation: a release that calls what it may not
	alikeUsers         = 8
	fewUsers           = 3 // with the one that is judged
	borrowedOperations = 2 // at least, for them to look like another service's
)

// How many quarters of the operations must be the other service's: an hour's may
// have some among them that it was not seen with.
const (
	allOfThem  = 4
	mostOfThem = 3
)

// alikeKey is an operation that so many actors were refused.
type alikeKey struct {
	operation uint64
	actors    int
}

// alikeBy reports whether an operation had been refused to as many actors alike
// by the end of a minute, which may be some hours after the hour, since the day
// before.
func (j *judge) alikeBy(kind tally.Kind, op uint64, minute, actors int) bool {
	key := alikeKey{op, actors}
	since, ok := j.alike[key]
	if !ok {
		var all tally.Firsts
		for day := j.Hour.Day() - 1; day <= (j.Hour + MaxWaitHours).Day(); day++ {
			all.Merge(j.Sightings[j.Hasher.Refused(kind, op, day)], actors)
		}
		if len(all) == actors {
			since = all[actors-1].Ref.Time
		}
		j.alike[key] = since
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
		j.alikeBy(tally.Principal, e.op, minute, alikeWorkloads)
}

// borrowed reports whether so many quarters of the operations, which are at least
// two, are what one other service of the account is used to do: it runs with this
// one's role. An operation that very many are used to do says nothing about which
// one and is left out; at least one must be left.
func (j *judge) borrowed(operations []string, quarters int) bool {
	if len(operations) < borrowedOperations {
		return false
	}
	account := accountOf(j.Subject.Key)
	rare, does := 0, map[uint64]int{} // by service
	for _, name := range operations {
		seen := j.Sightings[j.Hasher.Does(account, j.Hasher.Operation(name))]
		if len(seen) == tally.MaxSightings && tally.HourOf(seen[len(seen)-1].Ref.Time) < j.learnt {
			continue
		}
		rare++
		for _, f := range seen {
			if f.Element != j.self && tally.HourOf(f.Ref.Time) < j.learnt {
				does[f.Element]++
			}
		}
	}
	for _, n := range does {
		if 4*n >= quarters*rare {
			return true
		}
	}
	return false
}
