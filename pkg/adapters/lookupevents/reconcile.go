package lookupevents

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"chimewatch/pkg/config"
	"chimewatch/pkg/denial"
	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/tally"
)

// Engine is what records are fed to; *pipeline.Engine is one.
type Engine interface {
	Process(ctx context.Context, batch []pipeline.Message) (pipeline.Outcome, error)
}

// Reconciler looks up the last hours and feeds what is found to the engine,
// which knows most of it: what it does not know, another road lost.
//
// The newest hour comes first, of every event source, so that it is read even
// where the bound does not let all be read.
type Reconciler struct {
	Lookup *Lookup
	Clock  Clock
	// Engine returns the engine for a run, and its configuration.
	Engine func(ctx context.Context) (Engine, config.Config, error)
	Log    *slog.Logger

	Hours    int           // that are looked up; the last one has just ended
	Span     int           // hours of one look-up, into which Hours divide; 1 where it is zero
	MaxPages int           // that a run reads at most
	MaxTime  time.Duration // that a run takes at most, by Clock

	Outcome func(pipeline.Outcome) // metrics of the records
	Report  func(Report)           // metrics of the run
}

// Report says what a run came by.
type Report struct {
	Start, End time.Time // of the hours that were to be looked up
	LookedUp   int       // records
	Denials    int       // of them that are denials, repeats within the run included
	Lost       int       // denials that no other road had brought
	Malformed  int
	Pages      int
	Requests   int // those that were throttled or failed included
	Throttled  int
	Hours      []Hour // or longer spans; the newest first
}

// Hour says how much of an hour was read.
type Hour struct {
	Start   time.Time
	Covered float64 // 0 to 1; of the event source of which the least was read
	Denials int     // that were read, repeats included
	Lost    int     // of these, that no other road had brought
}

// Covered returns how much of the newest hour was read, from 0 to 1.
func (r Report) Covered() float64 {
	if len(r.Hours) == 0 {
		return 0
	}
	return r.Hours[0].Covered
}

// Handle runs for the time in an invocation {"time": "2026-01-31T12:20:00Z"}, so
// that an invocation that comes late or again looks at the same hours; without
// a time for the present.
func (r *Reconciler) Handle(ctx context.Context, payload json.RawMessage) error {
	var in struct{ Time time.Time }
	if err := json.Unmarshal(payload, &in); err != nil {
		return fmt.Errorf(`reading the invocation: %w; it is {"time": "2026-01-31T12:20:00Z"} or {}`, err)
	}
	if in.Time.IsZero() {
		in.Time = r.Clock.Now()
	}
	report, err := r.Run(ctx, in.Time)
	r.Report(report)
	level := slog.LevelInfo
	if report.Lost > 0 || report.Covered() < 1 {
		level = slog.LevelWarn
	}
	hours := make([]string, len(report.Hours))
	for i, h := range report.Hours {
		hours[i] = fmt.Sprintf("%s %.0f %%", h.Start.Format("2006-01-02T15:04Z07:00"), 100*h.Covered)
	}
	r.Log.Log(ctx, level, "reconciled", "start", report.Start, "end", report.End, "looked_up", report.LookedUp, "denials", report.Denials,
		"lost", report.Lost, "malformed", report.Malformed, "pages", report.Pages, "throttled", report.Throttled, "covered", hours)
	return err
}

// Run looks up the hours before the one that at lies in. The report is whole
// beside an error too. An error of one event source does not keep the others
// from being looked up.
func (r *Reconciler) Run(ctx context.Context, at time.Time) (Report, error) {
	end := at.UTC().Truncate(time.Hour)
	run := run{Reconciler: r, report: Report{Start: end.Add(-time.Duration(r.Hours) * time.Hour), End: end}, stop: r.Clock.Now().Add(r.MaxTime), failed: map[string]bool{}}
	for start := end; start.After(run.report.Start); {
		start = start.Add(-r.span())
		run.report.Hours = append(run.report.Hours, Hour{Start: start})
	}
	madeBefore, throttledBefore := r.Lookup.Requests()
	err := run.all(ctx)
	made, throttled := r.Lookup.Requests()
	run.report.Requests, run.report.Throttled = made-madeBefore, throttled-throttledBefore
	return run.report, err
}

func (r *Reconciler) span() time.Duration { return time.Duration(max(r.Span, 1)) * time.Hour }

// run is one run.
type run struct {
	*Reconciler
	engine Engine
	intake pipeline.Intake
	report Report
	stop   time.Time
	failed map[string]bool // event sources that can't be looked up
}

var errTime = errors.New("out of time")

func (r *run) all(ctx context.Context) error {
	engine, c, err := r.Engine(ctx)
	if err != nil {
		return fmt.Errorf("starting the engine: %w", err)
	}
	r.engine = engine
	if r.intake, err = pipeline.NewIntake(c); err != nil {
		return err
	}
	scope, err := c.ScopeOf()
	if err != nil {
		return err
	}
	var failures []error
	for h := range r.report.Hours {
		hour := &r.report.Hours[h]
		hour.Covered = 1
		for _, source := range scope.Sources() {
			denials, lost := r.report.Denials, r.report.Lost
			covered, err := r.hour(ctx, source, hour.Start)
			hour.Denials += r.report.Denials - denials
			hour.Lost += r.report.Lost - lost
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil && !errors.Is(err, errTime) {
				failures, r.failed[source] = append(failures, err), true
			}
			hour.Covered = min(hour.Covered, covered)
		}
	}
	return errors.Join(failures...)
}

// hour looks up one event source in one hour and returns how much of it was
// read.
func (r *run) hour(ctx context.Context, source string, start time.Time) (float64, error) {
	left := r.MaxPages - r.report.Pages
	if left <= 0 || r.failed[source] || !r.Clock.Now().Before(r.stop) {
		return 0, nil
	}
	end := start.Add(r.span()) // its first second belongs to two hours, which does no harm
	c, err := r.Lookup.Each(ctx, Query{Source: source, Start: start, End: end, MaxPages: left}, func(items []pipeline.Item) error {
		if err := r.feed(ctx, items); err != nil {
			return err
		}
		if !r.Clock.Now().Before(r.stop) {
			return errTime
		}
		return nil
	})
	r.report.Pages += c.Pages
	r.report.LookedUp += c.Records
	if c.Complete {
		return 1, err
	}
	return min(1, end.Sub(c.From).Hours()/r.span().Hours()), err
}

// feed hands the engine what can count. What no store keeps is left out: it
// would look lost at every run.
func (r *run) feed(ctx context.Context, items []pipeline.Item) error {
	kept := items[:0]
	for i := range items {
		call, ok, bad := r.intake.Call(&items[i])
		switch {
		case bad != nil:
			r.report.Malformed++
			r.Log.WarnContext(ctx, "a record can't be read", "reason", bad.Error())
		case ok && tally.Counts(&call):
			if call.Outcome == denial.Refused {
				r.report.Denials++
			}
			kept = append(kept, items[i])
		}
	}
	if len(kept) == 0 {
		return nil
	}
	const id = "reconcile"
	out, err := r.engine.Process(ctx, []pipeline.Message{{ID: id, Items: kept}})
	r.report.Lost += out.Denials
	r.Outcome(out)
	for _, unsent := range out.Unsent {
		r.Log.WarnContext(ctx, "alert not sent, the next pass tries again", "reason", unsent.Error())
	}
	if err == nil {
		err = out.Failed[id]
	}
	if err != nil {
		return fmt.Errorf("counting what was looked up: %w", err)
	}
	return nil
}
