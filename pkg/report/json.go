package report

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"time"
	"unicode"

	"chimewatch/pkg/denial"
	"chimewatch/pkg/detect"
	"chimewatch/pkg/inert"
	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/tally"
	"chimewatch/pkg/triage"
)

// Schema is the name of the form that [WriteJSON] writes. Its JSON schema is
// docs/schemas/analysis.schema.json; a change that could break a reader gets
// another number.
const Schema = "chimewatch.analysis/1"

type jsonRecords struct {
	Read        int64 `json:"read"`
	Malformed   int64 `json:"malformed"`
	Messaging   int64 `json:"messaging"`
	Denials     int64 `json:"denials"`
	Duplicates  int64 `json:"duplicates"`
	Conflicts   int64 `json:"conflicts"`
	Unavailable int64 `json:"unavailable"`
}

type jsonPeriod struct {
	Start *string `json:"start"`
	End   *string `json:"end"`
}

type jsonPrincipal struct {
	Key        string               `json:"key"`
	Type       string               `json:"type"`
	Account    string               `json:"account"`
	Denials    int                  `json:"denials"`
	FirstSeen  string               `json:"first_seen"`
	LastSeen   string               `json:"last_seen"`
	Operations map[string]int       `json:"operations"`
	Causes     map[denial.Cause]int `json:"causes"`
	Sources    map[string]int       `json:"sources"`
}

type jsonFinding struct {
	ID          string         `json:"id"`
	Rule        detect.Rule    `json:"rule"`
	Hour        string         `json:"hour"`
	Severity    string         `json:"severity"`
	Subject     string         `json:"subject"`
	SubjectKind string         `json:"subject_kind"`
	Principals  []string       `json:"principals"`
	Window      jsonWindow     `json:"window"`
	Denials     int            `json:"denials"`
	Verdict     triage.Verdict `json:"verdict"`
	Reasons     []string       `json:"reasons"`
	Evidence    []string       `json:"evidence"`
	Attack      []string       `json:"attack"`
}

type jsonWindow struct {
	Start string `json:"start"`
	End   string `json:"end"`
}

type jsonIncident struct {
	ID         string         `json:"id"`
	Subject    string         `json:"subject"`
	Severity   string         `json:"severity"`
	Verdict    triage.Verdict `json:"verdict"`
	Reasons    []string       `json:"reasons"`
	RaisedAt   string         `json:"raised_at"`
	Trigger    []string       `json:"trigger"`
	LastSeen   string         `json:"last_seen"`
	Updates    []string       `json:"updates"`
	Findings   []string       `json:"findings"`
	Principals []string       `json:"principals"`
	Denials    int            `json:"denials"`
}

// WriteJSON writes the analysis in the form named [Schema], one entry at a
// time. Times are RFC 3339 in UTC, lists are never null. It returns the first
// error of w.
func WriteJSON(w io.Writer, a pipeline.Analysis) error {
	buffered := bufio.NewWriterSize(w, 64<<10)
	out := &jsonWriter{w: buffered}
	out.raw("{\"schema\": ")
	out.value(Schema)
	out.raw(",\n \"records\": ")
	out.value(jsonRecords(a.Records))
	out.raw(",\n \"period\": ")
	out.value(jsonPeriod{optionalTime(a.Start), optionalTime(a.End)})
	list(out, "principals", a.Principals, principalJSON)
	list(out, "findings", a.Findings, findingJSON)
	list(out, "incidents", a.Incidents, incidentJSON)
	out.raw("}\n")
	if out.err != nil {
		return fmt.Errorf("write the analysis as JSON: %w", out.err)
	}
	if err := buffered.Flush(); err != nil {
		return fmt.Errorf("write the analysis as JSON: %w", err)
	}
	return nil
}

func principalJSON(p *pipeline.PrincipalReport) any {
	return jsonPrincipal{
		Key: p.Key, Type: p.Type, Account: p.Account, Denials: p.Denials,
		FirstSeen: jsonTime(p.FirstSeen), LastSeen: jsonTime(p.LastSeen),
		Operations: orEmpty(p.Operations), Causes: orEmpty(p.Causes), Sources: orEmpty(p.Sources),
	}
}

func findingJSON(f *triage.Finding) any {
	rule, _ := detect.Describe(f.Rule)
	return jsonFinding{
		ID: f.ID, Rule: f.Rule, Hour: jsonTime(f.Hour.Start()), Severity: f.Severity.String(),
		Subject: f.Subject.Key, SubjectKind: rule.Subject, Principals: texts(f.Principals),
		Window:  jsonWindow{jsonTime(f.Window.Start), jsonTime(f.Window.End)},
		Denials: f.Denials, Verdict: f.Verdict, Reasons: texts(f.Reasons),
		Evidence: eventIDs(f.Evidence), Attack: texts(rule.Attack),
	}
}

func incidentJSON(i *triage.Incident) any {
	updates := make([]string, len(i.Updates))
	for n, u := range i.Updates {
		updates[n] = jsonTime(u.At)
	}
	return jsonIncident{
		ID: i.ID, Subject: i.Subject.Key, Severity: i.Severity.String(), Verdict: i.Verdict,
		Reasons: texts(i.Reasons), RaisedAt: jsonTime(i.RaisedAt), Trigger: eventIDs(i.Trigger),
		LastSeen: jsonTime(i.LastSeen), Updates: updates, Findings: texts(i.Findings),
		Principals: texts(i.Principals), Denials: i.Denials,
	}
}

func jsonTime(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// optionalTime returns nil, JSON's null, for the zero time.
func optionalTime(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	s := jsonTime(t)
	return &s
}

func texts(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}

func orEmpty[K comparable](m map[K]int) map[K]int {
	if m == nil {
		return map[K]int{}
	}
	return m
}

func eventIDs(refs []tally.Ref) []string {
	ids := make([]string, len(refs))
	for i, r := range refs {
		ids[i] = r.Key.EventID
	}
	return ids
}

// list writes a member with one entry a line.
func list[T any](out *jsonWriter, name string, all []T, form func(*T) any) {
	out.raw(",\n \"" + name + "\": [")
	for i := range all {
		if i > 0 {
			out.raw(",")
		}
		out.raw("\n  ")
		out.value(form(&all[i]))
	}
	out.raw("]")
}

// jsonWriter writes JSON and remembers its first error.
type jsonWriter struct {
	w   io.Writer
	buf []byte
	err error
}

func (j *jsonWriter) raw(s string) {
	if j.err == nil {
		_, j.err = io.WriteString(j.w, s)
	}
}

func (j *jsonWriter) value(v any) {
	if j.err != nil {
		return
	}
	data, err := json.Marshal(v)
	if err != nil {
		j.err = err
		return
	}
	j.buf = inert.AppendJSON(j.buf[:0], data, harmless)
	_, j.err = j.w.Write(j.buf)
}

// harmless reports whether no terminal, browser or editor acts on a character.
func harmless(r rune) bool {
	return unicode.IsPrint(r) && !unicode.Is(unicode.Variation_Selector, r)
}
