package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"chimewatch/pkg/adapters/dynamostore"
	"chimewatch/pkg/alert"
	"chimewatch/pkg/inert"
	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/triage"
)

func newFindingsListCommand(p process, f *findingsFlags) *cobra.Command {
	var least, form string
	var closed bool
	cmd := &cobra.Command{
		Use: "list [flags]", Short: "List incidents", Long: findingsHelp, Example: findingsExamples, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			severity, err := triage.ParseSeverity(least)
			if err != nil {
				return oneOf("min-severity", least, severityNames())
			}
			if !slices.Contains(listFormats(), form) {
				return oneOf("format", form, listFormats())
			}
			d, err := f.desk(cmd.Context(), p)
			if err != nil {
				return err
			}
			all, err := d.store.HandledOf(cmd.Context(), d.first, d.last)
			if err != nil {
				return err
			}
			shown := slices.DeleteFunc(slices.Clone(all), func(h dynamostore.Handled) bool {
				return h.Severity < severity || !closed && h.Status(&h.Incident) == triage.Closed
			})
			if form == "json" {
				return listJSON(p, shown)
			}
			return f.listText(p, shown, len(all)-len(shown))
		},
	}
	cmd.Flags().StringVar(&least, "min-severity", "low", "incidents of at least: "+strings.Join(severityNames(), ", "))
	cmd.Flags().BoolVar(&closed, "closed", false, "closed ones too")
	cmd.Flags().StringVar(&form, "format", "text", "output: "+strings.Join(listFormats(), " or "))
	return cmd
}

func listFormats() []string { return []string{"text", "json"} }

const minuteLayout = "2006-01-02 15:04"

// summaryOf is an incident in two lines.
func summaryOf(h *dynamostore.Handled) string {
	status := string(h.Status(&h.Incident))
	if n := len(h.Acts); n > 0 {
		last := h.Acts[n-1]
		if status == string(triage.Reopened) {
			status += ", closed before"
		}
		status += fmt.Sprintf(" by %s on %s: %s", inert.Line(last.By), last.At.UTC().Format(minuteLayout), inert.Line(last.Why))
	}
	if h.Silenced != "" {
		status += "; silenced by the suppression " + inert.Line(h.Silenced)
	}
	return fmt.Sprintf("%s  %s\n    raised %s, last seen %s, %s; %s\n", inert.Line(h.ID), alert.Subject(alert.Input{ID: h.ID, Incident: h.Incident}),
		h.RaisedAt.UTC().Format(minuteLayout), h.LastSeen.UTC().Format(minuteLayout), quantity(int64(h.Denials), "denial", "denials"), status)
}

func (f *findingsFlags) listText(p process, shown []dynamostore.Handled, hidden int) error {
	var out strings.Builder
	for i := range shown {
		out.WriteString(summaryOf(&shown[i]))
	}
	switch {
	case len(shown) == 0 && hidden == 0:
		fmt.Fprintf(&out, "No incident was raised since %s.\n", f.since)
	case hidden > 0:
		fmt.Fprintf(&out, "%s not shown: closed, or below --min-severity.\n", quantity(int64(hidden), "incident is", "incidents are"))
	}
	_, err := fmt.Fprint(p.stdout, out.String())
	return err
}

// listed is an incident as JSON.
type listed struct {
	ID          string   `json:"id"`
	Status      string   `json:"status"`
	Severity    string   `json:"severity"`
	Verdict     string   `json:"verdict"`
	Subject     string   `json:"subject"`
	SubjectKind string   `json:"subject_kind"`
	Principals  []string `json:"principals"`
	Denials     int      `json:"denials"`
	RaisedAt    string   `json:"raised_at"`
	LastSeen    string   `json:"last_seen"`
	Silenced    string   `json:"silenced,omitempty"`
	Acts        []deed   `json:"acts"`
}

type deed struct {
	Deed string `json:"deed"`
	By   string `json:"by"`
	Why  string `json:"why"`
	At   string `json:"at"`
}

func listJSON(p process, all []dynamostore.Handled) error {
	out := []listed{}
	for i := range all {
		h := &all[i]
		x := listed{
			ID: h.ID, Status: string(h.Status(&h.Incident)), Severity: h.Severity.String(), Verdict: string(h.Verdict), Subject: h.Subject.Key,
			SubjectKind: h.Subject.Kind.String(), Principals: append([]string{}, h.Principals...), Denials: h.Denials,
			RaisedAt: stampOf(h.RaisedAt), LastSeen: stampOf(h.LastSeen), Silenced: h.Silenced, Acts: []deed{},
		}
		for _, a := range h.Acts {
			x.Acts = append(x.Acts, deed{string(a.Deed), a.By, a.Why, stampOf(a.At)})
		}
		out = append(out, x)
	}
	text, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		return fmt.Errorf("writing incidents as JSON: %w", err)
	}
	_, err = fmt.Fprintln(p.stdout, string(text))
	return err
}

// stampOf writes a time as the other JSON of this tool does.
func stampOf(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func newFindingsShowCommand(p process, f *findingsFlags) *cobra.Command {
	return &cobra.Command{
		Use: "show [flags] INCIDENT", Short: "Show all that is known of an incident", Long: findingsHelp, Example: findingsExamples, Args: oneIncident,
		RunE: func(cmd *cobra.Command, args []string) error { return f.show(cmd.Context(), p, args[0]) },
	}
}

// allPrincipals is from how many principals on they are listed once more, all:
// the text of an alert is cut.
const allPrincipals = 10

func (f *findingsFlags) show(ctx context.Context, p process, id string) error {
	d, err := f.desk(ctx, p)
	if err != nil {
		return err
	}
	h, err := d.find(ctx, id, f.since)
	if err != nil {
		return err
	}
	in, err := pipeline.Told(ctx, d.store, h.Incident, 0)
	if err != nil {
		return err
	}
	text, err := alert.Text(in)
	if err != nil {
		return err
	}
	var out strings.Builder
	out.WriteString(summaryOf(&h))
	for _, a := range h.Acts[:max(0, len(h.Acts)-1)] {
		fmt.Fprintf(&out, "    before: %s by %s on %s: %s\n", a.Deed, inert.Line(a.By), a.At.UTC().Format(minuteLayout), inert.Line(a.Why))
	}
	for _, u := range h.Updates {
		fmt.Fprintf(&out, "    update: %s, %s: %s\n", u.At.UTC().Format(minuteLayout), u.Severity, inert.Line(u.Reason))
	}
	out.WriteString("\n" + text)
	if len(h.Principals) >= allPrincipals {
		fmt.Fprintf(&out, "\nALL PRINCIPALS (%d)\n", len(h.Principals))
		for _, key := range h.Principals {
			fmt.Fprintf(&out, "  %s\n", inert.Line(key))
		}
	}
	_, err = fmt.Fprint(p.stdout, out.String())
	return err
}
