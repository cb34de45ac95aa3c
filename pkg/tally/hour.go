package tally

import "time"

// Hour is a clock hour: the number of hours since 1970-01-01T00:00Z, UTC.
type Hour int64

// Day is a calendar day in UTC: the number of days since 1970-01-01.
type Day int64

// HourOf returns the clock hour that t falls in.
func HourOf(t time.Time) Hour { return Hour(floorDiv(t.Unix(), 3600)) }

// Start returns the first instant of the hour, in UTC.
func (h Hour) Start() time.Time { return time.Unix(int64(h)*3600, 0).UTC() }

// Minute returns the first instant of the hour's minute m, which may lie
// outside 0..59 and then belongs to another hour.
func (h Hour) Minute(m int) time.Time { return time.Unix(int64(h)*3600+int64(m)*60, 0).UTC() }

// Day returns the day that the hour falls in.
func (h Hour) Day() Day { return Day(floorDiv(int64(h), 24)) }

// OfDay returns the hour's place in its day, 0 to 23.
func (h Hour) OfDay() int { return int(int64(h) - int64(h.Day())*24) }

// First returns the day's first hour.
func (d Day) First() Hour { return Hour(d) * 24 }

// DayOf returns the day that t falls in.
func DayOf(t time.Time) Day { return HourOf(t).Day() }

// minuteOf returns t's minute in its hour, 0 to 59.
func minuteOf(t time.Time) int {
	s := t.Unix()
	return int((s - floorDiv(s, 3600)*3600) / 60)
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
