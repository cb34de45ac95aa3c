package alert

import (
	"regexp"
	"strings"
	"sync"
)

// Values from records that look exactly as they should. All others are told as
// text only: they stand in no link, command or message attribute. They are
// compiled when the first alert asks: a function starts without.
var (
	regionPattern = pattern(`^[a-z]{2}(-[a-z]{2,12}){1,3}-[0-9]{1,2}$`)
	eventPattern  = pattern(`^[A-Za-z0-9][A-Za-z0-9-]{7,63}$`)
	namePattern   = pattern(`^[A-Za-z0-9_][A-Za-z0-9_+=,.@-]{0,63}$`)                           // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
	keyPattern    = pattern(`^A[A-Z]{2}A[A-Z0-9]{12,124}$`)                                     // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
	arnPattern    = pattern(`^arn:[a-z-]+:[a-z0-9-]+:[a-z0-9-]*:[0-9]*:[A-Za-z0-9_+=,.@/:-]+$`) // as long as maxCommand allows
	cidrPattern   = pattern(`^[0-9a-f.:]{2,39}/[0-9]{1,3}$`)
	idPattern     = pattern(`^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$`)
)

type matcher func() *regexp.Regexp

// MatchString reports whether the text is of the pattern.
func (m matcher) MatchString(s string) bool { return m().MatchString(s) }

func pattern(expression string) matcher {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}

func regionName(s string) bool { return regionPattern.MatchString(s) }

// plainID reports whether s is an id of the product's own, or looks like one.
func plainID(s string) bool { return idPattern.MatchString(s) }

// pasteable reports whether a command line is safe to paste into a shell: words
// of characters that mean nothing to it, and text in single quotes.
func pasteable(command string) bool {
	quoted := false
	for i := range len(command) {
		c := command[i]
		switch {
		case c == '\'':
			quoted = !quoted
		case c < ' ' || c > '~':
			return false
		case quoted:
		case 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte(" _./:=,@%+-", c) >= 0:
		default:
			return false
		}
	}
	return !quoted && command != ""
}

// EventLink returns the address of an event in the CloudTrail console of its
// Region, empty unless both look as they should.
func EventLink(region, eventID string) string {
	if !regionPattern.MatchString(region) || !eventPattern.MatchString(eventID) {
		return ""
	}
	domain := "console.aws.amazon.com"
	switch {
	case strings.HasPrefix(region, "cn-"):
		domain = "console.amazonaws.cn"
	case strings.HasPrefix(region, "us-gov-"):
		domain = "console.amazonaws-us-gov.com"
	}
	return "https://" + region + "." + domain + "/cloudtrailv2/home?region=" + region + "#/events/" + eventID
}
