package templatetest

import (
	"fmt"
	"strconv"
)

func number(v any) int {
	n, err := strconv.Atoi(fmt.Sprint(v))
	if err != nil {
		return -1
	}
	return n
}

func checkQueues(s *stack) {
	names := s.byName("AWS::SQS::Queue")
	key := "arn:aws:kms:" + Region + ":" + Account + ":key/"
	for _, r := range s.all("AWS::SQS::Queue") {
		encrypted := len(fmt.Sprint(r.Properties["KmsMasterKeyId"])) > len(key) && fmt.Sprint(r.Properties["KmsMasterKeyId"])[:len(key)] == key
		s.want(encrypted || r.Properties["SqsManagedSseEnabled"] == true, r.ID, "messages at rest are not encrypted with a key of ours or of SQS")
		redrive := mapOf(r.Properties["RedrivePolicy"])
		if len(redrive) == 0 {
			continue
		}
		dead, ok := s.resources[names[fmt.Sprint(redrive["deadLetterTargetArn"])]]
		if !ok {
			s.fault(r.ID, "its dead-letter queue is not in the template")
			continue
		}
		s.want(number(dead.Properties["MessageRetentionPeriod"]) >= number(r.Properties["MessageRetentionPeriod"]), r.ID,
			"dead letters are thrown away before the messages would be")
		s.want(number(dead.Properties["MessageRetentionPeriod"]) == 1209600, dead.ID, "dead letters are not kept for 14 days")
		s.want(number(redrive["maxReceiveCount"]) >= 5, r.ID, "a message is given up after fewer than 5 receives")
	}
	for _, m := range s.all("AWS::Lambda::EventSourceMapping") {
		checkSource(s, m, names)
	}
}

// checkSource looks at how a function takes its messages.
//
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
func checkSource(s *stack, m Resource, names map[string]string) {
	queue, ok := s.resources[names[fmt.Sprint(m.Properties["EventSourceArn"])]]
	if !ok {
		s.fault(m.ID, "its queue is not in the template")
		return
	}
	s.want(len(mapOf(queue.Properties["RedrivePolicy"])) > 0, queue.ID, "a message that always fails is tried for ever: no dead-letter queue")
	function, ok := s.function(fmt.Sprint(m.Properties["FunctionName"]))
	if !ok {
		s.fault(m.ID, "its function is not in the template")
		return
	}
	timeout, visible := number(function.Properties["Timeout"]), number(queue.Properties["VisibilityTimeout"])
	s.want(visible >= 6*timeout, queue.ID, fmt.Sprintf("messages are visible again after %d s, before six times the function's %d s are over", visible, timeout))
	s.want(len(textsOf(m.Properties["FunctionResponseTypes"])) == 1 && textsOf(m.Properties["FunctionResponseTypes"])[0] == "ReportBatchItemFailures",
		m.ID, "one failed message makes its whole batch come again")
	s.want(number(mapOf(m.Properties["ScalingConfig"])["MaximumConcurrency"]) >= 2, m.ID, "no maximum concurrency: a storm takes all of the account's")
	s.want(number(m.Properties["BatchSize"]) <= 10 || number(m.Properties["MaximumBatchingWindowInSeconds"]) >= 1, m.ID, "batches above 10 need a window")
	s.want(m.Properties["Enabled"] == nil || m.Properties["Enabled"] == true || m.ID == "DrillSource", m.ID, "the function does not take its messages")
}

// function returns the function of a name.
func (s *stack) function(name string) (Resource, bool) {
	for _, f := range s.all("AWS::Serverless::Function") {
		if f.Properties["FunctionName"] == name {
			return f, true
		}
	}
	return Resource{}, false
}
