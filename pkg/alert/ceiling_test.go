package alert_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"chimewatch/pkg/alert"
	"chimewatch/pkg/tally"
	"chimewatch/pkg/triage"
)

// pending returns n alerts of a caller, a second apart.
func pending(n int, s triage.Severity, caller string) []alert.Pending {
	var out []alert.Pending
	for i := range n {
		out = append(out, alert.Pending{ID: fmt.Sprintf("%s-%s-%03d", s, caller, i), Severity: s, Caller: caller, Due: start().Add(time.Duration(i) * time.Second)})
	}
	return out
}

// burstOf is n alerts of low severity that went out at a time.
func burstOf(n int, at time.Time) (out []alert.Sent) {
	for i := range n {
		out = append(out, alert.Sent{ID: fmt.Sprint("sent-", i), Severity: triage.Low, Caller: "c", At: at})
	}
	return out
}

func TestCeiling(t *testing.T) {
	c := alert.Ceiling{Low: 2, Medium: 2, High: 4, Share: 3, Burst: 50, DigestEvery: 15 * time.Minute}
	var crowd []alert.Pending
	for i := range 10 {
		crowd = append(crowd, pending(1, triage.High, fmt.Sprintf("caller-%d", i))...)
	}
	for _, tt := range []struct {
		name              string
		ledger            alert.Ledger
		pending           []alert.Pending
		send, told, waits int
	}{
		{name: "few", pending: pending(2, triage.High, "a"), send: 2},
		{name: "critical is exempt", pending: pending(50, triage.Critical, "a"), send: 50},
		{name: "one caller has its share", pending: pending(9, triage.High, "a"), send: 3, told: 6},
		{name: "all callers have the ceiling", pending: crowd, send: 4, told: 6},
		{name: "severities do not take from each other", pending: append(pending(9, triage.Medium, "a"), pending(1, triage.High, "b")...), send: 3, told: 7},
		{
			name: "no two digests at once", ledger: alert.Ledger{LastDigest: start().Add(-14 * time.Minute)},
			pending: pending(9, triage.High, "a"), send: 3, waits: 6,
		},
		{
			name: "the next digest", ledger: alert.Ledger{LastDigest: start().Add(-15 * time.Minute)},
			pending: pending(9, triage.High, "a"), send: 3, told: 6,
		},
		{
			name:    "what was sent within the hour counts",
			ledger:  alert.Ledger{Sent: []alert.Sent{{ID: "x", Severity: triage.High, Caller: "a", At: start().Add(-59 * time.Minute)}}},
			pending: pending(9, triage.High, "a"), send: 2, told: 7,
		},
		{
			name:    "what was sent before does not",
			ledger:  alert.Ledger{Sent: []alert.Sent{{ID: "x", Severity: triage.High, Caller: "a", At: start().Add(-60 * time.Minute)}}},
			pending: pending(9, triage.High, "a"), send: 3, told: 6,
		},
		{
			name:    "many within ten minutes are a storm, of whatever severity",
			ledger:  alert.Ledger{Sent: burstOf(49, start().Add(-9*time.Minute))},
			pending: pending(3, triage.High, "a"), send: 1, told: 2,
		},
		{
			name:    "ten minutes later they are none",
			ledger:  alert.Ledger{Sent: burstOf(49, start().Add(-10*time.Minute))},
			pending: pending(3, triage.High, "a"), send: 3,
		},
		{
			name:    "a repeat costs nothing",
			ledger:  alert.Ledger{Sent: slices.Repeat([]alert.Sent{{ID: "high-a-000", Severity: triage.High, Caller: "a", At: start()}}, 4)},
			pending: pending(1, triage.High, "a"), send: 1,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d, next := c.Decide(tt.ledger, start(), tt.pending)
			if len(d.Send) != tt.send || len(d.Digest) != tt.told || len(d.Wait) != tt.waits {
				t.Errorf("%d sent, %d in a digest, %d wait; want %d, %d, %d", len(d.Send), len(d.Digest), len(d.Wait), tt.send, tt.told, tt.waits)
			}
			if tt.told > 0 != next.LastDigest.Equal(start()) {
				t.Errorf("last digest %s", next.LastDigest)
			}
		})
	}
}

// TestCeilingLosesNothing runs random hours minute by minute, with sends that
// fail: each alert goes out in the end, bounds hold in every hour, a caller who
// floods does not keep another from its first alert.
func TestCeilingLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := alert.Ceiling{
			Low: rapid.IntRange(1, 4).Draw(t, "low"), Medium: rapid.IntRange(1, 4).Draw(t, "medium"), High: rapid.IntRange(1, 6).Draw(t, "high"),
			Share: rapid.IntRange(1, 4).Draw(t, "share"), DigestEvery: time.Duration(rapid.IntRange(1, 60).Draw(t, "every")) * time.Minute,
			Burst: rapid.IntRange(1, 6).Draw(t, "burst"), Least: triage.Severity(rapid.IntRange(0, 3).Draw(t, "least")),
		}
		var waiting []alert.Pending
		var ledger alert.Ledger
		out := map[string]bool{}
		var digests []time.Time
		told := map[string]string{} // digests by alert
		total := 0
		for minute := range 160 {
			now := start().Add(time.Duration(minute) * time.Minute)
			if minute < 40 {
				for range rapid.IntRange(0, 3).Draw(t, "new") {
					total++
					waiting = append(waiting, alert.Pending{
						ID: fmt.Sprint(total), Due: now, Severity: triage.Severity(rapid.IntRange(1, 4).Draw(t, "severity")),
						Caller: rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "caller"),
					})
				}
			}
			d, next := c.Decide(ledger, now, waiting)
			again, _ := c.Decide(ledger, now, reversed(waiting))
			if fmt.Sprint(d) != fmt.Sprint(again) {
				t.Fatalf("the order of what is pending changes the decision: %v, %v", d, again)
			}
			if len(d.Send)+len(d.Digest)+len(d.Wait) != len(waiting) {
				t.Fatalf("%d pending, decided on %d", len(waiting), len(d.Send)+len(d.Digest)+len(d.Wait))
			}
			if len(d.Digest) > 0 {
				for _, id := range d.Digest {
					if told[id] != "" && told[id] != d.DigestID {
						t.Fatalf("alert %s is in the digests %s and %s", id, told[id], d.DigestID)
					}
				}
				again := told[d.Digest[0]] != ""
				for _, id := range d.Digest {
					told[id] = d.DigestID
				}
				if n := len(digests); n > 0 && !again && now.Sub(digests[n-1]) < c.DigestEvery {
					t.Fatalf("two digests within %s", now.Sub(digests[n-1]))
				}
				if !again {
					digests = append(digests, now)
				}
			}
			for _, id := range d.Send {
				if told[id] != "" {
					t.Fatalf("alert %s is sent alone after the digest %s", id, told[id])
				}
			}
			ledger = next
			checkBounds(t, c, ledger, now)
			down := minute < 40 && rapid.IntRange(0, 9).Draw(t, "down") == 0
			waiting = slices.DeleteFunc(waiting, func(p alert.Pending) bool {
				part := slices.Contains(d.Digest, p.ID) && rapid.IntRange(0, 19).Draw(t, "lost mark") == 0
				if down || part || !slices.Contains(d.Send, p.ID) && !slices.Contains(d.Digest, p.ID) {
					return false
				}
				out[p.ID] = true
				return true
			})
		}
		if len(waiting) > 0 || len(out) != total {
			t.Fatalf("%d alerts, %d went out, %d still wait", total, len(out), len(waiting))
		}
	})
}

// checkBounds holds what was let through in the last hour to the ceiling.
func checkBounds(t *rapid.T, c alert.Ceiling, l alert.Ledger, now time.Time) {
	t.Helper()
	bound := map[triage.Severity]int{triage.Low: c.Low, triage.Medium: c.Medium, triage.High: c.High}
	all, own := map[triage.Severity]int{}, map[string]int{}
	burst := 0
	for _, s := range l.Sent {
		if now.Sub(s.At) < 10*time.Minute {
			burst++
		}
		if burst > c.Burst || s.Severity < c.Least {
			t.Fatalf("%d alerts within ten minutes, one of severity %s", burst, s.Severity)
		}
		all[s.Severity]++
		own[s.Severity.String()+s.Caller]++
		if all[s.Severity] > bound[s.Severity] || own[s.Severity.String()+s.Caller] > c.Share || now.Sub(s.At) >= time.Hour {
			t.Fatalf("%d %s alerts within an hour, %d by %s, one of %s ago", all[s.Severity], s.Severity, own[s.Severity.String()+s.Caller], s.Caller, now.Sub(s.At))
		}
	}
}

func reversed(p []alert.Pending) []alert.Pending {
	p = slices.Clone(p)
	slices.Reverse(p)
	return p
}

func TestCeilingValidate(t *testing.T) {
	if err := alert.DefaultCeiling().Validate(); err != nil {
		t.Errorf("the default is refused: %v", err)
	}
	for want, change := range map[string]func(*alert.Ceiling){
		"low, medium, high": func(c *alert.Ceiling) { c.Medium = 0 },
		"share":             func(c *alert.Ceiling) { c.Share = -1 },
		"burst":             func(c *alert.Ceiling) { c.Burst = 0 },
		"digest_every":      func(c *alert.Ceiling) { c.DigestEvery = 2 * time.Hour },
	} {
		c := alert.DefaultCeiling()
		change(&c)
		if err := c.Validate(); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("error %v, want one about %s", err, want)
		}
	}
}

// TestCallerOf: app users that a caller makes up share the caller's share.
func TestCallerOf(t *testing.T) {
	bearer := triage.Incident{Subject: tally.Subject{Kind: tally.Bearer, Key: "made up"}, Principals: []string{roleKey}}
	if got := alert.CallerOf(&bearer); got != roleKey {
		t.Errorf("of an app user: %q", got)
	}
	network := triage.Incident{Subject: tally.Subject{Kind: tally.Network, Key: "203.0.113.0/24"}, Principals: []string{roleKey}}
	if got := alert.CallerOf(&network); got != "203.0.113.0/24" {
		t.Errorf("of a network: %q", got)
	}
}
