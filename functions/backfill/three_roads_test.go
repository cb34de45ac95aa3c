package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"golang.org/x/sync/errgroup"

	"chimewatch/pkg/adapters/lambdaevent"
	"chimewatch/pkg/adapters/logqueue"
	"chimewatch/pkg/adapters/lookupevents"
	"chimewatch/pkg/adapters/lookupevents/lookuptest"
	"chimewatch/pkg/adapters/s3logs"
	"chimewatch/pkg/alert"
	"chimewatch/pkg/config"
	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/tally"
)

type nobody struct{}

func (nobody) Notify(context.Context, alert.Input) error        { return nil }
func (nobody) NotifyDigest(context.Context, alert.Digest) error { return nil }

// month is a month of denied calls, and the roads that they can come by.
type month struct {
	t       *testing.T
	start   time.Time
	end     time.Time
	records []string
	times   []time.Time
	engine  *pipeline.Engine
}

// events brings the records as EventBridge does: in batches through a queue, in
// any order.
func (m *month) events(ctx context.Context) error {
	h := &lambdaevent.Handler{
		Engine: func(context.Context) (lambdaevent.Engine, error) { return m.engine, nil },
		Log:    slog.New(slog.NewTextHandler(io.Discard, nil)), Report: func(pipeline.Outcome) {},
	}
	for chunk := range chunks(rand.New(rand.NewPCG(1, 1)).Perm(len(m.records)), 15) {
		var bodies []string
		for _, i := range chunk {
			bodies = append(bodies, `{"version":"0","detail-type":"AWS API Call via CloudTrail","source":"aws.chime","detail":`+m.records[i]+`}`)
		}
		answer, err := h.Handle(ctx, batch(m.t, bodies...))
		if err != nil || strings.Contains(fmt.Sprint(answer), "m") {
			return fmt.Errorf("events: %v, %w", answer, err)
		}
	}
	return nil
}

// files brings them as log files, in any order.
func (m *month) files(ctx context.Context) error {
	backend := s3mem.New()
	if err := backend.CreateBucket("example-trail"); err != nil {
		return err
	}
	server := httptest.NewServer(gofakes3.New(backend).Server())
	defer server.Close()
	client := s3.New(s3.Options{Region: "us-east-1", BaseEndpoint: &server.URL, UsePathStyle: true, Credentials: credentials.NewStaticCredentialsProvider("a", "b", "")})
	reader, read := &s3logs.Reader{Client: client}, 0
	h := &logqueue.Handler{
		Engine: func(context.Context) (logqueue.Engine, error) { return m.engine, nil },
		Files: func(context.Context) (logqueue.Files, error) {
			return func(ctx context.Context, bucket, key string, deliver func([]pipeline.Item) error) (logqueue.File, error) {
				v, err := reader.ReadVouched(ctx, bucket, key, deliver)
				return logqueue.File{Counts: v.Counts, Skipped: v.Kind != s3logs.LogFile, Forged: v.Forged}, err
			}, nil
		},
		Buckets: []string{"example-trail"}, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Outcome: func(pipeline.Outcome) {}, Report: func(r logqueue.Report) { read += int(r.Records) },
	}
	n := 0
	for chunk := range chunks(rand.New(rand.NewPCG(2, 2)).Perm(len(m.records)), 20) {
		var records []string
		for _, i := range chunk {
			records = append(records, m.records[i])
		}
		n++
		key, data := keyOf(account, m.times[chunk[0]], n), logFile(records...)
		if _, err := backend.PutObject("example-trail", key, nil, bytes.NewReader(data), int64(len(data)), nil); err != nil {
			return err
		}
		answer, err := h.Handle(ctx, batch(m.t, logqueue.Encode(logqueue.Reference{Bucket: "example-trail", Key: key})))
		if err != nil || len(answer.BatchItemFailures) > 0 {
			return fmt.Errorf("files: %v, %w", answer, err)
		}
	}
	if read != len(m.records) {
		return fmt.Errorf("files: %d records were read of %d", read, len(m.records))
	}
	return nil
}

// lookups brings them by LookupEvents, the newest first.
func (m *month) lookups(ctx context.Context) error {
	clock := lookuptest.NewClock(m.end)
	server := lookuptest.New(m.t)
	server.Now = clock.Now
	server.Add(m.records...)
	c := config.Default()
	c.Scope.Sources = []string{"chime.amazonaws.com"}
	r := &lookupevents.Reconciler{
		Lookup: lookupevents.New(server.Client(), clock, "us-east-1"), Clock: clock,
		Engine: func(context.Context) (lookupevents.Engine, config.Config, error) { return m.engine, c, nil },
		Log:    slog.New(slog.NewTextHandler(io.Discard, nil)),
		Hours:  int(m.end.Sub(m.start).Hours()) + 1, MaxPages: 1 << 20, MaxTime: 24 * time.Hour,
		Outcome: func(pipeline.Outcome) {}, Report: func(lookupevents.Report) {},
	}
	report, err := r.Run(ctx, m.end.Add(time.Hour))
	if err == nil && report.Denials < len(m.records) {
		return fmt.Errorf("lookups: %+v", report)
	}
	return err
}

func chunks(all []int, size int) func(func([]int) bool) {
	return func(yield func([]int) bool) {
		for len(all) > 0 {
			n := min(size, len(all))
			if !yield(all[:n]) {
				return
			}
			all = all[n:]
		}
	}
}

type fixed time.Time

func (f fixed) Now() time.Time { return time.Time(f) }

// The same month by three roads at once, each in an order of its own, comes to
// what one road comes to: every record counts once. It has 36 records, 60 if
// CHIMEWATCH_THOROUGH is set.
func TestThreeRoads(t *testing.T) {
	end := time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	start := end.AddDate(0, -1, 0)
	rnd := rand.New(rand.NewPCG(3, 3))
	m := &month{t: t, start: start, end: end}
	n := 36
	if os.Getenv("CHIMEWATCH_THOROUGH") != "" {
		n = 60
	}
	for i := range n {
		hour := time.Duration(i%12) * 49 * time.Hour // of some days, at any time of the day
		at := start.Add(hour + time.Duration(rnd.Int64N(int64(time.Hour)))).Truncate(time.Second)
		m.times, m.records = append(m.times, at), append(m.records, denied(i, at))
	}
	count := func(name string, roads ...func(*month, context.Context) error) []pipeline.PrincipalReport {
		_, open := table(t, name)
		store := open(end.Add(time.Hour))
		var err error
		m.engine, err = pipeline.NewEngine(config.Default(), store, tally.NewHasher([]byte(secret)), nobody{}, fixed(end.Add(time.Hour)), pipeline.Options{Silent: true})
		if err != nil {
			t.Fatal(err)
		}
		group, ctx := errgroup.WithContext(t.Context())
		for _, road := range roads {
			group.Go(func() error { return road(m, ctx) })
		}
		if err := group.Wait(); err != nil {
			t.Fatal(err)
		}
		principals, err := store.PrincipalsOf(t.Context(), tally.DayOf(start), tally.DayOf(end))
		if err != nil {
			t.Fatal(err)
		}
		return principals
	}
	one := count("one", (*month).events)
	three := count("three", (*month).events, (*month).files, (*month).lookups)
	total := 0
	for _, p := range one {
		total += p.Denials
	}
	if total != len(m.records) {
		t.Errorf("one road: %d denials of %d", total, len(m.records))
	}
	if diff := cmp.Diff(one, three); diff != "" {
		t.Errorf("three roads differ from one (-one +three):\n%s", diff)
	}
}
