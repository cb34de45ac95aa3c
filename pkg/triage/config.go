package triage

import (
	"fmt"
	"net/netip"
)

// Config tunes triage.
type Config struct {
	// KnownNetworks are the team's own networks.
	KnownNetworks []netip.Prefix `yaml:"known_networks"`
	// LearnHours is how old context must be before it may quiet anything.
	LearnHours int `yaml:"learn_hours"`
	// RoutineDays is on how many of the RoutineWindow days before an operation
	// must have been refused to the same actor to be routine.
	RoutineDays   int `yaml:"routine_days"`
	RoutineWindow int `yaml:"routine_window_days"`
	// RolloutActors is how many actors one organisation policy must refuse, from
	// an hour before a denial to an hour after it, to be a roll-out.
	RolloutActors int `yaml:"rollout_actors"`
	// Calm asks for fewer alerts about known networks: of single critical
	// operations, of people who are refused this and that, of services that read
	// much. Who works from inside is found less often.
	Calm bool `yaml:"calm"`
	// QuietDays is how long a subject must be quiet for its incident to end.
	QuietDays int `yaml:"quiet_days"`
}

// WaitMinutes is how long triage waits to see whether a critical denial on a
// known network is part of a broken deployment.
const WaitMinutes = 15

// Default returns the documented defaults.
func Default() Config {
	return Config{LearnHours: 24, RoutineDays: 3, RoutineWindow: 14, RolloutActors: 8, QuietDays: 3}
}

// Validate returns an error that names the first field out of its bounds.
func (c Config) Validate() error {
	for i, p := range c.KnownNetworks {
		if !p.IsValid() {
			return fmt.Errorf("known_networks[%d]: not a network in CIDR form", i)
		}
		if p.Bits() == 0 {
			return fmt.Errorf("known_networks[%d]: %s is every address: nothing would be unknown", i, p)
		}
	}
	for _, s := range []struct {
		name          string
		value, lo, hi int
	}{
		{"learn_hours", c.LearnHours, 1, 168},
		{"routine_days", c.RoutineDays, 1, 14},
		{"routine_window_days", c.RoutineWindow, 1, 14},
		{"rollout_actors", c.RolloutActors, 2, 32},
		{"quiet_days", c.QuietDays, 1, 14},
	} {
		if s.value < s.lo || s.value > s.hi {
			return fmt.Errorf("%s: %d is not between %d and %d", s.name, s.value, s.lo, s.hi)
		}
	}
	return nil
}

// Known reports whether the team named a network that holds the address.
func (c Config) Known(addr netip.Addr) bool {
	for _, p := range c.KnownNetworks {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}
