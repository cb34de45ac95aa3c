package cloudtrail

import "bytes"

// glance finds where a record ends by its braces alone, which are much fewer
// than its strings. Whether a brace stands in a string shows by what follows it
// at once, nearly always, else by the number of quotes before it. That holds for
// records without a backslash, and most have none. It remembers where the next
// backslash, line feed and letters of marks are.
type glance struct {
	slash, line int
	search      search
}

// ordinaryStart is how every record that CloudTrail writes begins.
const ordinaryStart = `{"eventVersion":`

// Bounds of an ordinary record: how deep objects nest, how many lists it holds,
// and how many brackets close at once. lookahead is how many bytes behind a
// record may be looked at.
const (
	maxObjects  = 64
	maxLists    = 64
	maxClosings = maxObjects + maxLists
	lookahead   = maxClosings + len(`,{"x`)
)

// ordinary returns the index after the record that starts at b[i], if it is an
// ordinary one: it begins as CloudTrail's do, lies on one line, has no
// backslash, nests little, and no string in it ends as that of an Insights
// record does. Its braces are counted, and nothing else of it is checked. Else
// it returns 0, or -1 if b ends too early to tell. The second result is false if
// the record lacks what m says that candidates have in common.
func (g *glance) ordinary(b []byte, i int, m *marks) (int, bool) {
	if !bytes.HasPrefix(b[i:], []byte(ordinaryStart)) {
		if bytes.HasPrefix([]byte(ordinaryStart), b[i:]) {
			return -1, false
		}
		return 0, false
	}
	if g.slash <= i {
		g.slash = next(b, i, '\\')
	}
	if g.line <= i {
		g.line = next(b, i, '\n')
	}
	end := min(g.slash, g.line)
	from, depth := i+1, 1
	quotes := parity{at: i}
	for {
		closing := next(b[:end], from, '}')
		if closing == len(b) {
			return -1, false
		}
		if closing == end {
			return 0, false
		}
		after := afterClosings(b, closing)
		if after-closing > maxClosings {
			return 0, false
		}
		if len(b)-after < len(`,{"x`) {
			return -1, false
		}
		for from < closing {
			opening := next(b[:closing], from, '{')
			if opening < closing && (namesMember(b[opening+1:]) || !quotes.inString(b, opening)) {
				depth++
			}
			from = opening + 1
		}
		from = after
		if !goesOn(b[after:]) && quotes.inString(b, closing) {
			continue
		}
		quotes = parity{at: closing}
		if depth > maxObjects {
			return 0, false
		}
		for ; closing < after; closing++ {
			if b[closing] != '}' {
				continue
			}
			if depth--; depth == 0 {
				end = closing + 1
				insight, common := g.search.in(b, i, end, m)
				if insight || bytes.Count(b[i:end], []byte{'['}) > maxLists {
					return 0, false
				}
				return end, common
			}
		}
	}
}

// parity knows whether a place in a record without backslashes lies in a string.
type parity struct {
	at int // it counted the quotes before
	in bool
}

// inString reports whether b[i] stands in a string. Places must be asked for in
// their order.
func (p *parity) inString(b []byte, i int) bool {
	if i > p.at {
		p.in = p.in != (bytes.Count(b[p.at:i], []byte{'"'})%2 != 0)
		p.at = i
	}
	return p.in
}

// namesMember reports whether b begins with a quote and a letter. What stands
// before it stands in no string then, since the quote would end that string, and
// no letter can follow a string.
func namesMember(b []byte) bool {
	return len(b) > 1 && b[0] == '"' && (b[1]|0x20)-'a' < 26
}

// goesOn reports whether b, which follows closing brackets, begins with a comma
// and the start of a member, or of an object with one: then those brackets stand
// in no string.
func goesOn(b []byte) bool {
	return b[0] == ',' && (namesMember(b[1:]) || b[1] == '{' && namesMember(b[2:]))
}

// afterClosings returns the index of the first byte from b[i] on that is no
// closing bracket. A string that holds one of them holds all.
func afterClosings(b []byte, i int) int {
	for i < len(b) && (b[i] == '}' || b[i] == ']') {
		i++
	}
	return i
}

// next returns the index of the first c in b at or after b[i], the length of b
// if there is none.
func next(b []byte, i int, c byte) int {
	if n := bytes.IndexByte(b[i:], c); n >= 0 {
		return i + n
	}
	return len(b)
}
