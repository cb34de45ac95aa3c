package deployed

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	minidyn "github.com/truora/minidyn/server"

	"chimewatch/pkg/adapters/awsconf"
	"chimewatch/pkg/adapters/dynamostore"
	"chimewatch/pkg/adapters/emf"
	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/summary"
	"chimewatch/pkg/tally"
)

// world is a store on an in-process DynamoDB that counts updates, and may be
// away.
type world struct {
	store   *dynamostore.Store
	updates atomic.Int64
	away    atomic.Bool
	log     bytes.Buffer
}

func (w *world) RoundTrip(r *http.Request) (*http.Response, error) {
	if w.away.Load() {
		return nil, errors.New("DynamoDB is away")
	}
	if strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".UpdateItem") {
		w.updates.Add(1)
	}
	return http.DefaultTransport.RoundTrip(r)
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{}
	server := httptest.NewServer(minidyn.NewServer())
	t.Cleanup(server.Close)
	client := dynamodb.New(dynamodb.Options{
		Region: "us-east-1", BaseEndpoint: &server.URL, RetryMaxAttempts: 1, HTTPClient: awsconf.Whole(&http.Client{Transport: w}),
		Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""),
	})
	if _, err := client.CreateTable(t.Context(), dynamostore.Table("chimewatch")); err != nil {
		t.Fatal(err)
	}
	c := dynamostore.DefaultConfig("chimewatch")
	c.Hasher, c.Random, c.Now = tally.NewHasher([]byte("k")), rand.Uint64, time.Now
	var err error
	if w.store, err = dynamostore.New(client, c); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) parts(name string) *Parts {
	return &Parts{name: name, health: w.store, Log: slog.New(slog.NewJSONHandler(&w.log, nil)), Metrics: emf.Writer{Out: &bytes.Buffer{}}}
}

// total is all that is noted.
func (w *world) total(t *testing.T) (sum summary.HealthHour) {
	t.Helper()
	now := tally.HourOf(time.Now())
	hours, err := w.store.HealthHours(t.Context(), now-1, now)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range hours {
		sum.Records += h.Records
		sum.Denials += h.Denials
		sum.Duplicates += h.Duplicates
		sum.Late += h.Late
		sum.Malformed += h.Malformed
		sum.Failed += h.Failed
		sum.Alerts += h.Alerts
		sum.Looked += h.Looked
	}
	return sum
}

func outcome() pipeline.Outcome {
	return pipeline.Outcome{
		Records: 10, Denials: 4, Duplicates: 3, Late: 2, Malformed: 1, AlertsSent: 5, Failed: map[string]error{"m": errors.New("bad")},
	}
}

// Each invocation is noted with one write, however many steps it has, and each
// function notes what its road can tell.
func TestNoted(t *testing.T) {
	for name, want := range map[string]summary.HealthHour{
		"detector":  {Records: 60, Denials: 24, Duplicates: 18, Late: 12, Malformed: 6, Failed: 6, Alerts: 30},
		"backfill":  {Records: 60, Denials: 24, Duplicates: 18, Malformed: 6, Failed: 6, Alerts: 30},
		"reconcile": {Denials: 24, Malformed: 6, Failed: 6, Alerts: 30, Looked: 14},
	} {
		w := newWorld(t)
		p := w.parts(name)
		handle := Noted(p, func(context.Context, json.RawMessage) (string, error) {
			for range 3 {
				p.Report(outcome())
			}
			if name == "reconcile" {
				p.Note(func(h *summary.HealthHour) { h.Looked += 7 })
			}
			return "answer", nil
		})
		for range 2 {
			if answer, err := handle(t.Context(), nil); answer != "answer" || err != nil {
				t.Fatalf("%s: %q, %v", name, answer, err)
			}
		}
		if n := w.updates.Load(); n != 2 {
			t.Errorf("%s: %d writes for 2 invocations", name, n)
		}
		if got := w.total(t); got != want {
			t.Errorf("%s noted %+v, want %+v", name, got, want)
		}
	}
}

// An invocation that has nothing to do is a sign of life, one that fails and did
// nothing is none; what it answers does not hang on the note.
func TestSignOfLife(t *testing.T) {
	w := newWorld(t)
	p := w.parts("detector")
	broken := errors.New("no configuration")
	var fails error
	handle := Noted(p, func(context.Context, json.RawMessage) (any, error) { return nil, fails })
	now := tally.HourOf(time.Now())
	for _, c := range []struct {
		fails error
		hours int
	}{{broken, 0}, {nil, 1}, {broken, 1}} {
		fails = c.fails
		if _, err := handle(t.Context(), nil); !errors.Is(err, c.fails) {
			t.Errorf("%v, want %v", err, c.fails)
		}
		hours, err := w.store.HealthHours(t.Context(), now, now+1)
		if err != nil || len(hours) < c.hours || c.hours == 0 && len(hours) > 0 {
			t.Errorf("%v after %v: %v", hours, c.fails, err)
		}
	}
	w.away.Store(true)
	fails = nil
	if _, err := handle(t.Context(), nil); err != nil {
		t.Errorf("the invocation failed for want of a note: %v", err)
	}
	if !strings.Contains(w.log.String(), "not noted for the summary") {
		t.Errorf("nothing is said of a note that is lost: %s", w.log.String())
	}
}
