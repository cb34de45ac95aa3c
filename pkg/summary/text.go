package summary

import (
	"fmt"
	"io"
	"strings"
	"time"

	"chimewatch/pkg/denial"
	"chimewatch/pkg/inert"
	"chimewatch/pkg/triage"
	"chimewatch/pkg/wording"
)

// How many of each the mail lists; the report lists all.
const (
	mailDecisions = 10
	mailFixes     = 10
	mailPeople    = 12
	mailNames     = 4
	mailReasons   = 2
	mailNew       = 8
)

// WriteText writes the report as mail: plain text of 78 columns, with a link to
// the whole report; none where link is empty. A quiet period takes two lines
// beside its title. It returns the first error of w.
func WriteText(w io.Writer, r *Report, link string) error {
	if _, err := io.WriteString(w, text(r, link)); err != nil {
		return fmt.Errorf("write the summary as text: %w", err)
	}
	return nil
}

func text(r *Report, link string) string {
	m := &mail{}
	m.line("chimewatch: " + r.Title)
	m.line(r.period.Span() + ", days in " + r.TimeZone)
	m.blank()
	m.prose("", "", defang(r.Headline))
	if r.Quiet {
		m.prose("", "", r.quietLine())
		m.link(link)
		return m.b.String()
	}
	m.link(link)
	m.figures(r)
	m.decisions(r)
	m.fixes(r)
	m.ignorable(r)
	m.people(r)
	m.days(r)
	m.rules(r)
	m.suppressions(r)
	m.watch(r)
	m.link(link)
	return m.b.String()
}

func (m *mail) link(link string) {
	if link != "" {
		m.blank()
		m.whole("Report: " + link)
	}
}

// quietLine says in one sentence why a quiet period can be trusted.
func (r *Report) quietLine() string {
	var parts []string
	if n := len(r.People); n > 0 {
		parts = append(parts, "refused: "+wording.Count(n, "principal", "principals")+", nobody out of the ordinary")
	}
	switch w := r.Watch; {
	case w != nil:
		watch := "the watch was awake all the time and saw " + wording.Count(w.Records, "record", "records")
		if w.Looked > 0 && w.Missed == 0 {
			watch += ", all that CloudTrail had"
		}
		parts = append(parts, watch)
	case r.Records != nil:
		parts = append(parts, wording.Count(r.Records.Read, "record", "records")+" read, "+wording.Grouped(r.Records.Messaging)+" of messaging")
	}
	return sentenceCase(strings.Join(parts, "; ")) + "."
}

func (m *mail) figures(r *Report) {
	noun := r.period.noun()
	m.blank()
	head := inert.Pad("", 24) + right("this "+noun, 12)
	if len(r.Figures) > 0 && r.Figures[0].Before != nil {
		head += right(noun+" before", 14) + right("change", 13)
	}
	for _, f := range r.Figures {
		if f.Median != nil {
			head += right(fmt.Sprintf("median of %d", f.Of), 14)
			break
		}
	}
	m.line(head)
	for _, f := range r.Figures {
		line := inert.Pad("  "+f.Name, 24) + right(wording.Grouped(f.Now), 12)
		if f.Before != nil {
			line += right(wording.Grouped(*f.Before), 14) + right(strings.ReplaceAll(change(f.Now, *f.Before), "−", "-"), 13)
			if f.Median != nil {
				line += right(half(*f.Median), 14)
			}
		}
		m.line(line)
	}
}

func (m *mail) decisions(r *Report) {
	if len(r.Decisions) == 0 {
		return
	}
	m.head("DECIDE")
	for i := range r.Decisions[:min(len(r.Decisions), mailDecisions)] {
		in := &r.Decisions[i]
		m.prose(fmt.Sprintf("%2d. ", i+1), "    ", strings.ToUpper(in.Level)+"  "+defang(subjectName(in.kind, in.Subject))+", "+in.Verdict.Looks())
		m.prose("    ", "    ", defang(in.when()))
		for _, reason := range in.Reasons[:min(len(in.Reasons), mailReasons)] {
			m.prose("    - ", "      ", defang(inert.Cut(inert.Line(reason), 300)))
		}
		m.prose("    > ", "      ", in.Next)
	}
	m.more(len(r.Decisions), mailDecisions)
}

func (m *mail) more(n, shown int) {
	if n > shown {
		m.line("    and " + wording.Grouped(n-shown) + " more, in the report")
	}
}

// when says since when and how much.
func (in *Incident) when() string {
	s := "Since " + stamp(in.Raised)
	if in.Continued {
		s = "Open since " + stamp(in.Raised)
	}
	if in.LastSeen.Sub(in.Raised) < time.Minute {
		s = "On " + stamp(in.LastSeen)
	} else if in.Ongoing {
		s += ", still going on at the end"
	} else {
		s += ", last seen " + stamp(in.LastSeen)
	}
	if in.Denials > 0 {
		s += "; at least " + wording.Count(in.Denials, "denial", "denials")
	}
	if len(in.Operations) > 0 {
		s += " of " + wording.Some(inertNames(in.Operations), 3)
	}
	return s
}

func inertNames(names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = shown(n)
	}
	return out
}

func (m *mail) fixes(r *Report) {
	if len(r.Fixes) == 0 {
		return
	}
	m.head("FIX")
	for i := range r.Fixes[:min(len(r.Fixes), mailFixes)] {
		f := &r.Fixes[i]
		text := f.Sentence + ": " + wording.Count(f.Denials, "denial", "denials")
		if f.Fresh > 0 {
			text += fmt.Sprintf(", %d new", f.Fresh)
		}
		m.prose("  - ", "    ", defang(text))
		m.prose("    ", "    ", defang(wording.Some(f.names(), mailNames)))
	}
	m.more(len(r.Fixes), mailFixes)
}

// names are those of whom the fix is about.
func (f *Fix) names() []string {
	out := make([]string, len(f.Principals))
	for i, key := range f.Principals {
		out[i] = personName(key)
	}
	return out
}

func (m *mail) ignorable(r *Report) {
	if len(r.Ignorable) == 0 {
		return
	}
	m.head("IGNORE")
	for _, s := range r.Ignorable {
		m.prose("  - ", "    ", s)
	}
}

func (m *mail) people(r *Report) {
	if len(r.People) == 0 {
		return
	}
	m.head(inert.Pad("WHO WAS REFUSED", 30) + right("denials", 8) + "  " + inert.Pad("refused by", 17) + " most often")
	for i := range r.People[:min(len(r.People), mailPeople)] {
		p := &r.People[i]
		name := defang(personName(p.Key))
		if p.New {
			name = "* " + name
		} else {
			name = "  " + name
		}
		m.line(inert.Pad(name, 30) + right(wording.Grouped(p.Denials), 8) + "  " + inert.Pad(mainCause(p), 17) + " " + defang(p.topOperation()))
	}
	m.more(len(r.People), mailPeople)
	var fresh []string
	for i := range r.People {
		if r.People[i].New {
			fresh = append(fresh, personName(r.People[i].Key))
		}
	}
	if len(fresh) > 0 {
		m.prose("  * ", "    ", "new, not refused in the periods before: "+defang(wording.Some(fresh, mailNew)))
	}
}

// mainCause names the layer that refused most.
func mainCause(p *Principal) string {
	best, most := denial.Cause(""), 0
	for _, c := range causes() {
		if n := p.Causes[c]; n > most {
			best, most = c, n
		}
	}
	if len(p.Causes) > 1 {
		return causeName(best) + " …"
	}
	return causeName(best)
}

// topOperation names the operation that was refused most, and how many others.
func (p *Principal) topOperation() string { return topOf(p.Operations) }

func topOf(c []Count) string {
	if len(c) == 0 {
		return ""
	}
	if len(c) == 1 {
		return shown(c[0].Name)
	}
	return fmt.Sprintf("%s +%d", shown(c[0].Name), len(c)-1)
}

// barWidth is how long the longest bar of characters is.
const barWidth = 44

func (m *mail) days(r *Report) {
	most := 0
	for _, b := range r.Bars {
		most = max(most, b.Total)
	}
	if most == 0 {
		return
	}
	m.head("DENIALS BY " + strings.ToUpper(barNoun(r)))
	for _, b := range r.Bars {
		n := 0
		if b.Total > 0 {
			n = max(1, b.Total*barWidth/most)
		}
		line := "  " + inert.Pad(b.Start.Format("Mon 2 Jan"), 11) + right(wording.Grouped(b.Total), 9) + "  " + strings.Repeat("#", n)
		m.line(line)
	}
}

// barNoun says what a bar stands for.
func barNoun(r *Report) string {
	if len(r.Bars) > 0 && r.Bars[0].Days > 1 {
		return fmt.Sprintf("%d days", r.Bars[0].Days)
	}
	return "day"
}

func (m *mail) rules(r *Report) {
	if len(r.Rules) == 0 {
		return
	}
	m.head("FINDINGS BY RULE")
	for i := range r.Rules {
		x := &r.Rules[i]
		m.line(inert.Pad("  "+string(x.Rule), 24) + right(wording.Grouped(x.Findings), 6) + "  " + x.course())
		m.line(inert.Pad("", 32) + verdictCounts(x.Verdicts))
	}
}

// course says about whom, and whether it went on.
func (x *Rule) course() string {
	s := wording.Count(x.Subjects, "subject", "subjects")
	if x.Before != nil {
		switch {
		case x.Continued == 0:
			s += ", all new"
		case x.Continued == x.Subjects:
			s += ", all as before"
		default:
			s += fmt.Sprintf(", %d as before", x.Continued)
		}
	}
	if x.Ongoing > 0 {
		s += fmt.Sprintf(", %d still going on", x.Ongoing)
	}
	return s
}

func verdictCounts(v map[triage.Verdict]int) string {
	var parts []string
	for _, x := range []triage.Verdict{triage.Probing, triage.Unclear, triage.Misconfiguration} {
		if n := v[x]; n > 0 {
			parts = append(parts, wording.Grouped(n)+" "+string(x))
		}
	}
	return strings.Join(parts, ", ")
}

func (m *mail) suppressions(r *Report) {
	if len(r.Suppressions) == 0 {
		return
	}
	m.head("SUPPRESSIONS")
	for _, s := range r.Suppressions {
		m.prose("  - ", "    ", defang(fmt.Sprintf("%s (%s, until %s) silenced %s: %s", shown(s.Name), s.State, s.Until, wording.Count(s.Incidents, "incident", "incidents"), inert.Cut(inert.Line(s.Match), 200))))
	}
}

func (m *mail) watch(r *Report) {
	switch w := r.Watch; {
	case w != nil:
		m.head("THE WATCH")
		m.prose("  ", "  ", w.counts())
		for _, t := range w.Troubles {
			m.prose("  ! ", "    ", t)
		}
		if len(w.Troubles) == 0 {
			m.line("  It was awake all the time, and nothing was given up.")
		}
	case r.Records != nil:
		m.head("RECORDS")
		m.prose("  ", "  ", r.Records.counts())
	}
}

// counts says what arrived.
func (w *Watch) counts() string {
	s := wording.Count(w.Records, "record", "records") + " arrived: " + wording.Grouped(w.Duplicates) + " for a second time, " + wording.Grouped(w.Late) + " late"
	if w.Looked > 0 {
		s += fmt.Sprintf("; of %s that CloudTrail had, %s had arrived", wording.Count(w.Looked, "denied call", "denied calls"), percent(w.Looked-w.Missed, w.Looked))
	} else if w.Covered != nil {
		s += "; CloudTrail had no denied call"
	} else {
		s += "; CloudTrail was not asked what else there is"
	}
	return s + "."
}

// counts says what was read.
func (c *RecordCounts) counts() string {
	s := wording.Count(c.Read, "record", "records") + " read: " + wording.Grouped(c.Messaging) + " of messaging"
	for _, x := range []struct {
		n    int64
		what string
	}{
		{c.Duplicates, "repeats"}, {c.Conflicts, "with the id of another"}, {c.Unavailable, "refused since a feature is not available"},
		{c.Malformed, "that could not be understood"},
	} {
		if x.n > 0 {
			s += ", " + wording.Grouped(x.n) + " " + x.what
		}
	}
	return s + "."
}
