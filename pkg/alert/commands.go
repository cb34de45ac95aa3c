package alert

import (
	"slices"
	"strings"

	"chimewatch/pkg/denial"
	"chimewatch/pkg/detect"
	"chimewatch/pkg/tally"
)

// maxCommands is how many commands a heading has.
const maxCommands = 8

// denyAll is the policy that keeps a caller from Chime.
const denyAll = `'{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"chime:*","Resource":"*"}]}'`

// stopName is the name of the policy that the commands attach.
const stopName = "chimewatch-stop"

// stopCommands cut the subject off, empty where no command can.
func (b *brief) stopCommands() []string {
	kind, name := b.userOrRole()
	switch {
	case b.kind == tally.AccessKey && keyPattern.MatchString(b.in.Incident.Subject.Key):
		return b.deactivate(b.in.Incident.Subject.Key, b.ownerOf(b.in.Incident.Subject.Key))
	case b.kind != tally.Principal || name == "" || strings.HasPrefix(name, "AWSReservedSSO_"):
		return nil
	}
	var out []string
	if kind == "user" {
		for _, key := range b.keys {
			out = append(out, b.deactivate(key, name)...)
		}
	}
	return append(out, "aws iam put-"+kind+"-policy --"+kind+"-name "+name+" --policy-name "+stopName+" --policy-document "+denyAll)
}

// undoCommands take back what stopCommands did.
func (b *brief) undoCommands() []string {
	var out []string
	for _, c := range b.stopCommands() {
		if before, _, ok := strings.Cut(c, " --policy-document "); ok {
			out = append(out, strings.Replace(before, "put-", "delete-", 1))
			continue
		}
		out = append(out, strings.Replace(c, "--status Inactive", "--status Active", 1))
	}
	return out
}

// deactivate switches a long-lived access key off; temporary ones cannot be.
//
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccessKey.html
func (b *brief) deactivate(key, user string) []string {
	if !keyPattern.MatchString(key) || !strings.HasPrefix(key, "AKIA") || !namePattern.MatchString(user) {
		return nil
	}
	return []string{"aws iam update-access-key --user-name " + user + " --access-key-id " + key + " --status Inactive"}
}

// ownerOf returns the name of the IAM user whose key was used, empty where that
// is not known.
func (b *brief) ownerOf(key string) string {
	for _, it := range b.evidence {
		if it.call != nil && it.call.AccessKey == key {
			if kind, name := nameOf(it.call.Principal.Key); kind == "user" {
				return name
			}
		}
	}
	return ""
}

// userOrRole returns whether the subject is an IAM user or role, and its name
// if it is a plain one.
func (b *brief) userOrRole() (kind, name string) {
	if b.kind != tally.Principal {
		return "", ""
	}
	return nameOf(b.in.Incident.Subject.Key)
}

// nameOf returns "user" or "role" and the name in a principal's key; empty for
// other principals and names that are not plain.
func nameOf(key string) (kind, name string) {
	parts := strings.SplitN(key, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || parts[2] != "iam" {
		return "", ""
	}
	kind, rest, _ := strings.Cut(parts[5], "/")
	switch kind {
	case "role":
		name, _, _ = strings.Cut(rest, "/") // the session of a person may follow
	case "user":
		name = rest[strings.LastIndexByte(rest, '/')+1:] // a path may precede
	}
	if !namePattern.MatchString(name) {
		return "", ""
	}
	return kind, name
}

// lookCommands show more about the subject and what it did.
func (b *brief) lookCommands() []string {
	key := b.in.Incident.Subject.Key
	var out []string
	switch b.kind {
	case tally.Bearer:
		if arnPattern.MatchString(key) && strings.Contains(key, "/user/") {
			out = append(out, "aws chime-sdk-identity describe-app-instance-user --app-instance-user-arn "+key+b.inRegion())
		}
	case tally.AccessKey:
		if keyPattern.MatchString(key) {
			out = append(out,
				"aws sts get-access-key-info --access-key-id "+key,
				"aws cloudtrail lookup-events --lookup-attributes AttributeKey=AccessKeyId,AttributeValue="+key+b.inRegion())
		}
	case tally.Policy:
		id := key[strings.LastIndexByte(key, '/')+1:]
		if strings.HasPrefix(key, "arn:") && strings.HasPrefix(id, "p-") && namePattern.MatchString(id) {
			out = append(out,
				"aws organizations describe-policy --policy-id "+id,
				"aws organizations list-targets-for-policy --policy-id "+id,
				"aws cloudtrail lookup-events --lookup-attributes AttributeKey=EventName,AttributeValue=UpdatePolicy --region us-east-1")
		}
	}
	if b.advised != nil && b.kind != tally.Policy {
		out = append(out, b.advice.Related.Commands...)
		out = append(out, b.advice.Credentials.Commands...)
	}
	return usable(out)
}

// fixCommands lead to what is missing.
func (b *brief) fixCommands() []string {
	if b.advised == nil {
		return nil
	}
	return usable(b.advice.Permission.Commands)
}

// inRegion returns the option for the incident's Region.
func (b *brief) inRegion() string {
	if len(b.regions) == 0 {
		return ""
	}
	return " --region " + b.regions[0]
}

// usable returns the commands that are safe to paste, without repeats.
func usable(commands []string) []string {
	var out []string
	for _, c := range commands {
		if pasteable(c) && !slices.Contains(out, c) && len(out) < maxCommands && len(c) <= maxCommand {
			out = append(out, c)
		}
	}
	return out
}

// maxCommand is the length of a command line, in bytes, above which nobody
// pastes it.
const maxCommand = 2000

// silence returns the command that silences alerts like this one, for a
// month, and nothing more; empty where nobody should.
func (b *brief) silence() string {
	if b.kind == tally.Policy || b.kind == tally.AccessKey || len(b.rules) == 0 {
		return ""
	}
	switch b.rules[0].Rule {
	case detect.Breakthrough, detect.QuarantinedKey, detect.RootDenied:
		return ""
	}
	var match string
	switch key := b.in.Incident.Subject.Key; {
	case b.kind == tally.Network && cidrPattern.MatchString(key):
		match = " --network " + key
	case b.kind == tally.Principal && arnPattern.MatchString(key):
		match = " --principal " + key
		if len(b.attempts) == 1 && namePattern.MatchString(b.attempts[0].operation) {
			match += " --operation " + b.attempts[0].operation
		}
	case b.kind == tally.Bearer && len(b.in.Incident.Principals) == 1 && arnPattern.MatchString(b.in.Incident.Principals[0]) && len(b.attempts) == 1 && namePattern.MatchString(b.attempts[0].operation):
		// App users cannot be named; the role that they share, and what it is refused, can.
		match = " --principal " + b.in.Incident.Principals[0] + " --operation " + b.attempts[0].operation
	default:
		return ""
	}
	rule := ""
	if len(b.rules) == 1 {
		rule = " --rule " + string(b.rules[0].Rule)
	}
	until := b.in.at().AddDate(0, 0, 30).UTC().Format(dayLayout)
	return "chimewatch suppress add" + match + rule + " --until " + until + " --owner 'YOUR NAME' --reason 'WHY NOBODY NEEDS TO KNOW'"
}

// statement returns the missing permission as a policy, empty where none is
// proposed.
func (b *brief) statement() string {
	if b.advised == nil || b.advice.Permission.Statement == nil {
		return ""
	}
	return b.advice.Permission.Statement.Policy()
}

// cause says in paragraphs what refused the calls.
func (b *brief) cause() []string {
	if b.advised == nil {
		return nil
	}
	return b.advice.Permission.Text
}

// causeText names a cause for people.
func causeText(c denial.Cause) string {
	switch c {
	case denial.IAM:
		return "an IAM policy"
	case denial.AppRole:
		return "the app user's role in Chime"
	case denial.Credential:
		return "the check of the credentials"
	case denial.Network:
		return "a VPC endpoint policy"
	}
	return "authorization"
}
