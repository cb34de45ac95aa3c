package denial

import (
	"slices"
	"strings"
)

// permission is the second step: what refused the call, and what would let it
// pass.
func permission(c *Call) Permission {
	p := Permission{Step: Step{Title: "Confirm the permissions"}}
	switch {
	case c.Outcome == Unavailable:
		p.say("Chime says that a feature or a subscription is not available to the account. No permission is missing.")
		p.say("Message: " + show(c.ErrorText))
	case c.Outcome != Refused:
		p.say("The call was not refused: no permission is missing.")
	case c.Cause == IAM:
		byPolicy(c, &p)
	case c.Cause == AppRole:
		byAppRole(c, &p)
	case c.Cause == Credential:
		byCredentials(c, &p)
	case c.Cause == Network:
		byEndpoint(c, &p)
	}
	return p
}

// byPolicy advises on a refusal by an IAM, organisation or session policy.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
func byPolicy(c *Call, p *Permission) {
	action := c.Message.Action
	if action == "" {
		action = c.Operation
	}
	p.say(refusal(c, action))
	if quarantined(c) {
		p.say("The policy is the one that AWS attaches when it finds an access key in public: treat the key as stolen, replace it, and leave the policy in place until that is done.")
	}
	if c.Principal.Service {
		p.say("An AWS service called on its own. Its permissions are those of its service-linked role or of a resource policy; look at that service's set-up.")
		return
	}
	root := c.Principal.Type == "Root"
	if root {
		p.say("Only organisation policies bind the root user: do this work as a role instead.")
	}
	if owner := c.Elsewhere(); owner != "" && !root && (grantable(c) || c.Message.Policy == ResourceBasedPolicy && !c.Message.Explicit) {
		acrossAccounts(c, owner, p)
		return
	}
	look(c, p)
	if !root && grantable(c) {
		grant(c, p)
	}
}

// acrossAccounts advises on a call for what belongs to another account, the owner.
func acrossAccounts(c *Call, owner string, p *Permission) {
	p.Owner = owner
	p.say("The call is about what belongs to the account " + owner + ", and the caller belongs to " + show(c.Principal.Account) + ". Chime has policies of callers and none of resources, so nothing that is allowed in the caller's account lets this call pass.")
	if !c.Foreign {
		p.say("Most often a configuration mixes two environments: compare the ARN in the request with the account of the credentials.")
	}
	statement, fill := missing(c)
	if statement != nil && slices.ContainsFunc(statement.Resource, func(arn string) bool { o := ownerOf(arn); return o != "" && o != owner }) {
		p.say("The call names resources of both accounts, which no role can have together: the app user and the channel have to be of one application.")
		return
	}
	p.say("If the call is meant, a role of " + owner + " needs the permission, and has to trust the caller, who assumes it for the call.")
	if p.Statement, p.Fill = statement, fill; p.Statement != nil {
		toFill(p)
	}
}

// toFill names the parts of the statement that the record does not tell.
func toFill(p *Permission) {
	if len(p.Fill) > 0 {
		p.say("The record does not tell every resource that IAM checks. Fill in the parts in capitals: " + strings.Join(p.Fill, ", ") + ".")
	}
}

// refusal says in one sentence what IAM refused and by which policy.
func refusal(c *Call, action string) string {
	m := &c.Message
	on := ""
	if m.Resource != "" {
		on = " on " + show(m.Resource)
	}
	text := "IAM refused " + show(action) + on
	switch {
	case m.Policy == "":
		return text + ". The message names no policy: either none allows the action, or one denies it."
	case m.Explicit && m.PolicyARN != "":
		return text + " because the " + string(m.Policy) + " " + show(m.PolicyARN) + " denies it. A deny wins over every allow."
	case m.Explicit:
		return text + " because a policy of the type " + string(m.Policy) + " denies it. A deny wins over every allow."
	}
	return text + " because no policy of the type " + string(m.Policy) + " allows it."
}

// quarantined reports whether the policy that denies is one that AWS attaches
// to users whose key has leaked:
// https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSCompromisedKeyQuarantineV3.html
func quarantined(c *Call) bool {
	rest, ok := strings.CutPrefix(c.Message.PolicyARN, "arn:")
	_, rest, _ = strings.Cut(rest, ":")
	return ok && strings.HasPrefix(rest, "iam::aws:policy/AWSCompromisedKeyQuarantine")
}

// grantable reports whether an Allow for the action, in a policy of one's own,
// could be what is missing.
func grantable(c *Call) bool {
	if c.Message.Explicit {
		return false
	}
	switch c.Message.Policy {
	case "", IdentityBasedPolicy, PermissionsBoundary, SessionPolicy:
		return true
	}
	return false
}

// grant adds the missing statement and says where it belongs.
func grant(c *Call, p *Permission) {
	p.Statement, p.Fill = missing(c)
	if p.Statement == nil {
		p.say("The record does not tell which action was refused, so no statement can be proposed.")
		return
	}
	p.say("Grant it only if this caller is meant to make this call: a refusal that nobody misses is the policy doing its work.")
	switch c.Message.Policy {
	case PermissionsBoundary:
		p.say("The statement belongs in the permissions boundary, and in a policy of the caller as well if none allows it yet.")
	case SessionPolicy:
		p.say("The statement belongs in the session policy that is passed when the role is assumed or the token fetched; a session has only what both it and the role allow.")
		if c.Principal.WebIdentity {
			// https://docs.aws.amazon.com/cognito/latest/developerguide/iam-roles.html
			p.say("Guests of Amazon Cognito's enhanced flow get such a policy from AWS, which leaves many services out: let users sign in, or use the basic flow.")
		}
	default:
		p.say("The statement belongs in a policy attached to the caller.")
	}
	toFill(p)
	if c.Principal.SSO {
		p.say("The role belongs to IAM Identity Center: change the permission set, not the role.")
		return
	}
	kind, name := userOrRole(c)
	if c.Message.Policy == PermissionsBoundary || c.Message.Policy == SessionPolicy || kind == "" {
		return
	}
	_, operation, _ := strings.Cut(p.Statement.Action, ":")
	p.say("To attach it, save the policy as policy.json and run the put-" + kind + "-policy command.")
	name = or(name, nameValue, strings.ToUpper(kind)+"_NAME")
	p.run("aws iam put-" + kind + "-policy --" + kind + "-name " + name + " --policy-name Allow" + operation + " --policy-document file://policy.json")
}

// look adds where to look at the policies that decided.
func look(c *Call, p *Permission) {
	kind, name := userOrRole(c)
	name = or(name, nameValue, strings.ToUpper(or(kind, func(s string) bool { return s != "" }, "role"))+"_NAME")
	if c.Message.PolicyARN != "" {
		showPolicy(c, p)
	}
	switch c.Message.Policy {
	case ServiceControlPolicy:
		p.say("A service control policy of the organisation binds the whole account: look in the organisation's management account.")
		p.run(orgPolicies(accountOf(c), "SERVICE_CONTROL_POLICY"))
	case ResourceControlPolicy:
		p.say("A resource control policy binds the account that owns the resource: look in its organisation's management account.")
		p.run(orgPolicies(c.Key.Account, "RESOURCE_CONTROL_POLICY"))
	case PermissionsBoundary:
		p.say("The permissions boundary is the most that the caller can have.")
		if kind != "" {
			p.run("aws iam get-" + kind + " --" + kind + "-name " + name + " --query " + strings.ToUpper(kind[:1]) + kind[1:] + ".PermissionsBoundary")
		}
	case SessionPolicy:
		p.say("The session policy is in the request that made the session: find its AssumeRole, AssumeRoleWithWebIdentity or GetFederationToken record.")
	case ResourceBasedPolicy:
		p.say("The policy is attached to the resource that the message names, or has to be: look there for statements about this caller.")
	case RoleTrustPolicy:
		p.say("The trust policy belongs to the role that was to be assumed, not to the caller.")
		trusted := c.Message.Resource[strings.LastIndexByte(c.Message.Resource, '/')+1:]
		p.run("aws iam get-role --role-name " + or(trusted, nameValue, "ROLE_NAME") + " --query Role.AssumeRolePolicyDocument")
	default:
		if kind == "" {
			break
		}
		p.run("aws iam list-attached-"+kind+"-policies --"+kind+"-name "+name, "aws iam list-"+kind+"-policies --"+kind+"-name "+name)
		if kind == "user" {
			p.run("aws iam list-groups-for-user --user-name " + name)
		}
	}
}

// showPolicy adds the command that prints the policy named in the message.
func showPolicy(c *Call, p *Permission) {
	arn := c.Message.PolicyARN
	if strings.Contains(arn, ":organizations:") {
		id := arn[strings.LastIndexByte(arn, '/')+1:]
		p.run("aws organizations describe-policy --policy-id " + or(id, idValue, "POLICY_ID"))
		return
	}
	p.run("aws iam get-policy --policy-arn " + or(arn, arnValue, "POLICY_ARN"))
}

func orgPolicies(account, filter string) string {
	return "aws organizations list-policies-for-target --target-id " + or(account, idValue, "ACCOUNT_ID") + " --filter " + filter
}
