package main

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// roomy is the memory, in bytes, up to which the garbage collector may let
// garbage lie as long as it pleases.
const roomy = 212 << 20

// keepLean bounds memory beyond roomy to what is in use and three tenths more,
// until the context ends. The collector alone would let it grow to twice of what
// is in use. It leaves alone who sets GOGC or GOMEMLIMIT.
func keepLean(ctx context.Context) {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	limit := int64(roomy)
	debug.SetMemoryLimit(limit)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			metrics.Read(live)
			if want := memoryLimit(live[0].Value.Uint64()); want != limit {
				limit = want
				debug.SetMemoryLimit(limit) // which stops the world
			}
		}
	}
}

// memoryLimit returns the limit, in bytes, for a heap of which so much was in
// use when the collector last looked.
func memoryLimit(live uint64) int64 { return max(roomy, int64(live/10*13)) }
