// Command reconcile is the Lambda function that looks up, once an hour, what
// EventBridge may have lost. It is wiring only.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/caarlos0/env/v11"

	"chimewatch/functions/internal/deployed"
	"chimewatch/pkg/adapters/emf"
	"chimewatch/pkg/adapters/lookupevents"
	"chimewatch/pkg/config"
	"chimewatch/pkg/summary"
)

func main() {
	handle, err := newHandler()
	if err != nil {
		slog.New(slog.NewJSONHandler(os.Stderr, nil)).Error("reconcile does not start", "reason", err.Error())
		os.Exit(1)
	}
	lambda.Start(handle)
}

// The bounds of a run. It starts twenty minutes after the hour, when CloudTrail
// knows what happened in it, and looks at three hours, so that what two runs
// missed is found by the third. Lambda gives it fifteen minutes; at two
// requests a second the pages take less than twelve.
const (
	hours    = 3
	maxPages = 1400
	maxTime  = 13 * time.Minute

	// The first run looks at the week before the deployment, day by day.
	firstHours = 7 * 24
	firstSpan  = 24
)

// settings is what the template passes to this function alone.
type settings struct {
	DeadLetters []string `env:"CHIMEWATCH_DEAD_LETTERS"` // addresses of the queues of what was given up
}

// function is what is deployed.
type function struct {
	*lookupevents.Reconciler
	parts *deployed.Parts
}

// handle looks up the last hours, and the first time the week before the
// deployment, without which triage would take what is usual for what is new.
// Alerts wait for that.
func (f *function) handle(ctx context.Context, payload json.RawMessage) error {
	known, err := f.parts.KnowsHistory(ctx)
	if err != nil {
		return err
	}
	if known {
		return f.Handle(ctx, payload)
	}
	first := *f.Reconciler
	first.Hours, first.Span = firstHours, firstSpan
	if err := first.Handle(ctx, payload); err != nil {
		return fmt.Errorf("looking up the week before the deployment: %w", err)
	}
	return f.parts.HistoryKnown(ctx)
}

func newHandler() (func(context.Context, json.RawMessage) (any, error), error) {
	parts, err := deployed.New("reconcile")
	if err != nil {
		return nil, fmt.Errorf("putting the reconciler together: %w", err)
	}
	var own settings
	if err := env.Parse(&own); err != nil {
		return nil, fmt.Errorf("reading the environment: %w", err)
	}
	queues := sqs.NewFromConfig(parts.AWS)
	clock := lookupevents.Wall{}
	f := &function{parts: parts, Reconciler: &lookupevents.Reconciler{
		Lookup: lookupevents.New(cloudtrail.NewFromConfig(parts.AWS), clock, parts.AWS.Region),
		Clock:  clock,
		Engine: func(ctx context.Context) (lookupevents.Engine, config.Config, error) {
			engine, err := parts.Engine(ctx)
			if err != nil {
				return nil, config.Config{}, err
			}
			c, err := parts.Config(ctx)
			return engine, c, err
		},
		Log:   parts.Log,
		Hours: hours, MaxPages: maxPages, MaxTime: maxTime,
		Outcome: parts.Report,
		Report:  func(r lookupevents.Report) { report(parts, r) },
	}}
	return deployed.Noted(parts, func(ctx context.Context, payload json.RawMessage) (any, error) {
		err := f.handle(ctx, payload)
		noteDead(ctx, parts, queues, own.DeadLetters)
		return nil, err
	}), nil
}

// report writes what a run came by as metrics: Lost is how many denials
// EventBridge did not bring, CoveredPercent how much of the last hour was read.
func report(parts *deployed.Parts, r lookupevents.Report) {
	count := func(n int) emf.Value { return emf.Value{Value: float64(n), Unit: emf.Count} }
	err := parts.Metrics.Write(deployed.Clock{}.Now(), map[string]emf.Value{
		"LookedUp": count(r.LookedUp), "Lost": count(r.Lost), "LookupPages": count(r.Pages), "LookupsThrottled": count(r.Throttled),
		"CoveredPercent": {Value: 100 * r.Covered(), Unit: "Percent"},
	})
	if err != nil {
		parts.Log.Warn("metrics not written", "reason", err.Error())
	}
	parts.Note(func(h *summary.HealthHour) { noteLookup(h, r) })
}

// noteLookup notes what the newest hour had, which the runs before have not
// looked up, and what was missed of any.
func noteLookup(h *summary.HealthHour, r lookupevents.Report) {
	for i, hour := range r.Hours {
		if i == 0 {
			h.Lookups++
			h.Covered += int64(100 * hour.Covered)
			h.Looked += int64(hour.Denials)
		} else {
			h.Looked += int64(hour.Lost)
		}
		h.Missed += int64(hour.Lost)
	}
}
