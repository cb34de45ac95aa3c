package main

import (
	"context"
	"math"
	"runtime/debug"
	"runtime/metrics"
	"testing"
	"time"
)

func TestMemoryLimit(t *testing.T) {
	for _, tt := range []struct {
		live uint64
		want int64
	}{{0, roomy}, {100 << 20, roomy}, {150 << 20, roomy}, {1000, roomy}, {1e9, 1.3e9}} {
		if got := memoryLimit(tt.live); got != tt.want {
			t.Errorf("%d in use: %d, want %d", tt.live, got, tt.want)
		}
	}
}

// The limit is set, and not where the user has one.
func TestKeepLean(t *testing.T) {
	before := debug.SetMemoryLimit(-1)
	defer debug.SetMemoryLimit(before)
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	if metrics.Read(live); live[0].Value.Kind() != metrics.KindUint64 {
		t.Fatalf("%s is of kind %v", live[0].Name, live[0].Value.Kind())
	}
	for variable, want := range map[string]int64{"": roomy, "GOGC": math.MaxInt64, "GOMEMLIMIT": math.MaxInt64} {
		t.Run(variable, func(t *testing.T) {
			t.Setenv("GOGC", "")
			t.Setenv("GOMEMLIMIT", "")
			if variable != "" {
				t.Setenv(variable, "off")
			}
			debug.SetMemoryLimit(math.MaxInt64)
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			keepLean(ctx)
			if got := debug.SetMemoryLimit(-1); got != want {
				t.Errorf("the limit is %d, want %d", got, want)
			}
		})
	}
}
