package templatetest

import (
	"fmt"
	"slices"
	"strings"
)

// checkKeyGrants wants whoever uses something encrypted to be allowed the use
// of its key: without it nothing arrives, and nothing says so.
func checkKeyGrants(s *stack) {
	if s.resources["MessageKey"].ID == "" {
		return
	}
	send := []string{"kms:Decrypt", "kms:GenerateDataKey"}
	services := map[string]string{ // service: what breaks without it
		"events.amazonaws.com":     "rules cannot send to the queues",
		"cloudwatch.amazonaws.com": "alarms cannot publish",
	}
	if s.resources["LogFilesRule"].ID != "" {
		services["s3.amazonaws.com"] = "log buckets cannot notify the queue"
		services["sns.amazonaws.com"] = "the topic of the log buckets cannot send to the queue"
	}
	for service, broken := range services {
		s.want(s.keyGrants("MessageKey", func(st statement) bool { return slices.Contains(st.services, service) }, send...), "MessageKey", broken)
	}
	s.want(s.keyGrants("DataKey", func(st statement) bool { return slices.Contains(st.services, "logs."+Region+".amazonaws.com") }, send...), "DataKey", "the logs cannot be written")

	for _, st := range s.statements() {
		for _, role := range st.on {
			if s.resources[role].Type != "AWS::IAM::Role" {
				continue
			}
			arn := "arn:aws:iam::" + Account + ":role/" + Stack + "-" + role + "-1A2B3C4D5E6F"
			named := func(st statement) bool { return slices.Contains(st.principals, arn) }
			if grantsAny(st, "sqs:SendMessage", "sqs:ReceiveMessage", "sns:Publish") {
				s.want(s.keyGrants("MessageKey", named, send...), "MessageKey", role+" cannot send or receive")
			}
			if grantsAny(st, "dynamodb:Query", "s3:PutObject") {
				s.want(s.keyGrants("DataKey", named, send...), "DataKey", role+" cannot read or write the data")
			}
		}
	}
}

func grantsAny(st statement, actions ...string) bool {
	return slices.ContainsFunc(actions, func(a string) bool { return st.grants(a) })
}

// keyGrants reports whether a statement of the key's policy that fits allows
// the actions.
func (s *stack) keyGrants(key string, fits func(statement) bool, actions ...string) bool {
	return slices.ContainsFunc(s.statements(), func(st statement) bool {
		return st.where == key && fits(st) && st.grants(actions...)
	})
}

// permissions are the actions of each role, all of them: what is missing here
// the role may not do, what is missing there the code cannot do.
func permissions(role string) []string {
	log := []string{"logs:CreateLogStream", "logs:PutLogEvents"}
	configuration := []string{"s3:GetObject", "s3:ListBucket", "s3:PutObject"}
	receive := []string{"sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"}
	// A transaction asks for the permissions of what is in it.
	incidents := []string{"dynamodb:BatchGetItem", "dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:Query"}
	store := slices.Concat(incidents, []string{"dynamodb:BatchWriteItem", "dynamodb:UpdateItem"})
	switch role {
	case "DetectorRole":
		return slices.Concat(log, configuration, receive, store, []string{"events:PutEvents", "sns:Publish"})
	case "BackfillRole":
		return slices.Concat(log, configuration, receive, store, []string{"events:PutEvents", "kms:Decrypt", "sns:Publish"})
	case "ReconcileRole":
		return slices.Concat(log, configuration, store, []string{"cloudtrail:LookupEvents", "events:PutEvents", "sns:Publish", "sqs:GetQueueAttributes", "sqs:SendMessage"})
	case "SummaryRole":
		return slices.Concat(log, configuration, []string{"dynamodb:BatchGetItem", "dynamodb:Query", "sns:Publish", "sqs:SendMessage"})
	case "SchedulerRole":
		return []string{"lambda:InvokeFunction", "sqs:SendMessage"}
	case "DrillRole":
		return []string{"sqs:SendMessage"}
	case "OperatorRole":
		return slices.Concat(incidents, receive, []string{
			"cloudformation:DescribeStacks", "s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket", "s3:PutObject",
			"sqs:CancelMessageMoveTask", "sqs:ListMessageMoveTasks", "sqs:SendMessage", "sqs:StartMessageMoveTask",
			"sts:AssumeRole",
		})
	case "ForwardRole":
		return []string{"events:PutEvents"}
	}
	return nil
}

// checkRoles holds the roles to their list of actions, each on what is ours.
func checkRoles(s *stack) {
	got := map[string]map[string]bool{}
	for _, st := range s.statements() {
		for _, role := range st.on {
			if s.resources[role].Type != "AWS::IAM::Role" || !st.allow {
				continue
			}
			if got[role] == nil {
				got[role] = map[string]bool{}
			}
			for _, action := range st.actions {
				got[role][action] = true
				s.want(slices.Contains(permissions(role), action), st.where, role+" may "+action+", which it does not need")
			}
			for _, resource := range st.resources {
				s.want(!wide(resource), st.where, fmt.Sprintf("%s may %s on %s", role, strings.Join(st.actions, ", "), resource))
			}
		}
	}
	for _, r := range s.all("AWS::IAM::Role") {
		for _, action := range permissions(r.ID) {
			optional := r.ID == "BackfillRole" && action == "kms:Decrypt" || r.ID != "ForwardRole" && action == "events:PutEvents"
			s.want(optional || got[r.ID][action], r.ID, "it may not "+action+", which it needs")
		}
	}
}

// wide reports whether an ARN stands for resources that the stack does not
// know, or for more of them than a folder or a log group's streams.
func wide(arn string) bool {
	if arn == "*" {
		return false // checkPolicies says it
	}
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 || strings.Contains(strings.Join(parts[:5], ":"), "*") {
		return true
	}
	star := strings.IndexByte(parts[5], '*')
	return star >= 0 && (star < len(parts[5])-1 || star == 0 || !strings.ContainsAny(parts[5][star-1:star], "/:"))
}
