package dynamostore_test

import (
	"testing"
	"time"
)

// What is noted first stays.
func TestMark(t *testing.T) {
	endpoint := minidyn(t)
	s := openAt(t, endpoint, newTable(t, endpoint), time.Now())
	if _, ok, err := s.Marked(t.Context(), "history"); ok || err != nil {
		t.Fatalf("marked %v, %v", ok, err)
	}
	first := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	for i, at := range []time.Time{first, first.Add(time.Hour), first.Add(-time.Hour)} {
		if got, err := s.Mark(t.Context(), "history", at); err != nil || !got.Equal(first) {
			t.Errorf("%d: %v, %v", i, got, err)
		}
	}
	if got, ok, err := s.Marked(t.Context(), "history"); !ok || err != nil || !got.Equal(first) {
		t.Errorf("%v, %v, %v", got, ok, err)
	}
	if _, ok, err := s.Marked(t.Context(), "other"); ok || err != nil {
		t.Errorf("another mark: %v, %v", ok, err)
	}
}
