package report

import (
	"fmt"
	"io"
	"strconv"
	"time"

	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/triage"
	"chimewatch/pkg/wording"
)

// TextOptions says how text looks.
type TextOptions struct {
	Width int  // columns; at least 60 are used
	Color bool // for a terminal
	// Filter is the one that the analysis went through: what is not there may
	// only be hidden.
	Filter Filter
	// All says that records of all services were in scope, not only messaging.
	All bool
}

// WriteText writes the analysis for people: first the incidents with what to do,
// then what was refused and is probably broken, then the rest in a line each.
// Every line fits the width and nothing in it acts on a terminal. It returns
// the first error of w.
func WriteText(w io.Writer, a pipeline.Analysis, opt TextOptions) error {
	r := newReading(&a)
	p := newPage(w, opt.Width, opt.Color)
	p.summary(&a, r, opt)
	switch {
	case a.Records.Read == 0:
		p.prose("What was read holds no records: check that these are CloudTrail's log files, and that the trail is logging.")
	case a.Records.Messaging == 0 && opt.All:
		p.prose("No record is in the period that was asked for, or none could be understood.")
	case a.Records.Messaging == 0:
		p.noMessaging()
	case a.Records.Denials == 0:
		p.prose("Nobody was refused: none of these calls failed authorization.")
	case len(a.Principals)+len(a.Incidents)+len(a.Findings) == 0:
		p.prose("Calls were refused, but none that the filters let through: leave out --principal, --rule or --min-severity to see them.")
	}
	p.incidents(&a, r)
	if opt.Filter.MinSeverity <= triage.Low && len(opt.Filter.Rules) == 0 {
		p.broken(r)
		p.rest(&a, r)
	}
	p.foot(&a)
	if err := p.w.Flush(); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

// summary is the first lines: what there is to see, in one look.
func (p *page) summary(a *pipeline.Analysis, r *reading, opt TextOptions) {
	denials, what := a.Records.Denials, "Chime messaging call"
	if opt.All {
		what = "call"
	}
	if len(opt.Filter.Principals) > 0 {
		denials = 0
		for i := range a.Principals {
			denials += int64(a.Principals[i].Denials)
		}
	}
	spans := []span{}
	if n := len(r.incidents); denials == 0 {
		spans = append(spans, span{bold, "No denied call"})
	} else if n > 0 {
		spans = append(spans, span{bold, wording.Count(n, "incident", "incidents")}, text(" ("))
		for i, s := range []triage.Severity{triage.Critical, triage.High, triage.Medium, triage.Low} {
			if r.severities[s] == 0 {
				continue
			}
			if len(spans) > 2 {
				spans = append(spans, text(", "))
			}
			spans = append(spans, span{severityStyle(s), strconv.Itoa(r.severities[s]) + " " + []string{"critical", "high", "medium", "low"}[i]})
		}
		spans = append(spans, text(")"))
	} else {
		spans = append(spans, span{bold, "No incident"})
	}
	if denials > 0 {
		spans = append(spans, text(fmt.Sprintf(" in %s by %s", wording.Count(denials, "denied call", "denied calls"), wording.Count(len(a.Principals), "principal", "principals"))))
	}
	p.line(spans...)
	line := fmt.Sprintf("%s read, %s", wording.Count(a.Records.Read, "record", "records"), wording.Count(a.Records.Messaging, what, what+"s"))
	if !a.Start.IsZero() {
		line += ", " + stamp(a.Start) + " to " + stamp(a.End) + " UTC"
	}
	p.line(span{faint, line})
}

func (p *page) noMessaging() {
	p.prose("None of these records is a call of Chime SDK messaging. If there should be some:")
	p.point("messaging works in us-east-1 and eu-central-1 only: read the logs of these Regions;")
	p.point("the trail must log management events, reading ones too;")
	p.point("AWS documents chime.amazonaws.com as the event source, but no public record of a messaging call proves it: look at the eventSource of such a call, and name it under scope.sources in the configuration file if it is another;")
	p.point("the period asked for may hold none.")
	p.prose("With --scope all the calls to every service are analyzed.")
}

// foot says what the counts above leave out.
func (p *page) foot(a *pipeline.Analysis) {
	r := a.Records
	var notes []string
	note := func(n int64, one, many string) {
		if n > 0 {
			notes = append(notes, wording.Count(n, one, many))
		}
	}
	note(r.Duplicates, "repeat of a record, counted once", "repeats of records, counted once")
	note(r.Conflicts, "record with the event id of another and other content; the first one counts", "records with the event ids of others and other content; the first ones count")
	note(r.Unavailable, "call to a feature that is not available to this account or Region: no denial", "calls to features that are not available to this account or Region: no denials")
	note(r.Malformed, "record that could not be understood", "records that could not be understood")
	if len(notes) == 0 {
		return
	}
	p.blank()
	for _, n := range notes {
		p.line(span{faint, "Not counted above: " + n})
	}
}

func severityStyle(s triage.Severity) style {
	switch s {
	case triage.Critical:
		return critical
	case triage.High:
		return red
	case triage.Medium:
		return yellow
	}
	return bold
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") }
