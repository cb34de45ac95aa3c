package logqueue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/pipeline"
)

// Engine is what records are fed to; *pipeline.Engine is one.
type Engine interface {
	Process(ctx context.Context, batch []pipeline.Message) (pipeline.Outcome, error)
}

// File is what was read of a log file.
type File struct {
	Counts  cloudtrail.Counts
	Skipped bool  // no log file by its key: not read
	Forged  int64 // records of another account than the key's: not delivered
	First   cloudtrail.Position
}

// Files reads log files. It delivers records in bounded batches and returns the
// first error of deliver; its own errors say the object, what is wrong and what
// to do. Records of another account than the one in the key are not delivered.
type Files func(ctx context.Context, bucket, key string, deliver func([]pipeline.Item) error) (File, error)

// Report counts what became of the objects of one invocation.
type Report struct {
	Files, Failed, Skipped int
	Records, Forged        int64
}

// Handler handles the SQS batches of the queue.
type Handler struct {
	// Engine returns the engine for an invocation.
	Engine func(ctx context.Context) (Engine, error)
	// Files returns what reads log files for an invocation.
	Files   func(ctx context.Context) (Files, error)
	Buckets []string // that may be read; no others are
	Log     *slog.Logger

	Outcome func(pipeline.Outcome) // metrics of the records
	Report  func(Report)           // metrics of the files
}

// reserve is what is left of an invocation's time for its answer.
const reserve = 5 * time.Second

// Handle handles one invocation. The answer names the messages to deliver again;
// a message that keeps failing ends in the dead-letter queue, with the reason in
// the log.
func (h *Handler) Handle(ctx context.Context, payload json.RawMessage) (events.SQSEventResponse, error) {
	response := events.SQSEventResponse{BatchItemFailures: []events.SQSBatchItemFailure{}}
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-reserve))
		defer cancel()
	}
	var batch events.SQSEvent
	if err := json.Unmarshal(payload, &batch); err != nil {
		return response, fmt.Errorf("reading the SQS batch: %w", err)
	}
	if len(batch.Records) == 0 || batch.Records[0].EventSource != "aws:sqs" {
		return response, errors.New("the invocation is no SQS batch: check what invokes the function")
	}
	engine, err := h.Engine(ctx)
	if err != nil {
		return response, fmt.Errorf("starting the engine: %w", err)
	}
	files, err := h.Files(ctx)
	if err != nil {
		return response, fmt.Errorf("starting to read log files: %w", err)
	}
	r := run{Handler: h, engine: engine, files: files}
	for _, m := range batch.Records {
		if err := r.message(ctx, m.Body); err != nil {
			h.Log.WarnContext(ctx, "message goes back to the queue", "message", m.MessageId, "reason", err.Error())
			response.BatchItemFailures = append(response.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: m.MessageId})
		}
	}
	h.Report(r.report)
	return response, nil
}

// run is one invocation.
type run struct {
	*Handler
	engine Engine
	files  Files
	report Report
}

// message reads all objects that a message names. Those that can be read are
// read, also where others can't.
func (r *run) message(ctx context.Context, body string) error {
	refs, err := Parse(body)
	if err != nil {
		return err
	}
	var failed []error
	for _, ref := range refs {
		r.report.Files++
		if err := r.object(ctx, ref); err != nil {
			r.report.Failed++
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

func (r *run) object(ctx context.Context, ref Reference) error {
	if !slices.Contains(r.Buckets, ref.Bucket) {
		return fmt.Errorf("%s: the deployment does not name this bucket, so it is not read; add it to the parameter LogBuckets, or take it out of what notifies the queue", ref.URL())
	}
	feed := feed{run: r, name: ref.URL()}
	file, err := r.files(ctx, ref.Bucket, ref.Key, func(items []pipeline.Item) error { return feed.take(ctx, items) })
	r.report.Records += file.Counts.Read
	r.report.Forged += file.Forged
	if file.Skipped {
		r.report.Skipped++
		r.Log.DebugContext(ctx, "not a CloudTrail log file", "object", ref.URL())
		return nil
	}
	if file.Forged > 0 {
		r.Log.WarnContext(ctx, "records of another account than the path's were refused: somebody writes into the bucket",
			"object", ref.URL(), "records", file.Forged, "first", file.First.String())
	}
	if err != nil {
		return err
	}
	return feed.failure()
}

// feed hands the records of one file to the engine, batch by batch.
type feed struct {
	*run
	name    string
	batches int
	bad     []error // malformed records
	more    int     // of them, not kept
}

// maxBad is how many malformed records of a file are named.
const maxBad = 3

func (f *feed) take(ctx context.Context, items []pipeline.Item) error {
	f.batches++
	id := fmt.Sprintf("%s#%d", f.name, f.batches)
	out, err := f.engine.Process(ctx, []pipeline.Message{{ID: id, Items: items}})
	f.Outcome(out)
	for _, unsent := range out.Unsent {
		f.Log.WarnContext(ctx, "alert not sent, the next pass tries again", "reason", unsent.Error())
	}
	if err == nil {
		err = out.Failed[id]
	}
	var malformed *pipeline.Malformed
	switch {
	case err == nil:
	case !errors.As(err, &malformed):
		return fmt.Errorf("%s: %w", f.name, err) // the store: what follows would fail as well
	case len(f.bad) < maxBad:
		f.bad = append(f.bad, err)
	default:
		f.more++
	}
	return nil
}

// failure returns what keeps the file from being done.
func (f *feed) failure() error {
	if len(f.bad) == 0 {
		return nil
	}
	err := errors.Join(f.bad...)
	if f.more > 0 {
		return fmt.Errorf("%w\nand %d batches more with malformed records", err, f.more)
	}
	return err
}
