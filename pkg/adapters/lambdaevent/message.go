// Package lambdaevent turns what AWS Lambda hands over into batches for the
// pipeline, and outcomes into what Lambda expects back.
package lambdaevent

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/aws/aws-lambda-go/events"

	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/pipeline"
)

// Kind says what an invocation is.
type Kind int

// The kinds of invocation.
const (
	Queue Kind = iota // an SQS batch
	Event             // one EventBridge event, delivered straight
	Sweep             // the scheduled pass: {"sweep": true}
)

// direct is the message id of an event that came without a queue.
const direct = "direct"

// Invocation is what Lambda handed over.
type Invocation struct {
	Kind     Kind
	Messages []pipeline.Message // of a Queue or an Event
	Drills   []pipeline.Message // those that came by the drill queue
}

// Parse recognises an invocation by its content. A message that cannot be read
// becomes one that holds the reason, so that it alone fails. What came by the
// queue with the ARN drill is a drill, whatever is in it; nothing else is.
func Parse(payload []byte, drill string, candidate *cloudtrail.Filter) (Invocation, error) {
	var shape struct {
		Records    []struct{ EventSource string } `json:"Records"`
		DetailType string                         `json:"detail-type"`
		Sweep      bool                           `json:"sweep"`
	}
	if err := json.Unmarshal(payload, &shape); err != nil {
		return Invocation{}, fmt.Errorf("reading the invocation: %w", err)
	}
	switch {
	case shape.Sweep:
		return Invocation{Kind: Sweep}, nil
	case shape.DetailType != "":
		return Invocation{Kind: Event, Messages: []pipeline.Message{read(direct, payload, candidate)}}, nil
	case len(shape.Records) > 0 && shape.Records[0].EventSource == "aws:sqs":
		var batch events.SQSEvent
		if err := json.Unmarshal(payload, &batch); err != nil {
			return Invocation{}, fmt.Errorf("reading the SQS batch: %w", err)
		}
		in := Invocation{Kind: Queue}
		for _, m := range batch.Records {
			to := &in.Messages
			if drill != "" && m.EventSourceARN == drill {
				to = &in.Drills
			}
			*to = append(*to, read(m.MessageId, []byte(m.Body), candidate))
		}
		return in, nil
	}
	return Invocation{}, fmt.Errorf(`the invocation is no SQS batch, EventBridge event or {"sweep": true}: check what invokes the function`)
}

// read reads the records of one message.
func read(id string, body []byte, candidate *cloudtrail.Filter) pipeline.Message {
	m := pipeline.Message{ID: id}
	_, err := cloudtrail.ScanBytes(body, "message "+id, cloudtrail.Options{Candidate: candidate}, func(e cloudtrail.Element) error {
		rec, err := e.Decode()
		m.Items = append(m.Items, pipeline.Item{Record: rec, Position: e.Pos, Err: err})
		return nil
	})
	if err != nil {
		m.Items = append(m.Items, pipeline.Item{Position: cloudtrail.Position{File: "message " + id}, Err: err})
	}
	return m
}

// Response is what a Queue invocation returns: the messages to deliver again.
func Response(failed map[string]error) events.SQSEventResponse {
	r := events.SQSEventResponse{BatchItemFailures: []events.SQSBatchItemFailure{}}
	for id := range failed {
		r.BatchItemFailures = append(r.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: id})
	}
	return r
}

// Failure is what an Event invocation returns: the reason why the event has to
// be delivered again, nil where it has not.
func Failure(failed map[string]error) error {
	var reasons []string
	for _, err := range failed {
		reasons = append(reasons, err.Error())
	}
	if len(reasons) == 0 {
		return nil
	}
	return fmt.Errorf("the event was not counted: %s", strings.Join(reasons, "; "))
}
