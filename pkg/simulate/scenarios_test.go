package simulate

import (
	"math"
	"testing"
)

// TestEveryScenario looks for an instance of every scenario and for what its
// description claims.
func TestEveryScenario(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Days, cfg.Principals, cfg.AttacksPerWeek, cfg.TroublesPerWeek, cfg.SuccessesPerDay = 21, 100, 60, 100, 0
	s := run(t, cfg, func(Event) {})
	seen := map[string]int{}
	for _, l := range s.Labels() {
		seen[l.Scenario]++
		switch l.Scenario {
		case "stolen-key-spread", "rotating-addresses":
			if len(l.Networks) < 3 {
				t.Errorf("%s came from %d networks", l.ID, len(l.Networks))
			}
		case "impersonation", "app-impersonation":
			if len(l.Bearers) < 2 {
				t.Errorf("%s named %d bearers", l.ID, len(l.Bearers))
			}
		case "shared-source":
			if len(l.Networks) != 1 || len(l.Principals) < 2 {
				t.Errorf("%s: %d principals on %d networks", l.ID, len(l.Principals), len(l.Networks))
			}
		case "throttling", "region-not-enabled":
			if l.Denials != 0 {
				t.Errorf("%s has %d denials", l.ID, l.Denials)
			}
		case "scp-roll-out":
			if len(l.Principals) < 8 {
				t.Errorf("%s hit %d principals", l.ID, len(l.Principals))
			}
		case "privilege-escalation":
			if l.Denials == len(l.Events) {
				t.Errorf("%s never succeeded", l.ID)
			}
		case "app-insider", "app-insider-over-a-day", "app-insider-power":
			if len(l.Bearers) != 1 {
				t.Errorf("%s named %d bearers", l.ID, len(l.Bearers))
			}
		}
	}
	shares := map[Kind]float64{}
	kinds := map[Kind]int{}
	names := map[string]bool{}
	for _, x := range allScenarios() {
		kinds[x.Kind]++
		shares[x.Kind] += x.share
		if seen[x.Name] == 0 {
			t.Errorf("scenario %s never happened", x.Name)
		}
		if names[x.Name] || x.Description == "" {
			t.Errorf("scenario %s: name used before, or no description", x.Name)
		}
		names[x.Name] = true
	}
	if kinds[Attack] < 20 || kinds[Benign] < 19 {
		t.Errorf("kinds: %v", kinds)
	}
	for k, share := range shares {
		if math.Abs(share-1) > 0.01 {
			t.Errorf("shares of kind %s add up to %v, not to 1", k, share)
		}
	}
}

// TestInside compares where attackers work from.
func TestInside(t *testing.T) {
	for _, inside := range []float64{0, 1} {
		cfg := DefaultConfig()
		cfg.Days, cfg.Principals, cfg.AttacksPerWeek, cfg.TroublesPerWeek, cfg.Inside = 14, 60, 100, 0, inside
		cfg.Only = []string{"enumeration", "destruction", "app-insider-power"}
		known := map[string]bool{}
		s := run(t, cfg, func(e Event) {
			if e.Label == "" {
				known[networkOf(decode(t, e.JSON))] = true
			}
		})
		attacks, outside := 0, 0
		for _, l := range s.Labels() {
			if l.Scenario == "app-insider-power" || l.Inside != (inside == 1) {
				continue
			}
			attacks++
			if !known[l.Networks[0]] {
				outside++
			}
		}
		// A machine's networks may not have been seen with so few successes.
		if attacks == 0 || (inside == 0 && outside != attacks) || (inside == 1 && outside > attacks/2) {
			t.Errorf("inside %v: %d of %d attacks from networks that nobody else used", inside, outside, attacks)
		}
	}
}
