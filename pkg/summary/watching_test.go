package summary_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"chimewatch/pkg/summary"
	"chimewatch/pkg/tally"
)

// TestBegunInTheMiddle: a watch that began on a Wednesday did not sleep before,
// and that week is no whole one to compare with.
func TestBegunInTheMiddle(t *testing.T) {
	s := busyWeek(t)
	o := newOffice(s)
	wednesday := s.period.Start.AddDate(0, 0, -5).Add(10 * time.Hour)
	for h := tally.HourOf(wednesday); h < tally.HourOf(s.period.Start); h++ {
		o.data.Health.Hours = append(o.data.Health.Hours, summary.HealthHour{Hour: h, Records: 1})
	}
	o.now = o.now.AddDate(0, 0, -7)
	for range 2 {
		if _, err := o.run(t, monday(s).AddDate(0, 0, -7*(1-len(o.mails))), 0, false); err != nil {
			t.Fatal(err)
		}
		o.now = o.now.AddDate(0, 0, 7)
	}
	if !o.book.Began.Equal(wednesday) {
		t.Errorf("the watch began at %v, want %v", o.book.Began, wednesday)
	}
	if first := o.mails[0].text; strings.Contains(first, "sign of life") || !strings.Contains(first, "in the first week of the watch") {
		t.Errorf("the first summary:\n%s", first)
	}
	if second := o.mails[1].text; strings.Contains(second, "times as many") || strings.Contains(second, "up from") {
		t.Errorf("the second summary compares with a week that was watched in part:\n%s", second)
	}
}

// TestHeld: periods that the store does not hold whole any more are not compared
// with.
func TestHeld(t *testing.T) {
	for _, c := range []struct {
		held     time.Duration
		compared int
	}{{0, 4}, {40 * 24 * time.Hour, 4}, {24 * 24 * time.Hour, 2}, {8 * 24 * time.Hour, 0}} {
		s := busyWeek(t)
		o := newOffice(s)
		o.book, o.version = summary.Book{Began: s.period.Before(4).Start, Through: s.period.Start}, 1
		r := o.runner(t, 7)
		r.Held = c.held
		if _, err := r.Run(t.Context(), monday(s)); err != nil {
			t.Fatal(err)
		}
		text := o.shelf["2026-W26"]
		var got struct{ Figures []summary.Figure }
		if err := json.Unmarshal([]byte(text[strings.LastIndex(text, "{\n \"schema\""):]), &got); err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(got.Figures, func(f summary.Figure) bool { return f.Name == "Denials" })
		if f := got.Figures[i]; f.Of != c.compared || (f.Before == nil) != (c.compared == 0) || (f.Median == nil) != (c.compared < 2) {
			t.Errorf("held for %v: %+v, want %d periods compared", c.held, f, c.compared)
		}
	}
}
