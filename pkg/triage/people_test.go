package triage_test

import (
	"fmt"
	"testing"
	"time"

	"chimewatch/pkg/denial"
	"chimewatch/pkg/tally"
	"chimewatch/pkg/triage"
)

// People travel and click: their bounds are others.
func TestPeople(t *testing.T) {
	ana := tally.Subject{Kind: tally.Principal, Key: role + "/ana@example.com"}
	for name, tt := range map[string]struct {
		play func(*world)
		want triage.Severity
	}{
		"known network: 16 operations":                {func(w *world) { w.operations(16, 1, person) }, triage.Medium},
		"known network: 15 operations":                {func(w *world) { w.operations(15, 1, person) }, 0},
		"known network: 10 channels in an hour":       {func(w *world) { w.sweep(10, 1, person) }, triage.Medium},
		"known network: 9 channels in an hour":        {func(w *world) { w.sweep(9, 1, person) }, 0},
		"known network: calm, 19 operations":          {func(w *world) { w.config.Calm = true; w.operations(19, 1, person) }, 0},
		"known network: calm, 20 operations":          {func(w *world) { w.config.Calm = true; w.operations(20, 1, person) }, triage.Medium},
		"unknown network: 7 operations":               {func(w *world) { w.operations(7, 1, person, from(stranger)) }, triage.Medium},
		"unknown network: 6 operations":               {func(w *world) { w.operations(6, 1, person, from(stranger)) }, 0},
		"unknown network: one critical":               {func(w *world) { w.refuse(now, "DeleteChannel", person, from(stranger)) }, triage.High},
		"known network: 12 operations in three hours": {func(w *world) { w.operations(12, 15, person) }, triage.Medium},
		"known network: 11 operations in three hours": {func(w *world) { w.operations(11, 15, person) }, 0},
		"known network: two critical calls among several others": {func(w *world) {
			w.operations(2, 1, person)
			w.refuse(minutes(3), "DeleteChannel", person, on("1"))
			w.refuse(minutes(4), "DeleteChannel", person, on("2"))
		}, 0},
		"known network: in a third minute": {func(w *world) {
			w.operations(2, 1, person)
			for i := range 3 {
				w.refuse(minutes(3+i), "DeleteChannel", person, on(fmt.Sprint(i)))
			}
		}, triage.Medium},
		"known network: two different ones": {func(w *world) {
			w.operations(2, 1, person)
			w.refuse(minutes(3), "DeleteChannel", person, on("1"))
			w.refuse(minutes(4), "CreateAppInstanceAdmin", person)
		}, triage.Medium},
		"unknown network: a deployment's excuse": {func(w *world) {
			w.operations(2, 1, person, from(stranger))
			w.refuse(minutes(3), "DeleteChannel", person, from(stranger))
		}, triage.High},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			tt.play(w)
			wantSeverity(t, w.judge(ana), tt.want)
		})
	}
}

// App users press one button or poll one channel.
func TestUsers(t *testing.T) {
	ann := tally.Subject{Kind: tally.Bearer, Key: instance + "/user/ann"}
	press := func(n int, ops ...string) func(*world) {
		return func(w *world) {
			for i := range n {
				w.refuse(minutes(5*i), ops[i%len(ops)], user("ann"), from(stranger), on(fmt.Sprint(i)))
			}
		}
	}
	for name, tt := range map[string]struct {
		play func(*world)
		want triage.Severity
	}{
		"reads 7 channels": {press(7, "ListChannelMessages"), triage.Medium},
		"reads 6 channels, and nobody else is refused": {press(6, "ListChannelMessages"), triage.Medium},
		"reads 5 channels": {press(5, "ListChannelMessages"), 0},
		"reads 6 channels, and two others are refused in time":  {func(w *world) { press(6, "ListChannelMessages")(w); w.readers(2, 6*60+25) }, 0},
		"reads 6 channels, and two others are refused too late": {func(w *world) { press(6, "ListChannelMessages")(w); w.readers(2, 6*60+26) }, triage.Medium},
		"reads 6 channels at night, and two others are refused after midnight": {func(w *world) {
			night := 12 * 60 // 22:00 UTC
			for i := range 6 {
				w.refuse(minutes(night+5*i), "ListChannelMessages", user("ann"), from(stranger), on(fmt.Sprint(i)))
			}
			w.readers(2, night+5*60)
		}, 0},
		"reads 6 channels, and one other is refused":            {func(w *world) { press(6, "ListChannelMessages")(w); w.readers(1, 60) }, triage.Medium},
		"presses one button on 11 channels":                     {press(11, "UpdateChannel"), 0},
		"presses one button on 12 channels":                     {press(12, "UpdateChannel"), triage.Medium},
		"two operations on 5 channels":                          {press(5, "UpdateChannel", "DescribeChannel"), triage.Medium},
		"two operations on 4 channels":                          {press(4, "UpdateChannel", "DescribeChannel"), 0},
		"4 operations in an hour":                               {press(4, reading()[:4]...), triage.Medium},
		"one critical operation on 4 channels":                  {press(4, "DeleteChannelMessage"), 0},
		"two critical operations, 4 pairs":                      {press(4, "DeleteChannelMessage", "CreateChannelModerator"), triage.Medium},
		"two critical operations that many press, 11 pairs":     {func(w *world) { w.buttons(); press(11, "DeleteChannelMessage", "CreateChannelModerator")(w) }, 0},
		"two critical operations that many press, 12 pairs":     {func(w *world) { w.buttons(); press(12, "DeleteChannelMessage", "CreateChannelModerator")(w) }, triage.Medium},
		"one that many press and one that nobody does, 4 pairs": {func(w *world) { w.buttons(); press(4, "DeleteChannelMessage", "DeleteChannel")(w) }, triage.Medium},
		"polls one channel 50 times, roaming":                   {func(w *world) { w.poll(50) }, 0},
		"reads 40 channels as one who is deleted":               {func(w *world) { w.ghost(40) }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			tt.play(w)
			if name == "reads 40 channels as one who is deleted" && !tellsGhosts(w) {
				t.Skip("these tallies do not tell an app user who does not exist from one who may not")
			}
			wantSeverity(t, w.judge(ann), tt.want)
		})
	}
}

// readers are others who are refused to read, some minutes after now.
func (w *world) readers(n, at int) {
	for i := range n {
		w.refuse(minutes(at), "ListChannelMessages", user(fmt.Sprint(i)), on("1"))
	}
}

// buttons are two that many users press.
func (w *world) buttons() {
	for i := range 8 {
		for _, op := range []string{"DeleteChannelMessage", "CreateChannelModerator"} {
			w.refuse(now.Add(-time.Hour), op, user(fmt.Sprint(i)), on("1"))
		}
	}
}

func (w *world) poll(n int) {
	for i := range n {
		w.refuse(minutes(i), "ListChannelMessages", user("ann"), from(fmt.Sprintf("198.51.%d.9", i)), on("7"))
	}
}

func (w *world) ghost(n int) {
	for i := range n {
		w.refuse(minutes(i), "ListChannelMessages", user("ann"), on(fmt.Sprint(i)), func(c *denial.Call) { c.BadBearer = true })
	}
}
