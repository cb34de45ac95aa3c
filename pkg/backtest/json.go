package backtest

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"chimewatch/pkg/simulate"
)

// schema names the layout of the JSON output.
const schema = "chimewatch.backtest/1"

type jsonComparison struct {
	Schema  string       `json:"schema"`
	Start   *time.Time   `json:"start"`
	End     *time.Time   `json:"end"`
	Denials int          `json:"denials"`
	Results []jsonResult `json:"results"`
}

type jsonResult struct {
	Name      string       `json:"name"`
	Source    string       `json:"source,omitempty"`
	Findings  *int         `json:"findings,omitempty"`
	Incidents *int         `json:"incidents,omitempty"`
	PerWeek   float64      `json:"alerts_per_week"`
	Alerts    []jsonAlert  `json:"alerts"`
	Score     *jsonScore   `json:"score,omitempty"`
	Only      []jsonUnique `json:"only,omitempty"`
}

type jsonAlert struct {
	At       time.Time `json:"at"`
	Subject  string    `json:"subject"`
	Severity string    `json:"severity,omitempty"`
	Why      string    `json:"why"`
	Incident string    `json:"incident,omitempty"`
	Update   bool      `json:"update"`
}

// jsonUnique lists alerts of a candidate that another one lacks.
type jsonUnique struct {
	Than   string      `json:"not_in"`
	Alerts []jsonAlert `json:"alerts"`
}

type jsonScore struct {
	Attacks         int            `json:"attacks"`
	Found           int            `json:"found"`
	Recall          float64        `json:"recall"`
	FalsePerWeek    float64        `json:"false_per_week"`
	AlertsPerAttack float64        `json:"alerts_per_attack"`
	MedianDenials   int            `json:"median_denials"`
	WorstDenials    int            `json:"worst_denials"`
	MedianMinutes   float64        `json:"median_minutes"`
	WorstMinutes    float64        `json:"worst_minutes"`
	InOpenIncident  int            `json:"in_open_incident"`
	Missed          map[string]int `json:"missed"`
	False           map[string]int `json:"false"`
}

// WriteJSON writes the comparison for machines. truth is nil where it is not
// known what was an attack. Texts may stem from records and are hostile.
func (c *Comparison) WriteJSON(w io.Writer, truth *simulate.Truth) error {
	out := jsonComparison{Schema: schema, Denials: c.Denials, Results: []jsonResult{}}
	if !c.Start.IsZero() {
		out.Start, out.End = &c.Start, &c.End
	}
	for i := range c.Results {
		out.Results = append(out.Results, c.result(i, truth))
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	if err := enc.Encode(out); err != nil {
		return fmt.Errorf("write the comparison: %w", err)
	}
	return nil
}

func (c *Comparison) result(i int, truth *simulate.Truth) jsonResult {
	r := &c.Results[i]
	out := jsonResult{Name: r.Name, Source: r.Source, PerWeek: float64(len(r.Alerts)) / c.Weeks(), Alerts: jsonAlerts(r.Alerts)}
	if r.Analysis != nil {
		findings, incidents := len(r.Analysis.Findings), r.incidents()
		out.Findings, out.Incidents = &findings, &incidents
		for k := range c.Results {
			if o := &c.Results[k]; k != i && o.Analysis != nil {
				out.Only = append(out.Only, jsonUnique{o.Name, jsonAlerts(r.Only(o))})
			}
		}
	}
	if truth != nil {
		s := c.Score(r, *truth)
		n, worstN := medianWorst(s.Denials)
		d, worstD := medianWorst(s.Delays)
		out.Score = &jsonScore{
			s.Attacks, s.Found, s.Recall(), s.FalsePerWeek(), s.AlertsPerAttack(),
			n, worstN, d.Minutes(), worstD.Minutes(), s.Open, s.Missed, s.FalseOf,
		}
	}
	return out
}

func jsonAlerts(alerts []Alert) []jsonAlert {
	out := make([]jsonAlert, 0, len(alerts))
	for _, a := range alerts {
		out = append(out, jsonAlert{a.At, a.Subject, a.Severity, a.Why, a.Incident, a.Update})
	}
	return out
}
