package alert

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
	"unicode/utf8"

	"chimewatch/pkg/denial"
	"chimewatch/pkg/detect"
	"chimewatch/pkg/tally"
)

// attributesReserve is what the attributes of a message take at most.
const attributesReserve = 4096

// maxBody is the size of a body that travels alone in its message.
const maxBody = MaxMessage - attributesReserve

// JSON returns the alert for machines: one object in ASCII, see [Document]. It
// fits into a message beside its attributes.
func JSON(in Input) ([]byte, error) { return newBrief(in).json(maxBody) }

func (b *brief) json(limit int) ([]byte, error) {
	return fit(limit, func(body []byte) int { return len(body) }, func(l bounds) ([]byte, error) {
		return ascii(b.document(l))
	})
}

// document makes the JSON form within bounds.
func (b *brief) document(l bounds) Document {
	c := &cutter{bounds: l}
	inc := &b.in.Incident
	d := Document{
		Schema: Schema, ID: c.id("id", b.in.ID), IncidentID: c.id("incident_id", inc.ID),
		Activity: b.in.Activity(), Update: b.in.Update, Drill: b.in.Drill,
		Severity: inc.Severity.String(), Verdict: string(inc.Verdict),
		Rules: b.ruleNames(), Causes: b.causeNames(), Accounts: list(c, "accounts", b.accounts, l.list), Regions: list(c, "regions", b.regions, l.list),
		Title: b.subject(), Summary: b.summary(), Attack: b.attack(),
		Steps:   b.steps(),
		Subject: Subj{inc.Subject.Kind.String(), c.key("subject.key", inc.Subject.Key)}, PrincipalsTotal: len(inc.Principals),
		Denials: inc.Denials, RaisedAt: stamp(inc.RaisedAt), LastSeen: stamp(inc.LastSeen),
		Reasons: texts(c, "reasons", inc.Reasons), Principals: []string{}, Updates: []Change{},
		Findings: []Finding{}, Evidence: []Event{}, Trigger: []string{},
	}
	if !b.in.Closed.IsZero() {
		d.ClosedAt = stamp(b.in.Closed)
	}
	for i, p := range list(c, "principals", inc.Principals, l.principals) {
		d.Principals = append(d.Principals, c.key(fmt.Sprintf("principals[%d]", i), p))
	}
	updates := inc.Updates[:min(b.updates(), len(inc.Updates))]
	for _, u := range list(c, "updates", updates, max(l.list, 8)) {
		d.Updates = append(d.Updates, Change{stamp(u.At), u.Severity.String(), c.text("updates.reason", u.Reason)})
	}
	for _, r := range list(c, "trigger", inc.Trigger, l.evidence) {
		d.Trigger = append(d.Trigger, c.id("trigger", r.Key.EventID))
	}
	b.addFindings(&d, c)
	for i, it := range list(c, "evidence", b.evidence, l.evidence) {
		d.Evidence = append(d.Evidence, event(c, fmt.Sprintf("evidence[%d].", i), it))
	}
	b.addFix(&d, c)
	d.Commands = Commands{
		Look: append([]string{}, b.lookCommands()...), Stop: append([]string{}, b.stopCommands()...),
		Undo: append([]string{}, b.undoCommands()...), Fix: append([]string{}, b.fixCommands()...),
	}
	d.Cut, d.CutMore = c.cuts, c.more
	return d
}

// updates is how many updates the alert knows of.
func (b *brief) updates() int {
	if b.in.Activity() == Closed {
		return len(b.in.Incident.Updates)
	}
	return b.in.Update
}

// summary says in one sentence what happened.
func (b *brief) summary() string {
	s := fmt.Sprintf("%s: %s in Amazon Chime SDK messaging, %s%s. %s",
		b.who(64), plural(b.in.Incident.Denials, "denial"), b.when(), b.from(), verdictText(b.verdict(), false))
	if b.in.Drill {
		s = "DRILL, nothing to do. " + s
	}
	return s
}

func (b *brief) addFindings(d *Document, c *cutter) {
	for _, f := range list(c, "findings", b.in.Findings, c.bounds.list) {
		desc, _ := detect.Describe(f.Rule)
		out := Finding{
			ID: c.id("findings.id", f.ID), Rule: string(f.Rule), Title: desc.Title, Attack: append([]string{}, desc.Attack...),
			Hour: stamp(f.Hour.Start()), Start: stamp(f.Window.Start), End: stamp(f.Window.End),
			Severity: f.Severity.String(), Verdict: string(f.Verdict), Denials: f.Denials,
			Reason: c.text("findings.reason", f.Reason), Reasons: texts(c, "findings.reasons", f.Reasons), Evidence: []string{},
		}
		for _, r := range list(c, "findings.evidence", f.Evidence, c.bounds.list) {
			out.Evidence = append(out.Evidence, c.id("findings.evidence", r.Key.EventID))
		}
		d.Findings = append(d.Findings, out)
	}
}

func (b *brief) addFix(d *Document, c *cutter) {
	if b.advised == nil {
		return
	}
	fix := &Fix{EventID: c.id("fix.event_id", b.advised.Key.EventID), Text: texts(c, "fix.text", b.advice.Permission.Text)}
	if st := b.advice.Permission.Statement; st != nil {
		fix.Action = c.text("fix.action", st.Action)
		fix.Resources = texts(c, "fix.resources", st.Resource)
	}
	d.Fix = fix
}

func texts(c *cutter, what string, s []string) []string {
	out := []string{} // never null
	for _, t := range list(c, what, s, c.bounds.list) {
		out = append(out, c.text(what, t))
	}
	return out
}

// event describes a call in evidence.
func event(c *cutter, at string, it item) Event {
	k := it.ref.Key
	e := Event{
		EventID: c.id(at+"event_id", k.EventID), Account: c.id(at+"account", k.Account), Region: c.id(at+"region", k.Region),
		Time: stamp(it.ref.Time), URL: EventLink(k.Region, k.EventID),
	}
	call := it.call
	if call == nil {
		return e
	}
	e.Outcome, e.Critical, e.Cause = outcomeText(call.Outcome), call.Critical, string(call.Cause)
	e.Operation = c.text(at+"operation", call.Operation)
	e.ErrorCode = c.text(at+"error_code", call.ErrorCode)
	e.ErrorText = c.text(at+"error_message", call.ErrorText)
	e.Resource = c.text(at+"resource", call.Resource)
	e.Bearer = c.text(at+"bearer", call.Bearer)
	e.Principal = c.key(at+"principal", call.Principal.Key)
	e.PrincipalType = c.text(at+"principal_type", call.Principal.Type)
	e.CallerAccount = c.id(at+"caller_account", call.Principal.Account)
	e.AccessKey = c.id(at+"access_key", call.AccessKey)
	e.Session = c.text(at+"session", call.Session)
	e.Source = c.text(at+"source", call.SourceName)
	e.UserAgent = c.text(at+"user_agent", call.UserAgent)
	e.RequestID = c.id(at+"request_id", call.RequestID)
	e.InvokedBy = c.text(at+"invoked_by", call.Through)
	e.VPCEndpoint = c.id(at+"vpc_endpoint", call.Endpoint)
	return e
}

func outcomeText(o denial.Outcome) string {
	switch o {
	case denial.Success:
		return "success"
	case denial.Refused:
		return "refused"
	case denial.Unavailable:
		return "unavailable"
	}
	return "failed"
}

// ascii encodes v as JSON of printable ASCII. Text that is no UTF-8 has
// U+FFFD for each wrong byte.
func ascii(v any) ([]byte, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("writing %T as JSON: %w", v, err)
	}
	var out bytes.Buffer
	out.Grow(len(text))
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		switch {
		case r < 0x7f:
			out.WriteByte(byte(r))
		case r > 0xffff:
			r -= 0x10000
			fmt.Fprintf(&out, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
		text = text[size:]
	}
	return out.Bytes(), nil
}

// millis writes a time as OCSF has it.
func millis(t time.Time) int64 { return t.UnixMilli() }

// kindOf is the inverse of tally.Kind's String.
func kindOf(name string) (tally.Kind, bool) {
	for k := tally.Principal; k <= tally.Policy; k++ {
		if k.String() == name {
			return k, true
		}
	}
	return 0, false
}
