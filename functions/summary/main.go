// Command summary is the Lambda function that writes the report of a week and
// sends its summary. It is wiring only.
package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"
	_ "time/tzdata" // Lambda's machines need not know time zones

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/caarlos0/env/v11"

	"chimewatch/functions/internal/deployed"
	"chimewatch/pkg/adapters/s3report"
	"chimewatch/pkg/summary"
)

func main() {
	h, err := newHandler()
	if err != nil {
		slog.New(slog.NewJSONHandler(os.Stderr, nil)).Error("summary does not start", "reason", err.Error())
		os.Exit(1)
	}
	lambda.Start(h.handle)
}

// settings is what the template passes to this function alone.
type settings struct {
	Prefix   string `env:"CHIMEWATCH_REPORT_PREFIX" envDefault:"reports/"`
	TimeZone string `env:"CHIMEWATCH_TIME_ZONE" envDefault:"UTC"`
	Days     int    `env:"CHIMEWATCH_SUMMARY_DAYS" envDefault:"7"` // of a summary
}

// mostDays is how many days a summary may be about: four times as many have to
// be held before them.
const mostDays = 31

func (s settings) zone() (*time.Location, error) {
	if s.Days < 1 || s.Days > mostDays {
		return nil, fmt.Errorf("CHIMEWATCH_SUMMARY_DAYS: %d is not between 1 and %d", s.Days, mostDays)
	}
	zone, err := time.LoadLocation(s.TimeZone)
	if err != nil {
		return nil, fmt.Errorf("CHIMEWATCH_TIME_ZONE: %q is no name of the IANA time zone database: %w", s.TimeZone, err)
	}
	return zone, nil
}

func newHandler() (*handler, error) {
	parts, err := deployed.New("summary")
	if err != nil {
		return nil, fmt.Errorf("putting the summary together: %w", err)
	}
	var own settings
	if err := env.Parse(&own); err != nil {
		return nil, fmt.Errorf("reading the environment: %w", err)
	}
	zone, err := own.zone()
	if err != nil {
		return nil, fmt.Errorf("reading the environment: %w", err)
	}
	if parts.Settings.SummaryTopic == "" {
		return nil, errors.New("reading the environment: CHIMEWATCH_SUMMARY_TOPIC is missing: name the topic that summaries go to")
	}
	client := s3.NewFromConfig(parts.AWS, func(o *s3.Options) {
		o.UsePathStyle = o.BaseEndpoint != nil // local endpoints
	})
	shelf, err := s3report.New(client, parts.Settings.Bucket, own.Prefix, parts.AWS.Region)
	if err != nil {
		return nil, fmt.Errorf("reading the environment: CHIMEWATCH_REPORT_PREFIX: %w", err)
	}
	return &handler{
		runner: summary.Runner{
			Store: parts.Store, Held: parts.Settings.Retention(), Shelf: shelf, Post: topic{sns.NewFromConfig(parts.AWS), parts.Settings.SummaryTopic},
			Now: deployed.Clock{}.Now, Zone: zone, Days: own.Days,
		},
		config: parts.Config, log: parts.Log, metrics: parts.Metrics,
	}, nil
}
