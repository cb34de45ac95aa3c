package doctor

import "fmt"

// Sample is an event that a rule's pattern has to let through.
type Sample struct{ Name, Event string }

// Samples returns the events that a rule of a purpose has to let through, as
// EventBridge gets them from CloudTrail, for an account and a Region.
//
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
func Samples(p Purpose, account, region string) []Sample {
	sample := func(name, detailType, operation, code string) Sample {
		failure := ""
		if code != "" {
			failure = fmt.Sprintf(`"errorCode":%q,"errorMessage":"denied",`, code)
		}
		return Sample{name, fmt.Sprintf(`{"version":"0","id":"00000000-0000-0000-0000-000000000000","detail-type":%q,"source":"aws.chime","account":%[2]q,"time":"2026-01-01T00:00:00Z","region":%[3]q,"resources":[],`+
			`"detail":{"eventVersion":"1.11","eventID":"sample","eventTime":"2026-01-01T00:00:00Z","eventSource":"chime.amazonaws.com","eventName":%[4]q,%[5]s"awsRegion":%[3]q,"recipientAccountId":%[2]q,"sourceIPAddress":"192.0.2.1","userAgent":"sample","userIdentity":{"type":"IAMUser","accountId":%[2]q,"arn":"arn:aws:iam::%[2]s:user/sample"}}}`,
			detailType, account, region, operation, failure)}
	}
	const call, network = "AWS API Call via CloudTrail", "AWS Network Activity Event via CloudTrail"
	if p == Successes {
		return []Sample{
			sample("a successful CreateAppInstanceAdmin", call, "CreateAppInstanceAdmin", ""),
			sample("a successful PutMessagingStreamingConfigurations", call, "PutMessagingStreamingConfigurations", ""),
		}
	}
	return []Sample{
		sample("a denied ListChannelMessages", call, "ListChannelMessages", "AccessDeniedException"),
		sample("a denied DeleteChannelMessage", call, "DeleteChannelMessage", "ForbiddenException"),
		sample("a call that a VPC endpoint policy denied", network, "SendChannelMessage", "VpceAccessDenied"),
	}
}
