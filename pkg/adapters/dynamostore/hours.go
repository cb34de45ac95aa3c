package dynamostore

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"chimewatch/pkg/denial"
	"chimewatch/pkg/summary"
	"chimewatch/pkg/tally"
)

// hourReport is what one principal was refused in one clock hour.
type hourReport struct {
	First, Last time.Time // denials
	Refusals    map[refusal]int
	Others      map[denial.Cause]int // denials of refusals that are not kept
	Sources     map[string]int
}

type refusal struct {
	Operation string
	Cause     denial.Cause
}

// Bounds of a report's hours, all of a day together. Of more, those first in an
// order that no caller can foresee are kept, so that what is kept is counted
// exactly whatever the order of merging; how much is not kept stays known by
// cause.
const (
	maxRefusals    = 1280
	maxHourSources = 512
)

func hoursOf(c *denial.Call) map[int]*hourReport {
	h := &hourReport{First: c.Time, Last: c.Time, Refusals: map[refusal]int{{c.Operation, c.Cause}: 1}}
	if c.Source.IsValid() {
		h.Sources = map[string]int{c.Source.String(): 1}
	}
	return map[int]*hourReport{tally.HourOf(c.Time).OfDay(): h}
}

// addHours adds the hours of another report of the same day.
func (r *report) addHours(o *report) {
	if r.Hours == nil {
		r.Hours = map[int]*hourReport{}
	}
	for hour, from := range o.Hours {
		to := r.Hours[hour]
		if to == nil {
			to = &hourReport{First: from.First, Last: from.Last}
			r.Hours[hour] = to
		}
		if from.First.Before(to.First) {
			to.First = from.First
		}
		if from.Last.After(to.Last) {
			to.Last = from.Last
		}
		to.Refusals = addCounts(to.Refusals, from.Refusals)
		to.Others = addCounts(to.Others, from.Others)
		to.Sources = addCounts(to.Sources, from.Sources)
	}
}

// boundHours keeps of the hours what names an operation or a source that the
// report keeps, within the bounds.
func (r *report) boundHours(h tally.Hasher) {
	refusals, sources := 0, 0
	for _, in := range r.Hours {
		for of, n := range in.Refusals {
			if r.Operations[of.Operation] == 0 {
				in.drop(of, n)
			}
		}
		maps.DeleteFunc(in.Sources, func(address string, _ int) bool { return r.Sources[address] == 0 })
		refusals, sources = refusals+len(in.Refusals), sources+len(in.Sources)
	}
	if refusals > maxRefusals {
		r.cutRefusals(h)
	}
	if sources > maxHourSources {
		r.cutSources(h)
	}
}

// hourly is something that is counted in an hour of the day, with the hash that
// decides whether it is kept.
type hourly[K any] struct {
	hour int
	of   K
	hash uint64
}

func (r *report) cutRefusals(h tally.Hasher) {
	var all []hourly[refusal]
	for hour, in := range r.Hours {
		for of := range in.Refusals {
			all = append(all, hourly[refusal]{hour, of, h.Operation(of.Operation)})
		}
	}
	slices.SortFunc(all, func(a, b hourly[refusal]) int {
		return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.of.Operation, b.of.Operation), cmp.Compare(a.hour, b.hour), cmp.Compare(a.of.Cause, b.of.Cause))
	})
	for _, x := range all[maxRefusals:] {
		r.Hours[x.hour].drop(x.of, r.Hours[x.hour].Refusals[x.of])
	}
}

func (r *report) cutSources(h tally.Hasher) {
	var all []hourly[string]
	for hour, in := range r.Hours {
		for address := range in.Sources {
			all = append(all, hourly[string]{hour, address, sourceHash(h, address)})
		}
	}
	slices.SortFunc(all, func(a, b hourly[string]) int {
		return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.of, b.of), cmp.Compare(a.hour, b.hour))
	})
	for _, x := range all[maxHourSources:] {
		delete(r.Hours[x.hour].Sources, x.of)
	}
}

// drop counts a refusal without its operation.
func (h *hourReport) drop(of refusal, n int) {
	h.Others = addCounts(h.Others, map[denial.Cause]int{of.Cause: n})
	delete(h.Refusals, of)
}

// storedHour is an hour of a report as it is stored. Operations, causes and
// sources are numbers: their places among the sorted ones of the report.
type storedHour struct {
	Hour     int                  `json:"h"` // of the day
	First    int64                `json:"f"` // nanoseconds from the beginning of the hour
	Last     int64                `json:"l"` // likewise
	Refusals []int                `json:"r"` // operation, cause, denials; and so on
	Others   map[denial.Cause]int `json:"o,omitempty"`
	Sources  []int                `json:"s,omitempty"` // source, denials; and so on
}

// plainReport is a report without its own form.
type plainReport report

type storedReport struct {
	*plainReport
	Hours []storedHour `json:"h,omitempty"`
}

// MarshalJSON writes the stored form.
func (r *report) MarshalJSON() ([]byte, error) {
	out := storedReport{plainReport: (*plainReport)(r)}
	operations, causes, sources := places(r.Operations), places(r.Causes), places(r.Sources)
	for _, hour := range slices.Sorted(maps.Keys(r.Hours)) {
		in := r.Hours[hour]
		start := tally.HourOf(in.First).Start()
		s := storedHour{Hour: hour, First: int64(in.First.Sub(start)), Last: int64(in.Last.Sub(start)), Others: in.Others}
		refusals := slices.SortedFunc(maps.Keys(in.Refusals), func(a, b refusal) int {
			return cmp.Or(cmp.Compare(a.Operation, b.Operation), cmp.Compare(a.Cause, b.Cause))
		})
		for _, of := range refusals {
			s.Refusals = append(s.Refusals, operations[of.Operation], causes[of.Cause], in.Refusals[of])
		}
		for _, address := range slices.Sorted(maps.Keys(in.Sources)) {
			s.Sources = append(s.Sources, sources[address], in.Sources[address])
		}
		out.Hours = append(out.Hours, s)
	}
	return json.Marshal(out)
}

// places numbers the keys in their order.
func places[K cmp.Ordered](counts map[K]int) map[K]int {
	out := make(map[K]int, len(counts))
	for i, k := range slices.Sorted(maps.Keys(counts)) {
		out[k] = i
	}
	return out
}

// UnmarshalJSON reads the stored form.
func (r *report) UnmarshalJSON(text []byte) error {
	in := storedReport{plainReport: (*plainReport)(r)}
	if err := json.Unmarshal(text, &in); err != nil {
		return err
	}
	operations, causes, sources := slices.Sorted(maps.Keys(r.Operations)), slices.Sorted(maps.Keys(r.Causes)), slices.Sorted(maps.Keys(r.Sources))
	day := tally.DayOf(r.First.Time)
	r.Hours = make(map[int]*hourReport, len(in.Hours))
	for _, s := range in.Hours {
		bad := s.Hour < 0 || s.Hour > 23 || len(s.Refusals)%3 != 0 || len(s.Sources)%2 != 0
		start := (day.First() + tally.Hour(s.Hour)).Start()
		h := &hourReport{First: start.Add(time.Duration(s.First)), Last: start.Add(time.Duration(s.Last)), Refusals: map[refusal]int{}, Others: s.Others}
		for i := 0; !bad && i < len(s.Refusals); i += 3 {
			operation, cause := s.Refusals[i], s.Refusals[i+1]
			if bad = operation < 0 || operation >= len(operations) || cause < 0 || cause >= len(causes); !bad {
				h.Refusals[refusal{operations[operation], causes[cause]}] = s.Refusals[i+2]
			}
		}
		for i := 0; !bad && i < len(s.Sources); i += 2 {
			if bad = s.Sources[i] < 0 || s.Sources[i] >= len(sources); !bad {
				h.Sources = addCounts(h.Sources, map[string]int{sources[s.Sources[i]]: s.Sources[i+1]})
			}
		}
		if bad {
			return fmt.Errorf("hour %d of a report points at what is not there", s.Hour)
		}
		r.Hours[s.Hour] = h
	}
	return nil
}

// principalDay is the report of a day as summaries take it. What is known by
// day only counts in the hour of the first denial, so that sums are exact.
func (r *report) principalDay() summary.PrincipalDay {
	out := summary.PrincipalDay{Key: r.Key, Type: r.Type, Account: r.Account}
	day, left := tally.DayOf(r.First.Time), maps.Clone(r.Causes)
	for _, hour := range slices.Sorted(maps.Keys(r.Hours)) {
		in := r.Hours[hour]
		h := summary.Hour{Hour: day.First() + tally.Hour(hour), First: in.First, Last: in.Last, Sources: in.Sources}
		for of, n := range in.Refusals {
			h.Refusals = append(h.Refusals, summary.Refusal{Operation: of.Operation, Cause: of.Cause, Denials: n})
			left[of.Cause] -= n
		}
		for cause, n := range in.Others {
			h.Refusals = append(h.Refusals, summary.Refusal{Operation: summary.OtherOperations, Cause: cause, Denials: n})
			left[cause] -= n
		}
		sortRefusals(h.Refusals)
		out.Hours = append(out.Hours, h)
	}
	rest := summary.Hour{Hour: tally.HourOf(r.First.Time), First: r.First.Time, Last: r.First.Time}
	for cause, n := range left {
		if n > 0 {
			rest.Refusals = append(rest.Refusals, summary.Refusal{Operation: summary.OtherOperations, Cause: cause, Denials: n})
		}
	}
	if len(rest.Refusals) > 0 {
		sortRefusals(rest.Refusals)
		out.Hours = append(out.Hours, rest)
	}
	return out
}

func sortRefusals(refusals []summary.Refusal) {
	slices.SortFunc(refusals, func(a, b summary.Refusal) int {
		return cmp.Or(cmp.Compare(a.Operation, b.Operation), cmp.Compare(a.Cause, b.Cause))
	})
}
