package summary_test

import (
	"strings"
	"testing"
	"time"

	"chimewatch/pkg/denial"
	"chimewatch/pkg/detect"
	"chimewatch/pkg/triage"
)

// What was seen in a week and raised after it, since it waited for others, is
// listed with the calls behind it, and dated by them.
func TestRaisedAfterTheWeek(t *testing.T) {
	s := newScene(t, week(t, "2026-W26"))
	calls := s.refuse(who{role("backend"), "AssumedRole", ""}, "ListChannelMessages", denial.AppRole, s.period.End.Add(-20*time.Minute), time.Second, 6)
	s.raise(actor(role("backend")), triage.Medium, triage.Unclear, []string{"reading"}, []detect.Rule{detect.SlowSweep}, nil, calls)
	s.data.Incidents[0].RaisedAt = s.period.End.Add(6 * time.Hour)
	r := s.report()
	if len(r.Decisions) != 1 || len(r.Decisions[0].Events) == 0 {
		t.Fatalf("decisions %+v", r.Decisions)
	}
	if text := textOf(t, r); !strings.Contains(text, "On Sun 28 Jun 23:40") {
		t.Errorf("not dated by its calls:\n%s", text)
	}
}
