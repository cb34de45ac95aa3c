package inert

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Defang returns s as Line does, changed where a mail program, a chat or a
// spreadsheet would act on it:
//
//   - http:// is hxxp[:]//, and other schemes lose their colon likewise;
//   - a dot before a letter, as in a host name, is [.];
//   - @ is [@], so nobody is mentioned or written to;
//   - < > ` and the ( of a Markdown link are escapes;
//   - a leading = + - or @ has an apostrophe before it, so it is no formula.
//
// Numbers, version numbers and IPv4 addresses stay readable. Defang(Defang(s))
// is Defang(s).
//
// https://owasp.org/www-community/attacks/CSV_Injection
func Defang(s string) string {
	s = Line(s)
	var b strings.Builder
	b.Grow(len(s) + 16)
	if t := strings.TrimLeft(s, " "); t != "" && strings.ContainsRune("=+-＝＋－＠", firstRune(t)) {
		b.WriteByte('\'')
	}
	last := ' ' // the rune before
	for i, r := range s {
		rest := s[i+utf8.RuneLen(r):]
		defanged := rune(0)
		switch {
		case r == ':' && (strings.HasPrefix(rest, "//") || opaqueScheme(s[:i])):
			defanged = ':'
		case r == '.' && dotActs(last, rest):
			defanged = '.'
		case r == '@' && !(last == '[' && strings.HasPrefix(rest, "]")):
			defanged = '@'
		case r == '<' || r == '>' || r == '`' || r == '(' && last == ']',
			r == '。' || r == '．' || r == '｡' || r == '＠': // which host names and addresses take for . and @
			writeEscape(&b, r)
		default:
			b.WriteRune(r)
		}
		last = r
		if defanged != 0 {
			b.WriteString("[" + string(defanged) + "]")
			last = ']'
		}
	}
	return hxxp(b.String())
}

// dotActs reports whether a dot between last and rest may be one of a host
// name.
func dotActs(last rune, rest string) bool {
	return last != ' ' && last != '[' && unicode.IsLetter(firstRune(rest))
}

// opaqueScheme reports whether text ends with a scheme that acts without
// slashes after its colon.
func opaqueScheme(text string) bool {
	i := len(text)
	for i > 0 && ('a' <= text[i-1]|0x20 && text[i-1]|0x20 <= 'z') {
		i--
	}
	switch strings.ToLower(text[i:]) {
	case "javascript", "vbscript", "data", "mailto", "tel", "sms", "file", "http", "https", "skype", "callto", "slack", "msteams":
		return true
	}
	return false
}

// hxxp takes the tt out of every http and https before a scheme's [:].
func hxxp(s string) string {
	var b strings.Builder
	for {
		i := strings.Index(s, "[:]")
		if i < 0 {
			b.WriteString(s)
			return b.String()
		}
		head := s[:i]
		for _, scheme := range [...]string{"http", "https"} {
			if n := len(head) - len(scheme); n >= 0 && strings.EqualFold(head[n:], scheme) {
				head = head[:n+1] + "xx" + head[n+3:]
				break
			}
		}
		b.WriteString(head + "[:]")
		s = s[i+len("[:]"):]
	}
}

// firstRune returns the first rune of s, 0 of an empty one.
func firstRune(s string) rune {
	if s == "" {
		return 0
	}
	r, _ := utf8.DecodeRuneInString(s)
	return r
}
