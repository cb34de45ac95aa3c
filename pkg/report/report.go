// Package report renders an analysis: as JSON for machines and as text for
// people. What to render is cut down beforehand by a [Filter].
//
// Names, addresses, messages and ids come from records and may hold anything.
// Neither form lets them act: no control character, no character that turns
// the direction of text or is invisible, gets out as it is.
package report

import (
	"slices"
	"strings"

	"chimewatch/pkg/detect"
	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/principal"
	"chimewatch/pkg/triage"
)

// Filter says what of an analysis is shown. What was counted stays counted. The
// zero Filter shows everything.
type Filter struct {
	// MinSeverity is the least severity of findings and incidents; zero for all.
	MinSeverity triage.Severity
	// Principals keeps those principals, and the findings and incidents that one
	// of them is part of. Each is a key, or a key without what its ARN has before
	// the resource ("role/backend"); * stands for any text. Empty for all.
	Principals []string
	// Rules keeps the findings of those rules, and the incidents that hold one.
	// Empty for all.
	Rules []detect.Rule
}

// Apply returns the analysis with what the filter lets through. It shares
// everything with a.
func (f Filter) Apply(a pipeline.Analysis) pipeline.Analysis {
	a.Principals = keep(a.Principals, func(p *pipeline.PrincipalReport) bool { return f.principal(p.Key) })
	a.Findings = keep(a.Findings, func(x *triage.Finding) bool {
		return x.Severity >= f.MinSeverity && f.rule(x.Rule) && f.anyPrincipal(x.Principals, x.Subject.Key)
	})
	a.Incidents = keep(a.Incidents, func(x *triage.Incident) bool {
		return x.Severity >= f.MinSeverity && (len(f.Rules) == 0 || slices.ContainsFunc(x.Rules, f.rule)) &&
			f.anyPrincipal(x.Principals, x.Subject.Key)
	})
	return a
}

func keep[T any](all []T, wanted func(*T) bool) []T {
	n := 0
	for n < len(all) && wanted(&all[n]) {
		n++
	}
	if n == len(all) { // as without a filter: there may be very many
		return all
	}
	out := slices.Clone(all[:n])
	for n++; n < len(all); n++ {
		if wanted(&all[n]) {
			out = append(out, all[n])
		}
	}
	return out
}

func (f Filter) rule(r detect.Rule) bool { return len(f.Rules) == 0 || slices.Contains(f.Rules, r) }

func (f Filter) anyPrincipal(keys []string, subject string) bool {
	return len(f.Principals) == 0 || f.principal(subject) || slices.ContainsFunc(keys, f.principal)
}

func (f Filter) principal(key string) bool {
	if len(f.Principals) == 0 {
		return true
	}
	short := principal.ShortName(key)
	return slices.ContainsFunc(f.Principals, func(pattern string) bool { return match(pattern, key) || match(pattern, short) })
}

// match reports whether s has the form of pattern, in which * stands for any
// text, also for none.
func match(pattern, s string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == s
	}
	s, ok := strings.CutPrefix(s, parts[0])
	if !ok {
		return false
	}
	last := parts[len(parts)-1]
	for _, part := range parts[1 : len(parts)-1] {
		i := strings.Index(s, part)
		if i < 0 {
			return false
		}
		s = s[i+len(part):]
	}
	return strings.HasSuffix(s, last)
}
