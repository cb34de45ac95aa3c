package summary

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"chimewatch/pkg/denial"
	"chimewatch/pkg/tally"
	"chimewatch/pkg/wording"
)

// gapFrom is how many hours without a sign of life are a gap. The watch gives
// one every hour.
const gapFrom = 2

// maxGaps is how many gaps are named.
const maxGaps = 10

// expiringDays is how long before its end a suppression is said to be expiring.
const expiringDays = 14

// watch says how the watch itself did.
func (m *making) watch() {
	if r := m.data.Records; r != nil {
		counts := RecordCounts(*r)
		m.report.Records = &counts
	}
	if m.data.Health == nil {
		return
	}
	w := &Watch{Gaps: []Gap{}, Troubles: []string{}}
	awake := make([]bool, m.hours)
	lookups, covered := int64(0), int64(0)
	for _, h := range m.data.Health.Hours {
		if m.periodOf(h.Hour) != 0 {
			continue
		}
		awake[h.Hour-m.first] = true
		w.Records += h.Records
		w.Duplicates += h.Duplicates
		w.Conflicts += h.Conflicts
		w.Late += h.Late
		w.Expired += h.Expired
		w.Malformed += h.Malformed
		w.Dead = max(w.Dead, h.Dead)
		w.Looked += h.Looked
		w.Missed += h.Missed
		w.Failed += h.Failed
		w.Alerts += h.Alerts
		lookups += h.Lookups
		covered += h.Covered
	}
	if lookups > 0 {
		percent := covered / lookups
		w.Covered = &percent
	}
	m.gaps(w, awake)
	w.troubles()
	m.report.Watch = w
}

// gaps finds the runs of hours without a sign of life, from when the watch
// began.
func (m *making) gaps(w *Watch, awake []bool) {
	from := 0
	if !m.data.Watching.IsZero() {
		from = max(0, int(tally.HourOf(m.data.Watching)-m.first))
	}
	for i := from; i < len(awake); {
		n := 0
		for i+n < len(awake) && !awake[i+n] {
			n++
		}
		if n >= gapFrom {
			w.Gaps = append(w.Gaps, Gap{m.local((m.first + tally.Hour(i)).Start()), n})
		}
		i += n + 1
	}
	slices.SortStableFunc(w.Gaps, func(a, b Gap) int { return b.Hours - a.Hours })
	w.Gaps = w.Gaps[:min(len(w.Gaps), maxGaps)]
}

func (w *Watch) troubles() {
	say := func(format string, args ...any) { w.Troubles = append(w.Troubles, fmt.Sprintf(format, args...)) }
	if len(w.Gaps) > 0 {
		g := w.Gaps[0]
		say("No sign of life for %s from %s: what happened then may be missing until it is backfilled.", wording.Count(g.Hours, "hour", "hours"), stamp(g.Start))
	}
	if w.Dead > 0 {
		say("%s in the dead-letter queues: what they hold is not counted here, unless they were moved back.", wording.Count(w.Dead, "message was", "messages were"))
	}
	if w.Missed > 0 && w.Looked > 0 {
		say("%s of %s that CloudTrail had did not arrive by themselves and were fetched.", percent(w.Missed, w.Looked), wording.Count(w.Looked, "denied call", "denied calls"))
	}
	if w.Covered != nil && *w.Covered < 100 {
		say("Only %d %% of the hours could be looked up in CloudTrail; what did not arrive in the rest is not known.", *w.Covered)
	}
	if w.Malformed > 0 {
		say("%s could not be understood.", wording.Count(w.Malformed, "record", "records"))
	}
	if w.Conflicts > 0 {
		say("%s the event id of another and other content; the first ones count.", wording.Count(w.Conflicts, "record has", "records have"))
	}
	if w.Expired > 0 {
		say("%s older than the retention and not counted; the command line can analyze them.", wording.Count(w.Expired, "record was", "records were"))
	}
}

// blind reports whether the watch may have missed something that matters.
func (w *Watch) blind() bool { return w != nil && (len(w.Gaps) > 0 || w.Dead > 0 || w.Malformed > 0) }

// suppressions says what each silenced, what expires and what is of no use.
func (m *making) suppressions() {
	m.silenced = map[string]bool{}
	for _, s := range m.data.Suppressions {
		if s.Callers != nil && !s.Callers.Over(m.period.Start) {
			for key, p := range m.people {
				if s.Callers.SilencesCaller(key, p.account) {
					m.silenced[key] = true
				}
			}
		}
		out := Silence{
			Name: s.Name, Reason: s.Reason, Owner: s.Owner, Until: s.Until.Format(time.DateOnly), Match: s.Match, Incidents: s.Incidents, Denials: s.Denials, State: "active",
		}
		ends := s.Until.AddDate(0, 0, 1)
		switch {
		case !ends.After(m.period.End):
			out.State = "expired"
		case !ends.After(m.period.End.AddDate(0, 0, expiringDays)):
			out.State = "expiring"
		case s.Incidents == 0:
			out.State = "unused"
		}
		m.report.Suppressions = append(m.report.Suppressions, out)
	}
	slices.SortStableFunc(m.report.Suppressions, func(a, b Silence) int {
		return cmp.Or(b.Incidents-a.Incidents, cmp.Compare(a.Until, b.Until), cmp.Compare(a.Name, b.Name))
	})
}

// operations lists what was refused.
func (m *making) operations() {
	for name, o := range m.ops {
		m.report.Operations = append(m.report.Operations, Operation{name, o.denials, o.people, isCritical(name)})
	}
	slices.SortFunc(m.report.Operations, func(a, b Operation) int { return cmp.Or(b.Denials-a.Denials, cmp.Compare(a.Name, b.Name)) })
}

// maxBars is how many bars denials over time have at most.
const maxBars = 31

// bars sums denials up by day, or by several where there are many days.
func (m *making) bars() {
	days := m.period.Days()
	per := (days + maxBars - 1) / maxBars
	for d := 0; d < days; d += per {
		b := Bar{Start: addDays(m.period.Start, d), Days: min(per, days-d), Causes: map[denial.Cause]int{}}
		first, last := Period{b.Start, addDays(b.Start, b.Days)}.hours()
		for h := first; h <= last; h++ {
			for cause, n := range m.causes[h-m.first] {
				b.Causes[cause] += n
				b.Total += n
			}
		}
		before := 0
		for i := d; i < d+b.Days; i++ {
			before += m.earlier[i]
		}
		b.Before = m.before(before)
		m.report.Bars = append(m.report.Bars, b)
	}
}
