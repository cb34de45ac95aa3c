package detect

import (
	"fmt"

	"chimewatch/pkg/tally"
)

// Bounds of what can be configured: the state that rules read is bounded, so
// windows and thresholds are.
const (
	maxMinutes      = 60   // windows in minutes
	maxBreakthrough = 1440 // the window of breakthrough, in minutes
	maxHours        = 168  // windows in clock hours
	maxCount        = 100_000
)

// Config holds the thresholds and windows of the rules. Thresholds of 1 are
// fixed and not listed.
type Config struct {
	DenialBurst          Minutes      `yaml:"denial-burst"`
	OperationEnumeration ActorMinutes `yaml:"operation-enumeration"`
	SlowEnumeration      Hours        `yaml:"slow-enumeration"`
	ResourceSweep        Minutes      `yaml:"resource-sweep"`
	SlowSweep            ActorHours   `yaml:"slow-sweep"`
	CriticalOperation    Critical     `yaml:"critical-operation"`
	CredentialFailure    Hours        `yaml:"credential-failure"`
	Impersonation        Hours        `yaml:"impersonation"`
	Breakthrough         Window       `yaml:"breakthrough"`
	QuarantinedKey       Window       `yaml:"quarantined-key"`
	ForeignAccount       Window       `yaml:"foreign-account"`
	RootDenied           Window       `yaml:"root-denied"`
	CredentialSpread     Hours        `yaml:"credential-spread"`
	SharedSource         Hours        `yaml:"shared-source"`
	RateAnomaly          Anomaly      `yaml:"rate-anomaly"`
}

// Minutes is a threshold over a window of clock minutes.
type Minutes struct {
	Threshold int `yaml:"threshold"`
	Minutes   int `yaml:"window_minutes"`
}

// ActorMinutes has a threshold of its own for bearers.
type ActorMinutes struct {
	Threshold int `yaml:"threshold"`
	Bearer    int `yaml:"bearer_threshold"`
	Minutes   int `yaml:"window_minutes"`
}

// Hours is a threshold over a window of clock hours.
type Hours struct {
	Threshold int `yaml:"threshold"`
	Hours     int `yaml:"window_hours"`
}

// ActorHours has a threshold of its own for bearers.
type ActorHours struct {
	Threshold int `yaml:"threshold"`
	Bearer    int `yaml:"bearer_threshold"`
	Hours     int `yaml:"window_hours"`
}

// Critical is the threshold for bearers of the rule critical-operation; for
// principals it is 1.
type Critical struct {
	Bearer  int `yaml:"bearer_threshold"`
	Minutes int `yaml:"window_minutes"`
}

// Window is a window of clock minutes for a rule whose threshold is 1.
type Window struct {
	Minutes int `yaml:"window_minutes"`
}

// Anomaly configures rate-anomaly: more denials in an hour than the greater of
// Minimum and Factor times the median over the actor's hours with denials in
// the Hours before, of which there must be at least Active.
type Anomaly struct {
	Minimum int `yaml:"minimum"`
	Factor  int `yaml:"factor"`
	Hours   int `yaml:"history_hours"`
	Active  int `yaml:"active_hours"`
}

// Default returns the documented defaults.
func Default() Config {
	return Config{
		DenialBurst:          Minutes{10, 5},
		OperationEnumeration: ActorMinutes{5, 4, 60},
		SlowEnumeration:      Hours{4, 168},
		ResourceSweep:        Minutes{10, 60},
		SlowSweep:            ActorHours{8, 5, 24},
		CriticalOperation:    Critical{4, 60},
		CredentialFailure:    Hours{3, 24},
		Impersonation:        Hours{4, 24},
		Breakthrough:         Window{1440},
		QuarantinedKey:       Window{1},
		ForeignAccount:       Window{1},
		RootDenied:           Window{1},
		CredentialSpread:     Hours{3, 24},
		SharedSource:         Hours{3, 24},
		RateAnomaly:          Anomaly{10, 5, 168, 3},
	}
}

// Setting is one number of a Config with its bounds.
type Setting struct {
	Name     string // as in the configuration file, "denial-burst.threshold"
	Value    *int
	Min, Max int // both allowed
}

// Settings lists every number of the Config.
func (c *Config) Settings() []Setting {
	const set = tally.K // sets are exact up to it
	return []Setting{
		{"denial-burst.threshold", &c.DenialBurst.Threshold, 1, maxCount},
		{"denial-burst.window_minutes", &c.DenialBurst.Minutes, 1, maxMinutes},
		{"operation-enumeration.threshold", &c.OperationEnumeration.Threshold, 1, set},
		{"operation-enumeration.bearer_threshold", &c.OperationEnumeration.Bearer, 1, set},
		{"operation-enumeration.window_minutes", &c.OperationEnumeration.Minutes, 1, maxMinutes},
		{"slow-enumeration.threshold", &c.SlowEnumeration.Threshold, 1, set},
		{"slow-enumeration.window_hours", &c.SlowEnumeration.Hours, 1, maxHours},
		{"resource-sweep.threshold", &c.ResourceSweep.Threshold, 1, set},
		{"resource-sweep.window_minutes", &c.ResourceSweep.Minutes, 1, maxMinutes},
		{"slow-sweep.threshold", &c.SlowSweep.Threshold, 1, set},
		{"slow-sweep.bearer_threshold", &c.SlowSweep.Bearer, 1, set},
		{"slow-sweep.window_hours", &c.SlowSweep.Hours, 1, maxHours},
		{"critical-operation.bearer_threshold", &c.CriticalOperation.Bearer, 1, set},
		{"critical-operation.window_minutes", &c.CriticalOperation.Minutes, 1, maxMinutes},
		{"credential-failure.threshold", &c.CredentialFailure.Threshold, 1, maxCount},
		{"credential-failure.window_hours", &c.CredentialFailure.Hours, 1, maxHours},
		{"impersonation.threshold", &c.Impersonation.Threshold, 1, set},
		{"impersonation.window_hours", &c.Impersonation.Hours, 1, maxHours},
		{"breakthrough.window_minutes", &c.Breakthrough.Minutes, 1, maxBreakthrough},
		{"quarantined-key.window_minutes", &c.QuarantinedKey.Minutes, 1, maxMinutes},
		{"foreign-account.window_minutes", &c.ForeignAccount.Minutes, 1, maxMinutes},
		{"root-denied.window_minutes", &c.RootDenied.Minutes, 1, maxMinutes},
		{"credential-spread.threshold", &c.CredentialSpread.Threshold, 1, set},
		{"credential-spread.window_hours", &c.CredentialSpread.Hours, 1, maxHours},
		{"shared-source.threshold", &c.SharedSource.Threshold, 1, set},
		{"shared-source.window_hours", &c.SharedSource.Hours, 1, maxHours},
		{"rate-anomaly.minimum", &c.RateAnomaly.Minimum, 1, maxCount},
		{"rate-anomaly.factor", &c.RateAnomaly.Factor, 1, 1000},
		{"rate-anomaly.history_hours", &c.RateAnomaly.Hours, 1, maxHours},
		{"rate-anomaly.active_hours", &c.RateAnomaly.Active, 1, maxHours},
	}
}

// Validate returns an error that names the first setting out of its bounds.
func (c Config) Validate() error {
	for _, s := range c.Settings() {
		if *s.Value < s.Min || *s.Value > s.Max {
			return fmt.Errorf("%s: %d is not between %d and %d", s.Name, *s.Value, s.Min, s.Max)
		}
	}
	return nil
}

// Reach returns how far back and ahead the rules look: a denial in an hour can
// make a finding in that many hours after it.
func (c Config) Reach() (hours int) {
	hours = 1 // windows of up to 60 minutes reach into the next hour
	for _, h := range []int{
		c.SlowEnumeration.Hours - 1, c.SlowSweep.Hours - 1, c.CredentialFailure.Hours - 1, c.Impersonation.Hours - 1,
		c.CredentialSpread.Hours - 1, c.SharedSource.Hours - 1, c.RateAnomaly.Hours, (c.Breakthrough.Minutes + 58) / 60,
	} {
		hours = max(hours, h)
	}
	return hours
}
