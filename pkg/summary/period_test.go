package summary_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"chimewatch/pkg/summary"
)

// ISO 8601 weeks: https://www.iso.org/iso-8601-date-and-time-format.html. The
// week of a year's first Thursday is its first.
func TestPeriodNames(t *testing.T) {
	for _, c := range []struct{ day, id, title, span string }{
		{"2026-06-24", "2026-W26", "Week 26 of 2026", "Mon 22 Jun to Sun 28 Jun 2026"},
		{"2026-12-31", "2026-W53", "Week 53 of 2026", "Mon 28 Dec 2026 to Sun 3 Jan 2027"},
		{"2027-01-03", "2026-W53", "Week 53 of 2026", "Mon 28 Dec 2026 to Sun 3 Jan 2027"},
		{"2027-01-04", "2027-W01", "Week 1 of 2027", "Mon 4 Jan to Sun 10 Jan 2027"},
		{"2024-12-30", "2025-W01", "Week 1 of 2025", "Mon 30 Dec 2024 to Sun 5 Jan 2025"},
		{"2021-01-01", "2020-W53", "Week 53 of 2020", "Mon 28 Dec 2020 to Sun 3 Jan 2021"},
	} {
		day, err := time.ParseInLocation(time.DateOnly, c.day, berlin(t))
		if err != nil {
			t.Fatal(err)
		}
		p := summary.WeekOf(day.Add(13 * time.Hour))
		if p.ID() != c.id || p.Title() != c.title || p.Span() != c.span {
			t.Errorf("%s: %s, %s, %s", c.day, p.ID(), p.Title(), p.Span())
		}
		again, err := summary.ParseWeek(p.ID(), berlin(t))
		if err != nil || !again.Start.Equal(p.Start) || !again.End.Equal(p.End) {
			t.Errorf("%s read again: %v, %v", p.ID(), again, err)
		}
	}
	if p := summary.NewPeriod(time.Date(2026, 6, 26, 16, 0, 0, 0, berlin(t)), 7); p.ID() != "2026-06-19_2026-06-25" || p.Title() != "7 days to 25 June 2026" {
		t.Errorf("%s, %s", p.ID(), p.Title())
	}
	if p := summary.NewPeriod(time.Date(2026, 6, 26, 16, 0, 0, 0, berlin(t)), 1); p.ID() != "2026-06-25" || p.Title() != "Thursday, 25 June 2026" {
		t.Errorf("%s, %s", p.ID(), p.Title())
	}
	for _, bad := range []string{"2026-W54", "2025-W53", "2026-W00", "2026-26", "2026-W6", "x", "2026-W26 "} {
		if _, err := summary.ParseWeek(bad, time.UTC); err == nil || !strings.Contains(err.Error(), "is no week") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// TestDue says which periods runs summarise, whenever they come.
func TestDue(t *testing.T) {
	zone := berlin(t)
	at := func(day string) time.Time {
		d, err := time.ParseInLocation(time.DateOnly, day, zone)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	for _, c := range []struct {
		name, run, through string
		days               int
		want               string
	}{
		{"the first run", "2026-06-29", "", 7, "2026-W26"},
		{"the next", "2026-06-29", "2026-06-22", 7, "2026-W26"},
		{"the same again", "2026-06-29", "2026-06-29", 7, ""},
		{"an old one, delivered late", "2026-06-22", "2026-06-29", 7, ""},
		{"one was missed", "2026-06-29", "2026-06-15", 7, "2026-W25 2026-W26"},
		{"half a year was missed", "2026-06-29", "2026-01-05", 7, "2026-W22 2026-W23 2026-W24 2026-W25 2026-W26"},
		{"the schedule moved to Friday", "2026-06-26", "2026-06-22", 7, "2026-06-19_2026-06-25"},
		{"moved, and one was missed", "2026-06-26", "2026-06-15", 7, "2026-W25 2026-06-19_2026-06-25"},
		{"daily", "2026-06-29", "2026-06-28", 1, "2026-06-28"},
		{"daily, two missed", "2026-06-29", "2026-06-26", 1, "2026-06-26 2026-06-27 2026-06-28"},
		{"over the change of clocks", "2026-03-30", "2026-03-23", 7, "2026-W13"},
		{"over the other one", "2026-10-26", "2026-10-19", 7, "2026-W43"},
	} {
		var through time.Time
		if c.through != "" {
			through = at(c.through).UTC() // as it is read from the book
		}
		for _, hour := range []float64{0, 0.5, 7, 23.5} {
			var got []string
			for _, p := range summary.Due(at(c.run).Add(hours(hour)), through, c.days) {
				got = append(got, p.ID())
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("%s, at %v h: got %q, want %q", c.name, hour, got, c.want)
			}
		}
	}
}

// TestPeriodsMeet: in every zone and year a period ends where the next begins,
// and has as many days as it was asked for.
func TestPeriodsMeet(t *testing.T) {
	// Apia skipped a day, Sao Paulo changed its clocks at midnight, Lord Howe
	// changes them by half an hour, Kathmandu is off by a quarter.
	zones := []string{"UTC", "Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Pacific/Apia", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Cairo"}
	rapid.Check(t, func(rt *rapid.T) {
		zone := location(t, rapid.SampledFrom(zones).Draw(rt, "zone"))
		end := time.Unix(rapid.Int64Range(1_000_000_000, 2_500_000_000).Draw(rt, "end"), 0).In(zone)
		days := rapid.IntRange(1, 40).Draw(rt, "days")
		p := summary.NewPeriod(end, days)
		if end.Before(p.End) || end.Sub(p.End) > 26*time.Hour {
			rt.Fatalf("%v ends at %v", end, p.End)
		}
		if before := p.Before(1); !before.End.Equal(p.Start) {
			rt.Fatalf("the period before ends at %v, not %v", before.End, p.Start)
		}
		if got := p.Days(); got != days && zone.String() != "Pacific/Apia" {
			rt.Fatalf("%v has %d days, want %d", p, got, days)
		}
		if p.Start.Hour() > 1 {
			rt.Fatalf("begins at %v", p.Start)
		}
		if due := summary.Due(end, time.Time{}, days); len(due) != 1 || due[0] != p {
			rt.Fatalf("due is %v", due)
		}
	})
}
