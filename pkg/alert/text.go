package alert

import (
	"fmt"
	"strings"

	"chimewatch/pkg/inert"
	"chimewatch/pkg/tally"
	"chimewatch/pkg/triage"
)

// columns is the width of the text, but for commands, links and names, which
// are not broken.
const columns = 100

// maxText is the size of the text, in bytes: as JSON it takes at most twice as
// much, which leaves room for the other bodies.
const maxText = 100 << 10

// Text returns the e-mail's text. Its first ten lines say what happened and
// what to do now; what supports them follows under headings. At most 100 KiB.
func Text(in Input) (string, error) { return newBrief(in).text() }

func (b *brief) text() (string, error) {
	return fit(maxText, func(s string) int { return len(s) }, func(l bounds) (string, error) {
		t := &page{brief: b, cutter: cutter{bounds: l}}
		t.write()
		return t.out.String(), nil
	})
}

// page is a text in the making.
type page struct {
	*brief
	cutter
	out strings.Builder
}

func (t *page) write() {
	t.headline()
	t.head("DO NOW")
	for i, s := range t.steps() {
		t.out.WriteString(wrap(fmt.Sprintf(" %d. ", i+1), "    ", s, columns))
	}
	t.what()
	t.why()
	t.tried()
	t.commands()
	t.fixes()
	t.principals()
	t.proof()
	t.quiet()
	t.routing()
}

func (t *page) head(title string) { t.out.WriteString("\n" + title + "\n") }

func (t *page) line(format string, args ...any) {
	t.out.WriteString("  " + fmt.Sprintf(format, args...) + "\n")
}

// prose writes a paragraph of our own words, in which hostile names may stand.
func (t *page) prose(text string) {
	text = inert.Defang(inert.Name(inert.CutBytes(text, 2048)))
	text = strings.ReplaceAll(text, "policy[.]json", "policy.json") // a file that the advice speaks of, no host
	t.out.WriteString(wrap("  ", "  ", text, columns))
}

// field writes a labelled value that is inert already.
func (t *page) field(label, value string) {
	if value != "" {
		t.line("%-11s %s", label, value)
	}
}

func (t *page) headline() {
	if t.in.Drill {
		t.out.WriteString("DRILL: this tests the alarm. Nobody attacks anything, and there is nothing to do.\n")
	}
	severity := strings.ToUpper(t.severity().String())
	if t.in.Activity() == Closed {
		severity = "CLOSED, was " + severity
	}
	fmt.Fprintf(&t.out, "%s: %s - %s.\n", severity, t.who(64), lower(t.title))
	t.out.WriteString(verdictText(t.verdict(), true) + "\n")
	if u, before, ok := t.in.update(); ok {
		fmt.Fprintf(&t.out, "UPDATE %d, new since %s: %s.\n", t.in.Update, clock(before), show(u.Reason, 200))
	}
}

func (t *page) what() {
	t.head("WHAT HAPPENED")
	n := t.in.Incident.Denials
	calls := plural(n, "refused call")
	if t.kind != tally.Policy {
		calls = "at least " + calls
	}
	t.field("Calls", calls+" to Amazon Chime SDK messaging, "+t.when())
	t.field("Who", t.who(200))
	if key := t.in.Incident.Subject.Key; t.kind != tally.Network && t.kind != tally.AccessKey {
		t.field("", show(t.key("subject", key), 1024))
	}
	if t.kind != tally.Principal && t.kind != tally.Policy && len(t.in.Incident.Principals) == 1 {
		t.field("Through", show(t.key("principal", t.in.Incident.Principals[0]), 1024))
	}
	t.field("Where", strings.Join(append(prefixed("account ", t.accounts), t.regions...), ", "))
	t.field("From", t.few("sources", t.sources, 64))
	if t.kind != tally.Policy {
		t.field("Keys", t.few("access keys", t.keys, 40))
	}
	if t.advised != nil && t.kind != tally.Policy {
		t.field("Session", show(t.advised.Session, 100))
		t.field("Client", show(t.advised.UserAgent, 200))
	}
	var layers []string
	for _, c := range t.causes {
		layers = append(layers, causeText(c))
	}
	if len(layers) > 0 {
		t.field("Refused by", strings.Join(layers, ", "))
	}
}

func prefixed(prefix string, words []string) []string {
	out := make([]string, 0, len(words))
	for _, w := range words {
		out = append(out, prefix+w)
	}
	return out
}

// few lists some hostile values.
func (t *page) few(what string, values []string, width int) string {
	const most = 5
	kept := list(&t.cutter, what, values, most)
	out := make([]string, 0, len(kept))
	for _, v := range kept {
		out = append(out, show(v, width))
	}
	s := strings.Join(out, ", ")
	if n := len(values) - len(kept); n > 0 {
		s += fmt.Sprintf(" and %d more", n)
	}
	return s
}

func (t *page) why() {
	t.head("WHY IT WAS REPORTED")
	for _, d := range t.rules {
		t.line("- %s (rule %s)", d.Title, d.Rule)
	}
	seen := map[string]bool{}
	reasons := t.in.Incident.Reasons
	for _, f := range t.in.Findings {
		if f.Severity >= triage.Medium {
			reasons = append(reasons[:len(reasons):len(reasons)], f.Reasons...)
		}
	}
	n := 0
	for _, r := range reasons {
		if r == "" || seen[r] {
			continue
		}
		if seen[r] = true; n < t.list {
			t.out.WriteString(wrap("  - ", "    ", show(r, 400), columns))
		}
		n++
	}
	if n > t.list {
		t.line("- and %d more reasons", n-t.list)
	}
	if a := t.attack(); len(a) > 0 {
		t.line("MITRE ATT&CK: %s", strings.Join(techniqueTexts(a), "; "))
	}
}

// tried writes the table of operations.
func (t *page) tried() {
	if len(t.attempts) == 0 {
		return
	}
	t.head(fmt.Sprintf("WHAT WAS TRIED (%s in evidence)", plural(len(t.evidence), "call")))
	width := len("Operation")
	for _, a := range first(t.attempts, t.list) {
		width = max(width, min(inert.Width(show(a.operation, 44)), 44))
	}
	t.line("%s  %5s  %-10s  %9s  %s", pad("Operation", width), "Calls", "Refused by", "Resources", "First")
	for i, a := range t.attempts {
		if i == t.list {
			t.line("and %d more operations", len(t.attempts)-i)
			break
		}
		t.line("%s  %5d  %-10s  %9d  %s", pad(show(a.operation, 44), width), a.calls, a.answer, len(a.resources), a.first.UTC().Format("2006-01-02 15:04:05"))
	}
	resources := t.resources()
	for i, r := range resources {
		if i == 3 {
			t.line("and %d more resources", len(resources)-i)
			break
		}
		t.line("on %s", show(r, 200))
	}
}
