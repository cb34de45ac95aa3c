package cloudtrail

import "strings"

// IsAccount reports whether s is the id of an AWS account: twelve digits.
//
// https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-identifiers.html
func IsAccount(s string) bool {
	return len(s) == 12 && strings.Trim(s, "0123456789") == ""
}
