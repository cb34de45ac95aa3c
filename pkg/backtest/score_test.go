package backtest

import (
	"slices"
	"testing"
	"time"

	"chimewatch/pkg/simulate"
)

func TestScore(t *testing.T) {
	at := func(hours float64) time.Time { return start.Add(time.Duration(hours * float64(time.Hour))) }
	truth := simulate.Truth{
		Config: simulate.Config{Start: start.Truncate(24 * time.Hour), Days: 21},
		Labels: []simulate.Label{
			{ID: "a/1", Kind: simulate.Attack, Scenario: "a", Events: []string{"a1", "a2", "a3", "success"}},
			{ID: "a/2", Kind: simulate.Attack, Scenario: "a", Events: []string{"b1"}},
			{ID: "a/3", Kind: simulate.Attack, Scenario: "a", Events: []string{"c1"}},
			{ID: "a/4", Kind: simulate.Attack, Scenario: "never refused", Events: []string{"d1"}},
			{ID: "t/1", Kind: simulate.Benign, Scenario: "t", Events: []string{"t1"}},
		},
	}
	c := Comparison{calls: map[string]call{
		"a1": {at(200)}, "a2": {at(201)}, "a3": {at(205)}, "b1": {at(210)}, "c1": {at(220)}, "t1": {at(300)},
	}}
	r := Result{Alerts: []Alert{
		{At: at(24), Events: []string{"x"}},                 // false, in the first week
		{At: at(150), Events: []string{"b1", "y"}},          // goes on until b1
		{At: at(201.5), Events: []string{"a1", "a2", "t1"}}, // the attack
		{At: at(204), Events: []string{"a1"}, Update: true}, // and again
		{At: at(300.1), Events: []string{"t1"}},             // false
		{At: at(301), Events: []string{"z"}, Update: true},  // false, of nothing known
	}}
	s := c.Score(&r, truth)
	if s.Attacks != 3 || s.Found != 2 || s.Open != 1 || s.Alerts != 3 || s.False != 2 {
		t.Errorf("attacks %d found %d open %d alerts %d false %d, want 3 2 1 3 2", s.Attacks, s.Found, s.Open, s.Alerts, s.False)
	}
	if !slices.Equal(s.Denials, []int{2}) || !slices.Equal(s.Delays, []time.Duration{90 * time.Minute}) {
		t.Errorf("denials until alert %v, time %v", s.Denials, s.Delays)
	}
	if s.Weeks != 2 || s.FalsePerWeek() != 1 || s.AlertsPerAttack() != 1.5 {
		t.Errorf("weeks %v, false a week %v, alerts an attack %v", s.Weeks, s.FalsePerWeek(), s.AlertsPerAttack())
	}
	if s.Missed["a"] != 1 || s.FalseOf["t"] != 1 || s.FalseOf["everyday"] != 1 {
		t.Errorf("missed %v, false %v", s.Missed, s.FalseOf)
	}
	twice := s
	twice.Missed, twice.FalseOf = nil, nil
	twice.Add(s)
	if twice.Found != 4 || len(twice.Delays) != 2 || twice.FalsePerWeek() != 1 {
		t.Errorf("two runs: %+v", twice)
	}
}

func TestOnly(t *testing.T) {
	a := Result{Alerts: []Alert{{Subject: "one", Events: []string{"1"}}, {Subject: "two", Events: []string{"2"}}, {Subject: "two", Events: []string{"2"}, Update: true}}}
	b := Result{Alerts: []Alert{{Subject: "other", Events: []string{"1", "3"}}}}
	if got := a.Only(&b); len(got) != 1 || got[0].Subject != "two" {
		t.Errorf("only: %+v", got)
	}
}
