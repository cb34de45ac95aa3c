package lookupevents

import (
	"context"
	"time"
)

// Wall is the wall clock.
type Wall struct{}

// Now returns the time in UTC.
func (Wall) Now() time.Time { return time.Now().UTC() }

// Sleep waits in real time.
func (Wall) Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
