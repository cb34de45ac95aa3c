package report

import (
	"slices"
	"strings"

	"chimewatch/pkg/chime"
	"chimewatch/pkg/denial"
	"chimewatch/pkg/inert"
	"chimewatch/pkg/principal"
	"chimewatch/pkg/tally"
)

// because says in a few words which layer refused a call and why.
func because(c *denial.Call) string {
	switch c.Cause {
	case denial.AppRole:
		if c.BadBearer {
			return "Chime does not know the app user that it was made for"
		}
		return "the app user's role in Chime does not allow it"
	case denial.Credential:
		return "credentials not accepted (" + c.ErrorCode + ")"
	case denial.Network:
		return "the VPC endpoint's policy refuses it"
	}
	m := &c.Message
	switch {
	case m.Policy == "":
		return "IAM refused it and names no policy"
	case m.Explicit && m.PolicyARN != "":
		return "denied by the " + string(m.Policy) + " " + policyName(m.PolicyARN)
	case m.Explicit:
		return "denied by " + article(string(m.Policy))
	}
	return "no " + string(m.Policy) + " allows it"
}

func article(noun string) string {
	if noun != "" && strings.ContainsRune("aeiou", rune(noun[0])) {
		return "an " + noun
	}
	return "a " + noun
}

// policyName returns the last part of a policy's ARN.
func policyName(arn string) string { return inert.Name(arn[strings.LastIndexByte(arn, '/')+1:]) }

// subjectName names a subject for a headline.
func subjectName(s tally.Subject) string {
	switch s.Kind {
	case tally.Bearer:
		return "app user " + bearerName(s.Key)
	case tally.AccessKey:
		return "access key " + inert.Name(s.Key)
	case tally.Network:
		return "network " + inert.Name(s.Key)
	case tally.Policy:
		if strings.HasPrefix(s.Key, "arn:") {
			return "policy " + policyName(s.Key)
		}
		return inert.Name(s.Key)
	}
	return principalName(s.Key)
}

// principalName names a principal for people: a person of IAM Identity Center
// by the person, others by what their ARN names.
func principalName(key string) string {
	if set, person, ok := principal.Person(key); ok {
		return inert.Name(person) + " (SSO " + inert.Name(set) + ")"
	}
	return inert.Name(principal.ShortName(key))
}

// resourceName names what a call was about: the last part of the ARN of a
// messaging resource, other ARNs whole.
func resourceName(arn string) string {
	if arn == "" {
		return ""
	}
	kind, ok := chime.ResourceOf(arn)
	if !ok {
		return inert.Name(arn)
	}
	id := strings.TrimPrefix(arn, chime.AppInstanceOf(arn))
	if id == "" {
		id = arn[strings.LastIndexByte(arn, '/'):]
	} else {
		_, id, _ = strings.Cut(id[1:], "/")
	}
	return strings.ReplaceAll(string(kind), "-", " ") + " " + inert.Name(strings.TrimPrefix(id, "/"))
}

// bearerName returns an app user's id, the last part of its ARN.
func bearerName(arn string) string {
	kind, id := "", arn
	for _, k := range []string{"/user/", "/bot/"} {
		if _, after, ok := strings.Cut(arn, k); ok {
			kind, id = strings.Trim(k, "/"), after
		}
	}
	if kind == "bot" {
		return "bot " + inert.Name(id)
	}
	return inert.Name(id)
}

// distinct returns the different results of of, in order of first sight,
// without empty ones.
func distinct(calls []*denial.Call, of func(*denial.Call) string) []string {
	var out []string
	for i := range calls {
		if s := of(calls[i]); s != "" && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}
