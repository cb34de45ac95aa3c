package pipeline

import (
	"slices"

	"chimewatch/pkg/config"
	"chimewatch/pkg/detect"
	"chimewatch/pkg/triage"
)

// Silenced is what a suppression silenced.
type Silenced struct {
	Suppression string   // its name
	Incidents   []string // ids, in the order of the analysis
	Denials     int      // that these count
}

// silence marks the incident with the first suppression that covers all of it:
// every call that its trigger and its findings point at, and every rule. One
// call that is not covered, or not known, and people are told.
func silence(suppressions []config.Suppression, st *triage.State, findings []triage.Finding, evidence Evidence) {
	st.Silenced = ""
	for _, s := range suppressions {
		if covers(s, st, findings, evidence) {
			st.Silenced = s.Name
			return
		}
	}
}

func covers(s config.Suppression, st *triage.State, findings []triage.Finding, evidence Evidence) bool {
	if s.Rule != "" && (len(st.Rules) == 0 || slices.ContainsFunc(st.Rules, func(r detect.Rule) bool { return r != s.Rule })) {
		return false
	}
	refs := slices.Clone(st.Trigger)
	for i := range findings {
		if slices.Contains(st.Findings, findings[i].ID) {
			refs = append(refs, findings[i].Evidence...)
		}
	}
	for _, r := range refs {
		if c, ok := evidence[r.Key]; !ok || !s.Silences(c) {
			return false
		}
	}
	return len(refs) > 0
}

// silenced sums up what suppressions did.
func silenced(suppressions []config.Suppression, incidents []triage.Incident) []Silenced {
	var out []Silenced
	for _, s := range suppressions {
		x := Silenced{Suppression: s.Name}
		for i := range incidents {
			if incidents[i].Silenced == s.Name {
				x.Incidents, x.Denials = append(x.Incidents, incidents[i].ID), x.Denials+incidents[i].Denials
			}
		}
		out = append(out, x)
	}
	return out
}
