package lambdaevent_test

import (
	"context"
	"encoding/json"
	"errors"
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

const drillQueue = "arn:aws:sqs:us-east-1:111122223333:drill"

// by says by which queue each message of a batch came.
func by(t *testing.T, payload json.RawMessage, queues ...string) json.RawMessage {
	t.Helper()
	var b struct{ Records []map[string]string }
	if err := json.Unmarshal(payload, &b); err != nil {
		t.Fatal(err)
	}
	for i, q := range queues {
		b.Records[i]["eventSourceARN"] = q
	}
	out, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// deaf is told nothing.
type deaf struct{ told }

func (*deaf) Notify(context.Context, alert.Input) error { return errors.New("the topic is gone") }

func drilled(t *testing.T, n pipeline.Notifier) (h *lambdaevent.Handler, live, drill *memstore.Store, real *told, outcome *pipeline.Outcome) {
	t.Helper()
	h, live, real, _ = handler(t)
	hasher := tally.NewHasher([]byte("k"))
	drill, outcome = memstore.New(hasher), &pipeline.Outcome{}
	engine, err := pipeline.NewEngine(config.Default(), drill, hasher, n, clock{time.Date(2026, 3, 1, 10, 1, 0, 0, time.UTC)}, pipeline.Options{})
	if err != nil {
		t.Fatal(err)
	}
	h.Drill = &lambdaevent.Drill{
		Queue: drillQueue, Report: func(o pipeline.Outcome) { *outcome = o },
		Engine: func(context.Context) (lambdaevent.Engine, error) { return engine, nil },
	}
	h.Report = func(o pipeline.Outcome) {
		if o.Records > 1 {
			t.Errorf("a drill was reported among what is real: %+v", o)
		}
	}
	return h, live, drill, real, outcome
}

// A drill goes all the way, and leaves no trace among what is real. What it is
// does not depend on what is in it.
func TestDrillByItsRoad(t *testing.T) {
	n := &told{}
	h, live, drill, real, outcome := drilled(t, n)
	attack := event("d", "CreateAppInstanceAdmin", `,"userAgent":"chimewatch-drill"`)
	if got := handle(t, h, by(t, batch(t, attack), drillQueue)); got != `{"batchItemFailures":[]}` {
		t.Errorf("answer %s", got)
	}
	if len(n.ids) != 1 || outcome.AlertsSent != 1 || len(drill.Principals()) != 1 {
		t.Errorf("alerts %v, outcome %+v, counted %v", n.ids, *outcome, drill.Principals())
	}
	if len(real.ids) != 0 || len(live.Principals()) != 0 {
		t.Errorf("a drill got among what is real: %v, %+v", real.ids, live.Principals())
	}
	// The same record by the real road is real.
	for _, queue := range []string{"arn:aws:sqs:us-east-1:111122223333:detector", "", drillQueue + "2"} {
		handle(t, h, by(t, batch(t, attack), queue))
	}
	if len(real.ids) != 1 || len(live.Principals()) != 1 || len(n.ids) != 1 {
		t.Errorf("what came by the real road: alerts %v, %+v; drills %v", real.ids, live.Principals(), n.ids)
	}
}

// A batch that Lambda never makes, of both queues, is taken apart.
func TestDrillBesideRealMessages(t *testing.T) {
	n := &told{}
	h, live, drill, _, _ := drilled(t, n)
	got := handle(t, h, by(t, batch(t, event("1", "CreateAppInstanceAdmin", ""), "no JSON at all", event("3", "ListChannels", "")), drillQueue, drillQueue, "other"))
	if got != `{"batchItemFailures":[{"itemIdentifier":"m1"}]}` {
		t.Errorf("answer %s", got)
	}
	if d, l := drill.Principals(), live.Principals(); len(d) != 1 || d[0].Denials != 1 || len(l) != 1 || l[0].Denials != 1 {
		t.Errorf("drill %+v, real %+v", d, l)
	}
}

// What cannot be told goes back to the queue: nothing else remembers it.
func TestDrillNotTold(t *testing.T) {
	h, _, _, _, outcome := drilled(t, &deaf{})
	if got := handle(t, h, by(t, batch(t, event("1", "CreateAppInstanceAdmin", "")), drillQueue)); !strings.Contains(got, `"m0"`) {
		t.Errorf("answer %s", got)
	}
	if outcome.AlertsSent != 0 || outcome.NotSent != 1 {
		t.Errorf("outcome %+v", *outcome)
	}
}

// Without a drill queue nothing is a drill.
func TestNoDrillQueue(t *testing.T) {
	h, live, real, _ := handler(t)
	handle(t, h, by(t, batch(t, event("1", "CreateAppInstanceAdmin", "")), ""))
	if len(real.ids) != 1 || len(live.Principals()) != 1 {
		t.Errorf("alerts %v, %+v", real.ids, live.Principals())
	}
}
