package alert

import (
	"net/netip"
	"strings"

	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/denial"
	"chimewatch/pkg/inert"
	"chimewatch/pkg/triage"
)

// OCSFVersion is the version of the Open Cybersecurity Schema Framework that
// [OCSF] writes. What it uses of that version later ones have kept.
//
// https://schema.ocsf.io/1.3.0/classes/detection_finding
const OCSFVersion = "1.3.0"

// Identifiers of https://schema.ocsf.io/1.3.0/classes/detection_finding.
const (
	ocsfCategory = 2
	ocsfClass    = 2004
)

// object is a JSON object of the schema.
type object = map[string]any

// OCSF returns the alert as a Detection Finding (class 2004) in ASCII: activity
// Create for an opening, Update, Close. The finding's uid is the incident's id.
// Version is that of the product. It fits into a message beside its attributes.
func OCSF(in Input, version string) ([]byte, error) { return newBrief(in).ocsf(version, maxBody) }

func (b *brief) ocsf(version string, limit int) ([]byte, error) {
	if version == "" {
		version = "0"
	}
	return fit(limit, func(body []byte) int { return len(body) }, func(l bounds) ([]byte, error) {
		return ascii(b.finding(&cutter{bounds: l}, version))
	})
}

func (b *brief) finding(c *cutter, version string) object {
	activity, activityName, statusID, status := b.lifecycle()
	severityID, severity := b.ocsfSeverity()
	f := object{
		"activity_id": activity, "activity_name": activityName,
		"category_uid": ocsfCategory, "category_name": "Findings",
		"class_uid": ocsfClass, "class_name": "Detection Finding",
		"type_uid": ocsfClass*100 + activity, "type_name": "Detection Finding: " + activityName,
		"severity_id": severityID, "severity": severity,
		"status_id": statusID, "status": status,
		"time":       millis(b.in.at()),
		"start_time": millis(b.first), "end_time": millis(b.last),
		"count":        max(1, b.in.Incident.Denials),
		"message":      b.summary(),
		"finding_info": b.findingInfo(c),
		"metadata": object{
			"version": OCSFVersion, "uid": c.id("metadata.uid", b.in.ID), "correlation_uid": c.id("correlation_uid", b.in.Incident.ID),
			"product":  object{"name": "chimewatch", "vendor_name": "chimewatch", "version": version},
			"profiles": []string{"cloud"},
		},
		"cloud":     b.cloud(),
		"resources": b.resourceObjects(c),
		"remediation": object{
			"desc": strings.Join(b.steps(), " "),
		},
	}
	if e := b.evidences(c); len(e) > 0 {
		f["evidences"] = e
	}
	if o := b.observables(); len(o) > 0 {
		f["observables"] = o
	}
	if u, _, ok := b.in.update(); ok {
		f["comment"] = show(u.Reason, 400)
	}
	f["unmapped"] = object{
		"verdict": string(b.verdict()), "drill": b.in.Drill, "causes": b.causeNames(), "rules": b.ruleNames(),
		"subject_kind": b.in.Incident.Subject.Kind.String(), "subject": c.key("subject", b.in.Incident.Subject.Key),
		"principals": b.keysOf(c), "cut": append([]Cut{}, c.cuts...),
	}
	return f
}

func (b *brief) keysOf(c *cutter) []string {
	out := []string{}
	for _, p := range list(c, "principals", b.in.Incident.Principals, c.bounds.principals) {
		out = append(out, c.key("principals", p))
	}
	return out
}

func (b *brief) lifecycle() (id int, name string, statusID int, status string) {
	statusID, status = 1, "New"
	if b.in.Incident.Silenced != "" {
		statusID, status = 3, "Suppressed"
	}
	switch b.in.Activity() {
	case Closed:
		return 3, "Close", 4, "Resolved"
	case Updated:
		return 2, "Update", statusID, status
	}
	return 1, "Create", statusID, status
}

func (b *brief) ocsfSeverity() (int, string) {
	switch b.severity() {
	case triage.Low:
		return 2, "Low"
	case triage.Medium:
		return 3, "Medium"
	case triage.High:
		return 4, "High"
	case triage.Critical:
		return 5, "Critical"
	}
	return 0, "Unknown"
}

func (b *brief) findingInfo(c *cutter) object {
	info := object{
		"uid": c.id("finding_info.uid", b.in.Incident.ID), "title": b.title,
		"desc":         inert.CutBytes(b.summary()+" "+strings.Join(b.shownReasons(), " "), 4096),
		"created_time": millis(b.in.Incident.RaisedAt), "modified_time": millis(b.in.at()),
		"first_seen_time": millis(b.first), "last_seen_time": millis(b.last),
		"types":        []string{"Unauthorized Amazon Chime SDK messaging calls"},
		"data_sources": []string{"AWS CloudTrail"},
	}
	if len(b.rules) > 0 {
		info["analytic"] = analytic(b.rules[0].Title, string(b.rules[0].Rule))
	}
	if len(b.rules) > 1 {
		var more []object
		for _, d := range b.rules[1:] {
			more = append(more, analytic(d.Title, string(d.Rule)))
		}
		info["related_analytics"] = more
	}
	var attacks []object
	for _, t := range b.attack() {
		attacks = append(attacks, attackObject(t))
	}
	if len(attacks) > 0 {
		info["attacks"] = attacks
	}
	var events []object
	for _, it := range list(c, "related_events", b.evidence, c.bounds.evidence) {
		if it.ref.Key.EventID != "" {
			events = append(events, object{"uid": c.id("related_events.uid", it.ref.Key.EventID)})
		}
	}
	if len(events) > 0 {
		info["related_events"] = events
	}
	for _, it := range b.evidence {
		if link := EventLink(it.ref.Key.Region, it.ref.Key.EventID); link != "" {
			info["src_url"] = link
			break
		}
	}
	return info
}

func (b *brief) shownReasons() []string {
	var out []string
	for _, r := range first(b.in.Incident.Reasons, 8) {
		out = append(out, show(r, 300)+".")
	}
	return out
}

func analytic(title, rule string) object {
	return object{"name": title, "uid": rule, "type_id": 1, "type": "Rule"}
}

// attackObject names a technique, and the sub-technique if it is one.
func attackObject(id string) object {
	technique, _, sub := strings.Cut(id, ".")
	o := object{"version": attackVersion, "technique": named(technique)}
	if sub {
		o["sub_technique"] = named(id)
	}
	return o
}

func named(id string) object {
	o := object{"uid": id}
	if name := techniqueName(id); name != "" {
		o["name"] = name
	}
	return o
}

func (b *brief) cloud() object {
	o := object{"provider": "AWS"}
	if len(b.regions) > 0 {
		o["region"] = b.regions[0]
	}
	if len(b.accounts) > 0 {
		o["account"] = account(b.accounts[0])
	}
	return o
}

func account(uid string) object {
	return object{"uid": uid, "type_id": 10, "type": "AWS Account"}
}

// resourceObjects are those that the calls were about; the subject where they
// name none.
func (b *brief) resourceObjects(c *cutter) []object {
	out := []object{}
	for _, r := range list(c, "resources", b.resources(), c.bounds.list) {
		out = append(out, object{"uid": c.key("resources.uid", r), "type": "Amazon Chime SDK messaging"})
	}
	if len(out) == 0 {
		out = append(out, object{"uid": c.key("resources.uid", b.in.Incident.Subject.Key), "type": b.in.Incident.Subject.Kind.String()})
	}
	return out
}

func (b *brief) evidences(c *cutter) []object {
	var out []object
	for _, it := range list(c, "evidences", b.evidence, c.bounds.evidence) {
		if it.call == nil {
			continue
		}
		out = append(out, evidence(c, it.call))
	}
	return out
}

// evidence is one call.
func evidence(c *cutter, call *denial.Call) object {
	user := object{"uid": c.key("actor.user.uid", call.Principal.Key)}
	if call.Principal.Type != "" {
		user["type"] = c.text("actor.user.type", call.Principal.Type)
		user["type_id"] = 99
	}
	if cloudtrail.IsAccount(call.Principal.Account) {
		user["account"] = account(call.Principal.Account)
	}
	if call.AccessKey != "" {
		user["credential_uid"] = c.id("actor.user.credential_uid", call.AccessKey)
	}
	actor := object{"user": user}
	if call.Session != "" {
		actor["session"] = object{"uid": c.text("actor.session.uid", call.Session)}
	}
	api := object{"operation": c.text("api.operation", call.Operation), "service": object{"name": "chime"}}
	if call.RequestID != "" {
		api["request"] = object{"uid": c.id("api.request.uid", call.RequestID)}
	}
	if call.ErrorCode != "" {
		response := object{"error": c.text("api.response.error", call.ErrorCode)}
		if call.ErrorText != "" {
			response["error_message"] = c.text("api.response.error_message", call.ErrorText)
		}
		api["response"] = response
	}
	e := object{
		"actor": actor, "api": api,
		"data": object{
			"event_id": c.id("data.event_id", call.Key.EventID), "time": stamp(call.Time),
			"cause": string(call.Cause), "bearer": c.key("data.bearer", call.Bearer), "user_agent": c.text("data.user_agent", call.UserAgent),
		},
	}
	if ip, err := netip.ParseAddr(call.SourceName); err == nil && ip.Zone() == "" {
		e["src_endpoint"] = object{"ip": ip.String()}
	} else if call.SourceName != "" {
		e["src_endpoint"] = object{"name": c.text("src_endpoint.name", call.SourceName)}
	}
	return e
}

// observables are the addresses, for searches.
func (b *brief) observables() []object {
	var out []object
	for _, s := range b.sources {
		if ip, err := netip.ParseAddr(s); err == nil && ip.Zone() == "" && len(out) < 25 {
			out = append(out, object{"name": "evidences.src_endpoint.ip", "type_id": 2, "type": "IP Address", "value": ip.String()})
		}
	}
	return out
}
