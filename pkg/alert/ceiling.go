package alert

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"chimewatch/pkg/tally"
	"chimewatch/pkg/triage"
)

// Ceiling bounds how many alerts are sent one by one in an hour. What is above
// it goes into a digest; critical alerts are exempt.
type Ceiling struct {
	Low, Medium, High int           // alerts an hour of each severity
	Share             int           // of these, by one caller
	Burst             int           // of all severities together in ten minutes; more at once is a storm
	DigestEvery       time.Duration // between two digests

	// Least is the least severity that people and chats hear of. What is below
	// disturbs nobody and is always let through: machines get each alert anyhow.
	Least triage.Severity
}

// MaxDigest is how many alerts one digest tells of; more wait for the next one.
const MaxDigest = 200

// burstWindow is the time in which Burst alerts may go out one by one.
const burstWindow = 10 * time.Minute

// DefaultCeiling lets a person keep up: at most three messages in ten minutes,
// whatever happens, the last of them a digest.
func DefaultCeiling() Ceiling {
	return Ceiling{Low: 10, Medium: 10, High: 20, Share: 3, Burst: 2, DigestEvery: burstWindow}
}

// Validate returns an error that names the first bad field.
func (c Ceiling) Validate() error {
	switch {
	case c.Low < 1, c.Medium < 1, c.High < 1:
		return errors.New("low, medium, high: at least 1 alert an hour must be let through")
	case c.Share < 1:
		return fmt.Errorf("share: %d: at least 1", c.Share)
	case c.Burst < 1:
		return fmt.Errorf("burst: %d: at least 1", c.Burst)
	case c.DigestEvery < time.Minute || c.DigestEvery > time.Hour:
		return fmt.Errorf("digest_every: %s is not between 1m and 1h", c.DigestEvery)
	}
	return nil
}

func (c Ceiling) of(s triage.Severity) int {
	switch s {
	case triage.High:
		return c.High
	case triage.Medium:
		return c.Medium
	}
	return c.Low
}

// Pending is an alert that waits to be sent.
type Pending struct {
	ID       string
	Severity triage.Severity
	Caller   string // whose share it takes, see [CallerOf]
	Due      time.Time
}

// CallerOf returns whose share an incident's alerts take: the principal behind
// it. App users are names that a caller writes, so they have no share of their
// own; a caller who makes them up must not fill everybody's.
func CallerOf(i *triage.Incident) string {
	if i.Subject.Kind == tally.Bearer && len(i.Principals) > 0 {
		return i.Principals[0]
	}
	return i.Subject.Key
}

// Ledger is what was sent in the last hour: kept between decisions by whoever
// asks for them. The zero value is one in which nothing was sent.
type Ledger struct {
	Sent       []Sent    `json:"sent"` // in order of time, within the last hour, none critical
	LastDigest time.Time `json:"last_digest"`

	// Digest holds the ids of the alerts in the last digest. Until all of them
	// are sent the same digest goes out again, under the same id.
	Digest []string `json:"digest,omitempty"`
}

// Sent is an alert that was sent.
type Sent struct {
	ID       string          `json:"id"`
	Severity triage.Severity `json:"severity"`
	Caller   string          `json:"caller"`
	At       time.Time       `json:"at"`
}

// Decision says what to do with the alerts that are pending. Each is in exactly
// one list, in the order in which they should go out: the gravest first, then
// the oldest.
type Decision struct {
	Send   []string // ids of alerts to be sent one by one
	Digest []string // ids of alerts that one digest now tells of
	Wait   []string // ids of alerts for the next digest

	DigestID string // of the digest; see [DigestID]
}

// Decide says which of the pending alerts to send now, and returns the ledger
// in which they were. It depends on its arguments alone; a repeat of an alert
// that the ledger has sent costs nothing.
func (c Ceiling) Decide(l Ledger, now time.Time, pending []Pending) (Decision, Ledger) {
	next := Ledger{LastDigest: l.LastDigest, Digest: l.Digest}
	for _, s := range l.Sent {
		if s.At.After(now.Add(-time.Hour)) {
			next.Sent = append(next.Sent, s)
		}
	}
	pending = slices.Clone(pending)
	slices.SortStableFunc(pending, func(x, y Pending) int {
		return cmp.Or(cmp.Compare(y.Severity, x.Severity), x.Due.Compare(y.Due), cmp.Compare(x.ID, y.ID))
	})
	var d Decision
	var again, above []string
	for _, p := range pending {
		switch {
		case p.Severity >= triage.Critical || p.Severity < c.Least || next.has(p.ID):
			d.Send = append(d.Send, p.ID)
		case slices.Contains(l.Digest, p.ID):
			again = append(again, p.ID)
		case next.since(now.Add(-burstWindow)) < c.Burst && next.count(p.Severity, "") < c.of(p.Severity) && next.count(p.Severity, p.Caller) < c.Share:
			d.Send = append(d.Send, p.ID)
			next.Sent = append(next.Sent, Sent{p.ID, p.Severity, p.Caller, now})
		default:
			above = append(above, p.ID)
		}
	}
	switch {
	case len(again) > 0:
		d.Digest, d.Wait = again, above
	case len(above) > 0 && !now.Before(next.LastDigest.Add(c.DigestEvery)):
		n := min(len(above), MaxDigest)
		d.Digest, d.Wait = above[:n:n], above[n:]
		next.Digest, next.LastDigest = d.Digest, now
	default:
		d.Wait = above
	}
	if len(d.Digest) > 0 {
		d.DigestID = DigestID(next.Digest)
	}
	return d, next
}

// since counts what was sent after a time.
func (l *Ledger) since(t time.Time) (n int) {
	for _, x := range l.Sent {
		if x.At.After(t) {
			n++
		}
	}
	return n
}

func (l *Ledger) has(id string) bool {
	return slices.ContainsFunc(l.Sent, func(s Sent) bool { return s.ID == id })
}

// count counts what was sent of a severity, by one caller where it is named.
func (l *Ledger) count(s triage.Severity, caller string) int {
	n := 0
	for _, x := range l.Sent {
		if x.Severity == s && (caller == "" || x.Caller == caller) {
			n++
		}
	}
	return n
}
