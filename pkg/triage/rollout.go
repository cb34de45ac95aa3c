package triage

import (
	"fmt"
	"time"

	"chimewatch/pkg/denial"
	"chimewatch/pkg/tally"
)

// An organisation policy that refuses many actors from rolloutBefore minutes
// before a denial to rolloutAfter minutes after it has been rolled out.
const (
	rolloutBefore = 60 * RolloutHours
	rolloutAfter  = 60
)

// RolloutHours is how many hours before an hour [Triage.Rollouts] looks at.
const RolloutHours = 6

type rolledKey struct {
	policy uint64
	minute int
}

type rolledState struct{ yes, early bool }

// rolledOut reports whether an organisation policy's denial in a minute belongs
// to a roll-out. The second result says that it is too early to tell.
func (j *judge) rolledOut(policy uint64, minute int) (yes, early bool) {
	if policy == 0 {
		return false, false
	}
	key := rolledKey{policy, minute}
	s, ok := j.rolled[key]
	if !ok {
		s.yes = actorsIn(j.Policies[policy], j.Hour, minute-rolloutBefore, minute+rolloutAfter-1) >= j.Config.RolloutActors
		s.early = !s.yes && j.wait(j.minute(minute+rolloutAfter))
		j.rolled[key] = s
	}
	return s.yes, s.early
}

// actorsIn counts the actors that a policy refused in the minutes from first to
// last, relative to the hour.
func actorsIn(history tally.History, hour tally.Hour, first, last int) int {
	var union tally.Set
	for h := hour + tally.Hour(floor60(first)); h <= hour+tally.Hour(floor60(last)); h++ {
		d := history.Detail(h)
		if d == nil {
			continue
		}
		base := int(h-hour) * 60
		for i := range d.Minutes {
			if at := base + int(d.Minutes[i].At); at >= first && at <= last {
				union.Merge(d.Minutes[i].Actors)
			}
		}
	}
	return len(union)
}

func floor60(m int) int {
	if m < 0 {
		return (m - 59) / 60
	}
	return m / 60
}

// Rollouts returns one signal for each hour in which an organisation policy
// refused many: the first minute at which it did.
func (t Triage) Rollouts(policy tally.Subject, hour tally.Hour, history tally.History) (Signal, bool) {
	d := history.Detail(hour)
	if d == nil {
		return Signal{}, false
	}
	for i := range d.Minutes {
		at := int(d.Minutes[i].At)
		n := actorsIn(history, hour, at-rolloutBefore, at)
		if n < t.Config.RolloutActors {
			continue
		}
		var evidence []tally.Ref
		for h := hour - RolloutHours; h <= hour; h++ {
			if d := history.Detail(h); d != nil {
				for _, f := range d.Actors {
					evidence = append(evidence, f.Ref)
				}
			}
		}
		denials := 0
		for i := range d.Minutes {
			denials += int(d.Minutes[i].Denials)
		}
		return Signal{
			Denials: denials,
			Minute:  hour.Minute(at), At: hour.Minute(at + rolloutAfter),
			Severity: Low, Verdict: Misconfiguration, Evidence: evidence,
			Reason: fmt.Sprintf("one organisation policy refused %s within %d hours: it looks like a roll-out", countActors(n), RolloutHours),
		}, true
	}
	return Signal{}, false
}

func countActors(n int) string {
	if n >= tally.K {
		return fmt.Sprintf("at least %d actors", n)
	}
	return fmt.Sprintf("%d actors", n)
}

// settled is the time at which what was refused around a minute is known.
func settled(minute time.Time) time.Time { return minute.Add((1 + WaitMinutes) * time.Minute) }

// endpoint reports whether the policy of a VPC endpoint refused: it stops
// whoever is behind the endpoint, which is the team's own place.
func (j *judge) endpoint(e *entry) bool {
	for _, explicit := range []bool{false, true} {
		c := denial.Call{Message: denial.Message{Policy: denial.VPCEndpointPolicy, Explicit: explicit}}
		if p, ok := tally.OrganisationPolicy(&c); ok && e.Policy == j.Hasher.Policy(p) {
			return true
		}
	}
	return false
}
