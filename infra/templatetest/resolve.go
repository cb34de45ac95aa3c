package templatetest

import (
	"fmt"
	"hash/crc32"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// The account and Region that Resolve deploys to.
const (
	Account = "111122223333"
	Region  = "us-east-1"
	Stack   = "chimewatch-stack"
)

// none stands for AWS::NoValue: what has it is not there.
type none struct{}

// Resolve returns the resources that CloudFormation would make with these
// parameters, the defaults where one is not given, by id. Names and ARNs of
// resources are made up but consistent: what refers to one resource by Ref,
// GetAtt or Sub gets the same text.
func (t *Template) Resolve(parameters map[string]string) (map[string]Resource, error) {
	r := resolver{template: t.root, parameters: map[string]any{}, names: map[string]string{}}
	for name, p := range mapOf(t.root["Parameters"]) {
		declared := mapOf(p)
		value := fmt.Sprint(declared["Default"])
		if given, ok := parameters[name]; ok {
			value = given
		} else if _, ok := declared["Default"]; !ok {
			return nil, fmt.Errorf("parameter %s has no default and no value", name)
		}
		if declared["Type"] == "CommaDelimitedList" {
			var list []any
			for item := range strings.SplitSeq(value, ",") {
				list = append(list, strings.TrimSpace(item))
			}
			r.parameters[name] = list
			continue
		}
		r.parameters[name] = value
	}
	resources := map[string]Resource{}
	for id, value := range mapOf(t.root["Resources"]) {
		declared := mapOf(value)
		if c, ok := declared["Condition"].(string); ok && !r.condition(c) {
			continue
		}
		kind, _ := declared["Type"].(string)
		properties := mapOf(r.value(declared["Properties"]))
		if kind == "AWS::Serverless::Function" {
			properties = withGlobals(properties, mapOf(r.value(mapOf(t.root["Globals"])["Function"])))
		}
		resources[id] = Resource{
			ID: id, Type: kind, Properties: properties,
			Retained: declared["DeletionPolicy"] == "Retain" && declared["UpdateReplacePolicy"] == "Retain",
		}
	}
	if len(r.faults) > 0 {
		return nil, fmt.Errorf("resolving the template: %s", strings.Join(r.faults, "; "))
	}
	return resources, nil
}

// withGlobals returns a function's properties with those of all functions.
func withGlobals(own, global map[string]any) map[string]any {
	all := maps.Clone(global)
	maps.Copy(all, own)
	variables := maps.Clone(mapOf(mapOf(global["Environment"])["Variables"]))
	maps.Copy(variables, mapOf(mapOf(own["Environment"])["Variables"]))
	all["Environment"] = map[string]any{"Variables": variables}
	return all
}

type resolver struct {
	template   map[string]any
	parameters map[string]any
	names      map[string]string
	faults     []string
}

func (r *resolver) fault(format string, args ...any) string {
	r.faults = append(r.faults, fmt.Sprintf(format, args...))
	return ""
}

// value resolves the intrinsic functions in a value.
func (r *resolver) value(v any) any {
	switch v := v.(type) {
	case []any:
		list := make([]any, 0, len(v))
		for _, item := range v {
			if got := r.value(item); got != (none{}) {
				list = append(list, got)
			}
		}
		return list
	case map[string]any:
		if len(v) == 1 {
			for name, argument := range v {
				if name == "Ref" || strings.HasPrefix(name, "Fn::") {
					return r.function(name, argument)
				}
			}
		}
		m := map[string]any{}
		for key, item := range v {
			if got := r.value(item); got != (none{}) {
				m[key] = got
			}
		}
		return m
	}
	return v
}

func (r *resolver) function(name string, argument any) any {
	switch name {
	case "Ref":
		return r.ref(fmt.Sprint(argument))
	case "Fn::GetAtt":
		list := listOf(argument)
		return r.attribute(fmt.Sprint(list[0]), fmt.Sprint(list[1]))
	case "Fn::Sub":
		return r.sub(argument)
	case "Fn::Join":
		list := listOf(argument)
		var parts []string
		for _, part := range listOf(r.value(list[1])) {
			parts = append(parts, fmt.Sprint(part))
		}
		return strings.Join(parts, fmt.Sprint(list[0]))
	case "Fn::Split":
		list := listOf(argument)
		var parts []any
		for part := range strings.SplitSeq(fmt.Sprint(r.value(list[1])), fmt.Sprint(list[0])) {
			parts = append(parts, part)
		}
		return parts
	case "Fn::Select":
		list := listOf(argument)
		from, i := listOf(r.value(list[1])), number(list[0])
		if i < 0 || i >= len(from) {
			return r.fault("Fn::Select: there is no item %v", list[0])
		}
		return from[i]
	case "Fn::If":
		list := listOf(argument)
		if r.condition(fmt.Sprint(list[0])) {
			return r.value(list[1])
		}
		return r.value(list[2])
	}
	return r.fault("%s is not known here", name)
}

func (r *resolver) ref(name string) any {
	switch name {
	case "AWS::NoValue":
		return none{}
	case "AWS::AccountId":
		return Account
	case "AWS::Region":
		return Region
	case "AWS::Partition":
		return "aws"
	case "AWS::StackName":
		return Stack
	case "AWS::StackId":
		return "arn:aws:cloudformation:" + Region + ":" + Account + ":stack/" + Stack + "/00000000-0000-4000-8000-000000000000"
	}
	if p, ok := r.parameters[name]; ok {
		return p
	}
	if kind := r.kind(name); kind != "" {
		switch kind {
		case "AWS::SQS::Queue":
			return "https://sqs." + Region + ".amazonaws.com/" + Account + "/" + r.name(name)
		case "AWS::SNS::Topic":
			return r.arn(name)
		case "AWS::Lambda::EventSourceMapping", "AWS::KMS::Key":
			return fmt.Sprintf("00000000-0000-4000-8000-%012x", crc32.ChecksumIEEE([]byte(name)))
		}
		return r.name(name)
	}
	return r.fault("there is no %s", name)
}

func (r *resolver) attribute(resource, attribute string) any {
	if r.kind(resource) == "" {
		return r.fault("there is no %s", resource)
	}
	switch attribute {
	case "Arn":
		return r.arn(resource)
	case "QueueName", "TopicName":
		return r.name(resource)
	}
	return r.fault("%s.%s is not known here", resource, attribute)
}

// placeholder finds what Fn::Sub fills in.
var placeholder = regexp.MustCompile(`\$\{([^!}]+)\}`)

func (r *resolver) sub(argument any) string {
	text, extra := fmt.Sprint(argument), map[string]any{}
	if list, ok := argument.([]any); ok {
		text, extra = fmt.Sprint(list[0]), mapOf(r.value(list[1]))
	}
	return placeholder.ReplaceAllStringFunc(text, func(found string) string {
		name := found[2 : len(found)-1]
		if value, ok := extra[name]; ok {
			return fmt.Sprint(value)
		}
		if resource, attribute, ok := strings.Cut(name, "."); ok {
			return fmt.Sprint(r.attribute(resource, attribute))
		}
		return fmt.Sprint(r.ref(name))
	})
}

// condition evaluates a condition of the template by name.
func (r *resolver) condition(name string) bool {
	declared, ok := mapOf(r.template["Conditions"])[name]
	if !ok {
		r.fault("there is no condition %s", name)
		return false
	}
	return r.holds(declared)
}

func (r *resolver) holds(v any) bool {
	for name, argument := range mapOf(v) {
		switch name {
		case "Fn::Equals":
			list := listOf(argument)
			return fmt.Sprint(r.value(list[0])) == fmt.Sprint(r.value(list[1]))
		case "Fn::Not":
			return !r.holds(listOf(argument)[0])
		case "Fn::And":
			return !slices.ContainsFunc(listOf(argument), func(c any) bool { return !r.holds(c) })
		case "Fn::Or":
			return slices.ContainsFunc(listOf(argument), r.holds)
		case "Condition":
			return r.condition(fmt.Sprint(argument))
		}
	}
	r.fault("%v is no condition", v)
	return false
}

// kind returns the type of a resource, empty if there is none of that id.
func (r *resolver) kind(id string) string {
	kind, _ := mapOf(mapOf(r.template["Resources"])[id])["Type"].(string)
	return kind
}

// name returns a resource's name: the one that it is given, else one as
// CloudFormation makes it.
func (r *resolver) name(id string) string {
	if name, ok := r.names[id]; ok {
		return name
	}
	r.names[id] = Stack + "-" + id + "-1A2B3C4D5E6F"
	properties := mapOf(mapOf(mapOf(r.template["Resources"])[id])["Properties"])
	for _, key := range []string{"Name", "FunctionName", "LogGroupName", "AlarmName"} {
		if given, ok := properties[key]; ok && r.kind(id) != "AWS::Lambda::EventSourceMapping" {
			r.names[id] = fmt.Sprint(r.value(given))
		}
	}
	return r.names[id]
}

func (r *resolver) arn(id string) string {
	regional := ":" + Region + ":" + Account + ":"
	switch r.kind(id) {
	case "AWS::S3::Bucket":
		return "arn:aws:s3:::" + strings.ToLower(r.name(id))
	case "AWS::IAM::Role":
		return "arn:aws:iam::" + Account + ":role/" + r.name(id)
	case "AWS::SQS::Queue":
		return "arn:aws:sqs" + regional + r.name(id)
	case "AWS::SNS::Topic":
		return "arn:aws:sns" + regional + r.name(id)
	case "AWS::KMS::Key":
		return "arn:aws:kms" + regional + "key/" + fmt.Sprint(r.ref(id))
	case "AWS::DynamoDB::Table":
		return "arn:aws:dynamodb" + regional + "table/" + r.name(id)
	case "AWS::Serverless::Function":
		return "arn:aws:lambda" + regional + "function:" + r.name(id)
	case "AWS::Events::Rule":
		return "arn:aws:events" + regional + "rule/" + r.name(id)
	case "AWS::Logs::LogGroup":
		return "arn:aws:logs" + regional + "log-group:" + r.name(id) + ":*"
	case "AWS::CloudWatch::Alarm":
		return "arn:aws:cloudwatch" + regional + "alarm:" + r.name(id)
	}
	return r.fault("the ARN of a %s is not known here", r.kind(id))
}

// mapOf returns v as a mapping, empty if it is none.
func mapOf(v any) map[string]any {
	m, _ := v.(map[string]any)
	return m
}

// listOf returns v as a list: itself, one item, or nothing.
func listOf(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		return v
	}
	return []any{v}
}

// textsOf returns the texts in v, a text or a list of them.
func textsOf(v any) []string {
	var texts []string
	for _, item := range listOf(v) {
		texts = append(texts, fmt.Sprint(item))
	}
	return texts
}

// textOf returns v as a text, whatever it is.
func textOf(v any) string {
	if text, ok := v.(string); ok {
		return text
	}
	return fmt.Sprint(v)
}
