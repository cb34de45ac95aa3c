package denial

import (
	"strconv"
	"strings"

	"chimewatch/pkg/chime"
)

// The functions of this file decide which values of a record may stand in a
// command that a person pastes into a shell, in a policy, or in a sentence.
// All patterns are of characters that neither a POSIX shell nor PowerShell
// interprets, and none lets a value begin like an option ("-"), or like a
// reference that the AWS CLI would fetch ("file://", "https://").

// show returns s for a sentence: as it is if it is plain, else quoted in ASCII
// with escapes. Both are cut at 256 bytes.
func show(s string) string {
	const most = 256
	rest := ""
	if len(s) > most {
		s, rest = s[:most], "..."
	}
	if s != "" && all(s, func(b byte) bool { return isAlnum(b) || strings.IndexByte("_./:+=,@*-", b) >= 0 }) {
		return s + rest
	}
	return strconv.QuoteToASCII(s) + rest
}

// arnValue reports whether s is an ARN of plain characters: no wildcard ("*",
// "?") and no policy variable ("${"), which a policy would widen.
func arnValue(s string) bool {
	if len(s) > 1600 || strings.Count(s, ":") < 5 {
		return false
	}
	rest, ok := strings.CutPrefix(s, "arn:")
	return ok && !strings.HasSuffix(s, ":") &&
		all(rest, func(b byte) bool { return isAlnum(b) || strings.IndexByte("_./:+=,@-", b) >= 0 })
}

// nameValue reports whether s is the plain name of an IAM user or role:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
func nameValue(s string) bool {
	return s != "" && len(s) <= 64 && (isAlnum(s[0]) || s[0] == '_') &&
		all(s, func(b byte) bool { return isAlnum(b) || strings.IndexByte("_+=,.@-", b) >= 0 })
}

// idValue reports whether s is a plain identifier: an access key, an account,
// an endpoint or a policy id, a Region.
func idValue(s string) bool {
	return s != "" && len(s) <= 128 && isAlnum(s[0]) &&
		all(s, func(b byte) bool { return isAlnum(b) || b == '-' })
}

// actionValue reports whether s is one IAM action, "service:Action", without a
// wildcard.
func actionValue(s string) bool {
	service, action, ok := strings.Cut(s, ":")
	return ok && service != "" && action != "" && len(s) <= 128 &&
		all(service, func(b byte) bool { return isAlnum(b) && (b < 'A' || b > 'Z') || b == '-' }) && service[0] != '-' &&
		all(action, isAlnum)
}

// or returns s if it is fit, else the placeholder.
func or(s string, fit func(string) bool, placeholder string) string {
	if fit(s) {
		return s
	}
	return placeholder
}

func all(s string, fit func(byte) bool) bool {
	for i := range len(s) {
		if !fit(s[i]) {
			return false
		}
	}
	return true
}

// inRegion returns the option for the call's Region.
func inRegion(c *Call) string { return " --region " + or(c.Key.Region, idValue, "REGION") }

// accountOf returns the account in the principal's ARN, else the recorded one.
func accountOf(c *Call) string {
	if parts := strings.SplitN(c.Principal.Key, ":", 6); len(parts) == 6 && parts[0] == "arn" && parts[4] != "" {
		return parts[4]
	}
	return c.Principal.Account
}

// userOrRole returns whether the principal is an IAM user or role, "user" or
// "role", and its name; "" for all others.
func userOrRole(c *Call) (kind, name string) {
	parts := strings.SplitN(c.Principal.Key, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || parts[2] != "iam" {
		return "", ""
	}
	kind, rest, _ := strings.Cut(parts[5], "/")
	switch kind {
	case "role":
		name, _, _ = strings.Cut(rest, "/") // a session may follow
	case "user":
		name = rest[strings.LastIndexByte(rest, '/')+1:] // a path may precede
	default:
		return "", ""
	}
	return kind, name
}

// operation returns what the catalogue knows of the call's operation.
func operation(c *Call) (chime.Operation, bool) { return chime.Lookup(c.Operation) }
