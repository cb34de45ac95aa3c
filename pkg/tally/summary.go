package tally

import (
	"cmp"
	"math/bits"
	"slices"
)

// limitFirsts is how many first events a Summary keeps for each purpose.
const limitFirsts = 6

// MaxClients is how many clients a Summary keeps. A service has few.
const MaxClients = 8

// Summary is what one subject did in one hour, small: counts, and the sets that
// rules over clock hours ask for. Which fields are used depends on the kind of
// subject.
type Summary struct {
	// Of actors (principals and bearers): the denials that count against them.
	Denials    uint32 // all
	Resourced  uint32 // that name a resource
	Operations Set
	Resources  Set
	Networks   Set // public networks, an actor's without those of the team; of access keys all

	// Critical counts denials of critical operations: a principal's with a
	// cause other than app-role, a bearer's that name a resource.
	Critical uint32

	// Of principals: all their denials, whomever they count against.
	Credential  uint32 // with cause credential
	Claims      uint32 // in the name of an app user that the caller may not speak for
	Bearers     Set    // those app users
	Clients     Set    // with which it made the denials that count against it, at most MaxClients
	Quarantined uint32 // by the policy that AWS attaches to leaked keys
	Foreign     uint32 // by a caller from another account
	Root        uint32 // of the root user

	Refused   []OperationMinutes // critical operations refused, cause other than app-role
	Succeeded []OperationMinutes // critical operations that succeeded

	// Principals are those seen from a network. The denials of access keys and
	// networks are counted in Denials.
	Principals Set

	// Firsts are the earliest denials, one for each operation (of actors),
	// network (of access keys) or principal (of networks).
	Firsts Firsts
	// Marks are the earliest calls of each Mark.
	Marks [markCount]Firsts
}

// Mark names what rules about a principal point at.
type Mark int

// The marks; the zero Mark stands for none.
const (
	MarkCritical Mark = iota + 1
	MarkCredential
	MarkClaim
	MarkQuarantined
	MarkForeign
	MarkRoot
	MarkSucceeded
	markCount
)

// OperationMinutes says in which minutes of an hour an operation occurred.
type OperationMinutes struct {
	Operation string
	Minutes   uint64 // bit m: minute m
}

// Empty reports whether the summary holds nothing.
func (s *Summary) Empty() bool {
	if s == nil {
		return true
	}
	return s.Denials == 0 && s.Credential == 0 && s.Claims == 0 && s.Quarantined == 0 && s.Foreign == 0 &&
		s.Root == 0 && s.Critical == 0 && len(s.Refused) == 0 && len(s.Succeeded) == 0
}

// Calls grows with every call that was added: it tells whether one of two
// states of a summary rests on more calls than the other.
func (s *Summary) Calls() uint64 {
	n := uint64(s.Denials) + uint64(s.Credential) + uint64(s.Claims) + uint64(s.Quarantined) + uint64(s.Foreign) + uint64(s.Root) + uint64(s.Critical)
	for _, x := range s.Succeeded {
		n += uint64(bits.OnesCount64(x.Minutes))
	}
	return n
}

// Merge adds o.
func (s *Summary) Merge(o *Summary) {
	s.Denials += o.Denials
	s.Resourced += o.Resourced
	s.Critical += o.Critical
	s.Credential += o.Credential
	s.Claims += o.Claims
	s.Quarantined += o.Quarantined
	s.Foreign += o.Foreign
	s.Root += o.Root
	s.Operations.Merge(o.Operations)
	s.Resources.Merge(o.Resources)
	s.Networks.Merge(o.Networks)
	s.Clients.Merge(o.Clients)
	s.Clients.atMost(MaxClients)
	s.Bearers.Merge(o.Bearers)
	s.Principals.Merge(o.Principals)
	for _, x := range o.Refused {
		addMinutes(&s.Refused, x)
	}
	for _, x := range o.Succeeded {
		addMinutes(&s.Succeeded, x)
	}
	s.Firsts.Merge(o.Firsts, limitFirsts)
	for m := range o.Marks {
		s.Marks[m].Merge(o.Marks[m], limitFirsts)
	}
}

// addMinutes merges x into a list sorted by operation, of at most K operations:
// the first ones by name, so that the order of additions does not matter. The
// catalogue has fewer critical operations than that.
func addMinutes(list *[]OperationMinutes, x OperationMinutes) {
	i, found := slices.BinarySearchFunc(*list, x, func(a, b OperationMinutes) int { return cmp.Compare(a.Operation, b.Operation) })
	switch {
	case found:
		(*list)[i].Minutes |= x.Minutes
	case i < K:
		*list = insert(*list, i, x)
		if len(*list) > K {
			*list = (*list)[:K]
		}
	}
}
