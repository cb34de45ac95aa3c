package main

import (
	"context"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"chimewatch/functions/internal/deployed"
	"chimewatch/pkg/summary"
)

// attributes names the call used; *sqs.Client has it.
type attributes interface {
	GetQueueAttributes(context.Context, *sqs.GetQueueAttributesInput, ...func(*sqs.Options)) (*sqs.GetQueueAttributesOutput, error)
}

// noteDead notes how many messages the dead-letter queues hold. A queue that
// cannot be asked is logged and changes nothing else.
func noteDead(ctx context.Context, parts *deployed.Parts, client attributes, queues []string) {
	for _, url := range queues {
		if url == "" {
			continue // an empty list has one empty element
		}
		n, err := held(ctx, client, url)
		if err != nil {
			parts.Log.WarnContext(ctx, "dead letters not counted", "queue", url, "reason", err.Error())
			continue
		}
		parts.Note(func(h *summary.HealthHour) { h.Dead += n })
	}
}

// held returns about how many messages a queue holds.
//
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html
func held(ctx context.Context, client attributes, url string) (int64, error) {
	const waiting = types.QueueAttributeNameApproximateNumberOfMessages
	out, err := client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: []types.QueueAttributeName{waiting}})
	if err != nil {
		return 0, fmt.Errorf("GetQueueAttributes: %w", err)
	}
	n, err := strconv.ParseInt(out.Attributes[string(waiting)], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", waiting, err)
	}
	return n, nil
}
