package main

import (
	"strings"
	"testing"
	"time"
)

func TestParseTime(t *testing.T) {
	for s, want := range map[string]string{
		"2026-06-01":                "2026-06-01T00:00:00Z",
		"2026-06-01T10:00:00Z":      "2026-06-01T10:00:00Z",
		"2026-06-01T10:00:00+02:00": "2026-06-01T08:00:00Z",
		"36h":                       "2026-06-30T00:00:00Z",
		"90m":                       "2026-07-01T10:30:00Z",
		"7d":                        "2026-06-24T12:00:00Z",
		"0d":                        "2026-07-01T12:00:00Z",
	} {
		got, err := parseTime("since", s, july())
		if err != nil || got.Format(time.RFC3339) != want {
			t.Errorf("%q is %v (%v), want %s", s, got, err, want)
		}
	}
	for _, s := range []string{"", "yesterday", "-1h", "-3d", "7", "d", "2026-13-01", "2026-06-01 10:00", "99999999999d", "2026-06-01T10:00:00"} {
		if _, err := parseTime("since", s, july()); err == nil || !strings.HasPrefix(err.Error(), "--since: ") {
			t.Errorf("%q: got %v, want an error that names the flag", s, err)
		}
	}
}
