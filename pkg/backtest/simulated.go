package backtest

import (
	"context"
	"fmt"

	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/simulate"
)

// batch is how many records are added at a time.
const batch = 1000

// Simulated runs simulated traffic through a trial and returns what it came to,
// with the truth.
func Simulated(ctx context.Context, s *simulate.Simulation, t *Trial) (Comparison, simulate.Truth, error) {
	items := make([]pipeline.Item, 0, batch)
	err := s.Run(func(e simulate.Event) error {
		rec, err := cloudtrail.Decode(e.JSON)
		items = append(items, pipeline.Item{Record: rec, Position: cloudtrail.Position{File: "simulated"}, Err: err})
		if len(items) < batch {
			return ctx.Err()
		}
		err = t.Add(ctx, items)
		items = items[:0]
		return err
	})
	if err == nil {
		err = t.Add(ctx, items)
	}
	if err != nil {
		return Comparison{}, simulate.Truth{}, fmt.Errorf("simulated traffic: %w", err)
	}
	out, err := t.Run(ctx)
	return out, s.Truth(), err
}
