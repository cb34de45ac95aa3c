// Command backfill is the Lambda function that reads log files: new ones that a
// bucket announces, and old ones that the command line lists. It is wiring only.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"slices"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/caarlos0/env/v11"

	"chimewatch/functions/internal/deployed"
	"chimewatch/pkg/adapters/emf"
	"chimewatch/pkg/adapters/logqueue"
	"chimewatch/pkg/adapters/s3logs"
	"chimewatch/pkg/pipeline"
)

func main() {
	handle, err := newHandler()
	if err != nil {
		slog.New(slog.NewJSONHandler(os.Stderr, nil)).Error("backfill does not start", "reason", err.Error())
		os.Exit(1)
	}
	lambda.Start(handle)
}

// settings is what the template passes to this function alone.
type settings struct {
	Buckets []string `env:"CHIMEWATCH_LOG_BUCKETS"`
}

// tries is how often a request to S3 is made: it throttles by asking to slow
// down, and a file is worth waiting for.
const tries = 8

// handler handles the SQS batches of the queue.
type handler func(context.Context, json.RawMessage) (events.SQSEventResponse, error)

func newHandler() (handler, error) {
	parts, err := deployed.New("backfill")
	if err != nil {
		return nil, fmt.Errorf("putting the backfill together: %w", err)
	}
	var own settings
	if err := env.Parse(&own); err != nil {
		return nil, fmt.Errorf("reading the environment: %w", err)
	}
	client := s3.NewFromConfig(parts.AWS, func(o *s3.Options) {
		o.RetryMaxAttempts = tries
		o.UsePathStyle = o.BaseEndpoint != nil             // local endpoints
		o.DisableLogOutputChecksumValidationSkipped = true // a line in the log for every file without one
	})
	h := &logqueue.Handler{
		Engine:  func(ctx context.Context) (logqueue.Engine, error) { return parts.Engine(ctx) },
		Files:   func(ctx context.Context) (logqueue.Files, error) { return files(ctx, parts, client) },
		Buckets: slices.DeleteFunc(own.Buckets, func(b string) bool { return b == "" }),
		Log:     parts.Log,
		Outcome: parts.Report,
		Report:  func(r logqueue.Report) { report(parts, r) },
	}
	return deployed.Noted(parts, h.Handle), nil
}

// files reads log files, under the configuration in force.
func files(ctx context.Context, parts *deployed.Parts, client s3logs.Client) (logqueue.Files, error) {
	c, err := parts.Config(ctx)
	if err != nil {
		return nil, err
	}
	intake, err := pipeline.NewIntake(c)
	if err != nil {
		return nil, err
	}
	reader := &s3logs.Reader{Client: client, Candidate: intake.Candidate()}
	return func(ctx context.Context, bucket, key string, deliver func([]pipeline.Item) error) (logqueue.File, error) {
		v, err := reader.ReadVouched(ctx, bucket, key, deliver)
		return logqueue.File{Counts: v.Counts, Skipped: v.Kind != s3logs.LogFile, Forged: v.Forged, First: v.First}, err
	}, nil
}

// report writes what became of the files as metrics.
func report(parts *deployed.Parts, r logqueue.Report) {
	count := func(n int64) emf.Value { return emf.Value{Value: float64(n), Unit: emf.Count} }
	err := parts.Metrics.Write(deployed.Clock{}.Now(), map[string]emf.Value{
		"Files": count(int64(r.Files)), "FilesFailed": count(int64(r.Failed)), "FilesSkipped": count(int64(r.Skipped)),
		"RecordsRead": count(r.Records), "RecordsForged": count(r.Forged),
	})
	if err != nil {
		parts.Log.Warn("metrics not written", "reason", err.Error())
	}
}
