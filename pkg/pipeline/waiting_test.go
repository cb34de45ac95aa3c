package pipeline_test

import (
	"fmt"
	"testing"
	"time"

	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/triage"
)

// day is longer than any judgement waits for what happens to others.
const day = 24 * time.Hour

// An app user who reads a few channels is told of hours later, by the scheduled
// pass, unless others were refused the same by then.
func TestFewReadsWaitForOthers(t *testing.T) {
	start := time.Date(2026, 3, 18, 20, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		others int
		later  time.Duration // that they were refused, after the first
		told   bool
	}{
		"nobody else":          {0, 0, true},
		"one other":            {1, 5 * time.Hour, true},
		"two others":           {2, 5 * time.Hour, false}, // past midnight
		"two others, too late": {2, 7 * time.Hour, true},
	} {
		t.Run(name, func(t *testing.T) {
			engine := newLive(t, start, pipeline.Options{})
			// until processes what has happened by then, with a pass before and after.
			until := func(after time.Duration, records ...string) {
				t.Helper()
				engine.now.now = start.Add(after)
				sweep(t, engine.Engine, engine.now)
				engine.take(t, records)
				sweep(t, engine.Engine, engine.now)
			}
			var reads, others []string
			for i := range fewChannels {
				reads = append(reads, userRefusal(i, start.Add(time.Duration(i)*time.Minute), "eve", fmt.Sprint(i)))
			}
			for i := range test.others {
				others = append(others, userRefusal(100+i, start.Add(test.later), fmt.Sprint("user-", i), "0"))
			}
			until(10*time.Minute, reads...)
			until(3 * time.Hour)
			if len(engine.told.got) != 0 {
				t.Fatalf("told %d times before it is known whether others are refused the same", len(engine.told.got))
			}
			until(test.later+time.Minute, others...)
			until(7 * time.Hour)
			until(day)
			switch got := engine.told.got; {
			case !test.told && len(got) != 0:
				t.Errorf("told of %+v", got[0].Incident)
			case test.told && (len(got) != 1 || got[0].Incident.Severity != triage.Medium):
				t.Errorf("told %d times, want once", len(got))
			case test.told && (len(got[0].Findings) == 0 || len(got[0].Calls) < fewChannels):
				t.Errorf("told of %d findings and %d calls, want those of the hour that waited", len(got[0].Findings), len(got[0].Calls))
			}
		})
	}
}

// What was known hours after it happened keeps its incident open from then on.
func TestIncidentStaysOpenFromWhenItIsKnown(t *testing.T) {
	start := time.Date(2026, 3, 18, 10, 0, 0, 0, time.UTC)
	engine := newLive(t, start, pipeline.Options{})
	for i, reads := range []struct {
		after    time.Duration
		channels int
	}{{0, fewChannels}, {(3*24 + 4) * time.Hour, fewChannels + 1}} {
		var records []string
		for c := range reads.channels {
			records = append(records, userRefusal(100*i+c, start.Add(reads.after+time.Duration(c)*time.Minute), "eve", fmt.Sprint(c)))
		}
		engine.now.now = start.Add(reads.after + 10*time.Minute)
		engine.take(t, records)
		engine.now.add(day)
		sweep(t, engine.Engine, engine.now)
	}
	if _, incidents := held(t, engine.store); len(incidents) != 1 || len(incidents[0].Findings) < 2 {
		t.Errorf("%d incidents, want one with the findings of both days: %+v", len(incidents), incidents)
	}
}
