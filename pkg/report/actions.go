package report

import (
	"fmt"
	"slices"
	"strings"

	"chimewatch/pkg/chime"
	"chimewatch/pkg/denial"
	"chimewatch/pkg/detect"
	"chimewatch/pkg/inert"
	"chimewatch/pkg/tally"
	"chimewatch/pkg/triage"
)

// actions writes what to do about an incident: what its gravest rule calls for,
// then how to tell, then a command that shows what else was done.
func (p *page) actions(in *triage.Incident, trigger, all []*denial.Call) {
	var steps []string
	if in.Verdict == triage.Misconfiguration {
		steps = append(steps, "See which deployment or change came before, and whether the calls are meant.")
	}
	steps = append(steps, ruleAction(in, all))
	if len(trigger) > 0 && in.Verdict == triage.Misconfiguration {
		advice := denial.Advise(trigger[0])
		if s := advice.Permission.Statement; s != nil {
			steps = append(steps, "If they are, allow "+s.Action+" on "+strings.Join(s.Resource, " and ")+".")
		}
	}
	if s := credentialAction(in.Rules, all); s != "" && in.Verdict != triage.Misconfiguration {
		steps = append(steps, s)
	}
	for i, s := range steps {
		p.field(label(i, "Do"), fmt.Sprintf("%d. %s", i+1, s))
	}
	if len(trigger) > 0 && trigger[0].AccessKey != "" && in.Severity >= triage.High {
		if cmds := denial.Advise(trigger[0]).Related.Commands; len(cmds) > 0 {
			p.command(cmds[0])
		}
	}
}

// gravity orders rules by what a person should hear first.
var gravity = [...]detect.Rule{
	detect.Breakthrough, detect.QuarantinedKey, detect.RootDenied, detect.CriticalOperation, detect.Impersonation,
	detect.ForeignAccount, detect.CredentialSpread, detect.SharedSource, detect.CredentialFailure,
	detect.OperationEnumeration, detect.ResourceSweep, detect.SlowEnumeration, detect.SlowSweep,
	detect.DenialBurst, detect.RateAnomaly,
}

// byGravity returns the rules, the gravest first.
func byGravity(rules []detect.Rule) []detect.Rule {
	rules = slices.Clone(rules)
	slices.SortStableFunc(rules, func(a, b detect.Rule) int {
		return slices.Index(gravity[:], a) - slices.Index(gravity[:], b)
	})
	return rules
}

// ruleAction says what the gravest of the rules calls for.
func ruleAction(in *triage.Incident, calls []*denial.Call) string {
	if in.Subject.Kind == tally.Bearer {
		return "See in the app who this user is, and whether the app itself makes these calls. If it does not, act on the user: the role behind it serves others too."
	}
	var gravest detect.Rule
	if rules := byGravity(in.Rules); len(rules) > 0 {
		gravest = rules[0]
	}
	switch gravest {
	case detect.Breakthrough:
		return "Find out who widened the permission, and undo what the successful call did unless its owner confirms it."
	case detect.QuarantinedKey:
		return "Make the access key inactive now: AWS found it in public and limits what it can do. Then go through all that was done with it."
	case detect.RootDenied:
		return "Ask who used the root user. If nobody did, change its password, delete its access keys and renew its MFA device."
	case detect.CriticalOperation:
		for i := range calls {
			if op, ok := chime.Lookup(calls[i].Operation); ok && op.Critical && calls[i].Outcome == denial.Refused {
				return "Ask the owner whether " + op.Name + " was meant. It matters: " + op.Why + "."
			}
		}
		return "Ask the owner whether the critical operation was meant."
	case detect.Impersonation:
		return "Ask the owner which code chooses the app users that it calls for. A client that sets other users' ARNs reads and writes in their name where a policy lets it."
	case detect.ForeignAccount:
		return "Ask whether the caller's account is a partner's. If it is not, see whether a role of yours trusts it."
	case detect.CredentialSpread:
		return "Find out who uses the access key from so many networks. A key that its owner did not take along was copied: make it inactive and replace it."
	case detect.SharedSource:
		return "Find out what is at the network: an office or a gateway that is yours goes under triage.known_networks in the configuration file."
	case detect.CredentialFailure:
		return "See whether a client still has old or wrong credentials. If none does, somebody tries keys."
	}
	return "Ask the owner of the principal whether these calls were meant."
}

// credentialAction says how to lock a caller out, by the kind of its
// credentials; empty where the rule's action says it, or where others would be
// locked out too.
func credentialAction(rules []detect.Rule, calls []*denial.Call) string {
	for _, r := range rules {
		if r == detect.QuarantinedKey || r == detect.RootDenied || r == detect.CredentialSpread {
			return ""
		}
	}
	for i := range calls {
		c := calls[i]
		key := inert.Name(c.AccessKey)
		switch {
		case c.Principal.WebIdentity:
			continue
		case strings.HasPrefix(c.AccessKey, "AKIA"):
			return "If nobody knows of the calls, make the access key " + key + " inactive and replace it."
		case strings.HasPrefix(c.AccessKey, "ASIA") && c.Principal.Role:
			return "If nobody knows of the calls, revoke the role's active sessions and find out who assumed it (" + key + ")."
		case strings.HasPrefix(c.AccessKey, "ASIA"):
			return "If nobody knows of the calls, lock the user out and find out who got the session " + key + "."
		}
	}
	return ""
}
