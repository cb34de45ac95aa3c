package templatetest

import (
	"fmt"
	"slices"
	"strings"
)

// allEvents is the state of a rule that also gets read-only management events.
//
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
const allEvents = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"

func checkRules(s *stack) {
	for _, r := range s.all("AWS::Events::Rule") {
		pattern := mapOf(r.Properties["EventPattern"])
		for _, why := range CheckPattern(pattern) {
			s.fault(r.ID, why)
		}
		sources := listOf(pattern["source"])
		s.want(len(sources) > 0, r.ID, "the pattern names no source: anybody could forge events")
		for _, source := range sources {
			text, _ := source.(string)
			if m := mapOf(source); m["prefix"] != nil {
				text = fmt.Sprint(m["prefix"])
			}
			s.want(strings.HasPrefix(text, "aws."), r.ID, "the source is none that only AWS can send: it has to begin with aws.")
		}
		for _, kind := range textsOf(pattern["detail-type"]) {
			s.want(slices.Contains(detailTypes(), kind), r.ID, "no event has the detail-type "+kind)
		}
		s.want(len(listOf(pattern["detail-type"])) > 0, r.ID, "the pattern names no detail-type")
		checkState(s, r, mapOf(pattern["detail"]))
		targets := listOf(r.Properties["Targets"])
		s.want(len(targets) > 0, r.ID, "the rule has no target")
		for _, target := range targets {
			checkTarget(s, r, pattern, mapOf(target))
		}
	}
	for _, r := range s.all("AWS::Events::EventBusPolicy") {
		statement := mapOf(r.Properties["Statement"])
		conditions := mapOf(statement["Condition"])
		s.want(mapOf(conditions["Bool"])["events:eventBusInvocation"] == "true", r.ID, "not only rules may send to the bus, users may forge events")
		s.want(statement["Principal"] != "*" || mapOf(conditions["StringEquals"])["aws:PrincipalOrgID"] != nil, r.ID, "everybody may send to the bus")
	}
}

// detailTypes are the detail-types that the rules may ask for.
//
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html,
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventBridge.html
func detailTypes() []string {
	return []string{"AWS API Call via CloudTrail", "AWS Network Activity Event via CloudTrail", "Object Created", "Object Deleted"}
}

// checkState wants a rule on, and with all management events if it is there
// for failed calls.
func checkState(s *stack, r Resource, detail map[string]any) {
	state := fmt.Sprint(r.Properties["State"])
	failures := slices.ContainsFunc(listOf(detail["errorCode"]), func(m any) bool { return mapOf(m)["exists"] == true })
	if failures {
		s.want(state == allEvents, r.ID, "in state "+state+" denied List, Get and Describe calls never arrive")
		return
	}
	s.want(state == "ENABLED" || state == allEvents, r.ID, "the rule is in state "+state)
}

func checkTarget(s *stack, r Resource, pattern, target map[string]any) {
	arn := fmt.Sprint(target["Arn"])
	keepsFailures := mapOf(target["DeadLetterConfig"])["Arn"] != nil
	attempts := fmt.Sprint(mapOf(target["RetryPolicy"])["MaximumRetryAttempts"])
	age := fmt.Sprint(mapOf(target["RetryPolicy"])["MaximumEventAgeInSeconds"])
	switch {
	case strings.HasPrefix(arn, "arn:aws:sqs:"):
		// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
		s.want(target["RoleArn"] == nil, r.ID, "a role keeps EventBridge from delivering to an encrypted queue")
		s.want(keepsFailures, r.ID, "events that cannot be delivered are lost: no dead-letter queue")
		s.want(attempts == "185" && age == "86400", r.ID, "EventBridge gives up before a day and 185 attempts are over")
	case strings.Contains(arn, ":event-bus/"):
		s.want(target["RoleArn"] != nil, r.ID, "a bus in another Region or account needs a role")
		s.want(keepsFailures, r.ID, "events that cannot be delivered are lost: no dead-letter queue")
		s.want(attempts == "185" && age == "86400", r.ID, "EventBridge gives up before a day and 185 attempts are over")
		own := slices.Equal(textsOf(pattern["account"]), []string{Account}) && slices.Equal(textsOf(pattern["region"]), []string{Region})
		s.want(own, r.ID, "what was forwarded is forwarded again: the pattern is not bound to its own account and Region")
	case strings.HasPrefix(arn, "arn:aws:logs:"):
	default:
		s.fault(r.ID, "the target "+arn+" is none of queue, bus and log group")
	}
}

// checkSchedules looks at expressions and time zones, which CloudFormation
// takes as they come.
func checkSchedules(s *stack) {
	for _, r := range s.all("AWS::Scheduler::Schedule") {
		if err := CheckExpression(fmt.Sprint(r.Properties["ScheduleExpression"])); err != nil {
			s.fault(r.ID, err.Error())
		}
		if zone, ok := r.Properties["ScheduleExpressionTimezone"]; ok {
			if err := CheckTimeZone(fmt.Sprint(zone)); err != nil {
				s.fault(r.ID, err.Error())
			}
		}
		s.want(r.Properties["State"] == nil || r.Properties["State"] == "ENABLED" || r.ID == "DrillDaily", r.ID, "the schedule is off")
		s.want(mapOf(r.Properties["FlexibleTimeWindow"])["Mode"] == "OFF", r.ID, "the mode of the flexible window is not the text OFF")
		target := mapOf(r.Properties["Target"])
		once := fmt.Sprint(mapOf(target["RetryPolicy"])["MaximumRetryAttempts"]) == "0" && r.Properties["ScheduleExpression"] == "rate(1 minute)"
		s.want(once || mapOf(target["DeadLetterConfig"])["Arn"] != nil, r.ID, "a run that cannot be started is lost: no dead-letter queue")
		s.want(validJSON(fmt.Sprint(target["Input"])), r.ID, "the input is no JSON")
	}
}
