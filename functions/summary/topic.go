package main

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
)

// topic sends summaries to an SNS topic.
type topic struct {
	client interface {
		Publish(context.Context, *sns.PublishInput, ...func(*sns.Options)) (*sns.PublishOutput, error)
	}
	arn string
}

// Send implements summary.Post. The id goes with the message, so that a receiver
// can drop a repeat.
func (t topic) Send(ctx context.Context, id, subject, text string) error {
	_, err := t.client.Publish(ctx, &sns.PublishInput{
		TopicArn: &t.arn, Subject: &subject, Message: &text,
		MessageAttributes: map[string]types.MessageAttributeValue{"id": {DataType: aws.String("String"), StringValue: &id}},
	})
	if err != nil {
		return fmt.Errorf("publishing to %s: %w", t.arn, err)
	}
	return nil
}
