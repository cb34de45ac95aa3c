package denial

import "strings"

// CauseOf says how a call with this error code and message was answered, and
// if it was refused by which layer. The cause is empty unless the outcome is
// Refused.
//
// Codes come with and without "Exception", after a "Client." or "Server." and
// after a shape name and "#"; case does not matter. A code outside the table is
// no refusal, whatever its message says.
//
// https://docs.aws.amazon.com/chime-sdk/latest/APIReference/CommonErrors.html,
// https://docs.aws.amazon.com/chime-sdk/latest/APIReference/API_messaging-chime_SendChannelMessage.html
func CauseOf(code, message string) (Outcome, Cause) {
	p := parse(message)
	return causeOf(code, message, &p)
}

func causeOf(code, text string, p *parsed) (Outcome, Cause) {
	if code == "" {
		return Success, ""
	}
	cause := layerOf(normalCode(code))
	switch {
	case cause == "":
		return Other, ""
	case cause == AppRole && unavailable(text, p):
		return Unavailable, ""
	case cause == Network || p.Action == "":
		return Refused, cause
	case p.Policy == VPCEndpointPolicy:
		return Refused, Network
	}
	return Refused, IAM
}

// normalCode returns an error code in lower case without what differs between
// services: all up to the last "#", one "Client." or "Server.", one "Exception".
func normalCode(code string) string {
	code = code[strings.LastIndexByte(code, '#')+1:]
	code = strings.ToLower(code)
	if rest, ok := strings.CutPrefix(code, "client."); ok {
		code = rest
	} else {
		code = strings.TrimPrefix(code, "server.")
	}
	return strings.TrimSuffix(code, "exception")
}

// layerOf returns the layer that refuses with a code, empty if it is none of a
// refusal.
func layerOf(normal string) Cause {
	switch normal {
	case "accessdenied", "unauthorizedoperation", "notauthorized", "authorizationerror":
		return IAM
	case "forbidden":
		return AppRole
	case "unauthorizedclient", "unauthorized", "expiredtoken", "invalidclienttokenid", "unrecognizedclient",
		"signaturedoesnotmatch", "incompletesignature", "requestexpired", "missingauthenticationtoken", "authfailure":
		return Credential
	case "vpceaccessdenied":
		return Network
	}
	return ""
}

// unavailable reports whether the message of a Forbidden says that a feature
// or a subscription is not available. What the message names as the resource
// does not count: its name is the caller's.
func unavailable(text string, p *parsed) bool {
	return saysUnavailable(text[:p.resourceStart]) || saysUnavailable(text[p.resourceEnd:])
}

func saysUnavailable(text string) bool {
	text = strings.ToLower(text)
	return strings.Contains(text, "not available") ||
		strings.Contains(text, "not enabled") ||
		strings.Contains(text, "subscription check failed")
}
