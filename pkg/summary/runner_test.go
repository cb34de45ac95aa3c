package summary_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/denial"
	"chimewatch/pkg/summary"
	"chimewatch/pkg/tally"
	"chimewatch/pkg/triage"
)

// office is everything that a run touches, in memory. It ends a run at a
// request: before it takes effect, or after, as a process that is killed.
type office struct {
	mu      sync.Mutex
	days    map[tally.Day][]summary.PrincipalDay
	data    summary.Data
	book    summary.Book
	version int
	shelf   map[string]string
	mails   []letter
	now     time.Time

	request int // of the run so far
	end     int // the request at which the run ends; 0 for none
	late    bool
}

type letter struct{ id, subject, text string }

var errKilled = errors.New("killed")

func newOffice(s *scene) *office {
	o := &office{days: map[tally.Day][]summary.PrincipalDay{}, data: s.data, shelf: map[string]string{}, now: s.period.End.Add(7 * time.Hour)}
	for _, d := range s.diary.Days() {
		day := d.Hours[0].Hour.Day()
		o.days[day] = append(o.days[day], d)
	}
	return o
}

// do makes a request, unless the run has ended.
func (o *office) do(effect func() error) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.request++
	if o.end > 0 && (o.request > o.end || o.request == o.end && !o.late) {
		return errKilled
	}
	err := effect()
	if o.request == o.end {
		return errKilled
	}
	return err
}

func (o *office) PrincipalDays(_ context.Context, day tally.Day, yield func(summary.PrincipalDay) error) error {
	return o.do(func() error {
		for _, d := range o.days[day] {
			if err := yield(d); err != nil {
				return err
			}
		}
		return nil
	})
}

func (o *office) FindingsOf(_ context.Context, first, last tally.Day) (out []triage.Finding, err error) {
	err = o.do(func() error {
		for _, f := range o.data.Findings {
			if d := f.Hour.Day(); d >= first && d <= last {
				out = append(out, f)
			}
		}
		return nil
	})
	return out, err
}

func (o *office) IncidentsOf(_ context.Context, first, last tally.Day) (out []triage.Incident, err error) {
	err = o.do(func() error {
		for _, in := range o.data.Incidents {
			if d := tally.DayOf(in.RaisedAt); d >= first && d <= last {
				out = append(out, in)
			}
		}
		return nil
	})
	return out, err
}

func (o *office) Calls(_ context.Context, keys []cloudtrail.Key) (out map[cloudtrail.Key]*denial.Call, err error) {
	out = map[cloudtrail.Key]*denial.Call{}
	err = o.do(func() error {
		for _, k := range keys {
			if c, ok := o.data.Calls[k]; ok {
				out[k] = c
			}
		}
		return nil
	})
	return out, err
}

func (o *office) HealthHours(_ context.Context, first, last tally.Hour) (out []summary.HealthHour, err error) {
	err = o.do(func() error {
		for _, h := range o.data.Health.Hours {
			if h.Hour >= first && h.Hour <= last {
				out = append(out, h)
			}
		}
		return nil
	})
	return out, err
}

func (o *office) Put(_ context.Context, name string, html, json []byte) (string, error) {
	return "https://console.example/" + name, o.do(func() error {
		o.shelf[name] = string(html) + string(json)
		return nil
	})
}

func (o *office) Book(context.Context) (b summary.Book, v summary.Version, err error) {
	err = o.do(func() error {
		b = o.book
		if o.version > 0 {
			v = summary.Version(fmt.Sprint(o.version))
		}
		return nil
	})
	return b, v, err
}

func (o *office) PutBook(_ context.Context, b summary.Book, v summary.Version) error {
	return o.do(func() error {
		if want := map[bool]string{true: fmt.Sprint(o.version)}[o.version > 0]; string(v) != want {
			return fmt.Errorf("version %s: %w", v, summary.ErrStale)
		}
		o.book = b
		o.version++
		return nil
	})
}

func (o *office) Send(_ context.Context, id, subject, text string) error {
	return o.do(func() error {
		o.mails = append(o.mails, letter{id, subject, text})
		return nil
	})
}

func (o *office) runner(t testing.TB, days int) *summary.Runner {
	return &summary.Runner{Store: o, Shelf: o, Post: o, Now: func() time.Time { return o.now }, Zone: berlin(t), Days: days}
}

// run runs once, ended at a request.
func (o *office) run(t testing.TB, scheduled time.Time, end int, late bool) ([]summary.Sent, error) {
	o.request, o.end, o.late = 0, end, late
	return o.runner(t, 7).Run(t.Context(), scheduled)
}

// monday is when the busy week's summary is due.
func monday(s *scene) time.Time { return s.period.End.Add(7 * time.Hour).UTC() }

// TestRunTwice: however often a run is started, there is one report and one
// message.
func TestRunTwice(t *testing.T) {
	s := busyWeek(t)
	o := newOffice(s)
	for range 3 {
		if _, err := o.run(t, monday(s), 0, false); err != nil {
			t.Fatal(err)
		}
		o.now = o.now.Add(time.Hour)
	}
	if len(o.mails) != 1 || len(o.shelf) != 1 {
		t.Fatalf("%d messages, %d reports", len(o.mails), len(o.shelf))
	}
	m := o.mails[0]
	if m.id != "summary-2026-W26" || m.subject != "chimewatch 2026-W26: 3 incidents need a decision" || !strings.Contains(m.text, "Report: https://console.example/2026-W26\n") {
		t.Errorf("the message is %q, %q\n%s", m.id, m.subject, m.text)
	}
	if !o.book.Through.Equal(s.period.End) || o.book.Sending != "" {
		t.Errorf("the book says %+v", o.book)
	}
}

// TestKilledAnywhere ends a run at each of its requests, before and after its
// effect, and runs again as Lambda does. There is one report. There is one
// message, but where the run ended between the sending and the note of it: the
// second one then has the same id and says that it is a repeat.
func TestKilledAnywhere(t *testing.T) {
	s := firstWeek(t)
	o := newOffice(s)
	if _, err := o.run(t, monday(s), 0, false); err != nil {
		t.Fatal(err)
	}
	whole, requests := o.mails[0].text, o.request
	repeats := 0
	for end := 1; end <= requests; end++ {
		for _, late := range []bool{false, true} {
			o := newOffice(s)
			if _, err := o.run(t, monday(s), end, late); !errors.Is(err, errKilled) {
				t.Fatalf("request %d: %v", end, err)
			}
			_, err := o.run(t, monday(s), 0, false) // at once: the first run may still be at it
			if err != nil && !errors.Is(err, summary.ErrBusy) {
				t.Fatalf("request %d: %v", end, err)
			}
			for range 2 {
				o.now = o.now.Add(3 * time.Minute)
				if _, err := o.run(t, monday(s), 0, false); err != nil {
					t.Fatalf("request %d: %v", end, err)
				}
			}
			if len(o.shelf) != 1 || len(o.mails) < 1 || len(o.mails) > 2 {
				t.Fatalf("request %d: %d reports, %d messages", end, len(o.shelf), len(o.mails))
			}
			for i, m := range o.mails {
				if m.id != "summary-2026-W26" || !strings.HasSuffix(m.text, whole) {
					t.Errorf("request %d: message %d is %s\n%s", end, i, m.id, m.text)
				}
			}
			if len(o.mails) == 2 {
				repeats++
				if !strings.HasPrefix(o.mails[1].text, "This summary may have reached you before") {
					t.Errorf("request %d: the repeat does not say so", end)
				}
			}
		}
	}
	// The last three: Send took effect, the book read, the book written.
	if repeats != 4 {
		t.Errorf("%d of %d ends led to a repeat, want only those between the sending and its note", repeats, 2*requests)
	}
}

// TestSideBySide: two runs at the same time send one message.
func TestSideBySide(t *testing.T) {
	s := quietWeek(t)
	for range 50 {
		o := newOffice(s)
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				if _, err := o.runner(t, 7).Run(context.Background(), monday(s)); err != nil && !errors.Is(err, summary.ErrBusy) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if len(o.mails) != 1 || len(o.shelf) != 1 {
			t.Fatalf("%d messages, %d reports", len(o.mails), len(o.shelf))
		}
	}
}

// TestMissedRuns are caught up, the oldest first, each with its own report.
func TestMissedRuns(t *testing.T) {
	s := busyWeek(t)
	o := newOffice(s)
	if _, err := o.run(t, monday(s).AddDate(0, 0, -21), 0, false); err != nil {
		t.Fatal(err)
	}
	sent, err := o.run(t, monday(s), 0, false)
	if err != nil {
		t.Fatal(err)
	}
	if len(sent) != 3 || sent[0].ID != "2026-W24" || sent[2].ID != "2026-W26" {
		t.Errorf("sent %+v", sent)
	}
	if want := []string{"2026-W23", "2026-W24", "2026-W25", "2026-W26"}; !slices.Equal(slices.Sorted(maps.Keys(o.shelf)), want) {
		t.Errorf("reports %q", slices.Sorted(maps.Keys(o.shelf)))
	}
	if first := o.mails[0].text; !strings.Contains(first, "in the first week of the watch") {
		t.Errorf("the first summary compares with what was not watched:\n%s", first)
	}
}

// TestErrorsNameThePeriod and the step.
func TestErrorsNameThePeriod(t *testing.T) {
	s := quietWeek(t)
	o := newOffice(s)
	_, err := o.run(t, monday(s), 3, false)
	if err == nil || !strings.Contains(err.Error(), "summary of 2026-W26: reading who was refused on 2026-05-2") {
		t.Errorf("the error is %v", err)
	}
}
