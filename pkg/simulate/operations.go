package simulate

// aim is what an operation's request names.
type aim uint8

const (
	onChannel aim = iota
	onInstance
	onUser
	onBot
	onFlow
	onEndpoint // a push endpoint of an app-instance user
	onAdmin    // an app instance and one of its admins
	onMember   // a channel and one of its members, moderators or banned
	onMessage  // a channel and one of its messages
	onTagged   // any resource, as resourceARN
	onNothing
)

// operation is one API operation of the messaging or identity client, as the
// API models 2021-05-15 and 2021-04-20 describe it.
// https://docs.aws.amazon.com/chime-sdk/latest/APIReference/API_Operations_Amazon_Chime_SDK_Messaging.html
// https://docs.aws.amazon.com/chime-sdk/latest/APIReference/API_Operations_Amazon_Chime_SDK_Identity.html
type operation struct {
	name     string
	aim      aim
	read     bool     // an HTTP GET, or a search
	bearer   bool     // the request carries x-amz-chime-bearer
	identity bool     // of the identity client, else of the messaging client
	grave    bool     // takes, destroys or passes on what others wrote, or gives power over it
	hidden   []string // members that the model marks as sensitive
	returns  string   // member of responseElements that holds the ARN, if any
	index    int      // in the catalogue
}

// opset is a set of operations by index.
type opset [2]uint64

func (s *opset) add(o *operation)     { s[o.index/64] |= 1 << (o.index % 64) }
func (s *opset) drop(o *operation)    { s[o.index/64] &^= 1 << (o.index % 64) }
func (s opset) has(o *operation) bool { return s[o.index/64]&(1<<(o.index%64)) != 0 }

// catalogue is all operations, by name.
type catalogue struct {
	all     []*operation
	byName  map[string]*operation
	unknown []string
}

// newCatalogue builds the table. The names are those of the API models.
func newCatalogue() *catalogue {
	c := &catalogue{byName: map[string]*operation{}}
	add := func(o operation, names ...string) {
		for _, n := range names {
			x := o
			x.name, x.index = n, len(c.all)
			c.all = append(c.all, &x)
			c.byName[n] = &x
		}
	}
	read := func(a aim, bearer bool) operation { return operation{aim: a, read: true, bearer: bearer} }
	write := func(a aim, bearer bool, hidden ...string) operation {
		return operation{aim: a, bearer: bearer, hidden: hidden}
	}
	grave := func(o operation) operation { o.grave = true; return o }
	identity := func(o operation) operation { o.identity = true; return o }
	returns := func(o operation, member string) operation { o.returns = member; return o }

	// Messaging: reading.
	add(read(onChannel, true), "DescribeChannel", "ListChannelBans", "ListChannelMemberships", "ListChannelMessages",
		"ListChannelModerators", "ListSubChannels")
	add(read(onMember, true), "DescribeChannelBan", "DescribeChannelMembership", "DescribeChannelModerator",
		"DescribeChannelMembershipForAppInstanceUser", "DescribeChannelModeratedByAppInstanceUser", "GetChannelMembershipPreferences")
	add(read(onMessage, true), "GetChannelMessage", "GetChannelMessageStatus")
	add(read(onInstance, true), "ListChannels")
	add(read(onUser, true), "ListChannelMembershipsForAppInstanceUser", "ListChannelsModeratedByAppInstanceUser")
	add(read(onFlow, false), "DescribeChannelFlow", "ListChannelsAssociatedWithChannelFlow")
	add(read(onInstance, false), "ListChannelFlows", "GetMessagingStreamingConfigurations")
	add(read(onNothing, false), "GetMessagingSessionEndpoint")
	add(operation{aim: onInstance, read: true, bearer: true, hidden: []string{"fields"}}, "SearchChannels")
	// Messaging: writing.
	add(returns(write(onInstance, true, "name", "clientRequestToken", "metadata"), "channelArn"), "CreateChannel")
	add(write(onChannel, true, "name", "metadata"), "UpdateChannel")
	add(write(onChannel, true), "UpdateChannelReadMarker")
	add(write(onMember, true), "CreateChannelMembership", "DeleteChannelMembership", "CreateChannelBan", "DeleteChannelBan",
		"PutChannelMembershipPreferences")
	add(write(onChannel, true), "BatchCreateChannelMembership")
	add(write(onChannel, true, "content", "clientRequestToken", "metadata"), "SendChannelMessage")
	add(write(onMessage, true, "content", "metadata"), "UpdateChannelMessage")
	add(write(onChannel, false, "callbackId", "channelMessage"), "ChannelFlowCallback")
	add(grave(write(onMember, true)), "CreateChannelModerator", "DeleteChannelModerator")
	add(grave(write(onChannel, true)), "DeleteChannel", "PutChannelExpirationSettings", "AssociateChannelFlow", "DisassociateChannelFlow")
	add(grave(write(onMessage, true)), "DeleteChannelMessage", "RedactChannelMessage")
	add(grave(returns(write(onInstance, false, "name", "clientRequestToken"), "channelFlowArn")), "CreateChannelFlow")
	add(grave(write(onFlow, false, "name")), "UpdateChannelFlow", "DeleteChannelFlow")
	add(grave(write(onInstance, false)), "PutMessagingStreamingConfigurations", "DeleteMessagingStreamingConfigurations")
	add(write(onTagged, false, "tags"), "TagResource")
	add(write(onTagged, false, "tagKeys"), "UntagResource")
	add(read(onTagged, false), "ListTagsForResource")
	// Identity.
	add(identity(read(onInstance, false)), "DescribeAppInstance", "GetAppInstanceRetentionSettings", "ListAppInstanceAdmins",
		"ListAppInstanceBots", "ListAppInstanceUsers")
	add(identity(read(onNothing, false)), "ListAppInstances")
	add(identity(read(onAdmin, false)), "DescribeAppInstanceAdmin")
	add(identity(read(onBot, false)), "DescribeAppInstanceBot")
	add(identity(read(onUser, false)), "DescribeAppInstanceUser", "ListAppInstanceUserEndpoints")
	add(identity(read(onEndpoint, false)), "DescribeAppInstanceUserEndpoint")
	add(identity(returns(write(onNothing, false, "name", "metadata", "clientRequestToken", "tags"), "appInstanceArn")), "CreateAppInstance")
	add(identity(write(onInstance, false, "name", "metadata")), "UpdateAppInstance")
	add(identity(returns(write(onInstance, false, "name", "metadata", "clientRequestToken"), "appInstanceBotArn")), "CreateAppInstanceBot")
	add(identity(write(onBot, false, "name", "metadata")), "UpdateAppInstanceBot")
	add(identity(write(onBot, false)), "DeleteAppInstanceBot")
	add(identity(returns(write(onInstance, false, "appInstanceUserId", "name", "metadata", "clientRequestToken"), "appInstanceUserArn")), "CreateAppInstanceUser")
	add(identity(write(onUser, false, "name", "metadata")), "UpdateAppInstanceUser")
	add(identity(write(onUser, false)), "DeleteAppInstanceUser", "PutAppInstanceUserExpirationSettings")
	add(identity(write(onUser, false, "name", "clientRequestToken")), "RegisterAppInstanceUserEndpoint")
	add(identity(write(onEndpoint, false, "name")), "UpdateAppInstanceUserEndpoint")
	add(identity(write(onEndpoint, false)), "DeregisterAppInstanceUserEndpoint")
	add(grave(identity(write(onInstance, false))), "PutAppInstanceRetentionSettings", "DeleteAppInstance", "CreateAppInstanceAdmin")
	add(grave(identity(write(onAdmin, false))), "DeleteAppInstanceAdmin")
	return c
}

// named returns the operations called so. A name that the catalogue lacks is
// noted in unknown, which a test holds empty.
func (c *catalogue) named(names ...string) []*operation {
	out := make([]*operation, 0, len(names))
	for _, n := range names {
		if o, ok := c.byName[n]; ok {
			out = append(out, o)
		} else {
			c.unknown = append(c.unknown, n)
		}
	}
	return out
}

// op returns the operation called so.
func (c *catalogue) op(name string) *operation {
	if o := c.named(name); len(o) == 1 {
		return o[0]
	}
	return c.all[0]
}

// where returns the operations that keep accepts.
func (c *catalogue) where(keep func(*operation) bool) []*operation {
	var out []*operation
	for _, o := range c.all {
		if keep(o) {
			out = append(out, o)
		}
	}
	return out
}
