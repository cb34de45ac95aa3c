package simulate

import (
	"fmt"
	"time"
)

// deploymentTroubles come from code and configuration that do not fit.
func deploymentTroubles() []*scenario {
	return []*scenario{
		trouble("retry-loop", "a backend lacks one permission and tries again and again, on one thing or on what its queue brings", 0.06, 2, atAnyTime, retryLoop),
		trouble("wrong-role-deployment", "a service is deployed with another one's role: several operations fail, critical ones among them, until somebody notices", 0.05, 1, atWork, wrongRole),
		trouble("new-microservice", "a new service lacks three permissions for about a day", 0.05, 3, atWork, newService),
		trouble("sdk-upgrade", "a new SDK or framework makes a call that the old one did not, in one or several services", 0.04, 3, atWork, sdkUpgrade),
		trouble("blue-green-switch", "one of two halves of a deployment has an old policy; traffic goes back and forth", 0.04, 1, atWork, blueGreen),
		trouble("cold-starts", "new roles are used before IAM has spread their policies: the first calls of fresh instances fail", 0.06, 1, atWork, coldStarts),
		trouble("cron-job", "a scheduled job lacks a permission and fails at every run, for days or weeks", 0.04, 10, atAnyTime, cronJob),
		trouble("migration-job", "a one-off job lacks a permission and works through its whole list anyway", 0.02, 1, atWork, migrationJob),
		trouble("expired-session-batch", "a batch job outlives its session and goes on with the expired one", 0.05, 2, atNight, expiredBatch),
		trouble("ci-expected-denials", "tests in a pipeline check that what must be refused is refused, at every run", 0.01, 20, atWork, ciTests),
		trouble("load-test-wrong-key", "a load test runs against one environment with the key of another", 0.02, 1, atWork, loadTest),
		trouble("key-rotation", "an old key is switched off and somebody still uses it", 0.04, 3, atWork, keyRotation),
	}
}

// service is a backend as several of its replicas see it.
func (p *part) service(who *principal, most int) []caller {
	agent := pick(p.dice, who.agents)
	var out []caller
	for range p.between(1, most) {
		c := p.usual(who)
		c.agent = agent
		out = append(out, c)
	}
	return out
}

func retryLoop(p *part) {
	who := p.machine()
	keep := plain
	if p.chance(0.2) {
		keep = anyOp
	}
	op, on := pick(p.dice, p.refusable(who, keep)), p.anyInstance(p.dice, who)
	var orders []order
	for range p.count(1, 50) {
		orders = append(orders, p.order(p.dice, op, on, who.instance.admin()))
	}
	for _, c := range p.service(who, 4) {
		at := p.begin
		wait, most := p.span(200*time.Millisecond, time.Minute), p.span(time.Second, 20*time.Minute)
		for range p.count(8, 700) {
			p.try(at, c, pick(p.dice, orders))
			at = at.Add(time.Duration((0.8 + 0.4*p.Float64()) * float64(wait)))
			if p.chance(0.3) {
				wait = min(wait*2, most) // exponential backoff
			}
			if at.Sub(p.begin) > 40*time.Hour {
				break
			}
		}
	}
	if p.chance(0.7) { // mended
		c := p.usual(who)
		for _, at := range p.paced(p.begin.Add(p.span(41*time.Hour, 47*time.Hour)), time.Minute, 3) {
			p.send(at, c, pick(p.dice, orders), outcome{})
		}
	}
}

// demand lets the service be called as its users call it: each operation of
// ops, refused unless allowed, until total is over.
func (p *part) demand(callers []caller, ops []*operation, from time.Time, total time.Duration) {
	if len(ops) == 0 {
		return
	}
	mean := p.span(2*time.Second, 8*time.Minute)
	// What a service does at its start comes first, then what users ask for.
	at := from
	for _, op := range some(p.dice, ops, p.between(1, len(ops))) {
		c := pick(p.dice, callers)
		p.try(at, c, p.order(p.dice, op, c.who.instance, c.who.instance.admin()))
		at = at.Add(p.span(100*time.Millisecond, 20*time.Second))
	}
	for range 600 {
		at = at.Add(p.gap(mean))
		if at.Sub(from) > total {
			break
		}
		c := pick(p.dice, callers)
		p.try(at, c, p.order(p.dice, pick(p.dice, ops), c.who.instance, c.who.instance.admin()))
	}
}

func wrongRole(p *part) {
	right, wrong := p.machine(), p.machine()
	for range 20 {
		if right.account == wrong.account && len(missing(wrong, right.daily)) > 1 {
			break
		}
		right, wrong = p.machine(), p.machine()
	}
	total := p.span(4*time.Minute, 8*time.Hour)
	p.demand(p.service(wrong, 4), right.daily, p.begin, total)
	// The right role is put back and everything works again.
	c := p.usual(right)
	for _, at := range p.paced(p.begin.Add(total+p.span(time.Minute, time.Hour)), p.span(5*time.Second, 5*time.Minute), p.count(2, 20)) {
		p.try(at, c, p.order(p.dice, pick(p.dice, right.daily), right.instance, right.instance.admin()))
	}
}

// newRole is a role that did not exist before, with some duties.
func (p *part) newRole(name string) *principal {
	who := &principal{
		species: pick(p.dice, []species{lambdaRole, ecsRole, ecsRole}), account: pick(p.dice, []*account{p.prod, p.prod, p.staging, p.dev}),
		zone: pick(p.dice, zones()),
	}
	who.instance = p.anyInstance(p.dice, who)
	p.world.machine(p.dice, who, p.between(1000, 9999))
	who.name = name + "-" + fmt.Sprint(p.between(1, 999))
	return who.settle()
}

func newService(p *part) {
	who := p.newRole(pick(p.dice, []string{"reactions", "threads", "translation", "presence", "attachments"}))
	who.daily = some(p.dice, p.ops.where(func(o *operation) bool { return !o.grave || p.chance(0.2) }), p.between(5, 9))
	who.allowed = opset{}
	for _, o := range who.daily[3:] {
		who.allowed.add(o)
	}
	callers := p.service(who, 3)
	at, total := p.begin, p.span(5*time.Hour, 30*time.Hour)
	if p.chance(0.5) { // the permissions are added one by one
		for i := range 3 {
			p.demand(callers, who.daily[i:], at, total/3)
			who.allowed.add(who.daily[i])
			at = at.Add(total / 3)
		}
	} else {
		p.demand(callers, who.daily, at, total)
	}
	p.demandOK(callers, who.daily, p.begin.Add(total+time.Minute))
}

// demandOK shows that everything works now.
func (p *part) demandOK(callers []caller, ops []*operation, from time.Time) {
	for _, at := range p.paced(from, p.span(10*time.Second, 10*time.Minute), p.count(2, 15)) {
		c := pick(p.dice, callers)
		p.send(at, c, p.order(p.dice, pick(p.dice, ops), c.who.instance, c.who.instance.admin()), outcome{})
	}
}

func sdkUpgrade(p *part) {
	op := pick(p.dice, p.ops.named("ListSubChannels", "GetChannelMembershipPreferences", "GetMessagingSessionEndpoint", "DescribeAppInstance", "ListChannelFlows", "ListTagsForResource", "GetMessagingStreamingConfigurations"))
	agent := serverAgent(p.dice)
	team := p.members(func(x *principal) bool { return x.workload() && !x.allowed.has(op) })
	total := p.span(time.Hour, 48*time.Hour)
	for _, who := range some(p.dice, team, p.count(1, 10)) {
		for _, c := range p.service(who, 3) {
			c.agent = agent
			for _, at := range p.times(p.begin.Add(p.span(time.Minute, 3*time.Hour)), total, p.count(2, 60)) {
				p.try(at, c, p.order(p.dice, op, who.instance, who.instance.admin()))
			}
		}
	}
}

func blueGreen(p *part) {
	who := p.machine()
	lost := some(p.dice, who.daily, p.between(1, 3))
	blue, green := p.usual(who), p.usual(who)
	at := p.begin
	for range p.count(1, 8) {
		phase := p.span(time.Minute, 40*time.Minute)
		for _, t := range p.times(at, phase, p.count(3, 40)) {
			op := pick(p.dice, who.daily)
			o := p.order(p.dice, op, who.instance, who.instance.admin())
			out := outcome{}
			for _, l := range lost {
				if l == op {
					out = p.lacking(green, green.session(t), o)
				}
			}
			p.send(t, green, o, out)
		}
		at = at.Add(phase)
		for _, t := range p.times(at, phase, p.count(1, 20)) {
			p.send(t, blue, p.order(p.dice, pick(p.dice, who.daily), who.instance, who.instance.admin()), outcome{})
		}
		at = at.Add(phase)
	}
}

func coldStarts(p *part) {
	for range p.count(1, 12) {
		who := p.machine()
		at := p.begin.Add(time.Duration(p.Float64() * float64(2*time.Hour)))
		for _, c := range p.service(who, 4) {
			for _, op := range some(p.dice, who.daily, p.between(1, 2)) {
				o := p.order(p.dice, op, who.instance, who.instance.admin())
				t := at
				for range p.count(1, 6) {
					p.send(t, c, o, p.lacking(c, c.session(t), o))
					t = t.Add(p.span(100*time.Millisecond, 4*time.Second))
				}
				p.send(t.Add(10*time.Second), c, o, outcome{})
			}
		}
	}
}

func cronJob(p *part) {
	who := p.machine()
	op := pick(p.dice, p.refusable(who, plain))
	c, tries := p.usual(who), p.count(1, 4)
	every := pick(p.dice, []time.Duration{5 * time.Minute, 15 * time.Minute, time.Hour, time.Hour, 6 * time.Hour, 24 * time.Hour, 24 * time.Hour})
	runs := min(p.count(3, 60), 1000)
	o := p.order(p.dice, op, who.instance, who.instance.admin())
	var run func(time.Time)
	run = func(at time.Time) {
		for _, t := range p.paced(at.Add(p.span(time.Second, 20*time.Second)), 2*time.Second, tries) {
			p.try(t, c, o)
		}
		if runs--; runs > 0 {
			p.later(at.Add(every), run)
		}
	}
	p.later(p.begin.Truncate(5*time.Minute).Add(5*time.Minute), run)
}

func migrationJob(p *part) {
	who := p.newRole("migration")
	op := pick(p.dice, p.ops.named("UpdateChannel", "TagResource", "PutChannelExpirationSettings", "BatchCreateChannelMembership", "ListChannelMemberships", "DescribeChannel"))
	who.allowed.drop(op)
	c, first := p.usual(who), p.IntN(who.instance.channels)
	for i, at := range p.paced(p.begin, p.span(100*time.Millisecond, 30*time.Second), p.count(4, 400)) {
		p.try(at, c, p.order(p.dice, op, who.instance, who.instance.admin()).at(first+i))
	}
}

func expiredBatch(p *part) {
	who := p.machine()
	op := pick(p.dice, who.daily)
	nights := p.between(1, 2)
	for night := range nights {
		c := p.usual(who)
		old := c.session(p.begin.AddDate(0, 0, night).Add(-13 * time.Hour))
		c.session = func(time.Time) session { return old }
		for _, at := range p.paced(p.begin.AddDate(0, 0, night), p.span(200*time.Millisecond, 30*time.Second), p.count(3, 800)) {
			p.send(at, c, p.order(p.dice, op, who.instance, who.instance.admin()), badCredentials("ExpiredTokenException"))
		}
	}
}

func ciTests(p *part) {
	who := pick(p.dice, p.members(func(x *principal) bool { return x.species == ciRole }))
	ops := some(p.dice, p.refusable(who, anyOp), p.between(2, 6))
	on := p.anyInstance(p.dice, who)
	perDay, agent := p.count(1, 10), cliAgent(p.dice, "linux#6.8.0-1021-azure", "chime-sdk-messaging.list-channels")
	left := p.between(10, 60) // days on which the tests exist
	var day func(time.Time)
	day = func(at time.Time) {
		if !weekend(at) {
			for range perDay {
				t := at.Add(time.Duration(p.Float64() * float64(9*time.Hour)))
				c := p.usual(who)
				c.agent = agent
				for _, op := range ops {
					p.try(t, c, p.order(p.dice, op, on, on.admin()).at(0))
					t = t.Add(p.span(200*time.Millisecond, 10*time.Second))
				}
			}
		}
		if left--; left > 0 {
			p.later(at.AddDate(0, 0, 1), day)
		}
	}
	p.later(p.begin.Truncate(24*time.Hour).Add(24*time.Hour+9*time.Hour-who.zone), day)
}

func loadTest(p *part) {
	who := pick(p.dice, p.members(func(x *principal) bool { return x.workload() && x.account != p.prod }))
	c, on := p.usual(who), p.instances[0]
	if p.chance(0.4) { // from machines started for it
		c.address = p.rotating([]network{newNetwork(p.dice, cloud, p.between(1, 20))})
	}
	ops := some(p.dice, p.ops.named("SendChannelMessage", "ListChannelMessages", "CreateChannel", "DescribeChannel", "CreateChannelMembership"), p.between(1, 3))
	one := p.chance(0.5)
	for _, at := range p.paced(p.begin, p.span(50*time.Millisecond, 2*time.Second), p.count(50, 2000)) {
		o := p.order(p.dice, pick(p.dice, ops), on, on.admin())
		if one {
			o = o.at(7)
		}
		p.try(at, c, o)
	}
}

func keyRotation(p *part) {
	who := pick(p.dice, p.members(func(x *principal) bool { return x.species == iamServer || x.species == iamPerson }))
	code := pick(p.dice, []string{"InvalidClientTokenId", "UnrecognizedClientException", "InvalidClientTokenId"})
	if len(who.daily) == 0 {
		return
	}
	for range p.count(1, 4) {
		c := p.usual(who)
		op := pick(p.dice, who.daily)
		for _, at := range p.times(p.begin, p.span(20*time.Minute, 60*time.Hour), p.count(2, 120)) {
			p.send(at, c, p.order(p.dice, op, who.instance, who.instance.admin()), badCredentials(code))
		}
	}
}
