package summary

import (
	"fmt"
	"strings"

	"chimewatch/pkg/wording"
)

// ignorable says in sentences what needs nobody's attention.
func (m *making) ignorable() {
	r := m.report
	say := func(n int, one, many string) {
		if n > 0 {
			r.Ignorable = append(r.Ignorable, wording.Count(n, one, many))
		}
	}
	say(m.quiet, "finding of low severity, part of no incident: known networks, routine, or too little to mean anything.", "findings of low severity, part of no incident: known networks, routine, or too little to mean anything.")
	say(m.rollouts, "roll-out of an organisation policy that refused many at once.", "roll-outs of organisation policies that refused many at once.")
	say(m.tried, "principal was refused no operation more than twice.", "principals were refused no operation more than twice.")
	say(m.services, "AWS service was refused on its own account.", "AWS services were refused on their own account.")
	say(m.hushed, "incident is silenced by a suppression, listed below.", "incidents are silenced by suppressions, listed below.")
}

// headline is the one sentence to read: what needs a decision, how the numbers
// moved, and whether the watch was awake.
func (m *making) headline() {
	r := m.report
	r.Quiet = len(r.Decisions) == 0 && len(r.Fixes) == 0 && !r.Watch.blind()
	parts := []string{m.decisionText()}
	if text := m.changeText(); text != "" {
		parts = append(parts, text)
	}
	if r.Watch.blind() {
		switch {
		case len(r.Watch.Gaps) > 0:
			g := r.Watch.Gaps[0]
			parts = append(parts, fmt.Sprintf("the watch gave no sign of life for %s from %s", wording.Count(g.Hours, "hour", "hours"), stamp(g.Start)))
		case r.Watch.Dead > 0:
			parts = append(parts, wording.Count(r.Watch.Dead, "message was", "messages were")+" given up and may hide more")
		default:
			parts = append(parts, wording.Count(r.Watch.Malformed, "record", "records")+" could not be understood")
		}
	}
	r.Headline = sentenceCase(strings.Join(parts, "; ")) + "."
}

func (m *making) decisionText() string {
	r := m.report
	fixes := ""
	if n := len(r.Fixes); n > 0 {
		fixes = wording.Count(n, "misconfiguration is there to fix", "misconfigurations are there to fix")
	}
	if len(r.Decisions) == 0 {
		if fixes != "" {
			return "no incident, but " + fixes
		}
		return "nothing needs a decision"
	}
	worst := r.Decisions[0]
	text := wording.Count(len(r.Decisions), "incident needs a decision", "incidents need a decision")
	if len(r.Decisions) == 1 {
		text += ": " + subjectName(worst.kind, worst.Subject) + ", " + worst.Level + " (" + worst.Verdict.Looks() + ")"
	} else {
		text += ", above all " + subjectName(worst.kind, worst.Subject) + ", " + worst.Level + " (" + worst.Verdict.Looks() + ")"
	}
	if fixes != "" {
		text += "; " + fixes
	}
	return text
}

// changeText says how denials moved. Small numbers and small moves are not
// worth words.
func (m *making) changeText() string {
	now := m.denials[0]
	noun := m.period.noun()
	switch {
	case now == 0:
		return "nobody was refused"
	case m.compared == 0:
		text := wording.Count(now, "call was refused", "calls were refused")
		if !m.data.Watching.IsZero() && m.data.Health != nil {
			text += " in the first " + noun + " of the watch"
		}
		return text
	}
	before := m.denials[1]
	n := wording.Count(now, "denial", "denials")
	switch {
	case before == 0:
		return n + " after a " + noun + " without any"
	case now >= 2*before && now-before >= 10:
		return n + fmt.Sprintf(", %.1f times as many as the %s before", float64(now)/float64(before), noun)
	case now*10 > before*12 && now-before >= 5:
		return n + ", up from " + wording.Grouped(before)
	case now*10 < before*8 && before-now >= 5:
		return n + ", down from " + wording.Grouped(before)
	}
	return n + ", about as many as the " + noun + " before"
}
