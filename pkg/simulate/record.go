package simulate

import (
	"strings"
	"time"
)

// hiddenText is what CloudTrail shows for sensitive members of a request.
const hiddenText = "HIDDEN_DUE_TO_SECURITY_REASONS"

// doc appends JSON members to a buffer.
type doc []byte

// text appends a member with a string.
func (b *doc) text(key, value string) {
	b.key(key)
	*b = appendString(*b, value)
}

// raw appends a member with a JSON value.
func (b *doc) raw(key, value string) {
	b.key(key)
	*b = append(*b, value...)
}

// open begins an object under key; shut ends it.
func (b *doc) open(key string) {
	b.key(key)
	*b = append(*b, '{')
}

func (b *doc) shut() { *b = append(*b, '}') }

func (b *doc) key(key string) {
	if last := (*b)[len(*b)-1]; last != '{' {
		*b = append(*b, ',')
	}
	*b = append(*b, '"')
	*b = append(*b, key...)
	*b = append(*b, '"', ':')
}

// appendString appends s as a JSON string (RFC 8259). s must be valid UTF-8.
func appendString(b []byte, s string) []byte {
	const digits = "0123456789abcdef"
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < 0x20:
			b = append(b, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}

// record writes the call as a CloudTrail record.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
func (w *world) record(c *call) []byte {
	o, recipient := c.order, c.recipient().id
	b := doc(make([]byte, 0, 2048))
	b = append(b, '{')
	b.text("eventVersion", "1.11")
	b.identity(c)
	b.text("eventTime", c.at.UTC().Format(time.RFC3339))
	b.text("eventSource", "chime.amazonaws.com")
	b.text("eventName", o.op.name)
	b.text("awsRegion", o.on.region)
	if c.address.IsValid() {
		b.text("sourceIPAddress", c.address.String())
	} else {
		b.text("sourceIPAddress", c.who.name)
	}
	b.text("userAgent", c.agent)
	if c.outcome.code != "" {
		b.text("errorCode", c.outcome.code)
		if c.outcome.message != "" {
			b.text("errorMessage", c.outcome.message)
		}
	}
	switch {
	case c.outcome.network || c.event:
		b.raw("requestParameters", "null")
	default:
		b.parameters(o, w.hideBearer)
	}
	b.response(c)
	if !c.event {
		b.text("requestID", uuidOf("request", string(c.id[:])))
	}
	b.text("eventID", string(appendUUID(nil, c.id)))
	b.raw("readOnly", map[bool]string{true: "true", false: "false"}[o.op.read])
	b.text("eventType", c.kind())
	switch {
	case c.outcome.network:
		b.raw("managementEvent", "false")
		b.text("recipientAccountId", recipient)
		b.text("vpcEndpointId", "vpce-0"+hexOf(16, "vpce", recipient, o.on.region))
		b.text("vpcEndpointAccountId", recipient)
		b.text("eventCategory", "NetworkActivity")
	case c.event:
		b.raw("managementEvent", "true")
		b.text("recipientAccountId", recipient)
		b.open("serviceEventDetails")
		b.text("resource", o.resource)
		b.shut()
		b.text("eventCategory", "Management")
	default:
		b.raw("managementEvent", "true")
		b.text("recipientAccountId", recipient)
		if c.address.IsPrivate() {
			b.text("vpcEndpointId", "vpce-0"+hexOf(16, "vpce", recipient, o.on.region))
		}
		b.text("eventCategory", "Management")
		if c.who.species < serviceName {
			b.tls(o)
		}
		if c.console {
			b.text("sessionCredentialFromConsole", "true")
		}
	}
	b.shut()
	return b
}

// tls writes the connection's details.
func (b *doc) tls(o order) {
	host := "messaging-chime."
	if o.op.identity {
		host = "identity-chime."
	}
	b.open("tlsDetails")
	b.text("tlsVersion", "TLSv1.3")
	b.text("cipherSuite", "TLS_AES_128_GCM_SHA256")
	b.text("clientProvidedHostHeader", host+o.on.region+".amazonaws.com")
	b.shut()
}

// identity writes userIdentity.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
func (b *doc) identity(c *call) {
	p, s := c.who, c.session
	b.open("userIdentity")
	defer b.shut()
	switch {
	case p.species == serviceBare:
		b.text("accountId", p.account.id)
		b.text("invokedBy", p.name)
	case p.species == serviceName:
		b.text("type", "AWSService")
		b.text("invokedBy", p.name)
	case p.masked:
		b.text("type", "AWSAccount")
		b.text("principalId", p.uid+":"+s.name)
		b.text("accountId", p.account.id)
	case p.species == rootUser:
		b.text("type", "Root")
		b.text("principalId", p.uid)
		b.text("arn", p.key)
		b.text("accountId", p.account.id)
		b.text("accessKeyId", s.key)
		if !s.created.IsZero() {
			b.open("sessionContext")
			b.attributes(s)
			b.shut()
		}
	case !p.role():
		b.text("type", "IAMUser")
		b.text("principalId", p.uid)
		b.text("arn", p.key)
		b.text("accountId", p.account.id)
		b.text("accessKeyId", s.key)
		b.text("userName", p.name)
	default:
		b.text("type", "AssumedRole")
		b.text("principalId", p.uid+":"+s.name)
		b.text("arn", p.arn(s))
		b.text("accountId", p.account.id)
		b.text("accessKeyId", s.key)
		b.open("sessionContext")
		b.open("sessionIssuer")
		b.text("type", "Role")
		b.text("principalId", p.uid)
		b.text("arn", "arn:aws:iam::"+p.account.id+":role"+p.path+p.name)
		b.text("accountId", p.account.id)
		b.text("userName", p.name)
		b.shut()
		if p.provider != "" {
			b.open("webIdFederationData")
			b.text("federatedProvider", p.provider)
			b.raw("attributes", "{}")
			b.shut()
		}
		b.attributes(s)
		if p.species == ec2Role {
			b.text("ec2RoleDelivery", "2.0")
		}
		b.shut()
	}
}

// attributes writes sessionContext.attributes.
func (b *doc) attributes(s session) {
	b.open("attributes")
	b.text("creationDate", s.created.UTC().Format(time.RFC3339))
	b.text("mfaAuthenticated", map[bool]string{true: "true", false: "false"}[s.mfa])
	b.shut()
}

// parameters writes requestParameters with the members that the API model
// gives the operation.
func (b *doc) parameters(o order, hideBearer bool) {
	if o.resource == "" && o.bearer == "" && len(o.op.hidden) == 0 {
		b.raw("requestParameters", "null")
		return
	}
	b.open("requestParameters")
	defer b.shut()
	if o.resource != "" {
		b.text(map[aim]string{
			onChannel: "channelArn", onMember: "channelArn", onMessage: "channelArn", onInstance: "appInstanceArn", onAdmin: "appInstanceArn",
			onUser: "appInstanceUserArn", onEndpoint: "appInstanceUserArn", onBot: "appInstanceBotArn", onFlow: "channelFlowArn", onTagged: "resourceARN",
		}[o.op.aim], o.resource)
	}
	if o.second != "" {
		member := map[aim]string{onMessage: "messageId", onAdmin: "appInstanceAdminArn", onEndpoint: "endpointId"}[o.op.aim]
		switch {
		case strings.HasSuffix(o.op.name, "Moderator") || strings.HasSuffix(o.op.name, "Moderators"):
			member = "channelModeratorArn"
		case o.op.aim == onMember && strings.HasSuffix(o.op.name, "AppInstanceUser"):
			member = "appInstanceUserArn"
		case o.op.aim == onMember:
			member = "memberArn"
		}
		b.text(member, o.second)
	}
	if o.bearer != "" && !hideBearer {
		b.text("chimeBearer", o.bearer)
	}
	for _, h := range o.op.hidden {
		b.text(h, hiddenText)
	}
	if o.op.read && strings.HasPrefix(o.op.name, "List") {
		b.raw("maxResults", "50")
	}
	if o.op.name == "PutMessagingStreamingConfigurations" {
		b.raw("streamingConfigurations", `[{"dataType":"Channel","resourceArn":"`+hiddenText+`"},{"dataType":"ChannelMessage","resourceArn":"`+hiddenText+`"}]`)
	}
}

// response writes responseElements: null for reads and failures.
func (b *doc) response(c *call) {
	o := c.order
	if c.outcome.code != "" || o.op.read || c.event {
		b.raw("responseElements", "null")
		return
	}
	if o.op.returns == "" {
		if o.op.aim != onChannel && o.op.aim != onMember && o.op.aim != onMessage {
			b.raw("responseElements", "null")
			return
		}
		b.open("responseElements")
		b.text("channelArn", o.resource)
		b.shut()
		return
	}
	kind := map[string]string{"channelArn": "/channel/", "channelFlowArn": "/channel-flow/", "appInstanceBotArn": "/bot/", "appInstanceUserArn": "/user/"}[o.op.returns]
	arn := o.on.arn() + kind + uuidOf("made", string(c.id[:]))
	if kind == "" {
		arn = o.on.arn()
	}
	b.open("responseElements")
	b.text(o.op.returns, arn)
	b.shut()
}
