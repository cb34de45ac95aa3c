package alert

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/detect"
	"chimewatch/pkg/tally"
	"chimewatch/pkg/triage"
)

// analysis is what is read of the JSON of an offline analysis, documented by
// docs/schemas/analysis.schema.json.
type analysis struct {
	Findings []struct {
		ID          string   `json:"id"`
		Rule        string   `json:"rule"`
		Hour        string   `json:"hour"`
		Severity    string   `json:"severity"`
		Subject     string   `json:"subject"`
		SubjectKind string   `json:"subject_kind"`
		Principals  []string `json:"principals"`
		Window      struct {
			Start string `json:"start"`
			End   string `json:"end"`
		} `json:"window"`
		Denials  int      `json:"denials"`
		Verdict  string   `json:"verdict"`
		Reasons  []string `json:"reasons"`
		Evidence []string `json:"evidence"`
	} `json:"findings"`
	Incidents []struct {
		ID         string   `json:"id"`
		Subject    string   `json:"subject"`
		Severity   string   `json:"severity"`
		Verdict    string   `json:"verdict"`
		Reasons    []string `json:"reasons"`
		RaisedAt   string   `json:"raised_at"`
		Trigger    []string `json:"trigger"`
		LastSeen   string   `json:"last_seen"`
		Updates    []string `json:"updates"`
		Findings   []string `json:"findings"`
		Principals []string `json:"principals"`
		Denials    int      `json:"denials"`
	} `json:"incidents"`
}

// inputs returns the opening of each incident. Where events happened is not in
// an analysis, so their addresses are not either.
func (a *analysis) inputs() ([]Input, error) {
	if len(a.Incidents) == 0 {
		return nil, errors.New("incidents: there is none to alert about")
	}
	r := &reader{}
	var out []Input
	for i := range a.Incidents {
		x := &a.Incidents[i]
		at := fmt.Sprintf("incidents[%d].", i)
		in := Input{
			ID: x.ID,
			Incident: triage.Incident{
				ID:         x.ID,
				Assessment: triage.Assessment{Severity: r.severity(at+"severity", x.Severity), Verdict: r.verdict(at+"verdict", x.Verdict), Reasons: x.Reasons},
				RaisedAt:   r.time(at+"raised_at", x.RaisedAt), LastSeen: r.time(at+"last_seen", x.LastSeen),
				Principals: x.Principals, Denials: x.Denials, Findings: x.Findings,
			},
		}
		in.Incident.Trigger = refsAt(x.Trigger, in)
		kind := ""
		for j := range a.Findings {
			if !slices.Contains(x.Findings, a.Findings[j].ID) {
				continue
			}
			kind = a.Findings[j].SubjectKind
			f := a.finding(r, j, in)
			in.Findings = append(in.Findings, f)
			if !slices.Contains(in.Incident.Rules, f.Rule) {
				in.Incident.Rules = append(in.Incident.Rules, f.Rule)
			}
		}
		in.Incident.Subject = tally.Subject{Kind: guessKind(kind, x.Subject), Key: x.Subject}
		out = append(out, in)
	}
	return out, r.err
}

func (a *analysis) finding(r *reader, j int, in Input) triage.Finding {
	x := &a.Findings[j]
	at := fmt.Sprintf("findings[%d].", j)
	return triage.Finding{
		Finding: detect.Finding{
			ID: x.ID, Rule: r.rule(at+"rule", x.Rule), Hour: tally.HourOf(r.time(at+"hour", x.Hour)),
			Window:  detect.Span{Start: r.time(at+"window.start", x.Window.Start), End: r.time(at+"window.end", x.Window.End)},
			Denials: x.Denials, Evidence: refsAt(x.Evidence, in),
		},
		Assessment: triage.Assessment{Severity: r.severity(at+"severity", x.Severity), Verdict: r.verdict(at+"verdict", x.Verdict), Reasons: x.Reasons},
		Principals: x.Principals,
	}
}

// refsAt points at events of which only the ids are known, as if they had
// happened when the incident was raised, or last seen before.
func refsAt(ids []string, in Input) []tally.Ref {
	var out []tally.Ref
	for _, id := range ids {
		out = append(out, tally.Ref{Time: in.since(), Key: cloudtrail.Key{EventID: id}})
	}
	return out
}

// guessKind returns the kind of a subject of which the analysis tells only
// whether it is an actor.
func guessKind(kind, key string) tally.Kind {
	switch {
	case kind == "access-key":
		return tally.AccessKey
	case kind == "network":
		return tally.Network
	case kind == "" && !strings.Contains(key, ":iam:"):
		return tally.Policy // the only subject whose incidents have no findings
	case strings.Contains(key, ":app-instance/"):
		return tally.Bearer
	}
	return tally.Principal
}
