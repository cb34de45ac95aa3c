package denial

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"chimewatch/pkg/chime"
)

// allows evaluates a policy document as IAM does, as far as the documents here
// go: an Allow, one action, patterns with "*" and "?".
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
func allows(t interface{ Fatalf(string, ...any) }, document, action, resource string) bool {
	var policy struct {
		Version   string
		Statement []struct {
			Effect, Action string
			Resource       []string
		}
	}
	d := json.NewDecoder(strings.NewReader(document))
	d.DisallowUnknownFields()
	if err := d.Decode(&policy); err != nil {
		t.Fatalf("%v in %s", err, document)
	}
	if policy.Version != "2012-10-17" || len(policy.Statement) != 1 || policy.Statement[0].Effect != "Allow" {
		t.Fatalf("not one Allow: %s", document)
	}
	s := policy.Statement[0]
	return s.Action == action && slices.ContainsFunc(s.Resource, func(p string) bool { return glob(p, resource) })
}

func glob(pattern, s string) bool {
	if pattern == "" {
		return s == ""
	}
	switch pattern[0] {
	case '*':
		return glob(pattern[1:], s) || s != "" && glob(pattern, s[1:])
	case '?':
		return s != "" && glob(pattern[1:], s[1:])
	}
	return s != "" && s[0] == pattern[0] && glob(pattern[1:], s[1:])
}

// named returns an ARN of the type, under the app instance of the tests.
func named(r chime.Resource) string {
	switch r {
	case chime.AppInstanceUser:
		return bearer
	case chime.Tagged:
		return channel
	}
	return strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(r.Form(instance), instance), "_ID", ""))
}

// For every operation, whatever the record names of the resources that IAM
// checks, the statement allows the call on just those.
func TestStatementAllowsJustTheCall(t *testing.T) {
	for _, op := range chime.Operations() {
		action := "chime:" + op.Name
		for i := range op.Resources {
			c := Call{Operation: op.Name, Outcome: Refused, Cause: IAM, Message: Message{Action: action}}
			if op.Bearer != chime.NoBearer {
				c.Bearer = bearer
			}
			want := op.Resources[i]
			target := named(want)
			if !strings.HasPrefix(target, "arn:") {
				target = instance + target
			}
			c.Message.Resource = target
			s, fill := missing(&c)
			if s == nil {
				t.Fatalf("%s: no statement", op.Name)
			}
			document := s.Policy()
			if !allows(t, document, action, target) {
				t.Errorf("%s on %s is not allowed by %s", op.Name, target, document)
			}
			if c.Bearer != "" && !allows(t, document, action, bearer) {
				t.Errorf("%s as %s is not allowed by %s", op.Name, bearer, document)
			}
			for _, other := range []string{target + "x", instance + "/channel/other", instance + "/user/other", "arn:aws:chime:us-east-1:444455556666:app-instance/i"} {
				if allows(t, document, action, other) {
					t.Errorf("%s: %s is allowed too, by %s", op.Name, other, document)
				}
			}
			if allows(t, document, "chime:DeleteAppInstanceX", target) {
				t.Errorf("%s: another action is allowed by %s", op.Name, document)
			}
			if strings.Contains(document, "*") {
				t.Errorf("%s: a wildcard in %s", op.Name, document)
			}
			if got := len(s.Resource) - len(fill); got < 1 {
				t.Errorf("%s: nothing known in %s", op.Name, document)
			}
		}
		if len(op.Resources) == 0 {
			s, fill := missing(&Call{Operation: op.Name, Outcome: Refused, Cause: IAM})
			if s == nil || !slices.Equal(s.Resource, []string{"*"}) || fill != nil {
				t.Errorf("%s has no resource types: %+v, fill in %q", op.Name, s, fill)
			}
		}
	}
}

func TestStatementResources(t *testing.T) {
	tests := []struct {
		name            string
		call            Call
		resources, fill []string
	}{
		{"bearer and channel", Call{Operation: "SendChannelMessage", Bearer: bearer, Resource: channel}, []string{bearer, channel}, nil},
		{"a bot as the bearer", Call{Operation: "SendChannelMessage", Bearer: instance + "/bot/b", Resource: channel}, []string{instance + "/bot/b", channel}, nil},
		{"the bearer by the message", Call{Operation: "SendChannelMessage", Resource: channel, Message: Message{Action: "chime:SendChannelMessage", Resource: bearer}}, []string{bearer, channel}, nil},
		{"an unknown bearer", Call{Operation: "SendChannelMessage", Resource: channel},
			[]string{instance + "/user/APP_INSTANCE_USER_ID", channel}, []string{instance + "/user/APP_INSTANCE_USER_ID"}},
		{"nothing known", Call{Operation: "SendChannelMessage"},
			[]string{"arn:aws:chime:REGION:ACCOUNT_ID:app-instance/APP_INSTANCE_ID/user/APP_INSTANCE_USER_ID", "arn:aws:chime:REGION:ACCOUNT_ID:app-instance/APP_INSTANCE_ID/channel/CHANNEL_ID"},
			[]string{"arn:aws:chime:REGION:ACCOUNT_ID:app-instance/APP_INSTANCE_ID/user/APP_INSTANCE_USER_ID", "arn:aws:chime:REGION:ACCOUNT_ID:app-instance/APP_INSTANCE_ID/channel/CHANNEL_ID"}},
		{"three resources", Call{Operation: "AssociateChannelFlow", Bearer: bearer, Resource: channel},
			[]string{bearer, channel, instance + "/channel-flow/CHANNEL_FLOW_ID"}, []string{instance + "/channel-flow/CHANNEL_FLOW_ID"}},
		{"a list under an app instance", Call{Operation: "ListChannels", Bearer: bearer, Resource: instance},
			[]string{bearer, instance + "/channel/CHANNEL_ID"}, []string{instance + "/channel/CHANNEL_ID"}},
		{"a list that IAM checks on all", Call{Operation: "ListChannels", Bearer: bearer, Resource: instance, Message: Message{Action: "chime:ListChannels", Resource: instance + "/channel/*"}},
			[]string{bearer, instance + "/channel/*"}, nil},
		{"all app instances", Call{Operation: "ListAppInstances", Message: Message{Action: "chime:ListAppInstances", Resource: "arn:aws:chime:us-east-1:111122223333:app-instance/*"}},
			[]string{"arn:aws:chime:us-east-1:111122223333:app-instance/*"}, nil},
		{"narrower than everything", Call{Operation: "CreateAppInstanceUser", Message: Message{Action: "chime:CreateAppInstanceUser", Resource: instance + "/user/*"}}, []string{instance + "/user/*"}, nil},
		{"a type that the documentation leaves out", Call{Operation: "CreateChannel", Bearer: bearer, Message: Message{Action: "chime:CreateChannel", Resource: instance}}, []string{bearer, instance}, nil},
		{"everything", Call{Operation: "ListAppInstances", Message: Message{Action: "chime:ListAppInstances", Resource: "*"}},
			[]string{"arn:aws:chime:REGION:ACCOUNT_ID:app-instance/APP_INSTANCE_ID"}, []string{"arn:aws:chime:REGION:ACCOUNT_ID:app-instance/APP_INSTANCE_ID"}},

		{"a wildcard that the caller asked for", Call{Operation: "DeleteChannel", Bearer: bearer, Resource: instance + "/channel/*", Message: Message{Action: "chime:DeleteChannel", Resource: instance + "/channel/*"}},
			[]string{bearer, instance + "/channel/CHANNEL_ID"}, []string{instance + "/channel/CHANNEL_ID"}},
		{"a wildcard as the bearer", Call{Operation: "DeleteChannel", Bearer: instance + "/user/*", Resource: channel},
			[]string{instance + "/user/APP_INSTANCE_USER_ID", channel}, []string{instance + "/user/APP_INSTANCE_USER_ID"}},
		{"a policy variable", Call{Operation: "DeleteChannel", Bearer: instance + "/user/${aws:username}", Resource: channel},
			[]string{instance + "/user/APP_INSTANCE_USER_ID", channel}, []string{instance + "/user/APP_INSTANCE_USER_ID"}},
		{"a wildcard in a list's app instance", Call{Operation: "ListChannels", Bearer: bearer, Message: Message{Action: "chime:ListChannels", Resource: "arn:aws:chime:us-east-1:111122223333:app-instance/*/channel/*"}},
			[]string{bearer, instance + "/channel/CHANNEL_ID"}, []string{instance + "/channel/CHANNEL_ID"}},
		{"a resource that may be cut", Call{Operation: "DeleteChannel", Bearer: bearer, Message: Message{Action: "chime:DeleteChannel", Resource: channel, Cut: true}},
			[]string{bearer, instance + "/channel/CHANNEL_ID"}, []string{instance + "/channel/CHANNEL_ID"}},

		{"tags", Call{Operation: "TagResource", Resource: channel}, []string{channel}, nil},
		{"another action than the operation", Call{Operation: "PutMessagingStreamingConfigurations", Resource: instance, Message: Message{Action: "kinesis:DescribeStream", Resource: "arn:aws:kinesis:us-east-1:111122223333:stream/chime-messaging-x"}},
			[]string{"arn:aws:kinesis:us-east-1:111122223333:stream/chime-messaging-x"}, nil},
		{"another service", Call{Operation: "GetObject", Message: Message{Action: "s3:GetObject", Resource: "arn:aws:s3:::b/k"}}, []string{"arn:aws:s3:::b/k"}, nil},
		{"another service's wildcard", Call{Operation: "RunInstances", Message: Message{Action: "ec2:RunInstances", Resource: "arn:aws:ec2:us-east-1:111122223333:instance/*"}},
			[]string{"arn:aws:ec2:us-east-1:111122223333:instance/RESOURCE_ID"}, []string{"arn:aws:ec2:us-east-1:111122223333:instance/RESOURCE_ID"}},
		{"another service, no resource", Call{Operation: "GetObject", Resource: channel, Message: Message{Action: "s3:GetObject"}}, []string{"ARN_OF_THE_RESOURCE"}, []string{"ARN_OF_THE_RESOURCE"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, fill := missing(&tt.call)
			if s == nil || !slices.Equal(s.Resource, tt.resources) || !slices.Equal(fill, tt.fill) {
				t.Errorf("%+v, fill in %q\nwant %q, fill in %q", s, fill, tt.resources, tt.fill)
			}
		})
	}
	for _, action := range []string{"", "chime:*", "*", "chime", "chime:List Channels", "chime:List\"", "Chime:x", "-:x"} {
		if s, _ := missing(&Call{Operation: "NoSuchOperation", Message: Message{Action: action}}); s != nil {
			t.Errorf("a statement for the action %q: %+v", action, s)
		}
	}
}

// Whatever a caller puts into the record, a policy never gets a wildcard or a
// variable from it, but for what IAM itself checks lists on.
func TestStatementsAreNeverWide(t *testing.T) {
	ops := chime.Operations()
	text := rapid.OneOf(
		rapid.String(),
		rapid.StringMatching(`arn:aws:chime:us-east-1:111122223333:app-instance/[a-z*?$]{1,3}(/(user|channel|channel-flow|bot)/[a-z*?${}]{1,4})?`),
	)
	rapid.Check(t, func(t *rapid.T) {
		op := rapid.SampledFrom(ops).Draw(t, "operation")
		c := Call{
			Operation: op.Name, Outcome: Refused, Cause: IAM,
			Bearer: text.Draw(t, "bearer"), Resource: text.Draw(t, "resource"),
			Message: Message{Action: rapid.SampledFrom([]string{"chime:" + op.Name, "", "chime:*", "s3:GetObject"}).Draw(t, "action"), Resource: text.Draw(t, "checked")},
		}
		s, _ := missing(&c)
		if s == nil {
			return
		}
		for _, r := range s.Resource {
			switch {
			case r == "*":
				if len(op.Resources) > 0 {
					t.Fatalf("%s: everything", op.Name)
				}
			case strings.ContainsAny(strings.TrimSuffix(r, "/*"), "*?$"), strings.HasSuffix(r, "/*") && op.Unnamed == "":
				t.Fatalf("%s: %q", op.Name, r)
			}
		}
	})
}
