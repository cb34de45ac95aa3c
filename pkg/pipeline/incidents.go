package pipeline

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"chimewatch/pkg/alert"
	"chimewatch/pkg/tally"
	"chimewatch/pkg/triage"
)

// maxTries is how often incidents are decided anew when somebody else changed
// them in the meantime.
const maxTries = 16

// maxChain is how many spells of quiet time the search for the beginning or the
// end of an incident goes on: with three days about a month either way.
const maxChain = 10

// maxWithdraw is how many alerts are withdrawn with their incidents, to keep the
// transaction small. Those beyond are withdrawn one by one when they are to be
// sent.
const maxWithdraw = 16

// incidents puts a subject's incidents right after judgements in the hours from
// first to last changed. It decides on them anew from all that was judged, so
// that they do not depend on the order in which that happened.
func (e *Engine) incidents(ctx context.Context, s tally.Subject, first, last tally.Hour, now time.Time) (opened, raised int, err error) {
	for try := 0; ; try++ {
		opened, raised, err = e.decide(ctx, s, first, last, now)
		if !errors.Is(err, ErrStale) || try == maxTries {
			return opened, raised, err
		}
	}
}

func (e *Engine) decide(ctx context.Context, s tally.Subject, first, last tally.Hour, now time.Time) (opened, raised int, err error) {
	// The version comes first: what is judged after it is read changes it.
	before, version, err := e.store.Incidents(ctx, s)
	if err != nil {
		return 0, 0, fmt.Errorf("reading the incidents of %s %q: %w", s.Kind, s.Key, err)
	}
	judgements, lo, hi, err := e.chain(ctx, s, first, last)
	if err != nil {
		return 0, 0, err
	}
	var findings []triage.Finding
	var signals []triage.Signal
	for _, j := range judgements {
		findings, signals = append(findings, j.Findings...), append(signals, j.Signals...)
	}
	states, err := e.assemble(ctx, s, findings, signals)
	if err != nil {
		return 0, 0, err
	}
	var change IncidentChange
	for _, st := range states {
		old := slices.IndexFunc(before, func(x triage.State) bool { return x.ID == st.ID })
		if old >= 0 {
			st.Told = before[old].Told
			if reflect.DeepEqual(before[old], *st) {
				continue
			}
		}
		told := st.Told
		alerts := e.alerts(st, now)
		if old >= 0 && told > 0 && before[old].Severity < triage.Critical {
			alerts = e.grave(st, alerts, now)
		}
		change.Alerts = append(change.Alerts, alerts...)
		change.Put = append(change.Put, *st)
		if old < 0 {
			opened++
		}
		raised += max(st.Told-max(told, 1), 0)
	}
	for _, old := range before {
		hour := tally.HourOf(old.RaisedAt)
		if hour >= lo && hour <= hi && !slices.ContainsFunc(states, func(st *triage.State) bool { return st.ID == old.ID }) {
			change.Drop = append(change.Drop, old.ID)
			for n := range old.Told { // it may come back, and has to be told then
				if len(change.Withdraw) < maxWithdraw {
					change.Withdraw = append(change.Withdraw, AlertID(old.ID, n))
				}
			}
		}
	}
	if len(change.Put) == 0 && len(change.Drop) == 0 {
		return 0, 0, nil
	}
	if err := e.store.PutIncidents(ctx, s, version, change); err != nil {
		return 0, 0, fmt.Errorf("putting the incidents of %s %q: %w", s.Kind, s.Key, err)
	}
	return opened, raised, nil
}

// chain returns the judgements from first to last and on to either side until
// the subject was quiet for as long as ends an incident. Incidents from lo to hi
// are decided by them alone.
func (e *Engine) chain(ctx context.Context, s tally.Subject, first, last tally.Hour) (judgements []Judgement, lo, hi tally.Hour, err error) {
	spell := tally.Hour(e.evaluator.triage.Config.QuietDays*24 + 1)
	lo, hi = first, last
	if judgements, err = e.judgements(ctx, s, first-spell, last+spell); err != nil {
		return nil, 0, 0, err
	}
	for range maxChain {
		earliest, latest := signalled(judgements, lo, hi)
		if earliest == lo && latest == hi {
			break
		}
		var more []Judgement
		if earliest < lo {
			if more, err = e.judgements(ctx, s, earliest-spell, lo-spell-1); err != nil {
				return nil, 0, 0, err
			}
			judgements, lo = append(more, judgements...), earliest
		}
		if latest > hi {
			if more, err = e.judgements(ctx, s, hi+spell+1, latest+spell); err != nil {
				return nil, 0, 0, err
			}
			judgements, hi = append(judgements, more...), latest
		}
	}
	judgements = slices.DeleteFunc(judgements, func(j Judgement) bool { return j.At.Hour < lo || j.At.Hour > hi })
	return judgements, lo, hi + triage.MaxWaitHours, nil
}

// signalled returns the first and the last hour with a signal, or lo and hi
// where they lie further out.
func signalled(judgements []Judgement, lo, hi tally.Hour) (earliest, latest tally.Hour) {
	for _, j := range judgements {
		if len(j.Signals) > 0 {
			lo, hi = min(lo, j.At.Hour), max(hi, j.At.Hour)
		}
	}
	return lo, hi
}

func (e *Engine) judgements(ctx context.Context, s tally.Subject, first, last tally.Hour) ([]Judgement, error) {
	js, err := e.store.Judgements(ctx, s, first, last)
	if err != nil {
		return nil, fmt.Errorf("reading the findings of %s %q: %w", s.Kind, s.Key, err)
	}
	return js, nil
}

// assemble makes incidents of signals and names what belongs to them.
func (e *Engine) assemble(ctx context.Context, s tally.Subject, findings []triage.Finding, signals []triage.Signal) ([]*triage.State, error) {
	states := e.evaluator.incidents(s, signals)
	var behind []triage.Finding // whose calls have to be looked at
	if len(e.evaluator.suppressions) > 0 && len(states) > 0 {
		behind = findings
	}
	evidence, err := fetch(ctx, e.store, behind, states)
	if err != nil {
		return nil, fmt.Errorf("reading evidence: %w", err)
	}
	e.evaluator.dressIncidents(states, findings, evidence)
	return states, nil
}

// alerts returns what has to be told about an incident that was not told yet,
// and notes that it is.
func (e *Engine) alerts(st *triage.State, now time.Time) (out []Alert) {
	for n := st.Told; n <= len(st.Updates); n++ {
		at, severity := st.RaisedAt, st.Severity
		if n > 0 {
			at, severity = st.Updates[n-1].At, st.Updates[n-1].Severity
		}
		if e.tells(st, severity, at, now) {
			out = append(out, alertOf(st, AlertID(st.ID, n), n, severity, at, now))
		}
	}
	st.Told = max(st.Told, len(st.Updates)+1)
	return out
}

func (e *Engine) tells(st *triage.State, severity triage.Severity, at, now time.Time) bool {
	return !e.options.Silent && st.Silenced == "" && severity >= e.options.Least && now.Sub(at) <= e.options.MaxAge
}

// grave adds to the alerts about an incident that people were told of one that
// says that it is critical, if none does: what came late may belong before what
// they were told, and then it is no update.
func (e *Engine) grave(st *triage.State, alerts []Alert, now time.Time) []Alert {
	if st.Severity < triage.Critical || !e.tells(st, triage.Critical, st.RaisedAt, now) ||
		slices.ContainsFunc(alerts, func(a Alert) bool { return a.Severity == triage.Critical }) {
		return alerts
	}
	return append(alerts, alertOf(st, st.ID+"-critical", 0, triage.Critical, st.RaisedAt, now))
}

func alertOf(st *triage.State, id string, update int, severity triage.Severity, at, now time.Time) Alert {
	return Alert{ID: id, Subject: st.Subject, Incident: st.ID, Update: update, Severity: severity, Caller: alert.CallerOf(&st.Incident), Event: at, Due: now}
}

// AlertID is the id of the alert about an incident's opening, update 0, or its
// n-th update. It is the same whenever the alert is made or sent again.
func AlertID(incident string, update int) string { return fmt.Sprintf("%s-%d", incident, update) }
