package doctor

import (
	"encoding/json"
	"strings"
)

// statement is one of an IAM policy.
type statement struct {
	Sid      string
	Effect   string
	Action   []string
	Resource any
}

// Policy returns the least IAM policy that the examination needs, as indented
// JSON, for the stack's name and the prefix of what it names itself. It reads
// settings and counts; no message, no record, no object.
//
// https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
func Policy(stack, prefix string) string {
	own := func(service, name string) string { return "arn:aws:" + service + ":*:*:" + name }
	policy := struct {
		Version   string
		Statement []statement
	}{"2012-10-17", []statement{
		// These know no resources, or are about trails of any name.
		{"TrailsAndMetrics", "Allow", []string{"cloudtrail:DescribeTrails", "cloudtrail:GetEventSelectors", "cloudtrail:GetTrailStatus", "cloudwatch:GetMetricStatistics", "events:TestEventPattern"}, "*"},
		{"Stack", "Allow", []string{"cloudformation:DescribeStacks", "cloudformation:ListStackResources"}, own("cloudformation", "stack/"+stack+"/*")},
		{"Rules", "Allow", []string{"events:DescribeRule", "events:ListTargetsByRule"}, own("events", "rule/"+prefix+"-*")},
		{"Schedules", "Allow", []string{"scheduler:GetSchedule"}, own("scheduler", "schedule/default/"+prefix+"-*")},
		{"Topics", "Allow", []string{"sns:ListSubscriptionsByTopic"}, own("sns", stack+"-*")},
		{"Queues", "Allow", []string{"sqs:GetQueueAttributes"}, own("sqs", stack+"-*")},
		{"Table", "Allow", []string{"dynamodb:DescribeContinuousBackups", "dynamodb:DescribeTable", "dynamodb:DescribeTimeToLive"}, own("dynamodb", "table/"+stack+"-*")},
		{"Reports", "Allow", []string{"s3:ListBucket"}, "arn:aws:s3:::" + strings.ToLower(stack) + "-*"},
	}}
	text, _ := json.MarshalIndent(policy, "", "  ") // strings alone cannot fail
	return string(text)
}
