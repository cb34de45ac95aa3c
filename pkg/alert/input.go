package alert

import (
	"time"

	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/denial"
	"chimewatch/pkg/triage"
)

// Input is what an alert is about.
type Input struct {
	ID       string // of the alert: stable, the same whenever it is sent again
	Incident triage.Incident
	Findings []triage.Finding // of the incident

	// Calls are those that the findings and the incident's trigger point at,
	// as far as they are known. Without them an alert names event ids only.
	Calls map[cloudtrail.Key]*denial.Call

	Update int       // 0: the opening; n: the incident's n-th update
	Closed time.Time // when the incident was closed; zero while it is open
	Drill  bool      // a drill: marked as such in every form
}

// Activity says what happened to the incident.
type Activity string

// The activities.
const (
	Opened  Activity = "opened"
	Updated Activity = "updated"
	Closed  Activity = "closed"
)

// Activity returns what happened to the incident.
func (in *Input) Activity() Activity {
	switch {
	case !in.Closed.IsZero():
		return Closed
	case in.Update > 0:
		return Updated
	}
	return Opened
}

// update returns the update that the alert is about, and when people were told
// before. The second result is false for openings and closings, and where the
// incident does not have the update.
func (in *Input) update() (u triage.Update, before time.Time, ok bool) {
	if in.Activity() != Updated || in.Update > len(in.Incident.Updates) {
		return triage.Update{}, time.Time{}, false
	}
	before = in.Incident.RaisedAt
	if in.Update > 1 {
		before = in.Incident.Updates[in.Update-2].At
	}
	return in.Incident.Updates[in.Update-1], before, true
}

// since returns when the incident was raised, or last seen, where that was known
// some hours later; events may be older.
func (in *Input) since() time.Time {
	if seen := in.Incident.LastSeen; !seen.IsZero() && seen.Before(in.Incident.RaisedAt) {
		return seen
	}
	return in.Incident.RaisedAt
}

// at returns the event time that the alert speaks of.
func (in *Input) at() time.Time {
	if u, _, ok := in.update(); ok {
		return u.At
	}
	if !in.Closed.IsZero() {
		return in.Closed
	}
	return in.Incident.RaisedAt
}

// Options tune what is sent.
type Options struct {
	Version string // of the product, told to machines
	Least   Least
	OCSF    bool // machines get OCSF findings instead of the product's own JSON
}

// Least is the least severity that each topic gets. The zero value lets
// everything through.
type Least struct {
	People, Machines, Chat triage.Severity
}

// Never as a least severity lets nothing through.
const Never = triage.Critical + 1

// DefaultLeast is what people and chats hear of by default: medium and above.
// Machines get everything.
func DefaultLeast() Least {
	return Least{People: triage.Medium, Machines: triage.Low, Chat: triage.Medium}
}
