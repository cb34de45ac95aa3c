package pipeline

import (
	"context"
	"slices"

	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/tally"
	"chimewatch/pkg/triage"
)

// fetch looks up the calls that findings and incidents point at.
func fetch(ctx context.Context, store Store, findings []triage.Finding, states []*triage.State) (Evidence, error) {
	seen := map[cloudtrail.Key]bool{}
	var keys []cloudtrail.Key
	add := func(refs []tally.Ref) {
		for _, r := range refs {
			if !seen[r.Key] {
				seen[r.Key] = true
				keys = append(keys, r.Key)
			}
		}
	}
	for i := range findings {
		add(findings[i].Evidence)
	}
	for _, st := range states {
		add(st.Trigger)
	}
	if len(keys) == 0 {
		return Evidence{}, nil
	}
	return store.Evidence(ctx, keys)
}

// dressFindings names the principals of findings.
func dressFindings(findings []triage.Finding, evidence Evidence) {
	for i := range findings {
		f := &findings[i]
		f.Principals = principals(f.Subject, f.Evidence, evidence)
	}
}

// dressIncidents gives incidents their findings, the principals of those and of
// what their triggers point at, and the suppression that silences them.
func (e evaluator) dressIncidents(states []*triage.State, findings []triage.Finding, evidence Evidence) {
	for _, st := range states {
		st.Gather(findings)
		all := append(slices.Clone(st.Principals), principals(st.Subject, st.Trigger, evidence)...)
		slices.Sort(all)
		st.Principals = slices.Compact(all)
		silence(e.suppressions, st, findings, evidence)
	}
}

func principals(s tally.Subject, refs []tally.Ref, evidence Evidence) []string {
	var out []string
	if s.Kind == tally.Principal {
		out = append(out, s.Key)
	}
	for _, r := range refs {
		if c, ok := evidence[r.Key]; ok {
			out = append(out, c.Principal.Key)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
