package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"chimewatch/pkg/denial"
	"chimewatch/pkg/detect"
	"chimewatch/pkg/inert"
	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/triage"
	"chimewatch/pkg/wording"
)

// broken writes what probably lacks a permission: one block for a principal,
// one for each policy that was rolled out.
func (p *page) broken(r *reading) {
	if len(r.broken)+len(r.rollouts) == 0 {
		return
	}
	p.title("PROBABLY BROKEN", "refused, and it looks like a missing permission")
	for _, in := range r.rollouts {
		p.blank()
		p.rollout(in)
	}
	for _, b := range r.broken {
		p.blank()
		p.breakage(b)
	}
}

func (p *page) rollout(in *triage.Incident) {
	p.line(span{bold, subjectName(in.Subject)}, text("  refuses "+wording.Count(len(in.Principals), "principal", "principals")),
		span{faint, "  " + stamp(in.RaisedAt)})
	names := make([]string, len(in.Principals))
	for i, key := range in.Principals {
		names[i] = principalName(key)
	}
	for i, reason := range in.Reasons {
		p.field(label(i, "Why"), reason)
	}
	p.field("Whom", wording.Some(names, 2*fewNames))
	p.field("Do", "Ask the owner of the organisation's policies whether it is meant to cover these principals.")
}

func (p *page) breakage(b *breakage) {
	pr := b.principal
	p.line(span{bold, principalName(pr.Key)},
		text("  "+wording.Count(pr.Denials, "denial", "denials")),
		span{faint, "  account " + orUnknown(inert.Name(pr.Account)) + "  " + stamp(pr.FirstSeen) + " to " + stamp(pr.LastSeen)})
	names, times := 0, 0
	b.addOthers()
	for _, m := range b.missing {
		names = max(names, inert.Width(inert.Name(m.operation)))
		times = max(times, len(wording.Grouped(pr.Operations[m.operation])))
	}
	names = min(names, p.width/2)
	for _, m := range b.missing {
		n := wording.Grouped(pr.Operations[m.operation])
		p.line(text("  "), span{cyan, inert.Pad(inert.Name(m.operation), names)}, text(fmt.Sprintf("  %*s x  %s", times, n, m.why)))
		if on := distinct(m.calls, func(c *denial.Call) string { return resourceName(c.Resource) }); len(on) > 0 {
			p.line(text(inert.Pad("", names+times+8)), span{faint, "on " + wording.Some(on, 1)})
		}
	}
	p.field("Do", remedy(b))
}

// addOthers adds the operations of which no single call is known.
func (b *breakage) addOthers() {
	for _, op := range slices.Sorted(maps.Keys(b.principal.Operations)) {
		if !slices.ContainsFunc(b.missing, func(m *missing) bool { return m.operation == op }) {
			b.missing = append(b.missing, &missing{operation: op})
		}
	}
}

// remedy says what would let the calls of a breakage pass.
func remedy(b *breakage) string {
	p := denial.Advise(b.example).Permission
	switch {
	case p.Owner != "": // which comes after what refused the call
		return p.Text[1]
	case p.Statement == nil || b.example.Cause != denial.IAM:
		return p.Text[0]
	}
	actions := distinct(callsOf(b), func(c *denial.Call) string {
		if p := denial.Advise(c).Permission; p.Statement != nil && p.Owner == "" {
			return p.Statement.Action
		}
		return ""
	})
	return "If the calls are meant, allow " + wording.Some(actions, fewNames) + " in a policy of the caller, on these resources only."
}

func callsOf(b *breakage) []*denial.Call {
	var out []*denial.Call
	for _, m := range b.missing {
		out = append(out, m.calls...)
	}
	return out
}

func orUnknown(s string) string {
	if s == "" {
		return "unknown"
	}
	return s
}

// rest writes a line for every principal that is not above.
func (p *page) rest(a *pipeline.Analysis, r *reading) {
	var left []*pipeline.PrincipalReport
	names, numbers := 0, 0
	for i := range a.Principals {
		pr := &a.Principals[i]
		if r.shown[pr.Key] {
			continue
		}
		left = append(left, pr)
		names = max(names, inert.Width(principalName(pr.Key)))
		numbers = max(numbers, len(wording.Grouped(pr.Denials)))
	}
	if len(left) == 0 {
		return
	}
	names = min(names, p.width/3)
	p.title("REFUSED BESIDES", "weighed, and not worth an alert")
	p.blank()
	for _, pr := range left {
		p.line(text("  "+inert.Pad(principalName(pr.Key), names)+"  "),
			text(fmt.Sprintf("%*s  ", numbers, wording.Grouped(pr.Denials))),
			span{faint, stamp(pr.LastSeen) + "  "},
			text(inert.Pad(causes(pr), 10)+"  "+rulesOf(r.rules[pr.Key])+operations(pr)))
	}
}

// rulesOf names the rules that held nevertheless.
func rulesOf(rules []detect.Rule) string {
	var names []string
	for _, rule := range byGravity(rules) {
		names = append(names, string(rule))
	}
	if len(names) == 0 {
		return ""
	}
	return strings.Join(names, ", ") + ": "
}

func causes(pr *pipeline.PrincipalReport) string {
	var out []string
	for _, c := range slices.Sorted(maps.Keys(pr.Causes)) {
		out = append(out, string(c))
	}
	return strings.Join(out, ", ")
}

// operations lists what a principal was refused, the most frequent first.
func operations(pr *pipeline.PrincipalReport) string {
	names := slices.Sorted(maps.Keys(pr.Operations))
	slices.SortStableFunc(names, func(a, b string) int { return pr.Operations[b] - pr.Operations[a] })
	for i, n := range names {
		names[i] = inert.Name(n)
	}
	return wording.Some(names, fewNames)
}
