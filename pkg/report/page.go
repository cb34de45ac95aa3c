package report

import (
	"bufio"
	"io"
	"strings"

	"chimewatch/pkg/inert"
)

// style is how a piece of text looks; plain where colours are off.
type style string

// The styles, as the parameters of the terminal's SGR sequence.
const (
	plain    style = ""
	bold     style = "1"
	faint    style = "2"
	red      style = "1;31"
	yellow   style = "1;33"
	cyan     style = "36"
	critical style = "1;97;41"
)

// span is text in one style.
type span struct {
	style style
	text  string
}

func text(s string) span { return span{plain, s} }

// page writes lines that fit its width. Whatever text it gets, what it writes
// is inert.
type page struct {
	w     *bufio.Writer
	width int
	color bool
}

func newPage(w io.Writer, width int, color bool) *page {
	return &page{w: bufio.NewWriter(w), width: max(width, minWidth), color: color}
}

// minWidth is the least width that lines are laid out for, in columns.
const minWidth = 60

// line writes spans as one line, cut to the width.
func (p *page) line(spans ...span) {
	room := p.width
	for i, s := range spans {
		t := inert.Line(s.text)
		if i == len(spans)-1 {
			t = strings.TrimRight(t, " ")
		}
		if inert.Width(t) > room {
			t, spans = inert.Cut(t, room), nil
		}
		room -= inert.Width(t)
		p.write(s.style, t)
		if spans == nil {
			break
		}
	}
	p.end()
}

func (p *page) write(s style, inertText string) {
	if !p.color || s == plain || strings.TrimSpace(inertText) == "" {
		p.w.WriteString(inertText)
		return
	}
	p.w.WriteString("\x1b[" + string(s) + "m" + inertText + "\x1b[0m")
}

func (p *page) end() { p.w.WriteByte('\n') }

func (p *page) blank() { p.end() }

// title writes the heading of a section.
func (p *page) title(name, about string) {
	p.blank()
	p.line(span{bold, name}, span{faint, "  " + about})
}

// field writes a label and a text below one another, as many lines as it
// takes; the lines after the first begin under the text.
func (p *page) field(label, s string) {
	const indent, column = 2, 12
	room := p.width - column
	for i, part := range wrap(inert.Line(s), room) {
		if i > 0 {
			label = ""
		}
		p.write(faint, inert.Pad(strings.Repeat(" ", indent)+label, column))
		p.write(plain, part)
		p.end()
	}
}

// prose writes a paragraph.
func (p *page) prose(s string) {
	p.blank()
	for _, part := range wrap(inert.Line(s), p.width) {
		p.write(plain, part)
		p.end()
	}
}

// point writes an entry of a list.
func (p *page) point(s string) {
	const bullet = "  - "
	for i, part := range wrap(inert.Line(s), p.width-len(bullet)) {
		if i == 0 {
			p.write(plain, bullet)
		} else {
			p.write(plain, "    ")
		}
		p.write(plain, part)
		p.end()
	}
}

// command writes a shell command, continued over as many lines as it takes. A
// command with a word that does not fit is left out: cut, it would be another.
func (p *page) command(s string) {
	const column, prompt, more = 12, "$ ", " \\"
	room := p.width - column - len(prompt)
	words := strings.Split(inert.Line(s), " ")
	var lines []string
	for _, w := range words {
		if inert.Width(w)+len(more) > room {
			return
		}
		if n := len(lines); n > 0 && inert.Width(lines[n-1])+1+inert.Width(w)+len(more) <= room {
			lines[n-1] += " " + w
			continue
		}
		lines = append(lines, w)
	}
	for i, l := range lines {
		start := prompt
		if i > 0 {
			start = "  "
		}
		if i < len(lines)-1 {
			l += more
		}
		p.write(plain, strings.Repeat(" ", column))
		p.write(cyan, start+l)
		p.end()
	}
}

// wrap breaks text at blanks into lines of at most width columns. A word that
// is longer than a line is broken as well.
func wrap(s string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Split(s, " ") {
		switch {
		case line == "":
			line = word
		case inert.Width(line)+1+inert.Width(word) <= width:
			line += " " + word
		default:
			lines = append(lines, line)
			line = word
		}
		for inert.Width(line) > width {
			head := strings.TrimSuffix(inert.Cut(line, width), "…")
			if head == "" {
				break
			}
			lines, line = append(lines, head), line[len(head):]
		}
	}
	return append(lines, line)
}
