package templatetest

import (
	"fmt"
	"strings"
)

// Mutation is one fault put into a template: the first place where Old stands,
// after the line that holds After, gets New instead.
type Mutation struct {
	Fault    string // in words
	File     string // template.yaml or infra/forwarder.yaml
	After    string
	Old, New string
}

// Apply returns the source with the fault in it.
func (m Mutation) Apply(source string) (string, error) {
	start := strings.Index(source, m.After)
	if start < 0 {
		return "", fmt.Errorf("%s: %q is not in %s", m.Fault, m.After, m.File)
	}
	place := strings.Index(source[start:], m.Old)
	if place < 0 {
		return "", fmt.Errorf("%s: %q is not in %s after %q", m.Fault, m.Old, m.File, m.After)
	}
	place += start
	return source[:place] + m.New + source[place+len(m.Old):], nil
}
