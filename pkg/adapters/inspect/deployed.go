package inspect

import (
	"context"
	"errors"
	"net/url"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamotypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	eventtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"chimewatch/pkg/doctor"
)

// rule reads a rule and lets EventBridge itself try its pattern.
func (in *Inspector) rule(ctx context.Context, name, region, account string, purpose doctor.Purpose) doctor.Rule {
	r := doctor.Rule{Name: name, Region: region, Purpose: purpose}
	client := in.EventBridge(region)
	out, err := client.DescribeRule(ctx, &eventbridge.DescribeRuleInput{Name: &name})
	if missing := (*eventtypes.ResourceNotFoundException)(nil); errors.As(err, &missing) {
		return r
	}
	if err != nil {
		r.Found = unread[doctor.RuleState]("events:DescribeRule", err)
		return r
	}
	state := doctor.RuleState{Exists: true, State: string(out.State)}
	if targets, err := client.ListTargetsByRule(ctx, &eventbridge.ListTargetsByRuleInput{Rule: &name}); err != nil {
		state.Targets = unread[int]("events:ListTargetsByRule", err)
	} else {
		state.Targets = fact(len(targets.Targets))
	}
	state.Rejected = rejected(ctx, client, out.EventPattern, doctor.Samples(purpose, account, region))
	r.Found = fact(state)
	return r
}

// rejected returns the samples that a pattern does not let through.
func rejected(ctx context.Context, client EventBridge, pattern *string, samples []doctor.Sample) doctor.Fact[[]string] {
	var names []string
	for _, s := range samples {
		out, err := client.TestEventPattern(ctx, &eventbridge.TestEventPatternInput{EventPattern: pattern, Event: &s.Event})
		if err != nil {
			return unread[[]string]("events:TestEventPattern", err)
		}
		if !out.Result {
			names = append(names, s.Name)
		}
	}
	return fact(names)
}

// queues reads how full the queues are. Those that the stack lacks are left
// out.
func (in *Inspector) queues(ctx context.Context, s stack) (out []doctor.Queue) {
	for _, q := range []struct {
		name, logical string
		dead          bool
	}{
		{"of denied calls", "DetectorQueue", false}, {"of log files", "BackfillQueue", false},
		{"of denied calls that failed", "DetectorDeadLetters", true}, {"of log files that failed", "BackfillDeadLetters", true},
		{"of events that EventBridge could not deliver", "RuleDeadLetters", true}, {"of scheduled runs that failed", "ScheduleDeadLetters", true},
	} {
		if link := s.resources[q.logical]; link != "" {
			out = append(out, doctor.Queue{Name: q.name, URL: link, Dead: q.dead, Depth: in.depth(ctx, link)})
		}
	}
	return out
}

func (in *Inspector) depth(ctx context.Context, link string) doctor.Fact[doctor.Depth] {
	const waiting, inFlight = sqstypes.QueueAttributeNameApproximateNumberOfMessages, sqstypes.QueueAttributeNameApproximateNumberOfMessagesNotVisible
	out, err := in.SQS.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &link, AttributeNames: []sqstypes.QueueAttributeName{waiting, inFlight}})
	if err != nil {
		return unread[doctor.Depth]("sqs:GetQueueAttributes", err)
	}
	var d doctor.Depth
	var bad [2]error
	d.Waiting, bad[0] = strconv.Atoi(out.Attributes[string(waiting)])
	d.InFlight, bad[1] = strconv.Atoi(out.Attributes[string(inFlight)])
	if err := errors.Join(bad[:]...); err != nil {
		return unread[doctor.Depth]("sqs:GetQueueAttributes", err)
	}
	return fact(d)
}

func (in *Inspector) table(ctx context.Context, s stack) doctor.Fact[doctor.Table] {
	name := s.outputs["TableName"]
	if name == "" {
		name = s.resources["Table"]
	}
	t := doctor.Table{Name: name}
	_, err := in.DynamoDB.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &name})
	if missing := (*dynamotypes.ResourceNotFoundException)(nil); errors.As(err, &missing) {
		return fact(t)
	}
	if err != nil {
		return unread[doctor.Table]("dynamodb:DescribeTable", err)
	}
	t.Exists = true
	ttl, err := in.DynamoDB.DescribeTimeToLive(ctx, &dynamodb.DescribeTimeToLiveInput{TableName: &name})
	if err != nil {
		return unread[doctor.Table]("dynamodb:DescribeTimeToLive", err)
	}
	if d := ttl.TimeToLiveDescription; d != nil {
		t.TTL = string(d.TimeToLiveStatus)
	}
	backups, err := in.DynamoDB.DescribeContinuousBackups(ctx, &dynamodb.DescribeContinuousBackupsInput{TableName: &name})
	if err != nil {
		return unread[doctor.Table]("dynamodb:DescribeContinuousBackups", err)
	}
	if d := backups.ContinuousBackupsDescription; d != nil && d.PointInTimeRecoveryDescription != nil {
		t.PITR = string(d.PointInTimeRecoveryDescription.PointInTimeRecoveryStatus)
	}
	return fact(t)
}

// schedules reads the deployment's schedules.
//
// https://docs.aws.amazon.com/scheduler/latest/APIReference/API_GetSchedule.html
func (in *Inspector) schedules(ctx context.Context, prefix string) (out []doctor.Schedule) {
	for _, s := range []struct{ name, purpose string }{
		{"-sweep", "alerts that had to wait are not sent"},
		{"-reconcile", "what EventBridge loses is not looked up"},
		{"-summary", "no summary is sent"},
	} {
		x := doctor.Schedule{Name: prefix + s.name, Purpose: s.purpose}
		var found struct{ State, ScheduleExpression string }
		err := in.signed.get(ctx, "scheduler", "/schedules/"+url.PathEscape(x.Name), &found)
		switch {
		case code(err) == "ResourceNotFoundException":
		case err != nil:
			x.Found = unread[doctor.ScheduleState]("scheduler:GetSchedule", err)
		default:
			x.Found = fact(doctor.ScheduleState{Exists: true, State: found.State, Expression: found.ScheduleExpression})
		}
		out = append(out, x)
	}
	return out
}

// topics reads who is subscribed. Topics that the stack lacks are left out.
func (in *Inspector) topics(ctx context.Context, s stack) (out []doctor.Topic) {
	for _, t := range []struct{ name, output string }{
		{"people", "AlertTopicArn"}, {"machines", "FindingTopicArn"}, {"chat", "ChatTopicArn"}, {"summaries", "SummaryTopicArn"},
	} {
		if arn := s.outputs[t.output]; arn != "" {
			out = append(out, doctor.Topic{Name: t.name, ARN: arn, Subscriptions: in.subscriptions(ctx, arn)})
		}
	}
	return out
}

// pending is what SNS gives in place of the ARN of a subscription that is not
// confirmed.
const pending = "PendingConfirmation"

func (in *Inspector) subscriptions(ctx context.Context, arn string) doctor.Fact[[]doctor.Subscription] {
	var list []doctor.Subscription
	var next *string
	for {
		out, err := in.SNS.ListSubscriptionsByTopic(ctx, &sns.ListSubscriptionsByTopicInput{TopicArn: &arn, NextToken: next})
		if err != nil {
			return unread[[]doctor.Subscription]("sns:ListSubscriptionsByTopic", err)
		}
		for _, s := range out.Subscriptions {
			list = append(list, doctor.Subscription{Protocol: aws.ToString(s.Protocol), Endpoint: aws.ToString(s.Endpoint), Pending: aws.ToString(s.SubscriptionArn) == pending})
		}
		if next = out.NextToken; aws.ToString(next) == "" {
			return fact(list)
		}
	}
}

// lastMetric returns the last hour in which one of the detector's metrics was
// above zero.
//
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html
func (in *Inspector) lastMetric(ctx context.Context, namespace, metric string, now time.Time) doctor.Fact[time.Time] {
	var out struct {
		Points []struct {
			Timestamp time.Time
			Sum       float64
		} `xml:"GetMetricStatisticsResult>Datapoints>member"`
	}
	err := in.signed.query(ctx, "monitoring", "2010-08-01", "GetMetricStatistics", url.Values{
		"Namespace": {namespace}, "MetricName": {metric}, "Period": {"3600"}, "Statistics.member.1": {"Sum"},
		"Dimensions.member.1.Name": {"Function"}, "Dimensions.member.1.Value": {namespace + "-detector"},
		"StartTime": {now.Add(-doctor.Lookback).UTC().Format(time.RFC3339)}, "EndTime": {now.UTC().Format(time.RFC3339)},
	}, &out)
	if err != nil {
		return unread[time.Time]("cloudwatch:GetMetricStatistics", err)
	}
	var last time.Time
	for _, p := range out.Points {
		if p.Sum > 0 && p.Timestamp.After(last) {
			last = p.Timestamp
		}
	}
	return fact(last)
}

// lastReport returns when the newest report of the last weeks was written.
func (in *Inspector) lastReport(ctx context.Context, s stack) doctor.Fact[time.Time] {
	bucket := s.outputs["BucketName"]
	if bucket == "" {
		bucket = s.resources["Bucket"]
	}
	var last time.Time
	var next *string
	for {
		out, err := in.S3.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &bucket, Prefix: aws.String("reports/"), ContinuationToken: next})
		if err != nil {
			return unread[time.Time]("s3:ListBucket", err)
		}
		for _, o := range out.Contents {
			if t := aws.ToTime(o.LastModified); t.After(last) {
				last = t
			}
		}
		if next = out.NextContinuationToken; aws.ToString(next) == "" {
			return fact(last)
		}
	}
}
