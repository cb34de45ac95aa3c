package deployed

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/summary"
	"chimewatch/pkg/tally"
)

// Health keeps what the watch did, hour by hour; *dynamostore.Store does. What
// it holds is for the summary alone.
type Health interface {
	// AddHealth adds what a function did in one invocation to its hour.
	AddHealth(ctx context.Context, function string, h summary.HealthHour) error
}

// notes are what the invocation at hand did. A process has one at a time.
type notes struct {
	mu   sync.Mutex
	hour summary.HealthHour
}

// Note adds something to what the invocation did.
func (p *Parts) Note(add func(*summary.HealthHour)) {
	p.notes.mu.Lock()
	defer p.notes.mu.Unlock()
	add(&p.notes.hour)
}

// noteOutcome notes what became of a batch. What reconcile and backfill read
// came late by its nature, and most of what reconcile reads has arrived before:
// it counts as looked up.
func (p *Parts) noteOutcome(out pipeline.Outcome) {
	p.Note(func(h *summary.HealthHour) {
		h.Denials += int64(out.Denials)
		h.Conflicts += int64(out.Conflicts)
		h.Expired += int64(out.Expired)
		h.Malformed += int64(out.Malformed)
		h.Failed += int64(len(out.Failed))
		h.Alerts += int64(out.AlertsSent)
		if p.name != "reconcile" {
			h.Records += int64(out.Records)
			h.Duplicates += int64(out.Duplicates)
		}
		if p.name == "detector" {
			h.Late += int64(out.Late)
		}
	})
}

// noteTime is how long an invocation waits for its note to be taken.
const noteTime = time.Second

// Noted returns a handler that does what handle does and notes, after each
// invocation, what came of it, with one small write. A note that cannot be
// taken is logged and changes nothing else. An invocation that failed and did
// nothing is no sign of life.
func Noted[Answer any](p *Parts, handle func(context.Context, json.RawMessage) (Answer, error)) func(context.Context, json.RawMessage) (Answer, error) {
	return func(ctx context.Context, payload json.RawMessage) (Answer, error) {
		p.Note(func(h *summary.HealthHour) { *h = summary.HealthHour{} })
		answer, err := handle(ctx, payload)
		var did summary.HealthHour
		p.Note(func(h *summary.HealthHour) { did = *h })
		if err != nil && did == (summary.HealthHour{}) {
			return answer, err
		}
		did.Hour = tally.HourOf(Clock{}.Now())
		noting, cancel := context.WithTimeout(ctx, noteTime)
		defer cancel()
		if failed := p.health.AddHealth(noting, p.name, did); failed != nil {
			p.Log.WarnContext(ctx, "what was done is not noted for the summary", "reason", failed.Error())
		}
		return answer, err
	}
}
