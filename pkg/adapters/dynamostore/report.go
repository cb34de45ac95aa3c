package dynamostore

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"chimewatch/pkg/denial"
	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/tally"
)

// report is what one principal was refused on one day. Reports of different
// calls merge in any order.
type report struct {
	Key     string    `json:"k"`
	Type    string    `json:"y,omitempty"` // of the earliest denial
	Account string    `json:"a,omitempty"` // of the earliest denial
	First   tally.Ref `json:"f"`
	Last    time.Time `json:"l"`
	Denials int       `json:"n"`

	Operations map[string]int       `json:"o"`
	Causes     map[denial.Cause]int `json:"c"`
	Sources    map[string]int       `json:"s,omitempty"`

	Hours map[int]*hourReport `json:"-"` // by hour of the day; empty in sums of days. See hours.go for how they are stored
}

// Bounds of a report. Of more operations or sources, those with the smallest
// hashes are kept. Whoever is among those of all calls was among those of any
// part, so their counts are exact.
const (
	maxOperations = 128
	maxSources    = 64
)

func reportOf(c *denial.Call, storedKey string) *report {
	r := &report{
		Key: storedKey, Type: cut(c.Principal.Type, maxName), Account: cut(c.Principal.Account, maxName),
		First: tally.Ref{Time: c.Time, Key: c.Key}, Last: c.Time, Denials: 1,
		Operations: map[string]int{c.Operation: 1}, Causes: map[denial.Cause]int{c.Cause: 1}, Sources: map[string]int{},
		Hours: hoursOf(c),
	}
	if c.Source.IsValid() {
		r.Sources[c.Source.String()] = 1
	}
	return r
}

func (r *report) merge(h tally.Hasher, o *report) {
	r.add(o)
	r.addHours(o)
	keepSmallest(r.Operations, maxOperations, h.Operation)
	keepSmallest(r.Sources, maxSources, func(address string) uint64 { return sourceHash(h, address) })
	r.boundHours(h)
}

func sourceHash(h tally.Hasher, address string) uint64 { return h.Sum("source", address) }

// add is merge without the bounds.
func (r *report) add(o *report) {
	if r.Denials == 0 || o.First.Compare(r.First) < 0 {
		r.Key, r.Type, r.Account, r.First = o.Key, o.Type, o.Account, o.First
	}
	if o.Last.After(r.Last) {
		r.Last = o.Last
	}
	r.Denials += o.Denials
	r.Operations = addCounts(r.Operations, o.Operations)
	r.Causes = addCounts(r.Causes, o.Causes)
	r.Sources = addCounts(r.Sources, o.Sources)
}

func addCounts[K comparable](to, from map[K]int) map[K]int {
	if to == nil {
		to = make(map[K]int, len(from))
	}
	for k, n := range from {
		to[k] += n
	}
	return to
}

func keepSmallest(counts map[string]int, limit int, hash func(string) uint64) {
	if len(counts) <= limit {
		return
	}
	names := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(hash(a), hash(b)), cmp.Compare(a, b))
	})
	for _, name := range names[limit:] {
		delete(counts, name)
	}
}

func (r *report) public() pipeline.PrincipalReport {
	return pipeline.PrincipalReport{
		Key: r.Key, Type: r.Type, Account: r.Account, Denials: r.Denials, FirstSeen: r.First.Time, LastSeen: r.Last,
		Operations: r.Operations, Causes: r.Causes, Sources: r.Sources,
	}
}
