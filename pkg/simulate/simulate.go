// Package simulate writes labelled CloudTrail traffic of a team that runs chat
// on the Amazon Chime SDK: what its backends, people and app users do every
// day, the trouble that breaks such a system without anybody meaning harm, and
// attacks. It exists to measure detection, to try chimewatch without waiting
// for an incident, and to make corpora for speed measurements.
//
// Traffic is a function of the Config: the same configuration gives the same
// bytes. Every principal and every scenario instance draws from a random stream
// of its own, so another scenario, or more of one, leaves the rest as it was.
// Parameters of scenarios (how many calls, how fast, for how long, from where)
// vary over orders of magnitude, since those of real attackers and of real
// accidents do; no scenario knows a detector's thresholds.
//
// The shape of a record follows
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
// and error messages follow
// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
// No public record of a denied messaging call is known; what the documents
// leave open (whether error codes end in "Exception", whether the record names
// the bearer) varies with the seed or is a field of the Config. Addresses are
// random and mean nobody.
package simulate

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Version is the version of the simulator. It changes whenever the same
// Config would give other traffic, so measurements can name what they ran on.
const Version = 1

// Config says what to simulate. DefaultConfig gives a start.
type Config struct {
	Seed  uint64    `json:"seed"`
	Start time.Time `json:"start"` // first day; cut to midnight UTC
	Days  int       `json:"days"`  // 1 to 3660

	// Principals is how many roles, people and keys the team has, 20 to 10000.
	// App users come on top, twenty for each.
	Principals int `json:"principals"`

	// AttacksPerWeek and TroublesPerWeek are the mean numbers of scenario
	// instances of all kinds together, 0 to 1000. Those that last (a nightly
	// scanner) count once, when they begin.
	AttacksPerWeek  float64 `json:"attacks_per_week"`
	TroublesPerWeek float64 `json:"troubles_per_week"`

	// Inside is the share of attackers, 0 to 1, who work from the victim's own
	// network, session and client: a taken-over host or laptop. Scenarios whose
	// point is where the attacker sits decide for themselves.
	Inside float64 `json:"inside"`

	// SuccessesPerDay is the mean number of successful calls of one principal on
	// a working day, 0 to 1000; with 0 there are no background successes at all.
	SuccessesPerDay float64 `json:"successes_per_day"`

	// InnocentDenials is the mean number of stray denials of one principal on a
	// working day, 0 to 10: a mistyped channel, a forgotten permission used once.
	InnocentDenials float64 `json:"innocent_denials"`

	// HideBearers leaves chimeBearer out of all records, for it is not proven
	// that CloudTrail carries it.
	HideBearers bool `json:"hide_bearers,omitempty"`

	// Only restricts the scenarios to those named; empty means all.
	Only []string `json:"only,omitempty"`
}

// DefaultConfig is sixty days of a team of 200 with about one attack every
// other day.
func DefaultConfig() Config {
	return Config{
		Seed:            1,
		Start:           time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC),
		Days:            60,
		Principals:      200,
		AttacksPerWeek:  4,
		TroublesPerWeek: 24,
		SuccessesPerDay: 2,
		InnocentDenials: 0.03,
	}
}

// Validate returns an error that names every field with a value out of its
// bounds.
func (c Config) Validate() error {
	var errs []error
	bound := func(field string, v, lo, hi float64) {
		if !(v >= lo && v <= hi) { // also refuses NaN
			errs = append(errs, fmt.Errorf("%s: %v is not between %v and %v", field, v, lo, hi))
		}
	}
	bound("days", float64(c.Days), 1, 3660)
	bound("principals", float64(c.Principals), 20, 10_000)
	bound("attacks_per_week", c.AttacksPerWeek, 0, 1000)
	bound("troubles_per_week", c.TroublesPerWeek, 0, 1000)
	bound("inside", c.Inside, 0, 1)
	bound("successes_per_day", c.SuccessesPerDay, 0, 1000)
	bound("innocent_denials", c.InnocentDenials, 0, 10)
	if y := c.Start.UTC().Year(); y < 2013 || y > 2200 {
		errs = append(errs, fmt.Errorf("start: %s is not between 2013 and 2200", c.Start.Format(time.DateOnly)))
	}
	known := Scenarios()
	for _, name := range c.Only {
		if !slices.ContainsFunc(known, func(s Scenario) bool { return s.Name == name }) {
			errs = append(errs, fmt.Errorf("only: there is no scenario %q", name))
		}
	}
	return errors.Join(errs...)
}

// Event is one simulated CloudTrail record.
type Event struct {
	JSON    []byte    // the whole record; the receiver's to keep
	ID      string    // eventID
	Time    time.Time // eventTime, UTC, whole seconds
	Account string    // recipientAccountId
	Region  string    // awsRegion
	Type    string    // eventType: AwsApiCall, AwsServiceEvent or AwsVpceEvent
	Denied  bool      // the record is a denial
	Label   string    // id of the scenario instance; empty for everyday traffic
}

// Simulation is one world and what happens in it.
type Simulation struct {
	config Config
	labels []Label
}

// New returns the simulation of c, or what is wrong with c.
func New(c Config) (*Simulation, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("simulate: %w", err)
	}
	c.Start = c.Start.UTC().Truncate(24 * time.Hour)
	c.Only = slices.Clone(c.Only)
	return &Simulation{config: c}, nil
}

// Config returns the configuration, as New took it.
func (s *Simulation) Config() Config { return s.config }

// Run hands every event to yield, in the order of event time, and stops at the
// first error that yield returns, which it returns as it is. Memory does not
// grow with the number of days but for the labels (16 bytes for each labelled
// event). Run may be called again and gives the same events again.
func (s *Simulation) Run(yield func(Event) error) error {
	st := newStage(s.config)
	st.open()
	s.labels = nil
	err := st.play(yield)
	s.labels = st.labels()
	return err
}

// Labels returns the scenario instances that the last Run showed, by start and
// id. It is empty before Run.
func (s *Simulation) Labels() []Label { return slices.Clone(s.labels) }

// wanted says whether the scenario called name takes part.
func (c Config) wanted(name string) bool {
	return len(c.Only) == 0 || slices.Contains(c.Only, name)
}

// end is the first moment after the simulated period.
func (c Config) end() time.Time { return c.Start.AddDate(0, 0, c.Days) }

// weeks is the length of the period.
func (c Config) weeks() float64 { return float64(c.Days) / 7 }

// appUsers returns how many app users the team has.
func (c Config) appUsers() int { return 20 * c.Principals }

// labelID names the n-th instance of a scenario, counted from zero.
func labelID(scenario string, n int) string {
	return fmt.Sprintf("%s/%d", scenario, n+1)
}
