package simulate

import "strings"

// outcome is how a call was answered; the zero outcome is a success.
type outcome struct {
	code    string // errorCode
	message string // errorMessage; empty: the record has none
	denial  bool   // refused for lack of authorization
	network bool   // recorded as a network activity event of the VPC endpoint
}

// policy is a kind of policy, in the two forms in which IAM names it.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
type policy struct{ implicit, explicit string }

func identityPolicy() policy { return policy{"no identity-based policy", "an identity-based policy"} }
func boundaryPolicy() policy { return policy{"no permissions boundary", "a permissions boundary"} }
func orgPolicy() policy      { return policy{"no service control policy", "a service control policy"} }
func endpointPolicy() policy { return policy{"no VPC endpoint policy", "a VPC endpoint policy"} }

// refused is an IAM denial of an order: implicit, since no policy allows it, or
// with an explicit deny, where arn may name the policy.
func (w *world) refused(c caller, s session, o order, p policy, explicit bool, arn string) outcome {
	var b strings.Builder
	action := "chime:" + o.op.name
	b.WriteString("User: " + c.who.arn(s) + " is not authorized to perform: " + action)
	if on := o.checked(); on != "" {
		b.WriteString(" on resource: " + on)
	}
	if explicit {
		b.WriteString(" with an explicit deny in " + p.explicit)
		if arn != "" {
			b.WriteString(": " + arn)
		}
	} else {
		b.WriteString(" because " + p.implicit + " allows the " + action + " action")
	}
	return outcome{code: "AccessDenied" + w.suffix, message: b.String(), denial: true}
}

// lacking is the IAM denial that c usually gets: the role has no such permission.
func (w *world) lacking(c caller, s session, o order) outcome {
	p := identityPolicy()
	switch {
	case c.who.species == rootUser:
		return w.refused(c, s, o, orgPolicy(), true, "")
	case c.who.account != o.on.account:
		p = policy{"no resource-based policy", "a resource-based policy"}
	case c.who.bounded:
		p = boundaryPolicy()
	}
	return w.refused(c, s, o, p, false, "")
}

// scp is the ARN of a service control policy of the organisation.
func (w *world) scp(name string) string {
	return "arn:aws:organizations::" + w.management.id + ":policy/" + w.organisation + "/service_control_policy/p-" + hexOf(8, w.organisation, name)
}

// forbidden is a refusal by the Chime back end: the app user's role does not
// allow it. https://docs.aws.amazon.com/chime-sdk/latest/dg/auth-by-role.html
func (w *world) forbidden() outcome {
	return outcome{code: "Forbidden" + w.suffix, message: w.aboutRoles, denial: true}
}

// badBearer is the refusal of a bearer that is not, or no longer, a user.
// https://github.com/aws/amazon-chime-sdk-js/issues/1270
// https://github.com/aws/amazon-chime-sdk-js/issues/1148
func (w *world) badBearer(unauthorized bool) outcome {
	if unauthorized {
		return outcome{code: "UnauthorizedClient" + w.suffix, message: "An invalid app instance user ARN was supplied for the x-amz-chime-bearer HTTP header.", denial: true}
	}
	return outcome{code: "Forbidden" + w.suffix, message: "An invalid app instance user ARN was supplied for the input parameter.", denial: true}
}

// badCredentials is one of the answers to credentials that are not good.
// https://docs.aws.amazon.com/chime-sdk/latest/APIReference/CommonErrors.html
func badCredentials(code string) outcome {
	m := map[string]string{
		"ExpiredTokenException":       "The security token included in the request is expired",
		"InvalidClientTokenId":        "The security token included in the request is invalid.",
		"UnrecognizedClientException": "The security token included in the request is invalid.",
		"SignatureDoesNotMatch":       "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
		"IncompleteSignature":         "The request signature does not conform to AWS standards.",
		"RequestExpired":              "Request has expired.",
		"UnauthorizedClientException": "The client is not currently authorized to make the request.",
	}
	return outcome{code: code, message: m[code], denial: true}
}

// unavailable is no denial: the feature is not there for anybody.
func (w *world) unavailable(d dice) outcome {
	return outcome{code: "Forbidden" + w.suffix, message: pick(d, []string{
		"This feature is not available in this Region", "AWS account is not enabled for this feature", "Subscription check failed",
	})}
}

// throttled and missing are failures that have nothing to do with authorization.
func (w *world) throttled() outcome {
	return outcome{code: "ThrottledClient" + w.suffix, message: "The client exceeded its request rate limit."}
}

func (w *world) missing() outcome {
	return outcome{code: "NotFound" + w.suffix, message: "One or more of the resources in the request does not exist in the system."}
}

// atEndpoint is a denial by a VPC endpoint policy, recorded as a network
// activity event.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-network-events-with-cloudtrail.html
func atEndpoint() outcome {
	return outcome{code: "VpceAccessDenied", message: "The request was denied due to a VPC endpoint policy", denial: true, network: true}
}
