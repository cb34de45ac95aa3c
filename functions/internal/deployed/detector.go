package deployed

import (
	"context"

	"chimewatch/pkg/adapters/emf"
	"chimewatch/pkg/adapters/lambdaevent"
	"chimewatch/pkg/pipeline"
)

// Detector returns the handler of the detector.
func (p *Parts) Detector() *lambdaevent.Handler {
	h := &lambdaevent.Handler{
		Engine: func(ctx context.Context) (lambdaevent.Engine, error) { return p.Engine(ctx) },
		Log:    p.Log,
		Report: p.Report,
	}
	if p.Settings.DrillQueue != "" {
		h.Drill = p.drill()
	}
	return h
}

// Report writes an outcome as metrics, and notes it for the summary. Their names are those that the alarms
// and the dashboard of the template use.
func (p *Parts) Report(out pipeline.Outcome) {
	p.noteOutcome(out)
	metrics := map[string]emf.Value{}
	for name, n := range map[string]int{
		"Records": out.Records, "OutOfScope": out.OutOfScope, "Denials": out.Denials, "Duplicates": out.Duplicates,
		"Conflicts": out.Conflicts, "Expired": out.Expired, "Malformed": out.Malformed, "Late": out.Late,
		"Unavailable": out.Unavailable, "Findings": out.Findings,
		"IncidentsOpened": out.IncidentsOpened, "IncidentsRaised": out.IncidentsRaised,
		"AlertsSent": out.AlertsSent, "AlertsHeld": out.AlertsHeld, "AlertsNotSent": out.NotSent, "FailedMessages": len(out.Failed),
	} {
		metrics[name] = emf.Value{Value: float64(n), Unit: emf.Count}
	}
	if !out.OldestEvent.IsZero() {
		metrics["EventAge"] = emf.Value{Value: Clock{}.Now().Sub(out.OldestEvent).Seconds(), Unit: emf.Seconds}
	}
	if out.AlertsSent > 0 {
		metrics["AlertDelay"] = emf.Value{Value: out.AlertDelay.Seconds(), Unit: emf.Seconds}
	}
	p.count(metrics)
}
