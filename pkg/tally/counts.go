package tally

import (
	"regexp"
	"strings"

	"chimewatch/pkg/denial"
)

// quarantinePolicy matches the policies that AWS attaches to a user whose key
// it found in public.
//
// https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSCompromisedKeyQuarantineV3.html
var quarantinePolicy = regexp.MustCompile(`^arn:[^:]+:iam::aws:policy/AWSCompromisedKeyQuarantine`)

// The predicates below say what counts toward what. A denial of a service
// principal counts toward nothing and is never asked about.

// critical: a refused critical operation that is not the app user's affair.
func critical(c *denial.Call) bool { return c.Critical && c.Cause != denial.AppRole }

// claim: a call in the name of an app user that the caller may not speak for.
func claim(c *denial.Call) bool {
	return c.Bearer != "" && (c.Cause == denial.IAM || (c.Cause == denial.AppRole && c.BadBearer))
}

// noUser: the credentials were refused for an app user who does not exist, with
// the words of the Chime back end.
func noUser(c *denial.Call) bool {
	return c.Cause == denial.Credential && strings.Contains(c.ErrorText, "invalid app instance user ARN")
}

func credential(c *denial.Call) bool { return c.Cause == denial.Credential }

func quarantined(c *denial.Call) bool { return quarantinePolicy.MatchString(c.Message.PolicyARN) }

func root(c *denial.Call) bool { return c.Principal.Type == "Root" }
