package summary

import (
	"strings"

	"chimewatch/pkg/config"
	"chimewatch/pkg/tally"
	"chimewatch/pkg/triage"
)

// Suppressions says what those that are configured did: which of the incidents
// that were open in the period each of them silenced.
func Suppressions(configured []config.Suppression, p Period, incidents []triage.Incident) []Suppression {
	first, last := p.hours()
	out := make([]Suppression, 0, len(configured))
	for _, c := range configured {
		s := Suppression{Name: c.Name, Reason: c.Reason, Owner: c.Owner, Until: c.Until.Time, Match: matchText(c)}
		if c.CallersOnly() {
			s.Callers = &c
		}
		for i := range incidents {
			if in := &incidents[i]; in.Silenced == c.Name && open(in, first, last) {
				s.Incidents++
				s.Denials += in.Denials
			}
		}
		out = append(out, s)
	}
	return out
}

// open reports whether an incident was raised, or seen, in the hours from first
// to last. What waited for others is raised some hours after it was seen.
func open(in *triage.Incident, first, last tally.Hour) bool {
	raised, seen := tally.HourOf(in.RaisedAt), tally.HourOf(in.LastSeen)
	return min(raised, seen) <= last && max(raised, seen) >= first
}

// matchText says what a suppression silences.
func matchText(c config.Suppression) string {
	var parts []string
	add := func(what, value string) {
		if value != "" {
			parts = append(parts, what+" "+value)
		}
	}
	add("principal", c.Principal)
	add("operation", c.Operation)
	if c.Network.IsValid() {
		add("network", c.Network.String())
	}
	add("rule", string(c.Rule))
	add("account", c.Account)
	return strings.Join(parts, ", ")
}
