package triage

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"time"

	"chimewatch/pkg/detect"
	"chimewatch/pkg/tally"
)

// When an open incident is worth telling people about again.
const (
	networkPause    = 6 * time.Hour // a network not seen before, that long after the last message
	operationsPause = 2 * time.Hour // new operations, that long after the last message
	newOperations   = 3
	maxReasons      = 12
	maxKept         = 64 // operations and networks that an incident remembers
	maxListed       = 4 * tally.MaxActors
)

// State is an incident with what it is made and told by.
type State struct {
	Incident
	FirstHour  tally.Hour // that a signal is about
	LastTold   time.Time  // event time of the opening or the last update
	Operations []string   // seen so far
	Networks   []uint64   // not known when they were seen
	Told       int        // how many alerts were put about it: its opening and updates
}

// Assemble puts all signals of one subject, in order of At, together to
// incidents, and returns these in order.
//
// Signals of low severity open no incident, but a roll-out's; they are
// remembered for what comes after them.
func (t Triage) Assemble(subject tally.Subject, signals []Signal) []*State {
	var out []*State
	var current *State // LastSeen is the latest minute that a signal is about
	for _, s := range withBreakthroughs(signals) {
		switch {
		case s.Severity == Low && subject.Kind != tally.Policy:
		case current != nil && s.Minute.Before(current.LastSeen.AddDate(0, 0, t.Config.QuietDays)):
			current.take(s)
		default:
			current = newState(subject, s)
			out = append(out, current)
		}
	}
	return out
}

// withBreakthroughs returns the signals with those successes raised that somebody
// had tried for, in order of when they are known.
func withBreakthroughs(signals []Signal) []Signal {
	out := slices.Clone(signals)
	for i := range out {
		s := &out[i]
		if s.Rule != detect.Breakthrough {
			continue
		}
		if known := attempted(signals, s.Minute); !known.IsZero() {
			s.Severity, s.Verdict = Critical, Probing
			if s.At.Before(known) {
				s.At = known
			}
		}
	}
	slices.SortStableFunc(out, compareSignals)
	return out
}

// A critical operation was tried for if it was refused within a day before it
// succeeds; by a slip, some minutes before: new permissions take seconds to spread.
const (
	spreading    = 2 * time.Minute
	attemptHours = 25
)

// attempted returns when it is known that a critical operation had been tried
// before a minute, the zero time if none was.
func attempted(signals []Signal, minute time.Time) (known time.Time) {
	for i := range signals {
		s := &signals[i]
		if s.Rule != detect.CriticalOperation {
			continue
		}
		last := minute
		if s.Severity == Low {
			last = minute.Add(-spreading)
		}
		if s.Minute.After(last) || s.Minute.Before(minute.Add(-attemptHours*time.Hour)) {
			continue
		}
		if known.IsZero() || s.At.Before(known) {
			known = s.At
		}
	}
	return known
}

// newState makes an incident of its first signal.
func newState(subject tally.Subject, s Signal) *State {
	st := &State{
		Incident: Incident{
			ID: incidentID(subject, s), Subject: subject,
			Assessment: Assessment{Severity: s.Severity, Verdict: s.Verdict, Reasons: []string{s.Reason}},
			RaisedAt:   s.At, LastSeen: s.Minute, Trigger: slices.Clone(s.Evidence), Denials: s.Denials,
		},
		FirstHour: tally.HourOf(s.Minute), LastTold: s.At,
	}
	st.remember(s)
	return st
}

// incidentID takes the day of the first signal: a subject has no two incidents
// that begin on one day, and a late record rarely changes it.
func incidentID(subject tally.Subject, s Signal) string {
	sum := sha256.Sum256([]byte(subject.Kind.String() + "\x00" + subject.Key + "\x00" + strconv.FormatInt(int64(tally.DayOf(s.Minute)), 10)))
	return "i-" + hex.EncodeToString(sum[:10])
}

// take adds a signal to an open incident.
func (st *State) take(s Signal) {
	st.FirstHour = min(st.FirstHour, tally.HourOf(s.Minute)) // it may be known later than the first
	if s.Minute.After(st.LastSeen) {
		st.LastSeen = s.Minute
	}
	if !slices.Contains(st.Reasons, s.Reason) && len(st.Reasons) < maxReasons {
		st.Reasons = append(st.Reasons, s.Reason)
	}
	if st.Subject.Kind == tally.Policy { // a roll-out names whom it hits
		st.Denials += s.Denials
		st.Trigger = append(st.Trigger, s.Evidence[:min(len(s.Evidence), maxListed-len(st.Trigger))]...)
	}
	why := st.worthTelling(s)
	if s.Severity > st.Severity {
		st.Severity, st.Verdict = s.Severity, s.Verdict
	}
	if why != "" {
		st.Updates = append(st.Updates, Update{At: s.At, Severity: st.Severity, Reason: why})
		st.LastTold = s.At
	}
	if why != "" || st.LastTold.Equal(s.At) {
		st.remember(s)
	}
}

// worthTelling says why people have to be told again, if they have.
func (st *State) worthTelling(s Signal) string {
	if s.Severity == Critical && st.Severity < Critical {
		return "it has become critical: " + s.Reason
	}
	since := s.At.Sub(st.LastTold)
	if since >= networkPause {
		for _, n := range s.Networks {
			if !slices.Contains(st.Networks, n) && st.fresh(s) > 0 {
				return "it goes on from another network that was not seen before: " + s.Reason
			}
		}
	}
	if since >= operationsPause {
		if fresh := st.fresh(s); fresh >= newOperations {
			return fmt.Sprintf("%d more operations were tried: %s", fresh, s.Reason)
		}
	}
	return ""
}

// fresh counts the signal's operations that people were not told of.
func (st *State) fresh(s Signal) (n int) {
	for _, op := range s.Operations {
		if !slices.Contains(st.Operations, op) {
			n++
		}
	}
	return n
}

// remember keeps what people were told of.
func (st *State) remember(s Signal) {
	for _, op := range s.Operations {
		if !slices.Contains(st.Operations, op) && len(st.Operations) < maxKept {
			st.Operations = append(st.Operations, op)
		}
	}
	for _, n := range s.Networks {
		if !slices.Contains(st.Networks, n) && len(st.Networks) < maxKept {
			st.Networks = append(st.Networks, n)
		}
	}
}

// Gather adds to an incident the subject's findings from the first hour that a
// signal is about to the last one: their ids and rules, and how many denials they
// count. What the signals point at may be older: a window may hold nothing that
// is new in its last hour.
func (st *State) Gather(findings []Finding) {
	last := tally.HourOf(st.LastSeen)
	denials := map[tally.Hour]int{}
	for _, f := range findings {
		if f.Hour < st.FirstHour || f.Hour > last {
			continue
		}
		insert(&st.Findings, f.ID)
		insert(&st.Rules, f.Rule)
		for _, p := range f.Principals {
			insert(&st.Principals, p)
		}
		denials[f.Hour] = max(denials[f.Hour], f.Denials)
		for _, r := range f.Evidence {
			if r.Time.After(st.LastSeen) && tally.HourOf(r.Time) <= last {
				st.LastSeen = r.Time
			}
		}
	}
	if len(denials) > 0 {
		st.Denials = 0
	}
	for _, n := range denials {
		st.Denials += n
	}
}

// insert adds to a sorted list without repeats.
func insert[T cmp.Ordered](list *[]T, v T) {
	if i, found := slices.BinarySearch(*list, v); !found {
		*list = slices.Insert(*list, i, v)
	}
}

// Sort orders incidents as reports list them: gravest first, then by time and
// subject.
func Sort(incidents []Incident) {
	slices.SortFunc(incidents, func(a, b Incident) int {
		return cmp.Or(cmp.Compare(b.Severity, a.Severity), a.RaisedAt.Compare(b.RaisedAt), a.Subject.Compare(b.Subject), cmp.Compare(a.ID, b.ID))
	})
}

// SortFindings orders findings by severity, hour, rule and subject.
func SortFindings(findings []Finding) {
	slices.SortFunc(findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(b.Severity, a.Severity), cmp.Compare(a.Hour, b.Hour), cmp.Compare(a.Rule, b.Rule), a.Subject.Compare(b.Subject))
	})
}

// Clone returns a copy that shares nothing with st.
func (st *State) Clone() State {
	c := *st
	c.Reasons = slices.Clone(st.Reasons)
	c.Trigger = slices.Clone(st.Trigger)
	c.Updates = slices.Clone(st.Updates)
	c.Findings = slices.Clone(st.Findings)
	c.Rules = slices.Clone(st.Rules)
	c.Principals = slices.Clone(st.Principals)
	c.Operations = slices.Clone(st.Operations)
	c.Networks = slices.Clone(st.Networks)
	return c
}
