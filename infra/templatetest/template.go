// Package templatetest holds template.yaml and infra/forwarder.yaml to what a
// linter cannot know: that the rules let through all that the code counts, that
// nobody but the senders named can reach a queue, topic or key, that each role
// has no more than it needs, that nothing that holds data is lost.
//
// Load reads a template, Resolve gives the values that CloudFormation would,
// and Check says what is wrong. The tests break the template on purpose, in one
// place at a time, and expect Check to notice.
package templatetest

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Template is a CloudFormation or SAM template with its intrinsic functions in
// their long form: {"Ref": ...}, {"Fn::GetAtt": ...}.
type Template struct {
	root map[string]any
}

// Load reads a template.
func Load(source []byte) (*Template, error) {
	var node yaml.Node
	if err := yaml.Unmarshal(source, &node); err != nil {
		return nil, fmt.Errorf("reading the template: %w", err)
	}
	if len(node.Content) != 1 {
		return nil, fmt.Errorf("reading the template: want one document, got %d", len(node.Content))
	}
	value, err := decode(node.Content[0])
	if err != nil {
		return nil, fmt.Errorf("reading the template: %w", err)
	}
	root, ok := value.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("reading the template: want a mapping, got %T", value)
	}
	return &Template{root}, nil
}

// decode turns a node into maps, lists and scalars, short intrinsic functions
// into their long form.
func decode(n *yaml.Node) (any, error) {
	value, err := decodePlain(n)
	if err != nil {
		return nil, err
	}
	name, short := strings.CutPrefix(n.Tag, "!")
	if !short || strings.HasPrefix(name, "!") {
		return value, nil
	}
	switch name {
	case "Ref", "Condition":
		return map[string]any{name: value}, nil
	case "GetAtt":
		text, ok := value.(string)
		if !ok {
			return nil, fmt.Errorf("line %d: !GetAtt wants RESOURCE.ATTRIBUTE", n.Line)
		}
		resource, attribute, _ := strings.Cut(text, ".")
		return map[string]any{"Fn::GetAtt": []any{resource, attribute}}, nil
	}
	return map[string]any{"Fn::" + name: value}, nil
}

func decodePlain(n *yaml.Node) (any, error) {
	switch n.Kind {
	case yaml.MappingNode:
		m := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i].Value
			if _, twice := m[key]; twice {
				return nil, fmt.Errorf("line %d: %s is there twice", n.Content[i].Line, key)
			}
			value, err := decode(n.Content[i+1])
			if err != nil {
				return nil, err
			}
			m[key] = value
		}
		return m, nil
	case yaml.SequenceNode:
		list := make([]any, 0, len(n.Content))
		for _, c := range n.Content {
			value, err := decode(c)
			if err != nil {
				return nil, err
			}
			list = append(list, value)
		}
		return list, nil
	case yaml.ScalarNode:
		plain := *n
		if strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!") {
			plain.Tag = "!!str"
		}
		if n.Style == 0 && plain.Tag == "!!str" {
			// CloudFormation reads YAML 1.1, where these are no texts.
			switch strings.ToLower(n.Value) {
			case "on", "yes":
				return true, nil
			case "off", "no":
				return false, nil
			}
		}
		var value any
		if err := plain.Decode(&value); err != nil {
			return nil, fmt.Errorf("line %d: %w", n.Line, err)
		}
		return value, nil
	}
	return nil, fmt.Errorf("line %d: aliases are not known to CloudFormation", n.Line)
}

// Resource is one resource with its values resolved.
type Resource struct {
	ID         string
	Type       string
	Retained   bool // kept when the stack is deleted, and when it is replaced
	Properties map[string]any
}

// Fault is one thing that is wrong with a template.
type Fault struct {
	Where string // the resource or parameter
	What  string
}

func (f Fault) String() string { return f.Where + ": " + f.What }
