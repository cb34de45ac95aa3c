package triage_test

import (
	"fmt"
	"testing"
	"time"

	"chimewatch/pkg/denial"
	"chimewatch/pkg/triage"
)

// What somebody who knows every bound can do in a day without an alert, and
// what one more costs. The table is in docs/detection.md; keep them together.
func TestEvasion(t *testing.T) {
	strange := from(stranger)
	tests := []struct {
		name    string
		denials int // a day
		play    func(w *world, more int)
	}{
		{"unknown network, workload: one writing operation, 19 an hour", 24 * 19, func(w *world, more int) {
			for hour := range 24 {
				for i := range 19 + more*(hour/23) {
					// The window of an hour slides: all in the same minute of each.
					w.refuse(minutes(60*hour), "SendChannelMessage", strange, on(fmt.Sprint(i)))
				}
			}
		}},
		{"unknown network: reading 7 channels", 7, func(w *world, more int) { w.sweep(7+more, 150, strange) }},
		{"unknown network: 4 operations in two hours", 4, func(w *world, more int) { w.operations(4+more, 12, strange) }},
		{"unknown network: no critical operation", 0, func(w *world, more int) {
			for range more {
				w.refuse(now, "CreateAppInstanceAdmin", strange)
			}
		}},
		{"known network, workload: reading 19 channels", 19, func(w *world, more int) { w.sweep(19+more, 60) }},
		{"known network, workload: reading 31 channels, each of them again in another minute", 62, func(w *world, more int) {
			for i := range 62 + 2*more {
				w.refuse(minutes(20*i), "ListChannelMessages", on(fmt.Sprint(i/2)))
			}
		}},
		{"known network, workload: reading 7 channels a day, for a week", 49, func(w *world, more int) {
			for d := range 7 {
				for i := range 7 + more {
					w.refuse(now.AddDate(0, 0, d-6).Add(time.Duration(i)*time.Minute), "ListChannelMessages", on(fmt.Sprint(d, i)))
				}
			}
		}},
		{"known network, workload: reading 31 channels in an hour by three operations", 31, func(w *world, more int) {
			for i := range 31 + more {
				w.refuse(minutes(i), reading()[i%3], on(fmt.Sprint(i)))
			}
		}},
		{"known network, workload: what is refused to others alike, reading 95 channels in an hour", 95, func(w *world, more int) {
			w.alike("a", "b")
			w.busy(95+more, 95+more)
		}},
		{"known network, workload: writing on 19 channels in an hour by two operations", 19, func(w *world, more int) { w.writes(2, 19+more) }},
		{"known network, a partner's caller: 95 denials on 32 channels in an hour", 95, func(w *world, more int) {
			w.busy(95+more, 32, func(c *denial.Call) { c.Foreign = true })
		}},
		{"known network, workload: no call to export every message", 0, func(w *world, more int) {
			for range more {
				w.refuse(now, "PutMessagingStreamingConfigurations")
			}
		}},
		{"known network, workload: 11 operations an hour, in up to five hours", 55, func(w *world, more int) {
			for hour := range 5 {
				for i, op := range reading()[:11+more*(hour/4)] {
					w.refuse(minutes(60*hour+i), op)
				}
			}
		}},
		{"known network, placed workload: 9 operations an hour, in up to four hours", 36, func(w *world, more int) {
			w.works(73*time.Hour, []string{"SendChannelMessage"})
			for hour := range 4 {
				for i, op := range reading()[:9+more*(hour/3)] {
					w.refuse(minutes(60*hour+i), op)
				}
			}
		}},
		{"unknown network, placed workload: one writing operation, 11 an hour", 24 * 11, func(w *world, more int) {
			w.works(73*time.Hour, []string{"DescribeChannel"})
			for hour := range 24 {
				for i := range 11 + more*(hour/23) {
					w.refuse(minutes(60*hour), "SendChannelMessage", strange, on(fmt.Sprint(i)))
				}
			}
		}},
		{"unknown network, its own client: one writing operation on ten channels, 299 an hour", 24 * 299, func(w *world, more int) {
			w.works(73*time.Hour, []string{"DescribeChannel"})
			for hour := range 24 {
				for i := range 299 + more*(hour/23) {
					w.refuse(minutes(60*hour), "SendChannelMessage", strange, backendClient, on(fmt.Sprint(i%10)))
				}
			}
		}},
		{"unknown network, never worked: one writing operation on ten channels, 299 an hour", 24 * 299, func(w *world, more int) {
			w.works(8*24*time.Hour, []string{"DescribeChannel"}, by("a"))
			for hour := range 24 {
				for i := range 299 + more*(hour/23) {
					w.refuse(minutes(60*hour), "SendChannelMessage", strange, on(fmt.Sprint(i%10)))
				}
			}
		}},
		{"known network, a person: one critical operation on three channels, in two minutes, beside two others", 5, func(w *world, more int) {
			w.operations(2, 1, person)
			for i := range 3 + more {
				w.refuse(minutes(3+i/2), "DeleteChannel", person, on(fmt.Sprint(i)))
			}
		}},
		{"known network, workload: a critical operation on one resource, 4 minutes an hour that are not even", 4, func(w *world, more int) {
			w.deletes([]int{0, 1, 9, 10, 11}[:4+more]...)
		}},
		{"app user: reading 5 channels of others", 5, func(w *world, more int) {
			for i := range 5 + more {
				w.refuse(minutes(i), "ListChannelMessages", user("ann"), on(fmt.Sprint(i)))
			}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld()
			tt.play(w, 0)
			subject := backend
			if len(w.calls) > 0 && w.calls[0].Bearer != "" {
				subject.Kind, subject.Key = 2, w.calls[0].Bearer
			}
			if len(w.calls) > 0 && w.calls[0].Principal.SSO {
				subject.Key = w.calls[0].Principal.Key
			}
			denials := 0
			for i := range w.calls {
				if w.calls[i].Outcome == denial.Refused && (w.calls[i].Principal.Key == role || w.calls[i].Principal.SSO) {
					denials++
				}
			}
			if denials != tt.denials {
				t.Errorf("%d denials, the table says %d", denials, tt.denials)
			}
			wantSeverity(t, w.judge(subject), 0)
			w = newWorld()
			tt.play(w, 1)
			if got := w.judge(subject).severity(); got < triage.Medium {
				t.Errorf("one more: severity %v, want an alert", got)
			}
		})
	}
}
