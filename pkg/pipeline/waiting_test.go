package pipeline_test

import (
	"fmt"
	"testing"
	"time"

	"chimewatch/pkg/config"
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
			var others []string
			for i := range test.others {
				others = append(others, userRefusal(100+i, start.Add(test.later), fmt.Sprint("user-", i), "0"))
			}
			until(10*time.Minute, readings(0, start, "eve", fewChannels)...)
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

// An incident is open for three days from what happened, not from when that was
// known.
func TestQuietDaysAreFromWhatHappened(t *testing.T) {
	start := time.Date(2026, 3, 18, 10, 0, 0, 0, time.UTC)
	for hours, want := range map[int]int{71: 1, 73: 2} {
		engine := newLive(t, start, pipeline.Options{})
		again := start.Add(time.Duration(hours) * time.Hour)
		for i, reads := range []struct {
			at       time.Time
			channels int
		}{{start, fewChannels}, {again, fewChannels + 1}} {
			engine.now.now = reads.at.Add(10 * time.Minute)
			engine.take(t, readings(100*i, reads.at, "eve", reads.channels))
			engine.now.add(day)
			sweep(t, engine.Engine, engine.now)
		}
		if _, incidents := held(t, engine.store); len(incidents) != want {
			t.Errorf("%d hours later: %d incidents, want %d: %+v", hours, len(incidents), want, incidents)
		}
	}
}

// Who judges while something waits, and puts that when it is judged to the end,
// takes nothing back.
func TestLateWriterTakesNothingBack(t *testing.T) {
	start := time.Date(2026, 3, 18, 10, 0, 0, 0, time.UTC)
	engine := newLive(t, start.Add(10*time.Minute), pipeline.Options{})
	waited := false
	slow := &gated{store: engine.store, notifier: engine.told, gate: func(name string) (error, error) {
		if name == "PutJudgements" && !waited {
			waited = true
			engine.now.add(day)
			sweep(t, engine.Engine, engine.now)
		}
		return nil, nil
	}}
	writer, err := pipeline.NewEngine(config.Default(), slow, engine.store.Hasher(), slow, engine.now, pipeline.Options{})
	if err != nil {
		t.Fatal(err)
	}
	(&live{Engine: writer}).take(t, readings(0, start, "eve", fewChannels))
	sweep(t, engine.Engine, engine.now)
	if _, incidents := held(t, engine.store); !waited || len(incidents) != 1 || len(engine.told.got) != 1 {
		t.Errorf("%d incidents, told %d times, want one and once", len(incidents), len(engine.told.got))
	}
}
