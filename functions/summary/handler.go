package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"chimewatch/pkg/adapters/emf"
	"chimewatch/pkg/config"
	"chimewatch/pkg/summary"
)

// handler handles what the schedule sends.
type handler struct {
	runner  summary.Runner
	config  func(context.Context) (config.Config, error)
	log     *slog.Logger
	metrics emf.Writer
}

// skew is how far clocks may differ.
const skew = 5 * time.Minute

// event is what the schedule sends: the time that the run was scheduled for.
// Without one, as from a person's hand, the run is of now.
//
// https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
type event struct {
	Time string `json:"time"`
}

// handle sends the summaries that are due. An error makes Lambda try again,
// which repeats nothing that was done.
func (h *handler) handle(ctx context.Context, e event) error {
	now := h.runner.Now()
	scheduled := now
	if e.Time != "" {
		t, err := time.Parse(time.RFC3339, e.Time)
		if err != nil {
			return fmt.Errorf("event: time: %q is not in RFC 3339 form: pass the schedule's <aws.scheduler.scheduled-time>", e.Time)
		}
		if t.After(now.Add(skew)) {
			return fmt.Errorf("event: time: %s has not come yet: a summary is made of what is over", e.Time)
		}
		scheduled = t
	}
	c, err := h.config(ctx)
	if err != nil {
		return err
	}
	runner := h.runner
	runner.Suppressions = c.Suppressions
	sent, err := runner.Run(ctx, scheduled)
	for _, s := range sent {
		h.log.InfoContext(ctx, "summary sent", "period", s.ID, "headline", s.Headline, "repeat", s.Repeat)
	}
	if err == nil && len(sent) == 0 {
		h.log.InfoContext(ctx, "summary was sent before", "scheduled", scheduled)
	}
	if len(sent) > 0 {
		if err := h.metrics.Write(now, map[string]emf.Value{"SummariesSent": {Value: float64(len(sent)), Unit: emf.Count}}); err != nil {
			h.log.WarnContext(ctx, "metrics not written", "reason", err.Error())
		}
	}
	return err
}
