package summary

import (
	"strings"

	"chimewatch/pkg/inert"
)

// columns is how wide mail is.
const columns = 78

// mail is text of a fixed width.
type mail struct{ b strings.Builder }

// line writes one line, cut to the width.
func (m *mail) line(s string) {
	m.b.WriteString(strings.TrimRight(inert.Cut(s, columns), " "))
	m.b.WriteByte('\n')
}

func (m *mail) blank() { m.b.WriteByte('\n') }

// head begins a section.
func (m *mail) head(title string) {
	m.blank()
	m.line(title)
}

// prose writes a paragraph, wrapped; the first line begins with first, the
// others with rest.
func (m *mail) prose(first, rest, text string) {
	line, empty := first, true
	for _, word := range strings.Fields(text) {
		switch {
		case empty:
			line += word
		case inert.Width(line)+1+inert.Width(word) <= columns:
			line += " " + word
		default:
			m.line(line)
			line = rest + word
		}
		empty = false
	}
	m.line(line)
}

// whole writes a line that must not be cut: a link of our own.
func (m *mail) whole(s string) { m.b.WriteString(s + "\n") }

// right fills a text up with spaces before it.
func right(s string, width int) string {
	return strings.Repeat(" ", max(0, width-inert.Width(s))) + s
}

// defang shows a name in mail, where it must not act either.
func defang(s string) string { return inert.Defang(s) }
