package backtest

import (
	"bytes"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"chimewatch/pkg/inert"
	"chimewatch/pkg/simulate"
	"chimewatch/pkg/triage"
)

// maxDifferences is how many alerts are listed that one configuration sends and
// another does not.
const maxDifferences = 20

// WriteText writes the comparison for people. truth is nil where it is not known
// what was an attack.
func (c *Comparison) WriteText(w io.Writer, truth *simulate.Truth) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%d denials from %s to %s\n\n", c.Denials, day(c.Start), day(c.End))
	table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprint(table, "\tfindings\tincidents\talerts\ta week")
	if truth != nil {
		fmt.Fprint(table, "\tattacks found\tfalse a week\talerts an attack\ttime to alert")
	}
	fmt.Fprintln(table)
	for i := range c.Results {
		r := &c.Results[i]
		findings, incidents := "-", "-"
		if r.Analysis != nil {
			findings, incidents = fmt.Sprint(len(r.Analysis.Findings)), fmt.Sprint(r.incidents())
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%d\t%.1f", inert.Line(r.Name), findings, incidents, len(r.Alerts), float64(len(r.Alerts))/c.Weeks())
		if truth != nil {
			s := c.Score(r, *truth)
			fmt.Fprintf(table, "\t%d of %d\t%.1f\t%.2f\t%s", s.Found, s.Attacks, s.FalsePerWeek(), s.AlertsPerAttack(), s.times())
		}
		fmt.Fprintln(table)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	c.differences(&b)
	_, err := w.Write(b.Bytes())
	return err
}

// incidents counts those that people are told of.
func (r *Result) incidents() (n int) {
	for i := range r.Analysis.Incidents {
		if r.Analysis.Incidents[i].Severity >= triage.Medium {
			n++
		}
	}
	return n
}

// differences lists what one candidate finds and another does not.
func (c *Comparison) differences(b *bytes.Buffer) {
	for i := range c.Results {
		for k := range c.Results {
			x, y := &c.Results[i], &c.Results[k]
			if i == k || x.Analysis == nil || y.Analysis == nil {
				continue
			}
			only := x.Only(y)
			if len(only) == 0 {
				fmt.Fprintf(b, "\n%s alerts of nothing that %s does not alert of.\n", inert.Line(x.Name), inert.Line(y.Name))
				continue
			}
			fmt.Fprintf(b, "\nOnly %s alerts, not %s: %d\n", inert.Line(x.Name), inert.Line(y.Name), len(only))
			for n, a := range only {
				if n == maxDifferences {
					fmt.Fprintf(b, "  and %d more\n", len(only)-n)
					break
				}
				fmt.Fprintf(b, "  %s  %-8s  %s: %s\n", a.At.Format(time.RFC3339), a.Severity, inert.Line(a.Subject), inert.Line(a.Why))
			}
		}
	}
}

func day(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Format("2006-01-02 15:04")
}

// times is the median and the worst time to alert.
func (s *Score) times() string {
	n, worstN := medianWorst(s.Denials)
	d, worstD := medianWorst(s.Delays)
	if len(s.Denials) == 0 {
		return "-"
	}
	return fmt.Sprintf("%d denials, %s (worst %d, %s)", n, span(d), worstN, span(worstD))
}

// span is a duration in the two largest units that matter.
func span(d time.Duration) string {
	d = d.Round(time.Minute)
	switch {
	case d >= 48*time.Hour:
		return fmt.Sprintf("%.1f d", d.Hours()/24)
	case d >= 2*time.Hour:
		return fmt.Sprintf("%.1f h", d.Hours())
	}
	return fmt.Sprintf("%d min", int(d.Minutes()))
}
