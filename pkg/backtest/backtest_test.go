package backtest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"

	"chimewatch/pkg/adapters/memstore"
	"chimewatch/pkg/backtest"
	"chimewatch/pkg/config"
	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/simulate"
	"chimewatch/pkg/tally"
)

func store() pipeline.Whole { return memstore.New(tally.NewHasher([]byte("test"))) }

// traffic is two weeks of a small team.
func traffic(seed uint64) simulate.Config {
	c := simulate.DefaultConfig()
	c.Seed, c.Days, c.Principals, c.AttacksPerWeek, c.TroublesPerWeek, c.SuccessesPerDay = seed, 14, 40, 14, 10, 0
	return c
}

func candidates() []backtest.Candidate {
	deaf := config.Default()
	for _, s := range deaf.Rules.Settings() {
		if strings.HasSuffix(s.Name, "threshold") {
			*s.Value = s.Max
		}
	}
	return []backtest.Candidate{{Name: "default <b>", Config: config.Default()}, {Name: "deaf", Config: deaf}}
}

// On traffic of two weeks: attacks are found, published rules find less or
// make far more noise, and the same traffic gives the same comparison.
func TestSimulated(t *testing.T) {
	run := func() (backtest.Comparison, simulate.Truth) {
		s, err := simulate.New(traffic(5))
		if err != nil {
			t.Fatal(err)
		}
		trial, err := backtest.NewTrial(candidates(), backtest.Rules(), store)
		if err != nil {
			t.Fatal(err)
		}
		c, truth, err := backtest.Simulated(context.Background(), s, trial)
		if err != nil {
			t.Fatal(err)
		}
		return c, truth
	}
	c, truth := run()
	own := c.Score(&c.Results[0], truth)
	if own.Attacks < 20 || own.Recall() < 0.9 || own.AlertsPerAttack() > 2 {
		t.Errorf("%d of %d attacks found, %.2f alerts for one", own.Found, own.Attacks, own.AlertsPerAttack())
	}
	for i := 2; i < len(c.Results); i++ {
		s := c.Score(&c.Results[i], truth)
		if s.Recall() >= own.Recall() && s.FalsePerWeek() < 2*own.FalsePerWeek() {
			t.Errorf("%s: %d attacks found, %.1f false a week: is its definition right?", c.Results[i].Name, s.Found, s.FalsePerWeek())
		}
	}

	write := func(c backtest.Comparison, truth *simulate.Truth, f func(*backtest.Comparison, *bytes.Buffer) error) string {
		var b bytes.Buffer
		if err := f(&c, &b); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	again, _ := run()
	asJSON := func(c *backtest.Comparison, b *bytes.Buffer) error { return c.WriteJSON(b, &truth) }
	one, two := write(c, &truth, asJSON), write(again, &truth, asJSON)
	if one != two {
		t.Error("the same traffic gave another comparison")
	}
	if !json.Valid([]byte(one)) || !strings.Contains(one, `"chimewatch.backtest/1"`) {
		t.Error("the JSON is not valid, or does not name its schema")
	}
	text := write(c, &truth, func(c *backtest.Comparison, b *bytes.Buffer) error { return c.WriteText(b, &truth) })
	for _, want := range []string{"attacks found", "Panther UnauthorizedAPICall, generous", "Only default"} {
		if !strings.Contains(text, want) {
			t.Errorf("the text lacks %q", want)
		}
	}
	page := write(c, &truth, func(c *backtest.Comparison, b *bytes.Buffer) error { return c.WriteHTML(b, &truth) })
	if strings.Contains(page, "default <b>") || !strings.Contains(page, "default &lt;b&gt;") {
		t.Error("the page does not escape names")
	}
}

func TestEvaluate(t *testing.T) {
	configs := []simulate.Config{traffic(6), traffic(7)}
	runs := 0
	e, err := backtest.Evaluate(context.Background(), configs, candidates()[:1], nil, store, func(done int) { runs = done })
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := e.WriteMarkdown(&b); err != nil {
		t.Fatal(err)
	}
	if runs != 2 || !strings.Contains(b.String(), "seeds 6 to 7") || len(e.Rows) != 1 {
		t.Errorf("%d runs, %d rows:\n%s", runs, len(e.Rows), b.String())
	}
}

func TestNoCandidate(t *testing.T) {
	if _, err := backtest.NewTrial(nil, backtest.Rules(), store); err == nil {
		t.Error("a trial of nothing must be refused")
	}
}
