package simulate

import (
	"net/netip"
	"strconv"
	"time"
)

// caller is a principal at work: with some credentials, from somewhere, with
// some client.
type caller struct {
	who     *principal
	agent   string
	session func(at time.Time) session
	address func(at time.Time) netip.Addr
	console bool
}

// order is what a call asks for.
type order struct {
	op       *operation
	on       *appInstance
	resource string // ARN that the request names first; empty for none
	second   string // the other thing that the request names
	bearer   string
	alone    bool // IAM checked the bearer, not the resource
}

// checked is the resource that IAM names in a denial. For operations with a
// bearer it checks the bearer's ARN and the resource's.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonchime.html
func (o order) checked() string {
	switch {
	case o.alone && o.bearer != "":
		return o.bearer
	case o.resource == "" && o.op.aim == onNothing && o.op.name != "GetMessagingSessionEndpoint":
		return o.on.arn()[:len(o.on.arn())-len(o.on.id)] + "*"
	case o.resource == "":
		return ""
	default:
		return o.resource
	}
}

// call is one event before it is written.
type call struct {
	at      time.Time
	id      [16]byte
	who     *principal
	session session
	address netip.Addr // invalid: the service's own name
	agent   string
	console bool
	order   order
	outcome outcome
	event   bool // a service event, not an API call
	ledger  *ledger
}

// recipient is the account whose trail holds the record: the caller's own, but
// for strangers and services that of the resource.
func (c *call) recipient() *account {
	if c.who.species < foreignRole || c.who.species == rootUser {
		return c.who.account
	}
	return c.order.on.account
}

// kind is the record's eventType.
func (c *call) kind() string {
	switch {
	case c.outcome.network:
		return "AwsVpceEvent"
	case c.event:
		return "AwsServiceEvent"
	default:
		return "AwsApiCall"
	}
}

// order aims an operation at something of an application that exists, as the
// given bearer.
func (w *world) order(d dice, op *operation, on *appInstance, bearer string) order {
	o := order{op: op, on: on}
	if op.bearer {
		o.bearer = bearer
	}
	// Requests go where people talk: few channels get most of them.
	ch := on.channel(int(float64(on.channels) * d.Float64() * d.Float64()))
	switch op.aim {
	case onChannel:
		o.resource = ch
	case onMember:
		o.resource, o.second = ch, on.user(d.IntN(on.users))
	case onMessage:
		o.resource, o.second = ch, hexOf(64, "message", strconv.FormatUint(d.Uint64(), 10))
	case onInstance:
		o.resource = on.arn()
	case onAdmin:
		o.resource, o.second = on.arn(), on.user(d.IntN(on.users))
	case onUser:
		o.resource = on.user(d.IntN(on.users))
	case onBot:
		o.resource = on.part("bot", d.IntN(5))
	case onFlow:
		o.resource = on.part("channel-flow", d.IntN(3))
	case onEndpoint:
		o.resource, o.second = on.user(d.IntN(on.users)), uuidOf("endpoint", strconv.Itoa(d.IntN(100_000)))
	case onTagged:
		o.resource = ch
	}
	o.alone = o.bearer != "" && d.chance(0.3)
	return o
}

// at aims the order at one channel or, for operations that are about no
// channel, leaves it.
func (o order) at(channel int) order {
	switch o.op.aim {
	case onChannel, onMember, onMessage, onTagged:
		o.resource = o.on.channel(channel % o.on.channels)
		o.alone = false
	}
	return o
}
