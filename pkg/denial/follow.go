package denial

import (
	"strings"
	"time"

	"chimewatch/pkg/chime"
)

// client is the third step: the SDK, and what in its configuration leads to
// refusals.
func client(c *Call) Client {
	s := Client{Step: Step{Title: "Check the SDK and its configuration"}, SDK: ParseUserAgent(c.UserAgent)}
	s.OutOfSupport = s.SDK.OutOfSupport(c.Time)
	name := s.SDK.Name + " " + s.SDK.Version
	switch {
	case c.UserAgent == "":
		s.say("The record names no user agent.")
	case s.SDK.Name == "":
		s.say("The user agent names no AWS SDK that is known here: " + show(c.UserAgent))
	case s.OutOfSupport && s.SDK.EndOfSupport != "":
		s.say("The user agent, which the caller writes, says " + name + ": major version " + s.SDK.Major + " is out of support since " + s.SDK.EndOfSupport + ". Move to the next major version.")
	case s.OutOfSupport:
		s.say("The user agent, which the caller writes, says " + name + ": major version " + s.SDK.Major + " is out of support for years. Move to a supported one.")
	case s.SDK.EndOfSupport != "":
		s.say("The user agent, which the caller writes, says " + name + ": support for major version " + s.SDK.Major + " ends on " + s.SDK.EndOfSupport + ".")
	default:
		s.say("The user agent, which the caller writes, says " + name + ", whose major version is supported.")
	}
	op, known := operation(c)
	if !known {
		return s
	}
	// https://docs.aws.amazon.com/chime-sdk/latest/dg/sdk-available-regions.html
	if c.Key.Region != "us-east-1" && c.Key.Region != "eu-central-1" {
		s.say("Chime messaging works in us-east-1 and eu-central-1; this call went to " + show(c.Key.Region) + ". Set the client's Region.")
	}
	if op.Bearer == chime.Required && c.Bearer == "" {
		s.say("The operation needs the x-amz-chime-bearer header (ChimeBearer in the SDKs). The record shows none: see that the application sets it to an app-instance user or bot that the caller's policy allows.")
	}
	s.say("Use the client " + strings.Replace(string(op.Client), ", ", " or ", 1) + " of the SDK; the messaging operations of the older chime client are no longer supported.")
	return s
}

// related is the fourth step: what else the same credentials did, and signs
// that they leaked.
func related(c *Call) Step {
	s := Step{Title: "Look at other alerts on the same credentials"}
	if c.AccessKey != "" {
		key := or(c.AccessKey, idValue, "ACCESS_KEY_ID")
		s.say("See all that the access key did in the last 90 days, in every Region that it was used in: unknown networks, many services in short order, refusals elsewhere, new users or keys.")
		s.run("aws cloudtrail lookup-events --lookup-attributes AttributeKey=AccessKeyId,AttributeValue=" + key + inRegion(c))
		s.say("See whether GuardDuty has findings about the key.")
		s.run("aws guardduty list-detectors"+inRegion(c),
			`aws guardduty list-findings --detector-id DETECTOR_ID --finding-criteria '{"Criterion":{"resource.accessKeyDetails.accessKeyId":{"Eq":["`+key+`"]}}}'`+inRegion(c))
	} else {
		s.say("The record names no access key; see what else was done by this principal around the time of the call.")
		s.run("aws cloudtrail lookup-events --lookup-attributes AttributeKey=EventName,AttributeValue=" + or(c.Operation, idValue, "EVENT_NAME") + inRegion(c))
	}
	if kind, name := userOrRole(c); kind == "user" {
		s.say("A policy AWSCompromisedKeyQuarantine on the user means that AWS found its key in public.")
		s.run("aws iam list-attached-user-policies --user-name " + or(name, nameValue, "USER_NAME"))
	}
	s.say("See what else this principal was refused: chimewatch analyze with --principal on your logs.")
	if arnValue(c.Principal.Key) {
		s.run("chimewatch analyze --principal " + c.Principal.Key + " PATH")
	}
	return s
}

// support is the fifth step.
//
// https://docs.aws.amazon.com/awssupport/latest/user/case-management.html
func support(c *Call) Support {
	s := Support{
		Step:      Step{Title: "What AWS Support needs"},
		RequestID: c.RequestID,
		EventID:   c.Key.EventID,
		Region:    c.Key.Region,
		Operation: c.Operation,
		ErrorCode: c.ErrorCode,
	}
	if !c.Time.IsZero() {
		s.Time = c.Time.UTC().Format(time.RFC3339)
	}
	s.say("If the permissions are right and the call is still refused, open a case with these. Leave out secret keys and tokens.")
	for _, f := range [...]struct{ name, value string }{
		{"Request id", s.RequestID}, {"Event id", s.EventID}, {"Region", s.Region},
		{"Time", s.Time}, {"Operation", s.Operation}, {"Error code", s.ErrorCode},
	} {
		value := "not in the record"
		if f.value != "" {
			value = show(f.value)
		}
		s.say(f.name + ": " + value)
	}
	return s
}
