package pipeline_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"chimewatch/pkg/adapters/memstore"
	"chimewatch/pkg/config"
	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/tally"
	"chimewatch/pkg/triage"
)

// A success that arrives late, of before what people were told, makes the
// incident critical from its beginning; people are told that too, once.
func TestLateCriticalIsTold(t *testing.T) {
	ctx, start := context.Background(), time.Date(2026, 3, 18, 10, 0, 0, 0, time.UTC)
	hasher := tally.NewHasher([]byte("x"))
	store, told, now := memstore.New(hasher), &receiver{}, &clock{now: start.Add(3 * time.Hour)}
	engine, err := pipeline.NewEngine(config.Default(), store, hasher, told, now, pipeline.Options{})
	if err != nil {
		t.Fatal(err)
	}
	process := func(at time.Time, code string, operations ...string) {
		t.Helper()
		records := refusals(at, code, operations...)
		for i := range records { // from a known network
			records[i] = strings.ReplaceAll(records[i], "203.0.113.7", "10.0.0.8")
		}
		out, err := engine.Process(ctx, []pipeline.Message{{ID: "m", Items: items(t, records)}})
		if err != nil || len(out.Failed) > 0 {
			t.Fatalf("%v %v", err, out.Failed)
		}
		sweep(t, engine, now)
	}
	process(start, "AccessDenied", "CreateAppInstanceAdmin") // looks like a slip
	process(start.Add(time.Hour), "AccessDenied", "ListChannels", "DescribeChannel", "ListChannelBans", "ListChannelModerators", "ListChannelMessages", "GetChannelMessage",
		"ListAppInstances", "DescribeAppInstance", "ListAppInstanceAdmins", "ListAppInstanceUsers", "ListChannelFlows", "ListSubChannels")
	if len(told.got) != 1 || told.got[0].Incident.Severity != triage.Medium {
		t.Fatalf("told %d times, want once that it is medium", len(told.got))
	}
	for range 2 {
		process(start.Add(30*time.Minute), "", "CreateAppInstanceAdmin") // it had succeeded
	}
	if len(told.got) != 2 || told.got[1].Incident.Severity != triage.Critical || told.got[1].ID == told.got[0].ID {
		t.Fatalf("told %d times, want twice, then that it is critical, under another id", len(told.got))
	}
}
