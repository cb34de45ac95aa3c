package config

import (
	"errors"
	"fmt"
	"net/netip"
	"path"
	"time"

	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/denial"
	"chimewatch/pkg/detect"
)

// Suppression silences alerts, never counts. Everything that it names must
// match: an empty field matches all.
type Suppression struct {
	Name   string `yaml:"name"`
	Reason string `yaml:"reason"`
	Owner  string `yaml:"owner"`
	Until  Date   `yaml:"until"` // the last day, UTC

	Account   string       `yaml:"account"`
	Principal string       `yaml:"principal"` // a principal key, exact or with * and ?
	Operation string       `yaml:"operation"`
	Network   netip.Prefix `yaml:"network"`
	Rule      detect.Rule  `yaml:"rule"`
}

// Date is a calendar day, written 2026-12-31.
type Date struct{ time.Time }

// UnmarshalText reads a day.
func (d *Date) UnmarshalText(text []byte) error {
	t, err := time.Parse(time.DateOnly, string(text))
	if err != nil {
		return fmt.Errorf("%q is no day: write it like 2026-12-31", text)
	}
	d.Time = t
	return nil
}

// MarshalText writes the day.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.Format(time.DateOnly)), nil }

// Validate returns an error that names the first bad field.
func (s Suppression) Validate() error {
	switch {
	case s.Name == "":
		return errors.New("name: is missing")
	case s.Reason == "":
		return errors.New("reason: is missing: say why nobody needs to be told")
	case s.Owner == "":
		return errors.New("owner: is missing: say whom to ask")
	case s.Until.IsZero():
		return errors.New("until: is missing: a suppression ends, on a day like 2026-12-31")
	case s.Principal == "" && s.Operation == "" && !s.Network.IsValid() && s.Rule == "":
		return errors.New("principal: is missing, and so are operation, network and rule: this would silence a whole account")
	}
	if s.Account != "" && !cloudtrail.IsAccount(s.Account) {
		return fmt.Errorf("account: %q is no account id of 12 digits", s.Account)
	}
	if _, err := path.Match(s.Principal, ""); err != nil {
		return fmt.Errorf("principal: %q is no pattern: %w", s.Principal, err)
	}
	if s.Rule != "" {
		if _, ok := detect.Describe(s.Rule); !ok {
			return fmt.Errorf("rule: there is no rule %q", s.Rule)
		}
	}
	return nil
}

// Silences reports whether everything that the suppression names but the rule
// holds for a call, and the call is no later than its last day. The rule is a
// matter of the incident.
func (s Suppression) Silences(c *denial.Call) bool {
	account := c.Principal.Account
	if account == "" {
		account = c.Key.Account
	}
	return !s.Over(c.Time) && s.SilencesCaller(c.Principal.Key, account) &&
		(s.Operation == "" || s.Operation == c.Operation) && (!s.Network.IsValid() || s.Network.Contains(c.Source))
}

// SilencesCaller reports whether what the suppression names of the caller holds
// for a principal.
func (s Suppression) SilencesCaller(key, account string) bool {
	if s.Account != "" && s.Account != account {
		return false
	}
	if s.Principal == "" || s.Principal == key {
		return true
	}
	ok, err := path.Match(s.Principal, key)
	return ok && err == nil
}

// CallersOnly reports whether the suppression silences its callers whatever they
// are refused, and from wherever.
func (s Suppression) CallersOnly() bool {
	return s.Operation == "" && !s.Network.IsValid() && s.Rule == ""
}

// Over reports whether the suppression's last day has ended at a time.
func (s Suppression) Over(t time.Time) bool { return !t.Before(s.Until.AddDate(0, 0, 1)) }
