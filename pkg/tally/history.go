package tally

import (
	"cmp"
	"slices"
)

// History is what is held of one subject, in order of hours; hours with nothing
// in them are left out. Older hours may come without their Detail.
type History []Hourly

// Hourly is one hour of a History.
type Hourly struct {
	Hour  Hour
	Tally *Tally
}

// Range returns the hours from first to last, both included.
func (h History) Range(first, last Hour) History {
	i, _ := slices.BinarySearchFunc(h, first, compareHour)
	j, _ := slices.BinarySearchFunc(h, last+1, compareHour)
	if i > j {
		return nil
	}
	return h[i:j]
}

// At returns the tally of an hour, nil where there is none.
func (h History) At(hour Hour) *Tally {
	if i, found := slices.BinarySearchFunc(h, hour, compareHour); found {
		return h[i].Tally
	}
	return nil
}

// Detail returns the detail of an hour, nil where there is none.
func (h History) Detail(hour Hour) *Detail {
	if t := h.At(hour); t != nil {
		return t.Detail
	}
	return nil
}

func compareHour(x Hourly, hour Hour) int { return cmp.Compare(x.Hour, hour) }
