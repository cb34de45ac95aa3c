package main

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"chimewatch/pkg/adapters/drillqueue"
	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/denial"
	"chimewatch/pkg/simulate"
	"chimewatch/pkg/tally"
)

// sendDrill sends what the rules of a deployment would let through of a
// simulation to its drill queue.
func sendDrill(ctx context.Context, p process, s *simulate.Simulation, url, region string) error {
	cfg, err := loadAmazon(ctx, region)
	if err != nil {
		return err
	}
	sender := &drillqueue.Sender{Client: sqs.NewFromConfig(cfg), URL: url}
	all := 0
	err = s.Run(func(e simulate.Event) error {
		all++
		record, err := cloudtrail.Decode(e.JSON)
		if err != nil {
			return fmt.Errorf("simulated record %s: %w", e.ID, err)
		}
		if call := denial.Classify(&record); !tally.Counts(&call) {
			return nil
		}
		return sender.Send(ctx, simulate.EventBridge(e))
	})
	if err == nil {
		err = sender.Flush(ctx)
	}
	if _, out := fmt.Fprintf(p.stderr, "%d events sent, of %d simulated; the others the rules do not let through\n", sender.Sent(), all); err == nil {
		err = out
	}
	return err
}
