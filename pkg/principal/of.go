package principal

import (
	"strings"

	"chimewatch/pkg/cloudtrail"
)

// Of folds an identity to its principal. The key depends on nothing but the
// identity and is never empty.
//
//	AssumedRole, Role           the role's ARN without its path; for a role of IAM
//	                            Identity Center the session name, the person, after it
//	IAMUser, FederatedUser      arn
//	Root                        arn:PARTITION:iam::ACCOUNT:root
//	IdentityCenterUser          identity store ARN / user id
//	AWSService, or no type and
//	no arn but an invokedBy     invokedBy: a service
//	AWSAccount                  aws-account:ACCOUNT:PRINCIPAL
//	SAMLUser, WebIdentityUser   provider:PRINCIPAL
//	all else, or a field of
//	the above is missing        the first of principalId, arn, accessKeyId, accountId,
//	                            invokedBy, "unknown"
//
// A user's call made through a service (invokedBy beside a user's identity) is
// the user's. The fields are those of
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html.
func Of(id *cloudtrail.Identity) Principal {
	p := Principal{
		Type:        id.Type,
		Account:     id.AccountID,
		Role:        id.Type == "AssumedRole" || id.Type == "Role",
		WebIdentity: id.Type == "WebIdentityUser" || id.FederatedProvider != "",
	}
	switch id.Type {
	case "AssumedRole", "Role":
		p.Key, p.SSO = roleKey(id)
	case "IAMUser", "FederatedUser":
		p.Key = id.ARN
	case "Root":
		p.Key = rootKey(id)
	case "IdentityCenterUser":
		if id.IdentityStoreARN != "" && id.OnBehalfOfUserID != "" {
			p.Key = id.IdentityStoreARN + "/" + id.OnBehalfOfUserID
		}
	case "AWSService":
		p.Key = id.InvokedBy
		p.Service = p.Key != ""
	case "AWSAccount":
		if id.AccountID != "" && id.PrincipalID != "" {
			p.Key = "aws-account:" + id.AccountID + ":" + id.PrincipalID
		}
	case "SAMLUser", "WebIdentityUser":
		if id.IdentityProvider != "" && id.PrincipalID != "" {
			p.Key = id.IdentityProvider + ":" + id.PrincipalID
		}
	case "":
		if id.ARN == "" {
			p.Key = id.InvokedBy
			p.Service = p.Key != ""
		}
	}
	if p.Key == "" {
		p.Key = firstOf(id.PrincipalID, id.ARN, id.AccessKeyID, id.AccountID, id.InvokedBy, "unknown")
	}
	return p
}

// roleKey returns the role's key, empty if no ARN of the identity names a
// role, and whether it is a role of IAM Identity Center.
func roleKey(id *cloudtrail.Identity) (key string, sso bool) {
	if issuer, ok := parseRole(id.IssuerARN); ok {
		key = issuer.key()
		sso = strings.HasPrefix(issuer.path, "/aws-reserved/sso.amazonaws.com/")
		if !sso {
			return key, false
		}
		if session, ok := parseSession(id.ARN); ok && session.name != "" {
			key += "/" + session.name
		}
		return key, true
	}
	if session, ok := parseSession(id.ARN); ok {
		return session.role.key(), false
	}
	if id.Type == "Role" {
		if role, ok := parseRole(id.ARN); ok {
			return role.key(), false
		}
	}
	return "", false
}

// rootKey returns the root user's key, empty if its account is not known.
func rootKey(id *cloudtrail.Identity) string {
	partition := "aws"
	account := id.AccountID
	if arn, ok := parseARN(id.ARN); ok {
		partition = firstOf(arn.partition, partition)
		account = firstOf(account, arn.account)
	}
	if account == "" {
		return ""
	}
	return "arn:" + partition + ":iam::" + account + ":root"
}

// Session returns the name of the role session, empty if there is none. Its
// owner chose it freely, but for IAM Identity Center: show it, escaped, and
// decide nothing by it.
func Session(id *cloudtrail.Identity) string {
	if session, ok := parseSession(id.ARN); ok {
		return session.name
	}
	if id.Type == "AssumedRole" {
		_, name, _ := strings.Cut(id.PrincipalID, ":")
		return name
	}
	return ""
}

func firstOf(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}
