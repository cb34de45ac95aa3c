package pipeline

import (
	"context"
	"fmt"
	"maps"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/config"
	"chimewatch/pkg/denial"
	"chimewatch/pkg/tally"
	"chimewatch/pkg/triage"
)

// Whole is a store that can be read as a whole, as an analysis does: by several
// goroutines at a time.
type Whole interface {
	Store
	// Hasher is the one that its tallies are made with.
	Hasher() tally.Hasher
	// Subjects returns all subjects, sorted.
	Subjects() []tally.Subject
	// All returns all that is held of a subject.
	All(tally.Subject) tally.History
	// Forget drops what All returns of a subject, and nothing else.
	Forget(tally.Subject)
	// Principals returns what every principal was refused, sorted as in Analysis.
	Principals() []PrincipalReport
}

// Period limits an analysis to records from Since to Until, Until excluded. A
// zero time is no limit.
type Period struct{ Since, Until time.Time }

func (p Period) holds(t time.Time) bool {
	return !t.Before(p.Since) && (p.Until.IsZero() || t.Before(p.Until))
}

// Analyzer analyzes a whole set of records. It is not safe for concurrent use.
type Analyzer struct {
	Period Period

	intake     Intake
	evaluator  evaluator
	store      Whole
	records    Records
	start, end time.Time
	malformed  []Problem
}

// Problem is what was wrong with malformed records.
type Problem struct {
	Problem string
	Count   int64
	First   cloudtrail.Position
}

// NewAnalyzer returns an Analyzer that counts into an empty store. The
// configuration must be valid.
func NewAnalyzer(c config.Config, store Whole) (*Analyzer, error) {
	intake, err := NewIntake(c)
	if err != nil {
		return nil, err
	}
	return &Analyzer{intake: intake, evaluator: newEvaluator(c, store.Hasher()), store: store}, nil
}

// Candidate says which records are worth adding; nil where every record is.
func (a *Analyzer) Candidate() *cloudtrail.Filter { return a.intake.Candidate() }

// Read notes that n more records were read.
func (a *Analyzer) Read(n int64) { a.records.Read += n }

// Malformed returns what was wrong with records, in order of first sight. They
// are counted in Records.Malformed and in nothing else.
func (a *Analyzer) Malformed() []Problem { return a.malformed }

// Add takes records in the order in which they were read. Where two have the
// same key, the first one counts.
func (a *Analyzer) Add(ctx context.Context, items []Item) error {
	calls := make([]denial.Call, 0, len(items))
	for i := range items {
		call, ok, bad := a.intake.Call(&items[i])
		if bad != nil {
			a.note(bad)
		}
		if ok && a.Period.holds(call.Time) {
			calls = append(calls, call)
		}
	}
	receipts, err := a.store.Commit(ctx, calls)
	if err != nil {
		return fmt.Errorf("counting records: %w", err)
	}
	for i, r := range receipts {
		a.count(&calls[i], r)
	}
	return nil
}

func (a *Analyzer) note(m *Malformed) {
	a.records.Malformed++
	for i := range a.malformed {
		if a.malformed[i].Problem == m.Problem {
			a.malformed[i].Count++
			return
		}
	}
	a.malformed = append(a.malformed, Problem{m.Problem, 1, m.Position})
}

func (a *Analyzer) count(c *denial.Call, r Receipt) {
	switch r {
	case Duplicate:
		a.records.Duplicates++
		return
	case Conflict:
		a.records.Conflicts++
		return
	}
	a.records.Messaging++
	switch c.Outcome {
	case denial.Refused:
		a.records.Denials++
	case denial.Unavailable:
		a.records.Unavailable++
	}
	if a.start.IsZero() || c.Time.Before(a.start) {
		a.start = c.Time
	}
	if a.end.IsZero() || c.Time.After(a.end) {
		a.end = c.Time
	}
}

// forever is later than every record: in a whole set nothing has to wait.
var forever = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)

// Analyze says what the records come to, once: it drops the tallies that it has
// looked at, so that findings take their place instead of memory beside them.
func (a *Analyzer) Analyze(ctx context.Context) (Analysis, error) {
	out := Analysis{Records: a.records, Start: a.start, End: a.end, Principals: a.store.Principals(), Evidence: Evidence{}}
	if err := a.subjects(ctx, &out); err != nil {
		return Analysis{}, err
	}
	triage.SortFindings(out.Findings)
	triage.Sort(out.Incidents)
	out.Silenced = silenced(a.evaluator.suppressions, out.Incidents)
	return out, nil
}

// subjects evaluates all subjects, several at a time: none depends on another.
func (a *Analyzer) subjects(ctx context.Context, out *Analysis) error {
	group, ctx := errgroup.WithContext(ctx)
	work := make(chan tally.Subject)
	group.Go(func() error {
		defer close(work)
		for _, s := range a.store.Subjects() {
			select {
			case work <- s:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	var mu sync.Mutex // of out
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() error {
			for s := range work {
				part, err := a.subject(ctx, s)
				if err != nil {
					return fmt.Errorf("evaluating %s %q: %w", s.Kind, s.Key, err)
				}
				mu.Lock()
				out.Findings = append(out.Findings, part.Findings...)
				out.Incidents = append(out.Incidents, part.Incidents...)
				maps.Copy(out.Evidence, part.Evidence)
				mu.Unlock()
			}
			return nil
		})
	}
	return group.Wait()
}

// subject evaluates one subject over all its hours. What it returns holds
// findings, incidents and evidence.
func (a *Analyzer) subject(ctx context.Context, s tally.Subject) (Analysis, error) {
	history := a.store.All(s)
	var findings []triage.Finding
	var signals []triage.Signal
	for _, h := range history {
		if s.Kind == tally.Policy {
			if signal, ok := a.evaluator.triage.Rollouts(s, h.Hour, history); ok {
				signals = append(signals, signal)
			}
			continue
		}
		found := a.evaluator.rulesOf(s, h.Hour, history, true)
		if len(found) == 0 {
			continue
		}
		judged, err := a.evaluator.judge(ctx, a.store, []triage.Case{{Subject: s, Hour: h.Hour, Findings: found, History: history, AsOf: forever}})
		if err != nil {
			return Analysis{}, err
		}
		findings, signals = append(findings, judged[0].Findings...), append(signals, judged[0].Signals...)
	}
	if s.Kind != tally.Policy { // which the judgement of others asks about
		a.store.Forget(s)
	}
	return a.dress(ctx, findings, a.evaluator.incidents(s, signals))
}

// dress looks the evidence up and names the principals.
func (a *Analyzer) dress(ctx context.Context, findings []triage.Finding, states []*triage.State) (Analysis, error) {
	evidence, err := fetch(ctx, a.store, findings, states)
	if err != nil {
		return Analysis{}, err
	}
	dressFindings(findings, evidence)
	a.evaluator.dressIncidents(states, findings, evidence)
	out := Analysis{Findings: findings, Evidence: evidence}
	for _, st := range states {
		out.Incidents = append(out.Incidents, st.Incident)
	}
	return out, nil
}
