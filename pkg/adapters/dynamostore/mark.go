package dynamostore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// markKey is that of a note that something was done once for all.
func markKey(name string) key { return key{"m#" + name, "m"} }

// Mark notes that something was done at a time, to the second, and returns when
// it was done first. It does not expire.
func (s *Store) Mark(ctx context.Context, name string, at time.Time) (time.Time, error) {
	it := newItem(markKey(name), time.Time{})
	it.setNumber("t", at.Unix())
	err := s.putItem(ctx, it, condition{expression: "attribute_not_exists(pk)"})
	var there *types.ConditionalCheckFailedException
	switch {
	case err == nil:
		return at.Truncate(time.Second), nil
	case !errors.As(err, &there):
		return time.Time{}, fmt.Errorf("noting %s: %w", name, err)
	}
	first, _, err := s.Marked(ctx, name)
	return first, err
}

// Marked returns when something was noted to be done first, and whether it was.
func (s *Store) Marked(ctx context.Context, name string) (time.Time, bool, error) {
	read, err := s.get(ctx, []key{markKey(name)})
	if err != nil {
		return time.Time{}, false, fmt.Errorf("reading whether %s is done: %w", name, err)
	}
	it, ok := read[markKey(name)]
	if !ok {
		return time.Time{}, false, nil
	}
	return time.Unix(it.number("t"), 0).UTC(), true, it.check()
}
