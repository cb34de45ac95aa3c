package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// parseTime reads a time from a flag: RFC 3339, a day in UTC, or a span before
// now such as 36h or 7d.
func parseTime(flag, s string, now time.Time) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t.UTC(), nil
	}
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		return t, nil
	}
	if days, ok := strings.CutSuffix(s, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n >= 0 && n <= 36500 {
			return now.UTC().AddDate(0, 0, -n), nil
		}
	}
	if d, err := time.ParseDuration(s); err == nil && d >= 0 {
		return now.UTC().Add(-d), nil
	}
	return time.Time{}, fmt.Errorf("--%s: %q is no time: write 2026-01-31T12:00:00Z, 2026-01-31 (UTC), or a span before now such as 36h or 7d", flag, s)
}
