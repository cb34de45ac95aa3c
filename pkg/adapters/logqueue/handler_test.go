package logqueue_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"chimewatch/pkg/adapters/logqueue"
	"chimewatch/pkg/adapters/memstore"
	"chimewatch/pkg/adapters/s3logs"
	"chimewatch/pkg/alert"
	"chimewatch/pkg/config"
	"chimewatch/pkg/denial"
	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/tally"
)

func md5Of(s string) string {
	sum := md5.Sum([]byte(s))
	return hex.EncodeToString(sum[:])
}

type clock struct{}

func (clock) Now() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

type nobody struct{}

func (nobody) Notify(context.Context, alert.Input) error        { return nil }
func (nobody) NotifyDigest(context.Context, alert.Digest) error { return nil }

// limited is a store that takes some calls and no more.
type limited struct {
	*memstore.Store
	left int
}

func (l *limited) Commit(ctx context.Context, calls []denial.Call) ([]pipeline.Receipt, error) {
	if l.left -= len(calls); l.left < 0 {
		return make([]pipeline.Receipt, len(calls)), errors.New("the table takes no more")
	}
	return l.Store.Commit(ctx, calls)
}

// road is the whole road: bucket, handler, engine, store.
type road struct {
	handler *logqueue.Handler
	backend gofakes3.Backend
	store   *limited
	log     bytes.Buffer
	total   pipeline.Outcome
	report  logqueue.Report
}

func newRoad(t *testing.T) *road {
	t.Helper()
	backend := s3mem.New()
	for _, b := range []string{"example-trail", "other"} {
		if err := backend.CreateBucket(b); err != nil {
			t.Fatal(err)
		}
	}
	server := httptest.NewServer(gofakes3.New(backend).Server())
	t.Cleanup(server.Close)
	client := s3.New(s3.Options{Region: "us-east-1", BaseEndpoint: &server.URL, UsePathStyle: true, Credentials: credentials.NewStaticCredentialsProvider("a", "b", "")})
	hasher := tally.NewHasher([]byte("k"))
	r := &road{backend: backend, store: &limited{memstore.New(hasher), 1 << 30}}
	engine, err := pipeline.NewEngine(config.Default(), r.store, hasher, nobody{}, clock{}, pipeline.Options{})
	if err != nil {
		t.Fatal(err)
	}
	reader := &s3logs.Reader{Client: client}
	r.handler = &logqueue.Handler{
		Engine: func(context.Context) (logqueue.Engine, error) { return engine, nil },
		Files: func(context.Context) (logqueue.Files, error) {
			return func(ctx context.Context, bucket, key string, deliver func([]pipeline.Item) error) (logqueue.File, error) {
				v, err := reader.ReadVouched(ctx, bucket, key, deliver)
				return logqueue.File{Counts: v.Counts, Skipped: v.Kind != s3logs.LogFile, Forged: v.Forged, First: v.First}, err
			}, nil
		},
		Buckets: []string{"example-trail"},
		Log:     slog.New(slog.NewJSONHandler(&r.log, nil)),
		Outcome: func(o pipeline.Outcome) {
			r.total.Records, r.total.Denials, r.total.Duplicates = r.total.Records+o.Records, r.total.Denials+o.Denials, r.total.Duplicates+o.Duplicates
			r.total.Malformed += o.Malformed
		},
		Report: func(x logqueue.Report) { r.report = x },
	}
	return r
}

func (r *road) put(t *testing.T, bucket, key string, data []byte) {
	t.Helper()
	if _, err := r.backend.PutObject(bucket, key, nil, bytes.NewReader(data), int64(len(data)), nil); err != nil {
		t.Fatal(err)
	}
}

// handle handles messages with these bodies and returns which have to come again.
func (r *road) handle(t *testing.T, bodies ...string) (again []string) {
	t.Helper()
	records := []map[string]string{}
	for i, b := range bodies {
		records = append(records, map[string]string{"messageId": fmt.Sprint("m", i), "eventSource": "aws:sqs", "body": b})
	}
	payload, _ := json.Marshal(map[string]any{"Records": records})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out, err := r.handler.Handle(ctx, payload)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range out.BatchItemFailures {
		again = append(again, f.ItemIdentifier)
	}
	return again
}

func gz(text string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write([]byte(text))
	w.Close()
	return b.Bytes()
}

func denials(account string, first, n int) string {
	var records []string
	for i := range n {
		records = append(records, fmt.Sprintf(`{"eventVersion":"1.11","eventID":"e-%d","eventTime":"2026-03-01T10:00:00Z","eventSource":"chime.amazonaws.com","eventName":"ListChannels","awsRegion":"us-east-1","recipientAccountId":%q,"errorCode":"AccessDenied","userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/eve"}}`, first+i, account))
	}
	return `{"Records":[` + strings.Join(records, ",") + `]}`
}

func key(account string, n int) string {
	return fmt.Sprintf("AWSLogs/%s/CloudTrail/us-east-1/2026/03/01/%[1]s_CloudTrail_us-east-1_20260301T1000Z_%016d.json.gz", account, n)
}

func at(bucket, key string) string {
	return logqueue.Encode(logqueue.Reference{Bucket: bucket, Key: key})
}

// One invocation with everything that can come: what is good is counted, and
// each bad message comes back alone, with its reason in the log.
func TestHandle(t *testing.T) {
	r := newRoad(t)
	r.put(t, "example-trail", key("111122223333", 1), gz(denials("111122223333", 0, 600)))
	r.put(t, "example-trail", key("111122223333", 2), gz(denials("111122223333", 600, 1)))
	r.put(t, "example-trail", key("444455556666", 3), gz(denials("111122223333", 700, 5))) // forged
	r.put(t, "example-trail", key("111122223333", 4), gz(denials("111122223333", 800, 2))[:40])
	r.put(t, "example-trail", key("111122223333", 5), gz(strings.Replace(denials("111122223333", 900, 3), `"eventTime":"2026-03-01T10:00:00Z",`, ``, 1)))
	r.put(t, "other", key("111122223333", 6), gz(denials("111122223333", 1000, 1)))
	again := r.handle(t,
		at("example-trail", key("111122223333", 1)),                  // m0
		viaSNS(at("example-trail", key("111122223333", 2))),          // m1
		at("example-trail", key("444455556666", 3)),                  // m2: refused, and done with
		at("example-trail", key("111122223333", 4)),                  // m3: damaged
		at("example-trail", key("111122223333", 5)),                  // m4: one record is malformed
		at("other", key("111122223333", 6)),                          // m5: not a bucket of ours
		at("example-trail", key("111122223333", 7)),                  // m6: gone
		at("example-trail", "AWSLogs/111122223333/Config/x.json.gz"), // m7: not a log file
		testEvent,  // m8
		"nonsense", // m9
	)
	if want := []string{"m3", "m4", "m5", "m6", "m9"}; !slices.Equal(again, want) {
		t.Errorf("come again: %v, want %v", again, want)
	}
	if r.total.Denials != 600+1+2 || r.total.Malformed != 1 {
		t.Errorf("%+v", r.total)
	}
	if want := (logqueue.Report{Files: 8, Failed: 4, Skipped: 1, Records: 600 + 1 + 5 + 3, Forged: 5}); r.report != want {
		t.Errorf("%+v, want %+v", r.report, want)
	}
	for _, want := range []string{
		"gzip stream is cut short", key("111122223333", 4), "no eventTime", "record 1", "add it to the parameter LogBuckets",
		"there is no such object any more", key("111122223333", 7), "no JSON of a known form", "records of another account", key("444455556666", 3),
	} {
		if !strings.Contains(r.log.String(), want) {
			t.Errorf("%q is not in the log:\n%s", want, r.log.String())
		}
	}

	// Delivered again, nothing counts twice.
	before := r.total.Denials
	r.handle(t, at("example-trail", key("111122223333", 1)), at("example-trail", key("111122223333", 4)))
	if r.total.Denials != before || r.total.Duplicates != 600 {
		t.Errorf("%+v", r.total)
	}
}

// When the store takes no more, the file comes back and what was counted stays.
func TestStoreFails(t *testing.T) {
	r := newRoad(t)
	r.put(t, "example-trail", key("111122223333", 1), gz(denials("111122223333", 0, 1000)))
	r.store.left = 300
	if again := r.handle(t, at("example-trail", key("111122223333", 1))); !slices.Equal(again, []string{"m0"}) {
		t.Errorf("come again: %v", again)
	}
	if !strings.Contains(r.log.String(), "the table takes no more") || r.total.Denials != 256 {
		t.Errorf("%+v\n%s", r.total, r.log.String())
	}
	r.store.left = 1 << 30
	if again := r.handle(t, at("example-trail", key("111122223333", 1))); again != nil || r.total.Denials != 1000 || r.total.Duplicates != 256 {
		t.Errorf("come again: %v, %+v", again, r.total)
	}
}

func TestHandleRefusesOtherInvocations(t *testing.T) {
	r := newRoad(t)
	for _, payload := range []string{`{}`, `[]`, `{"Records":[]}`, `{"Records":[{"eventSource":"aws:s3"}]}`} {
		if _, err := r.handler.Handle(t.Context(), json.RawMessage(payload)); err == nil || !strings.Contains(err.Error(), "SQS batch") {
			t.Errorf("%s: %v", payload, err)
		}
	}
}
