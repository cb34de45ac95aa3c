package tally

import (
	"cmp"
	"slices"
)

// Detail is what one actor was refused in one hour, minute by minute; of an
// organisation policy, whom it refused.
type Detail struct {
	Minutes []Minute // in order of At; only minutes with something in them
	Cells   []Cell   // in order of ID; see [Cell] for the bound
	Actors  Firsts   // of a policy: whom it refused, at most MaxActors
}

// MaxActors bounds the actors that the Detail of a policy names.
const MaxActors = 512

// Minute is one clock minute.
type Minute struct {
	At         uint8  // minute of the hour
	Denials    uint32 // that count against the actor, or that the policy refused
	Operations Set
	Resources  Set
	Pairs      Set // of a bearer: critical operation and resource
	Actors     Set // of a policy
	First      Ref // the minute's earliest denial
}

// Cell says what was refused together: calls of one operation on one resource
// from one network for one cause. A Detail keeps at most [MaxCells]; where there
// are more, every operation keeps as many as the others, those with the
// smallest hashes, so that no flood of one operation hides another.
type Cell struct {
	ID        uint64 // hash of what follows up to Traits
	Operation string
	Resource  uint64 // hash of the ARN, 0 where none
	Network   uint64 // hash of the CIDR, 0 where the source is not public or the team's own
	Policy    uint64 // hash of the organisation policy that refused, 0 where none
	Bearer    uint64 // hash of the ARN, 0 where none
	Traits    Traits
	Minutes   uint64 // bit m: minute m
	First     Ref    // the earliest call
}

// MaxCells bounds the cells of a Detail.
const MaxCells = 96

// Traits are yes-or-no properties of a call.
type Traits uint8

// The traits.
const (
	TraitCritical   Traits = 1 << iota // a critical operation
	TraitRead                          // an operation that only reads
	TraitAppRole                       // refused by the Chime back end
	TraitIAM                           // refused by a policy
	TraitCredential                    // refused for the credentials; with TraitAppRole: for an app user that does not exist; with TraitIAM: another account's resource
	TraitWorkload                      // by a role that is neither a person's, nor web identity, nor foreign
	TraitForeign                       // by a caller from another account
	TraitSSO                           // by a person, by IAM Identity Center
)

// Has reports whether all of t are set.
func (ts Traits) Has(t Traits) bool { return ts&t == t }

// Elsewhere reports whether a policy refused what belongs to another account than
// the caller's, see [denial.Call.Elsewhere].
func (ts Traits) Elsewhere() bool {
	return ts&(TraitIAM|TraitCredential|TraitAppRole) == TraitIAM|TraitCredential
}

// Merge adds o.
func (d *Detail) Merge(o *Detail) {
	for i := range o.Minutes {
		d.minute(o.Minutes[i].At).merge(&o.Minutes[i])
	}
	for i := range o.Cells {
		d.addCell(o.Cells[i])
	}
	d.Actors.Merge(o.Actors, MaxActors)
}

// minute returns the minute, adding it if need be. The pointer is good until
// the next call.
func (d *Detail) minute(at uint8) *Minute {
	i, found := slices.BinarySearchFunc(d.Minutes, at, func(m Minute, at uint8) int { return cmp.Compare(m.At, at) })
	if !found {
		d.Minutes = insert(d.Minutes, i, Minute{At: at})
	}
	return &d.Minutes[i]
}

func (m *Minute) merge(o *Minute) {
	m.Denials += o.Denials
	m.Operations.Merge(o.Operations)
	m.Resources.Merge(o.Resources)
	m.Pairs.Merge(o.Pairs)
	m.Actors.Merge(o.Actors)
	m.First.earlier(o.First)
}

func (d *Detail) addCell(c Cell) {
	i, found := slices.BinarySearchFunc(d.Cells, c.ID, func(x Cell, id uint64) int { return cmp.Compare(x.ID, id) })
	if found {
		d.Cells[i].Minutes |= c.Minutes
		d.Cells[i].First.earlier(c.First)
		return
	}
	d.Cells = insert(d.Cells, i, c)
	if len(d.Cells) > MaxCells {
		d.dropCell()
	}
}

// dropCell removes the cell that is last by its rank among the cells of its
// operation, then by hash. Ranks only rise and the bound only falls as cells
// come in, so what is dropped would never have come back, and the cells that
// remain do not depend on the order of additions.
func (d *Detail) dropCell() {
	type kind struct {
		operation string
		elsewhere bool
	}
	rank := make(map[kind]int, 16)
	worst, worstRank := 0, -1
	for i := range d.Cells { // in order of ID
		c := &d.Cells[i]
		k := kind{c.Operation, c.Traits.Elsewhere()}
		r := rank[k]
		rank[k] = r + 1
		if r >= worstRank {
			worst, worstRank = i, r
		}
	}
	d.Cells = slices.Delete(d.Cells, worst, worst+1)
}
