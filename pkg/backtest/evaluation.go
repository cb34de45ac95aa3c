package backtest

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/simulate"
)

// Evaluation is how candidates and published rules did on simulated traffic of
// several seeds.
type Evaluation struct {
	Simulated []simulate.Config // one for each run
	Rows      []Row             // candidates first
	Denials   int               // of all runs
}

// Row is the sum over all runs.
type Row struct {
	Name, Source string
	Candidate    bool
	Score        Score
}

// Evaluate runs all candidates and rules on every simulation. store makes an
// empty store; progress, if not nil, is told how many runs are done.
func Evaluate(ctx context.Context, configs []simulate.Config, candidates []Candidate, rules []Published, store func() pipeline.Whole, progress func(done int)) (Evaluation, error) {
	out := Evaluation{Simulated: configs}
	for i, c := range configs {
		s, err := simulate.New(c)
		if err != nil {
			return Evaluation{}, err
		}
		t, err := NewTrial(candidates, rules, store)
		if err != nil {
			return Evaluation{}, err
		}
		comparison, truth, err := Simulated(ctx, s, t)
		if err != nil {
			return Evaluation{}, err
		}
		out.Denials += comparison.Denials
		for k := range comparison.Results {
			r := &comparison.Results[k]
			if i == 0 {
				out.Rows = append(out.Rows, Row{Name: r.Name, Source: r.Source, Candidate: r.Analysis != nil})
			}
			out.Rows[k].Score.Add(comparison.Score(r, truth))
		}
		if progress != nil {
			progress(i + 1)
		}
	}
	return out, nil
}

// WriteMarkdown writes the evaluation as a table.
func (e *Evaluation) WriteMarkdown(w io.Writer) error {
	var b strings.Builder
	c := e.Simulated[0]
	fmt.Fprintf(&b, "Simulator version %d, seeds %s; %d days, %d principals, %g attacks and %g harmless troubles a week, half of the attackers inside: %s, bearers recorded: %s. %d denials in all.\n\n",
		simulate.Version, seeds(e.Simulated), c.Days, c.Principals, c.AttacksPerWeek, c.TroublesPerWeek, inside(c.Inside), yes(!c.HideBearers), e.Denials)
	b.WriteString("| | attacks found | false alerts a week | alerts an attack | denials until alert, median (worst) | time until alert, median (worst) |\n|---|---|---|---|---|---|\n")
	for i := range e.Rows {
		r := &e.Rows[i]
		s, name := &r.Score, r.Name
		if r.Source != "" {
			name = "[" + r.Name + "](" + r.Source + ")"
		}
		perAttack, n, d := "-", "-", "-"
		if s.Found > 0 {
			perAttack = fmt.Sprintf("%.2f", s.AlertsPerAttack())
		}
		if len(s.Denials) > 0 {
			m, worst := medianWorst(s.Denials)
			at, late := medianWorst(s.Delays)
			n, d = fmt.Sprintf("%d (%d)", m, worst), span(at)+" ("+span(late)+")"
		}
		fmt.Fprintf(&b, "| %s | %d of %d (%.1f %%) | %.1f | %s | %s | %s |\n", name, s.Found, s.Attacks, 100*s.Recall(), s.FalsePerWeek(), perAttack, n, d)
	}
	for i := range e.Rows {
		if r := &e.Rows[i]; r.Candidate {
			s := &r.Score
			fmt.Fprintf(&b, "\n%s: %.1f %% of the harmless troubles were silent, or called misconfiguration or unclear; %.1f %% of the attacks were found and called probing or unclear. %d of the attacks found fell into an incident about the same subject that was open already.\n\n",
				r.Name, 100*share(s.TroublesCalm, s.Troubles), 100*share(s.AttacksRight, s.Attacks), s.Open)
			fmt.Fprintf(&b, "Missed: %s.\n\nFalse alerts by what caused them: %s.\n", list(s.Missed), list(s.FalseOf))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// list names counts, the largest first.
func list(counts map[string]int) string {
	keys := slices.Sorted(maps.Keys(counts))
	slices.SortStableFunc(keys, func(a, b string) int { return cmp.Compare(counts[b], counts[a]) })
	for i, k := range keys {
		keys[i] = fmt.Sprintf("%s %d", k, counts[k])
	}
	if len(keys) == 0 {
		return "none"
	}
	return strings.Join(keys, ", ")
}

func seeds(configs []simulate.Config) string {
	first, last := configs[0].Seed, configs[len(configs)-1].Seed
	if first == last {
		return fmt.Sprint(first)
	}
	return fmt.Sprintf("%d to %d", first, last)
}

func inside(share float64) string {
	switch share {
	case 0:
		return "no"
	case 0.5:
		return "yes"
	}
	return fmt.Sprintf("a share of %g", share)
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
