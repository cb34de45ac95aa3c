// Package eventbus puts alerts as events on an EventBridge bus of the
// customer's choice, beside what another notifier does with them.
package eventbus

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"chimewatch/pkg/alert"
	"chimewatch/pkg/pipeline"
)

// Source is the source of every event.
const Source = "chimewatch"

// Client names the call used; *eventbridge.Client has it.
type Client interface {
	PutEvents(context.Context, *eventbridge.PutEventsInput, ...func(*eventbridge.Options)) (*eventbridge.PutEventsOutput, error)
}

// Notifier puts events on a bus. It is safe for concurrent use.
type Notifier struct {
	client Client
	bus    string
	next   pipeline.Notifier
}

var _ pipeline.Notifier = (*Notifier)(nil)

// New returns a Notifier that puts events on the bus, given by name or ARN, and
// hands everything to next as well, unless that is nil.
func New(client Client, bus string, next pipeline.Notifier) *Notifier {
	return &Notifier{client: client, bus: bus, next: next}
}

// Notify hands the alert to the next notifier and puts it on the bus. The event
// has the alert's JSON as its detail and one of the detail types "Incident
// Opened", "Incident Updated" and "Incident Closed". One failing does not keep
// the other from it.
func (n *Notifier) Notify(ctx context.Context, in alert.Input) error {
	var err error
	if n.next != nil {
		err = n.next.Notify(ctx, in)
	}
	return errors.Join(err, n.put(ctx, in))
}

// NotifyDigest hands the digest to the next notifier and puts each of its
// alerts on the bus: rules that listen there are not disturbed by many.
func (n *Notifier) NotifyDigest(ctx context.Context, d alert.Digest) error {
	var errs []error
	if n.next != nil {
		errs = append(errs, n.next.NotifyDigest(ctx, d))
	}
	for _, in := range d.Alerts {
		errs = append(errs, n.put(ctx, in))
	}
	return errors.Join(errs...)
}

// put puts one event. One to a request: an alert may fill a request alone.
//
// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
func (n *Notifier) put(ctx context.Context, in alert.Input) error {
	detail, err := alert.JSON(in)
	if err != nil {
		return fmt.Errorf("alert %q for bus %s: %w", in.ID, n.bus, err)
	}
	out, err := n.client.PutEvents(ctx, &eventbridge.PutEventsInput{Entries: []types.PutEventsRequestEntry{{
		EventBusName: aws.String(n.bus), Source: aws.String(Source), DetailType: aws.String(detailType(in.Activity())), Detail: aws.String(string(detail)),
	}}})
	if err != nil {
		return fmt.Errorf("putting alert %q on bus %s: %w", in.ID, n.bus, err)
	}
	for _, e := range out.Entries {
		if e.ErrorCode != nil {
			return fmt.Errorf("putting alert %q on bus %s: %s: %s", in.ID, n.bus, *e.ErrorCode, aws.ToString(e.ErrorMessage))
		}
	}
	return nil
}

func detailType(a alert.Activity) string {
	switch a {
	case alert.Updated:
		return "Incident Updated"
	case alert.Closed:
		return "Incident Closed"
	}
	return "Incident Opened"
}
