package endtoend

import (
	"slices"
	"strings"
	"testing"
)

// asked of the roles by others than the code: the event source takes messages,
// Lambda writes the log and keeps what failed, S3 asks for the list where an
// object is not there, and KMS is asked in the name of the role.
//
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
func askedByOthers() []string {
	return []string{
		"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:SendMessage",
		"logs:CreateLogStream", "logs:PutLogEvents", "s3:ListBucket", "kms:Decrypt",
	}
}

// perhaps reports whether it depends on the records whether a function makes a
// call: reconcile alerts only if what the bus lost makes an incident, and takes
// alerts out of the outbox only then.
func perhaps(function, action string) bool {
	return function == "ReconcileFunction" && (action == "sns:Publish" || action == "dynamodb:DeleteItem")
}

// checkPermissions holds what functions called against their roles as they were
// created: each call is allowed on its resource, and each action that is allowed
// was called, unless that depends on the records.
func (w *world) checkPermissions(t *testing.T, functions ...string) {
	for _, id := range functions {
		f := w.stack.Functions[id]
		statements := w.stack.Roles[f.Role]
		calls := w.calls.of(id)
		if len(calls) == 0 {
			t.Errorf("%s called nothing", id)
		}
		for _, c := range calls {
			if !slices.ContainsFunc(statements, func(s statement) bool { return s.allows(c) }) {
				t.Errorf("%s calls %s on %s, which its role may not", id, c.action, c.resource)
			}
		}
		var actions []string
		for _, s := range statements {
			for _, action := range s.Action {
				called := slices.ContainsFunc(calls, func(c call) bool { return c.action == action && s.allows(c) })
				if !called && !perhaps(id, action) && !slices.Contains(askedByOthers(), action) {
					t.Errorf("%s never called %s on %v, which its role may", id, action, s.Resource)
				}
				if called {
					actions = append(actions, action)
				}
			}
		}
		slices.Sort(actions)
		t.Logf("%s: %s", id, strings.Join(slices.Compact(actions), " "))
	}
}

func (s statement) allows(c call) bool {
	return s.Effect == "Allow" && slices.Contains(s.Action, c.action) && slices.ContainsFunc(s.Resource, func(pattern string) bool {
		if strings.HasPrefix(c.resource, "table/") {
			return strings.HasSuffix(pattern, ":"+c.resource)
		}
		if folder, ok := strings.CutSuffix(pattern, "*"); ok {
			return strings.HasPrefix(c.resource, folder)
		}
		return pattern == c.resource
	})
}
