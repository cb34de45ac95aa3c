package triage_test

import (
	"fmt"
	"testing"
	"time"

	"chimewatch/pkg/denial"
	"chimewatch/pkg/tally"
	"chimewatch/pkg/triage"
)

const day = 24 * time.Hour

// operations refuses the first n reading operations, every some minutes.
func (w *world) operations(n, every int, changes ...change) {
	for i, op := range reading()[:n] {
		w.refuse(minutes(i*every), op, changes...)
	}
}

// sweep refuses one reading operation on n channels, every some minutes.
func (w *world) sweep(n, every int, changes ...change) {
	for i := range n {
		w.refuse(minutes(i*every), "ListChannelMessages", append(changes[:len(changes):len(changes)], on(fmt.Sprint(i)))...)
	}
}

// writes refuses n channels by so many writing operations in turn.
func (w *world) writes(operations, n int, changes ...change) {
	for i := range n {
		op := []string{"SendChannelMessage", "CreateChannelMembership"}[i%operations]
		w.refuse(minutes(i), op, append(changes[:len(changes):len(changes)], on(fmt.Sprint(i)))...)
	}
}

// deletes refuses one critical operation on one resource in some minutes.
func (w *world) deletes(at ...int) {
	for _, m := range at {
		w.refuse(minutes(m), "DeleteChannel")
	}
}

// deletesInTurn refuses one critical operation n times, a minute apart, on one
// channel after the other.
func (w *world) deletesInTurn(n, channels int) {
	for i := range n {
		w.refuse(minutes(i), "DeleteChannel", on(fmt.Sprint(i%channels)))
	}
}

// familiar lets another actor, and the role, be refused from a network before.
func (w *world) familiar(network string, ago time.Duration, names ...string) {
	for _, n := range names {
		w.refuse(now.Add(-ago), "DescribeChannel", from(network), by(n))
	}
}

// Every condition fires at its bound and not one below, see docs/detection.md.
func TestConditions(t *testing.T) {
	foreign := func(c *denial.Call) { c.Foreign = true }
	playAll(t, []play{
		{"workload, known network: 12 operations in an hour", func(w *world) { w.operations(12, 3) }, triage.Medium},
		{"workload, known network: 11 operations in an hour", func(w *world) { w.operations(11, 3) }, 0},
		{"workload, known network: 12 operations in more than an hour", func(w *world) { w.operations(12, 6) }, 0},
		{"workload, known network: one operation on 20 channels within a day", func(w *world) { w.sweep(20, 60) }, triage.Medium},
		{"workload, known network: on 19 channels", func(w *world) { w.sweep(19, 60) }, 0},
		{"workload, known network: on 30 channels, and two others refused too", func(w *world) {
			w.operations(3, 1)
			w.sweep(30, 1)
		}, 0},
		{"workload, known network: on 40 channels within an hour, and two others refused too", func(w *world) {
			w.operations(3, 1)
			w.sweep(40, 1)
		}, triage.Medium},
		{"workload, known network: writing by two operations on 20 channels in an hour", func(w *world) { w.writes(2, 20) }, triage.Medium},
		{"workload, known network: on 19 channels", func(w *world) { w.writes(2, 19) }, 0},
		{"workload, known network: by one operation", func(w *world) { w.writes(1, 40) }, 0},
		{"workload, known network: by two operations, and reading 2", func(w *world) { w.sweep(2, 1); w.writes(2, 20) }, triage.Medium},
		{"workload, known network: by two operations, and reading 3", func(w *world) { w.sweep(3, 1); w.writes(2, 20) }, 0},
		{"workload, known network: calm, writing by two operations on 40 channels", func(w *world) { w.config.Calm = true; w.writes(2, 40) }, 0},
		{"another account's caller, known network: writing by two operations on 40 channels", func(w *world) { w.writes(2, 40, foreign) }, 0},
		{"workload, known network: calm, 31 channels", func(w *world) { w.config.Calm = true; w.sweep(31, 40) }, 0},
		{"workload, known network: calm, 32 channels", func(w *world) { w.config.Calm = true; w.sweep(32, 40) }, triage.Medium},
		{"workload, known network: a retry loop of 2000 on one channel", func(w *world) {
			for i := range 2000 {
				w.refuse(now.Add(time.Duration(i)*time.Second), "SendChannelMessage", on("7"))
			}
		}, 0},
		{"workload, known network: one slip with a critical operation", func(w *world) { w.refuse(now, "DeleteChannel") }, 0},
		{"workload, known network: a critical operation on two channels", func(w *world) {
			w.refuse(now, "DeleteChannel", on("1"))
			w.refuse(now, "DeleteChannel", on("2"))
		}, triage.Medium},
		{"workload, known network: calm, on three over two minutes, as fresh instances do", func(w *world) {
			w.config.Calm = true
			for i := range 3 {
				w.refuse(minutes(i/2), "DeleteChannel", on(fmt.Sprint(i)))
			}
		}, 0},
		{"workload, known network: calm, on three over three minutes", func(w *world) {
			w.config.Calm = true
			for i := range 3 {
				w.refuse(minutes(i), "DeleteChannel", on(fmt.Sprint(i)))
			}
		}, triage.Medium},
		{"workload, known network: one critical operation in four minutes", func(w *world) {
			for i := range 4 {
				w.refuse(minutes(i), "DeleteChannel")
			}
		}, 0},
		{"workload, known network: one critical operation in five minutes", func(w *world) { w.deletes(0, 1, 9, 10, 11) }, triage.Medium},
		{"workload, known network: the same at even intervals", func(w *world) { w.deletes(0, 1, 2, 3, 4) }, 0},
		{"workload, known network: the same with longer and longer ones", func(w *world) { w.deletes(0, 2, 6, 12, 18) }, 0},
		{"workload, known network: the same, and then it succeeds", func(w *world) {
			w.deletes(0, 1, 2, 3, 4)
			w.refuse(minutes(45), "DeleteChannel", success)
		}, triage.Critical},
		{"workload, known network: an even loop that hides others", func(w *world) {
			for i := range 40 {
				w.refuse(minutes(i), "DeleteChannel")
			}
			w.refuse(minutes(38), "DeleteChannel", on("1"))
		}, triage.Medium},
		{"workload, known network: two channels in turn", func(w *world) { w.deletesInTurn(5, 2) }, 0},
		{"workload, known network: three channels in turn", func(w *world) { w.deletesInTurn(5, 3) }, triage.Medium},
		{"workload, known network: the same in a deployment that lacks two plain permissions too", func(w *world) {
			for i := range 5 {
				w.refuse(minutes(i), "DeleteChannel")
			}
			w.refuse(minutes(2), "CreateChannel")
			w.refuse(minutes(14), "UpdateChannel")
		}, 0},
		{"workload, known network: and with one plain permission only", func(w *world) {
			for i := range 5 {
				w.refuse(minutes(i), "DeleteChannel")
			}
			w.refuse(minutes(2), "CreateChannel")
		}, triage.Medium},

		{"workload, known network: as many critical as plain ones are no deployment", func(w *world) {
			for i, op := range []string{"DeleteChannel", "CreateChannel", "RedactChannelMessage", "UpdateChannel"} {
				w.refuse(minutes(i), op, on(fmt.Sprint(i)))
			}
		}, triage.Medium},
		{"an IAM user, known network: a program's key likewise", func(w *world) {
			for i, op := range []string{"DeleteChannel", "CreateChannel", "UpdateChannel", "DeleteChannel"} {
				w.refuse(minutes(i), op, on(fmt.Sprint(i)), func(c *denial.Call) { c.Principal.Role = false })
			}
		}, 0},
		{"another account's caller, known network: nor are they", func(w *world) {
			for i, op := range []string{"DeleteChannel", "CreateChannel", "UpdateChannel", "DeleteChannel"} {
				w.refuse(minutes(i), op, on(fmt.Sprint(i)), foreign)
			}
		}, triage.Medium},
		{"another account's caller, known network: 31 channels", func(w *world) { w.sweep(31, 40, foreign) }, 0},
		{"another account's caller that has worked long, known network: 31 channels", func(w *world) {
			w.works(73*time.Hour, []string{"SendChannelMessage"}, foreign)
			w.sweep(31, 40, foreign)
		}, 0},
		{"another account's caller, known network: 32 channels", func(w *world) { w.sweep(32, 40, foreign) }, 0},
		{"another account's caller, known network: 95 denials on 32 channels in an hour", func(w *world) { w.busy(95, 32, foreign) }, 0},
		{"another account's caller, known network: 96", func(w *world) { w.busy(96, 32, foreign) }, triage.Medium},
		{"another account's caller, known network: calm, 32 channels", func(w *world) { w.config.Calm = true; w.sweep(32, 40, foreign) }, 0},
		{"another account's caller, known network: 96 on 31", func(w *world) { w.busy(96, 31, foreign) }, 0},
		{"workload, known network: one call to export every message", func(w *world) { w.refuse(now, "PutMessagingStreamingConfigurations") }, triage.Medium},
		{"workload, known network: nor does a deployment explain it", func(w *world) {
			for i, op := range []string{"ListChannels", "DescribeChannel", "PutMessagingStreamingConfigurations"} {
				w.refuse(minutes(i), op)
			}
		}, triage.Medium},
		{"unknown network: nor there", func(w *world) {
			for i, op := range []string{"ListChannels", "DescribeChannel", "PutMessagingStreamingConfigurations"} {
				w.refuse(minutes(i), op, from(stranger))
			}
		}, triage.High},
		{"workload, known network: calm, one call to export every message", func(w *world) {
			w.config.Calm = true
			w.refuse(now, "PutMessagingStreamingConfigurations")
		}, 0},
		{"unknown network: 5 operations in an hour", func(w *world) { w.operations(5, 10, from(stranger)) }, triage.Medium},
		{"unknown network: 4 operations in an hour", func(w *world) { w.operations(4, 10, from(stranger)) }, 0},
		{"unknown network: 4 operations in three hours", func(w *world) { w.operations(4, 50, from(stranger)) }, triage.Medium},
		{"unknown network: 3 operations in three hours", func(w *world) { w.operations(3, 70, from(stranger)) }, 0},
		{"unknown network: an IAM user, 4 operations on 4 days from 4 networks", func(w *world) {
			for i, op := range reading()[:4] {
				w.refuse(now.Add(time.Duration(i)*day), op, from(fmt.Sprintf("203.0.%d.7", i)), func(c *denial.Call) { c.Principal.Role = false })
			}
		}, triage.Medium},
		{"unknown network: a workload, likewise: its networks are many", func(w *world) {
			for i, op := range reading()[:4] {
				w.refuse(now.Add(time.Duration(i)*day), op, from(fmt.Sprintf("203.0.%d.7", i)))
			}
		}, 0},
		{"a network is known by the fourth day: a workload, 4 operations on 4 days", func(w *world) {
			for i, op := range reading()[:4] {
				w.refuse(now.Add(time.Duration(i)*day), op, from(stranger))
			}
		}, 0},
		{"unknown network: 8 channels within a day", func(w *world) { w.sweep(8, 100, from(stranger)) }, triage.Medium},
		{"unknown network: 7 channels within a day", func(w *world) { w.sweep(7, 100, from(stranger)) }, 0},
		{"unknown network: 20 denials in an hour", func(w *world) {
			for range 20 {
				w.refuse(now, "SendChannelMessage", from(stranger))
			}
		}, triage.Medium},
		{"unknown network: 19 denials in an hour", func(w *world) {
			for range 19 {
				w.refuse(now, "SendChannelMessage", from(stranger))
			}
		}, 0},
		{"unknown network: one critical operation", func(w *world) { w.refuse(now, "DeleteChannel", from(stranger)) }, triage.High},
		{"unknown network: 4 operations from 3 networks", func(w *world) {
			for i, op := range reading()[:4] {
				w.refuse(minutes(i), op, from(fmt.Sprintf("203.0.%d.7", i%3)))
			}
		}, triage.Medium},
		{"unknown network: 4 operations from 2 networks", func(w *world) {
			for i, op := range reading()[:4] {
				w.refuse(minutes(i), op, from(fmt.Sprintf("203.0.%d.7", i%2)))
			}
		}, 0},
		{"unknown network: what is refused at home too is a replica's", func(w *world) {
			w.sweep(18, 1, from(stranger))
			w.refuse(minutes(1), "ListChannelMessages")
		}, 0},
		{"unknown network: one operation from two networks is a service's", func(w *world) {
			w.sweep(18, 1, from(stranger))
			w.sweep(18, 1, from(other))
		}, 0},
		{"unknown network: two operations are not", func(w *world) {
			w.sweep(8, 1, from(stranger))
			w.refuse(minutes(1), "DescribeChannel", from(stranger))
			w.refuse(minutes(1), "ListChannelMessages", from(other))
			w.refuse(minutes(1), "DescribeChannel", from(other))
		}, triage.Medium},
		{"unknown network: a critical operation is not, though refused at home too", func(w *world) {
			w.refuse(now, "DeleteChannel")
			w.refuse(minutes(1), "DeleteChannel", from(stranger))
		}, triage.High},

		{"network seen a day ago by two: a known network", func(w *world) {
			w.familiar(stranger, day, "a", "b")
			w.operations(5, 1, from(stranger))
		}, 0},
		{"network seen by two, less than a day ago", func(w *world) {
			w.familiar(stranger, 23*time.Hour, "a", "a", "b")
			w.familiar(stranger, 25*time.Hour, "a")
			w.operations(5, 1, from(stranger))
		}, triage.Medium},
		{"network shared by two others within a day: its own incident tells of it", func(w *world) {
			w.familiar(stranger, 23*time.Hour, "a", "b")
			w.operations(5, 1, from(stranger))
		}, 0},
		{"network shared by two others within a day: what is high is told all the same", func(w *world) {
			w.familiar(stranger, 23*time.Hour, "a", "b")
			w.refuse(now, "DeleteChannel", from(stranger))
		}, triage.High},
		{"network on which app users were refused: they are anybody", func(w *world) {
			w.refuse(now.Add(-3*day), "DescribeChannel", from(stranger), user("ann"))
			w.refuse(now.Add(-3*day), "DescribeChannel", from(stranger), user("bob"))
			w.operations(5, 1, from(stranger))
		}, triage.Medium},
		{"network seen by one", func(w *world) {
			w.familiar(stranger, 5*day, "a", "a")
			w.operations(5, 1, from(stranger))
		}, triage.Medium},
		{"network on which the role was refused on three days", func(w *world) {
			for i := 2; i <= 4; i++ {
				w.familiar(stranger, time.Duration(i)*day, "backend")
			}
			w.operations(5, 1, from(stranger))
		}, 0},
		{"network on which the role was refused on two days", func(w *world) {
			for i := 2; i <= 3; i++ {
				w.familiar(stranger, time.Duration(i)*day, "backend")
			}
			w.operations(5, 1, from(stranger))
		}, triage.Medium},

		{"routine: refused on three of the days before", func(w *world) {
			for i := 2; i <= 4; i++ {
				w.refuse(now.Add(-time.Duration(i)*day), "DeleteChannel")
			}
			for i := range 9 {
				w.refuse(minutes(i), "DeleteChannel")
			}
		}, 0},
		{"routine is routine where it has been seen", func(w *world) {
			for i := 2; i <= 4; i++ {
				w.refuse(now.Add(-time.Duration(i)*day), "DeleteChannel")
			}
			w.refuse(now, "DeleteChannel", from(stranger))
		}, triage.High},

		{"breakthrough after a slip that nobody was told of", func(w *world) {
			w.refuse(now, "CreateAppInstanceAdmin")
			w.refuse(now.Add(3*time.Hour), "CreateAppInstanceAdmin", success)
		}, triage.Critical},
		{"breakthrough some minutes after a slip", func(w *world) {
			w.refuse(now, "CreateAppInstanceAdmin")
			w.refuse(minutes(2), "CreateAppInstanceAdmin", success)
		}, triage.Critical},
		{"a permission that arrives late", func(w *world) {
			w.refuse(now, "CreateAppInstanceAdmin")
			w.refuse(minutes(1), "CreateAppInstanceAdmin", success)
		}, 0},
		{"a permission that arrives late, and goes on being used", func(w *world) {
			w.refuse(now, "CreateAppInstanceAdmin")
			w.refuse(minutes(1), "CreateAppInstanceAdmin", success)
			w.refuse(minutes(30), "CreateAppInstanceAdmin", success)
			w.refuse(now.Add(3*time.Hour), "CreateAppInstanceAdmin", success)
		}, 0},
		{"a permission that arrives late, and is refused and got again", func(w *world) {
			w.refuse(now, "CreateAppInstanceAdmin")
			w.refuse(minutes(1), "CreateAppInstanceAdmin", success)
			w.refuse(minutes(30), "CreateAppInstanceAdmin")
			w.refuse(now.Add(3*time.Hour), "CreateAppInstanceAdmin", success)
		}, triage.Critical},
		{"breakthrough at once, from an unknown network", func(w *world) {
			w.refuse(now, "CreateAppInstanceAdmin", from(stranger))
			w.refuse(now.Add(10*time.Second), "CreateAppInstanceAdmin", from(stranger), success)
		}, triage.Critical},
		{"breakthrough while a loop goes on", func(w *world) {
			w.deletes(0, 1, 2, 3, 4, 5, 6, 7, 8)
			w.refuse(minutes(9), "DeleteChannel", success)
		}, triage.Critical},
		{"breakthrough after a deployment that lacked several permissions", func(w *world) {
			w.refuse(now, "DeleteChannel")
			w.refuse(minutes(1), "CreateChannel")
			w.refuse(minutes(2), "UpdateChannel")
			w.refuse(now.Add(3*time.Hour), "DeleteChannel", success)
		}, 0},

		{"a caller from another account, unknown network", func(w *world) { w.refuse(now, "ListChannels", foreign, from(stranger)) }, triage.Medium},
		{"a caller from another account, known network", func(w *world) { w.refuse(now, "ListChannels", foreign) }, 0},
		{"root", func(w *world) {
			w.refuse(now, "ListChannels", func(c *denial.Call) { c.Principal.Type, c.Principal.Role = "Root", false })
		}, triage.High},
		{"a quarantined key", func(w *world) {
			w.refuse(now, "ListChannels", func(c *denial.Call) { c.Message.PolicyARN = "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3" })
		}, triage.Critical},
		{"credentials refused for one operation, unknown network", func(w *world) {
			for i := range 9 {
				w.refuse(minutes(i), "ListChannels", from(stranger), expired)
			}
		}, 0},
		{"credentials refused for two operations, unknown network", func(w *world) {
			for i := range 4 {
				w.refuse(minutes(i), reading()[i%2], from(stranger), expired)
			}
		}, triage.Medium},
		{"credentials refused say nothing about permissions", func(w *world) { w.operations(20, 1, expired) }, 0},
		{"in the name of 4 app users, unknown network", func(w *world) { w.bearers(4, from(stranger)) }, triage.High},
		{"in the name of 3 app users, unknown network", func(w *world) { w.bearers(3, from(stranger)) }, 0},
		{"in the name of 40 app users, known network", func(w *world) { w.bearers(40) }, 0},
		{"in the name of 4 app users who do not exist", func(w *world) { w.bearers(4, nobody) }, triage.Medium},
		{"in the name of 4 app users who do not exist, and of one who does", func(w *world) {
			w.refuse(now.Add(-2*time.Hour), "ListChannelMessages", func(c *denial.Call) { c.Bearer = instance + "/user/ann" })
			w.bearers(4, nobody)
		}, triage.Medium},
	})
}

// nobody: the back end does not know the app user.
func nobody(c *denial.Call) {
	c.Cause, c.Message, c.BadBearer = denial.AppRole, denial.Message{}, true
}

func expired(c *denial.Call) { c.Cause, c.Message = denial.Credential, denial.Message{} }

// bearers refuses one operation in the name of n app users.
func (w *world) bearers(n int, changes ...change) {
	for i := range n {
		w.refuse(minutes(i), "SendChannelMessage", append(changes[:len(changes):len(changes)], func(c *denial.Call) { c.Bearer = fmt.Sprintf("%s/user/%d", instance, i) })...)
	}
}

func tellsGhosts(w *world) bool {
	ch := tally.NewChanges(tally.NewHasher(nil))
	ch.Add(&w.calls[0])
	at := tally.At{Subject: tally.Actor(&w.calls[0]), Hour: tally.HourOf(w.calls[0].Time)}
	return ch.Tally(at).Detail.Cells[0].Traits.Has(tally.TraitAppRole | tally.TraitCredential)
}

// A roll-out refuses many actors at once; each of them is quiet, whenever in it
// its denials are, and the policy has one low incident that lists them.
func TestRollout(t *testing.T) {
	for _, tt := range []struct {
		actors int
		want   triage.Severity
	}{{8, 0}, {7, triage.High}} {
		w := newWorld()
		w.refuse(now, "DeleteChannel", organisation, from(stranger))
		for i := 1; i < tt.actors; i++ {
			w.refuse(minutes(8*i), "ListChannels", organisation, by(fmt.Sprint("role-", i)))
		}
		wantSeverity(t, w.judge(backend), tt.want)
	}
}

// Triage waits where it has to see what follows, and says until when.
func TestWaits(t *testing.T) {
	w := newWorld()
	w.refuse(now, "DeleteChannel", organisation, from(stranger))
	w.asOf = minutes(59)
	if j := w.judge(backend); j.severity() != 0 || !j.due.Equal(minutes(60)) {
		t.Errorf("an organisation's policy: severity %v, due %v", j.severity(), j.due)
	}
	w.asOf = minutes(60)
	j := w.judge(backend)
	if j.severity() != triage.High || !j.due.IsZero() || !j.incidents[0].RaisedAt.Equal(minutes(60)) {
		t.Errorf("the time is over: severity %v, due %v", j.severity(), j.due)
	}
	w = newWorld()
	w.refuse(now, "DeleteChannel", from(stranger))
	w.asOf = minutes(1)
	if j := w.judge(backend); j.severity() != triage.High || !j.incidents[0].RaisedAt.Equal(minutes(1)) {
		t.Errorf("a critical operation from an unknown network is told at once, got %v", j.severity())
	}
}

// Keys and networks.
func TestShared(t *testing.T) {
	key := func(id string) change { return func(c *denial.Call) { c.AccessKey = id } }
	network := tally.Subject{Kind: tally.Network, Key: "203.0.113.0/24"}
	w := newWorld()
	for i := range 3 {
		w.refuse(minutes(i), "ListChannels", from(stranger), by(fmt.Sprint(i)))
	}
	wantSeverity(t, w.judge(network), triage.Medium)
	w.familiar(stranger, day, "a", "b")
	wantSeverity(t, w.judge(network), 0)

	for id, want := range map[string]triage.Severity{"AKIAEXAMPLE": triage.High, "ASIAEXAMPLE": 0} {
		w := newWorld()
		for i := range 3 {
			w.refuse(minutes(300*i), "ListChannels", from(fmt.Sprintf("203.0.%d.7", i)), key(id))
		}
		wantSeverity(t, w.judge(tally.Subject{Kind: tally.AccessKey, Key: id}), want)
	}
}
