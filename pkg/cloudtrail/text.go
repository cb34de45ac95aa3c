package cloudtrail

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"
)

// unescape appends the text of a JSON string, given without its quotes, to
// dst. Invalid UTF-8 and lone surrogates become U+FFFD, as in encoding/json.
// It returns false where an escape is none or a control character stands bare.
func unescape(dst, s []byte) ([]byte, bool) {
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == '\\':
			var n int
			if dst, n = unescapeOne(dst, s[i:]); n == 0 {
				return dst, false
			}
			i += n
		case c < ' ' || c == '"':
			return dst, false
		case c < utf8.RuneSelf:
			dst = append(dst, c)
			i++
		default:
			r, n := utf8.DecodeRune(s[i:])
			dst = utf8.AppendRune(dst, r)
			i += n
		}
	}
	return dst, true
}

// unescapeOne appends what the escape at the start of s stands for, and
// returns its length; 0 where it is none.
func unescapeOne(dst, s []byte) ([]byte, int) {
	if len(s) < 2 {
		return dst, 0
	}
	switch c := s[1]; c {
	case '"', '\\', '/':
		return append(dst, c), 2
	case 'b':
		return append(dst, '\b'), 2
	case 'f':
		return append(dst, '\f'), 2
	case 'n':
		return append(dst, '\n'), 2
	case 'r':
		return append(dst, '\r'), 2
	case 't':
		return append(dst, '\t'), 2
	}
	r := unicodeEscape(s)
	if r < 0 {
		return dst, 0
	}
	if utf16.IsSurrogate(r) {
		if pair := utf16.DecodeRune(r, unicodeEscape(s[6:])); pair != utf8.RuneError {
			return utf8.AppendRune(dst, pair), 12
		}
		r = utf8.RuneError
	}
	return utf8.AppendRune(dst, r), 6
}

// unicodeEscape returns the code unit of the escape \uXXXX at the start of s,
// -1 where there is none.
func unicodeEscape(s []byte) rune {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return -1
	}
	var r rune
	for _, c := range s[2:6] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return -1
		}
		r = r<<4 | rune(c)
	}
	return r
}

// plainEnd returns the index of the quote that ends the string whose text
// begins at b[i], if the text is ASCII without escapes.
func plainEnd(b []byte, i int) (int, bool) {
	const (
		ones = 0x0101010101010101
		high = 0x8080808080808080
	)
	for ; i+8 <= len(b); i += 8 {
		x := binary.LittleEndian.Uint64(b[i:])
		quote, slash := x^'"'*ones, x^'\\'*ones
		// The high bit of each byte that is a quote, a backslash, a control
		// character or not ASCII; exact for the first of them.
		special := ((quote-ones)&^quote | (slash-ones)&^slash | (x-' '*ones)&^x | x) & high
		if special != 0 {
			i += bits.TrailingZeros64(special) / 8
			return i, b[i] == '"'
		}
	}
	for ; i < len(b); i++ {
		if c := b[i]; c == '"' || c == '\\' || c < ' ' || c >= 0x80 {
			return i, c == '"'
		}
	}
	return i, false
}

// hidesASCII reports whether b may hold a printable ASCII character that is
// written as an escape (\u0063 for c). Only then can a text that is plain ASCII
// be spelt otherwise than by its bytes.
func hidesASCII(b []byte) bool {
	for {
		n := bytes.IndexByte(b, '\\')
		if n < 0 || len(b) < n+2 {
			return false
		}
		b = b[n:]
		if len(b) >= 5 && b[1] == 'u' && b[2] == '0' && b[3] == '0' && '2' <= b[4] && b[4] <= '7' {
			return true
		}
		b = b[2:]
	}
}

// appendString appends text as a JSON string, escaped no more than it must be;
// invalid UTF-8 becomes U+FFFD.
func appendString[T string | []byte](dst []byte, text T) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for _, r := range string(text) {
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r < ' ':
			dst = append(dst, '\\', 'u', '0', '0', hex[r>>4], hex[r&15])
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return append(dst, '"')
}
