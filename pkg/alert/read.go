package alert

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"chimewatch/pkg/chime"
	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/denial"
	"chimewatch/pkg/detect"
	"chimewatch/pkg/principal"
	"chimewatch/pkg/tally"
	"chimewatch/pkg/triage"
)

// analysisSchema names the JSON of an offline analysis.
const analysisSchema = "chimewatch.analysis/1"

// Read is the inverse of [JSON] as far as that keeps everything; it also reads
// the JSON of chimewatch analyze, and returns an alert for each incident in it.
// Those name event ids only, since the analysis has no more.
func Read(data []byte) ([]Input, error) {
	var head struct {
		Schema string `json:"schema"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, fmt.Errorf("no JSON object: %w; give the output of chimewatch analyze --format json, or an alert's JSON", err)
	}
	switch head.Schema {
	case Schema:
		var d Document
		if err := json.Unmarshal(data, &d); err != nil {
			return nil, fmt.Errorf("%s: %w", Schema, err)
		}
		in, err := d.input()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", Schema, err)
		}
		return []Input{in}, nil
	case analysisSchema:
		var a analysis
		if err := json.Unmarshal(data, &a); err != nil {
			return nil, fmt.Errorf("%s: %w", analysisSchema, err)
		}
		return a.inputs()
	case "":
		return nil, errors.New("schema: is missing; give the output of chimewatch analyze --format json, or an alert's JSON")
	}
	return nil, fmt.Errorf("schema: %q is neither %s nor %s", head.Schema, Schema, analysisSchema)
}

// reader keeps the first error.
type reader struct{ err error }

func (r *reader) fail(field string, err error) {
	if r.err == nil && err != nil {
		r.err = fmt.Errorf("%s: %w", field, err)
	}
}

func (r *reader) time(field, s string) time.Time {
	if s == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339, s)
	r.fail(field, err)
	return t.UTC()
}

func (r *reader) severity(field, s string) triage.Severity {
	v, err := triage.ParseSeverity(s)
	r.fail(field, err)
	return v
}

func (r *reader) verdict(field, s string) triage.Verdict {
	switch v := triage.Verdict(s); v {
	case triage.Probing, triage.Misconfiguration, triage.Unclear:
		return v
	}
	r.fail(field, fmt.Errorf("%q is not probing, misconfiguration or unclear", s))
	return triage.Unclear
}

func (r *reader) rule(field, s string) detect.Rule {
	if _, ok := detect.Describe(detect.Rule(s)); !ok {
		r.fail(field, fmt.Errorf("there is no rule %q", s))
	}
	return detect.Rule(s)
}

// input turns the JSON form back into what it was made of.
func (d *Document) input() (Input, error) {
	r := &reader{}
	kind, ok := kindOf(d.Subject.Kind)
	if !ok {
		r.fail("subject.kind", fmt.Errorf("%q is not principal, bearer, access-key, network or policy", d.Subject.Kind))
	}
	in := Input{
		ID: d.ID, Update: d.Update, Drill: d.Drill, Closed: r.time("closed_at", d.ClosedAt),
		Calls: map[cloudtrail.Key]*denial.Call{},
		Incident: triage.Incident{
			ID: d.IncidentID, Subject: tally.Subject{Kind: kind, Key: d.Subject.Key},
			Assessment: triage.Assessment{Severity: r.severity("severity", d.Severity), Verdict: r.verdict("verdict", d.Verdict), Reasons: d.Reasons},
			RaisedAt:   r.time("raised_at", d.RaisedAt), LastSeen: r.time("last_seen", d.LastSeen),
			Principals: d.Principals, Denials: d.Denials,
		},
	}
	for _, rule := range d.Rules {
		in.Incident.Rules = append(in.Incident.Rules, r.rule("rules", rule))
	}
	for i, u := range d.Updates {
		at := fmt.Sprintf("updates[%d].", i)
		in.Incident.Updates = append(in.Incident.Updates, triage.Update{At: r.time(at+"at", u.At), Severity: r.severity(at+"severity", u.Severity), Reason: u.Reason})
	}
	refs := map[string]tally.Ref{}
	for i := range d.Evidence {
		e := &d.Evidence[i]
		ref := tally.Ref{
			Time: r.time(fmt.Sprintf("evidence[%d].time", i), e.Time),
			Key:  cloudtrail.Key{Account: e.Account, Region: e.Region, EventID: e.EventID},
		}
		refs[e.EventID] = ref
		if e.Outcome != "" {
			c := e.call(ref)
			in.Calls[ref.Key] = &c
		}
	}
	in.Incident.Trigger = pick(refs, d.Trigger)
	for i := range d.Findings {
		f := d.Findings[i].finding(r, fmt.Sprintf("findings[%d].", i), refs)
		f.Subject = in.Incident.Subject
		in.Incident.Findings = append(in.Incident.Findings, f.ID)
		in.Findings = append(in.Findings, f)
	}
	return in, r.err
}

// pick returns the references to events, as far as there is more than their id.
func pick(refs map[string]tally.Ref, ids []string) []tally.Ref {
	var out []tally.Ref
	for _, id := range ids {
		if ref, ok := refs[id]; ok {
			out = append(out, ref)
		}
	}
	return out
}

func (f *Finding) finding(r *reader, at string, refs map[string]tally.Ref) triage.Finding {
	return triage.Finding{
		Finding: detect.Finding{
			ID: f.ID, Rule: r.rule(at+"rule", f.Rule), Hour: tally.HourOf(r.time(at+"hour", f.Hour)),
			Window:  detect.Span{Start: r.time(at+"window_start", f.Start), End: r.time(at+"window_end", f.End)},
			Denials: f.Denials, Reason: f.Reason, Evidence: pick(refs, f.Evidence),
		},
		Assessment: triage.Assessment{Severity: r.severity(at+"severity", f.Severity), Verdict: r.verdict(at+"verdict", f.Verdict), Reasons: f.Reasons},
	}
}

// call returns what is known of a call. What the message says is read from it
// again.
func (e *Event) call(ref tally.Ref) denial.Call {
	c := denial.Call{
		Key: ref.Key, Time: ref.Time,
		Principal: principal.Principal{
			Key: e.Principal, Type: e.PrincipalType, Account: e.CallerAccount,
			Role: e.PrincipalType == "AssumedRole" || e.PrincipalType == "Role",
			SSO:  strings.Contains(e.Principal, ":role/AWSReservedSSO_"),
		},
		Operation: e.Operation, Critical: chime.Critical(e.Operation), Read: chime.ReadOnly(e.Operation),
		Cause: denial.Cause(e.Cause), Resource: e.Resource, Bearer: e.Bearer,
		AccessKey: e.AccessKey, Session: e.Session, ErrorCode: e.ErrorCode, ErrorText: e.ErrorText,
		SourceName: e.Source, UserAgent: e.UserAgent, RequestID: e.RequestID,
		Through: e.InvokedBy, Endpoint: e.VPCEndpoint,
		Foreign:   e.CallerAccount != "" && e.Account != "" && e.CallerAccount != e.Account,
		BadBearer: e.Cause == string(denial.AppRole) && strings.Contains(e.ErrorText, "invalid app instance user ARN"),
		Message:   denial.ParseMessage(e.ErrorText),
	}
	if addr, err := netip.ParseAddr(e.Source); err == nil {
		c.Source = addr.Unmap()
	}
	for o := denial.Other; o <= denial.Unavailable; o++ {
		if outcomeText(o) == e.Outcome {
			c.Outcome = o
		}
	}
	return c
}
