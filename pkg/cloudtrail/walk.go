package cloudtrail

import (
	"bytes"
	"fmt"
)

// space moves on to the next byte that is no white space; it returns false at
// the end of the input.
func (s *scanner) space() bool {
	for {
		if s.i = skipSpace(s.buf, s.i); s.i < len(s.buf) {
			return true
		}
		if !s.more() {
			return false
		}
	}
}

// byteOrderMark moves on past the mark that some tools put before UTF-8 text,
// and reports whether there was one.
func (s *scanner) byteOrderMark() bool {
	const mark = "\ufeff"
	for s.buf[s.i] == mark[0] && len(s.buf)-s.i < len(mark) && s.more() {
	}
	if !bytes.HasPrefix(s.buf[s.i:], []byte(mark)) {
		return false
	}
	s.i += len(mark)
	return true
}

// grow reads on inside something that begins at s.i, at least doubling what is
// at hand of it, so that starting over from s.i costs linear time in all.
func (s *scanner) grow() bool {
	have := len(s.buf) - s.i
	for len(s.buf)-s.i < max(1, 2*have) && s.more() {
	}
	return len(s.buf)-s.i > have
}

// document scans one value at the top of the input. On an error, s.i is the
// start of what could not be understood.
func (s *scanner) document() error {
	switch c := s.buf[s.i]; {
	case c == '{':
		return s.object(0)
	case c == '[':
		return s.array(0)
	default:
		return s.unexpected()
	}
}

// array scans a list of elements whose opening bracket is at s.i.
func (s *scanner) array(depth int) error {
	if depth >= maxDepth {
		return s.fault(deep, s.i)
	}
	s.i++
	if !s.space() {
		return s.fault(cut, s.i)
	}
	if s.buf[s.i] == ']' {
		s.i++
		return nil
	}
	for {
		if err := s.element(depth + 1); err != nil {
			return err
		}
		if !s.space() {
			return s.fault(cut, s.i)
		}
		switch s.buf[s.i] {
		case ',':
			s.i++
			if !s.space() {
				return s.fault(cut, s.i)
			}
		case ']':
			s.i++
			return nil
		default:
			return s.fault(broken, s.i)
		}
	}
}

// element scans one element of a list.
func (s *scanner) element(depth int) error {
	switch s.buf[s.i] {
	case '{':
		return s.object(depth)
	case '[':
		return s.array(depth)
	}
	for {
		end, f := skip(s.buf, s.i, depth)
		if f == cut || f == sound && end == len(s.buf) {
			// A number may go on in the next chunk.
			if end-s.i <= s.opt.MaxRecord && s.grow() {
				continue
			}
		}
		if end-s.i > s.opt.MaxRecord {
			return s.tooLarge()
		}
		if f != sound {
			return s.fault(f, end)
		}
		raw := s.buf[s.i:end]
		if err := s.malformed(raw, s.at(s.i), kindOf(raw)+", not a record"); err != nil {
			return err
		}
		s.i = end
		return nil
	}
}

// object scans the object whose opening brace is at s.i: a record, something
// that carries records, or neither.
func (s *scanner) object(depth int) error {
	if depth >= maxDepth {
		return s.fault(deep, s.i)
	}
	if end, wanted := s.ordinary(); end > 0 {
		var err error
		if s.total.Read++; wanted && s.opt.Candidate.Wants(s.buf[s.i:end]) {
			err = s.hand(Element{Pos: s.at(s.i), Raw: s.buf[s.i:end]})
		}
		s.i = end
		return err
	}
	var (
		lists = false // lists of elements were found in it, and scanned
		seen  keySet  // members found up to the last list
		from  = 1     // where the walk begins, counted from s.i
		fixed = false // member names are read with their escapes
	)
	for {
		s.out.seen = seen
		end, f := s.out.members(s.buf, s.i+from, lists, fixed)
		if end-s.i > s.opt.MaxRecord {
			return s.tooLarge()
		}
		switch f {
		case cut:
			if !s.grow() {
				return s.fault(cut, end)
			}
		case listed:
			if !fixed && hidesASCII(s.buf[s.i:end]) {
				fixed = true
				continue
			}
			seen, lists, from = s.out.seen, true, 0
			s.i = end
			if err := s.array(depth + 1); err != nil {
				return err
			}
		case sound:
			if !fixed && hidesASCII(s.buf[s.i:end]) {
				fixed = true
				continue
			}
			if lists {
				s.i = end
				return nil
			}
			if err := s.whole(s.buf[s.i:end], s.at(s.i), depth); err != nil {
				return err
			}
			s.i = end
			return nil
		default:
			return s.fault(f, end)
		}
	}
}

// ordinary returns the index after the object at s.i if it is an ordinary
// record, which most objects are, else 0; and false if it can't be wanted.
func (s *scanner) ordinary() (int, bool) {
	for {
		end, wanted := s.glance.ordinary(s.buf, s.i, s.marks)
		size := end - s.i
		if end < 0 {
			size = len(s.buf) - s.i
		}
		switch {
		case end == 0 || end > 0 && size > s.opt.MaxRecord || size > s.opt.MaxRecord+lookahead:
			return 0, false
		case end > 0:
			return end, wanted
		case !s.grow():
			return 0, false
		}
	}
}

// record counts a record, and hands it over if it is wanted.
func (s *scanner) record(raw []byte, pos Position) error {
	s.total.Read++
	if !s.opt.Candidate.Wants(raw) {
		return nil
	}
	return s.hand(Element{Pos: pos, Raw: raw})
}

// whole takes an object that is complete in memory and was outlined.
func (s *scanner) whole(raw []byte, pos Position, depth int) error {
	f, member := s.out.form(s.buf)
	switch f {
	case record:
		return s.record(raw, pos)
	case insight:
		s.total.Insights++
	case digest:
		s.total.Digests++
	case carrier:
		v := s.out.value[member]
		return s.unpack(s.buf[v.lo:v.hi], pos)
	default:
		if depth == 0 && s.carriers == 0 {
			return s.noShape()
		}
		return s.malformed(raw, pos, "an object with none of the members of a record")
	}
	return nil
}

// maxCarriers bounds how many carriers may lie inside each other: a record in
// an EventBridge event in an SNS notification in a queue message in a list
// takes three.
const maxCarriers = 8

// unpack scans what a carrier holds: an object, or a string of JSON.
func (s *scanner) unpack(value []byte, pos Position) error {
	if s.carriers == maxCarriers {
		return s.malformed(value, pos, fmt.Sprintf("carried inside more than %d others", maxCarriers))
	}
	text := value
	if value[0] == '"' {
		inner := value[1 : len(value)-1]
		if bytes.IndexByte(inner, '\\') < 0 {
			text = inner
		} else {
			var ok bool
			if text, ok = unescape(make([]byte, 0, len(inner)), inner); !ok {
				return s.malformed(value, pos, "a string with an invalid escape, not a record")
			}
		}
	}
	inside := &scanner{window: window{buf: text}, total: s.total, opt: s.opt, marks: s.marks, visit: s.visit, name: s.name,
		carriers: s.carriers + 1, carrier: pos}
	return inside.carried()
}

// carried scans a text that a carrier held. What is no JSON there is one
// malformed record, not an error of the input.
func (s *scanner) carried() error {
	found := false
	for s.space() {
		found = true
		err := s.element(0)
		if syntax, ok := err.(*SyntaxError); ok {
			return s.malformed(s.buf, s.carrier, "a carried text in which "+syntax.Problem)
		}
		if err != nil {
			return err
		}
	}
	if !found {
		return s.malformed(s.buf, s.carrier, "an empty text, not a record")
	}
	return nil
}

// malformed counts and hands over an element that can't be a record.
func (s *scanner) malformed(raw []byte, pos Position, why string) error {
	s.total.Read++
	return s.hand(Element{Pos: pos, Raw: raw, Malformed: why})
}

// hand gives an element to the caller.
func (s *scanner) hand(e Element) error {
	e.Pos.Record = s.total.Read
	s.total.Visited++
	if err := s.visit(e); err != nil {
		return visitError{err}
	}
	return nil
}
