package config

import (
	"strings"
	"testing"
)

func TestLoad(t *testing.T) {
	c, err := Load([]byte("rules:\n  denial-burst:\n    threshold: 20\ntriage:\n  known_networks: [198.51.100.0/24]\n" +
		"suppressions:\n  - {name: scanner, reason: nightly scan, owner: sec@example.com, until: 2026-12-31, principal: 'arn:aws:iam::111122223333:role/scanner'}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if c.Rules.DenialBurst.Threshold != 20 || c.Rules.DenialBurst.Minutes != 5 {
		t.Errorf("a field that is left out must keep its default: %+v", c.Rules.DenialBurst)
	}
	if len(c.Triage.KnownNetworks) != 1 || c.Triage.QuietDays != 3 || c.Suppressions[0].Until.Day() != 31 {
		t.Errorf("read %+v", c)
	}
	if _, err := Load(nil); err != nil {
		t.Errorf("an empty file must be the defaults: %v", err)
	}
}

func TestLoadNamesTheField(t *testing.T) {
	for name, c := range map[string]struct{ yaml, want string }{
		"threshold of a set above its bound": {"rules:\n  resource-sweep: {threshold: 33}", "rules.resource-sweep.threshold: 33 is not between 1 and 32"},
		"threshold zero":                     {"rules:\n  denial-burst: {threshold: 0}", "rules.denial-burst.threshold"},
		"window of minutes too long":         {"rules:\n  denial-burst: {window_minutes: 61}", "rules.denial-burst.window_minutes"},
		"window of hours too long":           {"rules:\n  slow-sweep: {window_hours: 169}", "rules.slow-sweep.window_hours"},
		"fixed threshold":                    {"rules:\n  root-denied: {threshold: 2}", "field threshold not found"},
		"unknown rule":                       {"rules:\n  denial-bursts: {threshold: 2}", "denial-bursts"},
		"unknown field":                      {"rule:\n  denial-burst: {threshold: 2}", "line 1: field rule not found"},
		"text for a number":                  {"rules:\n  denial-burst: {threshold: many}", "line 2"},
		"network without bits":               {"triage:\n  known_networks: [198.51.100.7]", "198.51.100.7"},
		"every network known":                {"triage:\n  known_networks: [0.0.0.0/0]", "triage.known_networks[0]"},
		"event source":                       {"scope: {sources: ['chime amazonaws']}", "scope.sources[0]"},
		"suppression without owner":          {"suppressions: [{name: a, reason: b, until: 2026-01-01, rule: denial-burst}]", "suppressions[0].owner"},
		"suppression without end":            {"suppressions: [{name: a, reason: b, owner: c, rule: denial-burst}]", "suppressions[0].until"},
		"suppression of everything":          {"suppressions: [{name: a, reason: b, owner: c, until: 2026-01-01, account: '111122223333'}]", "suppressions[0].principal"},
		"suppression of an unknown rule":     {"suppressions: [{name: a, reason: b, owner: c, until: 2026-01-01, rule: burst}]", "suppressions[0].rule"},
		"not YAML":                           {"\tx", "configuration: yaml"},
		"two documents":                      {"scope: {}\n---\nscope: {}", "more than one YAML document"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Load([]byte(c.yaml))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got error %v, want one with %q", err, c.want)
			}
		})
	}
}
