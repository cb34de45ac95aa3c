package denial

import "strings"

// ParseMessage reads an IAM error message. The result is empty unless the
// message has IAM's grammar:
//
//	User: ARN is not authorized to perform: ACTION[ on resource: RESOURCE][ CLAUSE]
//
// where CLAUSE is one of
//
//	because no POLICY allows the ACTION action
//	with an explicit deny in [a|an|the] POLICY[ transitively through a service control policy][: POLICY-ARN]
//
// CloudTrail cuts messages at 1 KB, services leave parts out, and a resource
// may have any text in its name, clauses as well. So the last clause counts,
// and if it is about another action than the refused one there is none.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
func ParseMessage(text string) Message { return parse(text).Message }

// parsed is a message and where in its text the resource is.
type parsed struct {
	Message
	resourceStart, resourceEnd int // equal without a resource; quotes are inside
}

// parse reads text as ParseMessage does.
func parse(text string) (p parsed) {
	const verb = "is not authorized to perform: "
	i := strings.Index(text, verb)
	if i < 0 {
		return p
	}
	start := i + len(verb)
	end := start + wordLen(text[start:])
	p.Action = strings.TrimRight(text[start:end], ".,")
	if p.Action == "" {
		return parsed{}
	}
	c, clauseAt, found := lastClause(text, end)
	if found && (c.action == "" || c.action == p.Action) {
		p.Policy, p.Explicit, p.PolicyARN = c.policy, c.explicit, c.policyARN
	} else {
		found = false
	}

	const on = " on resource: "
	i = strings.Index(text[end:], on)
	if i < 0 {
		return p
	}
	start = end + i + len(on)
	if found && clauseAt >= start {
		end = clauseAt
	} else {
		end = start + trailerAt(text[start:])
	}
	resource := text[start:end]
	p.resourceStart, p.resourceEnd = start, start+len(strings.TrimRight(resource, " \t\r\n"))
	p.Resource = unquote(strings.TrimSpace(resource))
	p.Cut = len(text) >= 1000 && p.resourceEnd == len(text)
	return p
}

// trailerAt returns where the sentence about the resource ends in rest: before
// one of the known sentences that may follow it, else at the end.
func trailerAt(rest string) int {
	end := len(rest)
	// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied-authorization-id.html
	if i := strings.LastIndex(rest, ". Go to https://"); i >= 0 {
		end = i
	}
	// https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html
	if i := strings.LastIndex(rest[:end], " Encoded authorization failure message"); i >= 0 {
		end = len(strings.TrimSuffix(rest[:i], "."))
	}
	return end
}

// unquote takes the quotes off a resource that some services put in quotes. A
// quote closes at its last occurrence, what follows it is no part of the
// resource; one that never closes lost its end to CloudTrail.
func unquote(s string) string {
	if s == "" || s[0] != '"' && s[0] != '\'' {
		return s
	}
	if i := strings.LastIndexByte(s, s[0]); i > 0 {
		return s[1:i]
	}
	return s[1:]
}

// wordLen returns the length of the text up to the first white space.
func wordLen(s string) int {
	for i := range len(s) {
		if c := s[i]; c == ' ' || '\t' <= c && c <= '\r' {
			return i
		}
	}
	return len(s)
}
