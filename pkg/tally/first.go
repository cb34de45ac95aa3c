package tally

import (
	"cmp"
	"slices"
	"time"

	"chimewatch/pkg/cloudtrail"
)

// Ref points at the evidence of one call.
type Ref struct {
	Time time.Time
	Key  cloudtrail.Key
}

// Compare orders refs by time, then key.
func (r Ref) Compare(o Ref) int {
	if c := r.Time.Compare(o.Time); c != 0 { // cmp.Or would compare the keys for nothing
		return c
	}
	return CompareKeys(r.Key, o.Key)
}

// CompareKeys orders record keys by event id, account and Region.
func CompareKeys(a, b cloudtrail.Key) int {
	return cmp.Or(cmp.Compare(a.EventID, b.EventID), cmp.Compare(a.Account, b.Account), cmp.Compare(a.Region, b.Region))
}

// earlier makes r the earlier of the two and reports whether it changed.
func (r *Ref) earlier(o Ref) bool {
	if o.Key == (cloudtrail.Key{}) || (r.Key != (cloudtrail.Key{}) && r.Compare(o) <= 0) {
		return false
	}
	*r = o
	return true
}

// First is the earliest call that has an element.
type First struct {
	Element uint64
	Ref     Ref
}

// Firsts keeps, for each element, its earliest call, and of these the earliest
// few, in order. What falls out can't come back by a later addition: the
// earliest calls only ever become earlier. So the result does not depend on the
// order of additions, and adding twice changes nothing.
type Firsts []First

// Add adds a call that has the element, keeps the earliest limit elements, and
// reports whether anything changed.
func (f *Firsts) Add(element uint64, ref Ref, limit int) bool {
	if i := slices.IndexFunc(*f, func(x First) bool { return x.Element == element }); i >= 0 {
		if (*f)[i].Ref.Compare(ref) <= 0 {
			return false
		}
		*f = slices.Delete(*f, i, i+1)
	}
	i, _ := slices.BinarySearchFunc(*f, First{element, ref}, compareFirst)
	if i == limit {
		return false
	}
	*f = insert(*f, i, First{element, ref})
	if len(*f) > limit {
		*f = (*f)[:limit]
	}
	return true
}

// Merge adds all of o and reports whether anything changed.
func (f *Firsts) Merge(o Firsts, limit int) bool {
	changed := false
	for _, x := range o {
		if f.Add(x.Element, x.Ref, limit) {
			changed = true
		}
	}
	return changed
}

// Has reports whether the element is among those kept.
func (f Firsts) Has(element uint64) bool {
	return slices.ContainsFunc(f, func(x First) bool { return x.Element == element })
}

func compareFirst(a, b First) int {
	if c := a.Ref.Compare(b.Ref); c != 0 {
		return c
	}
	return cmp.Compare(a.Element, b.Element)
}
