package triage

import "time"

// Deed is what a person can do about an incident.
type Deed string

// The deeds.
const (
	Acknowledge Deed = "acknowledge" // somebody looks into it
	Close       Deed = "close"       // it is dealt with
)

// Act is one deed: who, when and why, and what the incident was like then.
type Act struct {
	Deed     Deed
	By, Why  string
	At       time.Time
	LastSeen time.Time // of the incident
	Severity Severity  // of the incident
}

// MaxActs is how many acts are kept about an incident, the latest.
const MaxActs = 32

// Handling is what people did about an incident, in order. It is kept apart
// from the incident, which is decided on anew with every call that arrives.
type Handling struct{ Acts []Act }

// With returns the handling with one more act.
func (h Handling) With(a Act) Handling {
	acts := h.Acts[max(0, len(h.Acts)+1-MaxActs):]
	return Handling{append(acts[:len(acts):len(acts)], a)}
}

// Status is where people are with an incident.
type Status string

// The statuses.
const (
	Untouched    Status = "open"
	Acknowledged Status = "acknowledged"
	Closed       Status = "closed"
	Reopened     Status = "reopened" // something came after it was closed
)

// Status says where people are with the incident as it is now.
func (h Handling) Status(in *Incident) Status {
	if len(h.Acts) == 0 {
		return Untouched
	}
	last := h.Acts[len(h.Acts)-1]
	switch {
	case last.Deed != Close:
		return Acknowledged
	case in.LastSeen.After(last.LastSeen) || in.Severity > last.Severity:
		return Reopened
	}
	return Closed
}

// Quiets reports whether nobody has to be told of an update of that severity:
// somebody looks into the incident, and it has not become graver than they saw
// it. What comes after an incident was closed is told.
func (h Handling) Quiets(update Severity) bool {
	if len(h.Acts) == 0 {
		return false
	}
	last := h.Acts[len(h.Acts)-1]
	return last.Deed == Acknowledge && update <= last.Severity
}
