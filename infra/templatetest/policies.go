package templatetest

import (
	"fmt"
	"slices"
	"strings"
)

// checkPolicies wants no statement wider than it has to be.
func checkPolicies(s *stack) {
	for _, st := range s.statements() {
		if !st.allow {
			continue
		}
		for _, action := range st.actions {
			s.want(!strings.Contains(action, "*"), st.where, "it allows "+action+": name the actions")
		}
		lookup := slices.Equal(st.actions, []string{"cloudtrail:LookupEvents"})
		for _, resource := range st.resources {
			s.want(resource != "*" || st.key || lookup, st.where, fmt.Sprintf("it allows %s on everything", strings.Join(st.actions, ", ")))
		}
		s.want(!slices.Contains(st.principals, "*"), st.where, "it allows everybody")
		for _, service := range st.services {
			if st.trust {
				lambda := service == "lambda.amazonaws.com"
				s.want(lambda || mapOf(st.conditions["StringEquals"])["aws:SourceAccount"] == Account, st.where, service+" may take the role in the name of another account")
				continue
			}
			streams := slices.Equal(st.actions, []string{"logs:CreateLogStream"})
			s.want(streams || st.sourceBound(), st.where, service+" may do it in anybody's name: no condition on the source")
		}
	}
	for _, kind := range []string{"AWS::SQS::Queue", "AWS::SNS::Topic"} {
		for _, r := range s.all(kind) {
			covered := slices.ContainsFunc(s.statements(), func(st statement) bool { return st.encryptedTransport() && slices.Contains(st.on, r.ID) })
			s.want(covered, r.ID, "it may be used without TLS")
		}
	}
	for _, r := range s.all("AWS::S3::Bucket") {
		covered := slices.ContainsFunc(s.statements(), func(st statement) bool { return st.encryptedTransport() && slices.Contains(st.actions, "s3:*") })
		s.want(covered, r.ID, "it may be used without TLS")
	}
	for _, r := range s.all("AWS::IAM::Role") {
		if bound := r.Properties["PermissionsBoundary"]; s.resources["AlertEmailSubscription"].ID != "" {
			s.want(bound != nil, r.ID, "the permissions boundary does not bound it")
		}
	}
}

// checkSenders wants the queues and topics to refuse all but their senders,
// also those of this account that may do everything.
func checkSenders(s *stack) {
	for id, action := range map[string]string{
		"DetectorQueue": "sqs:SendMessage", "BackfillQueue": "sqs:SendMessage", "DrillQueue": "sqs:SendMessage",
		"AlertTopic": "sns:Publish", "FindingTopic": "sns:Publish", "ChatTopic": "sns:Publish", "SummaryTopic": "sns:Publish",
	} {
		if s.resources[id].ID == "" {
			continue
		}
		refused := false
		for _, st := range s.statements() {
			if !st.allow && slices.Contains(st.on, id) && slices.Contains(st.actions, action) && slices.Contains(st.principals, "*") && !st.encryptedTransport() {
				refused = true
				s.checkExempt(st, id)
			}
		}
		s.want(refused, id, "whoever may "+action+" in this account can forge what it carries")
	}
}

// senders are who may send to a queue or topic: resources by id, and parts of
// ARNs.
func senders(id string) []string {
	switch id {
	case "DetectorQueue":
		return []string{"OperatorRole", "rule/chimewatch-denials", "rule/chimewatch-critical-successes"}
	case "BackfillQueue":
		return []string{"OperatorRole", "rule/chimewatch-log-files", "arn:aws:s3:::trail-logs-", ":sns:us-east-1:444455556666:trail"}
	case "DrillQueue":
		return []string{"DrillRole"}
	case "AlertTopic":
		return []string{"DetectorRole", "BackfillRole", "ReconcileRole", "alarm:chimewatch-*"}
	case "FindingTopic", "ChatTopic":
		return []string{"DetectorRole", "BackfillRole", "ReconcileRole"}
	case "SummaryTopic":
		return []string{"SummaryRole"}
	}
	return nil
}

// checkExempt wants a refusal to exempt the senders and nobody else.
func (s *stack) checkExempt(st statement, id string) {
	allowed := senders(id)
	exempt := 0
	for operator, keys := range st.conditions {
		s.want(operator == "ArnNotEquals" || operator == "ArnNotLike", st.where, operator+" does not refuse who lacks the key")
		for _, value := range mapOf(keys) {
			for _, arn := range textsOf(value) {
				exempt++
				known := slices.ContainsFunc(allowed, func(a string) bool { return strings.Contains(arn, a) })
				s.want(known, st.where, arn+" may send to "+id)
			}
		}
	}
	s.want(exempt > 0, st.where, "nobody may send to "+id)
}
