package templatetest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// MaxPattern is how many bytes an event pattern may have as JSON.
//
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
const MaxPattern = 2048

// Matches reports whether an EventBridge pattern lets an event through. Both
// are as decoded from JSON. It knows the operators that the templates use and
// CheckPattern allows: equality, prefix, suffix, equals-ignore-case,
// anything-but, exists and $or.
//
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
func Matches(pattern, event map[string]any) bool {
	for key, want := range pattern {
		if key == "$or" {
			if !slices.ContainsFunc(listOf(want), func(p any) bool { return Matches(mapOf(p), event) }) {
				return false
			}
			continue
		}
		got, there := event[key]
		switch want := want.(type) {
		case map[string]any:
			// Below a field that is not there, everything is not there.
			if !Matches(want, mapOf(got)) {
				return false
			}
		case []any:
			if !slices.ContainsFunc(want, func(m any) bool { return matchesField(m, got, there) }) {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// matchesField reports whether one matcher takes a field's value: one of its
// elements, if it is a list.
func matchesField(matcher, value any, there bool) bool {
	if m, ok := matcher.(map[string]any); ok {
		if want, ok := m["exists"]; ok {
			_, object := value.(map[string]any)
			return want == (there && !object)
		}
	}
	if !there {
		return false
	}
	if list, ok := value.([]any); ok {
		return slices.ContainsFunc(list, func(v any) bool { return matchesValue(matcher, v) })
	}
	return matchesValue(matcher, value)
}

func matchesValue(matcher, value any) bool {
	operator, ok := matcher.(map[string]any)
	if !ok {
		return equal(matcher, value)
	}
	text, isText := value.(string)
	for name, argument := range operator {
		switch name {
		case "prefix":
			return isText && strings.HasPrefix(text, textOf(argument))
		case "suffix":
			return isText && strings.HasSuffix(text, textOf(argument))
		case "equals-ignore-case":
			return isText && strings.EqualFold(text, textOf(argument))
		case "anything-but":
			if inner, ok := argument.(map[string]any); ok {
				return !matchesValue(inner, value)
			}
			return !slices.ContainsFunc(listOf(argument), func(a any) bool { return equal(a, value) })
		}
	}
	return false
}

// equal compares scalars; numbers whatever their Go type.
func equal(a, b any) bool {
	if a, ok := a.(string); ok {
		b, ok := b.(string)
		return ok && a == b
	}
	switch a.(type) {
	case map[string]any, []any:
		return false
	}
	switch b.(type) {
	case map[string]any, []any:
		return false
	}
	_, text := b.(string)
	return !text && fmt.Sprint(a) == fmt.Sprint(b)
}

// CheckPattern says what is wrong with an EventBridge pattern: CloudFormation
// takes some that match nothing.
func CheckPattern(pattern map[string]any) []string {
	faults := checkNames(pattern, "")
	b, err := json.Marshal(pattern)
	if err != nil {
		return append(faults, err.Error())
	}
	if len(b) >= MaxPattern {
		faults = append(faults, fmt.Sprintf("the pattern has %d bytes, allowed are fewer than %d", len(b), MaxPattern))
	}
	return faults
}

func checkNames(pattern map[string]any, path string) []string {
	var faults []string
	if len(pattern) == 0 {
		faults = append(faults, path+" matches nothing: it is empty")
	}
	for key, want := range pattern {
		field := strings.TrimPrefix(path+"."+key, ".")
		switch want := want.(type) {
		case map[string]any:
			faults = append(faults, checkNames(want, field)...)
		case []any:
			if len(want) == 0 {
				faults = append(faults, field+" matches nothing: the list is empty")
			}
			for _, item := range want {
				if key == "$or" {
					faults = append(faults, checkNames(mapOf(item), field)...)
				} else if why := checkMatcher(item); why != "" {
					faults = append(faults, field+": "+why)
				}
			}
		default:
			faults = append(faults, fmt.Sprintf("%s is %v: values have to be in a list", field, want))
		}
	}
	return faults
}

func checkMatcher(matcher any) string {
	switch m := matcher.(type) {
	case string, bool, int, float64, nil:
		return ""
	case map[string]any:
		if len(m) != 1 {
			return "an operator stands alone in its mapping"
		}
		for name, argument := range m {
			return checkOperator(name, argument)
		}
	}
	return fmt.Sprintf("%v is no value", matcher)
}

func checkOperator(name string, argument any) string {
	_, text := argument.(string)
	_, list := argument.([]any)
	inner, mapping := argument.(map[string]any)
	switch name {
	case "exists":
		if _, ok := argument.(bool); !ok {
			return fmt.Sprintf("exists wants true or false, not %v", argument)
		}
		return ""
	case "prefix", "suffix", "equals-ignore-case":
		if !text || argument == "" {
			return fmt.Sprintf("%s wants a text, not %v", name, argument)
		}
		return ""
	case "anything-but":
		if mapping && len(inner) == 1 {
			return checkMatcher(inner)
		}
		if !text && !list {
			return fmt.Sprintf("anything-but wants a text, a list or an operator, not %v", argument)
		}
		return ""
	}
	return name + " is no operator that is known here"
}
