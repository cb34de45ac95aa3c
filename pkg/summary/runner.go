package summary

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/config"
	"chimewatch/pkg/inert"
	"chimewatch/pkg/tally"
	"chimewatch/pkg/wording"
)

// lease is how long a run has to send what it said it would. It is less than
// Lambda waits in all before it gives an event up:
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
const lease = 2 * time.Minute

// maxCalls is how many calls behind findings are looked up, at most, and
// maxCallsEach how many of one finding: what a report needs as examples.
const (
	maxCalls     = 5000
	maxCallsEach = 5
)

// maxTries is how often a run looks at the book again after another one wrote
// it.
const maxTries = 5

// Runner makes, keeps and sends summaries. All fields but Suppressions and Held
// are needed.
type Runner struct {
	Store Store
	Shelf Shelf
	Post  Post
	Now   func() time.Time

	Zone *time.Location // whose days are counted
	Days int            // of a period: 7, or 1 for a daily summary

	// Held is for how long the store can say who was refused; zero: for ever. No
	// period that began before is compared with.
	Held time.Duration

	Suppressions []config.Suppression
}

// Sent is a summary that a run sent.
type Sent struct {
	ID, Headline, Link string
	Repeat             bool // it may have been sent before
}

// Run sends the summaries that a run scheduled for a time has to send: that of
// the period before, and those of periods before it whose runs were missed. It
// may be run any number of times for one time, also side by side.
//
// The report is kept first, under a name of its period; then the book says that
// it is being sent; then it is sent; then the book says that it was. A run that
// ends anywhere leaves the rest to the next. Only one that ends after the
// sending and before the last note leads to a repeat, which says so.
func (r *Runner) Run(ctx context.Context, scheduled time.Time) ([]Sent, error) {
	var sent []Sent
	for try := 0; try < maxTries; {
		book, version, err := r.Shelf.Book(ctx)
		if err != nil {
			return sent, fmt.Errorf("reading which summaries were sent: %w", err)
		}
		due := Due(scheduled.In(r.Zone), book.Through, r.Days)
		if len(due) == 0 {
			return sent, nil
		}
		s, err := r.one(ctx, due[0], book, version)
		switch {
		case errors.Is(err, ErrStale):
			try++
			continue
		case err != nil:
			return sent, fmt.Errorf("summary of %s: %w", due[0].ID(), err)
		}
		try = 0
		sent = append(sent, s)
	}
	return sent, fmt.Errorf("summaries: the book was written by others %d times: %w", maxTries, ErrStale)
}

// one makes, keeps and sends the summary of a period.
func (r *Runner) one(ctx context.Context, p Period, book Book, version Version) (Sent, error) {
	repeat := book.Sending == p.ID()
	if repeat && r.Now().Before(book.Since.Add(lease)) {
		return Sent{}, ErrBusy
	}
	if book.Began.IsZero() {
		var err error
		if book.Began, err = r.began(ctx, p); err != nil {
			return Sent{}, err
		}
	}
	report, err := r.report(ctx, p, book.Began)
	if err != nil {
		return Sent{}, err
	}
	var html, json, text bytes.Buffer
	if err := errors.Join(WriteHTML(&html, report), WriteJSON(&json, report)); err != nil {
		return Sent{}, err
	}
	link, err := r.Shelf.Put(ctx, report.ID, html.Bytes(), json.Bytes())
	if err != nil {
		return Sent{}, fmt.Errorf("keeping the report: %w", err)
	}
	book.Sending, book.Since = report.ID, r.Now()
	if err := r.Shelf.PutBook(ctx, book, version); err != nil {
		return Sent{}, fmt.Errorf("noting that it is being sent: %w", err)
	}
	if repeat {
		text.WriteString("This summary may have reached you before: the run that sent it broke off.\n\n")
	}
	if err := WriteText(&text, report, link); err != nil {
		return Sent{}, err
	}
	if err := r.Post.Send(ctx, "summary-"+report.ID, report.Subject(), text.String()); err != nil {
		return Sent{}, fmt.Errorf("sending it: %w", err)
	}
	sent := Sent{ID: report.ID, Headline: report.Headline, Link: link, Repeat: repeat}
	return sent, r.done(ctx, p)
}

// began returns when the watch began, as far as its first summary can tell: with
// its first sign of life in the period, or with the period where there is none
// and so a gap from its beginning.
func (r *Runner) began(ctx context.Context, p Period) (time.Time, error) {
	first, last := p.hours()
	hours, err := r.Store.HealthHours(ctx, first, last)
	if err != nil {
		return time.Time{}, fmt.Errorf("reading when the watch began: %w", err)
	}
	began := p.Start
	for i, h := range hours {
		if start := h.Hour.Start(); i == 0 || start.Before(began) {
			began = start
		}
	}
	if began.Before(p.Start) {
		began = p.Start
	}
	return began.In(r.Zone), nil
}

// done notes that the summary of a period was sent.
func (r *Runner) done(ctx context.Context, p Period) error {
	for try := 0; ; try++ {
		book, version, err := r.Shelf.Book(ctx)
		if err != nil {
			return fmt.Errorf("noting that it was sent: %w", err)
		}
		if book.Through.Before(p.End) {
			book.Through = p.End
		}
		if book.Sending == p.ID() {
			book.Sending, book.Since = "", time.Time{}
		}
		err = r.Shelf.PutBook(ctx, book, version)
		if err == nil || !errors.Is(err, ErrStale) || try == maxTries {
			if err != nil {
				err = fmt.Errorf("noting that it was sent: %w", err)
			}
			return err
		}
	}
}

// maxSubject is how long the subject of a message to an SNS topic may be, in
// characters: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
const maxSubject = 100

// Subject is the subject line of the mail.
func (r *Report) Subject() string {
	text := "chimewatch " + r.ID + ": "
	switch n := len(r.Decisions); {
	case n > 0:
		text += wording.Count(n, "incident needs a decision", "incidents need a decision")
	case r.Watch.blind():
		text += "the watch had gaps"
	case r.Quiet:
		text += "quiet"
	default:
		text += wording.Count(len(r.Fixes), "misconfiguration to fix", "misconfigurations to fix")
	}
	return inert.CutBytes(inert.ASCII(text), maxSubject)
}

// report reads what there is of a period and makes its report.
func (r *Runner) report(ctx context.Context, p Period, watching time.Time) (*Report, error) {
	b := NewBuilder(p)
	first, last := b.Wants()
	for day := first; day <= last; day++ {
		err := r.Store.PrincipalDays(ctx, day, func(d PrincipalDay) error {
			b.Add(&d)
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("reading who was refused on %s: %w", day.First().Start().Format(time.DateOnly), err)
		}
	}
	if held := r.Now().Add(-r.Held); r.Held > 0 && watching.Before(held) {
		watching = held
	}
	d := Data{Watching: watching, Health: &Health{}}
	var err error
	if d.Findings, err = r.Store.FindingsOf(ctx, first, last); err != nil {
		return nil, fmt.Errorf("reading findings: %w", err)
	}
	if d.Incidents, err = r.Store.IncidentsOf(ctx, first, last); err != nil {
		return nil, fmt.Errorf("reading incidents: %w", err)
	}
	if d.Calls, err = r.Store.Calls(ctx, examples(p, &d)); err != nil {
		return nil, fmt.Errorf("reading the calls behind findings: %w", err)
	}
	firstHour, lastHour := p.hours()
	if d.Health.Hours, err = r.Store.HealthHours(ctx, firstHour, lastHour); err != nil {
		return nil, fmt.Errorf("reading how the watch did: %w", err)
	}
	d.Suppressions = Suppressions(r.Suppressions, p, d.Incidents)
	return b.Build(d), nil
}

// examples are the keys of the calls that a report shows or judges by: those
// behind incidents, and the first few behind the findings of the period.
func examples(p Period, d *Data) []cloudtrail.Key {
	first, last := p.hours()
	seen := map[cloudtrail.Key]bool{}
	var keys []cloudtrail.Key
	add := func(refs []tally.Ref, most int) {
		for _, ref := range refs[:min(len(refs), most)] {
			if !seen[ref.Key] && len(keys) < maxCalls {
				seen[ref.Key] = true
				keys = append(keys, ref.Key)
			}
		}
	}
	for i := range d.Incidents {
		if in := &d.Incidents[i]; open(in, first, last) {
			add(in.Trigger, len(in.Trigger))
		}
	}
	for i := range d.Findings {
		if f := &d.Findings[i]; f.Hour >= first && f.Hour <= last {
			add(f.Evidence, maxCallsEach)
		}
	}
	return keys
}
