package lookupevents_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"math"
	"strings"
	"testing"
	"time"

	"chimewatch/pkg/adapters/lookupevents"
	"chimewatch/pkg/adapters/lookupevents/lookuptest"
	"chimewatch/pkg/adapters/memstore"
	"chimewatch/pkg/alert"
	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/config"
	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/tally"
)

type nobody struct{}

func (nobody) Notify(context.Context, alert.Input) error        { return nil }
func (nobody) NotifyDigest(context.Context, alert.Digest) error { return nil }

// deployment is a reconciler beside the road from EventBridge.
type deployment struct {
	*lookupevents.Reconciler
	server *lookuptest.Server
	clock  *lookuptest.Clock
	engine *pipeline.Engine
	store  *memstore.Store
	log    bytes.Buffer
	last   lookupevents.Report
}

func deploy(t *testing.T) *deployment {
	t.Helper()
	clock := lookuptest.NewClock(noon.Add(20 * time.Minute))
	server := lookuptest.New(t)
	server.Now = clock.Now
	hasher := tally.NewHasher([]byte("k"))
	d := &deployment{server: server, clock: clock, store: memstore.New(hasher)}
	var err error
	if d.engine, err = pipeline.NewEngine(config.Default(), d.store, hasher, nobody{}, clock, pipeline.Options{}); err != nil {
		t.Fatal(err)
	}
	d.Reconciler = &lookupevents.Reconciler{
		Lookup: lookupevents.New(server.Client(), clock, "us-east-1"), Clock: clock,
		Engine: func(context.Context) (lookupevents.Engine, config.Config, error) {
			return d.engine, config.Default(), nil
		},
		Log:   slog.New(slog.NewJSONHandler(&d.log, nil)),
		Hours: 3, MaxPages: 1400, MaxTime: 13 * time.Minute,
		Outcome: func(pipeline.Outcome) {},
		Report:  func(r lookupevents.Report) { d.last = r },
	}
	return d
}

// event brings a record by EventBridge.
func (d *deployment) event(t *testing.T, raw string) {
	t.Helper()
	rec, err := cloudtrail.Decode([]byte(raw))
	if err != nil {
		t.Fatal(err)
	}
	if out, err := d.engine.Process(t.Context(), []pipeline.Message{{ID: "m", Items: []pipeline.Item{{Record: rec}}}}); err != nil || len(out.Failed) > 0 {
		t.Fatal(err, out.Failed)
	}
}

// EventBridge loses a tenth of the events, of several sources; the first run
// finds them, later ones find nothing more, and each counts once.
func TestReconcileFindsWhatWasLost(t *testing.T) {
	d := deploy(t)
	lost := 0
	const n = 1000
	for i := range n {
		src := source
		if i%3 == 0 {
			src = "chimesdkmessaging.amazonaws.com"
		}
		raw := call(i, noon.Add(-time.Second-time.Duration(i)*10*time.Second), src)
		d.server.Add(raw)
		if i%10 == 7 {
			lost++
			continue
		}
		d.event(t, raw)
	}
	// What is nobody's denial is looked up in vain: a service's own calls, other
	// operations, successes.
	for i := range 30 {
		raw := call(n+i, noon.Add(-time.Minute), source)
		d.server.Add(strings.Replace(raw, `"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/eve","accountId":"111122223333"`, `"type":"AWSService","invokedBy":"messaging.chime.amazonaws.com"`, 1))
		d.server.Add(strings.Replace(strings.Replace(raw, "e-", "m-", 1), "ListChannels", "CreateMeeting", 1))
		d.server.Add(strings.Replace(strings.Replace(raw, "e-", "s-", 1), `"errorCode":"AccessDenied",`, ``, 1))
	}
	if err := d.Handle(t.Context(), json.RawMessage(`{"time":"2026-03-01T12:20:00Z"}`)); err != nil {
		t.Fatal(err)
	}
	if d.last.Lost != lost || d.last.LookedUp != n+90 || d.last.Denials != n || d.last.Covered() != 1 || d.last.Hours[2].Covered != 1 {
		t.Errorf("%+v, want %d lost", d.last, lost)
	}
	if _, tooFast := d.server.Requests(); tooFast > 0 || d.last.Throttled > 0 {
		t.Errorf("%d requests came too fast, %d were throttled", tooFast, d.last.Throttled)
	}
	if took := d.clock.Now().Sub(noon.Add(20 * time.Minute)); took < time.Duration(d.last.Requests-1)*lookupevents.Pace || took > time.Minute {
		t.Errorf("%d requests took %s", d.last.Requests, took)
	}
	if err := d.Handle(t.Context(), json.RawMessage(`{}`)); err != nil || d.last.Lost != 0 || d.last.LookedUp != n+90 {
		t.Errorf("again: %+v, %v", d.last, err)
	}
	for _, p := range d.store.Principals() {
		if p.Key == "arn:aws:iam::111122223333:user/eve" && p.Denials != n {
			t.Errorf("%d denials counted, want %d", p.Denials, n)
		}
	}
}

// A storm is beyond the bound on pages: the newest part of the newest hour is
// read, and what is not covered is told.
func TestStormIsUncovered(t *testing.T) {
	d := deploy(t)
	const n = 3000
	for i := range n {
		d.server.Add(call(i, noon.Add(-time.Duration(i)*1200*time.Millisecond), source))
	}
	d.MaxPages = 30 // half of them
	if err := d.Handle(t.Context(), json.RawMessage(`{"time":"2026-03-01T12:59:59Z"}`)); err != nil {
		t.Fatal(err)
	}
	if got := d.last.Covered(); math.Abs(got-0.5) > 0.01 && got != 0 {
		t.Errorf("covered %v", got)
	}
	if d.last.Pages != 30 || d.last.Hours[1].Covered != 0 || d.last.Hours[2].Covered != 0 {
		t.Errorf("%+v", d.last)
	}
	if !strings.Contains(d.log.String(), `"level":"WARN"`) || !strings.Contains(d.log.String(), `2026-03-01T10:00Z 0 %`) {
		t.Error(d.log.String())
	}
}

// The bound on time works like that on pages.
func TestOutOfTime(t *testing.T) {
	d := deploy(t)
	for i := range 3000 {
		d.server.Add(call(i, noon.Add(-time.Duration(i)*1200*time.Millisecond), source))
	}
	d.MaxTime = 10 * time.Second
	r, err := d.Run(t.Context(), noon)
	if err != nil || r.Pages > 21 || r.Pages < 15 || r.Covered() > 0.4 {
		t.Errorf("%+v, %v", r, err)
	}
}

// One event source that can't be looked up does not keep the others from it,
// and the hour is not called covered.
func TestOneSourceFails(t *testing.T) {
	d := deploy(t)
	for i := range 10 {
		d.server.Add(call(i, noon.Add(-time.Duration(i+1)*time.Minute), source))
	}
	d.server.Fault = func(n int) string {
		if n == 2 { // the second source
			return "InvalidLookupAttributesException"
		}
		return ""
	}
	r, err := d.Run(t.Context(), noon)
	if err == nil || strings.Count(err.Error(), "\n") != 0 || r.Lost != 10 || r.Covered() != 0 {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestHandleRefusesNonsense(t *testing.T) {
	d := deploy(t)
	for _, payload := range []string{``, `[]`, `{"time":"today"}`} {
		if err := d.Handle(t.Context(), json.RawMessage(payload)); err == nil || !strings.Contains(err.Error(), "reading the invocation") {
			t.Errorf("%s: %v", payload, err)
		}
	}
}
