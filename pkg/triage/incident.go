package triage

import (
	"fmt"
	"time"

	"chimewatch/pkg/detect"
	"chimewatch/pkg/tally"
)

// Severity says how urgent a finding or an incident is.
type Severity uint8

// The severities. Low is stored and summarised; the others are alerted.
const (
	Low Severity = iota + 1
	Medium
	High
	Critical
)

// String returns the severity's name in lower case.
func (s Severity) String() string {
	switch s {
	case Low:
		return "low"
	case Medium:
		return "medium"
	case High:
		return "high"
	case Critical:
		return "critical"
	}
	return "unknown"
}

// ParseSeverity is the inverse of String.
func ParseSeverity(name string) (Severity, error) {
	for s := Low; s <= Critical; s++ {
		if s.String() == name {
			return s, nil
		}
	}
	return 0, fmt.Errorf("severity %q is not low, medium, high or critical", name)
}

// Verdict says what a finding looks like.
type Verdict string

// The verdicts.
const (
	Probing          Verdict = "probing"          // somebody tries what they may not do
	Misconfiguration Verdict = "misconfiguration" // something lacks a permission that it needs
	Unclear          Verdict = "unclear"
)

// Looks says in a few words what a verdict means.
func (v Verdict) Looks() string {
	switch v {
	case Probing:
		return "looks like probing"
	case Misconfiguration:
		return "looks like a misconfiguration"
	}
	return "unclear"
}

// Assessment is the result of triage, for a finding or an incident.
type Assessment struct {
	Severity Severity
	Verdict  Verdict
	Reasons  []string // plain words: what was weighed
}

// Finding is a finding of a rule, assessed.
type Finding struct {
	detect.Finding
	Assessment
	Principals []string // keys of those who made the calls in evidence, sorted
}

// Incident is the findings of one subject that belong together: what a person
// works on. It stays open until the subject was quiet for [Config] QuietDays.
type Incident struct {
	ID      string // derived from the subject and the first signal
	Subject tally.Subject
	Assessment

	RaisedAt time.Time // event time at which the alert would go out, up to [MaxWaitHours] after LastSeen
	LastSeen time.Time // the last denial that a finding of the incident counts
	Trigger  []tally.Ref
	Updates  []Update

	Findings   []string // ids, sorted
	Rules      []detect.Rule
	Principals []string // keys, sorted
	Denials    int      // distinct denials that its findings count, per rule the most, so a lower bound of what was refused

	// Silenced names the suppression that silences its alerts, empty where none
	// does.
	Silenced string `json:",omitempty"`
}

// Update is a reason to tell people again about an incident that is open.
type Update struct {
	At       time.Time // event time
	Severity Severity  // from then on
	Reason   string
}
