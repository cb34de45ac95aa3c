package simulate

import "time"

// impactAttacks go for what chat holds: messages, power over channels, the
// traces. See https://docs.aws.amazon.com/chime-sdk/latest/dg/streaming-export.html
// and https://docs.aws.amazon.com/chime-sdk/latest/dg/using-channel-flows.html
func impactAttacks() []*scenario {
	return shared(
		attack("privilege-escalation", "tries to become administrator or moderator; refused, then finds a way, and succeeds", 2, atAnyTime, escalation),
		attack("destruction", "deletes channels, messages or whole applications, as far as let", 1, atAnyTime,
			func(p *part) {
				p.grab([]string{"DeleteChannel", "DeleteChannelMessage", "RedactChannelMessage", "DeleteAppInstance", "DeleteAppInstanceUser"}, 60)
			}),
		attack("covering-tracks", "shortens retention, ends exports, unhooks filters", 1, atAnyTime,
			func(p *part) {
				p.grab([]string{"PutAppInstanceRetentionSettings", "PutChannelExpirationSettings", "DeleteMessagingStreamingConfigurations", "DisassociateChannelFlow", "DeleteChannelFlow"}, 20)
			}),
		attack("exfiltration", "looks at the message export and tries to point it at a stream of its own", 1, atAnyTime,
			func(p *part) {
				p.grab([]string{"GetMessagingStreamingConfigurations", "PutMessagingStreamingConfigurations"}, 12)
			}),
		attack("interception", "hooks a channel flow of its own into channels, to see and change every message", 1, atAnyTime,
			func(p *part) {
				p.grab([]string{"ListChannelFlows", "CreateChannelFlow", "UpdateChannelFlow", "AssociateChannelFlow"}, 30)
			}),
		attack("spam", "adds itself to channels and sends to them in bulk", 1, atAnyTime, spam),
	)
}

// grab tries the operations named, up to n times, with credentials that lack at
// least one of the critical ones.
func (p *part) grab(names []string, n int) {
	ops := p.ops.named(names...)
	who := p.lackingOne(ops)
	c := p.intruder(who)
	on := p.anyInstance(p.dice, who)
	chosen := some(p.dice, ops, p.count(1, len(ops)))
	if !anyRefused(who, chosen) {
		chosen = ops
	}
	for i, at := range p.times(p.begin, p.span(30*time.Second, 15*time.Hour), max(len(chosen), p.count(1, n))) {
		p.try(at, c, p.order(p.dice, chosen[i%len(chosen)], on, on.admin()))
	}
}

// lackingOne is a victim who may not call at least one critical operation of ops.
func (p *part) lackingOne(ops []*operation) *principal {
	return pick(p.dice, p.members(func(x *principal) bool { return anyRefused(x, ops) }))
}

// anyRefused says whether x may not call some critical operation of ops.
func anyRefused(x *principal, ops []*operation) bool {
	for _, o := range ops {
		if o.grave && !x.allowed.has(o) {
			return true
		}
	}
	return false
}

func escalation(p *part) {
	op := p.ops.op(pick(p.dice, []string{"CreateAppInstanceAdmin", "CreateAppInstanceAdmin", "CreateChannelModerator"}))
	who := p.lackingOne([]*operation{op})
	c := p.intruder(who)
	on := p.anyInstance(p.dice, who)
	at := p.begin
	for range p.count(1, 6) {
		p.try(at, c, p.order(p.dice, op, on, on.admin()))
		at = at.Add(p.span(2*time.Second, time.Hour))
	}
	for _, look := range some(p.dice, p.refusable(who, reads), p.count(1, 8)-1) {
		at = at.Add(p.span(2*time.Second, 20*time.Minute))
		p.try(at, c, p.order(p.dice, look, on, on.admin()))
	}
	at = at.Add(p.span(time.Minute, 15*time.Hour))
	p.send(at, c, p.order(p.dice, op, on, on.admin()), outcome{})
	for range p.count(1, 10) {
		at = at.Add(p.span(time.Second, 5*time.Minute))
		p.send(at, c, p.order(p.dice, p.ops.op("ListChannelMessages"), on, on.admin()), outcome{})
	}
}

func spam(p *part) {
	ops := p.ops.named("BatchCreateChannelMembership", "SendChannelMessage", "CreateChannelMembership", "CreateChannel")
	who := pick(p.dice, p.members(func(x *principal) bool { return len(missing(x, ops)) > 0 }))
	c := p.intruder(who)
	on := p.anyInstance(p.dice, who)
	chosen := missing(who, ops)
	for _, at := range p.paced(p.begin, p.span(100*time.Millisecond, time.Minute), p.count(12, 600)) {
		p.try(at, c, p.order(p.dice, pick(p.dice, chosen), on, on.admin()).at(p.IntN(on.channels)))
	}
}

// missing is what of ops x may not call.
func missing(x *principal, ops []*operation) []*operation {
	var out []*operation
	for _, o := range ops {
		if !x.allowed.has(o) {
			out = append(out, o)
		}
	}
	return out
}
