package backtest

import (
	"slices"
	"time"

	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/triage"
)

// Alert is one message that people would have got.
type Alert struct {
	At       time.Time // event time at which it would have gone out
	Subject  string
	Severity string // empty where the rule knows none
	Why      string // the rule or the reason, in plain words
	Incident string // id of the incident, empty of published rules
	Update   bool   // not the first about its incident
	Events   []string
}

// alertsOf returns the openings and updates of incidents of at least medium
// severity that no suppression silences, with the events that trigger and
// findings point at.
func alertsOf(a *pipeline.Analysis) []Alert {
	findings := make(map[string]*triage.Finding, len(a.Findings))
	for i := range a.Findings {
		findings[a.Findings[i].ID] = &a.Findings[i]
	}
	var out []Alert
	for i := range a.Incidents {
		in := &a.Incidents[i]
		if in.Severity < triage.Medium || in.Silenced != "" {
			continue
		}
		events := eventsOf(in, findings)
		alert := Alert{At: in.RaisedAt, Subject: in.Subject.Key, Severity: in.Severity.String(), Why: first(in.Reasons), Incident: in.ID, Events: events}
		out = append(out, alert)
		for _, u := range in.Updates {
			alert.At, alert.Severity, alert.Why, alert.Update = u.At, u.Severity.String(), u.Reason, true
			out = append(out, alert)
		}
	}
	sortAlerts(out)
	return out
}

// eventsOf returns the ids of the events that an incident points at, sorted.
func eventsOf(in *triage.Incident, findings map[string]*triage.Finding) []string {
	var events []string
	for _, r := range in.Trigger {
		events = append(events, r.Key.EventID)
	}
	for _, id := range in.Findings {
		if f := findings[id]; f != nil {
			for _, r := range f.Evidence {
				events = append(events, r.Key.EventID)
			}
		}
	}
	slices.Sort(events)
	return slices.Compact(events)
}

func first(reasons []string) string {
	if len(reasons) == 0 {
		return ""
	}
	return reasons[0]
}

func sortAlerts(alerts []Alert) {
	slices.SortStableFunc(alerts, func(a, b Alert) int { return a.At.Compare(b.At) })
}
