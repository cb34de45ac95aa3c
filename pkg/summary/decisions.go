package summary

import (
	"cmp"
	"slices"

	"chimewatch/pkg/denial"
	"chimewatch/pkg/detect"
	"chimewatch/pkg/tally"
	"chimewatch/pkg/triage"
)

// Bounds of what is named with an incident or a finding.
const (
	maxEvents     = 5 // of an incident
	maxOperations = 12
)

// ongoingHours is how recently something must have been seen, before the
// period's end, to be going on.
const ongoingHours = 24

// sortFindings takes the period's findings.
func (m *making) sortFindings() {
	m.findingsOf = map[string]int{}
	var own []triage.Finding
	for _, f := range m.data.Findings {
		if m.periodOf(f.Hour) != 0 {
			continue
		}
		own = append(own, f)
		for _, key := range f.Principals {
			m.findingsOf[key]++
		}
	}
	triage.SortFindings(own)
	m.report.Findings = make([]Finding, 0, len(own))
	for i := range own {
		f := &own[i]
		out := Finding{
			ID: f.ID, Rule: f.Rule, Hour: m.local(f.Hour.Start()), Severity: f.Severity, Level: f.Severity.String(), Verdict: f.Verdict,
			Subject: f.Subject.Key, Kind: f.Subject.Kind.String(), kind: f.Subject.Kind, Denials: f.Denials, Reason: f.Reason,
			Principals: orEmpty(f.Principals), Events: m.events(f.Evidence, 1),
		}
		m.report.Findings = append(m.report.Findings, out)
	}
}

// decisions lists the incidents that somebody has to look at: those seen in the
// period that are of medium severity or above, or look like probing.
func (m *making) decisions() {
	m.suspects = map[string]bool{}
	incidents := slices.Clone(m.data.Incidents)
	triage.Sort(incidents)
	for i := range incidents {
		in := &incidents[i]
		if !open(in, m.first, m.last) {
			continue
		}
		if in.Subject.Kind == tally.Policy {
			m.rollouts++
			continue
		}
		if in.Silenced != "" {
			m.hushed++
			if in.Subject.Kind == tally.Principal {
				m.silenced[in.Subject.Key] = true
			}
			continue
		}
		if in.Severity < triage.Medium && in.Verdict != triage.Probing {
			continue
		}
		m.report.Decisions = append(m.report.Decisions, m.incident(in))
		if in.Subject.Kind == tally.Bearer {
			continue // the role behind it serves others, who are not suspects
		}
		for _, key := range in.Principals {
			m.suspects[key] = true
		}
	}
	decided := map[string]bool{}
	for i := range incidents {
		for _, id := range incidents[i].Findings {
			decided[id] = true
		}
	}
	for _, f := range m.report.Findings {
		if f.Severity == triage.Low && !decided[f.ID] {
			m.quiet++
		}
	}
}

func (m *making) incident(in *triage.Incident) Incident {
	out := Incident{
		ID: in.ID, Subject: in.Subject.Key, Kind: in.Subject.Kind.String(), kind: in.Subject.Kind,
		Severity: in.Severity, Level: in.Severity.String(), Verdict: in.Verdict,
		Raised: m.local(in.RaisedAt), LastSeen: m.local(in.LastSeen), Denials: in.Denials, Rules: orEmpty(in.Rules), Reasons: orEmpty(in.Reasons),
		Principals: orEmpty(in.Principals), Operations: []string{}, Next: nextStep(in), Events: m.events(in.Trigger, maxEvents),
		Continued: tally.HourOf(in.RaisedAt) < m.first,
		Ongoing:   tally.HourOf(in.LastSeen) > m.last-ongoingHours,
	}
	for _, ref := range in.Trigger {
		if c, ok := m.data.Calls[ref.Key]; ok && c.Outcome == denial.Refused && !slices.Contains(out.Operations, c.Operation) && len(out.Operations) < maxOperations {
			out.Operations = append(out.Operations, c.Operation)
		}
	}
	return out
}

// nextStep says in one sentence what to decide.
func nextStep(in *triage.Incident) string {
	has := func(r detect.Rule) bool { return slices.Contains(in.Rules, r) }
	switch {
	case in.Subject.Kind == tally.Bearer:
		return "Find out in the app who this user is and whether the app itself makes these calls; if not, act on the user, not on the role behind it."
	case has(detect.QuarantinedKey):
		return "Make the access key inactive: AWS found it in public. Then go through what was done with it."
	case has(detect.Breakthrough):
		return "Find out who widened the permission, and undo what the call did unless its owner confirms it."
	case has(detect.RootDenied):
		return "Ask who used the root user; if nobody did, change its password and renew its MFA device."
	case in.Subject.Kind == tally.AccessKey:
		return "Ask the owner of the key about these networks; if they are not theirs, make the key inactive and replace it."
	case in.Subject.Kind == tally.Network:
		return "Find out what is at this network; if it is yours, name it under triage.known_networks, else renew the credentials that came from it."
	case has(detect.ForeignAccount):
		return "Find out whether the caller's account is a partner's; if not, see which policy trusts it."
	case in.Verdict == triage.Misconfiguration:
		return "See which deployment came before; if the calls are meant, grant what is missing."
	case has(detect.Impersonation):
		return "Ask the owner which code chooses the app users that it calls for."
	}
	return "Ask the owner whether these calls were meant; if nobody knows of them, cut the caller off."
}

// events names the first few records.
func (m *making) events(refs []tally.Ref, most int) []Event {
	out := make([]Event, 0, min(len(refs), most))
	for _, ref := range refs[:min(len(refs), most)] {
		out = append(out, Event{ID: ref.Key.EventID, Region: ref.Key.Region, Time: m.local(ref.Time)})
	}
	return out
}

// rules sums the findings up by rule.
func (m *making) rules() {
	type seen struct{ now, before, ongoing bool }
	type sum struct {
		out      Rule
		before   int
		subjects map[tally.Subject]*seen
	}
	sums := map[detect.Rule]*sum{}
	for i := range m.data.Findings {
		f := &m.data.Findings[i]
		k := m.periodOf(f.Hour)
		if k != 0 && k != 1 {
			continue
		}
		s := sums[f.Rule]
		if s == nil {
			s = &sum{subjects: map[tally.Subject]*seen{}}
			s.out.Rule, s.out.Verdicts = f.Rule, map[triage.Verdict]int{}
			sums[f.Rule] = s
		}
		who := s.subjects[f.Subject]
		if who == nil {
			who = &seen{}
			s.subjects[f.Subject] = who
		}
		if k == 1 {
			s.before++
			who.before = true
			continue
		}
		who.now = true
		who.ongoing = who.ongoing || f.Hour > m.last-ongoingHours
		s.out.Findings++
		s.out.Verdicts[f.Verdict]++
		if at := m.local(f.Hour.Start()); at.After(s.out.Last) {
			s.out.Last = at
		}
		s.out.marks = append(s.out.marks, mark{int(f.Hour - m.first), f.Severity})
	}
	for _, d := range detect.Rules() {
		s := sums[d.Rule]
		if s == nil || s.out.Findings == 0 {
			continue
		}
		s.out.Title = d.Title
		s.out.Before = m.before(s.before)
		for _, who := range s.subjects {
			if who.now {
				s.out.Subjects++
			}
			if who.now && who.before && m.compared > 0 {
				s.out.Continued++
			}
			if who.ongoing {
				s.out.Ongoing++
			}
		}
		slices.SortFunc(s.out.marks, func(a, b mark) int { return cmp.Or(a.hour-b.hour, int(a.severity)-int(b.severity)) })
		m.report.Rules = append(m.report.Rules, s.out)
	}
	slices.SortStableFunc(m.report.Rules, func(a, b Rule) int { return b.Findings - a.Findings })
}
