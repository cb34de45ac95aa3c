package dynamostore

import (
	"context"
	"fmt"
	"slices"

	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/denial"
	"chimewatch/pkg/summary"
	"chimewatch/pkg/tally"
)

var _ summary.Store = (*Store)(nil)

// daysAtOnce is how many principals' days are held at a time.
const daysAtOnce = parallel * maxGet

// PrincipalDays implements summary.Store. It reads the entries of the day and
// what they point at: cost grows with the principals that were refused.
func (s *Store) PrincipalDays(ctx context.Context, day tally.Day, yield func(summary.PrincipalDay) error) error {
	now := s.config.Now()
	keys, err := s.entries(ctx, day, day, "d#")
	if err != nil {
		return fmt.Errorf("reading the entries of a day: %w", err)
	}
	for chunk := range slices.Chunk(keys, daysAtOnce) {
		read, err := s.getLive(ctx, chunk, now)
		if err != nil {
			return fmt.Errorf("reading the principals of a day: %w", err)
		}
		for _, it := range read {
			r, err := reportIn(it)
			if err != nil {
				return fmt.Errorf("reading the principals of a day: %w", err)
			}
			if r == nil {
				continue
			}
			if err := yield(r.principalDay()); err != nil {
				return err
			}
		}
	}
	return nil
}

// Calls implements summary.Store.
func (s *Store) Calls(ctx context.Context, keys []cloudtrail.Key) (map[cloudtrail.Key]*denial.Call, error) {
	return s.Evidence(ctx, keys)
}
