// Package snsnotify publishes alerts to SNS topics: one for people, one for
// machines, one for chats.
//
// An alert is sent when every topic took its message. A topic that fails does
// not keep the others from theirs; sending again gives the others a repeat,
// which carries the same alert id, or only what is missing, see [Error].
package snsnotify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"chimewatch/pkg/alert"
	"chimewatch/pkg/pipeline"
)

// Client names the call used; *sns.Client has it.
type Client interface {
	Publish(context.Context, *sns.PublishInput, ...func(*sns.Options)) (*sns.PublishOutput, error)
}

// Topics are the ARNs of the topics. One that is empty gets nothing.
type Topics struct {
	People, Machines, Chat string
}

// Config says where alerts go, and which.
type Config struct {
	Topics  Topics
	Options alert.Options
	Drill   bool // everything is a drill: marked in every form
}

// Notifier publishes alerts. It is safe for concurrent use.
type Notifier struct {
	client Client
	config Config
}

var _ pipeline.Notifier = (*Notifier)(nil)

// New returns a Notifier.
func New(client Client, c Config) *Notifier {
	if c.Topics.People == "" {
		c.Options.Least.People = alert.Never
	}
	if c.Topics.Machines == "" {
		c.Options.Least.Machines = alert.Never
	}
	if c.Topics.Chat == "" {
		c.Options.Least.Chat = alert.Never
	}
	return &Notifier{client: client, config: c}
}

// Notify publishes an alert to every topic whose least severity it reaches. An
// error of type *[Error] says which topics did not take it.
func (n *Notifier) Notify(ctx context.Context, in alert.Input) error {
	in.Drill = in.Drill || n.config.Drill
	messages, err := alert.Messages(in, n.config.Options)
	if err != nil {
		return err
	}
	return n.Publish(ctx, messages)
}

// NotifyDigest publishes one digest in place of alerts that are too many;
// machines get each of them.
func (n *Notifier) NotifyDigest(ctx context.Context, d alert.Digest) error {
	if n.config.Drill {
		d.Alerts = slices.Clone(d.Alerts)
		for i := range d.Alerts {
			d.Alerts[i].Drill = true
		}
	}
	messages, err := d.Messages(n.config.Options)
	if err != nil {
		return err
	}
	return n.Publish(ctx, messages)
}

// Publish publishes messages, each to its topic. An error of type *[Error] says
// which were not taken.
func (n *Notifier) Publish(ctx context.Context, messages []alert.Message) error {
	var e Error
	for _, m := range messages {
		if err := n.publish(ctx, &m); err != nil {
			e.Failed = append(e.Failed, Failure{Message: m, Err: err})
		}
	}
	if len(e.Failed) > 0 {
		return &e
	}
	return nil
}

func (n *Notifier) publish(ctx context.Context, m *alert.Message) error {
	arn := n.arn(m.Topic)
	if arn == "" {
		return nil
	}
	in := &sns.PublishInput{TopicArn: aws.String(arn), Message: aws.String(m.Body)}
	if m.Subject != "" {
		in.Subject = aws.String(m.Subject)
	}
	if m.Structured {
		in.MessageStructure = aws.String("json")
	}
	if len(m.Attributes) > 0 {
		in.MessageAttributes = map[string]types.MessageAttributeValue{}
	}
	for _, a := range m.Attributes {
		kind := "String"
		if a.List {
			kind = "String.Array"
		}
		in.MessageAttributes[a.Name] = types.MessageAttributeValue{DataType: aws.String(kind), StringValue: aws.String(a.Value())}
	}
	if _, err := n.client.Publish(ctx, in, patient); err != nil {
		return explain(arn, err)
	}
	return nil
}

func (n *Notifier) arn(t alert.Topic) string {
	switch t {
	case alert.People:
		return n.config.Topics.People
	case alert.Machines:
		return n.config.Topics.Machines
	case alert.Chats:
		return n.config.Topics.Chat
	}
	return ""
}

// attempts is how often a publish is tried; between them the SDK waits longer
// and longer, by chance up to 20 seconds, as long as the context lasts.
const attempts = 5

// patient lets the SDK retry what passes, also the throttling that SNS and KMS
// name in words of their own.
//
// https://docs.aws.amazon.com/sns/latest/api/CommonErrors.html
func patient(o *sns.Options) {
	r := o.Retryer
	if r == nil {
		r = retry.NewStandard()
	}
	o.Retryer = retry.AddWithErrorCodes(retry.AddWithMaxAttempts(r, attempts), "Throttled", "KMSThrottling", "InternalError", "InternalFailure")
}

// Error says which messages were not taken by their topics.
type Error struct {
	Failed []Failure
}

// Failure is a message that was not taken, and why.
type Failure struct {
	Message alert.Message
	Err     error
}

// Remaining returns the messages that were not taken: publishing just them
// again completes the alert without repeats.
func (e *Error) Remaining() []alert.Message {
	out := make([]alert.Message, 0, len(e.Failed))
	for _, f := range e.Failed {
		out = append(out, f.Message)
	}
	return out
}

// Error names the topics and what to do about each.
func (e *Error) Error() string {
	parts := make([]string, 0, len(e.Failed))
	for _, f := range e.Failed {
		parts = append(parts, "topic "+string(f.Message.Topic)+": "+f.Err.Error())
	}
	return strings.Join(parts, "; ")
}

// Unwrap returns the causes.
func (e *Error) Unwrap() []error {
	out := make([]error, 0, len(e.Failed))
	for _, f := range e.Failed {
		out = append(out, f.Err)
	}
	return out
}

// explain says what to do about an error of SNS.
func explain(arn string, err error) error {
	if hint := remedy(err); hint != "" {
		return fmt.Errorf("publishing to %s: %w; %s", arn, err, hint)
	}
	return fmt.Errorf("publishing to %s: %w", arn, err)
}

func is[T error](err error) bool {
	var target T
	return errors.As(err, &target)
}

// remedy says what an error of an encrypted, missing or closed topic asks for.
//
// https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
func remedy(err error) string {
	switch {
	case is[*types.KMSAccessDeniedException](err):
		return "the topic is encrypted: allow kms:GenerateDataKey* and kms:Decrypt on its key, in the key's policy and in the policy of whoever publishes"
	case is[*types.KMSDisabledException](err):
		return "the key of the encrypted topic is disabled: enable it"
	case is[*types.KMSNotFoundException](err):
		return "the key of the encrypted topic does not exist: give the topic another one"
	case is[*types.KMSInvalidStateException](err):
		return "the key of the encrypted topic cannot be used: see whether its deletion is pending"
	case is[*types.KMSOptInRequired](err):
		return "the account cannot use KMS: see its subscription"
	case is[*types.NotFoundException](err):
		return "the topic does not exist: see its name, account and Region"
	case is[*types.AuthorizationErrorException](err):
		return "allow sns:Publish on the topic"
	case is[*types.EndpointDisabledException](err):
		return "enable the endpoint"
	}
	return ""
}
