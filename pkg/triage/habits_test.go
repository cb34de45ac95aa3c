package triage_test

import (
	"fmt"
	"testing"
	"time"

	"chimewatch/pkg/denial"
	"chimewatch/pkg/principal"
	"chimewatch/pkg/tally"
	"chimewatch/pkg/triage"
)

// works lets a role succeed with operations, some time ago.
func (w *world) works(ago time.Duration, operations []string, changes ...change) {
	for _, op := range operations {
		w.refuse(now.Add(-ago), op, append(changes[:len(changes):len(changes)], success)...)
	}
}

func public(c *denial.Call) { c.Principal.WebIdentity = true }

// foreigner makes the caller somebody of another account.
func foreigner(name string) change {
	return func(c *denial.Call) {
		c.Foreign = true
		c.Principal = principal.Principal{Key: "arn:aws:iam::444455556666:role/" + name, Type: "AssumedRole", Account: "444455556666", Role: true}
	}
}

// What principals do when they are not refused quiets what it explains, once it
// is old enough, and nothing else.
func TestHabits(t *testing.T) {
	settled, one := 73*time.Hour, []string{"GetMessagingSessionEndpoint"}
	bad := func(c *denial.Call) { c.Cause, c.Message = denial.Credential, denial.Message{} }
	tests := []struct {
		name string
		play func(*world)
		want triage.Severity
	}{
		{"what used to succeed", func(w *world) { w.works(25*time.Hour, reading()[:12]); w.operations(12, 3) }, 0},
		{"what has succeeded for less than a day", func(w *world) { w.works(23*time.Hour, reading()[:12]); w.operations(12, 3) }, triage.Medium},
		{"what used to succeed to another role", func(w *world) { w.works(settled, reading()[:12], by("a")); w.operations(12, 3) }, triage.Medium},
		{"what used to succeed, from an unknown network", func(w *world) {
			w.works(settled, reading()[:12])
			w.operations(5, 1, from(stranger))
		}, triage.Medium},
		{"a critical operation that used to succeed", func(w *world) {
			w.works(settled, []string{"DeleteChannel"})
			for i := range 5 {
				w.refuse(minutes(i), "DeleteChannel", on(fmt.Sprint(i)))
			}
			w.refuse(minutes(9), "DeleteChannel", success)
		}, 0},

		{"where the role has worked for three days", func(w *world) { w.works(settled, one, from(stranger)); w.operations(5, 1, from(stranger)) }, 0},
		{"where the role has worked for less", func(w *world) {
			w.works(70*time.Hour, one, from(stranger))
			w.operations(5, 1, from(stranger))
		}, triage.Medium},
		{"where two others have worked", func(w *world) {
			w.works(settled, one, from(stranger), by("a"))
			w.works(settled, one, from(stranger), by("b"))
			w.operations(5, 1, from(stranger))
		}, 0},
		{"where one other has worked", func(w *world) {
			w.works(settled, one, from(stranger), by("a"))
			w.operations(5, 1, from(stranger))
		}, triage.Medium},
		{"where the public works", func(w *world) {
			w.works(settled, one, from(stranger), by("a"), public)
			w.works(settled, one, from(stranger), by("b"), public)
			w.operations(5, 1, from(stranger))
		}, triage.Medium},

		{"known habits: 9 operations", func(w *world) { w.works(settled, one); w.operations(9, 3) }, triage.Medium},
		{"known habits: 8 operations", func(w *world) { w.works(settled, one); w.operations(8, 3) }, 0},
		{"known habits: 14 channels", func(w *world) { w.works(settled, one); w.sweep(14, 60) }, triage.Medium},
		{"known habits: 13 channels", func(w *world) { w.works(settled, one); w.sweep(13, 60) }, 0},
		{"known habits, unknown network: 12 denials", func(w *world) { w.works(settled, one); w.hammer(12) }, triage.Medium},
		{"known habits, unknown network: 11 denials", func(w *world) { w.works(settled, one); w.hammer(11) }, 0},

		{"a role in its first four days", func(w *world) {
			w.works(12*day, one, by("a"))
			w.works(95*time.Hour, one)
			w.operations(20, 1)
			w.refuse(minutes(30), "DeleteChannel", on("1"))
			w.refuse(minutes(31), "DeleteChannel", on("2"))
		}, 0},
		{"a role after its first four days", func(w *world) {
			w.works(12*day, one, by("a"))
			w.works(97*time.Hour, one)
			w.operations(20, 1)
		}, triage.Medium},
		{"a role in its first days, as everybody: the first week is nobody's youth", func(w *world) {
			w.works(8*day, one, by("a"))
			w.works(90*time.Hour, one)
			w.operations(20, 1)
		}, triage.Medium},
		{"a role in its first days: critical from an unknown network", func(w *world) {
			w.works(12*day, one, by("a"))
			w.works(80*time.Hour, one)
			w.refuse(now, "DeleteChannel", from(stranger))
		}, triage.High},

		{"refused to two others alike: a release", func(w *world) { w.alike("a", "b"); w.sweep(30, 1) }, 0},
		{"refused to one other alike", func(w *world) { w.alike("a"); w.sweep(30, 1) }, triage.Medium},
		{"refused to two others alike: more than a release explains", func(w *world) { w.alike("a", "b"); w.sweep(32, 1) }, triage.Medium},
		{"refused to two others alike: critical all the same", func(w *world) {
			for i, name := range []string{"a", "b", "backend", "backend"} {
				w.refuse(minutes(i), "DeleteChannel", by(name), on(fmt.Sprint(i)))
			}
		}, triage.Medium},

		{"credentials refused for what it always asked for", func(w *world) {
			w.works(settled, reading()[:4])
			w.operations(4, 1, bad)
		}, 0},
		{"credentials refused for other things", func(w *world) { w.works(settled, one); w.operations(4, 1, bad) }, triage.Medium},
		{"a slip with a critical operation and one more operation", func(w *world) {
			w.refuse(now, "GetMessagingStreamingConfigurations")
			w.refuse(minutes(1), "PutMessagingStreamingConfigurations")
		}, triage.Medium},

		{"a principal without a place of its own: a slip is a slip", func(w *world) {
			for i := range 12 {
				w.works(settled, one, from(fmt.Sprintf("198.51.%d.9", i)))
			}
			w.refuse(now, "DeleteChannel", from(stranger))
		}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld()
			tt.play(w)
			wantSeverity(t, w.judge(backend), tt.want)
		})
	}
}

// hammer refuses one writing operation n times from an unknown network.
func (w *world) hammer(n int) {
	for i := range n {
		w.refuse(minutes(i/4), "SendChannelMessage", from(stranger))
	}
}

// alike refuses to others what sweep asks for.
func (w *world) alike(names ...string) {
	for _, n := range names {
		w.refuse(now.Add(-time.Hour), "ListChannelMessages", by(n))
	}
}

// People are told of an account once.
func TestPartners(t *testing.T) {
	for ago, want := range map[time.Duration]triage.Severity{25 * time.Hour: 0, 20 * time.Hour: triage.Medium} {
		w := newWorld()
		w.refuse(now.Add(-ago), "DescribeChannel", foreigner("sync"), from(other))
		w.refuse(now, "DescribeChannel", foreigner("bridge"), from(stranger))
		wantSeverity(t, w.judge(tally.Subject{Kind: tally.Principal, Key: "arn:aws:iam::444455556666:role/bridge"}), want)
	}
}

// Users who are refused the same one operation have all been shown a button.
func TestManyUsers(t *testing.T) {
	ann := tally.Subject{Kind: tally.Bearer, Key: instance + "/user/ann"}
	for name, tt := range map[string]struct {
		others, channels int
		want             triage.Severity
	}{
		"7 others, 7 channels":  {7, 7, 0},
		"6 others, 7 channels":  {6, 7, triage.Medium},
		"7 others, 14 channels": {7, 14, triage.Medium},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			for i := range tt.others {
				w.refuse(minutes(-i), "ListChannelBans", user(fmt.Sprint("u", i)))
			}
			for i := range tt.channels {
				w.refuse(minutes(5*i), "ListChannelBans", user("ann"), on(fmt.Sprint(i)))
			}
			wantSeverity(t, w.judge(ann), tt.want)
		})
	}
}
