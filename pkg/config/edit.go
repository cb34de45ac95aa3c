package config

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode"

	"go.yaml.in/yaml/v3"
)

// AddSuppression returns a configuration file with one more suppression, the
// last. The rest of the file stays as it is, to the byte where its suppressions
// are written one below the other, else in meaning, comments kept. Both the old
// file and the new one must be valid.
func AddSuppression(file []byte, s Suppression) ([]byte, error) {
	old, err := Load(file)
	if err != nil {
		return nil, err
	}
	want := append(slices.Clone(old.Suppressions), s)
	return edit(file, old, want,
		func(doc *document) ([]byte, error) { return doc.insert(s) },
		func(list *yaml.Node) { list.Content = append(list.Content, node(s)) })
}

// RemoveSuppression returns a configuration file without the suppression of
// that name; the rest stays as with [AddSuppression].
func RemoveSuppression(file []byte, name string) ([]byte, error) {
	old, err := Load(file)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(old.Suppressions, func(s Suppression) bool { return s.Name == name })
	if i < 0 {
		return nil, fmt.Errorf("suppressions: there is none with the name %q", name)
	}
	want := slices.Delete(slices.Clone(old.Suppressions), i, i+1)
	return edit(file, old, want,
		func(doc *document) ([]byte, error) { return doc.remove(i), nil },
		func(list *yaml.Node) { list.Content = slices.Delete(list.Content, i, i+1) })
}

// edit edits lines where the result then says what is wanted and nothing else,
// and otherwise writes the whole file anew.
func edit(file []byte, old Config, want []Suppression, lines func(*document) ([]byte, error), list func(*yaml.Node)) ([]byte, error) {
	wanted := old
	wanted.Suppressions = want
	if err := wanted.Validate(); err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	says := func(edited []byte) bool {
		c, err := Load(edited)
		return err == nil && (len(want)+len(c.Suppressions) == 0 || reflect.DeepEqual(c.Suppressions, want)) && reflect.DeepEqual(rest(c), rest(old))
	}
	var root yaml.Node
	if err := yaml.Unmarshal(file, &root); err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	if doc, ok := newDocument(file, &root); ok {
		if edited, err := lines(doc); err == nil && says(edited) {
			return edited, nil
		}
	}
	mapping := contentOf(&root)
	list(suppressionsOf(mapping))
	var out bytes.Buffer
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	if err := errors.Join(enc.Encode(&root), enc.Close()); err != nil {
		return nil, fmt.Errorf("writing the configuration: %w", err)
	}
	if !says(out.Bytes()) {
		return nil, errors.New("the configuration cannot be edited without changing what else it says: edit it by hand")
	}
	return out.Bytes(), nil
}

// rest is a configuration without its suppressions.
func rest(c Config) Config { c.Suppressions = nil; return c }

// contentOf returns the mapping of a document, which it makes where there is
// none.
func contentOf(root *yaml.Node) *yaml.Node {
	if root.Kind == 0 {
		root.Kind = yaml.DocumentNode
	}
	if len(root.Content) == 0 || root.Content[0].Kind != yaml.MappingNode {
		root.Content = []*yaml.Node{{Kind: yaml.MappingNode, Tag: "!!map"}}
	}
	return root.Content[0]
}

// suppressionsOf returns the list of suppressions in block style, which it makes
// where there is none.
func suppressionsOf(mapping *yaml.Node) *yaml.Node {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value != suppressionsKey {
			continue
		}
		list := mapping.Content[i+1]
		if list.Kind != yaml.SequenceNode {
			*list = yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
		}
		list.Style = 0
		return list
	}
	list := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
	mapping.Content = append(mapping.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: suppressionsKey}, list)
	return list
}

const suppressionsKey = "suppressions"

// node is a suppression as YAML, without the fields that are empty.
func node(s Suppression) *yaml.Node {
	network := ""
	if s.Network.IsValid() {
		network = s.Network.String()
	}
	n := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	for _, f := range [...][2]string{
		{"name", s.Name}, {"reason", s.Reason}, {"owner", s.Owner}, {"until", s.Until.Format(time.DateOnly)},
		{"account", s.Account}, {"principal", s.Principal}, {"operation", s.Operation}, {"network", network}, {"rule", string(s.Rule)},
	} {
		if f[1] == "" {
			continue
		}
		value := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: f[1]}
		if strings.ContainsFunc(f[1], unicode.IsControl) {
			value.Style = yaml.DoubleQuotedStyle
		}
		n.Content = append(n.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: f[0]}, value)
	}
	return n
}

// document is a file whose suppressions stand one below the other, or nowhere.
type document struct {
	lines []string // with their ends
	key   int      // line of the key, from 0; -1 where there is none
	items []int    // lines in which the suppressions begin, their comments included
	end   int      // line after the last of them
	dash  int      // column of their dashes
}

// newDocument finds where the suppressions are, by lines. It returns false
// where they are not written that way.
func newDocument(file []byte, root *yaml.Node) (*document, bool) {
	d := &document{lines: slices.Collect(strings.Lines(string(file))), key: -1}
	if n := len(d.lines); n > 0 && !strings.HasSuffix(d.lines[n-1], "\n") {
		d.lines[n-1] += "\n"
	}
	d.end = len(d.lines)
	if root.Kind == 0 || len(root.Content) == 0 || root.Content[0].Tag == "!!null" {
		return d, !slices.ContainsFunc(d.lines, func(l string) bool {
			return strings.HasPrefix(l, "---") || strings.HasPrefix(l, "...") || strings.HasPrefix(l, "%")
		})
	}
	mapping := root.Content[0]
	if mapping.Kind != yaml.MappingNode || mapping.Style&yaml.FlowStyle != 0 || mapping.Column != 1 {
		return nil, false
	}
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		key, list := mapping.Content[i], mapping.Content[i+1]
		if key.Value != suppressionsKey {
			continue
		}
		d.key = key.Line - 1
		if i+2 < len(mapping.Content) {
			d.end = mapping.Content[i+2].Line - 1
		}
		if list.Tag == "!!null" {
			d.end, d.dash = d.key+1, 2
			return d, list.Value == ""
		}
		if list.Kind != yaml.SequenceNode || list.Style&yaml.FlowStyle != 0 {
			return nil, false
		}
		d.dash = list.Column - 1
		for _, item := range list.Content {
			d.items = append(d.items, d.above(item.Line-1))
		}
	}
	for d.end > d.key+1 && d.blank(d.end-1) { // what stands above the next key belongs to it
		d.end--
	}
	return d, true
}

// blank reports whether a line holds nothing, or a comment.
func (d *document) blank(line int) bool {
	text := strings.TrimSpace(d.lines[line])
	return text == "" || strings.HasPrefix(text, "#")
}

// above returns the first of the comment lines that stand right above a line.
func (d *document) above(line int) int {
	for line > d.key+1 && strings.HasPrefix(strings.TrimSpace(d.lines[line-1]), "#") {
		line--
	}
	return line
}

func (d *document) insert(s Suppression) ([]byte, error) {
	text, err := yaml.Marshal(node(s))
	if err != nil {
		return nil, fmt.Errorf("writing the suppression: %w", err)
	}
	var added []string
	at, dash := d.end, d.dash
	if d.key < 0 {
		at, dash = len(d.lines), 2
		added = append(added, suppressionsKey+":\n")
	}
	indent := strings.Repeat(" ", dash)
	for line := range strings.Lines(string(text)) {
		mark := "  "
		if len(added) == 0 || added[len(added)-1] == suppressionsKey+":\n" {
			mark = "- "
		}
		added = append(added, indent+mark+line)
	}
	return []byte(strings.Join(slices.Concat(d.lines[:at], added, d.lines[at:]), "")), nil
}

func (d *document) remove(i int) []byte {
	from, to := d.items[i], d.end
	if i+1 < len(d.items) {
		to = d.items[i+1]
	}
	lines := slices.Concat(d.lines[:from], d.lines[to:])
	if len(d.items) == 1 {
		lines[d.key] = suppressionsKey + ": []\n"
	}
	return []byte(strings.Join(lines, ""))
}
