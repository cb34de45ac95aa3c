package cloudtrail

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// Element is one record of an input.
type Element struct {
	Pos Position
	Raw []byte // the record's JSON, valid only during the call of visit

	// Malformed says why the element can't be a record ("a number, not a
	// record"); empty for one that may be. A malformed element is counted in
	// Counts.Read and visited whatever Options.Candidate says, so that no
	// caller loses it silently.
	Malformed string
}

// Decode decodes the element's record. An error is a *SyntaxError with the
// element's position.
func (e Element) Decode() (Record, error) {
	const remedy = "look at the record there; it was left out"
	if e.Malformed != "" {
		return Record{}, &SyntaxError{Pos: e.Pos, Problem: e.Malformed, Remedy: remedy}
	}
	r, err := Decode(e.Raw)
	var syntax *SyntaxError
	if errors.As(err, &syntax) {
		problem := fmt.Sprintf("%s at byte %d of the record", syntax.Problem, syntax.Pos.Offset)
		return Record{}, &SyntaxError{Pos: e.Pos, Problem: problem, Remedy: remedy}
	}
	return r, err
}

// Options steers a scan. The zero value visits every record.
type Options struct {
	// Candidate says which records are wanted. Others are counted, but neither
	// visited nor decoded. Nil wants all.
	Candidate *Filter

	// Buffers is used by the scan, and not by another one at the same time; nil
	// for its own.
	Buffers *Buffers

	// MaxRecord bounds the size of one record in bytes; 0 means
	// DefaultMaxRecord.
	MaxRecord int
}

// DefaultMaxRecord is the largest record that a scan accepts by default, in
// bytes: 16 MiB, sixteen times the largest that CloudTrail writes.
const DefaultMaxRecord = 16 << 20

// Counts is what a scan saw.
type Counts struct {
	Read     int64 // records, wanted or not, malformed ones included
	Visited  int64 // those of them that were handed to visit
	Insights int64 // CloudTrail Insights records: skipped, not in Read
	Digests  int64 // digest files: skipped
	Bytes    int64 // of decompressed input
}

// Add adds the counts of another input.
func (c *Counts) Add(d Counts) {
	c.Read += d.Read
	c.Visited += d.Visited
	c.Insights += d.Insights
	c.Digests += d.Digests
	c.Bytes += d.Bytes
}

// Scan reads the records of an input, whatever carries them, and hands those
// that opt wants to visit, in their order. The name is used in positions.
//
// The shape is recognised by the content: CloudTrail log files, plain or as
// one or several gzip members; EventBridge events; the output of LookupEvents;
// batches of SQS messages as Lambda and as ReceiveMessage deliver them, whose
// bodies may hold any of these, also within an SNS notification; bare records;
// arrays of any of these; and any of these one after another (JSON lines).
// Digest files and Insights records are counted and skipped.
//
// The input is streamed: memory is bounded by Options.MaxRecord, not by the
// input. Scan returns after it has let go of r.
//
// An error of visit ends the scan and is returned as it is. Of a damaged input
// what can be read is read, and the errors are joined: a *SyntaxError for each
// place that could not be understood, and the wrapped error of r if reading
// failed. A broken line among JSON lines costs that line alone.
func Scan(r io.Reader, name string, opt Options, visit func(Element) error) (Counts, error) {
	return scan(r, bufferSizes{defaultHeadroom, defaultChunk, defaultAlone}, name, opt, visit)
}

func scan(r io.Reader, sizes bufferSizes, name string, opt Options, visit func(Element) error) (Counts, error) {
	s := newScanner(name, opt, visit)
	if opt.Buffers == nil {
		opt.Buffers = new(Buffers)
	}
	src, err := newSource(r, sizes, opt.Buffers)
	s.input = src
	if err != nil {
		s.window.err = err
	} else {
		s.window.source = src
	}
	defer func() {
		s.window.close()
		src.release(s.window.chunk, s.window.spare)
	}()
	return s.counts(s.run())
}

// ScanBytes is Scan for an input that is in memory already: it copies nothing
// and starts no goroutine.
func ScanBytes(data []byte, name string, opt Options, visit func(Element) error) (Counts, error) {
	if isGzip(data) {
		return Scan(bytes.NewReader(data), name, opt, visit)
	}
	s := newScanner(name, opt, visit)
	s.window.buf = data
	return s.counts(s.run())
}

// scanner is one scan of one input, or of a text that was found in one.
type scanner struct {
	window
	total *Counts // of the whole input
	opt   Options
	marks *marks
	visit func(Element) error
	name  string
	input *source // what the window reads, nil for memory

	out      outline // of the object at hand
	carriers int     // how many carriers the scan is inside of
	carrier  Position
}

func newScanner(name string, opt Options, visit func(Element) error) *scanner {
	if opt.MaxRecord <= 0 {
		opt.MaxRecord = DefaultMaxRecord
	}
	s := &scanner{total: new(Counts), opt: opt, visit: visit, name: name}
	if opt.Candidate != nil {
		s.marks = &opt.Candidate.marks
	} else {
		m := newMarks("")
		s.marks = &m
	}
	return s
}

func (s *scanner) counts(err error) (Counts, error) {
	s.total.Bytes = s.off + int64(s.i)
	return *s.total, err
}

// at returns the position of buf[i].
func (s *scanner) at(i int) Position {
	p := s.carrier
	if s.carriers == 0 {
		p = Position{File: s.name, Offset: s.off + int64(i)}
	}
	p.Record = s.total.Read + 1
	return p
}

// visitError marks an error that visit returned.
type visitError struct{ error }

func (e visitError) Unwrap() error { return e.error }

// maxErrors bounds how many syntax errors of one input are named.
const maxErrors = 100

// run scans the whole input.
func (s *scanner) run() error {
	var errs []error
	more := 0
	found := false
	for s.space() {
		if s.byteOrderMark() {
			continue
		}
		found = true
		if c := s.buf[s.i]; len(errs) > 0 && (c == ',' || c == ']' || c == '}') {
			s.i++ // what is left of a list that was broken
			continue
		}
		err := s.document()
		if err == nil {
			continue
		}
		var visited visitError
		if errors.As(err, &visited) {
			return errors.Join(append(errs, visited.error)...)
		}
		resumed := s.resume()
		if s.window.err != nil && isCut(err) && !resumed {
			break // named below
		}
		if len(errs) == maxErrors {
			more++
			continue
		}
		errs = append(errs, skipped(err, s.at(s.i).Offset, resumed))
	}
	if more > 0 {
		errs = append(errs, fmt.Errorf("%s: %d further places could not be understood", s.name, more))
	}
	switch {
	case s.window.err != nil:
		errs = append(errs, s.ended(s.window.err))
	case !found:
		errs = append(errs, &SyntaxError{Pos: Position{File: s.name}, Problem: "the file is empty",
			Remedy: "CloudTrail writes no empty files: fetch it again"})
	}
	return errors.Join(errs...)
}
