package triage_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"chimewatch/pkg/detect"
	"chimewatch/pkg/tally"
	"chimewatch/pkg/triage"
)

// signal is one about a minute after now.
func signal(minute int, severity triage.Severity, networks []uint64, operations ...string) triage.Signal {
	return triage.Signal{
		Minute: minutes(minute), At: minutes(minute + 1), Rule: detect.OperationEnumeration, Severity: severity, Verdict: triage.Probing,
		Reason: fmt.Sprint("something at ", minute), Networks: networks, Operations: operations,
		Evidence: []tally.Ref{{Time: minutes(minute)}},
	}
}

// One affair is one alert: an incident stays open until three quiet days, and
// people are told again only if it gets worse.
func TestAssemble(t *testing.T) {
	const h, d = 60, 24 * 60
	tests := []struct {
		name      string
		signals   []triage.Signal
		incidents int
		updates   []string // how they begin, of the first incident
	}{
		{"the same again is no news", []triage.Signal{signal(0, triage.Medium, nil, "a"), signal(7*h, triage.Medium, nil, "a")}, 1, nil},
		{"open for three days after the last signal", []triage.Signal{signal(0, triage.Medium, nil, "a"), signal(2*d, triage.Medium, nil, "a"), signal(5*d-1, triage.Medium, nil, "a")}, 1, nil},
		{"then it is another one", []triage.Signal{signal(0, triage.Medium, nil, "a"), signal(3*d, triage.Medium, nil, "a")}, 2, nil},
		{"critical is told at once", []triage.Signal{signal(0, triage.Medium, nil, "a"), signal(1, triage.Critical, nil, "a")}, 1, []string{"it has become critical"}},
		{"critical is told once", []triage.Signal{signal(0, triage.Critical, nil, "a"), signal(1, triage.Critical, nil, "a")}, 1, nil},
		{"three operations after two hours", []triage.Signal{signal(0, triage.Medium, nil, "a"), signal(2*h, triage.Medium, nil, "a", "b", "c", "d")}, 1, []string{"3 more operations"}},
		{"three operations before that", []triage.Signal{signal(0, triage.Medium, nil, "a"), signal(2*h-1, triage.Medium, nil, "a", "b", "c", "d")}, 1, nil},
		{"two operations after two hours", []triage.Signal{signal(0, triage.Medium, nil, "a"), signal(2*h, triage.Medium, nil, "a", "b", "c")}, 1, nil},
		{"another network and operation after six hours", []triage.Signal{signal(0, triage.Medium, []uint64{1}, "a"), signal(6*h, triage.Medium, []uint64{2}, "b")}, 1, []string{"it goes on from another network"}},
		{"another network before that", []triage.Signal{signal(0, triage.Medium, []uint64{1}, "a"), signal(6*h-1, triage.Medium, []uint64{2}, "b")}, 1, nil},
		{"another network, the same as ever", []triage.Signal{signal(0, triage.Medium, []uint64{1}, "a"), signal(6*h, triage.Medium, []uint64{2}, "a")}, 1, nil},
		{"low alone opens nothing", []triage.Signal{signal(0, triage.Low, nil, "a")}, 0, nil},
		{"low changes nothing", []triage.Signal{signal(0, triage.Medium, nil, "a"), signal(2*h, triage.Low, nil, "b", "c", "d")}, 1, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := triage.Triage{Config: triage.Default()}.Assemble(backend, tt.signals)
			if len(got) != tt.incidents {
				t.Fatalf("%d incidents, want %d", len(got), tt.incidents)
			}
			if tt.incidents == 0 {
				return
			}
			if len(got[0].Updates) != len(tt.updates) {
				t.Fatalf("updates %+v, want %q", got[0].Updates, tt.updates)
			}
			for i, u := range got[0].Updates {
				if !strings.HasPrefix(u.Reason, tt.updates[i]) {
					t.Errorf("update %q, want %q", u.Reason, tt.updates[i])
				}
			}
		})
	}
}

// What an incident gathers begins with its first signal, however far back lie the
// calls that the signal points at: who decides on the incident reads the hours of
// its signals, not those of its evidence.
func TestGatherBeginsWithTheFirstSignal(t *testing.T) {
	late := signal(5*60+59, triage.High, nil, "a")
	late.Evidence = []tally.Ref{{Time: minutes(3 * 60)}}
	at := func(hour int) triage.Finding {
		f := triage.Finding{Finding: detect.Finding{ID: fmt.Sprint("hour ", hour), Hour: tally.HourOf(minutes(hour * 60)), Rule: detect.CredentialSpread, Denials: 10}}
		f.Evidence = []tally.Ref{{Time: minutes(hour * 60)}}
		return f
	}
	st := triage.Triage{Config: triage.Default()}.Assemble(backend, []triage.Signal{late, signal(7*60, triage.High, nil, "b")})[0]
	st.Gather([]triage.Finding{at(3), at(4), at(5), at(6), at(7), at(8)})
	if want := []string{"hour 5", "hour 6", "hour 7"}; !slices.Equal(st.Findings, want) || st.Denials != 30 {
		t.Errorf("gathered %q with %d denials, want %q with 30", st.Findings, st.Denials, want)
	}
}

// later is a signal that is known so many minutes after what it is about.
func later(s triage.Signal, minutes int) triage.Signal {
	s.At = s.Minute.Add(time.Duration(minutes) * time.Minute)
	return s
}

// What is known hours later belongs where it happened: its findings are gathered
// though what followed was known before, and it keeps no incident open longer.
func TestAssembleWhatIsKnownLate(t *testing.T) {
	const h, d = 60, 24 * 60
	for name, tt := range map[string]struct {
		quietDays int
		signals   []triage.Signal
		incidents int
		first     int // hour that is gathered
	}{
		"known after what followed":       {3, []triage.Signal{signal(21*h, triage.Medium, nil, "a"), later(signal(20*h, triage.Medium, nil, "a"), 376)}, 1, 20},
		"three days after it happened":    {3, []triage.Signal{later(signal(0, triage.Medium, nil, "a"), 376), signal(3*d, triage.Medium, nil, "a")}, 2, 0},
		"on the day of the one before":    {1, []triage.Signal{signal(h, triage.Medium, nil, "a"), later(signal(22*h, triage.Medium, nil, "a"), 376)}, 1, 1},
		"a day after the one before":      {1, []triage.Signal{signal(h, triage.Medium, nil, "a"), later(signal(25*h, triage.Medium, nil, "a"), 376)}, 2, 1},
		"known when the next one is open": {1, []triage.Signal{signal(h, triage.Medium, nil, "a"), signal(26*h, triage.Medium, nil, "a"), later(signal(24*h, triage.Medium, nil, "a"), 376)}, 2, 1},
	} {
		t.Run(name, func(t *testing.T) {
			config := triage.Default()
			config.QuietDays = tt.quietDays
			got := triage.Triage{Config: config}.Assemble(backend, tt.signals)
			ids := map[string]bool{}
			for _, st := range got {
				ids[st.ID] = true
			}
			if len(got) != tt.incidents || len(ids) != tt.incidents {
				t.Fatalf("%d incidents with %d ids, want %d", len(got), len(ids), tt.incidents)
			}
			if want := tally.HourOf(minutes(tt.first * 60)); got[0].FirstHour != want {
				t.Errorf("gathers from %s, want %s", got[0].FirstHour.Start(), want.Start())
			}
		})
	}
}

// The result of judging does not depend on the order of the calls, nor on the
// secret of the hashes, and every severity and verdict has a reason in words.
func TestJudgeIsAFunctionOfTheCalls(t *testing.T) {
	ops := []string{"ListChannels", "ListChannelMessages", "DeleteChannel", "CreateAppInstanceAdmin", "SendChannelMessage", "SearchChannels", "DescribeChannel"}
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld()
		for range rapid.IntRange(1, 60).Draw(t, "calls") {
			at := now.Add(time.Duration(rapid.IntRange(-30*60, 4*60).Draw(t, "minute")) * time.Minute)
			changes := []change{
				from(rapid.SampledFrom([]string{home, stranger, other}).Draw(t, "source")),
				on(rapid.SampledFrom([]string{"1", "2", "3", "4"}).Draw(t, "channel")),
			}
			if rapid.Bool().Draw(t, "organisation") {
				changes = append(changes, organisation)
			}
			w.refuse(at, rapid.SampledFrom(ops).Draw(t, "operation"), changes...)
		}
		first := w.judge(backend)
		order := rapid.Permutation(w.calls).Draw(t, "order")
		second := (&world{calls: order, config: w.config, asOf: w.asOf}).judge(backend)
		if a, b := fmt.Sprintf("%+v", first.findings), fmt.Sprintf("%+v", second.findings); a != b {
			t.Fatalf("the order changes findings:\n%s\n%s", a, b)
		}
		if len(first.incidents) != len(second.incidents) || len(first.incidents) > 0 && fmt.Sprintf("%+v", *first.incidents[0]) != fmt.Sprintf("%+v", *second.incidents[0]) {
			t.Fatalf("the order changes incidents")
		}
		for _, f := range first.findings {
			if f.Severity == 0 || f.Verdict == "" || len(f.Reasons) == 0 || slices.Contains(f.Reasons, "") {
				t.Fatalf("finding %s has no severity, verdict or reason: %+v", f.Rule, f.Assessment)
			}
		}
	})
}
