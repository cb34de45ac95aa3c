package denial

import (
	"strings"

	"chimewatch/pkg/cloudtrail"
)

// Elsewhere returns the account that owns the call's resource, or its bearer,
// where that is another one than the caller's, and both are known; otherwise it is
// empty.
//
// Chime is documented to have policies of callers only, none of resources, so no
// policy lets a caller of one account reach what is another's:
// https://docs.aws.amazon.com/chime-sdk/latest/ag/security_iam_service-with-iam.html,
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
func (c *Call) Elsewhere() string {
	if !cloudtrail.IsAccount(c.Principal.Account) {
		return ""
	}
	for _, arn := range [...]string{c.Resource, c.Bearer} {
		if owner := ownerOf(arn); owner != "" && owner != c.Principal.Account {
			return owner
		}
	}
	return ""
}

// ownerOf returns the account in an ARN of Chime, empty where it has none:
// arn:PARTITION:chime:REGION:ACCOUNT:RESOURCE.
func ownerOf(arn string) string {
	_, rest, _ := strings.Cut(arn, ":")
	_, rest, _ = strings.Cut(rest, ":")
	rest, ok := strings.CutPrefix(rest, "chime:")
	if !ok {
		return ""
	}
	_, rest, _ = strings.Cut(rest, ":")
	owner, _, ok := strings.Cut(rest, ":")
	if !ok || !cloudtrail.IsAccount(owner) {
		return ""
	}
	return owner
}
