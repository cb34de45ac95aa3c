package denial

import "strings"

// clause is what an IAM error message says about the policy that decided.
type clause struct {
	policy    Policy
	explicit  bool
	action    string // of the implicit form
	policyARN string // of the explicit form, where IAM names it
}

const (
	implicit = "because no "
	explicit = "with an explicit deny in "
)

// lastClause returns the clause that starts last in text, at or after from,
// and where it starts. It takes linear time however often text repeats the
// beginning of a clause.
func lastClause(text string, from int) (c clause, at int, ok bool) {
	i := lastIndex(text[from:], implicit)
	e := lastIndex(text[from:], explicit)
	for i >= 0 || e >= 0 {
		at = from + max(i, e)
		if e > i {
			c, ok = explicitClause(text[at+len(explicit):])
		} else {
			c, ok = implicitClause(text[at+len(implicit):])
		}
		if ok {
			return c, at, true
		}
		if e > i {
			e = strings.LastIndex(text[from:at], explicit)
		} else {
			i = strings.LastIndex(text[from:at], implicit)
		}
	}
	return clause{}, 0, false
}

// lastIndex is strings.LastIndex, faster where sub is rare: searching forward
// is much faster than backward.
func lastIndex(s, sub string) int {
	last := -1
	for from := 0; ; {
		i := strings.Index(s[from:], sub)
		if i < 0 {
			return last
		}
		last = from + i
		from = last + len(sub)
	}
}

// implicitClause reads "POLICY allows the ACTION action".
func implicitClause(s string) (clause, bool) {
	policy, s, ok := cutPolicy(s)
	if !ok {
		return clause{}, false
	}
	s, ok = strings.CutPrefix(s, " allows the ")
	if !ok {
		return clause{}, false
	}
	n := wordLen(s)
	if n == 0 || !strings.HasPrefix(s[n:], " action") {
		return clause{}, false
	}
	return clause{policy: policy, action: s[:n]}, true
}

// explicitClause reads "[a|an|the] POLICY" and what may follow it.
func explicitClause(s string) (clause, bool) {
	for _, article := range [...]string{"a ", "an ", "the "} {
		if rest, ok := strings.CutPrefix(s, article); ok {
			s = rest
			break
		}
	}
	policy, s, ok := cutPolicy(s)
	if !ok {
		return clause{}, false
	}
	c := clause{policy: policy, explicit: true}
	if policy == VPCEndpointPolicy {
		s = strings.TrimPrefix(s, " transitively through a service control policy")
	}
	// https://aws.amazon.com/blogs/security/enhanced-access-denied-error-messages-with-policy-arns
	if arn, ok := strings.CutPrefix(s, ": "); ok && strings.HasPrefix(arn, "arn:") {
		c.policyARN = strings.TrimRight(arn[:wordLen(arn)], ".,")
	}
	return c, true
}

// cutPolicy takes the name of a policy type off the front of s.
func cutPolicy(s string) (policy Policy, rest string, ok bool) {
	// The documentation also prints "a sessions policy".
	if rest, ok := strings.CutPrefix(s, "sessions policy"); ok {
		return SessionPolicy, rest, true
	}
	for _, p := range [...]Policy{
		IdentityBasedPolicy, ServiceControlPolicy, ResourceControlPolicy, PermissionsBoundary,
		SessionPolicy, ResourceBasedPolicy, VPCEndpointPolicy, RoleTrustPolicy,
	} {
		if rest, ok := strings.CutPrefix(s, string(p)); ok {
			return p, rest, true
		}
	}
	return "", s, false
}
