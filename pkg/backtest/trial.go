package backtest

import (
	"context"
	"fmt"
	"time"

	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/config"
	"chimewatch/pkg/denial"
	"chimewatch/pkg/pipeline"
)

// Candidate is a configuration to try.
type Candidate struct {
	Name   string
	Config config.Config
}

// Trial takes records once and tries all candidates and published rules on
// them. Make one with NewTrial. It is not safe for concurrent use.
type Trial struct {
	names     []string
	analyzers []*pipeline.Analyzer
	intake    pipeline.Intake
	published []*published
	calls     map[string]call // refused calls by event id
	seen      map[string]bool
	first     time.Time
	last      time.Time
}

// call is what scoring asks about a refused call.
type call struct{ at time.Time }

// NewTrial returns a Trial. store makes an empty store for each candidate. Which
// records the published rules see is decided by the first candidate's scope.
func NewTrial(candidates []Candidate, rules []Published, store func() pipeline.Whole) (*Trial, error) {
	if len(candidates) == 0 {
		return nil, fmt.Errorf("backtest: no configuration to try")
	}
	t := &Trial{calls: map[string]call{}, seen: map[string]bool{}}
	var err error
	if t.intake, err = pipeline.NewIntake(candidates[0].Config); err != nil {
		return nil, fmt.Errorf("backtest: %s: %w", candidates[0].Name, err)
	}
	for _, c := range candidates {
		a, err := pipeline.NewAnalyzer(c.Config, store())
		if err != nil {
			return nil, fmt.Errorf("backtest: %s: %w", c.Name, err)
		}
		t.names, t.analyzers = append(t.names, c.Name), append(t.analyzers, a)
	}
	for _, r := range rules {
		t.published = append(t.published, &published{Published: r, calls: map[string][]matched{}})
	}
	return t, nil
}

// Candidate says which records are worth adding; nil where every record is.
func (t *Trial) Candidate() *cloudtrail.Filter {
	any := cloudtrail.Candidates(nil)
	for _, a := range t.analyzers {
		any = any.Or(a.Candidate())
	}
	return any
}

// Add takes records.
func (t *Trial) Add(ctx context.Context, items []pipeline.Item) error {
	for i, a := range t.analyzers {
		if err := a.Add(ctx, items); err != nil {
			return fmt.Errorf("backtest: %s: %w", t.names[i], err)
		}
	}
	for i := range items {
		c, ok, _ := t.intake.Call(&items[i])
		if !ok || c.Principal.Service {
			continue
		}
		key := c.Key.Account + " " + c.Key.Region + " " + c.Key.EventID
		if t.seen[key] {
			continue
		}
		t.seen[key] = true
		t.note(&c)
	}
	return nil
}

func (t *Trial) note(c *denial.Call) {
	if t.first.IsZero() || c.Time.Before(t.first) {
		t.first = c.Time
	}
	if c.Time.After(t.last) {
		t.last = c.Time
	}
	if c.Outcome == denial.Refused {
		t.calls[c.Key.EventID] = call{c.Time}
	}
	for _, p := range t.published {
		p.add(c)
	}
}

// Run analyzes what was added.
func (t *Trial) Run(ctx context.Context) (Comparison, error) {
	out := Comparison{Start: t.first, End: t.last, Denials: len(t.calls), calls: t.calls}
	for i, a := range t.analyzers {
		analysis, err := a.Analyze(ctx)
		if err != nil {
			return Comparison{}, fmt.Errorf("backtest: %s: %w", t.names[i], err)
		}
		out.Results = append(out.Results, Result{Name: t.names[i], Analysis: &analysis, Alerts: alertsOf(&analysis)})
	}
	for _, p := range t.published {
		out.Results = append(out.Results, Result{Name: p.Name, Source: p.Source, Alerts: p.alerts()})
	}
	return out, nil
}

// Comparison is what all candidates and rules came to.
type Comparison struct {
	Start, End time.Time // first and last event time in scope; zero where there is none
	Denials    int       // distinct
	Results    []Result  // candidates first, each in the order given

	calls map[string]call
}

// Weeks is how long the records last, at least an hour.
func (c *Comparison) Weeks() float64 { return max(c.End.Sub(c.Start), time.Hour).Hours() / (7 * 24) }

// Result is what one candidate or rule came to.
type Result struct {
	Name     string
	Source   string             // URL of a published rule's definition
	Analysis *pipeline.Analysis // nil of published rules
	Alerts   []Alert            // in order of time
}

// Only returns the alerts of r that share no event with any alert of o: what r
// finds and o does not. Updates are left out.
func (r *Result) Only(o *Result) []Alert {
	theirs := map[string]bool{}
	for _, a := range o.Alerts {
		for _, e := range a.Events {
			theirs[e] = true
		}
	}
	var out []Alert
	for _, a := range r.Alerts {
		shared := a.Update
		for _, e := range a.Events {
			shared = shared || theirs[e]
		}
		if !shared {
			out = append(out, a)
		}
	}
	return out
}
