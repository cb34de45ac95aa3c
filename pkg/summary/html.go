package summary

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"regexp"
	"strings"
	"time"

	"chimewatch/pkg/alert"
	"chimewatch/pkg/denial"
	"chimewatch/pkg/inert"
	"chimewatch/pkg/tally"
	"chimewatch/pkg/triage"
	"chimewatch/pkg/wording"
)

//go:embed page/page.tmpl
var pageTemplate string

//go:embed page/style.css
var pageStyle string

//go:embed page/page.js
var pageScript string

// How much of each the page lists; the JSON has all. With them a page stays
// within a few megabytes, whatever an attacker does.
const (
	maxPeople     = 10000
	maxFindings   = 2000
	maxDecisions  = 100
	maxFixes      = 100
	maxHeat       = 20
	maxOps        = 100
	maxFixNames   = 60
	maxDetails    = 12 // operations and sources of a principal
	maxPageReason = 600
)

// page is what the template gets.
type page struct {
	*Report
	Policy       string // of content security
	Style        template.HTML
	Script       template.HTML
	Axis         axis
	AxisLabels   []string
	MostBar      int
	MostHeat     int
	MostOps      int
	SeenCauses   []denial.Cause
	Accounts     bool // there is more than one
	HeatPeople   []Principal
	PeopleCut    int // how many are left out
	FindingsCut  int
	DecisionsCut int
	FixesCut     int
	OpsCut       int

	opIndex map[string]int // of operations that are listed
}

// alsoText names, for the search, the principals of a finding that is about
// something else.
func alsoText(f *Finding) string {
	if f.kind == tally.Principal {
		return ""
	}
	names := make([]string, 0, maxDetails)
	for _, key := range f.Principals[:min(len(f.Principals), maxDetails)] {
		names = append(names, personName(key))
	}
	return strings.Join(names, " ")
}

// WriteHTML writes the report as one page that needs nothing but itself: no
// request leaves it, which its own content security policy forbids too. Without
// script all of it is there, with script its tables sort and filter. It returns
// the first error of w.
func WriteHTML(w io.Writer, r *Report) error {
	t, err := template.New("page").Funcs(functions()).Parse(pageTemplate)
	if err != nil {
		return fmt.Errorf("write the summary as HTML: %w", err)
	}
	var buf bytes.Buffer
	if err := t.Execute(&buf, pageOf(r)); err != nil {
		return fmt.Errorf("write the summary as HTML: %w", err)
	}
	if _, err := w.Write(buf.Bytes()); err != nil {
		return fmt.Errorf("write the summary as HTML: %w", err)
	}
	return nil
}

func pageOf(r *Report) *page {
	short := *r
	p := &page{
		Report: &short, Axis: axisOf(r.period), AxisLabels: axisLabels(r.period),
		MostBar: highest(r.Bars), SeenCauses: causesSeen(r.Bars),
		// https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Content-Security-Policy
		Policy: "default-src 'none'; style-src '" + integrity(pageStyle) + "'; script-src '" + integrity(pageScript) + "'; img-src data:; base-uri 'none'; form-action 'none'",
		Style:  template.HTML("<style>" + pageStyle + "</style>"),
		Script: template.HTML("<script>" + pageScript + "</script>"),
	}
	short.People, p.PeopleCut = head(r.People, maxPeople)
	short.Findings, p.FindingsCut = head(r.Findings, maxFindings)
	short.Decisions, p.DecisionsCut = head(r.Decisions, maxDecisions)
	short.Fixes, p.FixesCut = head(r.Fixes, maxFixes)
	short.Operations, p.OpsCut = head(r.Operations, maxOps)
	p.HeatPeople, _ = head(r.People, maxHeat)
	p.MostHeat = p.Axis.warmest(p.HeatPeople)
	for i := range r.People {
		if r.People[i].Account != r.People[0].Account {
			p.Accounts = true
		}
	}
	p.opIndex = map[string]int{}
	for i, o := range short.Operations {
		p.opIndex[o.Name] = i
	}
	if len(r.Operations) > 0 {
		p.MostOps = r.Operations[0].Denials
	}
	return p
}

// integrity returns the hash by which a policy names an inline style or script.
func integrity(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

func head[T any](list []T, most int) ([]T, int) {
	if len(list) <= most {
		return list, 0
	}
	return list[:most], len(list) - most
}

// axisLabels are the days under a strip, evenly spread.
func axisLabels(p Period) []string {
	n := p.Days()
	var out []string
	if n <= 8 {
		for d := range n {
			out = append(out, addDays(p.Start, d).Format("Mon 2"))
		}
		return out
	}
	for i := range 6 {
		out = append(out, addDays(p.Start, i*n/6).Format("2 Jan"))
	}
	return out
}

func functions() template.FuncMap {
	return template.FuncMap{
		"bar": barChart, "barText": barText, "share": share, "heatText": heatText,
		"cause": causeName, "causeClass": func(c denial.Cause) string { return "c-" + string(c) },
		"person": personName, "subject": subjectName, "name": shown,
		"line":    func(s string) string { return inert.Cut(inert.Line(s), maxPageReason) },
		"verdict": func(v triage.Verdict) string { return sentenceCase(v.Looks()) },
		"n":       wording.Grouped[int],
		"n64":     wording.Grouped[int64], "half": half, "change": change, "plural": wording.Count[int],
		"stamp": stamp, "iso": func(t time.Time) string { return t.Format("2006-01-02 15:04") },
		"hour": func(t time.Time) string { return t.Format("2006-01-02 15:04") },
		"day":  func(t time.Time) string { return t.Format("Mon 2 Jan") },
		"top":  topOf, "main": func(p Principal) string { return mainCause(&p) },
		"topSource": func(c []Count) string { return topOf(c) },
		"event":     eventLink, "when": func(in Incident) string { return in.when() },
		"course": func(x Rule) string { return x.course() }, "verdicts": verdictCounts,
		"names":   func(f Fix) []string { n, _ := head(f.names(), maxFixNames); return n },
		"unnamed": func(f Fix) int { return max(0, len(f.Principals)-maxFixNames) },
		"details": func(c []Count) []Count { c, _ = head(c, maxDetails); return c },
		"deref":   func(n *int) int { return *n }, "median": func(f *float64) string { return half(*f) },
		"noun": func(r *Report) string { return r.period.noun() }, "span": func(r *Report) string { return r.period.Span() },
		"period": func(r *Report) Period { return r.period }, "watchCounts": func(w *Watch) string { return w.counts() },
		"recordCounts": func(c *RecordCounts) string { return c.counts() }, "quiet": func(r *Report) string { return r.quietLine() },
		"section": func(f Figure) string { return f.section }, "heat": func(a axis, p Principal, most int) template.HTML { return a.heat(p.Hours, most) },
		"marks": func(a axis, x Rule) template.HTML { return a.findings(x.marks) }, "barNoun": barNoun,
		"subjectOf": func(f Finding) string { return subjectName(f.kind, f.Subject) }, "who": func(in Incident) string { return subjectName(in.kind, in.Subject) },
		"caused": func(b Bar, c denial.Cause) int { return b.Causes[c] }, "of": func(m map[denial.Cause]int, c denial.Cause) int { return m[c] },
		"causes": func() []denial.Cause { c := causes(); return c[:] },
		"list":   func(n ...int) []int { return n }, "times3": func(n int) int { return 3 * n }, "height": func(n int) int { return 12 - 3*n },
		"severity": func(n int) string { return triage.Severity(n).String() },
	}
}

// What may stand in a link to the console. All else is shown without a link.
var (
	uuid   = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	region = regexp.MustCompile(`^[a-z]{2}(-[a-z]+){1,2}-[0-9]$`)
)

// eventLink returns the address of an event in the CloudTrail console, empty
// where its id or Region has not the form that AWS gives them.
func eventLink(e Event) string {
	if !uuid.MatchString(e.ID) || !region.MatchString(e.Region) {
		return ""
	}
	return alert.EventLink(e.Region, e.ID)
}
