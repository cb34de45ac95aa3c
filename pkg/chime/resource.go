package chime

import "strings"

// Resource is a type of resource that IAM checks a messaging call on.
//
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonchime.html#amazonchime-resources-for-iam-policies
type Resource string

// The resource types.
const (
	AppInstance     Resource = "app-instance"
	AppInstanceUser Resource = "app-instance-user" // a bot may stand in its place as a bearer
	AppInstanceBot  Resource = "app-instance-bot"
	Channel         Resource = "channel"
	ChannelFlow     Resource = "channel-flow"
	Tagged          Resource = "tagged resource" // whatever the tag operation names
)

// ResourceOf returns the type of resource that an ARN of Chime messaging
// names, by its form:
// arn:PARTITION:chime:REGION:ACCOUNT:app-instance/ID[/user/ID|/bot/ID|/channel/ID|/channel-flow/ID].
// It is false for all other text.
func ResourceOf(arn string) (Resource, bool) {
	kind, _ := split(arn)
	return kind, kind != ""
}

// AppInstanceOf returns the ARN of the app instance that a messaging resource
// belongs to, or "" if arn is none.
func AppInstanceOf(arn string) string {
	_, instance := split(arn)
	return instance
}

// split returns the type of a messaging resource and the ARN of its app
// instance, both empty if arn names none.
func split(arn string) (kind Resource, instance string) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 || parts[0] != "arn" || parts[2] != "chime" {
		return "", ""
	}
	resource, ok := strings.CutPrefix(parts[5], "app-instance/")
	if !ok {
		return "", ""
	}
	id, rest, below := strings.Cut(resource, "/")
	if id == "" {
		return "", ""
	}
	if !below {
		return AppInstance, arn
	}
	name, sub, _ := strings.Cut(rest, "/")
	if sub == "" {
		return "", ""
	}
	switch name {
	case "user":
		kind = AppInstanceUser
	case "bot":
		kind = AppInstanceBot
	case "channel":
		kind = Channel
	case "channel-flow":
		kind = ChannelFlow
	default:
		return "", ""
	}
	return kind, arn[:len(arn)-len("/")-len(rest)]
}

// Form returns the form of the resource's ARN under the app instance with this
// ARN, the unknown parts in capitals. An empty app instance leaves all parts
// to be filled in.
func (r Resource) Form(appInstance string) string {
	if appInstance == "" {
		appInstance = "arn:aws:chime:REGION:ACCOUNT_ID:app-instance/APP_INSTANCE_ID"
	}
	switch r {
	case AppInstance:
		return appInstance
	case AppInstanceUser:
		return appInstance + "/user/APP_INSTANCE_USER_ID"
	case AppInstanceBot:
		return appInstance + "/bot/APP_INSTANCE_BOT_ID"
	case Channel:
		return appInstance + "/channel/CHANNEL_ID"
	case ChannelFlow:
		return appInstance + "/channel-flow/CHANNEL_FLOW_ID"
	}
	return "ARN_OF_THE_RESOURCE"
}
