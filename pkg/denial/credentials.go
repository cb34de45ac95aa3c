package denial

import "strings"

// credentials is the first step: who called, with which credentials, and how
// to check them.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html,
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html
func credentials(c *Call) Step {
	s := Step{Title: "Check the credentials"}
	s.say(caller(c))
	if c.Foreign {
		s.say("The caller's account " + show(c.Principal.Account) + " is not the account that the call was made in, " + show(c.Key.Account) + ": ask its owner whether this call was meant.")
	}
	if c.Through != "" && !c.Principal.Service {
		s.say("The service " + show(c.Through) + " made the call for this principal.")
	}
	if c.Principal.Service {
		return s
	}
	s.say(keyText(c))
	s.run("aws sts get-caller-identity")
	s.say("Run aws sts get-caller-identity where the call was made: it shows whose credentials that place really uses.")

	if idValue(c.AccessKey) {
		s.run("aws sts get-access-key-info --access-key-id " + c.AccessKey)
	}
	kind, name := userOrRole(c)
	switch {
	case kind == "user":
		user := or(name, nameValue, "USER_NAME")
		s.run("aws iam list-access-keys --user-name " + user)
		if strings.HasPrefix(c.AccessKey, "AKIA") {
			s.run("aws iam get-access-key-last-used --access-key-id " + or(c.AccessKey, idValue, "ACCESS_KEY_ID"))
		}
	case kind == "role":
		s.run("aws iam get-role --role-name " + or(name, nameValue, "ROLE_NAME"))
	case c.Principal.Type == "Root":
		s.run("aws iam get-account-summary --query SummaryMap.AccountAccessKeysPresent")
	}
	return s
}

// caller says in one sentence who called.
func caller(c *Call) string {
	p := &c.Principal
	session := ""
	if c.Session != "" {
		session = ", in the session " + show(c.Session) + ","
	}
	switch {
	case p.Service:
		return "The AWS service " + show(p.Key) + " made the call on its own, with no credentials of yours."
	case p.SSO && c.Session != "":
		return "The person " + show(c.Session) + " made the call through IAM Identity Center, as " + show(p.Key) + "."
	case p.SSO:
		return "A person made the call through IAM Identity Center, as " + show(p.Key) + "; the record does not tell who."
	case p.Role && p.WebIdentity:
		return "The role " + show(p.Key) + session + " made the call. It was assumed through a web identity provider, so many app users may share it."
	case p.Role:
		return "The role " + show(p.Key) + session + " made the call. Whoever assumed the role chose the session's name; the AssumeRole record tells who that was."
	}
	switch p.Type {
	case "IAMUser":
		return "The IAM user " + show(p.Key) + " made the call."
	case "FederatedUser":
		return "The federated user " + show(p.Key) + " made the call, with a token that an IAM user got by GetFederationToken."
	case "Root":
		return "The root user of the account " + show(accountOf(c)) + " made the call. No workload should work as root."
	case "IdentityCenterUser":
		return "The IAM Identity Center user " + show(p.Key) + " made the call."
	case "AWSAccount":
		return "Another AWS account made the call: " + show(p.Key) + "."
	case "SAMLUser", "WebIdentityUser":
		return "The user " + show(p.Key) + " of an identity provider made the call, with no AWS credentials yet."
	case "":
		return "The record does not say what kind of identity made the call; what it has is " + show(p.Key) + "."
	}
	return "An identity of type " + show(p.Type) + " made the call: " + show(p.Key) + "."
}

// keyText says what kind of access key was used and what to do about it.
func keyText(c *Call) string {
	switch {
	case c.AccessKey == "":
		return "The record names no access key."
	case strings.HasPrefix(c.AccessKey, "AKIA"):
		return "The access key " + show(c.AccessKey) + " is a long-lived one. See how old it is and where it was last used; if its owner does not know of this call, make it inactive and replace it."
	case strings.HasPrefix(c.AccessKey, "ASIA"):
		return "The access key " + show(c.AccessKey) + " belongs to temporary credentials, which end with their session. If nobody knows of this call, revoke the role's active sessions and find out who got them."
	}
	return "The access key is " + show(c.AccessKey) + "."
}
