package pipeline_test

import (
	"context"
	"errors"
	"time"

	"chimewatch/pkg/alert"
	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/denial"
	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/tally"
	"chimewatch/pkg/triage"
)

// gated is a store and a notifier whose every call passes a gate, which may
// hold it, or make it fail before or after it takes effect.
type gated struct {
	store    pipeline.Store
	notifier pipeline.Notifier
	gate     func(name string) (before, after error)
}

func (g *gated) do(name string, call func() error) error {
	before, after := g.gate(name)
	if before != nil {
		return before
	}
	return errors.Join(call(), after)
}

func (g *gated) Commit(ctx context.Context, calls []denial.Call) (r []pipeline.Receipt, err error) {
	err = g.do("Commit", func() (err error) { r, err = g.store.Commit(ctx, calls); return err })
	if err != nil {
		return make([]pipeline.Receipt, len(calls)), err
	}
	return r, nil
}

func (g *gated) Histories(ctx context.Context, q []pipeline.Query) (r []tally.History, err error) {
	err = g.do("Histories", func() (err error) { r, err = g.store.Histories(ctx, q); return err })
	return r, err
}

func (g *gated) Sightings(ctx context.Context, n []uint64) (r map[uint64]tally.Firsts, err error) {
	err = g.do("Sightings", func() (err error) { r, err = g.store.Sightings(ctx, n); return err })
	return r, err
}

func (g *gated) Policies(ctx context.Context, p []uint64, first, last tally.Hour) (r map[uint64]tally.History, err error) {
	err = g.do("Policies", func() (err error) { r, err = g.store.Policies(ctx, p, first, last); return err })
	return r, err
}

func (g *gated) Evidence(ctx context.Context, keys []cloudtrail.Key) (r pipeline.Evidence, err error) {
	err = g.do("Evidence", func() (err error) { r, err = g.store.Evidence(ctx, keys); return err })
	return r, err
}

func (g *gated) PutJudgements(ctx context.Context, js []pipeline.Judgement) error {
	return g.do("PutJudgements", func() error { return g.store.PutJudgements(ctx, js) })
}

func (g *gated) Judgements(ctx context.Context, s tally.Subject, first, last tally.Hour) (r []pipeline.Judgement, err error) {
	err = g.do("Judgements", func() (err error) { r, err = g.store.Judgements(ctx, s, first, last); return err })
	return r, err
}

func (g *gated) Incidents(ctx context.Context, s tally.Subject) (r []triage.State, v pipeline.Version, err error) {
	err = g.do("Incidents", func() (err error) { r, v, err = g.store.Incidents(ctx, s); return err })
	return r, v, err
}

func (g *gated) PutIncidents(ctx context.Context, s tally.Subject, v pipeline.Version, change pipeline.IncidentChange) error {
	return g.do("PutIncidents", func() error { return g.store.PutIncidents(ctx, s, v, change) })
}

func (g *gated) Handling(ctx context.Context, s tally.Subject, id string) (h triage.Handling, err error) {
	err = g.do("Handling", func() (err error) { h, err = g.store.Handling(ctx, s, id); return err })
	return h, err
}

func (g *gated) Handle(ctx context.Context, s tally.Subject, id string, a triage.Act) (h triage.Handling, err error) {
	err = g.do("Handle", func() (err error) { h, err = g.store.Handle(ctx, s, id, a); return err })
	return h, err
}

func (g *gated) PendingAlerts(ctx context.Context, s []tally.Subject, limit int) (r []pipeline.Alert, err error) {
	err = g.do("PendingAlerts", func() (err error) { r, err = g.store.PendingAlerts(ctx, s, limit); return err })
	return r, err
}

func (g *gated) MarkSent(ctx context.Context, ids []string) error {
	return g.do("MarkSent", func() error { return g.store.MarkSent(ctx, ids) })
}

func (g *gated) Ledger(ctx context.Context) (l alert.Ledger, v pipeline.Version, err error) {
	err = g.do("Ledger", func() (err error) { l, v, err = g.store.Ledger(ctx); return err })
	return l, v, err
}

func (g *gated) PutLedger(ctx context.Context, l alert.Ledger, v pipeline.Version) error {
	return g.do("PutLedger", func() error { return g.store.PutLedger(ctx, l, v) })
}

func (g *gated) PutWaiting(ctx context.Context, w []pipeline.Waiting) error {
	return g.do("PutWaiting", func() error { return g.store.PutWaiting(ctx, w) })
}

func (g *gated) DueWaiting(ctx context.Context, now time.Time, limit int) (r []pipeline.Waiting, err error) {
	err = g.do("DueWaiting", func() (err error) { r, err = g.store.DueWaiting(ctx, now, limit); return err })
	return r, err
}

func (g *gated) DoneWaiting(ctx context.Context, w []pipeline.Waiting) error {
	return g.do("DoneWaiting", func() error { return g.store.DoneWaiting(ctx, w) })
}

func (g *gated) Notify(ctx context.Context, in alert.Input) error {
	return g.do("Notify", func() error { return g.notifier.Notify(ctx, in) })
}

func (g *gated) NotifyDigest(ctx context.Context, d alert.Digest) error {
	return g.do("NotifyDigest", func() error { return g.notifier.NotifyDigest(ctx, d) })
}
