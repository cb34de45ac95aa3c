package endtoend

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// source takes messages from a queue to a function as Lambda's event source
// does: in batches, deleting those that did not fail, leaving the others to
// become visible again.
//
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
type source struct {
	w     *world
	url   string
	arn   string
	batch int   // most messages at a time
	hides int32 // seconds for which it hides a message that was received
}

// source of an event source mapping of the template.
func (w *world) source(mapping, queue string) source {
	w.t.Helper()
	url := w.stack.Resources[queue]
	return source{w, url, w.arn(url), w.number(mapping, "BatchSize"), int32(w.number(queue, "VisibilityTimeout"))}
}

// number returns a property of a resource of the template.
func (w *world) number(id, property string) int {
	w.t.Helper()
	n, err := strconv.Atoi(field(w.declared[id].Properties, property))
	if err != nil {
		w.t.Fatalf("%s: %s: %v", id, property, err)
	}
	return n
}

// receive takes up to limit messages, for as long as the queue hides them.
func (s source) receive(limit int) (messages []types.Message) {
	for len(messages) < limit {
		out, err := s.w.sqs.ReceiveMessage(context.Background(), &sqs.ReceiveMessageInput{
			QueueUrl: &s.url, MaxNumberOfMessages: int32(min(10, limit-len(messages))), VisibilityTimeout: s.hides,
		})
		if err != nil {
			s.w.t.Error(err)
			return messages
		}
		if len(out.Messages) == 0 {
			return messages
		}
		messages = append(messages, out.Messages...)
	}
	return messages
}

// length returns how many messages the queue has that nobody has taken.
func (s source) length() int {
	out, err := s.w.sqs.GetQueueAttributes(context.Background(), &sqs.GetQueueAttributesInput{
		QueueUrl: &s.url, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameApproximateNumberOfMessages},
	})
	if err != nil {
		s.w.t.Error(err)
		return 0
	}
	n, err := strconv.Atoi(out.Attributes[string(types.QueueAttributeNameApproximateNumberOfMessages)])
	if err != nil {
		s.w.t.Error(err)
	}
	return n
}

// deliver hands up to limit messages to a slot and returns how many it took from
// the queue and how many of them failed.
func (s source) deliver(to *slot, limit int, kill bool) (taken, failed int) {
	messages := s.receive(min(limit, s.batch))
	if len(messages) == 0 {
		return 0, 0
	}
	answer, err := to.invoke(s.payload(messages), kill)
	if err != nil || answer.Error {
		if err == nil {
			s.w.t.Errorf("%s: %s", to.door.function, answer.Body)
		}
		s.again(messages)
		return len(messages), len(messages)
	}
	var response struct {
		BatchItemFailures []struct{ ItemIdentifier string }
	}
	if err := json.Unmarshal(answer.Body, &response); err != nil {
		s.w.t.Errorf("%s answered %s", to.door.function, answer.Body)
	}
	back := map[string]bool{}
	for _, f := range response.BatchItemFailures {
		back[f.ItemIdentifier] = true
	}
	var done, left []types.Message
	for _, m := range messages {
		if back[*m.MessageId] {
			left = append(left, m)
		} else {
			done = append(done, m)
		}
	}
	s.remove(done)
	s.again(left)
	return len(messages), len(left)
}

// payload is what Lambda makes of messages.
//
// https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
func (s source) payload(messages []types.Message) []byte {
	records := make([]map[string]any, len(messages))
	for i, m := range messages {
		records[i] = map[string]any{
			"messageId": *m.MessageId, "receiptHandle": *m.ReceiptHandle, "body": *m.Body,
			"eventSource": "aws:sqs", "eventSourceARN": s.arn, "awsRegion": region,
		}
	}
	b, err := json.Marshal(map[string]any{"Records": records})
	if err != nil {
		s.w.t.Error(err)
	}
	return b
}

func (s source) remove(messages []types.Message) {
	for len(messages) > 0 {
		n := min(10, len(messages))
		in := &sqs.DeleteMessageBatchInput{QueueUrl: &s.url}
		for i, m := range messages[:n] {
			in.Entries = append(in.Entries, types.DeleteMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), ReceiptHandle: m.ReceiptHandle})
		}
		if out, err := s.w.sqs.DeleteMessageBatch(context.Background(), in); err != nil || len(out.Failed) > 0 {
			s.w.t.Errorf("deleting messages: %v", err)
		}
		messages = messages[n:]
	}
}

// again lets the time pass after which messages are visible again: minutes,
// which the test does not wait for.
func (s source) again(messages []types.Message) {
	for _, m := range messages {
		_, err := s.w.sqs.ChangeMessageVisibility(context.Background(), &sqs.ChangeMessageVisibilityInput{QueueUrl: &s.url, ReceiptHandle: m.ReceiptHandle, VisibilityTimeout: 0})
		if err != nil {
			s.w.t.Errorf("making a message visible again: %v", err)
		}
	}
}

// drain takes all messages from a queue of the test's own.
func (w *world) drain(url string) []types.Message {
	w.t.Helper()
	s := source{w: w, url: url}
	var all []types.Message
	for {
		messages := s.receiveAttributes()
		if len(messages) == 0 {
			return all
		}
		s.remove(messages)
		all = append(all, messages...)
	}
}

func (s source) receiveAttributes() []types.Message {
	out, err := s.w.sqs.ReceiveMessage(context.Background(), &sqs.ReceiveMessageInput{
		QueueUrl: &s.url, MaxNumberOfMessages: 10, MessageAttributeNames: []string{"All"}, VisibilityTimeout: 60,
	})
	if err != nil {
		s.w.t.Fatal(err)
	}
	return out.Messages
}

// await takes messages from a queue until there is one.
func (w *world) await(url string) []types.Message {
	w.t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		s := source{w: w, url: url}
		if messages := s.receiveAttributes(); len(messages) > 0 {
			s.remove(messages)
			return messages
		}
	}
	w.t.Fatal("no message comes")
	return nil
}
