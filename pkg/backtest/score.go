package backtest

import (
	"slices"
	"time"

	"chimewatch/pkg/simulate"
	"chimewatch/pkg/triage"
)

// Learning is how long alerts about harmless trouble are not counted: a new
// installation has to see what is usual.
const Learning = 7 * 24 * time.Hour

// Score says how good alerts were, where it is known what was an attack.
// Scores of several runs can be added.
type Score struct {
	Attacks int     // that had a denial
	Found   int     // of these, that an alert of at least medium severity points at
	Alerts  int     // that point at an attack
	False   int     // alerts after the first week that point at none
	Weeks   float64 // after the first week

	// Of the attacks found after their first denial, in ascending order: how
	// many of the attack's denials there were by the alert, and how long it took.
	Denials []int
	Delays  []time.Duration
	// Open is how many of the attacks found fell into an incident about the same
	// subject that people had been told of before.
	Open int

	// Verdicts, of candidates only.
	Troubles     int // labelled harmless trouble
	TroublesCalm int // of these: silent, misconfiguration or unclear
	AttacksRight int // of the attacks: found, and called probing or unclear

	Missed  map[string]int // attacks by scenario
	FalseOf map[string]int // false alerts by scenario, "everyday" where no label has their events
}

// Score compares the result with the truth.
func (c *Comparison) Score(r *Result, truth simulate.Truth) Score {
	end := truth.Config.Start.AddDate(0, 0, truth.Config.Days)
	calm := truth.Config.Start.UTC().Truncate(24 * time.Hour).Add(Learning)
	s := Score{Missed: map[string]int{}, FalseOf: map[string]int{}, Weeks: max(0, end.Sub(calm).Hours()/(7*24))}
	of := map[string]int{} // event: label
	for i := range truth.Labels {
		for _, e := range truth.Labels[i].Events {
			of[e] = i
		}
	}
	hits := make([][]*Alert, len(truth.Labels))
	for i := range r.Alerts {
		a := &r.Alerts[i]
		attack, name := false, "everyday"
		for _, l := range labelsOf(a.Events, of) {
			hits[l] = append(hits[l], a)
			attack = attack || truth.Labels[l].Kind == simulate.Attack
			name = truth.Labels[l].Scenario
		}
		switch {
		case attack:
			s.Alerts++
		case !a.At.Before(calm):
			s.False++
			s.FalseOf[name]++
		}
	}
	for i := range truth.Labels {
		if l := &truth.Labels[i]; l.Kind == simulate.Attack {
			c.attack(&s, l, hits[i])
		} else {
			s.Troubles++
		}
	}
	slices.Sort(s.Denials)
	slices.Sort(s.Delays)
	if r.Analysis != nil {
		verdicts(&s, r, truth.Labels, of)
	}
	return s
}

// labelsOf returns the labels of events, each once, in order.
func labelsOf(events []string, of map[string]int) []int {
	var out []int
	for _, e := range events {
		if l, ok := of[e]; ok {
			out = append(out, l)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// attack notes whether and when an attack was found.
func (c *Comparison) attack(s *Score, l *simulate.Label, hits []*Alert) {
	var denials []time.Time
	for _, e := range l.Events { // in order of time
		if x, ok := c.calls[e]; ok {
			denials = append(denials, x.at)
		}
	}
	if len(denials) == 0 {
		return
	}
	s.Attacks++
	if len(hits) == 0 {
		s.Missed[l.Scenario]++
		return
	}
	s.Found++
	for _, a := range hits { // in order of time
		if a.At.Before(denials[0]) {
			continue
		}
		n := 0
		for n < len(denials) && !denials[n].After(a.At) {
			n++
		}
		s.Denials, s.Delays = append(s.Denials, n), append(s.Delays, a.At.Sub(denials[0]))
		return
	}
	s.Open++
}

// verdicts counts what trouble and attacks were called. Trouble is calm unless
// an incident or a finding that points at it calls it probing.
func verdicts(s *Score, r *Result, labels []simulate.Label, of map[string]int) {
	probing, right := map[int]bool{}, map[int]bool{}
	findings := map[string]*triage.Finding{}
	for i := range r.Analysis.Findings {
		f := &r.Analysis.Findings[i]
		findings[f.ID] = f
	}
	for i := range r.Analysis.Incidents {
		in := &r.Analysis.Incidents[i]
		if in.Severity < triage.Medium {
			continue
		}
		for _, l := range labelsOf(eventsOf(in, findings), of) {
			probing[l] = probing[l] || in.Verdict == triage.Probing
			right[l] = right[l] || in.Verdict != triage.Misconfiguration
		}
	}
	for i := range labels {
		switch {
		case labels[i].Kind == simulate.Attack && right[i]:
			s.AttacksRight++
		case labels[i].Kind == simulate.Benign && !probing[i]:
			s.TroublesCalm++
		}
	}
}

// Add adds the score of another run.
func (s *Score) Add(o Score) {
	s.Attacks, s.Found, s.Alerts, s.False = s.Attacks+o.Attacks, s.Found+o.Found, s.Alerts+o.Alerts, s.False+o.False
	s.Weeks += o.Weeks
	s.Open += o.Open
	s.Troubles, s.TroublesCalm, s.AttacksRight = s.Troubles+o.Troubles, s.TroublesCalm+o.TroublesCalm, s.AttacksRight+o.AttacksRight
	s.Denials, s.Delays = append(s.Denials, o.Denials...), append(s.Delays, o.Delays...)
	slices.Sort(s.Denials)
	slices.Sort(s.Delays)
	s.Missed, s.FalseOf = sum(s.Missed, o.Missed), sum(s.FalseOf, o.FalseOf)
}

func sum(a, b map[string]int) map[string]int {
	if a == nil {
		a = map[string]int{}
	}
	for k, n := range b {
		a[k] += n
	}
	return a
}

// Recall is the share of attacks found, 1 where there was none.
func (s *Score) Recall() float64 { return share(s.Found, s.Attacks) }

// FalsePerWeek is the number of false alerts a week after the first.
func (s *Score) FalsePerWeek() float64 {
	if s.Weeks == 0 {
		return 0
	}
	return float64(s.False) / s.Weeks
}

// AlertsPerAttack is the number of alerts about attacks for each that was found.
func (s *Score) AlertsPerAttack() float64 {
	if s.Found == 0 {
		return 0
	}
	return float64(s.Alerts) / float64(s.Found)
}

// Median and worst of an ascending list; zero where it is empty.
func medianWorst[T any](sorted []T) (median, worst T) {
	if n := len(sorted); n > 0 {
		return sorted[n/2], sorted[n-1]
	}
	return median, worst
}

func share(n, of int) float64 {
	if of == 0 {
		return 1
	}
	return float64(n) / float64(of)
}
