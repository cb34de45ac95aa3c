package triage

import (
	"cmp"
	"slices"

	"chimewatch/pkg/detect"
	"chimewatch/pkg/tally"
)

// Judge weighs the findings of one hour of one subject.
func (t Triage) Judge(c Case) Judgement {
	j := t.newJudge(c)
	switch c.Subject.Kind {
	case tally.Principal:
		j.caller()
		j.hiddenUsers()
		j.ofPrincipal()
	case tally.Bearer:
		j.user()
	case tally.AccessKey:
		j.accessKey()
	case tally.Network:
		j.network()
	}
	slices.SortStableFunc(j.signals, compareSignals)
	return Judgement{Findings: j.assess(), Signals: j.signals, Due: j.due}
}

func compareSignals(a, b Signal) int {
	return cmp.Or(a.At.Compare(b.At), cmp.Compare(b.Severity, a.Severity), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Reason, b.Reason))
}

// maxTrigger is how many calls a signal points at.
const maxTrigger = 20

// signal adds a signal, unless the hour has one of the same rule that is as
// grave and earlier.
func (j *judge) signal(s Signal) {
	if s.Severity == Medium && j.Subject.Kind == tally.Principal && j.crowded(s) {
		s.Severity = Low
	}
	if j.told(s.Rule, s.Severity) {
		return
	}
	slices.SortFunc(s.Evidence, tally.Ref.Compare)
	s.Evidence = slices.Compact(s.Evidence)
	if len(s.Evidence) > maxTrigger {
		s.Evidence = s.Evidence[len(s.Evidence)-maxTrigger:]
	}
	j.signals = append(j.signals, s)
}

// tell adds a signal about a minute, unless the hour has one that is as grave.
func (j *judge) tell(w *window, p *part, rule detect.Rule, severity Severity, verdict Verdict, reason string) {
	if !j.told(rule, severity) { // its evidence need not be gathered
		j.signal(j.about(w, p, rule, severity, verdict, reason))
	}
}

// told reports whether the hour has a signal of the rule that is at least as grave.
func (j *judge) told(rule detect.Rule, severity Severity) bool {
	return slices.ContainsFunc(j.signals, func(x Signal) bool { return x.Rule == rule && x.Severity >= severity })
}

// about returns a signal about a minute, known at its end, or later where one
// of its calls had to wait for a roll-out.
func (j *judge) about(w *window, p *part, rule detect.Rule, severity Severity, verdict Verdict, reason string) Signal {
	s := Signal{
		Minute: j.minute(w.minute), At: j.minute(w.minute + 1), Rule: rule, Severity: severity, Verdict: verdict, Reason: reason,
		Operations: slices.Clone(p.operations), Evidence: make([]tally.Ref, 0, len(p.entries)),
	}
	for _, e := range p.entries {
		s.Evidence = append(s.Evidence, e.First)
		if !e.known && !slices.Contains(s.Networks, e.Network) {
			s.Networks = append(s.Networks, e.Network)
		}
		if e.Policy != 0 && e.in(w.minute, w.minute) {
			s.At = j.minute(w.minute + rolloutAfter)
		}
	}
	return s
}

// found adds a signal about a finding. It is known when the last call is in
// that the finding points at.
func (j *judge) found(f detect.Finding, severity Severity, verdict Verdict, reason string) {
	minute := 59
	for _, r := range f.Evidence { // in order of time
		if tally.HourOf(r.Time) == j.Hour {
			minute = int(r.Time.Sub(j.Hour.Start()).Minutes())
		}
	}
	j.foundAt(minute, f, severity, verdict, reason)
}

// foundAt adds a signal about a finding, of a minute of the hour.
func (j *judge) foundAt(minute int, f detect.Finding, severity Severity, verdict Verdict, reason string) {
	j.signal(Signal{
		Minute: j.minute(minute), At: j.minute(minute + 1), Rule: f.Rule, Severity: severity, Verdict: verdict,
		Reason: f.Reason + ": " + reason, Evidence: slices.Clone(f.Evidence),
	})
}

// assess gives every finding of the hour the gravest signal of the subject's
// hour, and what else was weighed; without a signal it is low.
func (j *judge) assess() []Finding {
	context := j.context()
	out := make([]Finding, 0, len(j.Findings))
	for _, f := range j.Findings {
		a := Assessment{Severity: Low, Verdict: j.quietVerdict(), Reasons: []string{f.Reason}}
		for _, s := range j.signals {
			if s.Severity > a.Severity {
				a.Severity, a.Verdict = s.Severity, s.Verdict
			}
			a.add(s.Reason)
		}
		for _, r := range context {
			a.add(r)
		}
		out = append(out, Finding{Finding: f, Assessment: a})
	}
	return out
}

func (a *Assessment) add(reason string) {
	if !slices.Contains(a.Reasons, reason) {
		a.Reasons = append(a.Reasons, reason)
	}
}

// quietVerdict is what denials look like that nobody has to be told about.
func (j *judge) quietVerdict() Verdict {
	n := j.nature()
	if (n.workload && n.known) || n.routine || n.nobody || n.used || n.alike || n.misplaced || n.closed || n.any && j.young || j.rollout {
		return Misconfiguration
	}
	return Unclear
}

// nature is what the hour's cells have in common; without cells it is zero.
type nature struct{ any, workload, known, routine, nobody, used, alike, misplaced, closed bool }

func (j *judge) nature() nature {
	if j.common == nil {
		n := j.sumUp()
		j.common = &n
	}
	return *j.common
}

func (j *judge) sumUp() nature {
	n := nature{false, true, true, true, true, true, true, true, true}
	var operations []string
	for i := range j.entries {
		e := &j.entries[i]
		if e.base != 0 {
			continue
		}
		n.any = true
		n.workload = n.workload && e.workload()
		n.known = n.known && e.known
		n.routine = n.routine && e.routine
		n.nobody = n.nobody && e.nobody()
		n.used = n.used && e.used
		n.closed = n.closed && e.closed
		n.misplaced = n.misplaced && e.known && e.machine() && !e.foreign() && e.policy()
		insert(&operations, e.Operation)
		n.alike = n.alike && (j.released(e, 59) || e.appRole() && j.alikeBy(tally.Bearer, e.op, 59, alikeUsers))
	}
	if !n.any {
		return nature{}
	}
	n.misplaced = n.misplaced && j.borrowed(operations, allOfThem)
	return n
}

// context says in plain words what quiets or sharpens the hour's findings.
func (j *judge) context() (reasons []string) {
	n := j.nature()
	if !n.any {
		return nil
	}
	switch {
	case j.Subject.Kind == tally.Bearer:
	case n.workload && n.known:
		reasons = append(reasons, "a workload's role on a known network: a missing permission is likelier than an intruder")
	case n.workload:
		reasons = append(reasons, "a workload's role on a network that was not seen before")
	case n.known:
		reasons = append(reasons, "from a known network")
	default:
		reasons = append(reasons, "from a network that was not seen before")
	}
	if !n.known && j.ownClient() {
		reasons = append(reasons, "with the client that it has long used: the caller writes that itself, so it says little")
	}
	if n.nobody {
		reasons = append(reasons, "the app user does not exist, or no longer: a client that goes on with an old name")
	}
	if n.routine {
		reasons = append(reasons, "the same operations were refused to it on several of the days before: routine")
	}
	if n.used {
		reasons = append(reasons, "the same operations used to succeed to it: a permission was taken away")
	}
	if n.alike {
		reasons = append(reasons, "the same operations were refused to others alike: a release that calls what it may not")
	}
	if n.misplaced {
		reasons = append(reasons, "all of this is what another service of the account is used to do: it looks deployed with the wrong role")
	}
	if n.closed {
		reasons = append(reasons, "all of this belongs to another account, which no policy lets it reach: the key of one environment, and the resources of another")
	}
	if j.young {
		reasons = append(reasons, "the principal is new: it first did anything less than four days before")
	}
	if j.rollout {
		reasons = append(reasons, "an organisation policy refused many at once: a roll-out")
	}
	return reasons
}
