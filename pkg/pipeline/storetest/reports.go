package storetest

import (
	"cmp"
	"maps"
	"slices"

	"chimewatch/pkg/denial"
	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/tally"
)

// reports computes what principals were refused on days, from distinct calls.
func reports(calls []denial.Call, first, last tally.Day) []pipeline.PrincipalReport {
	calls = slices.Clone(calls)
	slices.SortFunc(calls, func(a, b denial.Call) int {
		return tally.Ref{Time: a.Time, Key: a.Key}.Compare(tally.Ref{Time: b.Time, Key: b.Key})
	})
	by := map[string]*pipeline.PrincipalReport{}
	for i := range calls {
		c := &calls[i]
		if day := tally.DayOf(c.Time); c.Outcome != denial.Refused || day < first || day > last {
			continue
		}
		r := by[c.Principal.Key]
		if r == nil {
			r = &pipeline.PrincipalReport{
				Key: c.Principal.Key, Type: c.Principal.Type, Account: c.Principal.Account, FirstSeen: c.Time,
				Operations: map[string]int{}, Causes: map[denial.Cause]int{}, Sources: map[string]int{},
			}
			by[c.Principal.Key] = r
		}
		r.Denials++
		r.LastSeen = c.Time
		r.Operations[c.Operation]++
		r.Causes[c.Cause]++
		if c.Source.IsValid() {
			r.Sources[c.Source.String()]++
		}
	}
	var out []pipeline.PrincipalReport
	for r := range maps.Values(by) {
		out = append(out, *r)
	}
	slices.SortFunc(out, func(a, b pipeline.PrincipalReport) int {
		return cmp.Or(b.Denials-a.Denials, cmp.Compare(a.Key, b.Key))
	})
	return out
}
