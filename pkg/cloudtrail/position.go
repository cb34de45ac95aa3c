package cloudtrail

import (
	"fmt"
	"strings"
)

// Position says where in an input something was found.
type Position struct {
	File   string // the name that the caller gave to the input
	Record int64  // 1-based number of the record within the input; 0 before the first
	// Offset counts bytes into the decompressed input. A record that was
	// carried inside a string (a queue message, a LookupEvents result) has the
	// offset of its carrier.
	Offset int64
}

// String returns the position for people: "trail.json.gz, record 3, byte 4711".
func (p Position) String() string {
	var b strings.Builder
	if p.File != "" {
		b.WriteString(p.File + ", ")
	}
	if p.Record > 0 {
		fmt.Fprintf(&b, "record %d, ", p.Record)
	}
	fmt.Fprintf(&b, "byte %d", p.Offset)
	return b.String()
}

// SyntaxError is an input, or a part of one, that could not be understood.
type SyntaxError struct {
	Pos     Position
	Problem string // what was found, and what was expected in its place
	Remedy  string // what to do about it
	Err     error  // the cause where there is one, for example of a damaged gzip stream
}

// Error returns position, problem and remedy in one line.
func (e *SyntaxError) Error() string {
	s := e.Pos.String() + ": " + e.Problem
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	if e.Remedy != "" {
		s += "; " + e.Remedy
	}
	return s
}

// Unwrap returns the cause.
func (e *SyntaxError) Unwrap() error { return e.Err }
