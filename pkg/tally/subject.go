package tally

import "chimewatch/pkg/denial"

// Kind is a kind of subject.
type Kind uint8

// The kinds of subject.
const (
	Principal Kind = iota + 1 // key: principal.Principal.Key
	Bearer                    // key: ARN of a Chime app-instance user or bot
	AccessKey                 // key: access key id
	Network                   // key: CIDR, see denial.NetworkOf
	Policy                    // key: see [OrganisationPolicy]; asked for by triage only
)

// String returns the kind's name, "principal" for example.
func (k Kind) String() string {
	switch k {
	case Principal:
		return "principal"
	case Bearer:
		return "bearer"
	case AccessKey:
		return "access-key"
	case Network:
		return "network"
	case Policy:
		return "policy"
	}
	return "unknown"
}

// Detailed reports whether tallies of the kind have a [Detail].
func (k Kind) Detailed() bool { return k == Principal || k == Bearer || k == Policy }

// Subject is what a tally is about.
type Subject struct {
	Kind Kind
	Key  string
}

// Compare orders subjects by key, then kind.
func (s Subject) Compare(o Subject) int {
	switch {
	case s.Key < o.Key:
		return -1
	case s.Key > o.Key:
		return 1
	}
	return int(s.Kind) - int(o.Kind)
}

// Actor returns whom a denial counts against: the bearer where the Chime back
// end refused an app user whom the record names, else the principal.
func Actor(c *denial.Call) Subject {
	if c.Cause == denial.AppRole && c.Bearer != "" {
		return Subject{Bearer, c.Bearer}
	}
	return Subject{Principal, c.Principal.Key}
}

// OrganisationPolicy returns the subject that stands for the policy that refused
// a call and that many share, and whether one did: a service or resource control
// policy of the organisation, or the policy of a VPC endpoint. Policies that a
// message does not name by ARN are told apart by type only.
func OrganisationPolicy(c *denial.Call) (Subject, bool) {
	switch {
	case c.Cause == denial.Network, c.Message.Policy == denial.VPCEndpointPolicy:
		return Subject{Policy, string(denial.VPCEndpointPolicy)}, true
	case c.Message.Policy == denial.ServiceControlPolicy, c.Message.Policy == denial.ResourceControlPolicy:
	default:
		return Subject{}, false
	}
	key := c.Message.PolicyARN
	if key == "" {
		key = string(c.Message.Policy)
		if c.Message.Explicit {
			key += " (explicit deny)"
		}
	}
	return Subject{Policy, key}, true
}
