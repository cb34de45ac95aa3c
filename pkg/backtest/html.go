package backtest

import (
	"fmt"
	"html/template"
	"io"
	"time"

	"chimewatch/pkg/inert"
	"chimewatch/pkg/simulate"
)

// pageOf returns the page's template, which escapes what stems from records.
func pageOf() (*template.Template, error) {
	return template.New("backtest").Funcs(template.FuncMap{
		"line": inert.Line,
		"when": func(t time.Time) string { return t.Format("2006-01-02 15:04") },
	}).Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>chimewatch: configurations compared</title>
<style>
body{font:16px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem;color:#1b1f24;background:#fff}
table{border-collapse:collapse;width:100%}th,td{text-align:right;padding:.3rem .6rem;border-bottom:1px solid #d0d7de}
th:first-child,td:first-child,.list td{text-align:left}
@media (prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}th,td{border-color:#30363d}}
</style></head><body>
<h1>Configurations compared</h1>
<p>{{.Denials}} denials from {{when .Start}} to {{when .End}} UTC.</p>
<table><thead><tr><th scope="col">what</th><th scope="col">findings</th><th scope="col">incidents</th><th scope="col">alerts</th><th scope="col">alerts a week</th>
{{if .Truth}}<th scope="col">attacks found</th><th scope="col">false a week</th><th scope="col">alerts an attack</th><th scope="col">time to alert</th>{{end}}</tr></thead><tbody>
{{range .Rows}}<tr><td>{{line .Name}}</td><td>{{.Findings}}</td><td>{{.Incidents}}</td><td>{{.Alerts}}</td><td>{{.PerWeek}}</td>
{{if $.Truth}}<td>{{.Found}}</td><td>{{.False}}</td><td>{{.PerAttack}}</td><td>{{.Times}}</td>{{end}}</tr>
{{end}}</tbody></table>
{{range .Differences}}<h2>Only {{line .Has}}, not {{line .Lacks}}: {{len .Alerts}}</h2>
<table class="list"><tbody>{{range .Alerts}}<tr><td>{{when .At}}</td><td>{{.Severity}}</td><td>{{line .Subject}}</td><td>{{line .Why}}</td></tr>
{{end}}</tbody></table>
{{end}}</body></html>
`)
}

type htmlRow struct {
	Name, Findings, Incidents      string
	Alerts                         int
	PerWeek                        string
	Found, False, PerAttack, Times string
}

type htmlDifference struct {
	Has, Lacks string
	Alerts     []Alert
}

// WriteHTML writes the comparison as a page that needs nothing from elsewhere.
// truth is nil where it is not known what was an attack.
func (c *Comparison) WriteHTML(w io.Writer, truth *simulate.Truth) error {
	data := struct {
		Denials     int
		Start, End  time.Time
		Truth       bool
		Rows        []htmlRow
		Differences []htmlDifference
	}{Denials: c.Denials, Start: c.Start, End: c.End, Truth: truth != nil}
	for i := range c.Results {
		r := &c.Results[i]
		row := htmlRow{Name: r.Name, Findings: "-", Incidents: "-", Alerts: len(r.Alerts), PerWeek: fmt.Sprintf("%.1f", float64(len(r.Alerts))/c.Weeks())}
		if r.Analysis != nil {
			row.Findings, row.Incidents = fmt.Sprint(len(r.Analysis.Findings)), fmt.Sprint(r.incidents())
		}
		if truth != nil {
			s := c.Score(r, *truth)
			row.Found, row.False = fmt.Sprintf("%d of %d", s.Found, s.Attacks), fmt.Sprintf("%.1f", s.FalsePerWeek())
			row.PerAttack, row.Times = fmt.Sprintf("%.2f", s.AlertsPerAttack()), s.times()
		}
		data.Rows = append(data.Rows, row)
		for k := range c.Results {
			if o := &c.Results[k]; k != i && r.Analysis != nil && o.Analysis != nil {
				data.Differences = append(data.Differences, htmlDifference{r.Name, o.Name, r.Only(o)})
			}
		}
	}
	page, err := pageOf()
	if err != nil {
		return fmt.Errorf("the page's template: %w", err)
	}
	if err := page.Execute(w, data); err != nil {
		return fmt.Errorf("write the page: %w", err)
	}
	return nil
}
