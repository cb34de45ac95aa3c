package logqueue

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// Client names the call used; *sqs.Client has it.
type Client interface {
	SendMessageBatch(context.Context, *sqs.SendMessageBatchInput, ...func(*sqs.Options)) (*sqs.SendMessageBatchOutput, error)
}

// batchSize is how many messages one request takes:
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
const batchSize = 10

// Sender puts objects into the queue, one to a message, so that each fails
// alone. It is not safe for concurrent use.
type Sender struct {
	Client Client
	URL    string // of the queue
	// Tries is how often a message is sent that the queue did not take; 5 where
	// it is zero.
	Tries int
	// Sleep waits between tries; nil waits in real time.
	Sleep func(ctx context.Context, d time.Duration) error

	sent    int64
	last    Reference
	waiting []Reference
}

// Sent returns how many objects the queue took, and the last of them. All that
// were given before that one are in the queue too.
func (s *Sender) Sent() (int64, Reference) { return s.sent, s.last }

// Send puts an object into the queue, with nine others. After an error nothing
// behind Sent is known to be in the queue; to send an object twice does no harm.
func (s *Sender) Send(ctx context.Context, r Reference) error {
	if s.waiting = append(s.waiting, r); len(s.waiting) < batchSize {
		return nil
	}
	return s.Flush(ctx)
}

// Flush sends what waits for its batch to become full.
func (s *Sender) Flush(ctx context.Context) error {
	pending := s.waiting
	s.waiting = nil
	if len(pending) == 0 {
		return nil
	}
	left := make([]int, len(pending)) // indices of what the queue did not take yet
	for i := range left {
		left[i] = i
	}
	tries := s.Tries
	if tries <= 0 {
		tries = 5
	}
	for try := 1; ; try++ {
		failed, why, err := s.put(ctx, pending, left)
		if err != nil {
			return fmt.Errorf("sending to the queue %s: %w; check its URL, its Region, and that sqs:SendMessage is allowed (the operator role of the deployment may)", s.URL, err)
		}
		if len(failed) == 0 {
			s.sent, s.last = s.sent+int64(len(pending)), pending[len(pending)-1]
			return nil
		}
		if try == tries {
			return fmt.Errorf("sending to the queue %s: it did not take %d of %d messages: %w", s.URL, len(failed), len(pending), why)
		}
		if err := s.sleep(ctx, min(100*time.Millisecond<<try, 5*time.Second)); err != nil {
			return err
		}
		left = failed
	}
}

// put sends one batch and returns which were not taken, and why.
func (s *Sender) put(ctx context.Context, refs []Reference, which []int) (failed []int, why error, err error) {
	in := &sqs.SendMessageBatchInput{QueueUrl: &s.URL}
	for _, i := range which {
		in.Entries = append(in.Entries, types.SendMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), MessageBody: aws.String(Encode(refs[i]))})
	}
	out, err := s.Client.SendMessageBatch(ctx, in)
	if err != nil {
		return nil, nil, err
	}
	for _, f := range out.Failed {
		i, err := strconv.Atoi(aws.ToString(f.Id))
		if err != nil || i < 0 || i >= len(refs) {
			return nil, nil, fmt.Errorf("the queue answers about a message %q that was not sent", aws.ToString(f.Id))
		}
		failed = append(failed, i)
		why = errors.New(aws.ToString(f.Code) + ": " + aws.ToString(f.Message))
	}
	return failed, why, nil
}

func (s *Sender) sleep(ctx context.Context, d time.Duration) error {
	if s.Sleep != nil {
		return s.Sleep(ctx, d)
	}
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
