package chime

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"chimewatch/pkg/cloudtrail"
)

// DefaultSources returns the event sources that count as Chime messaging.
//
// AWS documents chime.amazonaws.com,
// https://docs.aws.amazon.com/chime-sdk/latest/ag/cloudtrail.html. No public
// record of a messaging call proves it, and other Chime services have sources
// of their own, so the names that messaging could have are accepted too. They
// cost nothing: the operation has to match as well.
func DefaultSources() []string {
	return []string{
		"chime.amazonaws.com",
		"chime-sdk-messaging.amazonaws.com",
		"chimesdkmessaging.amazonaws.com",
		"messaging-chime.amazonaws.com",
		"chime-sdk-identity.amazonaws.com",
		"chimesdkidentity.amazonaws.com",
		"identity-chime.amazonaws.com",
	}
}

// Scope decides which records count. The zero Scope holds no record. A Scope
// never changes and may be shared.
type Scope struct {
	all        bool
	sources    map[string]bool
	operations map[string]bool // value: a tag operation
}

// DefaultScope returns the messaging operations of the default sources.
func DefaultScope() Scope {
	s := Scope{sources: map[string]bool{}, operations: map[string]bool{}}
	for _, source := range DefaultSources() {
		s.sources[source] = true
	}
	for i := range catalogue {
		s.operations[catalogue[i].Name] = catalogue[i].Tag
	}
	return s
}

// NewScope returns the scope of these event sources and operations, all
// matched exactly. Where a list is empty the default takes its place: the
// default sources, the whole catalogue. With all every record is in scope.
//
// An error names the entry that cannot be an event source or an operation.
func NewScope(sources, operations []string, all bool) (Scope, error) {
	s := DefaultScope()
	s.all = all
	if len(sources) > 0 {
		clear(s.sources)
	}
	for i, source := range sources {
		if !eventSource(source) {
			return Scope{}, fmt.Errorf(`sources[%d]: %q is no event source: write it as CloudTrail does, for example "chime.amazonaws.com"`, i, source)
		}
		s.sources[source] = true
	}
	if len(operations) > 0 {
		clear(s.operations)
	}
	for i, name := range operations {
		if !eventName(name) {
			return Scope{}, fmt.Errorf(`operations[%d]: %q is no operation: write it as CloudTrail does, for example "ListChannels"`, i, name)
		}
		op, _ := Lookup(name)
		s.operations[name] = op.Tag
	}
	return s, nil
}

// All reports whether every record is in scope.
func (s Scope) All() bool { return s.all }

// Sources returns the event sources in scope, sorted; they do not bound the
// scope if All is true.
func (s Scope) Sources() []string { return slices.Sorted(maps.Keys(s.sources)) }

// Operations returns the names of the operations in scope, sorted; they do not
// bound the scope if All is true.
func (s Scope) Operations() []string { return slices.Sorted(maps.Keys(s.operations)) }

// InSource reports whether the record comes from an event source in scope.
// Such a record is malformed if it lacks an event name or time, else only
// Messaging tells whether it counts.
func (s Scope) InSource(rec *cloudtrail.Record) bool {
	return s.all || s.sources[rec.EventSource]
}

// Messaging reports whether the record is in scope: an operation in scope, of
// a source in scope. Tag operations, which all Chime services share, count
// only if some text in the request parameters holds ":app-instance/".
func (s Scope) Messaging(rec *cloudtrail.Record) bool {
	if s.all {
		return true
	}
	if !s.sources[rec.EventSource] {
		return false
	}
	tag, ok := s.operations[rec.EventName]
	return ok && (!tag || rec.ParametersContain(":app-instance/"))
}

func eventSource(s string) bool {
	if len(s) > 256 || !strings.Contains(s, ".") || strings.HasPrefix(s, ".") || strings.HasSuffix(s, ".") {
		return false
	}
	for i := range len(s) {
		if c := s[i]; !('a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '.' || c == '-' || c == '_') {
			return false
		}
	}
	return true
}

func eventName(s string) bool {
	for i := range len(s) {
		if c := s[i]; !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_') {
			return false
		}
	}
	return s != "" && len(s) <= 256
}
