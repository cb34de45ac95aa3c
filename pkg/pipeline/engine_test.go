package pipeline_test

import (
	"context"
	"fmt"
	"math"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"chimewatch/pkg/adapters/memstore"
	"chimewatch/pkg/alert"
	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/config"
	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/tally"
	"chimewatch/pkg/triage"
)

// clock is a clock that tests set.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// receiver is who is told: it keeps what it was told, and fails when it is
// told to.
type receiver struct {
	mu   sync.Mutex
	fail func() bool
	got  []alert.Input
}

func (r *receiver) Notify(_ context.Context, n alert.Input) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fail != nil && r.fail() {
		return fmt.Errorf("the topic is not to be had")
	}
	r.got = append(r.got, n)
	return nil
}

func (r *receiver) NotifyDigest(ctx context.Context, d alert.Digest) error {
	for _, in := range d.Alerts {
		if err := r.Notify(ctx, in); err != nil {
			return err
		}
	}
	return nil
}

func items(t *testing.T, records []string) []pipeline.Item {
	t.Helper()
	out := make([]pipeline.Item, len(records))
	for i, r := range records {
		rec, err := cloudtrail.Decode([]byte(r))
		out[i] = pipeline.Item{Record: rec, Position: cloudtrail.Position{File: "test", Record: int64(i + 1)}, Err: err}
	}
	return out
}

// held returns all findings and incidents that a store holds.
func held(t *testing.T, store pipeline.Whole) (findings []triage.Finding, incidents []triage.Incident) {
	t.Helper()
	for _, s := range store.Subjects() {
		js, err := store.Judgements(context.Background(), s, math.MinInt32, math.MaxInt32)
		if err != nil {
			t.Fatal(err)
		}
		for _, j := range js {
			findings = append(findings, j.Findings...)
		}
		states, _, err := store.Incidents(context.Background(), s)
		if err != nil {
			t.Fatal(err)
		}
		for _, st := range states {
			incidents = append(incidents, st.Incident)
		}
	}
	triage.SortFindings(findings)
	triage.Sort(incidents)
	return findings, incidents
}

// What the engine has in the end, after repeats and in any order, is what an
// analysis of the whole set says; and whatever opened was told.
func TestLiveEqualsWhole(t *testing.T) {
	seeds := 40
	if os.Getenv("CHIMEWATCH_THOROUGH") != "" {
		seeds = 150
	}
	alerts := 0
	for seed := range uint64(seeds) {
		c := newCorpus(seed + 5000)
		records := c.records(20 + c.IntN(60))
		want, _ := analyze(t, c, "x", [][]byte{c.shape(records)})

		hasher := tally.NewHasher([]byte("x"))
		store, told := memstore.New(hasher), &receiver{fail: func() bool { return c.IntN(3) == 0 }}
		now := &clock{now: want.End.Add(3 * time.Hour)}
		engine, err := pipeline.NewEngine(config.Default(), store, hasher, told, now, pipeline.Options{MaxAge: 1e6 * time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		again := items(t, c.repeat(records))
		for n := 0; len(again) > 0; n++ {
			k := min(1+c.IntN(40), len(again))
			out, err := engine.Process(context.Background(), []pipeline.Message{{ID: fmt.Sprint(n), Items: again[:k]}})
			if err != nil || len(out.Failed) > 0 {
				t.Fatalf("seed %d: %v %v", seed, err, out.Failed)
			}
			again = again[k:]
		}
		sweep(t, engine, now)
		now.add(day) // until when nothing waits any more
		sweep(t, engine, now)
		findings, incidents := held(t, store)
		if d := diff(want.Findings, findings); d != "" {
			t.Fatalf("seed %d: findings differ (-whole +live):\n%s", seed, d)
		}
		if d := diff(want.Incidents, incidents); d != "" {
			t.Fatalf("seed %d: incidents differ (-whole +live):\n%s", seed, d)
		}
		for _, in := range want.Incidents {
			if in.Severity >= triage.Medium && !slices.ContainsFunc(told.got, func(n alert.Input) bool { return n.Incident.ID == in.ID }) {
				t.Errorf("seed %d: nobody was told of incident %s about %s", seed, in.ID, in.Subject.Key)
			}
			critical := func(n alert.Input) bool {
				return n.Incident.ID == in.ID && n.Incident.Severity == triage.Critical
			}
			if in.Severity == triage.Critical && !slices.ContainsFunc(told.got, critical) {
				t.Errorf("seed %d: nobody was told that incident %s about %s is critical", seed, in.ID, in.Subject.Key)
			}
		}
		alerts += len(told.got)
	}
	t.Logf("%d alerts", alerts)
	if alerts < seeds {
		t.Errorf("only %d alerts: the corpora are too tame", alerts)
	}
}

// sweep runs the scheduled pass until nothing is left to do.
func sweep(t *testing.T, engine *pipeline.Engine, now *clock) {
	t.Helper()
	for range 1000 {
		out, more, err := engine.Sweep(context.Background(), 50)
		if err != nil {
			t.Fatal(err)
		}
		if !more && out.NotSent == 0 && out.AlertsHeld == 0 {
			return
		}
		now.add(time.Minute)
	}
	t.Fatal("the scheduled pass never ends")
}
