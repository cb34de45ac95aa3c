package lambdaevent

import (
	"context"
	"errors"
	"fmt"

	"chimewatch/pkg/pipeline"
)

// Drill is what makes a drill of messages: the queue that they come by. It has
// an engine of its own, so that nothing of a drill gets among what is real.
type Drill struct {
	Queue string // ARN of the queue; what comes by it is a drill
	// Engine returns the engine of drills. It must share no store with the real
	// one, and its notifier must mark all that it sends.
	Engine func(ctx context.Context) (Engine, error)
	Report func(pipeline.Outcome) // metrics
}

func (d *Drill) queue() string {
	if d == nil {
		return ""
	}
	return d.Queue
}

// drill puts messages through all that a real one goes through, and settles at
// once what the scheduled pass would. What cannot be told goes back to the
// queue: no later pass knows of it.
func (h *Handler) drill(ctx context.Context, messages []pipeline.Message) (map[string]error, error) {
	engine, err := h.Drill.Engine(ctx)
	if err != nil {
		return nil, fmt.Errorf("drill: %w", err)
	}
	out, err := engine.Process(ctx, messages)
	if err != nil {
		return nil, fmt.Errorf("drill: %w", err)
	}
	for more := true; more && ctx.Err() == nil; {
		var late pipeline.Outcome
		if late, more, err = engine.Sweep(ctx, sweepLimit); err != nil {
			return nil, fmt.Errorf("drill: %w", err)
		}
		out.AlertsSent += late.AlertsSent
		out.Findings += late.Findings
		out.IncidentsOpened += late.IncidentsOpened
		out.IncidentsRaised += late.IncidentsRaised
		out.NotSent, out.Unsent = late.NotSent, late.Unsent // it tried again what the batch could not send
	}
	h.Drill.Report(out)
	h.tell(ctx, "drill", out)
	if out.NotSent > 0 {
		for _, m := range messages {
			out.Failed[m.ID] = errors.Join(out.Unsent...)
		}
	}
	return out.Failed, nil
}
