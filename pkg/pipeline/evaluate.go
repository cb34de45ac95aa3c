package pipeline

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"chimewatch/pkg/config"
	"chimewatch/pkg/detect"
	"chimewatch/pkg/tally"
	"chimewatch/pkg/triage"
)

// evaluator applies rules and triage to one hour of one subject.
type evaluator struct {
	rules        detect.Config
	triage       triage.Triage
	suppressions []config.Suppression
}

func newEvaluator(c config.Config, h tally.Hasher) evaluator {
	return evaluator{rules: c.Rules, triage: triage.Triage{Config: c.Triage, Rules: c.Rules, Hasher: h}, suppressions: c.Suppressions}
}

// lookback is how many hours before an hour its evaluation needs.
func (e evaluator) lookback() tally.Hour {
	return max(e.triage.Lookback(), tally.Hour(e.rules.Reach()))
}

// rulesOf returns the findings of the rules in an hour. Rate-anomaly is
// evaluated for settled hours only.
func (e evaluator) rulesOf(s tally.Subject, hour tally.Hour, history tally.History, settled bool) []detect.Finding {
	findings := detect.Evaluate(e.rules, s, hour, history)
	if settled {
		if f, ok := detect.EvaluateAnomaly(e.rules, s, hour, history); ok {
			findings = append(findings, f)
		}
	}
	return findings
}

// judge looks up what triage asks about cases beside their histories, and judges
// them. Each sees only what it asks about itself, so that what it comes to does
// not depend on what is judged along with it.
func (e evaluator) judge(ctx context.Context, store Store, cases []triage.Case) ([]triage.Judgement, error) {
	asked, policies := make([][]uint64, len(cases)), make([][]uint64, len(cases))
	var places []uint64
	for i, c := range cases {
		asked[i], policies[i] = e.needs(c.Subject, c.Hour, c.History)
		places = append(places, asked[i]...)
	}
	slices.Sort(places)
	var seen map[uint64]tally.Firsts
	var err error
	if len(places) > 0 {
		if seen, err = store.Sightings(ctx, slices.Compact(places)); err != nil {
			return nil, fmt.Errorf("reading who was seen from networks: %w", err)
		}
	}
	out := make([]triage.Judgement, len(cases))
	for i, c := range cases {
		c.Sightings = make(map[uint64]tally.Firsts, len(asked[i]))
		for _, place := range asked[i] {
			if firsts, ok := seen[place]; ok {
				c.Sightings[place] = firsts
			}
		}
		if len(policies[i]) > 0 {
			if c.Policies, err = store.Policies(ctx, policies[i], c.Hour-e.triage.Lookdetail(), c.Hour+1); err != nil {
				return nil, fmt.Errorf("reading whom policies refused: %w", err)
			}
		}
		out[i] = e.triage.Judge(c)
	}
	return out, nil
}

// incidents makes incidents of all signals of a subject.
func (e evaluator) incidents(s tally.Subject, signals []triage.Signal) []*triage.State {
	slices.SortStableFunc(signals, func(x, y triage.Signal) int { return x.At.Compare(y.At) })
	return e.triage.Assemble(s, signals)
}

// needs returns the places and policies that judging an hour asks about. Of
// very many networks it takes those of the latest hours, whole hours at a time,
// so that which ones does not depend on the hashes.
func (e evaluator) needs(s tally.Subject, hour tally.Hour, history tally.History) (places, policies []uint64) {
	near := hour - e.triage.Lookdetail()
	networks, asked, full := map[uint64]bool{}, map[uint64]bool{}, false
	var more []uint64 // networks of an hour that no later one has
	for _, h := range slices.Backward(history.Range(hour-7*24, hour+1)) {
		if full && h.Hour < near {
			break // neither networks nor policies are added any more
		}
		more = more[:0]
		note := func(n uint64) {
			if n != 0 && !networks[n] && !slices.Contains(more, n) {
				more = append(more, n)
			}
		}
		for _, n := range h.Tally.Summary.Networks {
			note(n)
		}
		if d := h.Tally.Detail; d != nil && h.Hour >= near {
			for k := range d.Cells {
				note(d.Cells[k].Network)
				if p := d.Cells[k].Policy; p != 0 {
					asked[p] = true
				}
			}
		}
		if full = full || len(networks)+len(more) > maxNetworks; !full {
			for _, n := range more {
				networks[n] = true
			}
		}
	}
	policies = slices.Sorted(maps.Keys(asked))
	return e.triage.Places(s, hour, history, slices.Sorted(maps.Keys(networks))), policies[:min(len(policies), maxPolicies)]
}

// What judging one hour asks about at most; networks beyond count as unknown,
// policies beyond as no roll-out.
const (
	maxNetworks = 200
	maxPolicies = 32
)

// Settling is how long after its end an hour is settled: later records do not
// change what rate-anomaly finds in it.
const Settling = time.Hour
