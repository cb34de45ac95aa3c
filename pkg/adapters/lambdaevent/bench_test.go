package lambdaevent_test

import (
	"fmt"
	"io"
	"log/slog"
	"testing"
	"time"
)

// BenchmarkHandle takes invocations warm, with a store in memory: what is the
// detector's own beside the time in a store, and a little more. Each invocation
// has new records of one principal.
func BenchmarkHandle(b *testing.B) {
	for _, calls := range []int{1, 1000} {
		b.Run(fmt.Sprintf("calls=%d", calls), func(b *testing.B) {
			h, _, _, _ := handler(b)
			h.Log = slog.New(slog.NewJSONHandler(io.Discard, nil))
			operations := []string{"ListChannels", "SendChannelMessage", "DescribeChannel"}
			b.ReportAllocs()
			for n := 0; b.Loop(); n++ {
				b.StopTimer()
				bodies := make([]string, calls)
				for i := range bodies {
					bodies[i] = event(fmt.Sprintf("%08x-0000-4000-8000-%012x", n, i), operations[i%len(operations)], "")
				}
				payload := batch(b, bodies...)
				b.StartTimer()
				if _, err := h.Handle(b.Context(), payload); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(time.Millisecond), "ms")
			b.ReportMetric(0, "ns/op")
		})
	}
}
