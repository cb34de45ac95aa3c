// Package principal folds the identity in a CloudTrail record to who made the
// call, as one stable key.
//
// A caller chooses the names of its role sessions and can change them with
// every call, so they take no part in the key. The exception are the roles of
// IAM Identity Center, whose session name the service sets to the person.
package principal

// Principal is who made a call, folded to one stable key.
type Principal struct {
	Key     string // stable; never empty; may be long, see StoreKey
	Type    string // userIdentity.type as recorded, empty where missing
	Account string // userIdentity.accountId, empty where missing

	Service     bool // an AWS service acting on its own
	Role        bool // an assumed role (AssumedRole, Role)
	SSO         bool // a permission set of IAM Identity Center: one key per person
	WebIdentity bool // credentials from a web identity provider (Cognito, OIDC)
}
