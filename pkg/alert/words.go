package alert

import (
	"fmt"
	"strings"
	"time"

	"chimewatch/pkg/inert"
	"chimewatch/pkg/triage"
)

const (
	minute    = time.Minute
	dayLayout = time.DateOnly
)

// clock writes a time for people, to the minute, in UTC.
func clock(t time.Time) string {
	if t.IsZero() {
		return "an unknown time"
	}
	return t.UTC().Format("2006-01-02 15:04") + " UTC"
}

// stamp writes a time for machines.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// plural writes a count with its noun.
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// verdictText says in a sentence what a verdict means; loud in capitals.
func verdictText(v triage.Verdict, loud bool) string {
	name := string(v)
	if loud {
		name = strings.ToUpper(name)
	}
	switch v {
	case triage.Probing:
		return "It looks like " + name + ": somebody tries what they may not do."
	case triage.Misconfiguration:
		return "It looks like " + name + ": something lacks a permission that it needs."
	}
	return "It is " + name + " whether this is an attack or a broken set-up."
}

// wrap breaks a paragraph into lines of at most columns, the first after
// first, the others after indent. Words are never broken.
func wrap(first, indent, text string, columns int) string {
	var b strings.Builder
	b.WriteString(first)
	used := inert.Width(first)
	start := true
	for _, word := range strings.Fields(text) {
		w := inert.Width(word)
		switch {
		case start:
		case used+1+w > columns:
			b.WriteString("\n" + indent)
			used = inert.Width(indent)
			if strings.ContainsAny(word[:1], "=+-@") { // no line begins like a formula
				word = "'" + word
			}
		default:
			b.WriteByte(' ')
			used++
		}
		b.WriteString(word)
		used += w
		start = false
	}
	b.WriteByte('\n')
	return b.String()
}

// pad fills up with spaces. It cuts nothing: defanged text must stay whole.
func pad(s string, columns int) string {
	return s + strings.Repeat(" ", max(0, columns-inert.Width(s)))
}
