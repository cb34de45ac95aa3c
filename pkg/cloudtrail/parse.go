package cloudtrail

import "github.com/cespare/xxhash/v2"

// parser checks a JSON text, hashes its content, and notes the fields of a
// record in it, all in one pass.
type parser struct {
	b       []byte
	fields  fields
	plain   bool   // the last string was ASCII without escapes
	scratch []byte // the text of the last string that was not
	problem string // what is wrong at the index that a method returned
}

// value returns the hash of the value at b[i], and the index after it. It
// returns false, with the problem and where it is, if the JSON is not valid.
// The members of the value belong to the field in.
func (p *parser) value(i, depth int, in field) (uint64, int, bool) {
	if i >= len(p.b) {
		return p.unexpected(i)
	}
	switch p.b[i] {
	case '"':
		text, end, ok := p.text(i)
		return mix(seedString, xxhash.Sum64(text)), end, ok
	case '{':
		if in == resources {
			in = otherField
		}
		return p.object(i, depth, in)
	case '[':
		return p.array(i, depth, in == resources)
	}
	end := scalarEnd(p.b, i)
	if end == 0 {
		return p.unexpected(i)
	}
	return mix(seedScalar, xxhash.Sum64(p.b[i:end])), end, true
}

func (p *parser) fail(i int, problem string) (uint64, int, bool) {
	p.problem = problem
	return 0, i, false
}

func (p *parser) unexpected(i int) (uint64, int, bool) {
	if i >= len(p.b) {
		return p.fail(i, "the JSON ends too early")
	}
	return p.fail(i, "the JSON is broken: "+found(p.b[i:]))
}

func (p *parser) object(i, depth int, in field) (uint64, int, bool) {
	if depth >= maxDepth {
		return p.fail(i, tooDeep)
	}
	var few [fewMembers]member
	members := few[:0]
	i = skipSpace(p.b, i+1)
	if i < len(p.b) && p.b[i] == '}' {
		return mix(seedObject, 0), i + 1, true
	}
	for {
		if i >= len(p.b) || p.b[i] != '"' {
			return p.unexpected(i)
		}
		text, end, ok := p.text(i)
		if !ok {
			return 0, end, false
		}
		name, f := xxhash.Sum64(text), fieldOf(in, text)
		if i = skipSpace(p.b, end); i >= len(p.b) || p.b[i] != ':' {
			return p.unexpected(i)
		}
		start := skipSpace(p.b, i+1)
		if f != otherField {
			p.fields.clear(f)
		}
		hash, end, ok := p.value(start, depth+1, f)
		if !ok {
			return 0, end, false
		}
		if f != otherField {
			p.fields.set(f, p.b[start:end], p.plain)
		}
		members = append(members, member{name, mix(name, hash)})
		if i = skipSpace(p.b, end); i >= len(p.b) {
			return p.unexpected(i)
		}
		switch p.b[i] {
		case ',':
			i = skipSpace(p.b, i+1)
		case '}':
			return mix(seedObject, sumMembers(members)), i + 1, true
		default:
			return p.unexpected(i)
		}
	}
}

// array hashes the array at b[i]; of a list of resources the first is read.
func (p *parser) array(i, depth int, ofResources bool) (uint64, int, bool) {
	if depth >= maxDepth {
		return p.fail(i, tooDeep)
	}
	in := otherField
	if ofResources {
		in = firstResource
	}
	sum := seedArray
	i = skipSpace(p.b, i+1)
	if i < len(p.b) && p.b[i] == ']' {
		return sum, i + 1, true
	}
	for {
		hash, end, ok := p.value(i, depth+1, in)
		if !ok {
			return 0, end, false
		}
		in = otherField
		sum = mix(sum, hash)
		if i = skipSpace(p.b, end); i >= len(p.b) {
			return p.unexpected(i)
		}
		switch p.b[i] {
		case ',':
			i = skipSpace(p.b, i+1)
		case ']':
			return sum, i + 1, true
		default:
			return p.unexpected(i)
		}
	}
}

// text returns the text of the string at b[i], valid until the next one is
// read, and the index after it.
func (p *parser) text(i int) ([]byte, int, bool) {
	var end int
	if end, p.plain = plainEnd(p.b, i+1); p.plain {
		return p.b[i+1 : end], end + 1, true
	}
	end, f := skipString(p.b, i)
	if f != sound {
		p.problem = "the JSON ends inside a string"
		return nil, end, false
	}
	var ok bool
	if p.scratch, ok = unescape(p.scratch[:0], p.b[i+1:end-1]); !ok {
		p.problem = "a string with an invalid escape or a bare control character"
		return nil, i, false
	}
	return p.scratch, end, true
}
