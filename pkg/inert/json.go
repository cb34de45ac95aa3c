package inert

import (
	"fmt"
	"unicode/utf16"
	"unicode/utf8"
)

// AppendJSON appends JSON with characters as escapes: the value stays the same.
// ASCII that prints is kept, and what keep reports besides; nil keeps nothing.
func AppendJSON(dst, data []byte, keep func(rune) bool) []byte {
	for {
		plain := 0
		for plain < len(data) && data[plain] < 0x7f {
			plain++
		}
		dst, data = append(dst, data[:plain]...), data[plain:]
		if len(data) == 0 {
			return dst
		}
		r, n := utf8.DecodeRune(data)
		switch {
		case keep != nil && keep(r):
			dst = append(dst, data[:n]...)
		case r > 0xffff:
			hi, lo := utf16.EncodeRune(r)
			dst = fmt.Appendf(dst, `\u%04x\u%04x`, hi, lo)
		default:
			dst = fmt.Appendf(dst, `\u%04x`, r)
		}
		data = data[n:]
	}
}
