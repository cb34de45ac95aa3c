package tally

import (
	"strconv"

	"chimewatch/pkg/denial"
)

// Sighting says that an actor was seen at a place. A place is not always on the
// map: it is what many actors can have in common, and of which triage asks who
// was there, and since when.
type Sighting struct {
	Place uint64 // hash, see the methods of Hasher
	Actor uint64 // hash of the subject
}

// MaxSightings is how many actors are kept for a place, the earliest.
const MaxSightings = 16

// Sightings hands each sighting of a call to yield.
//
// A denial is seen on its network and, if a workload or an app user was refused
// by a policy or by the back end, at the operation on its day; one of a caller
// from another account at that account. A success is seen at its network too,
// but apart from denials; at the operation as this principal's, and, of a
// workload, as one's of its account; with its client; and as a principal's at
// work.
func Sightings(h Hasher, c *denial.Call, yield func(Sighting)) {
	if c.Principal.Service {
		return
	}
	var network uint64
	if c.Public && !c.KnownSource {
		network = h.Network(denial.NetworkOf(c.Source))
	}
	switch c.Outcome {
	case denial.Success:
		who := h.Actor(Subject{Principal, c.Principal.Key})
		if network != 0 {
			yield(Sighting{h.Roams(who), network})
		}
		switch {
		case network == 0:
		case c.Principal.WebIdentity:
			yield(Sighting{h.WorkedAs(network, who), who})
		default:
			yield(Sighting{h.Worked(network), who})
		}
		yield(Sighting{h.Did(who, h.Operation(c.Operation)), who})
		if c.UserAgent != "" {
			yield(Sighting{h.Uses(who), h.Client(c.UserAgent)})
		}
		if traits(c).Has(TraitWorkload) {
			yield(Sighting{h.Does(c.Principal.Account, h.Operation(c.Operation)), who})
		}
		yield(Sighting{h.Born(who), who})
		if !c.Critical {
			yield(Sighting{h.Began(c.Principal.Account), who})
		}
	case denial.Refused:
		who := h.Actor(Actor(c))
		if network != 0 && !c.Principal.WebIdentity {
			yield(Sighting{network, h.Actor(Subject{Principal, c.Principal.Key})})
		}
		if kind, ok := alike(c); ok {
			yield(Sighting{h.Refused(kind, h.Operation(c.Operation), DayOf(c.Time)), who})
		}
		if c.Foreign {
			yield(Sighting{h.Account(c.Principal.Account), who})
		}
	}
}

// alike returns the kind of actors that a new release makes be refused alike.
func alike(c *denial.Call) (Kind, bool) {
	switch t := traits(c); {
	case t.Has(TraitIAM) && t&(TraitSSO|TraitForeign|TraitAppRole|TraitCredential) == 0:
		return Principal, true
	case t.Has(TraitAppRole) && !t.Has(TraitCredential) && c.Bearer != "":
		return Bearer, true
	}
	return 0, false
}

func text(n uint64) string { return strconv.FormatUint(n, 16) }

// Worked returns the place that stands for successes from a network.
func (h Hasher) Worked(network uint64) uint64 { return h.numbers("worked", network) }

// WorkedAs returns the place that stands for successes from a network of one
// principal, of whom the public may be behind it.
func (h Hasher) WorkedAs(network, who uint64) uint64 {
	return h.numbers("worked", network, who)
}

// Roams returns the place that stands for one principal: what is seen there are
// the networks from which it succeeded.
func (h Hasher) Roams(who uint64) uint64 { return h.numbers("roams", who) }

// Did returns the place that stands for successes of an operation by one
// principal.
func (h Hasher) Did(who, operation uint64) uint64 { return h.numbers("did", who, operation) }

// Uses returns the place that stands for one principal: what is seen there are
// the clients with which it succeeded.
func (h Hasher) Uses(who uint64) uint64 { return h.numbers("uses", who) }

// Does returns the place that stands for successes of an operation by the
// workloads of an account.
func (h Hasher) Does(account string, operation uint64) uint64 {
	return h.Sum("does", account, text(operation))
}

// Born returns the place that stands for the successes of one principal.
func (h Hasher) Born(who uint64) uint64 { return h.numbers("born", who) }

// Began returns the place that stands for successes, in an account, of operations
// that are not critical: where only those of critical ones are recorded, nobody
// can tell when a principal first did something.
func (h Hasher) Began(account string) uint64 { return h.Sum("began", account) }

// Refused returns the place that stands for refusals of an operation on a day
// to actors of a kind: workloads by a policy, app users by the back end.
func (h Hasher) Refused(kind Kind, operation uint64, day Day) uint64 {
	return h.Sum("refused", kind.String(), text(operation), strconv.FormatInt(int64(day), 10))
}

// Account returns the place that stands for refusals of callers from another
// account.
func (h Hasher) Account(id string) uint64 { return h.Sum("account", id) }
