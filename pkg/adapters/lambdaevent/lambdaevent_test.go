package lambdaevent_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"chimewatch/pkg/adapters/lambdaevent"
	"chimewatch/pkg/adapters/memstore"
	"chimewatch/pkg/alert"
	"chimewatch/pkg/config"
	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/tally"
)

type clock struct{ now time.Time }

func (c clock) Now() time.Time { return c.now }

type told struct{ ids []string }

func (n *told) Notify(_ context.Context, in alert.Input) error {
	n.ids = append(n.ids, in.ID)
	return nil
}
func (n *told) NotifyDigest(context.Context, alert.Digest) error { return nil }

func event(id, operation, extra string) string {
	return fmt.Sprintf(`{"version":"0","detail-type":"AWS API Call via CloudTrail","source":"aws.chime","detail":{"eventVersion":"1.11","eventID":%q,
		"eventTime":"2026-03-01T10:00:00Z","eventSource":"chime.amazonaws.com","eventName":%q,"awsRegion":"us-east-1","recipientAccountId":"111122223333",
		"sourceIPAddress":"203.0.113.7","errorCode":"AccessDeniedException","userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/eve","accountId":"111122223333"}%s}}`, id, operation, extra)
}

func batch(t testing.TB, bodies ...string) json.RawMessage {
	t.Helper()
	type record struct {
		MessageId   string `json:"messageId"`
		EventSource string `json:"eventSource"`
		Body        string `json:"body"`
	}
	var records []record
	for i, b := range bodies {
		records = append(records, record{fmt.Sprint("m", i), "aws:sqs", b})
	}
	out, err := json.Marshal(map[string]any{"Records": records})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func handler(t testing.TB) (*lambdaevent.Handler, *memstore.Store, *told, *bytes.Buffer) {
	t.Helper()
	hasher := tally.NewHasher([]byte("k"))
	store, n, log := memstore.New(hasher), &told{}, &bytes.Buffer{}
	engine, err := pipeline.NewEngine(config.Default(), store, hasher, n, clock{time.Date(2026, 3, 1, 10, 1, 0, 0, time.UTC)}, pipeline.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return &lambdaevent.Handler{
		Engine: func(context.Context) (lambdaevent.Engine, error) { return engine, nil },
		Log:    slog.New(slog.NewJSONHandler(log, nil)), Report: func(pipeline.Outcome) {},
	}, store, n, log
}

func handle(t *testing.T, h *lambdaevent.Handler, payload json.RawMessage) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	out, err := h.Handle(ctx, payload)
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(out)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// A poison message goes back alone; its mates are counted once, also when all
// come again.
func TestPoisonMessageFailsAlone(t *testing.T) {
	h, store, n, log := handler(t)
	poison := strings.Replace(event("p", "ListChannels", ""), `"eventTime":"2026-03-01T10:00:00Z"`, `"eventTime":"yesterday"`, 1)
	payload := batch(t, event("1", "ListChannels", ""), poison, "no JSON at all", event("2", "CreateAppInstanceAdmin", ""), event("1", "ListChannels", ""))
	for range 2 {
		if got := handle(t, h, payload); !strings.Contains(got, `"m1"`) || !strings.Contains(got, `"m2"`) || strings.Contains(got, `"m0"`) || strings.Contains(got, `"m3"`) {
			t.Errorf("failed messages: %s", got)
		}
	}
	if p := store.Principals(); len(p) != 1 || p[0].Denials != 2 {
		t.Errorf("counted %+v", p)
	}
	if len(n.ids) != 1 {
		t.Errorf("alerts %v, want one about the critical operation", n.ids)
	}
	if !strings.Contains(log.String(), "no eventTime in RFC 3339 form") || !strings.Contains(log.String(), "message m2") {
		t.Errorf("the log does not name what was wrong:\n%s", log)
	}
}

func TestDirectEvent(t *testing.T) {
	h, store, _, _ := handler(t)
	if got := handle(t, h, json.RawMessage(event("1", "ListChannels", ""))); got != "null" {
		t.Errorf("answer %s", got)
	}
	if p := store.Principals(); len(p) != 1 || p[0].Denials != 1 {
		t.Errorf("counted %+v", p)
	}
	if _, err := h.Handle(context.Background(), json.RawMessage(strings.Replace(event("2", "ListChannels", ""), "2026-03-01T10", "x", 1))); err == nil {
		t.Error("an event that cannot be counted must be delivered again, so it must fail")
	}
}

func TestSweepAndNonsense(t *testing.T) {
	h, _, _, _ := handler(t)
	if got := handle(t, h, json.RawMessage(`{"sweep": true}`)); got != "null" {
		t.Errorf("answer %s", got)
	}
	for _, payload := range []string{`{}`, `{"Records":[{"eventSource":"aws:s3"}]}`, `[]`, `x`} {
		if _, err := h.Handle(context.Background(), json.RawMessage(payload)); err == nil {
			t.Errorf("%s: no error", payload)
		}
	}
}

// Nothing that came with a record gets into the log but ids.
func TestLogHoldsNoRecordText(t *testing.T) {
	h, _, _, log := handler(t)
	handle(t, h, batch(t, event("1", "CreateAppInstanceAdmin", `,"userAgent":"secret-agent","errorMessage":"secret-message","requestParameters":{"metadata":"secret-metadata"}`)))
	if strings.Contains(log.String(), "secret") {
		t.Errorf("the log holds text of a record:\n%s", log)
	}
}
