package lambdaevent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"time"

	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/pipeline"
)

// Engine is what the handler drives; *pipeline.Engine is one.
type Engine interface {
	Process(ctx context.Context, batch []pipeline.Message) (pipeline.Outcome, error)
	Sweep(ctx context.Context, limit int) (pipeline.Outcome, bool, error)
}

// Handler handles the invocations of the detector.
type Handler struct {
	// Engine returns the engine for an invocation: the same one, or a new one
	// where the configuration has changed.
	Engine    func(ctx context.Context) (Engine, error)
	Candidate *cloudtrail.Filter
	Log       *slog.Logger
	Report    func(pipeline.Outcome) // metrics

	// Drill is what drills take; nil where there are none.
	Drill *Drill
}

// reserve is what is left of an invocation's time for its answer.
const reserve = 2 * time.Second

// sweepLimit bounds a step of the scheduled pass; steps go on while there is
// more and time.
const sweepLimit = 100

// Handle handles one invocation.
func (h *Handler) Handle(ctx context.Context, payload json.RawMessage) (any, error) {
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-reserve))
		defer cancel()
	}
	in, err := Parse(payload, h.Drill.queue(), h.Candidate)
	if err != nil {
		return nil, err
	}
	failed := map[string]error{}
	if len(in.Drills) > 0 {
		if failed, err = h.drill(ctx, in.Drills); err != nil || len(in.Messages) == 0 {
			return Response(failed), err
		}
	}
	engine, err := h.Engine(ctx)
	if err != nil {
		return nil, err
	}
	if in.Kind == Sweep {
		return nil, h.sweep(ctx, engine)
	}
	out, err := engine.Process(ctx, in.Messages)
	h.Report(out)
	h.tell(ctx, "batch", out)
	if err != nil {
		return nil, err
	}
	if in.Kind == Event {
		return nil, Failure(out.Failed)
	}
	maps.Copy(failed, out.Failed)
	return Response(failed), nil
}

func (h *Handler) sweep(ctx context.Context, engine Engine) error {
	for {
		out, more, err := engine.Sweep(ctx, sweepLimit)
		h.Report(out)
		h.tell(ctx, "sweep", out)
		switch {
		case err != nil:
			return fmt.Errorf("scheduled pass: %w", err)
		case ctx.Err() != nil || !more:
			return nil
		case out.NotSent > 0:
			return fmt.Errorf("scheduled pass: %w", errors.Join(out.Unsent...))
		}
	}
}

// tell logs an outcome: numbers and reasons, nothing that came with a record but
// ids.
func (h *Handler) tell(ctx context.Context, what string, out pipeline.Outcome) {
	level := slog.LevelInfo
	if len(out.Failed) > 0 || out.NotSent > 0 {
		level = slog.LevelWarn
	}
	h.Log.Log(ctx, level, what,
		"records", out.Records, "out_of_scope", out.OutOfScope, "denials", out.Denials, "duplicates", out.Duplicates,
		"conflicts", out.Conflicts, "expired", out.Expired, "malformed", out.Malformed, "findings", out.Findings,
		"incidents_opened", out.IncidentsOpened, "incidents_raised", out.IncidentsRaised, "alerts_sent", out.AlertsSent,
		"failed_messages", len(out.Failed), "alerts_not_sent", out.NotSent)
	for id, err := range out.Failed {
		h.Log.WarnContext(ctx, "message goes back to the queue", "message", id, "reason", err.Error())
	}
	for _, err := range out.Unsent {
		h.Log.WarnContext(ctx, "alert not sent, the next pass tries again", "reason", err.Error())
	}
}
