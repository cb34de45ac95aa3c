package detect

import (
	"slices"

	"chimewatch/pkg/tally"
)

// Rule is the name of a rule.
type Rule string

// The rules.
const (
	DenialBurst          Rule = "denial-burst"
	OperationEnumeration Rule = "operation-enumeration"
	SlowEnumeration      Rule = "slow-enumeration"
	ResourceSweep        Rule = "resource-sweep"
	SlowSweep            Rule = "slow-sweep"
	CriticalOperation    Rule = "critical-operation"
	CredentialFailure    Rule = "credential-failure"
	Impersonation        Rule = "impersonation"
	Breakthrough         Rule = "breakthrough"
	QuarantinedKey       Rule = "quarantined-key"
	ForeignAccount       Rule = "foreign-account"
	RootDenied           Rule = "root-denied"
	CredentialSpread     Rule = "credential-spread"
	SharedSource         Rule = "shared-source"
	RateAnomaly          Rule = "rate-anomaly"
)

// Description says what a rule looks for.
type Description struct {
	Rule    Rule
	Subject string   // actor, principal, access-key or network
	Title   string   // what it found, for a headline
	Attack  []string // MITRE ATT&CK techniques, https://attack.mitre.org/techniques/
}

// rules are all rules in their documented order.
var rules = []Description{
	{DenialBurst, "actor", "Many denied calls in a short time", []string{"T1526"}},
	{OperationEnumeration, "actor", "Many different operations denied within an hour", []string{"T1526", "T1580"}},
	{SlowEnumeration, "actor", "Different operations denied over days", []string{"T1526", "T1580"}},
	{ResourceSweep, "actor", "Many different resources denied within an hour", []string{"T1580", "T1213.005"}},
	{SlowSweep, "actor", "Different resources denied over a day", []string{"T1580", "T1213.005"}},
	{CriticalOperation, "actor", "A critical operation denied", []string{"T1098", "T1485", "T1530"}},
	{CredentialFailure, "principal", "Credentials refused again and again", []string{"T1078.004", "T1110"}},
	{Impersonation, "principal", "Calls in the name of several app users denied", []string{"T1078.004", "T1087.004"}},
	{Breakthrough, "principal", "A critical operation succeeded after it was denied", []string{"T1098", "T1078.004"}},
	{QuarantinedKey, "principal", "A leaked access key, quarantined by AWS, was used", []string{"T1078.004"}},
	{ForeignAccount, "principal", "A caller from another account was denied", []string{"T1078.004", "T1580"}},
	{RootDenied, "principal", "The root user was denied", []string{"T1078.004"}},
	{CredentialSpread, "access-key", "One access key denied from several networks", []string{"T1078.004"}},
	{SharedSource, "network", "Several principals denied from one network", []string{"T1078.004", "T1110"}},
	{RateAnomaly, "actor", "Far more denials than usual", []string{"T1526"}},
}

// Rules returns the descriptions of all rules in their documented order.
func Rules() []Description { return slices.Clone(rules) }

// Describe returns the description of a rule.
func Describe(rule Rule) (Description, bool) {
	for _, d := range rules {
		if d.Rule == rule {
			return d, true
		}
	}
	return Description{}, false
}

// Actor reports whether subjects of the kind are actors.
func actor(k tally.Kind) bool { return k == tally.Principal || k == tally.Bearer }
