package cloudtrail

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// shapes names what an input may hold.
const shapes = "CloudTrail log files, EventBridge events, LookupEvents output, SQS batches, records, or arrays or lines of these"

// errCut marks a syntax error as the end of the input inside a value.
var errCut = errors.New("unexpected end of the JSON")

func isCut(err error) bool { return errors.Is(err, errCut) }

// fault returns the error for a fault at buf[i].
func (s *scanner) fault(f fault, i int) error {
	e := &SyntaxError{Pos: s.at(i)}
	switch f {
	case cut:
		e.Problem, e.Err = "the input is cut short", errCut
		e.Remedy = "fetch it again; the records before were read"
	case deep:
		e.Problem = tooDeep
		e.Remedy = "no CloudTrail record does: check where it comes from"
	default:
		e.Problem = "the JSON is broken: " + found(s.buf[i:])
		e.Remedy = "fetch the file again, or correct it here"
	}
	return e
}

// found says which byte stands where another was expected.
func found(b []byte) string {
	if len(b) == 0 {
		return "it ends too early"
	}
	if b[0] < ' ' || b[0] > '~' {
		return fmt.Sprintf("the byte %#02x is out of place", b[0])
	}
	return fmt.Sprintf("%q is out of place", b[0])
}

func (s *scanner) tooLarge() error {
	return &SyntaxError{Pos: s.at(s.i),
		Problem: fmt.Sprintf("a record is longer than %d bytes", s.opt.MaxRecord),
		Remedy:  "CloudTrail writes none over 1 MB: check where it comes from, or raise the limit"}
}

// unexpected is the error for a value at the top of an input that can't hold
// records: a string, a number, no JSON at all.
func (s *scanner) unexpected() error {
	for len(s.buf)-s.i < len("false") && s.more() {
		// to tell what it is
	}
	problem := "found " + kindOf(s.buf[s.i:]) + ", expected " + shapes
	remedy := "name a file that holds one of these"
	if b := s.buf[s.i:]; bytes.HasPrefix(b, []byte("\xff\xfe")) || bytes.HasPrefix(b, []byte("\xfe\xff")) {
		problem, remedy = "found UTF-16 text, expected UTF-8", "convert it to UTF-8"
	}
	return &SyntaxError{Pos: s.at(s.i), Problem: problem, Remedy: remedy}
}

// noShape is the error for an object at the top of an input that is nothing
// known.
func (s *scanner) noShape() error {
	e := &SyntaxError{Pos: s.at(s.i), Problem: "found an object of no known shape, expected " + shapes,
		Remedy: "name a file that holds one of these"}
	for k, name := range map[key]string{keyRecords: "Records", keyEvents: "Events", keyMessages: "Messages"} {
		if s.out.seen.has(k) {
			e.Problem = fmt.Sprintf("found %s as %q, expected an array", kindOf(s.buf[s.out.value[k].lo:]), name)
		}
	}
	return e
}

// kindOf names the kind of the JSON value that b begins with.
func kindOf(b []byte) string {
	switch c := b[0]; {
	case c == '"':
		return "a string"
	case c == '-' || '0' <= c && c <= '9':
		return "a number"
	case c == '{':
		return "an object"
	case c == '[':
		return "an array"
	case bytes.HasPrefix(b, []byte("null")):
		return "null"
	case bytes.HasPrefix(b, []byte("true")), bytes.HasPrefix(b, []byte("false")):
		return "a boolean"
	}
	return "text that is no JSON"
}

// resume moves on to the next line that may hold a value of its own: one that
// begins with a brace or a bracket. It returns false if there is none.
func (s *scanner) resume() bool {
	for {
		n := bytes.IndexByte(s.buf[s.i:], '\n')
		if n < 0 {
			s.i = len(s.buf)
			if !s.more() {
				return false
			}
			continue
		}
		if s.i += n + 1; s.i == len(s.buf) && !s.more() {
			return false
		}
		if c := s.buf[s.i]; c == '{' || c == '[' {
			return true
		}
	}
}

// skipped adds to a syntax error what was not read because of it.
func skipped(err error, to int64, resumed bool) error {
	var e *SyntaxError
	if !errors.As(err, &e) {
		return err
	}
	if resumed {
		e.Remedy += fmt.Sprintf("; reading went on at the line at byte %d", to)
	} else if to > e.Pos.Offset {
		e.Remedy += "; what follows was not read"
	}
	return e
}

// ended is the error for an input that ended before its time.
func (s *scanner) ended(err error) error {
	pos := s.at(s.i)
	if s.input.raw.err != nil {
		return fmt.Errorf("%s: reading failed: %w", pos, s.input.raw.err)
	}
	problem := "the gzip stream is damaged"
	if errors.Is(err, io.ErrUnexpectedEOF) {
		problem = "the gzip stream is cut short"
	}
	return &SyntaxError{Pos: pos, Problem: problem, Err: err, Remedy: "fetch the file again; the records before were read"}
}
