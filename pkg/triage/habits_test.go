package triage_test

import (
	"fmt"
	"slices"
	"strings"
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
		w.refuse(now.Add(-ago), op, append([]change{backendClient, success}, changes...)...)
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
	playAll(t, []play{
		{"what used to succeed", func(w *world) { w.works(25*time.Hour, reading()[:12]); w.operations(12, 3) }, 0},
		{"what has succeeded for less than a day", func(w *world) { w.works(23*time.Hour, reading()[:12]); w.operations(12, 3) }, triage.Medium},
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

		{"known habits: 10 operations", func(w *world) { w.works(settled, one); w.operations(10, 3) }, triage.Medium},
		{"known habits: 9 operations", func(w *world) { w.works(settled, one); w.operations(9, 3) }, 0},
		{"known habits: 6 operations in five hours", func(w *world) { w.works(settled, one); w.operations(6, 58) }, triage.Medium},
		{"known habits: 6 operations in four hours", func(w *world) { w.works(settled, one); w.operations(6, 45) }, 0},
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
		{"a role in its first days: critical where it has worked from the start, and a plain permission missing", func(w *world) {
			w.newborn(80*time.Hour, 57*time.Hour)
			w.refuse(minutes(9), "UpdateChannel", from(stranger))
		}, 0},
		{"a role in its first days: critical where it has worked from the start, again and again", func(w *world) {
			w.newborn(80*time.Hour, 57*time.Hour)
			w.refuse(minutes(9), "UpdateChannel", from(stranger))
			for i := range 50 {
				w.refuse(minutes(i/4), "DeleteChannel", from(stranger))
			}
		}, 0},
		{"a role in its first days: somebody elsewhere in the same minute", func(w *world) {
			w.newborn(80*time.Hour, 57*time.Hour)
			w.refuse(minutes(9), "UpdateChannel", from(stranger))
			w.refuse(minutes(1).Add(time.Second), "DeleteChannel", from(other))
		}, triage.High},
		{"a role in its first days: critical only, where it has worked from the start", func(w *world) { w.newborn(80*time.Hour, 57*time.Hour) }, triage.Medium},
		{"a role in its first days: critical where it has worked since its second day", func(w *world) {
			w.newborn(80*time.Hour, 55*time.Hour)
			w.refuse(minutes(9), "UpdateChannel", from(stranger))
		}, triage.High},

		{"refused to two others alike: a release", func(w *world) { w.alike("a", "b"); w.sweep(30, 1) }, 0},
		{"refused to one other alike", func(w *world) { w.alike("a"); w.sweep(30, 1) }, triage.Medium},
		{"refused to two others alike: on very much", func(w *world) { w.alike("a", "b"); w.busy(95, 95) }, 0},
		{"refused to two others alike: more than a release explains", func(w *world) { w.alike("a", "b"); w.busy(96, 96) }, triage.Medium},
		{"refused to two others alike in the meantime: more than a release explains", func(w *world) {
			w.busy(96, 96)
			for _, n := range []string{"a", "b"} { // when it has read 19
				w.refuse(minutes(4), "ListChannelMessages", by(n))
			}
		}, triage.Medium},
		{"refused to two others alike: very often, on less", func(w *world) { w.alike("a", "b"); w.busy(200, 31) }, 0},
		{"refused to two others alike: as much by three operations", func(w *world) {
			for _, op := range reading()[:3] {
				for _, name := range []string{"a", "b"} {
					w.refuse(now.Add(-time.Hour), op, by(name))
				}
				for i := range 16 {
					w.refuse(minutes(i), op, on(fmt.Sprint(op, i)))
				}
			}
		}, 0},
		{"refused to two others alike: critical all the same", func(w *world) {
			for i, name := range []string{"a", "b", "backend", "backend"} {
				w.refuse(minutes(i), "DeleteChannel", by(name), on(fmt.Sprint(i)))
			}
		}, triage.Medium},

		{"a critical operation together with two that used to succeed: all of its permissions are gone", func(w *world) {
			w.works(settled, reading()[:2])
			w.operations(2, 1)
			w.refuse(minutes(3), "DeleteChannel", on("1"))
			w.refuse(minutes(4), "DeleteChannel", on("2"))
		}, 0},
		{"a critical operation together with one that used to succeed", func(w *world) {
			w.works(settled, reading()[:1])
			w.operations(1, 1)
			w.refuse(minutes(3), "DeleteChannel", on("1"))
			w.refuse(minutes(4), "DeleteChannel", on("2"))
		}, triage.Medium},

		{"a critical operation together with two that used to succeed and have been refused for days", func(w *world) {
			w.works(10*day, reading()[:2])
			for ago := 2; ago <= 4; ago++ {
				for _, op := range reading()[:2] {
					w.refuse(now.AddDate(0, 0, -ago), op)
				}
			}
			w.operations(2, 1)
			w.refuse(minutes(3), "DeleteChannel", on("1"))
			w.refuse(minutes(4), "DeleteChannel", on("2"))
		}, triage.Medium},
		{"a critical operation elsewhere, while two that used to succeed are refused at home", func(w *world) {
			w.works(settled, reading()[:2])
			w.operations(2, 1)
			w.refuse(minutes(3), "DeleteChannel", from(stranger))
		}, triage.High},
		{"one critical operation together with one that used to succeed: still a slip", func(w *world) {
			w.works(settled, reading()[:1])
			w.operations(1, 1)
			w.refuse(minutes(3), "DeleteChannel")
		}, 0},

		{"credentials refused for what it always asked for", func(w *world) {
			w.works(settled, reading()[:4])
			w.operations(4, 1, expired)
		}, 0},
		{"credentials refused for other things", func(w *world) { w.works(settled, one); w.operations(4, 1, expired) }, triage.Medium},
		{"a slip with a critical operation and one more operation", func(w *world) {
			w.refuse(now, "DescribeChannelFlow")
			w.refuse(minutes(1), "AssociateChannelFlow")
		}, triage.Medium},

		{"a principal without a place of its own: a slip is a slip", func(w *world) {
			for i := range 12 {
				w.works(settled, one, from(fmt.Sprintf("198.51.%d.9", i)))
			}
			w.refuse(now, "DeleteChannel", from(stranger))
		}, 0},
	})
}

// What is refused to a service is what another one does every day: it runs with
// the wrong role.
func TestWrongRole(t *testing.T) {
	settled, long := 73*time.Hour, reading()[:12]
	critical := func(w *world) {
		for i, op := range []string{"DeleteChannel", "PutChannelExpirationSettings"} {
			for k := range 3 {
				w.refuse(minutes(i+2*k), op, on(fmt.Sprint(i, k)))
			}
		}
	}
	playAll(t, []play{
		{"another service's", func(w *world) { w.works(25*time.Hour, long, by("a")); w.operations(12, 3) }, 0},
		{"over hours", func(w *world) { w.works(settled, long, by("a")); w.operations(12, 45) }, 0},
		{"for less than a day", func(w *world) { w.works(23*time.Hour, long, by("a")); w.operations(12, 3) }, triage.Medium},
		{"all but a quarter", func(w *world) { w.works(settled, long[3:], by("a")); w.operations(12, 3) }, 0},
		{"all but more", func(w *world) { w.works(settled, long[4:], by("a")); w.operations(12, 3) }, triage.Medium},
		{"three, and another one on much", func(w *world) {
			w.works(settled, long, by("a"))
			w.operations(3, 1)
			for i := range 32 {
				w.refuse(minutes(i), reading()[12], on(fmt.Sprint(i)))
			}
		}, triage.Medium},
		{"three, and another one, over hours", func(w *world) {
			w.works(settled, long[:5], by("a"))
			for i, op := range reading()[:6] {
				w.refuse(minutes(61*i), op)
			}
		}, triage.Medium},
		{"all but a critical one", func(w *world) {
			w.works(settled, []string{"ListChannels", "DescribeChannel", "DeleteChannel", "PutChannelExpirationSettings"}, by("a"))
			for i, op := range []string{"ListChannels", "DescribeChannel", "RedactChannelMessage", "DeleteChannel"} {
				w.refuse(minutes(i), op)
			}
			critical(w)
		}, triage.Medium},
		{"half of them one's, half another's", func(w *world) {
			w.works(settled, long[:6], by("a"))
			w.works(settled, long[6:], by("b"))
			w.operations(12, 3)
		}, triage.Medium},
		{"half of them one's, half very many others'", func(w *world) {
			w.works(settled, long[:6], by("a"))
			for i := range tally.MaxSightings {
				w.works(settled, long[6:], by(fmt.Sprint("b", i)))
			}
			w.operations(12, 3)
		}, 0},
		{"most of them very many others', one of the others one's", func(w *world) {
			for i := range tally.MaxSightings {
				w.works(settled, long[3:], by(fmt.Sprint("b", i)))
			}
			w.works(settled, long[:1], by("a"))
			w.operations(12, 3)
		}, triage.Medium},
		{"all of them very many others', no one's", func(w *world) {
			for i := range tally.MaxSightings {
				w.works(settled, long[:6], by(fmt.Sprint("a", i)))
				w.works(settled, long[6:], by(fmt.Sprint("b", i)))
			}
			w.operations(12, 3)
		}, triage.Medium},
		{"to export every message, another service's", func(w *world) {
			w.works(settled, []string{"ListChannels", "PutMessagingStreamingConfigurations"}, by("a"))
			w.refuse(now, "ListChannels")
			w.refuse(minutes(1), "PutMessagingStreamingConfigurations")
		}, triage.Medium},
		{"a person's", func(w *world) { w.works(settled, long, person); w.operations(12, 3) }, triage.Medium},
		{"an app's", func(w *world) { w.works(settled, long, by("a"), public); w.operations(12, 3) }, triage.Medium},
		{"another account's", func(w *world) { w.works(settled, long, foreigner("a")); w.operations(12, 3) }, triage.Medium},
		{"from an unknown network", func(w *world) {
			w.works(settled, long, by("a"))
			w.operations(5, 3, from(stranger))
		}, triage.Medium},
		{"no sweep: 20 channels of one operation", func(w *world) {
			w.works(settled, []string{"ListChannelMessages"}, by("a"))
			w.sweep(20, 60)
		}, triage.Medium},
		{"critical operations, another service's", func(w *world) {
			w.works(settled, []string{"DeleteChannel", "PutChannelExpirationSettings"}, by("a"))
			critical(w)
		}, 0},
		{"critical operations, nobody's", critical, triage.Medium},
		{"one critical operation over and over, another service's", func(w *world) {
			w.works(settled, []string{"DeleteChannel"}, by("a"))
			w.deletes(0, 1, 9, 10, 11)
		}, triage.Medium},
	})
}

// The findings say so.
func TestWrongRoleIsNamed(t *testing.T) {
	for name, want := range map[string]bool{"a": true, "backend": false} {
		w := newWorld()
		w.works(73*time.Hour, reading()[:12], by(name))
		w.operations(12, 3)
		got := w.judge(backend)
		if len(got.findings) == 0 {
			t.Fatal("no findings")
		}
		for _, f := range got.findings {
			said := slices.ContainsFunc(f.Reasons, func(r string) bool { return strings.Contains(r, "wrong role") })
			if said != want || f.Verdict != triage.Misconfiguration {
				t.Errorf("by %s: %s, %q", name, f.Verdict, f.Reasons)
			}
		}
	}
}

// A week of reading some channels a day.
func TestSlowSweep(t *testing.T) {
	// days reads so many channels on each day, today the last, one on each.
	days := func(w *world, each ...int) {
		for d, n := range each {
			for i := range n {
				w.refuse(now.AddDate(0, 0, d+1-len(each)).Add(time.Duration(i)*time.Minute), "ListChannelMessages", on(fmt.Sprint(d*100+i)))
			}
		}
	}
	beside := func(w *world, operations ...string) {
		for d := range 3 {
			for _, op := range operations {
				w.refuse(now.AddDate(0, 0, d-3).Add(time.Minute), op)
			}
		}
	}
	playAll(t, []play{
		{"20 channels on 4 days", func(w *world) { days(w, 4, 4, 4, 8) }, triage.Medium},
		{"19 channels on 4 days", func(w *world) { days(w, 4, 4, 3, 8) }, 0},
		{"20 channels on 3 days", func(w *world) { days(w, 6, 6, 8) }, 0},
		{"20 channels on 4 days, not 72 hours", func(w *world) {
			days(w, 0, 4, 4, 8)
			for i := range 4 {
				w.refuse(now.Add(-71*time.Hour), "ListChannelMessages", on(fmt.Sprint("early", i)))
			}
		}, 0},
		{"the same 8 channels every day", func(w *world) {
			for d := range 7 {
				for i := range 8 {
					w.refuse(now.AddDate(0, 0, d-6).Add(time.Duration(i)*time.Minute), "ListChannelMessages", on(fmt.Sprint(i)))
				}
			}
		}, 0},
		{"refused to two others alike: a release", func(w *world) { days(w, 4, 4, 4, 8); w.alike("a", "b") }, 0},
		{"another operation in every hour", func(w *world) { beside(w, "DescribeChannel"); days(w, 4, 4, 4, 8) }, triage.Medium},
		{"two other operations in every hour", func(w *world) {
			beside(w, "DescribeChannel", "ListChannelBans")
			days(w, 4, 4, 4, 8)
		}, 0},
		{"hours with refused credentials", func(w *world) {
			for d := range 3 {
				w.refuse(now.AddDate(0, 0, d-3).Add(time.Minute/2), "ListChannelMessages", expired)
			}
			days(w, 4, 4, 4, 8)
		}, 0},
		{"a new role, once it is no longer new", func(w *world) {
			w.works(12*day, reading()[:1], by("a"))
			w.works(97*time.Hour, reading()[:1])
			days(w, 8, 8, 8, 8, 8)
		}, 0},
		{"what used to succeed", func(w *world) {
			w.works(12*day, []string{"ListChannelMessages"})
			days(w, 4, 4, 4, 8)
		}, 0},
	})
}

// newborn lets the backend, new, work from a network of its own since a time ago,
// where two critical operations are refused to it now.
func (w *world) newborn(born, here time.Duration) {
	w.works(12*day, reading()[:1], by("a"))
	w.works(born, reading()[:1])
	w.works(here, reading()[:1], from(stranger))
	for i := range 2 {
		w.refuse(minutes(i), "DeleteChannel", from(stranger), on(fmt.Sprint(i)))
	}
}

// A client that the principal has long used says little: it lifts how often on an
// unknown network, not what and on how much, and people travel with theirs.
func TestClient(t *testing.T) {
	one, settled := []string{"GetMessagingSessionEndpoint"}, 73*time.Hour
	strange := from(stranger)
	hammer := func(w *world, n int, changes ...change) {
		for i := range n {
			w.refuse(minutes(i/4), "SendChannelMessage", append([]change{strange, backendClient}, changes...)...)
		}
	}
	playAll(t, []play{
		{"its client: many denials", func(w *world) { w.works(settled, one); hammer(w, 200) }, 0},
		{"its client: 299 denials on many channels", func(w *world) { w.works(settled, one); w.flood(299, strange, backendClient) }, 0},
		{"its client: 300 denials on many channels", func(w *world) { w.works(settled, one); w.flood(300, strange, backendClient) }, triage.Medium},
		{"no client is nobody's", func(w *world) {
			none := func(c *denial.Call) { c.UserAgent = "" }
			w.works(settled, one, none)
			hammer(w, 12, none)
		}, triage.Medium},
		{"its client, another build of it", func(w *world) {
			w.works(settled, one)
			hammer(w, 12, func(c *denial.Call) { c.UserAgent = "aws-sdk-java/2.20.2 m/E" })
		}, triage.Medium},
		{"its client on another host", func(w *world) {
			w.works(settled, one)
			hammer(w, 12, func(c *denial.Call) { c.UserAgent = "aws-sdk-java/2.20.1 os/linux m/D" })
		}, 0},
		{"a client that it has used for less than three days", func(w *world) {
			w.works(settled, one, func(c *denial.Call) { c.UserAgent = "other" })
			w.works(70*time.Hour, one)
			hammer(w, 12)
		}, triage.Medium},
		{"the client of others", func(w *world) {
			w.works(settled, one, func(c *denial.Call) { c.UserAgent = "other" })
			w.works(settled, one, by("a"))
			hammer(w, 12)
		}, triage.Medium},
		{"its client and one call of another one", func(w *world) {
			w.works(settled, one)
			hammer(w, 12)
			w.refuse(minutes(5), "SendChannelMessage", strange)
		}, triage.Medium},
		{"another one in the hour before", func(w *world) {
			w.works(settled, one)
			w.refuse(minutes(-20), "SendChannelMessage", strange)
			hammer(w, 12)
		}, triage.Medium},
		{"so many clients that not all are remembered", func(w *world) {
			for i := range tally.MaxClients {
				agent := func(c *denial.Call) { c.UserAgent = fmt.Sprint("client ", i) }
				w.works(settled, one, agent)
				hammer(w, 2, agent)
			}
		}, triage.Medium},
		{"its client: 5 operations", func(w *world) { w.works(settled, one); w.operations(5, 1, strange, backendClient) }, triage.Medium},
		{"its client: 8 channels", func(w *world) { w.works(settled, one); w.sweep(8, 60, strange, backendClient) }, triage.Medium},
		{"its client: one critical operation", func(w *world) {
			w.works(settled, one)
			w.refuse(now, "DeleteChannel", strange, backendClient)
		}, triage.High},
	})
	ana := tally.Subject{Kind: tally.Principal, Key: role + "/ana@example.com"}
	for name, tt := range map[string]struct {
		play func(*world)
		want triage.Severity
	}{
		"11 operations":               {func(w *world) { w.operations(11, 1, person, strange, backendClient) }, 0},
		"12 operations":               {func(w *world) { w.operations(12, 1, person, strange, backendClient) }, triage.Medium},
		"6 operations in three hours": {func(w *world) { w.operations(6, 25, person, strange, backendClient) }, triage.Medium},
		"10 channels":                 {func(w *world) { w.sweep(10, 1, person, strange, backendClient) }, triage.Medium},
		"one critical operation":      {func(w *world) { w.refuse(now, "DeleteChannel", person, strange, backendClient) }, triage.High},
		"many denials":                {func(w *world) { hammer(w, 200, person) }, 0},
		"11 operations with another":  {func(w *world) { w.operations(11, 1, person, strange) }, triage.Medium},
	} {
		t.Run("a person, "+name, func(t *testing.T) {
			w := newWorld()
			w.works(settled, one, person)
			tt.play(w)
			wantSeverity(t, w.judge(ana), tt.want)
		})
	}
}

// A success counts from the refusal on, whatever else happens in the hour.
func TestSuccessAfterRefusal(t *testing.T) {
	const op = "CreateAppInstanceAdmin"
	playAll(t, []play{
		{"it worked, was refused and works again", func(w *world) {
			w.refuse(minutes(0), op, success)
			w.refuse(minutes(5), op)
			w.refuse(minutes(40), op, success)
		}, triage.Critical},
		{"the permission arrives, and then another operation is refused", func(w *world) {
			w.refuse(minutes(0), op)
			w.refuse(minutes(1), op, success)
			w.refuse(minutes(30), "DeleteChannelFlow")
		}, triage.Medium},
	})
}

// A workload to which nothing ever succeeded is a job that lacks a permission; how
// often it asks says nothing. That is known only where successes are recorded.
func TestNeverWorked(t *testing.T) {
	one := []string{"GetMessagingSessionEndpoint"}
	playAll(t, []play{
		{"though others did for eight days", func(w *world) { w.works(8*day, one, by("a")); w.hammer(200) }, 0},
		{"300 denials on many channels", func(w *world) { w.works(8*day, one, by("a")); w.flood(300, from(stranger)) }, triage.Medium},
		{"299 denials on many channels", func(w *world) { w.works(8*day, one, by("a")); w.flood(299, from(stranger)) }, 0},
		{"though others of another account did", func(w *world) {
			w.works(8*day, one, foreigner("a"))
			w.hammer(20)
		}, triage.Medium},
		{"and others did for six days only", func(w *world) { w.works(6*day, one, by("a")); w.hammer(20) }, triage.Medium},
		{"where only critical successes are recorded", func(w *world) {
			w.works(8*day, []string{"DeleteChannel"}, by("a"))
			w.hammer(20)
		}, triage.Medium},
		{"reading 8 channels", func(w *world) { w.works(8*day, one, by("a")); w.sweep(8, 60, from(stranger)) }, triage.Medium},
		{"5 operations", func(w *world) { w.works(8*day, one, by("a")); w.operations(5, 1, from(stranger)) }, triage.Medium},
	})
}

// Who finds out what is allowed goes on to what is new; tests repeat themselves.
func TestRepetition(t *testing.T) {
	again := func(w *world, operations, hours int) {
		for h := range hours {
			for i, op := range reading()[:operations] {
				w.refuse(minutes(60*h+i), op)
			}
		}
	}
	playAll(t, []play{
		{"the same 8 operations in each of 12 hours", func(w *world) { again(w, 8, 12) }, 0},
		{"and a new one in each of five", func(w *world) {
			again(w, 8, 12)
			for h := range 5 {
				w.refuse(minutes(60*h+90), reading()[8+h])
			}
		}, triage.Medium},
		{"an old one again does not hide the new ones", func(w *world) {
			for d, ops := range [][]string{reading()[:1], reading()[1:3], {reading()[0], reading()[3]}} {
				for i, op := range ops {
					w.refuse(now.AddDate(0, 0, d-2).Add(time.Duration(i)*time.Minute), op, from(stranger))
				}
			}
		}, triage.Medium},
		{"the same 7 on each of four days", func(w *world) {
			for d := range 4 {
				for i, op := range reading()[:7] {
					w.refuse(now.AddDate(0, 0, d-3).Add(time.Duration(i)*time.Minute), op)
				}
			}
		}, 0},
		{"reading 31 channels twice", func(w *world) { w.busyOver(62, 31, 10) }, 0},
		{"reading 31 channels, 20 of them once", func(w *world) { w.busyOver(42, 31, 10) }, triage.Medium},
		{"reading 31 channels by two operations, each once", func(w *world) {
			for i := range 31 {
				w.refuse(minutes(20*i), "ListChannelMessages", on(fmt.Sprint(i)))
				w.refuse(minutes(20*i+1), "DescribeChannel", on(fmt.Sprint(i)))
			}
		}, triage.Medium},
	})
}

// flood refuses one writing operation n times within an hour on twenty channels.
func (w *world) flood(n int, changes ...change) {
	for i := range n {
		w.refuse(minutes(i/6), "SendChannelMessage", append(changes[:len(changes):len(changes)], on(fmt.Sprint(i%20)))...)
	}
}

// busyOver refuses one reading operation so many times on so many channels, one
// after the other, some minutes apart.
func (w *world) busyOver(denials, channels, every int) {
	for i := range denials {
		w.refuse(minutes(every*i), "ListChannelMessages", on(fmt.Sprint(i*channels/denials)))
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

// busy refuses one reading operation so many times on so many channels, four
// a minute.
func (w *world) busy(denials, channels int, changes ...change) {
	for i := range denials {
		w.refuse(minutes(i/4), "ListChannelMessages", append(changes[:len(changes):len(changes)], on(fmt.Sprint(i%channels)))...)
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
		"7 others, 20 channels": {7, 20, 0},
		"7 others, 21 channels": {7, 21, triage.Medium},
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

// What belongs to another account nobody can reach by a policy: reading and writing
// there is a mistake, and anything else about it is weighed as ever.
func TestElsewhere(t *testing.T) {
	staging := func(c *denial.Call) {
		c.Resource = strings.Replace(c.Resource, "111122223333", "444455556666", 1)
	}
	strange, settled := from(stranger), 73*time.Hour
	playAll(t, []play{
		{"known network: reading and writing much", func(w *world) { w.sweep(40, 1, staging); w.writes(2, 40, staging) }, 0},
		{"known network: as much of its own", func(w *world) { w.sweep(40, 1) }, triage.Medium},
		{"known network: many operations", func(w *world) { w.operations(12, 1, staging) }, triage.Medium},
		{"known network: a critical operation on two channels", func(w *world) {
			w.refuse(now, "DeleteChannel", on("1"), staging)
			w.refuse(now, "DeleteChannel", on("2"), staging)
		}, triage.Medium},
		{"unknown network, its own client: reading and writing much", func(w *world) {
			w.works(settled, []string{"DescribeChannel"})
			w.sweep(400, 0, staging, strange, backendClient)
			w.writes(1, 400, staging, strange, backendClient)
		}, 0},
		{"unknown network, its own client: a critical operation", func(w *world) {
			w.works(settled, []string{"DescribeChannel"})
			w.refuse(now, "DeleteChannel", staging, strange, backendClient)
		}, triage.High},
		{"unknown network, its own client: and reading much of its own", func(w *world) {
			w.works(settled, []string{"DescribeChannel"})
			w.sweep(40, 1, staging, strange, backendClient)
			w.sweep(10, 1, strange, backendClient)
		}, triage.Medium},
		{"known network: much of it hides nothing of its own", func(w *world) {
			for i := range 2000 {
				w.refuse(now.Add(time.Duration(i)*time.Second), "ListChannelMessages", staging, on(fmt.Sprint(i)))
			}
			w.sweep(40, 1)
		}, triage.Medium},
		{"known network: asking there again hides nothing of its own", func(w *world) {
			w.sweep(20, 1)
			for i := range 24 {
				w.refuse(minutes(2*i), "ListChannelMessages", staging, on(fmt.Sprint("x", i/2)))
			}
		}, triage.Medium},
		{"known network: others who try there make no release", func(w *world) {
			for _, name := range []string{"a", "b"} {
				w.refuse(now.Add(-time.Hour), "ListChannelMessages", by(name), staging)
			}
			w.sweep(20, 1)
		}, triage.Medium},
		{"unknown network, another client", func(w *world) {
			w.works(settled, []string{"DescribeChannel"})
			w.sweep(10, 1, staging, strange)
		}, triage.Medium},
	})
}

// An app user speaks for one, also where that is refused to some of them every day.
func TestSharedRole(t *testing.T) {
	users := func(w *world, from0 string, n int, at func(i int) time.Time) {
		for i := range n {
			w.refuse(at(i), "SendChannelMessage", public, from(from0), func(c *denial.Call) { c.Bearer = fmt.Sprintf("%s/user/%s-%d", instance, from0, i) })
		}
	}
	shared := func(w *world, here, elsewhere int) {
		homes := make([]string, 12)
		for i := range homes {
			homes[i] = fmt.Sprintf("203.0.%d.7", i)
			w.works(10*day, []string{"SendChannelMessage"}, public, from(homes[i]))
		}
		for ago := 2; ago <= 4; ago++ { // routine
			users(w, homes[0], 1, func(int) time.Time { return now.AddDate(0, 0, -ago) })
		}
		users(w, homes[3], here, minutes)
		for i := range elsewhere {
			users(w, homes[(i+4)%12], 1, minutes)
		}
	}
	playAll(t, []play{
		{"6 app users from one network", func(w *world) { shared(w, 6, 0) }, triage.Medium},
		{"5 app users from one network", func(w *world) { shared(w, 5, 0) }, 0},
		{"9 app users from one network, and three from others", func(w *world) { shared(w, 9, 3) }, triage.Medium},
		{"9 app users from one network, and four from others", func(w *world) { shared(w, 9, 4) }, 0},
	})
}
