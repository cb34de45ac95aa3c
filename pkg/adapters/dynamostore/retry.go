package dynamostore

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
)

// maxAttempts is how often a failed request is tried, after what the SDK repeats
// by itself, unless the context's deadline comes before.
const maxAttempts = 30

// patience counts the attempts of one operation.
type patience struct {
	store   *Store
	attempt int
}

// wait waits before the next attempt. It returns false where there is none, and
// the error is final.
func (p *patience) wait(ctx context.Context, err error) bool {
	p.attempt++
	if !again(err) || p.attempt >= maxAttempts || ctx.Err() != nil {
		return false
	}
	limit := min(p.store.config.FirstDelay<<min(p.attempt-1, 10), p.store.config.LastDelay)
	delay := time.Duration(p.store.config.Random() % uint64(limit))
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= delay {
		return false
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// again reports whether an error may be gone at the next attempt: throttling,
// another writer, a fault on the way or of the service.
func again(err error) bool {
	if t, ok := errors.AsType[*types.TransactionCanceledException](err); ok {
		for _, r := range t.CancellationReasons {
			switch aws.ToString(r.Code) {
			case "", "None", "ConditionalCheckFailed", "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded":
			default:
				return false
			}
		}
		return true
	}
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		return !errors.Is(err, context.Canceled) && !errors.Is(err, errCorrupt) && !errors.Is(err, errTooLarge)
	}
	switch api.ErrorCode() {
	case "ConditionalCheckFailedException", "TransactionConflictException", "TransactionInProgressException", "InternalServerError":
		return true
	}
	return retry.IsErrorRetryables(retry.DefaultRetryables).IsErrorRetryable(err) == aws.TrueTernary
}

// refused reports whether a condition did not hold.
func refused(err error) bool {
	if t, ok := errors.AsType[*types.TransactionCanceledException](err); ok {
		for _, r := range t.CancellationReasons {
			if aws.ToString(r.Code) == "ConditionalCheckFailed" {
				return true
			}
		}
		return false
	}
	_, ok := errors.AsType[*types.ConditionalCheckFailedException](err)
	return ok
}

// errCorrupt is wrapped by errors about what the table holds.
var errCorrupt = errors.New("the table holds what this program cannot read")

var errTooLarge = errors.New("too much for one transaction")

// atFault reports whether an error is about what was to be written, so that
// less of it may pass.
func atFault(err error) bool {
	if errors.Is(err, errTooLarge) || errors.Is(err, errCorrupt) {
		return true
	}
	if _, ok := errors.AsType[*types.TransactionCanceledException](err); ok {
		return !again(err)
	}
	api, ok := errors.AsType[smithy.APIError](err)
	return ok && api.ErrorCode() == "ValidationException"
}
