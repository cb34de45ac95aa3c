package cloudtrail

import (
	"bytes"
	"slices"
	"strings"
)

// Filter tells records that may have one of some event sources from all
// others. Nil wants every record. A Filter never changes and may be shared.
type Filter struct {
	sources []string
	all     bool
	marks   marks // for records without backslashes
}

// Candidates returns the filter for these event sources; without any it wants
// no record.
func Candidates(sources []string) *Filter {
	f := &Filter{sources: slices.Clone(sources)}
	for _, s := range sources {
		if strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) {
			f.all = true // can be spelt in too many ways
		}
	}
	if f.all {
		f.marks = newMarks("")
	} else {
		f.marks = newMarks(commonText(sources))
	}
	return f
}

// Or returns a filter that wants what f or g wants.
func (f *Filter) Or(g *Filter) *Filter {
	if f == nil || g == nil {
		return nil
	}
	both := Candidates(append(slices.Clone(f.sources), g.sources...))
	both.all = f.all || g.all
	return both
}

// Wants reports whether a record, given as its JSON, may have one of the event
// sources. It looks at bytes only, and errs on the side of true; it is never
// false for a record whose eventSource is one of them, however it is spelt.
func (f *Filter) Wants(record []byte) bool {
	if f == nil || f.all {
		return true
	}
	for rest := record; ; {
		i := afterEventSource(rest)
		if i < 0 {
			// The name may still be written with escapes.
			return len(f.sources) > 0 && hidesASCII(record)
		}
		rest = rest[i:]
		end := bytes.IndexByte(rest, '"')
		if end < 0 {
			return false
		}
		value := rest[:end]
		rest = rest[end:]
		for _, source := range f.sources {
			if string(value) == source {
				return true
			}
		}
		if bytes.IndexByte(value, '\\') >= 0 {
			return true
		}
	}
}

// afterEventSource returns the index after the opening quote of the next string
// that is the value of a member named eventSource, at whatever depth; -1 if
// there is none.
func afterEventSource(b []byte) int {
	const before, after = "event", "Source\""
	for i := 0; ; {
		// The capital is the rarest letter of the name in a record.
		n := bytes.IndexByte(b[i:], after[0])
		if n < 0 {
			return -1
		}
		i += n + 1
		if i == len(b) || b[i] != after[1] {
			continue
		}
		if !bytes.HasPrefix(b[i-1:], []byte(after)) || !bytes.HasSuffix(b[:i-1], []byte(before)) {
			continue
		}
		i += len(after) - 1
		colon := skipSpace(b, i)
		if colon == len(b) || b[colon] != ':' {
			continue
		}
		if value := skipSpace(b, colon+1); value < len(b) && b[value] == '"' {
			return value + 1
		}
	}
}
