package triage

import (
	"cmp"
	"math/bits"
	"slices"

	"chimewatch/pkg/tally"
)

// entry is a cell at its place relative to the hour that is judged.
type entry struct {
	*tally.Cell
	op      uint64 // the operation, as in sightings
	base    int    // minutes from the hour's start to that of the cell's hour
	known   bool   // its network
	routine bool   // the operation is refused to this actor all the time
	used    bool   // the operation used to succeed to the principal
	closed  bool   // a door that nothing opens, tried by mistake: on how much says nothing
}

// place returns the cells of the day up to the hour after the one that is
// judged, in order of time, so that nothing depends on the hashes.
func (j *judge) place() []entry {
	hours, n := j.History.Range(j.Hour-j.Lookdetail(), j.Hour+1), 0
	for _, h := range hours {
		if h.Tally.Detail != nil {
			n += len(h.Tally.Detail.Cells)
		}
	}
	out := make([]entry, 0, n)
	operations := map[string]uint64{}
	for _, h := range hours {
		d, base := h.Tally.Detail, 60*int(h.Hour-j.Hour)
		if d == nil {
			continue
		}
		for i := range d.Cells {
			cell := &d.Cells[i]
			op, hashed := operations[cell.Operation]
			if !hashed {
				op = j.Hasher.Operation(cell.Operation)
				operations[cell.Operation] = op
			}
			e := entry{Cell: cell, op: op, base: base, known: j.known(cell.Network)}
			e.routine = j.routine[op] && (e.known || j.visited(cell.Network))
			e.known = e.known || e.foreign() && j.partner
			e.used = e.known && j.usedTo(op)
			out = append(out, e)
		}
		slices.SortFunc(out[len(out)-len(d.Cells):], func(a, b entry) int { // the hours are in order
			if c := a.First.Compare(b.First); c != 0 {
				return c
			}
			return cmp.Compare(a.ID, b.ID)
		})
	}
	j.replicas(out)
	for i := range out {
		e := &out[i]
		e.closed = e.elsewhere() && (e.known || j.ownClient())
	}
	return out
}

// A workload whose calls fail alike in several places is a service that lacks a
// permission: its replicas are where they are. Whoever stole its credentials
// cannot make the calls fail at its home too.
const (
	replicaOperations = 1
	replicaNetworks   = 8
)

// replicas takes networks for known from which a workload is refused what it is
// refused on a known network too, or, where no more than a few operations are
// refused, on several networks alike. Critical operations are left out.
func (j *judge) replicas(entries []entry) {
	places := map[string]map[uint64]bool{}
	home := map[string]bool{}
	networks := map[uint64]bool{}
	for i := range entries {
		e := &entries[i]
		if !e.policy() || !e.workload() || e.base > 0 {
			continue
		}
		if e.known {
			home[e.Operation] = true
			continue
		}
		if places[e.Operation] == nil {
			places[e.Operation] = map[uint64]bool{}
		}
		places[e.Operation][e.Network], networks[e.Network] = true, true
	}
	few := len(places) <= replicaOperations && len(networks) <= replicaNetworks
	for i := range entries {
		e := &entries[i]
		if !e.known && e.policy() && e.workload() && !e.critical() && (home[e.Operation] || few && len(places[e.Operation]) >= 2) {
			e.known = true
		}
	}
}

// bitmap returns the entry's minutes from first to last, both included,
// relative to the hour.
func (e *entry) bitmap(first, last int) uint64 {
	first, last = max(first-e.base, 0), min(last-e.base, 59)
	if first > last {
		return 0
	}
	return e.Minutes & ((1<<(last-first+1) - 1) << first)
}

// in reports whether the entry has a minute from first to last.
func (e *entry) in(first, last int) bool { return e.bitmap(first, last) != 0 }

// first returns the entry's first minute.
func (e *entry) first() int { return e.base + bits.TrailingZeros64(e.Minutes) }

// last returns the entry's last minute up to m. It has one.
func (e *entry) last(m int) int { return e.base + 63 - bits.LeadingZeros64(e.bitmap(e.base, m)) }

// The kinds of denial that are weighed apart. A refusal of the credentials says
// nothing about permissions, so nobody can find out with it what is allowed.

func (e *entry) credential() bool { return e.Traits&refusers == tally.TraitCredential }

// appRole: the back end refused an app user.
func (e *entry) appRole() bool { return e.Traits.Has(tally.TraitAppRole) }

// nobody: the app user does not exist.
func (e *entry) nobody() bool { return e.Traits.Has(tally.TraitAppRole | tally.TraitCredential) }

// policy: some policy refused the principal.
func (e *entry) policy() bool { return e.Traits&refusers == tally.TraitIAM || e.elsewhere() }

// elsewhere: a policy refused the principal what belongs to another account, as
// it refuses everybody.
func (e *entry) elsewhere() bool { return e.Traits.Elsewhere() }

// critical: a critical operation that a policy refused.
func (e *entry) critical() bool { return e.policy() && e.Traits.Has(tally.TraitCritical) }

func (e *entry) workload() bool { return e.Traits.Has(tally.TraitWorkload) }
func (e *entry) person() bool   { return e.Traits.Has(tally.TraitSSO) }
func (e *entry) foreign() bool  { return e.Traits.Has(tally.TraitForeign) }

// machine: taken for a workload. On known networks everybody is but people of
// IAM Identity Center: most keys of users, and most web identities, are those of
// programs.
func (e *entry) machine() bool { return e.workload() || e.known && !e.person() }

const refusers = tally.TraitAppRole | tally.TraitIAM | tally.TraitCredential
