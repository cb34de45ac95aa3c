package inert

import (
	"unicode"
	"unicode/utf8"
)

// scripts are those whose letters hardly pass for ASCII ones. A name in one of
// them, alone, is shown as it is; Han, kana and Bopomofo are written together.
//
// https://www.unicode.org/reports/tr39/#Restriction_Level_Detection
var scripts = [...][]*unicode.RangeTable{
	{unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Bopomofo},
	{unicode.Hangul, unicode.Han},
	{unicode.Thai},
}

// Name returns a name as Line does, with escapes as well for what could make
// it pass for another name: letters of several scripts in one name, of scripts
// that look like Latin, and everything outside ASCII that is no letter of the
// name's script. Names in ASCII, in accented Latin and in one script that does
// not resemble it are unchanged. An ARN always holds Latin letters, so in an
// ARN nothing but accented Latin remains.
func Name(s string) string {
	if plain(s) {
		return s
	}
	if latin, other := letters(s); !latin && other {
		for _, tables := range scripts {
			if within(s, tables) {
				return escape(s, func(r rune) bool { return r < utf8.RuneSelf || unicode.In(r, tables...) })
			}
		}
	}
	return escape(s, func(r rune) bool { return r < utf8.RuneSelf || accented(r) })
}

// letters reports whether s holds ASCII or accented Latin letters, and letters
// of any other kind. Those of escapes do not count.
func letters(s string) (latin, other bool) {
	for len(s) > 0 {
		if n := escapeLen(s); n > 0 {
			s = s[n:]
			continue
		}
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || accented(r):
			latin = true
		case r >= utf8.RuneSelf && unicode.IsLetter(r):
			other = true
		}
		s = s[size:]
	}
	return latin, other
}

// within reports whether all letters of s outside ASCII are of the scripts.
func within(s string, tables []*unicode.RangeTable) bool {
	for _, r := range s {
		if r >= utf8.RuneSelf && unicode.IsLetter(r) && !unicode.In(r, tables...) {
			return false
		}
	}
	return true
}

// accented reports whether r is a Latin letter of European languages that
// does not pass for one without its accent.
func accented(r rune) bool {
	if r < 0xc0 || r > 0x17f || r == 0xd7 || r == 0xf7 {
		return false
	}
	switch r {
	case 'ı', 'ĸ', 'ŉ', 'ſ', 'ŀ', 'Ŀ':
		return false
	}
	return true
}
