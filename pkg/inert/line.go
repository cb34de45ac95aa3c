package inert

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxMarks is how many combining marks may follow a character: enough for
// every living script, too few to paint over neighbouring lines.
const maxMarks = 3

// Line returns s as one line of visible text. Control, format and bidi
// characters, line and paragraph separators, blanks other than a space,
// private-use and unassigned code points, characters that show nothing, piled
// up combining marks and invalid UTF-8 become escapes: \n, \x1b, \u202e,
// \U000e0001. All else is unchanged, so Line(Line(s)) is Line(s).
func Line(s string) string {
	if plain(s) {
		return s
	}
	return escape(s, func(rune) bool { return true })
}

// ASCII returns s as Line does, with every character outside ASCII as an
// escape.
func ASCII(s string) string {
	if plain(s) {
		return s
	}
	return escape(s, func(r rune) bool { return r < utf8.RuneSelf })
}

// plain reports whether s is printable ASCII.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// escape writes the runes of s that are visible and that keep wants, and
// escapes for the others.
func escape(s string, keep func(rune) bool) string {
	var b strings.Builder
	b.Grow(len(s) + 16)
	marks := maxMarks // of the last character kept; no mark may be the first
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		mark := unicode.Is(unicode.M, r)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[0])
			marks = maxMarks
		case visible(r) && keep(r) && (!mark || marks < maxMarks):
			b.WriteRune(r)
			if mark {
				marks++
			} else {
				marks = 0
			}
		default:
			writeEscape(&b, r)
			marks = maxMarks
		}
		s = s[size:]
	}
	return b.String()
}

// visible reports whether r shows something, or is a space.
func visible(r rune) bool {
	if r < utf8.RuneSelf {
		return ' ' <= r && r <= '~'
	}
	return unicode.IsPrint(r) && !unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) &&
		r != '\u2800' && // a braille cell without dots
		r != '\u034f' && // combining grapheme joiner
		r != '\u17b4' && r != '\u17b5' // Khmer vowels that never show
}

func writeEscape(b *strings.Builder, r rune) {
	switch {
	case r == '\n':
		b.WriteString(`\n`)
	case r == '\r':
		b.WriteString(`\r`)
	case r == '\t':
		b.WriteString(`\t`)
	case r < utf8.RuneSelf:
		fmt.Fprintf(b, `\x%02x`, r)
	case r > 0xffff:
		fmt.Fprintf(b, `\U%08x`, r)
	default:
		fmt.Fprintf(b, `\u%04x`, r)
	}
}

// escapeLen returns the length of the escape that s starts with, 0 where it
// starts with none.
func escapeLen(s string) int {
	if len(s) < 2 || s[0] != '\\' {
		return 0
	}
	digits := 0
	switch s[1] {
	case 'n', 'r', 't':
		return 2
	case 'x':
		digits = 2
	case 'u':
		digits = 4
	case 'U':
		digits = 8
	default:
		return 0
	}
	if len(s) < 2+digits {
		return 0
	}
	for i := 2; i < 2+digits; i++ {
		if !strings.ContainsRune("0123456789abcdef", rune(s[i])) {
			return 0
		}
	}
	return 2 + digits
}
