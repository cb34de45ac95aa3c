package cloudtrail

import "bytes"

// maxDepth bounds how deep arrays and objects may nest, so that no input can
// exhaust the stack; tooDeep says so.
const (
	maxDepth = 512
	tooDeep  = "arrays and objects nest deeper than 512"
)

// fault says why a walk over JSON stopped.
type fault uint8

const (
	sound  fault = iota
	cut          // the bytes end inside the value
	broken       // the bytes are no JSON
	deep         // the nesting exceeds maxDepth
	listed       // no fault: a list of elements begins here
)

// skip returns the index after the JSON value that starts at b[i]. It checks
// the grammar of arrays and objects, but not the insides of strings, numbers
// and literals: it is what a scan spends its time in. With a fault, the index
// is where it was found. A number or a literal that ends with b is sound; only
// the caller knows whether more follows.
func skip(b []byte, i, depth int) (int, fault) {
	if i >= len(b) {
		return i, cut
	}
	switch b[i] {
	case '"':
		return skipString(b, i)
	case '{':
		return skipObject(b, i, depth)
	case '[':
		return skipArray(b, i, depth)
	}
	j := i
	for j < len(b) && isScalar[b[j]] {
		j++
	}
	if j == i {
		return i, broken
	}
	return j, sound
}

// skipString returns the index after the string whose opening quote is b[i].
func skipString(b []byte, i int) (int, fault) {
	i++
	for {
		n := bytes.IndexByte(b[i:], '"')
		if n < 0 {
			return len(b), cut
		}
		i += n
		if b[i-1] != '\\' || !escaped(b, i) {
			return i + 1, sound
		}
		i++
	}
}

// escaped reports whether an odd number of backslashes precedes b[i].
func escaped(b []byte, i int) bool {
	n := 0
	for i-n > 0 && b[i-n-1] == '\\' {
		n++
	}
	return n%2 == 1
}

func skipObject(b []byte, i, depth int) (int, fault) {
	if depth >= maxDepth {
		return i, deep
	}
	i = skipSpace(b, i+1)
	if i < len(b) && b[i] == '}' {
		return i + 1, sound
	}
	for {
		if i >= len(b) {
			return i, cut
		}
		if b[i] != '"' {
			return i, broken
		}
		var f fault
		if i, f = skipString(b, i); f != sound {
			return i, f
		}
		if i >= len(b) || b[i] != ':' {
			if i = skipSpace(b, i); i >= len(b) {
				return i, cut
			}
			if b[i] != ':' {
				return i, broken
			}
		}
		if i++; i < len(b) && isSpace[b[i]] {
			i = skipSpace(b, i)
		}
		if i < len(b) && b[i] == '"' {
			i, f = skipString(b, i)
		} else {
			i, f = skip(b, i, depth+1)
		}
		if f != sound {
			return i, f
		}
		if i < len(b) && isSpace[b[i]] {
			i = skipSpace(b, i)
		}
		if i >= len(b) {
			return i, cut
		}
		switch b[i] {
		case ',':
			if i++; i < len(b) && b[i] != '"' {
				i = skipSpace(b, i)
			}
		case '}':
			return i + 1, sound
		default:
			return i, broken
		}
	}
}

func skipArray(b []byte, i, depth int) (int, fault) {
	if depth >= maxDepth {
		return i, deep
	}
	i = skipSpace(b, i+1)
	if i < len(b) && b[i] == ']' {
		return i + 1, sound
	}
	for {
		var f fault
		if i, f = skip(b, i, depth+1); f != sound {
			return i, f
		}
		if i = skipSpace(b, i); i >= len(b) {
			return i, cut
		}
		switch b[i] {
		case ',':
			i = skipSpace(b, i+1)
		case ']':
			return i + 1, sound
		default:
			return i, broken
		}
	}
}

// skipSpace returns the index of the first byte from b[i] on that is no JSON
// white space.
func skipSpace(b []byte, i int) int {
	for i < len(b) && isSpace[b[i]] {
		i++
	}
	return i
}

// isSpace and isScalar class bytes: JSON white space, and what numbers and
// literals are made of.
var (
	isSpace  = classOf(" \t\n\r")
	isScalar = classOf("+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
)

func classOf(chars string) (class [256]bool) {
	for i := range len(chars) {
		class[chars[i]] = true
	}
	return class
}
