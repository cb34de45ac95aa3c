package detect

import (
	"chimewatch/pkg/tally"
)

// evaluation is one look at one hour of one subject.
type evaluation struct {
	config   Config
	subject  tally.Subject
	hour     tally.Hour
	history  tally.History
	now      *tally.Tally // of the hour
	findings []Finding
}

// Evaluate returns the findings of the monotone rules for a subject in an hour,
// in the order of [Rules]. The history must hold the hour and, as far as they
// exist, the Config's Reach of hours before it; of these the one before the hour with its
// Detail.
func Evaluate(c Config, s tally.Subject, hour tally.Hour, history tally.History) []Finding {
	now := history.At(hour)
	if now == nil {
		return nil
	}
	e := &evaluation{config: c, subject: s, hour: hour, history: history, now: now}
	switch {
	case actor(s.Kind):
		e.actorRules()
		if s.Kind == tally.Principal {
			e.principalRules()
		}
	case s.Kind == tally.AccessKey:
		e.overHours(hours{
			rule: CredentialSpread, threshold: c.CredentialSpread.Threshold, hours: c.CredentialSpread.Hours,
			count: denials, set: func(s *tally.Summary) tally.Set { return s.Networks }, unit: "public networks",
		})
	case s.Kind == tally.Network:
		e.overHours(hours{
			rule: SharedSource, threshold: c.SharedSource.Threshold, hours: c.SharedSource.Hours,
			count: denials, set: func(s *tally.Summary) tally.Set { return s.Principals }, unit: "principals",
		})
	}
	return e.findings
}

func denials(s *tally.Summary) uint32   { return s.Denials }
func resourced(s *tally.Summary) uint32 { return s.Resourced }

func (e *evaluation) actorRules() {
	c, bearer := e.config, e.subject.Kind == tally.Bearer
	pick := func(principal, ofBearer int) int {
		if bearer {
			return ofBearer
		}
		return principal
	}
	e.burst()
	e.overMinutes(minutes{
		rule: OperationEnumeration, threshold: pick(c.OperationEnumeration.Threshold, c.OperationEnumeration.Bearer),
		minutes: c.OperationEnumeration.Minutes, count: denials, unit: "different operations",
		set: func(m *tally.Minute) tally.Set { return m.Operations }, cell: anyCell,
	})
	e.overHours(hours{
		rule: SlowEnumeration, threshold: c.SlowEnumeration.Threshold, hours: c.SlowEnumeration.Hours,
		count: denials, unit: "different operations",
		set: func(s *tally.Summary) tally.Set { return s.Operations }, cell: anyCell,
	})
	e.overMinutes(minutes{
		rule: ResourceSweep, threshold: c.ResourceSweep.Threshold, minutes: c.ResourceSweep.Minutes,
		count: resourced, unit: "different resources",
		set: func(m *tally.Minute) tally.Set { return m.Resources }, cell: resourceCell,
	})
	e.overHours(hours{
		rule: SlowSweep, threshold: pick(c.SlowSweep.Threshold, c.SlowSweep.Bearer), hours: c.SlowSweep.Hours,
		count: resourced, unit: "different resources",
		set: func(s *tally.Summary) tally.Set { return s.Resources }, cell: resourceCell,
	})
	critical := func(s *tally.Summary) uint32 { return s.Critical }
	if bearer {
		e.overMinutes(minutes{
			rule: CriticalOperation, threshold: c.CriticalOperation.Bearer, minutes: c.CriticalOperation.Minutes,
			count: critical, unit: "pairs of critical operation and resource",
			set: func(m *tally.Minute) tally.Set { return m.Pairs }, cell: criticalCell,
		})
		return
	}
	e.single(CriticalOperation, c.CriticalOperation.Minutes, e.now.Summary.Critical, tally.MarkCritical)
}

func (e *evaluation) principalRules() {
	c, s := e.config, &e.now.Summary
	e.overHours(hours{
		rule: CredentialFailure, threshold: c.CredentialFailure.Threshold, hours: c.CredentialFailure.Hours,
		count: func(s *tally.Summary) uint32 { return s.Credential }, mark: tally.MarkCredential, unit: "denials for the credentials",
	})
	e.overHours(hours{
		rule: Impersonation, threshold: c.Impersonation.Threshold, hours: c.Impersonation.Hours,
		count: func(s *tally.Summary) uint32 { return s.Claims }, mark: tally.MarkClaim, unit: "app users",
		set: func(s *tally.Summary) tally.Set { return s.Bearers },
	})
	e.breakthrough()
	e.single(QuarantinedKey, c.QuarantinedKey.Minutes, s.Quarantined, tally.MarkQuarantined)
	e.single(ForeignAccount, c.ForeignAccount.Minutes, s.Foreign, tally.MarkForeign)
	e.single(RootDenied, c.RootDenied.Minutes, s.Root, tally.MarkRoot)
}

// single is a rule that one denial satisfies.
func (e *evaluation) single(rule Rule, window int, count uint32, mark tally.Mark) {
	firsts := e.now.Summary.Marks[mark]
	if count == 0 || len(firsts) == 0 {
		return
	}
	first := firsts[0].Ref.Time
	minute := int(first.Sub(e.hour.Start()).Minutes())
	e.add(rule, e.minuteWindow(minute, window), count, plural(int(count), "denial")+" (one is enough)", firsts)
}

// breakthrough holds at a minute in which a critical operation succeeds that
// was denied in the window.
func (e *evaluation) breakthrough() {
	window := e.config.Breakthrough.Minutes
	best, operation := -1, ""
	for _, ok := range e.now.Summary.Succeeded {
		for minute := range 60 {
			if ok.Minutes&(1<<minute) == 0 || (best >= 0 && minute >= best) {
				continue
			}
			if e.refusedWithin(ok.Operation, minute, window) {
				best, operation = minute, ok.Operation
			}
		}
	}
	if best < 0 {
		return
	}
	evidence := e.now.Summary.Marks[tally.MarkSucceeded]
	for _, h := range e.history.Range(e.hour-tally.Hour((window+58)/60), e.hour) {
		evidence = append(evidence[:len(evidence):len(evidence)], h.Tally.Summary.Marks[tally.MarkCritical]...)
	}
	e.add(Breakthrough, e.minuteWindow(best, window), e.now.Summary.Critical,
		operation+" succeeded after it was denied", evidence)
}

// refusedWithin reports whether the operation was refused in the window that
// ends with the hour's minute.
func (e *evaluation) refusedWithin(operation string, minute, window int) bool {
	first := minute - window + 1 // relative to the hour, may be negative
	for _, h := range e.history.Range(e.hour-tally.Hour((window+58)/60), e.hour) {
		base := int(h.Hour-e.hour) * 60
		for _, r := range h.Tally.Summary.Refused {
			if r.Operation == operation && r.Minutes&bits(first-base, minute-base) != 0 {
				return true
			}
		}
	}
	return false
}

// bits returns a bitmap of the minutes from first to last, both included and
// cut to 0..59.
func bits(first, last int) uint64 {
	first, last = max(first, 0), min(last, 59)
	if first > last {
		return 0
	}
	return (1<<(last-first+1) - 1) << first
}
