package storetest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/tally"
)

func place(n int, ago tally.Hour) tally.At {
	return tally.At{Subject: subjectOf(n), Hour: tally.HourOf(Now()) - ago}
}

func wantDue(t *testing.T, s pipeline.Store, now time.Time, limit int, want ...pipeline.Waiting) {
	t.Helper()
	got, err := s.DueWaiting(ctx(), now, limit)
	must(t, err)
	if d := diff(want, got); d != "" {
		t.Errorf("due at %v (-want +got):\n%s", now, d)
	}
}

func waiting(t *testing.T, s pipeline.Store) {
	later := Now().Add(time.Hour)
	a, b, c := pipeline.Waiting{At: place(0, 0), Due: later}, pipeline.Waiting{At: place(0, 1), Due: later.Add(time.Nanosecond)}, pipeline.Waiting{At: place(1, 0), Due: later.Add(time.Minute)}
	must(t, s.PutWaiting(ctx(), []pipeline.Waiting{c, b, a, c}))
	wantDue(t, s, later.Add(-time.Nanosecond), 10)
	wantDue(t, s, later, 10, a)
	wantDue(t, s, later.Add(time.Hour), 10, a, b, c)
	wantDue(t, s, later.Add(time.Hour), 2, a, b)

	// A place may wait for several times; the same time twice is one.
	again := pipeline.Waiting{At: a.At, Due: later.Add(30 * time.Second)}
	must(t, s.PutWaiting(ctx(), []pipeline.Waiting{again, a}))
	must(t, s.PutWaiting(ctx(), []pipeline.Waiting{again}))
	wantDue(t, s, later.Add(time.Hour), 10, a, b, again, c)
	must(t, s.DoneWaiting(ctx(), []pipeline.Waiting{a, c, a}))
	must(t, s.DoneWaiting(ctx(), []pipeline.Waiting{a, {At: place(2, 9), Due: later}, {At: b.At, Due: later}}))
	wantDue(t, s, later.Add(time.Hour), 10, b, again)
	must(t, s.PutWaiting(ctx(), []pipeline.Waiting{a}))
	wantDue(t, s, later.Add(time.Hour), 10, a, b, again)

	hostile := pipeline.Waiting{At: tally.At{Subject: tally.Subject{Kind: tally.Bearer, Key: "a#\x00\xff" + strings.Repeat("x", 4000)}, Hour: 9}, Due: later.Add(2 * time.Minute)}
	must(t, s.PutWaiting(ctx(), []pipeline.Waiting{hostile}))
	wantDue(t, s, later.Add(time.Hour), 10, a, b, again, hostile)

	var many []pipeline.Waiting
	for i := range 120 {
		many = append(many, pipeline.Waiting{At: place(3, tally.Hour(i)), Due: later.Add(time.Hour + time.Duration(120-i)*time.Second)})
	}
	must(t, s.PutWaiting(ctx(), many))
	slices.Reverse(many)
	wantDue(t, s, later.Add(10*time.Hour), 50, slices.Concat([]pipeline.Waiting{a, b, again, hostile}, many[:46])...)
	must(t, s.DoneWaiting(ctx(), append(many, a, b, again, hostile)))
	wantDue(t, s, later.Add(10*time.Hour), 50)
}
