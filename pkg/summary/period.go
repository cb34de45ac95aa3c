package summary

import (
	"fmt"
	"time"

	"chimewatch/pkg/tally"
)

// Period is the time that a report is about: whole days of a time zone.
type Period struct {
	Start, End time.Time // midnights in the zone; End is exclusive
}

// MaxDays is how many days a period may have. Of a longer one a report is about
// the last MaxDays.
const MaxDays = 366

// NewPeriod returns the days before the day that end falls in, in end's zone.
func NewPeriod(end time.Time, days int) Period {
	end = midnight(end)
	return Period{addDays(end, -days), end}
}

// Covering returns the least period of whole days, in the zone of first, that
// holds both times.
func Covering(first, last time.Time) Period {
	return Period{midnight(first), addDays(midnight(last.In(first.Location())), 1)}
}

// WeekOf returns the week, Monday to Sunday, that t falls in, in t's zone.
func WeekOf(t time.Time) Period {
	day := midnight(t)
	monday := addDays(day, -(int(day.Weekday())+6)%7)
	return Period{monday, addDays(monday, 7)}
}

// ParseWeek reads an ISO 8601 week such as 2026-W26.
func ParseWeek(s string, zone *time.Location) (Period, error) {
	var year, week int
	if n, err := fmt.Sscanf(s, "%d-W%d", &year, &week); err != nil || n != 2 || s != fmt.Sprintf("%04d-W%02d", year, week) {
		return Period{}, fmt.Errorf("%q is no week: write it like 2026-W26", s)
	}
	// 4 January is always in the first week.
	p := WeekOf(time.Date(year, 1, 4+7*(week-1), 0, 0, 0, 0, zone))
	if y, w := p.Start.ISOWeek(); y != year || w != week {
		return Period{}, fmt.Errorf("%q is no week: the year %d has none of that number", s, year)
	}
	return p, nil
}

// midnight returns the beginning of t's day in its zone. Where the clocks change
// at midnight a day begins at the first time that it has.
func midnight(t time.Time) time.Time { return date(t, 0) }

// addDays returns the midnight n days after that of t.
func addDays(t time.Time, n int) time.Time { return date(t, n) }

func date(t time.Time, days int) time.Time {
	y, m, d := t.Date()
	out := time.Date(y, m, d+days, 0, 0, 0, 0, t.Location())
	// Where midnight is skipped, time.Date may give an hour of the day before.
	if want := time.Date(y, m, d+days, 12, 0, 0, 0, t.Location()); out.Day() != want.Day() {
		_, end := out.ZoneBounds()
		return end
	}
	return out
}

// Days is how many days the period has, MaxDays + 1 if it has more than MaxDays.
func (p Period) Days() int {
	n := 0
	for t := p.Start; t.Before(p.End) && n <= MaxDays; t = addDays(t, 1) {
		n++
	}
	return n
}

// Before returns the k-th period of the same length before this one.
func (p Period) Before(k int) Period {
	n := p.Days()
	return Period{addDays(p.Start, -k*n), addDays(p.Start, -(k-1)*n)}
}

// hours returns the first and the last clock hour that begin in the period.
func (p Period) hours() (first, last tally.Hour) { return hourFrom(p.Start), hourFrom(p.End) - 1 }

// hourFrom returns the first clock hour that begins at t or later.
func hourFrom(t time.Time) tally.Hour { return tally.HourOf(t.Add(time.Hour - time.Nanosecond)) }

// UTCDays returns the first and the last day in UTC that the period has hours
// of.
func (p Period) UTCDays() (first, last tally.Day) {
	a, b := p.hours()
	return a.Day(), b.Day()
}

// week returns the ISO week that the period is, if it is one.
func (p Period) week() (year, week int, ok bool) {
	if p.Start.Weekday() != time.Monday || !addDays(p.Start, 7).Equal(p.End) {
		return 0, 0, false
	}
	year, week = p.Start.ISOWeek()
	return year, week, true
}

// ID names the period in a way that sorts and may stand in file names: the ISO
// week, 2026-W26, the day, 2026-06-28, or the first and last day,
// 2026-06-26_2026-07-02.
func (p Period) ID() string {
	last := addDays(p.End, -1).Format(time.DateOnly)
	switch y, w, ok := p.week(); {
	case ok:
		return fmt.Sprintf("%04d-W%02d", y, w)
	case p.Days() == 1:
		return last
	}
	return p.Start.Format(time.DateOnly) + "_" + last
}

// Title names the period for people.
func (p Period) Title() string {
	if y, w, ok := p.week(); ok {
		return fmt.Sprintf("Week %d of %d", w, y)
	}
	if n := p.Days(); n > 1 {
		return fmt.Sprintf("%d days to %s", n, addDays(p.End, -1).Format("2 January 2006"))
	}
	return p.Start.Format("Monday, 2 January 2006")
}

// Span says from when to when the period goes.
func (p Period) Span() string {
	last := addDays(p.End, -1)
	if p.Days() == 1 {
		return last.Format("Mon 2 Jan 2006")
	}
	if p.Start.Year() == last.Year() {
		return p.Start.Format("Mon 2 Jan") + " to " + last.Format("Mon 2 Jan 2006")
	}
	return p.Start.Format("Mon 2 Jan 2006") + " to " + last.Format("Mon 2 Jan 2006")
}

// noun is what a period of this length is called: week, day or period.
func (p Period) noun() string {
	switch p.Days() {
	case 7:
		return "week"
	case 1:
		return "day"
	}
	return "period"
}

// Due returns the periods of a number of days that a run scheduled for a time
// has to summarise, given the end of the last one that was: the oldest first.
// The last of them ends with the day before the run's, in the zone of
// scheduled; where runs were missed those before it are caught up, at most
// MaxCatchUp. It is empty if the run's was summarised already.
func Due(scheduled, through time.Time, days int) []Period {
	current := NewPeriod(scheduled, days)
	if !through.Before(current.End) {
		return nil
	}
	var out []Period
	if !through.IsZero() {
		start := midnight(through.In(scheduled.Location()))
		if oldest := addDays(current.Start, -days*MaxCatchUp); start.Before(oldest) {
			start = oldest
		}
		for end := addDays(start, days); end.Before(current.End); end = addDays(end, days) {
			out = append(out, NewPeriod(end, days))
		}
	}
	return append(out, current)
}

// MaxCatchUp is how many missed periods a run catches up.
const MaxCatchUp = 4
