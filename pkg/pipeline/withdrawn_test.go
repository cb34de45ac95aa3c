package pipeline_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"chimewatch/pkg/pipeline"
)

// An incident that is gone before anybody was told of it, since late records
// explain it, and comes back, is told of.
func TestIncidentThatComesBackIsTold(t *testing.T) {
	ctx, start := context.Background(), time.Date(2026, 3, 18, 10, 0, 0, 0, time.UTC)
	ready := false
	engine := newLive(t, start.Add(time.Hour), pipeline.Options{Ready: func(context.Context) (bool, error) { return ready, nil }})
	told := engine.told
	// process returns how many alerts are pending.
	process := func(records []string) int {
		t.Helper()
		engine.take(t, records)
		pending, err := engine.store.PendingAlerts(ctx, nil, 10)
		if err != nil {
			t.Fatal(err)
		}
		return len(pending)
	}
	operations := []string{"ListChannels", "DescribeChannel", "ListChannelBans", "ListChannelModerators", "ListChannelMessages", "GetChannelMessage",
		"ListAppInstances", "DescribeAppInstance", "ListAppInstanceAdmins", "ListAppInstanceUsers", "ListChannelFlows", "ListSubChannels"}

	five := refusals(start, "AccessDenied", operations[:5]...)
	if n := process(five); n != 1 {
		t.Fatalf("%d alerts pending for five operations from a network not seen before", n)
	}
	var others []string // the network was known by then
	for i, name := range []string{"user/ann", "user/bob"} {
		r := refusals(start.Add(time.Duration(i)*time.Second-30*time.Hour), "AccessDenied", "SendChannelMessage")
		others = append(others, strings.ReplaceAll(r[0], "user/eve", name))
	}
	process(others)
	if n := process(five); n != 0 {
		t.Fatalf("%d alerts pending on a known network", n)
	}
	if n := process(refusals(start, "AccessDenied", operations...)); n != 1 {
		t.Fatalf("%d alerts pending for twelve operations on a known network", n)
	}
	ready = true
	sweep(t, engine.Engine, engine.now)
	if len(told.got) != 1 {
		t.Errorf("told %d times, want once", len(told.got))
	}
}
