package alert

import (
	"fmt"
	"strings"

	"chimewatch/pkg/chime"
	"chimewatch/pkg/denial"
	"chimewatch/pkg/detect"
	"chimewatch/pkg/tally"
	"chimewatch/pkg/triage"
)

// steps says what to do now, in a few short sentences for somebody who
// knows nothing of the product. Commands that they mention stand in the text
// under the headings LOOK, STOP and FIX.
func (b *brief) steps() []string {
	steps := b.act()
	if b.in.Drill {
		steps = append([]string{"This is a drill: do nothing, or practise what follows."}, steps...)
	}
	return steps
}

func (b *brief) act() []string {
	switch {
	case b.in.Activity() == Closed:
		return []string{"Nothing. The incident is closed; a new denial of the same kind opens another one."}
	case b.kind == tally.Policy:
		return b.rolloutSteps()
	}
	for _, d := range b.rules {
		if steps := b.ruleSteps(d.Rule); steps != nil {
			return steps
		}
	}
	switch b.verdict() {
	case triage.Misconfiguration:
		return b.brokenSteps()
	case triage.Probing:
		return append([]string{b.ask()}, b.stopSteps("If nobody can explain them")...)
	}
	return []string{
		b.ask(),
		"If they can, it is a broken set-up: " + lower(b.fix()),
		"If not, somebody is trying doors: " + lower(b.stop()),
	}
}

// ruleSteps returns the steps of rules that call for something special, nil for
// the others.
func (b *brief) ruleSteps(rule detect.Rule) []string {
	switch rule {
	case detect.Breakthrough:
		first := "A critical operation SUCCEEDED after it had been refused. Look at the evidence which one, and undo it if nobody meant it."
		if c := b.succeeded(); c != nil {
			op, _ := chime.Lookup(c.Operation)
			first = fmt.Sprintf("%s SUCCEEDED at %s after it had been refused (%s). Undo it if nobody meant it.", b.name(c.Operation, 48), clock(c.Time), op.Why)
		}
		return []string{first, b.ask(), b.stop()}
	case detect.QuarantinedKey:
		return []string{
			"AWS has found this access key in public and quarantined it. Treat it as stolen.",
			"Deactivate the key now: commands under STOP. Replace it where it is used.",
			"See what else the key did: commands under LOOK.",
		}
	case detect.RootDenied:
		return []string{
			"Ask whoever holds the root user whether it was them: " + b.when() + b.from() + ".",
			"If nobody did: change the root password, reset its MFA device, delete its access keys, and call AWS Support.",
			"If it was one of you: do this work with a role instead. Nothing else is wrong.",
		}
	case detect.CredentialSpread:
		return []string{
			"One access key is used from several networks: " + strings.TrimPrefix(b.from(), " from ") + ". Ask its owner whether all of them are theirs.",
			"If not, the key is stolen: commands under STOP. Then see what else it did: commands under LOOK.",
		}
	case detect.SharedSource:
		return []string{
			"Find out what " + b.who(43) + " is: an office, a VPN, a hosting provider?",
			fmt.Sprintf("If it is not yours, treat the credentials of the %s below as stolen and renew them.", plural(len(b.in.Incident.Principals), "principal")),
			"If it is yours, add it to known_networks in the configuration, so that it is not reported again.",
		}
	case detect.ForeignAccount:
		return []string{
			"A caller from another AWS account was refused. Ask whether " + b.who(64) + " is a partner of yours.",
			"If it is, tell them what they lack (see FIX).",
			"If not, see who gave that account access: resource policies and roles that trust it.",
		}
	}
	return nil
}

func (b *brief) rolloutSteps() []string {
	return []string{
		fmt.Sprintf("Ask who changed %s: since %s it refuses %s, listed below.", b.who(64), clock(b.first), plural(len(b.in.Incident.Principals), "principal")),
		"If that was a mistake, have it taken back in the organisation's management account (see FIX).",
		"If it was meant, tell the owners of the principals below. Nobody attacked anything.",
	}
}

// brokenSteps are for something that lacks a permission.
func (b *brief) brokenSteps() []string {
	return []string{
		"This is no attack as far as can be seen; it can wait for working hours. Tell the owner of " + b.who(64) + ".",
		b.fix(),
		"If it should not make these calls at all: " + lower(b.stop()),
	}
}

// stopSteps end what is going on.
func (b *brief) stopSteps(condition string) []string {
	return []string{condition + ": " + lower(b.stop()), "Then see what the same caller got through: commands under LOOK."}
}

// ask says whom to ask about what.
func (b *brief) ask() string {
	whom := "the owner of "
	if b.kind == tally.Bearer {
		whom = "the person behind "
	}
	return "Ask " + whom + b.who(64) + b.accountText() + " whether they made these calls: " + b.when() + b.from() + "."
}

// stop says how to end what is going on.
func (b *brief) stop() string {
	switch {
	case b.kind == tally.Bearer:
		return "Lock the account of this app user in your application and remove it from its channels."
	case b.kind == tally.Network:
		return "Renew the credentials of the principals below."
	}
	if _, name := b.userOrRole(); strings.HasPrefix(name, "AWSReservedSSO_") {
		return "Disable this person in IAM Identity Center and end their sessions."
	}
	if len(b.stopCommands()) == 0 {
		return "Take its access away where it gets it; there is no single command for this kind of caller."
	}
	return "Cut off its access to Chime with the commands under STOP."
}

// fix says what would end the refusals if they are not meant.
func (b *brief) fix() string {
	if b.advised == nil {
		return "See in the CloudTrail console (links under EVIDENCE) what it lacks."
	}
	switch b.advised.Cause {
	case denial.AppRole:
		if role := b.advice.Permission.Role; role != "" {
			return "The app user lacks the role " + string(role) + "; give it that role if it should have it."
		}
		return "The app user may not do this, or the bearer it names is wrong; see FIX."
	case denial.Credential:
		return "Its credentials have expired or are wrong; renew them where it runs."
	case denial.Network:
		return "The VPC endpoint's policy refuses the calls; see FIX."
	}
	if st := b.advice.Permission.Statement; st != nil {
		return "It lacks " + b.name(st.Action, 64) + "; grant it if it should have it (statement under FIX)."
	}
	return "A policy refuses it; see FIX which one."
}

// when says when it happened, in UTC.
func (b *brief) when() string {
	first, last := b.first.UTC(), b.last.UTC()
	switch {
	case last.Sub(first) < minute:
		return clock(first)
	case first.Format(dayLayout) == last.Format(dayLayout):
		return first.Format("2006-01-02 15:04") + " to " + last.Format("15:04") + " UTC"
	}
	return first.Format("2006-01-02 15:04") + " to " + last.Format("2006-01-02 15:04") + " UTC"
}

// from names the sources, empty where they are not known.
func (b *brief) from() string {
	switch n := len(b.sources); {
	case n == 0:
		return ""
	case n == 1:
		return " from " + b.name(b.sources[0], 45)
	case n == 2:
		return " from " + b.name(b.sources[0], 45) + " and " + b.name(b.sources[1], 45)
	default:
		return fmt.Sprintf(" from %s and %d other addresses", b.name(b.sources[0], 45), n-1)
	}
}

func (b *brief) accountText() string {
	if len(b.accounts) != 1 {
		return ""
	}
	return " (account " + b.accounts[0] + ")"
}

// lower makes a sentence continue another one.
func lower(sentence string) string {
	if sentence == "" {
		return ""
	}
	return strings.ToLower(sentence[:1]) + sentence[1:]
}
