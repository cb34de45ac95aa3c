package simulate

import (
	"cmp"
	"net/netip"
	"slices"
	"time"
)

// Kind says whether a scenario means harm.
type Kind string

// The kinds.
const (
	Attack Kind = "attack"
	Benign Kind = "benign"
)

// Label tells the truth about one scenario instance.
type Label struct {
	ID          string    `json:"id"` // scenario name, slash, number
	Kind        Kind      `json:"kind"`
	Scenario    string    `json:"scenario"`
	Description string    `json:"description"`
	Inside      bool      `json:"inside,omitempty"` // the attacker works from the victim's network, session and client
	Start       time.Time `json:"start"`            // of its first event
	End         time.Time `json:"end"`              // of its last event

	// Principals are stable keys: a role without path and session, a person of
	// IAM Identity Center as role and session, the ARN of users and root, the
	// service's name, "aws-account:ID:PRINCIPAL" for another account's.
	Principals []string `json:"principals"`
	Bearers    []string `json:"bearers,omitempty"`  // ARNs of app-instance users
	Networks   []string `json:"networks,omitempty"` // CIDR: /24 for IPv4, /48 for IPv6
	Events     []string `json:"events"`             // event ids in order of time
	Denials    int      `json:"denials"`            // how many of the events are denials
}

// ledger gathers the label of one instance while its events go by.
type ledger struct {
	scenario   *scenario
	id         string
	inside     bool
	start, end time.Time
	denials    int
	events     [][16]byte
	principals map[string]bool
	bearers    map[string]bool
	networks   map[string]bool
}

// enter records that c happened.
func (l *ledger) enter(c *call) {
	if len(l.events) == 0 {
		l.start = c.at.Truncate(time.Second)
		l.principals, l.bearers, l.networks = map[string]bool{}, map[string]bool{}, map[string]bool{}
	}
	l.end = c.at.Truncate(time.Second)
	l.events = append(l.events, c.id)
	l.principals[c.who.key] = true
	if c.order.bearer != "" {
		l.bearers[c.order.bearer] = true
	}
	if c.address.IsValid() {
		l.networks[block(c.address).String()] = true
	}
	if c.outcome.denial {
		l.denials++
	}
}

// label returns what was gathered.
func (l *ledger) label() Label {
	out := Label{
		ID: l.id, Kind: l.scenario.Kind, Scenario: l.scenario.Name, Description: l.scenario.Description,
		Inside: l.inside, Start: l.start, End: l.end, Denials: l.denials,
		Principals: sorted(l.principals), Bearers: sorted(l.bearers), Networks: sorted(l.networks),
		Events: make([]string, 0, len(l.events)),
	}
	for _, id := range l.events {
		out.Events = append(out.Events, string(appendUUID(nil, id)))
	}
	return out
}

// sorted returns the members of a set in order, nil if there are none.
func sorted(set map[string]bool) []string {
	if len(set) == 0 {
		return nil
	}
	out := make([]string, 0, len(set))
	for s := range set {
		out = append(out, s)
	}
	slices.Sort(out)
	return out
}

// block is the network that an address belongs to: a /24 or a /48.
func block(a netip.Addr) netip.Prefix {
	bits := 48
	if a.Is4() {
		bits = 24
	}
	p, _ := a.Prefix(bits) // an address is never shorter
	return p
}

// byStart orders labels.
func byStart(a, b Label) int {
	return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.ID, b.ID))
}
