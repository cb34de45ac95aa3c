package summary

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"chimewatch/pkg/denial"
	"chimewatch/pkg/tally"
)

// PrincipalDay is what one principal was refused on one day in UTC.
type PrincipalDay struct {
	Key     string // of the principal; never empty
	Type    string // of its earliest denial
	Account string // of its earliest denial
	Hours   []Hour // with at least one denial each, in any order
}

// Hour is what one principal was refused in one clock hour.
type Hour struct {
	Hour        tally.Hour
	First, Last time.Time // denials
	Refusals    []Refusal
	Sources     map[string]int // denials by address, those that came from one
}

// Refusal counts the denials of one operation for one cause.
type Refusal struct {
	Operation string
	Cause     denial.Cause
	Denials   int
}

// OtherOperations stands for the operations of refusals whose operations are not
// known: a store keeps a bounded number of them.
const OtherOperations = "(other operations)"

// Denials is the sum of the refusals.
func (h *Hour) Denials() int {
	n := 0
	for _, r := range h.Refusals {
		n += r.Denials
	}
	return n
}

// refuse adds refusals.
func (h *Hour) refuse(operation string, cause denial.Cause, n int) {
	for i := range h.Refusals {
		if r := &h.Refusals[i]; r.Operation == operation && r.Cause == cause {
			r.Denials += n
			return
		}
	}
	h.Refusals = append(h.Refusals, Refusal{operation, cause, n})
}

// Diary collects denials as principals' days. The zero value is empty. Whoever
// adds makes sure that no denial is added twice.
type Diary struct {
	days map[diaryKey]*diaryDay
}

type diaryKey struct {
	principal string
	day       tally.Day
}

type diaryDay struct {
	first         tally.Ref
	kind, account string
	hours         map[tally.Hour]*Hour
}

// Add adds a call; one that was not refused changes nothing.
func (d *Diary) Add(c *denial.Call) {
	if c.Outcome != denial.Refused {
		return
	}
	if d.days == nil {
		d.days = map[diaryKey]*diaryDay{}
	}
	hour := tally.HourOf(c.Time)
	key := diaryKey{c.Principal.Key, hour.Day()}
	day := d.days[key]
	ref := tally.Ref{Time: c.Time, Key: c.Key}
	if day == nil {
		day = &diaryDay{first: ref, kind: c.Principal.Type, account: c.Principal.Account, hours: map[tally.Hour]*Hour{}}
		d.days[key] = day
	}
	if ref.Compare(day.first) < 0 {
		day.first, day.kind, day.account = ref, c.Principal.Type, c.Principal.Account
	}
	h := day.hours[hour]
	if h == nil {
		h = &Hour{Hour: hour, First: c.Time, Last: c.Time, Sources: map[string]int{}}
		day.hours[hour] = h
	}
	if c.Time.Before(h.First) {
		h.First = c.Time
	}
	if c.Time.After(h.Last) {
		h.Last = c.Time
	}
	h.refuse(c.Operation, c.Cause, 1)
	if c.Source.IsValid() {
		h.Sources[c.Source.String()]++
	}
}

// Days returns what was collected, by day, then key. It does not depend on the
// order of additions.
func (d *Diary) Days() []PrincipalDay {
	keys := slices.SortedFunc(maps.Keys(d.days), func(a, b diaryKey) int {
		return cmp.Or(cmp.Compare(a.day, b.day), cmp.Compare(a.principal, b.principal))
	})
	out := make([]PrincipalDay, 0, len(keys))
	for _, key := range keys {
		day := d.days[key]
		p := PrincipalDay{Key: key.principal, Type: day.kind, Account: day.account}
		for _, hour := range slices.Sorted(maps.Keys(day.hours)) {
			h := *day.hours[hour]
			h.Refusals = slices.Clone(h.Refusals)
			slices.SortFunc(h.Refusals, func(a, b Refusal) int {
				return cmp.Or(cmp.Compare(a.Operation, b.Operation), cmp.Compare(a.Cause, b.Cause))
			})
			h.Sources = maps.Clone(h.Sources)
			p.Hours = append(p.Hours, h)
		}
		out = append(out, p)
	}
	return out
}
