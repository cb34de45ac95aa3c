package denial

import "testing"

const (
	commonErrors = "https://docs.aws.amazon.com/chime-sdk/latest/APIReference/CommonErrors.html"
	chimeErrors  = "https://docs.aws.amazon.com/chime-sdk/latest/APIReference/API_messaging-chime_ListChannels.html#API_messaging-chime_ListChannels_Errors"
	ec2Errors    = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html"
	snsErrors    = "https://docs.aws.amazon.com/sns/latest/api/CommonErrors.html"
	vpceEvents   = "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-network-events-with-cloudtrail.html"
	userGuide    = "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html"
)

func TestCauseOf(t *testing.T) {
	const vpce = base + " because no VPC endpoint policy allows the chime:ListChannels action"
	tests := []struct {
		name, source, code, text string
		outcome                  Outcome
		cause                    Cause
	}{
		{"no error", userGuide, "", "", Success, ""},
		{"no code but a message", userGuide, "", base, Success, ""},

		{"AccessDenied", commonErrors, "AccessDenied", base, Refused, IAM},
		{"AccessDeniedException", commonErrors, "AccessDeniedException", base, Refused, IAM},
		{"without a message", commonErrors, "AccessDeniedException", "", Refused, IAM},
		{"UnauthorizedOperation", ec2Errors, "Client.UnauthorizedOperation", "You are not authorized to perform this operation.", Refused, IAM},
		{"NotAuthorized", commonErrors, "NotAuthorized", "", Refused, IAM},
		{"NotAuthorizedException", commonErrors, "NotAuthorizedException", "", Refused, IAM},
		{"AuthorizationError", snsErrors, "AuthorizationError", "", Refused, IAM},
		{"AuthorizationErrorException", snsErrors, "AuthorizationErrorException", "", Refused, IAM},

		{"ForbiddenException", chimeErrors, "ForbiddenException", "", Refused, AppRole},
		{"Forbidden", chimeErrors, "Forbidden", "AWS authorization failed", Refused, AppRole},
		{"bad bearer", "https://github.com/aws/amazon-chime-sdk-js/issues/1148", "Forbidden", "An invalid app instance user ARN was supplied for the input parameter.", Refused, AppRole},
		{"no subscription", "https://github.com/aws/amazon-chime-sdk-js/issues/614", "ForbiddenException", "Subscription check failed", Unavailable, ""},
		{"no feature", chimeErrors, "ForbiddenException", "This feature is NOT AVAILABLE in this Region", Unavailable, ""},
		{"not enabled", chimeErrors, "Forbidden", "AWS account is not enabled", Unavailable, ""},
		{"only Forbidden tells of availability", chimeErrors, "AccessDenied", "AWS account is not enabled", Refused, IAM},

		{"UnauthorizedClientException", chimeErrors, "UnauthorizedClientException", "", Refused, Credential},
		{"Unauthorized", "https://github.com/aws/amazon-chime-sdk-js/issues/1270", "Unauthorized", "An invalid app instance user ARN was supplied for the x-amz-chime-bearer HTTP header.", Refused, Credential},
		{"UnauthorizedException", "https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html", "UnauthorizedException", "", Refused, Credential},
		{"ExpiredToken", "https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html", "ExpiredToken", "", Refused, Credential},
		{"ExpiredTokenException", "https://docs.aws.amazon.com/chime/latest/APIReference/CommonErrors.html", "ExpiredTokenException", "", Refused, Credential},
		{"InvalidClientTokenId", commonErrors, "InvalidClientTokenId", "", Refused, Credential},
		{"UnrecognizedClientException", "https://docs.aws.amazon.com/apigateway/latest/api/CommonErrors.html", "UnrecognizedClientException", "", Refused, Credential},
		{"SignatureDoesNotMatch", ec2Errors, "SignatureDoesNotMatch", "", Refused, Credential},
		{"IncompleteSignature", commonErrors, "IncompleteSignature", "", Refused, Credential},
		{"IncompleteSignatureException", commonErrors, "IncompleteSignatureException", "", Refused, Credential},
		{"RequestExpired", commonErrors, "RequestExpired", "", Refused, Credential},
		{"MissingAuthenticationToken", ec2Errors, "MissingAuthenticationToken", "", Refused, Credential},
		{"AuthFailure", ec2Errors, "Client.AuthFailure", "", Refused, Credential},

		{"VpceAccessDenied", vpceEvents, "VpceAccessDenied", "The request was denied due to a VPC endpoint policy", Refused, Network},
		{"VpceAccessDenied stays one", vpceEvents, "VpceAccessDenied", base + " because no identity-based policy allows the chime:ListChannels action", Refused, Network},

		{"IAM's grammar under Forbidden", accessDenied, "ForbiddenException", base, Refused, IAM},
		{"IAM's grammar under Unauthorized", accessDenied, "UnauthorizedClientException", base + " with an explicit deny in a service control policy", Refused, IAM},
		{"a VPC endpoint policy", accessDenied, "AccessDeniedException", vpce, Refused, Network},
		{"a VPC endpoint policy under Forbidden", accessDenied, "Forbidden", vpce, Refused, Network},
		{"transitively", accessDenied, "AccessDenied", base + " with an explicit deny in a VPC endpoint policy transitively through a service control policy", Refused, Network},
		{"half a grammar is none", accessDenied, "Forbidden", "User: x is not authorized to perform: ", Refused, AppRole},

		{"case does not matter", userGuide, "ACCESSDENIEDexception", "", Refused, IAM},
		{"server side", ec2Errors, "Server.AccessDenied", "", Refused, IAM},
		{"one prefix only", ec2Errors, "Client.Server.AccessDenied", "", Other, ""},
		{"one suffix only", userGuide, "AccessDeniedExceptionException", "", Other, ""},
		{"with its shape", "https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html", "com.amazonaws.chime#ForbiddenException", "", Refused, AppRole},
		{"the last shape counts", "https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html", "AccessDenied#x#ForbiddenException", "", Refused, AppRole},
		{"nothing but a suffix", userGuide, "Exception", "", Other, ""},
		{"nothing after the shape", userGuide, "AccessDenied#", "", Other, ""},

		{"NotFoundException", chimeErrors, "NotFoundException", "", Other, ""},
		{"whatever its text says", chimeErrors, "BadRequestException", base, Other, ""},
		{"ThrottledClientException", chimeErrors, "ThrottledClientException", "", Other, ""},
		{"UnprocessableEntity with a bad bearer", "https://github.com/aws/amazon-chime-sdk-js/issues/1355", "UnprocessableEntityException", "An invalid app instance user ARN was supplied", Other, ""},
		{"OptInRequired", commonErrors, "OptInRequired", "", Other, ""},
		{"spaces", userGuide, " AccessDenied", "", Other, ""},

		// Names are the caller's.
		{"a feature in the resource's name", accessDenied, "ForbiddenException", user + " on resource: arn:aws:s3:::b/this feature is not available", Refused, IAM},
		{"an endpoint policy in the resource's name", accessDenied, "AccessDenied",
			user + " on resource: arn:aws:s3:::b/with an explicit deny in a VPC endpoint policy because no identity-based policy allows the chime:ListChannels action", Refused, IAM},
		{"unavailable, by the clause about it", chimeErrors, "ForbiddenException", user + ": the feature is not enabled", Unavailable, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			outcome, cause := CauseOf(tt.code, tt.text)
			if outcome != tt.outcome || cause != tt.cause {
				t.Errorf("%s %q, by %s: %v %q, want %v %q", tt.code, tt.text, tt.source, outcome, cause, tt.outcome, tt.cause)
			}
		})
	}
}
