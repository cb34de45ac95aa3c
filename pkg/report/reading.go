package report

import (
	"cmp"
	"slices"

	"chimewatch/pkg/denial"
	"chimewatch/pkg/detect"
	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/tally"
	"chimewatch/pkg/triage"
)

// reading is an analysis sorted by what a person does about it.
type reading struct {
	evidence   pipeline.Evidence
	findings   map[string]*triage.Finding
	principals map[string]*pipeline.PrincipalReport

	incidents  []*triage.Incident // somebody has to look at them
	severities map[triage.Severity]int
	rollouts   []*triage.Incident // an organisation policy that refuses many
	broken     []*breakage
	shown      map[string]bool          // principals that are part of any of these
	rules      map[string][]detect.Rule // that held, by principal
}

// breakage is what one principal probably lacks.
type breakage struct {
	principal *pipeline.PrincipalReport
	missing   []*missing
	example   *denial.Call
}

// missing is one operation that a principal was refused for one reason.
type missing struct {
	operation string
	why       string
	calls     []*denial.Call // known of it, by time
}

// newReading sorts an analysis. An incident has to be looked at unless it is of
// low severity and looks like a misconfiguration.
func newReading(a *pipeline.Analysis) *reading {
	r := &reading{
		evidence: a.Evidence, findings: map[string]*triage.Finding{}, principals: map[string]*pipeline.PrincipalReport{},
		severities: map[triage.Severity]int{}, shown: map[string]bool{}, rules: map[string][]detect.Rule{},
	}
	for i := range a.Principals {
		r.principals[a.Principals[i].Key] = &a.Principals[i]
	}
	for i := range a.Findings {
		f := &a.Findings[i]
		r.findings[f.ID] = f
		for _, key := range f.Principals {
			if !slices.Contains(r.rules[key], f.Rule) {
				r.rules[key] = append(r.rules[key], f.Rule)
			}
		}
	}
	told := map[string]bool{} // findings
	for i := range a.Incidents {
		in := &a.Incidents[i]
		switch {
		case in.Subject.Kind == tally.Policy:
			r.rollouts = append(r.rollouts, in)
		case in.Severity > triage.Low || in.Verdict == triage.Probing:
			r.incidents = append(r.incidents, in)
			r.severities[in.Severity]++
			for _, id := range in.Findings {
				told[id] = true
			}
		default:
			continue
		}
		for _, key := range in.Principals {
			r.shown[key] = true
		}
	}
	r.findBroken(a, told)
	return r
}

// findBroken collects, by principal, the calls behind what looks like a
// misconfiguration and is part of no incident above.
func (r *reading) findBroken(a *pipeline.Analysis, told map[string]bool) {
	calls := map[string][]*denial.Call{}
	add := func(refs []tally.Ref) {
		for _, c := range r.calls(refs) {
			if c.Outcome == denial.Refused && !r.shown[c.Principal.Key] {
				calls[c.Principal.Key] = append(calls[c.Principal.Key], c)
			}
		}
	}
	for i := range a.Findings {
		if f := &a.Findings[i]; !told[f.ID] && f.Verdict == triage.Misconfiguration {
			add(f.Evidence)
		}
	}
	for i := range a.Incidents {
		if in := &a.Incidents[i]; in.Severity == triage.Low && in.Verdict == triage.Misconfiguration && in.Subject.Kind != tally.Policy {
			add(in.Trigger)
		}
	}
	for i := range a.Principals { // in their order
		p := &a.Principals[i]
		if known := calls[p.Key]; len(known) > 0 {
			r.broken = append(r.broken, breakageOf(p, known))
		}
	}
	for _, b := range r.broken {
		r.shown[b.principal.Key] = true
	}
}

func breakageOf(p *pipeline.PrincipalReport, calls []*denial.Call) *breakage {
	slices.SortFunc(calls, compareCalls)
	calls = slices.CompactFunc(calls, func(a, b *denial.Call) bool { return a.Key == b.Key })
	b := &breakage{principal: p, example: calls[0]}
	for _, c := range calls {
		why := because(c)
		i := slices.IndexFunc(b.missing, func(m *missing) bool { return m.operation == c.Operation && m.why == why })
		if i < 0 {
			i = len(b.missing)
			b.missing = append(b.missing, &missing{operation: c.Operation, why: why})
		}
		b.missing[i].calls = append(b.missing[i].calls, c)
	}
	return b
}

// calls returns the calls that refs point at, as far as they are known, by
// time and each once.
func (r *reading) calls(refs []tally.Ref) []*denial.Call {
	var out []*denial.Call
	for _, ref := range refs {
		if c, ok := r.evidence[ref.Key]; ok {
			out = append(out, c)
		}
	}
	slices.SortFunc(out, compareCalls)
	return slices.CompactFunc(out, func(a, b *denial.Call) bool { return a.Key == b.Key })
}

// incidentCalls returns the calls behind an incident: its trigger first.
func (r *reading) incidentCalls(in *triage.Incident) (trigger, all []*denial.Call) {
	refs := slices.Clone(in.Trigger)
	for _, id := range in.Findings {
		if f := r.findings[id]; f != nil {
			refs = append(refs, f.Evidence...)
		}
	}
	return r.calls(in.Trigger), r.calls(refs)
}

func compareCalls(a, b *denial.Call) int {
	return cmp.Or(a.Time.Compare(b.Time), tally.CompareKeys(a.Key, b.Key))
}
