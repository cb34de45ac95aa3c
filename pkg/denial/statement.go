package denial

import (
	"encoding/json"
	"slices"
	"strings"

	"chimewatch/pkg/chime"
)

// Statement is a statement of an IAM policy, which allows one action on
// exactly the resources that a call needed. A resource is "*" only for actions
// that IAM checks on no resource.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_statement.html
type Statement struct {
	Effect   string
	Action   string
	Resource []string
}

// Policy returns a whole policy of just this statement, as indented JSON.
func (s Statement) Policy() string {
	policy := struct {
		Version   string
		Statement []Statement
	}{"2012-10-17", []Statement{s}}
	text, _ := json.MarshalIndent(policy, "", "  ") // strings alone cannot fail
	return string(text)
}

// missing returns the statement that allows a call which IAM refused, and the
// resources in it that need filling in. It is nil if the record does not tell
// the action.
//
// Chime checks most channel operations on two resources, the bearer and the
// channel, and a policy has to allow both:
// https://docs.aws.amazon.com/chime-sdk/latest/dg/call-from-backend.html#how-iam-works
func missing(c *Call) (s *Statement, fill []string) {
	op, known := operation(c)
	action := c.Message.Action
	if action == "" && known {
		action = "chime:" + op.Name
	}
	if !actionValue(action) {
		return nil, nil
	}
	s = &Statement{Effect: "Allow", Action: action}
	if known && action == "chime:"+op.Name {
		s.Resource, fill = messagingResources(c, op)
		return s, fill
	}
	// Another service's action, or one that the call needs besides its own.
	if checked := checkedOn(c); arnValue(checked) {
		s.Resource = []string{checked}
		return s, nil
	}
	form := chime.Tagged.Form("")
	if prefix, ok := strings.CutSuffix(checkedOn(c), "/*"); ok && arnValue(prefix) {
		form = prefix + "/RESOURCE_ID"
	}
	s.Resource = []string{form}
	return s, s.Resource
}

// messagingResources returns the resources that IAM checks a messaging call
// on, and those among them that the record does not tell whole.
func messagingResources(c *Call, op chime.Operation) (resources, fill []string) {
	// What IAM names comes first: the message says what was checked.
	var told []string
	for _, arn := range [...]string{checkedOn(c), c.Bearer, c.Resource} {
		if arnValue(arn) && !slices.Contains(told, arn) {
			told = append(told, arn)
		}
	}
	if unnamed := allOf(c, op); unnamed != "" {
		told = slices.Insert(told, 0, unnamed)
	}
	instance := ""
	for _, arn := range told {
		if instance = chime.AppInstanceOf(arn); instance != "" {
			break
		}
	}
	for _, want := range op.Resources {
		i := slices.IndexFunc(told, func(arn string) bool { return fits(arn, want) })
		if i >= 0 {
			resources = append(resources, told[i])
			continue
		}
		form := want.Form(instance)
		resources = append(resources, form)
		fill = append(fill, form)
	}
	// IAM may check on a resource of a type that its documentation leaves out.
	checked := checkedOn(c)
	if (arnValue(checked) || checked != "" && checked == allOf(c, op)) && !slices.Contains(resources, checked) {
		resources = append(resources, checked)
	}
	if len(resources) == 0 {
		resources = []string{"*"}
	}
	return resources, fill
}

// fits reports whether arn is a resource of the wanted type. A bearer may be a
// user or a bot.
func fits(arn string, want chime.Resource) bool {
	if want == chime.Tagged {
		return true
	}
	kind, ok := chime.ResourceOf(arn)
	return ok && (kind == want || want == chime.AppInstanceUser && kind == chime.AppInstanceBot)
}

// checkedOn returns the resource that IAM says it checked, empty if it says
// none or not the whole of it.
func checkedOn(c *Call) string {
	if c.Message.Cut {
		return ""
	}
	return c.Message.Resource
}

// allOf returns the resource in IAM's message if it is all resources of the
// type that the operation lists or creates, under one app instance or account:
// the one wildcard that is no wider than the call. A call that names no
// resource of that type cannot have put it there.
func allOf(c *Call, op chime.Operation) string {
	prefix, ok := strings.CutSuffix(checkedOn(c), "/*")
	if op.Unnamed == "" || !ok || !arnValue(prefix) {
		return ""
	}
	if kind, ok := chime.ResourceOf(prefix + "/x"); !ok || kind != op.Unnamed {
		return ""
	}
	return c.Message.Resource
}
