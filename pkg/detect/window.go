package detect

import (
	"fmt"

	"chimewatch/pkg/tally"
)

// minutes is a rule over distinct things in a window of clock minutes.
type minutes struct {
	rule      Rule
	threshold int
	minutes   int
	count     func(*tally.Summary) uint32
	set       func(*tally.Minute) tally.Set
	cell      func(*tally.Cell) uint64 // what evidence shall show, 0 for cells that don't count
	unit      string
}

// overMinutes slides the window over the minutes of the hour.
func (e *evaluation) overMinutes(r minutes) {
	detail := e.now.Detail
	if detail == nil {
		return
	}
	span, most := e.span(r.minutes), 0
	for _, s := range span {
		most += len(r.set(s.minute))
	}
	if most < r.threshold { // as nearly always
		return
	}
	var union tally.Set
	for i := range detail.Minutes {
		if m := &detail.Minutes[i]; len(r.set(m)) == 0 {
			continue
		}
		at := int(detail.Minutes[i].At)
		union = union[:0]
		for _, s := range span {
			if s.at > at-r.minutes && s.at <= at {
				union.Merge(r.set(s.minute))
			}
		}
		if len(union) >= r.threshold {
			w := e.minuteWindow(at, r.minutes)
			e.add(r.rule, w, r.count(&e.now.Summary),
				fmt.Sprintf("%s in %s (threshold %d)", atLeast(len(union), r.unit), plural(r.minutes, "minute"), r.threshold),
				e.cellEvidence(w, r.cell))
			return
		}
	}
}

// burst counts denials in a window of clock minutes.
func (e *evaluation) burst() {
	detail, r := e.now.Detail, e.config.DenialBurst
	if detail == nil {
		return
	}
	span := e.span(r.Minutes)
	for i := range detail.Minutes {
		at, sum := int(detail.Minutes[i].At), 0
		for _, s := range span {
			if s.at > at-r.Minutes && s.at <= at {
				sum += int(s.minute.Denials)
			}
		}
		if sum >= r.Threshold && detail.Minutes[i].Denials > 0 {
			w := e.minuteWindow(at, r.Minutes)
			e.add(DenialBurst, w, e.now.Summary.Denials,
				fmt.Sprintf("%s in %s (threshold %d)", plural(sum, "denial"), plural(r.Minutes, "minute"), r.Threshold),
				append(e.cellEvidence(w, anyCell), firstOfMinutes(span, at-r.Minutes+1, at)...))
			return
		}
	}
}

// firstOfMinutes returns the first call of each minute from first to last.
func firstOfMinutes(span []placed, first, last int) (out tally.Firsts) {
	for _, s := range span {
		if s.at >= first && s.at <= last {
			out = append(out, tally.First{Ref: s.minute.First})
		}
	}
	return out
}

// placed is a minute with its place relative to the hour.
type placed struct {
	at     int
	minute *tally.Minute
}

// span lists the minutes that windows of the length can reach from the hour.
func (e *evaluation) span(window int) []placed {
	var out []placed
	for back := (window + 58) / 60; back >= 0; back-- {
		if d := e.history.Detail(e.hour - tally.Hour(back)); d != nil {
			for i := range d.Minutes {
				out = append(out, placed{int(d.Minutes[i].At) - 60*back, &d.Minutes[i]})
			}
		}
	}
	return out
}

// hours is a rule over clock hours: over distinct things, or over a count where
// set is nil.
type hours struct {
	rule      Rule
	threshold int
	hours     int
	count     func(*tally.Summary) uint32
	set       func(*tally.Summary) tally.Set
	cell      func(*tally.Cell) uint64
	mark      tally.Mark // evidence of rules about principals
	unit      string
}

// overHours evaluates the window that ends with the hour.
func (e *evaluation) overHours(r hours) {
	count := r.count(&e.now.Summary)
	if count == 0 {
		return
	}
	first := e.hour - tally.Hour(r.hours) + 1
	span, size := e.history.Range(first, e.hour), 0
	for _, h := range span {
		if r.set == nil {
			size += int(r.count(&h.Tally.Summary))
		} else {
			size += len(r.set(&h.Tally.Summary))
		}
	}
	if r.set != nil && size >= r.threshold { // it may be less: the hours have some in common
		var union tally.Set
		for _, h := range span {
			union.Merge(r.set(&h.Tally.Summary))
		}
		size = len(union)
	}
	if size < r.threshold {
		return
	}
	e.add(r.rule, Span{first.Start(), (e.hour + 1).Start()}, count,
		fmt.Sprintf("%s in %s (threshold %d)", atLeast(size, r.unit), plural(r.hours, "clock hour"), r.threshold),
		e.hourEvidence(first, r))
}

func (e *evaluation) minuteWindow(minute, window int) Span {
	return Span{e.hour.Minute(minute - window + 1), e.hour.Minute(minute + 1)}
}

func plural(n int, unit string) string {
	if n == 1 {
		return "1 " + unit
	}
	return fmt.Sprintf("%d %ss", n, unit)
}

// atLeast says how many, where a set stops counting at tally.K.
func atLeast(n int, unit string) string {
	if n == tally.K {
		return fmt.Sprintf("at least %d %s", n, unit)
	}
	return fmt.Sprintf("%d %s", n, unit)
}
