package triage

import (
	"testing"
	"time"
)

func TestHandling(t *testing.T) {
	at := time.Date(2026, 3, 18, 10, 0, 0, 0, time.UTC)
	act := func(d Deed, s Severity) Act { return Act{Deed: d, LastSeen: at, Severity: s} }
	for _, tt := range []struct {
		name   string
		acts   []Act
		seen   time.Duration // after the last act
		now    Severity
		status Status
		quiet  bool // about an update of that severity
	}{
		{"nobody did anything", nil, 0, High, Untouched, false},
		{"acknowledged", []Act{act(Acknowledge, High)}, 0, High, Acknowledged, true},
		{"acknowledged, and it goes on", []Act{act(Acknowledge, High)}, time.Hour, High, Acknowledged, true},
		{"acknowledged, and it rises", []Act{act(Acknowledge, High)}, time.Hour, Critical, Acknowledged, false},
		{"closed", []Act{act(Acknowledge, High), act(Close, High)}, 0, High, Closed, false},
		{"closed, and it goes on", []Act{act(Close, High)}, time.Second, High, Reopened, false},
		{"closed, and it rises by a late record", []Act{act(Close, Medium)}, 0, High, Reopened, false},
		{"reopened and acknowledged", []Act{act(Close, Medium), act(Acknowledge, High)}, 0, High, Acknowledged, true},
	} {
		h := Handling{tt.acts}
		in := Incident{LastSeen: at.Add(tt.seen), Assessment: Assessment{Severity: tt.now}}
		if got := h.Status(&in); got != tt.status || h.Quiets(tt.now) != tt.quiet {
			t.Errorf("%s: %s, quiet %v; want %s, %v", tt.name, got, h.Quiets(tt.now), tt.status, tt.quiet)
		}
	}
	var h Handling
	for i := range 3 * MaxActs {
		before := h
		h = h.With(Act{By: string(rune('a' + i%26))})
		if len(h.Acts) != min(i+1, MaxActs) || len(before.Acts) > MaxActs || h.Acts[len(h.Acts)-1].By != string(rune('a'+i%26)) {
			t.Fatalf("after %d acts: %d", i+1, len(h.Acts))
		}
	}
}
