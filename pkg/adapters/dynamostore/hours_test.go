package dynamostore

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"chimewatch/pkg/denial"
	"chimewatch/pkg/pipeline/storetest"
	"chimewatch/pkg/principal"
	"chimewatch/pkg/summary"
	"chimewatch/pkg/tally"
)

// relentless are denials of one principal on one day, refused for two causes in
// every hour: more operations and addresses than a report keeps.
func relentless(operations, sources int, name func(int) string) []denial.Call {
	day := (tally.DayOf(storetest.Now()) - 1).First()
	causes := []denial.Cause{denial.IAM, denial.AppRole}
	var out []denial.Call
	for hour := range 24 {
		for i := range operations {
			for k, cause := range causes {
				out = append(out, denial.Call{
					Time:      (day + tally.Hour(hour)).Start().Add(time.Duration(len(out)%3600)*time.Second + time.Duration(len(out))),
					Principal: principal.Principal{Key: strings.Repeat("k", 1024), Type: "IAMUser", Account: "111122223333"},
					Operation: name(i), Outcome: denial.Refused, Cause: cause,
					Source: netip.AddrFrom16([16]byte{0x20, 1, 0xd, 0xb8, byte(i * 7), byte(k * 31), byte(i * 131), byte(k), 15: byte((i + k) % sources)}),
				})
				out[len(out)-1].Key.EventID = fmt.Sprint(len(out))
			}
		}
	}
	return out
}

func merge(calls []denial.Call, r *rand.Rand) *report {
	h, out := storetest.Hasher(), &report{}
	for rest := calls; len(rest) > 0; {
		n := min(1+r.IntN(100), len(rest))
		part := &report{}
		for i := range rest[:n] {
			part.merge(h, reportOf(&rest[i], rest[i].Principal.Key))
		}
		out.merge(h, part)
		rest = rest[n:]
	}
	return out
}

// Hours merge in any order to the same, what is kept of them is exact, and all
// denials are counted in their hour under their cause.
func TestHours(t *testing.T) {
	calls := relentless(150, 200, func(i int) string { return fmt.Sprintf("Operation%d", i) })
	r := rand.New(rand.NewPCG(1, 1))
	want := merge(calls, r)
	for range 2 {
		r.Shuffle(len(calls), func(i, j int) { calls[i], calls[j] = calls[j], calls[i] })
		if d := cmp.Diff(want, merge(calls, r)); d != "" {
			t.Fatalf("in another order (-want +got):\n%s", d)
		}
	}
	var diary summary.Diary
	for i := range calls {
		diary.Add(&calls[i])
	}
	exact, got := diary.Days()[0], want.principalDay()
	if len(got.Hours) != 24 {
		t.Fatalf("%d hours", len(got.Hours))
	}
	kept, addresses := 0, 0
	for i, h := range got.Hours {
		all, sum := map[refusal]int{}, map[denial.Cause]int{}
		for _, x := range exact.Hours[i].Refusals {
			all[refusal{x.Operation, x.Cause}] = x.Denials
			sum[x.Cause] += x.Denials
		}
		for _, x := range h.Refusals {
			sum[x.Cause] -= x.Denials
			if x.Operation == summary.OtherOperations {
				continue
			}
			kept++
			if n := all[refusal{x.Operation, x.Cause}]; n != x.Denials {
				t.Errorf("%v: %+v, want %d", h.First, x, n)
			}
		}
		for cause, n := range sum {
			if n != 0 {
				t.Errorf("%v: %d denials too few with cause %s", h.First, n, cause)
			}
		}
		for address, n := range h.Sources {
			addresses++
			if exact.Hours[i].Sources[address] != n {
				t.Errorf("%v: %d from %s, want %d", h.First, n, address, exact.Hours[i].Sources[address])
			}
		}
		if e := exact.Hours[i]; h.Hour != e.Hour || !h.First.Equal(e.First) || !h.Last.Equal(e.Last) {
			t.Errorf("hour %v from %v to %v, want %v from %v to %v", h.Hour, h.First, h.Last, e.Hour, e.First, e.Last)
		}
	}
	if kept != maxRefusals || addresses != maxHourSources {
		t.Errorf("%d refusals and %d addresses are kept", kept, addresses)
	}
}

// A report that has as much of everything as it keeps leaves room in an item of
// 64 KB for the summaries of a day.
func TestReportIsBounded(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	noise := make([]string, 150)
	for i := range noise {
		b := make([]byte, 128)
		for j := range b {
			b[j] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"[r.IntN(52)]
		}
		noise[i] = string(b)
	}
	for name, calls := range map[string][]denial.Call{
		"as long as can be": relentless(150, 200, func(i int) string { return noise[i] }),
		"ordinary names":    relentless(150, 200, func(i int) string { return fmt.Sprintf("ListChannelMembershipsFor%d", i) }),
	} {
		full := merge(calls, r)
		for _, h := range full.Hours { // counts of different lengths
			for of := range h.Refusals {
				h.Refusals[of] = 1 + r.IntN(1<<r.IntN(14))
			}
			for address := range h.Sources {
				h.Sources[address] = 1 + r.IntN(1<<r.IntN(14))
			}
		}
		packed, err := pack(full)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %d bytes", name, len(packed))
		if len(packed) > 63<<10-maxWhole {
			t.Errorf("%s: a report of %d bytes", name, len(packed))
		}
		again := &report{}
		if err := unpack(packed, again); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(full.principalDay(), again.principalDay()); d != "" {
			t.Errorf("%s: read again (-want +got):\n%s", name, d)
		}
	}
}

// Denials that an hour is not known of are not lost.
func TestReportWithoutHours(t *testing.T) {
	calls := relentless(2, 1, func(i int) string { return "ListChannels" })
	r := merge(calls, rand.New(rand.NewPCG(3, 3)))
	clear(r.Hours)
	day := r.principalDay()
	if len(day.Hours) != 1 || day.Hours[0].Denials() != len(calls) || day.Hours[0].Hour != tally.HourOf(calls[0].Time) {
		t.Errorf("%+v", day)
	}
}

// A stored report that points at what is not there is an error, not a panic.
func TestDamagedHours(t *testing.T) {
	for _, text := range []string{
		`{"h":[{"h":24}]}`, `{"h":[{"h":-1}]}`, `{"o":{"A":1},"c":{"iam":1},"h":[{"h":1,"r":[0,1,1]}]}`, `{"o":{"A":1},"c":{"iam":1},"h":[{"h":1,"r":[-1,0,1]}]}`,
		`{"o":{"A":1},"c":{"iam":1},"h":[{"h":1,"r":[0,0]}]}`, `{"h":[{"h":1,"s":[0,1]}]}`, `{"h":[{"h":1,"s":[0]}]}`, `{"h":1}`,
	} {
		if err := new(report).UnmarshalJSON([]byte(text)); err == nil {
			t.Errorf("%s: no error", text)
		}
	}
}
