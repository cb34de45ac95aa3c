// Package drillqueue sends simulated events to the drill queue of a deployment,
// as EventBridge would deliver them.
package drillqueue

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

// What one request takes: messages, and bytes of all of them.
//
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
const (
	maxMessages = 10
	maxBytes    = 256 << 10
)

// tries is how often a message is sent that the queue does not take.
const tries = 5

// Sender sends events. It is not safe for concurrent use.
type Sender struct {
	Client Client
	URL    string // of the queue
	// Sleep waits between tries; nil waits in real time.
	Sleep func(ctx context.Context, d time.Duration) error

	waiting []string
	bytes   int
	sent    int
}

// Sent returns how many events the queue took.
func (s *Sender) Sent() int { return s.sent }

// Send sends an event, together with others; Flush sends what still waits.
func (s *Sender) Send(ctx context.Context, event []byte) error {
	if s.bytes+len(event) > maxBytes {
		if err := s.Flush(ctx); err != nil {
			return err
		}
	}
	s.waiting, s.bytes = append(s.waiting, string(event)), s.bytes+len(event)
	if len(s.waiting) < maxMessages {
		return nil
	}
	return s.Flush(ctx)
}

// Flush sends what waits. An error says what to check.
func (s *Sender) Flush(ctx context.Context) error {
	left := s.waiting
	s.waiting, s.bytes = nil, 0
	for try := 1; len(left) > 0; try++ {
		in := &sqs.SendMessageBatchInput{QueueUrl: &s.URL}
		for i, event := range left {
			in.Entries = append(in.Entries, types.SendMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), MessageBody: aws.String(event)})
		}
		out, err := s.Client.SendMessageBatch(ctx, in)
		if err != nil {
			return fmt.Errorf("sending to the queue %s: %w; check its URL and Region, and that you have taken the drill's role: nobody else may send", s.URL, err)
		}
		var again []string
		var why error
		for _, f := range out.Failed {
			i, err := strconv.Atoi(aws.ToString(f.Id))
			if err != nil || i < 0 || i >= len(left) {
				return fmt.Errorf("sending to the queue %s: it answers about a message %q that was not sent", s.URL, aws.ToString(f.Id))
			}
			again = append(again, left[i])
			why = errors.New(aws.ToString(f.Code) + ": " + aws.ToString(f.Message))
		}
		s.sent += len(left) - len(again)
		if left = again; len(left) > 0 && try == tries {
			return fmt.Errorf("sending to the queue %s: it did not take %d messages: %w", s.URL, len(left), why)
		}
		if len(left) > 0 {
			if err := s.sleep(ctx, 100*time.Millisecond<<try); err != nil {
				return err
			}
		}
	}
	return nil
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
