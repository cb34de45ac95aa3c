package pipeline_test

import (
	"strings"
	"testing"
	"time"

	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/triage"
)

// A success that arrives late, of before what people were told, makes the
// incident critical from its beginning; people are told that too, once.
func TestLateCriticalIsTold(t *testing.T) {
	start := time.Date(2026, 3, 18, 10, 0, 0, 0, time.UTC)
	engine := newLive(t, start.Add(3*time.Hour), pipeline.Options{})
	told := engine.told
	process := func(at time.Time, code string, operations ...string) {
		t.Helper()
		records := refusals(at, code, operations...)
		for i := range records { // from a known network
			records[i] = strings.ReplaceAll(records[i], "203.0.113.7", "10.0.0.8")
		}
		engine.take(t, records)
		sweep(t, engine.Engine, engine.now)
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
