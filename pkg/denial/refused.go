package denial

import (
	"strings"

	"chimewatch/pkg/chime"
)

// byAppRole advises on a refusal by Chime's back end: the app user may not,
// whatever IAM allows.
//
// https://docs.aws.amazon.com/chime-sdk/latest/dg/auth-by-role.html
func byAppRole(c *Call, p *Permission) {
	bearer := or(c.Bearer, arnValue, "BEARER_ARN")
	if c.BadBearer {
		p.say("Chime does not accept the app-instance user that the call was made for: it does not exist, is misspelt, or belongs to another app instance. Look where the application takes the ARN from.")
		p.run("aws chime-sdk-identity describe-app-instance-user --app-instance-user-arn " + bearer + inRegion(c))
		return
	}
	p.say("IAM let the call pass; Chime's back end refused it, because the app user in whose name it was made may not do this. A policy changes nothing here.")
	if c.Bearer == "" {
		p.say("The record does not name the app user (the bearer): take it from the application's own log.")
	} else {
		p.say("The app user is " + show(c.Bearer) + ".")
	}
	op, _ := operation(c)
	if op.Role == "" {
		p.say("AWS documents no role in the app for this operation. Check that the resource exists, belongs to the app instance meant, and is in a state that permits the call.")
		return
	}
	p.Role = op.Role
	text := "The least role in the app that may do this is " + string(op.Role)
	if op.RoleNote != "" {
		text += " (" + op.RoleNote + ")"
	}
	p.say(text + ". First see which role the user has; give it a further one only if this user is meant to have it.")

	instance := or(chime.AppInstanceOf(c.Bearer), arnValue, or(chime.AppInstanceOf(c.Resource), arnValue, "APP_INSTANCE_ARN"))
	channel := "CHANNEL_ARN"
	if kind, _ := chime.ResourceOf(c.Resource); kind == chime.Channel {
		channel = or(c.Resource, arnValue, channel)
	}
	asAdmin := " --chime-bearer ADMIN_ARN" + inRegion(c)
	switch op.Role {
	case chime.Admin:
		ends := " --app-instance-arn " + instance + " --app-instance-admin-arn " + bearer + inRegion(c)
		p.run("aws chime-sdk-identity describe-app-instance-admin"+ends, "aws chime-sdk-identity create-app-instance-admin"+ends)
	case chime.Moderator:
		ends := " --channel-arn " + channel + " --channel-moderator-arn " + bearer + asAdmin
		p.run("aws chime-sdk-messaging describe-channel-moderator"+ends, "aws chime-sdk-messaging create-channel-moderator"+ends)
	case chime.Member:
		ends := " --channel-arn " + channel + " --member-arn " + bearer
		p.run("aws chime-sdk-messaging describe-channel-membership"+ends+asAdmin, "aws chime-sdk-messaging create-channel-membership"+ends+" --type DEFAULT"+asAdmin)
	default:
		p.run("aws chime-sdk-identity describe-app-instance-user --app-instance-user-arn " + bearer + inRegion(c))
	}
}

// byCredentials advises on credentials that were not accepted.
//
// https://docs.aws.amazon.com/chime-sdk/latest/APIReference/CommonErrors.html
func byCredentials(c *Call, p *Permission) {
	p.say("The credentials were refused before any permission was looked at: a policy changes nothing here.")
	switch normalCode(c.ErrorCode) {
	case "expiredtoken":
		p.say("The session token has expired. Let the SDK's credential provider renew it; a token copied into a variable or a file is not renewed.")
	case "requestexpired":
		p.say("The request reached AWS more than 15 minutes after its time stamp, or after its presigned URL ended: set the caller's clock, and look for requests that wait in a queue.")
	case "signaturedoesnotmatch", "incompletesignature":
		p.say("The signature is not that of the request: a wrong secret key, a proxy that changes requests, a wrong clock, or signing code of one's own.")
	case "invalidclienttokenid", "unrecognizedclient", "authfailure":
		p.say("AWS does not know the access key: it was deleted or made inactive, is misspelt, or belongs to another partition; temporary credentials also need their session token.")
	case "missingauthenticationtoken":
		p.say("The request carried no signature: the SDK found no credentials, or a plain HTTP client made it.")
	default:
		p.say("Chime's answer is that the client is not authorized at present. See that the credentials are those of the right account, and that the bearer, if the call has one, is an app-instance user of it.")
	}
	if strings.Contains(c.ErrorText, "app instance user ARN") {
		p.say("The message is about the ARN in the x-amz-chime-bearer header: check that this app-instance user exists.")
		p.run("aws chime-sdk-identity describe-app-instance-user --app-instance-user-arn " + or(c.Bearer, arnValue, "BEARER_ARN") + inRegion(c))
	}
}

// byEndpoint advises on a refusal by the policy of a VPC endpoint.
//
// https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html
func byEndpoint(c *Call, p *Permission) {
	text := "The policy of the VPC endpoint that the call came through refused it"
	if c.Endpoint != "" {
		text += ": " + show(c.Endpoint)
	}
	p.say(text + ". The caller's own policies are not what is missing; look at the endpoint's policy, which has to allow the action, the caller and the resource.")
	p.run("aws ec2 describe-vpc-endpoints --vpc-endpoint-ids " + or(c.Endpoint, idValue, "VPC_ENDPOINT_ID") + inRegion(c) + " --query 'VpcEndpoints[].PolicyDocument'")
	if c.Message.PolicyARN != "" {
		showPolicy(c, p)
	}
}
