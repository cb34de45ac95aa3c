package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"chimewatch/pkg/alert"
	"chimewatch/pkg/tally"
	"chimewatch/pkg/triage"
)

const (
	// maxPublish is how many alerts of a batch's subjects are sent with it; the
	// scheduled pass sends the rest.
	maxPublish = 100
	// maxPending is how many pending alerts are decided on at a time, far more
	// than are sent: what is grave must not wait behind what is held back.
	maxPending = 5000
)

// publish sends the alerts that are due about subjects. What cannot be sent
// stays in the store, so nothing is lost and no message has to come again.
func (e *Engine) publish(ctx context.Context, subjects []tally.Subject, out *Outcome) {
	if len(subjects) > 0 {
		e.publishPending(ctx, subjects, maxPublish, out)
	}
}

// publishPending sends pending alerts, those of subjects or all, and reports
// whether there may be more to send at once. Digests go out with the scheduled
// pass, which sees all that is pending.
func (e *Engine) publishPending(ctx context.Context, subjects []tally.Subject, limit int, out *Outcome) (more bool) {
	if e.options.Ready != nil {
		ready, err := e.options.Ready(ctx)
		if err != nil {
			out.unsent(fmt.Errorf("asking whether alerts may go out: %w", err))
		}
		if !ready {
			return false
		}
	}
	pending, err := e.store.PendingAlerts(ctx, subjects, maxPending)
	if err != nil {
		out.unsent(fmt.Errorf("looking for alerts to send: %w", err))
		return false
	}
	if len(pending) == 0 {
		return false
	}
	decision, err := e.permit(ctx, pending, len(subjects) == 0)
	if err != nil {
		out.unsent(err)
		return false
	}
	more = len(decision.Send) > limit
	for _, a := range chosen(pending, decision.Send[:min(len(decision.Send), limit)]) {
		told, err := e.send(ctx, a)
		switch {
		case err != nil:
			out.unsent(err)
		case told:
			out.AlertsSent++
			out.AlertDelay = max(out.AlertDelay, e.clock.Now().Sub(a.Event))
		}
	}
	if digest := chosen(pending, decision.Digest); len(digest) > 0 {
		told, err := e.sendDigest(ctx, decision.DigestID, digest)
		if err != nil {
			out.unsent(err)
		}
		out.AlertsSent += told
	}
	out.AlertsHeld += len(decision.Wait)
	return more && out.NotSent == 0
}

// permit decides what may go out now, and notes it before anything is sent: who
// comes later, or after a crash, knows of it.
func (e *Engine) permit(ctx context.Context, pending []Alert, digests bool) (alert.Decision, error) {
	ask := make([]alert.Pending, len(pending))
	for i, a := range pending {
		ask[i] = alert.Pending{ID: a.ID, Severity: a.Severity, Caller: a.Caller, Due: a.Due}
	}
	for try := 0; ; try++ {
		ledger, version, err := e.store.Ledger(ctx)
		if err != nil {
			return alert.Decision{}, fmt.Errorf("reading what was sent lately: %w", err)
		}
		decision, next := e.options.Ceiling.Decide(ledger, e.clock.Now(), ask)
		if !digests {
			decision.Wait = append(decision.Wait, decision.Digest...)
			decision.Digest, next.LastDigest, next.Digest = nil, ledger.LastDigest, ledger.Digest
		}
		err = e.store.PutLedger(ctx, next, version)
		if err == nil {
			return decision, nil
		}
		if !errors.Is(err, ErrStale) || try == maxTries {
			return alert.Decision{}, fmt.Errorf("noting what is sent: %w", err)
		}
	}
}

func chosen(pending []Alert, ids []string) (out []Alert) {
	for _, id := range ids {
		if i := slices.IndexFunc(pending, func(a Alert) bool { return a.ID == id }); i >= 0 {
			out = append(out, pending[i])
		}
	}
	return out
}

// send sends one alert, if anybody has to be told still, and marks it.
func (e *Engine) send(ctx context.Context, a Alert) (told bool, err error) {
	in, gone, err := e.about(ctx, a)
	if err != nil || gone {
		return false, err
	}
	if in != nil {
		if err := e.notifier.Notify(ctx, *in); err != nil {
			return false, fmt.Errorf("sending alert %s: %w", a.ID, err)
		}
	}
	if err := e.store.MarkSent(ctx, []string{a.ID}); err != nil {
		return false, fmt.Errorf("marking alert %s sent: %w", a.ID, err)
	}
	return in != nil, nil
}

// sendDigest sends one message about many alerts, as far as anybody has to be
// told still, and marks them. It returns how many are told. One alert alone is
// sent as what it is.
func (e *Engine) sendDigest(ctx context.Context, id string, alerts []Alert) (told int, err error) {
	if len(alerts) == 1 {
		sent, err := e.send(ctx, alerts[0])
		if sent {
			told = 1
		}
		return told, err
	}
	found, gone := make([]*alert.Input, len(alerts)), make([]bool, len(alerts))
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(e.options.Parallel)
	for i, a := range alerts {
		group.Go(func() (err error) {
			found[i], gone[i], err = e.about(groupCtx, a)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return 0, err
	}
	var ids []string
	var inputs []alert.Input
	for i, in := range found {
		if in != nil {
			inputs = append(inputs, *in)
		}
		if !gone[i] {
			ids = append(ids, alerts[i].ID)
		}
	}
	if len(inputs) > 0 {
		digest := alert.NewDigest(inputs)
		digest.ID = id // that of the alerts it was decided on, though one's incident be gone
		if err := e.notifier.NotifyDigest(ctx, digest); err != nil {
			return 0, fmt.Errorf("sending a digest of %d alerts: %w", len(inputs), err)
		}
	}
	if err := e.store.MarkSent(ctx, ids); err != nil {
		return 0, fmt.Errorf("marking %d alerts sent: %w", len(ids), err)
	}
	return len(inputs), nil
}

// about looks up what an alert is about; nil where nobody has to be told any
// more: it is an update of an incident that somebody looks into, no graver than
// they know. If the incident is gone, the alert goes too.
func (e *Engine) about(ctx context.Context, a Alert) (in *alert.Input, gone bool, err error) {
	states, version, err := e.store.Incidents(ctx, a.Subject)
	if err != nil {
		return nil, false, fmt.Errorf("reading the incident of alert %s: %w", a.ID, err)
	}
	i := slices.IndexFunc(states, func(st triage.State) bool { return st.ID == a.Incident })
	if i < 0 {
		err := e.store.PutIncidents(ctx, a.Subject, version, IncidentChange{Withdraw: []string{a.ID}})
		if err != nil && !errors.Is(err, ErrStale) { // who changed the incidents decides
			return nil, true, fmt.Errorf("withdrawing alert %s: %w", a.ID, err)
		}
		return nil, true, nil
	}
	st := states[i]
	if a.Update > 0 {
		handling, err := e.store.Handling(ctx, a.Subject, a.Incident)
		if err != nil {
			return nil, false, fmt.Errorf("reading who looks into the incident of alert %s: %w", a.ID, err)
		}
		if handling.Quiets(a.Severity) {
			return nil, false, nil
		}
	}
	told, err := Told(ctx, e.store, st.Incident, a.Update)
	if err != nil {
		return nil, false, fmt.Errorf("alert %s: %w", a.ID, err)
	}
	told.ID = a.ID
	return &told, false, nil
}

// Told is what is told about an incident's opening, update 0, or its n-th
// update: the incident with its findings and the calls that they point at.
func Told(ctx context.Context, store Store, in triage.Incident, update int) (alert.Input, error) {
	judgements, err := store.Judgements(ctx, in.Subject, tally.HourOf(in.RaisedAt)-triage.MaxWaitHours, tally.HourOf(in.LastSeen))
	if err != nil {
		return alert.Input{}, fmt.Errorf("reading the findings of incident %s: %w", in.ID, err)
	}
	var findings []triage.Finding
	for _, j := range judgements {
		for _, f := range j.Findings {
			if slices.Contains(in.Findings, f.ID) {
				findings = append(findings, f)
			}
		}
	}
	evidence, err := fetch(ctx, store, findings, []*triage.State{{Incident: in}})
	if err != nil {
		return alert.Input{}, fmt.Errorf("reading the evidence of incident %s: %w", in.ID, err)
	}
	return alert.Input{ID: AlertID(in.ID, update), Incident: in, Findings: findings, Calls: evidence, Update: update}, nil
}

func (o *Outcome) unsent(err error) {
	o.NotSent++
	o.Unsent = append(o.Unsent, err)
}
