package inert

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// Width returns how many columns s takes on a terminal: two for wide East
// Asian characters and most emoji, none for combining marks, one for all else.
// It holds for text that went through one of the functions of this package.
//
// https://www.unicode.org/reports/tr11/
func Width(s string) int {
	n := 0
	for _, r := range s {
		n += runeWidth(r)
	}
	return n
}

func runeWidth(r rune) int {
	if r < utf8.RuneSelf {
		return 1
	}
	if unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Me, r) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// Cut returns s if it fits into that many columns, else as much of its
// beginning as fits together with an ellipsis (…). It cuts between characters,
// never inside an escape or between a letter and its marks. The result never
// takes more than columns; without columns it is empty.
func Cut(s string, columns int) string {
	return cut(s, columns, "…", Width)
}

// CutBytes returns s if it has at most limit bytes, else as much of its
// beginning as fits together with three dots (...), which are ASCII. It cuts
// as Cut does.
func CutBytes(s string, limit int) string {
	return cut(s, limit, "...", func(s string) int { return len(s) })
}

// Pad returns s cut to that many columns and filled up with spaces.
func Pad(s string, columns int) string {
	s = Cut(s, columns)
	return s + strings.Repeat(" ", max(0, columns-Width(s)))
}

func cut(s string, limit int, ellipsis string, measure func(string) int) string {
	if len(s) <= limit {
		return s // no measure is above the number of bytes
	}
	room := limit - measure(ellipsis)
	if room < 0 {
		ellipsis, room = "", limit
	}
	used, fits := 0, 0 // fits: the length of what fits beside the ellipsis
	for i := 0; i < len(s); {
		n := clusterLen(s[i:])
		used += measure(s[i : i+n])
		if used > limit {
			return s[:fits] + ellipsis
		}
		i += n
		if used <= room {
			fits = i
		}
	}
	return s
}

// clusterLen returns the length of the first character of s, an escape or a
// rune, with its combining marks.
func clusterLen(s string) int {
	n := escapeLen(s)
	if n == 0 {
		_, n = utf8.DecodeRuneInString(s)
	}
	for n < len(s) {
		r, size := utf8.DecodeRuneInString(s[n:])
		if !unicode.Is(unicode.M, r) {
			break
		}
		n += size
	}
	return n
}
