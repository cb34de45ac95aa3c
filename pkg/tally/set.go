package tally

import "slices"

// K is how many elements a [Set] keeps. No threshold on a set may be above it.
const K = 32

// Set keeps the K smallest hashes of what was added, sorted. Its size is exact
// up to K; beyond, it says that there are at least K. Union keeps both: the K
// smallest of a union are the K smallest of the parts' K smallest.
type Set []uint64

// Add adds v and reports whether the set changed.
func (s *Set) Add(v uint64) bool {
	i, found := slices.BinarySearch(*s, v)
	if found || i == K {
		return false
	}
	if len(*s) == K {
		copy((*s)[i+1:], (*s)[i:K-1])
		(*s)[i] = v
		return true
	}
	*s = insert(*s, i, v)
	return true
}

// atMost keeps the n smallest. Which these are of a union, the n smallest of its
// parts tell, as with K.
func (s *Set) atMost(n int) { *s = (*s)[:min(n, len(*s))] }

// Merge adds all of o and reports whether the set changed.
func (s *Set) Merge(o Set) bool {
	changed := false
	for _, v := range o {
		if s.Add(v) {
			changed = true
		} else if len(*s) == K && v > (*s)[K-1] {
			break
		}
	}
	return changed
}

// Has reports whether v is among the elements kept.
func (s Set) Has(v uint64) bool {
	_, found := slices.BinarySearch(s, v)
	return found
}
