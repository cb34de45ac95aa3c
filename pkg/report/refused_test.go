package report

import (
	"strings"
	"testing"

	"chimewatch/pkg/denial"
	"chimewatch/pkg/principal"
)

// What to do about a breakage is what explain says about its calls.
func TestRemedy(t *testing.T) {
	call := func(operation, owner string) *denial.Call {
		return &denial.Call{
			Principal: principal.Principal{Key: "arn:aws:iam::111122223333:role/load-test", Type: "AssumedRole", Account: "111122223333", Role: true},
			Operation: operation, Outcome: denial.Refused, Cause: denial.IAM,
			Resource: "arn:aws:chime:us-east-1:" + owner + ":app-instance/7c5a/channel/1",
			Message:  denial.Message{Action: "chime:" + operation, Policy: denial.IdentityBasedPolicy},
		}
	}
	list, send := call("ListChannelMessages", "111122223333"), call("SendChannelMessage", "444455556666")
	for _, tt := range []struct {
		name    string
		example *denial.Call
		want    string
	}{
		{"its own", list, "allow chime:ListChannelMessages in a policy of the caller"},
		{"another account's", send, "what belongs to the account 444455556666"},
	} {
		b := breakage{example: tt.example, missing: []*missing{{calls: []*denial.Call{list}}, {calls: []*denial.Call{send}}}}
		if got := remedy(&b); !strings.Contains(got, tt.want) || strings.Contains(got, "chime:SendChannelMessage") {
			t.Errorf("%s: %q", tt.name, got)
		}
	}
}
