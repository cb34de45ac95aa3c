package simulate

import "slices"

// Scenario describes one kind of attack or of harmless trouble.
type Scenario struct {
	Name        string `json:"name"`
	Kind        Kind   `json:"kind"`
	Description string `json:"description"`
}

// when says at what time of day a scenario begins.
type when uint8

const (
	atAnyTime when = iota
	atWork
	atNight
)

// scenario is a Scenario with its plot.
type scenario struct {
	Scenario
	share float64 // of all instances of its Kind
	days  int     // that it may last; it begins so much before the end
	when  when
	plan  func(*part)
}

// Scenarios describes every scenario, attacks first.
func Scenarios() []Scenario {
	var out []Scenario
	for _, s := range allScenarios() {
		out = append(out, s.Scenario)
	}
	return out
}

// allScenarios returns the plots, attacks first.
func allScenarios() []*scenario {
	return slices.Concat(
		probingAttacks(), credentialAttacks(), impactAttacks(), userAttacks(),
		deploymentTroubles(), organisationTroubles(), peopleTroubles(), userTroubles(),
	)
}

func attack(name, description string, days int, when when, plan func(*part)) *scenario {
	return &scenario{Scenario{name, Attack, description}, 0, days, when, plan}
}

func trouble(name, description string, share float64, days int, when when, plan func(*part)) *scenario {
	return &scenario{Scenario{name, Benign, description}, share, days, when, plan}
}

// shared gives each of a file's attacks the share that attacks have: the kinds
// are equally frequent.
func shared(all ...*scenario) []*scenario {
	for _, s := range all {
		s.share = 1.0 / 28
	}
	return all
}
