package report

import (
	"slices"
	"strings"

	"chimewatch/pkg/denial"
	"chimewatch/pkg/detect"
	"chimewatch/pkg/inert"
	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/tally"
	"chimewatch/pkg/triage"
	"chimewatch/pkg/wording"
)

// How many entries of a list the text shows; JSON has all.
const (
	maxReasons = 4
	fewNames   = 6
	fewSources = 3
)

// incidents writes those that somebody has to look at.
func (p *page) incidents(a *pipeline.Analysis, r *reading) {
	if len(r.incidents) == 0 {
		return
	}
	p.title("INCIDENTS", "somebody should look at these")
	for _, in := range r.incidents {
		p.blank()
		p.incident(in, r)
	}
}

func (p *page) incident(in *triage.Incident, r *reading) {
	trigger, all := r.incidentCalls(in)
	refused := slices.DeleteFunc(slices.Clone(all), func(c *denial.Call) bool { return c.Outcome != denial.Refused })

	severity := strings.ToUpper(in.Severity.String())
	p.line(span{severityStyle(in.Severity), severity}, text(inert.Pad("", 12-len(severity))),
		span{bold, subjectName(in.Subject)}, span{faint, "  " + stamp(in.RaisedAt)}, text("  "+in.Verdict.Looks()))
	p.field("", strings.Join(titles(byGravity(in.Rules)), "; ")+".")
	reasons := latest(in.Reasons)
	for i, reason := range reasons {
		if i == maxReasons && len(reasons) > maxReasons+1 {
			p.field("", "and "+wording.Count(len(reasons)-i, "more reason", "more reasons"))
			break
		}
		p.field(label(i, "Why"), reason)
	}
	p.field("Who", who(in, r))
	operations := distinct(refused, func(c *denial.Call) string { return c.Operation })
	if len(operations) > 0 {
		p.field("Refused", wording.Some(operations, fewNames)+": "+calls(in, r, len(refused))+", last seen "+stamp(in.LastSeen))
		p.field("", wording.Some(distinct(refused, because), fewSources))
	}
	if on := distinct(refused, func(c *denial.Call) string { return resourceName(c.Resource) }); len(on) > 0 {
		p.field("On", wording.Some(on, 1))
	}
	from := distinct(all, func(c *denial.Call) string { return inert.Name(c.SourceName) })
	clients := distinct(all, func(c *denial.Call) string { return clientName(c) })
	if len(from) > 0 {
		p.field("From", wording.Some(from, fewSources)+with(wording.Some(clients, fewSources)))
	}
	p.actions(in, trigger, all)
	if events := distinct(trigger, func(c *denial.Call) string { return inert.Name(c.Key.EventID) }); len(events) > 0 {
		p.field("Events", wording.Some(events, 1))
	}
}

// calls says how many calls an incident is about. What the findings count is a
// lower bound, and so is what is known of single calls.
func calls(in *triage.Incident, r *reading, known int) string {
	n, total := max(in.Denials, known), 0
	for _, key := range in.Principals {
		if p := r.principals[key]; p != nil {
			total += p.Denials
		}
	}
	if n < total {
		return "at least " + wording.Count(n, "call", "calls")
	}
	return wording.Count(n, "call", "calls")
}

// latest keeps of reasons that differ only in the number they begin with the
// last one: it is what the count came to.
func latest(reasons []string) []string {
	var out []string
	for _, r := range reasons {
		same := func(s string) bool { return strings.TrimLeft(s, "0123456789") == strings.TrimLeft(r, "0123456789") }
		if i := slices.IndexFunc(out, same); i >= 0 {
			out[i] = r
		} else {
			out = append(out, r)
		}
	}
	return out
}

func label(i int, s string) string {
	if i == 0 {
		return s
	}
	return ""
}

func with(s string) string {
	if s == "" {
		return ""
	}
	return ", with " + s
}

func titles(rules []detect.Rule) []string {
	var out []string
	for _, rule := range rules {
		if d, ok := detect.Describe(rule); ok {
			out = append(out, d.Title)
		}
	}
	return out
}

// who names the principals of an incident with their kinds.
func who(in *triage.Incident, r *reading) string {
	var out []string
	for _, key := range in.Principals {
		name := inert.Name(key)
		if p := r.principals[key]; p != nil && p.Type != "" {
			name += " (" + inert.Name(p.Type) + ")"
		}
		out = append(out, name)
	}
	names := wording.Some(out, fewSources)
	switch {
	case in.Subject.Kind == tally.Bearer:
		return inert.Name(in.Subject.Key) + ", through " + names
	case len(out) == 0:
		return inert.Name(in.Subject.Key)
	}
	return names
}

// clientName names the SDK that a call says it comes from: the caller writes
// it, so it is a hint.
func clientName(c *denial.Call) string {
	sdk := denial.ParseUserAgent(c.UserAgent)
	switch {
	case sdk.Name != "":
		return strings.TrimSpace(inert.Line(sdk.Name + " " + sdk.Version))
	case c.UserAgent != "":
		return inert.Cut(inert.Line(c.UserAgent), 40)
	}
	return ""
}
