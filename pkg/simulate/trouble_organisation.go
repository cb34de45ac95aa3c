package simulate

import (
	"strconv"
	"time"
)

// organisationTroubles come from the platform and those who look after it.
func organisationTroubles() []*scenario {
	return []*scenario{
		trouble("scp-roll-out", "a new organisation policy denies chat operations to very many roles at once, until it is rolled back; messages name the policy or do not", 0.03, 1, atWork, scpRollout),
		trouble("endpoint-policy", "a tightened VPC endpoint policy refuses the calls of the services behind it", 0.03, 1, atWork, endpointRollout),
		trouble("posture-scanner", "the company's own security scanner looks at everything every night, and is refused some", 0.01, 20, atNight, postureScanner),
		trouble("region-not-enabled", "calls to a Region or feature that is not available: Forbidden, yet no denial", 0.04, 1, atWork, regionNotEnabled),
		trouble("throttling", "too many requests: no denial, but plenty of errors", 0.06, 1, atAnyTime, throttling),
		trouble("service-noise", "AWS services on their own behalf: expiries and refused calls of service principals", 0.06, 3, atAnyTime, serviceNoise),
		trouble("partner-account", "a partner's roles call more than was agreed, or before it was", 0.03, 3, atWork, partnerAccount),
	}
}

func scpRollout(p *part) {
	hit := some(p.dice, p.roster, p.count(max(8, len(p.roster)/8), len(p.roster)))
	all := p.chance(0.5)
	denied := some(p.dice, p.ops.all, p.count(2, 12))
	arn := ""
	if p.chance(0.5) {
		arn = p.scp("guardrail-" + strconv.Itoa(p.IntN(1000)))
	}
	total := p.span(10*time.Minute, 8*time.Hour)
	for _, who := range hit {
		ops := denied
		if all {
			ops = who.daily
		}
		if len(ops) == 0 {
			continue
		}
		ops = some(p.dice, ops, p.count(1, 6))
		c := p.usual(who)
		for _, at := range p.times(p.begin, total, p.count(1, 25)) {
			o := p.order(p.dice, pick(p.dice, ops), p.anyInstance(p.dice, who), who.instance.admin())
			p.send(at, c, o, p.refused(c, c.session(at), o, orgPolicy(), true, arn))
		}
	}
}

func endpointRollout(p *part) {
	behind := p.members(func(x *principal) bool { return x.workload() && x.networks[0].base.IsPrivate() })
	asEvents, total := p.chance(0.5), p.span(5*time.Minute, 6*time.Hour)
	for _, who := range some(p.dice, behind, p.count(1, len(behind))) {
		ops := some(p.dice, who.daily, p.between(1, 5))
		c := p.usual(who)
		for _, at := range p.times(p.begin, total, p.count(1, 60)) {
			o := p.order(p.dice, pick(p.dice, ops), who.instance, who.instance.admin())
			out := p.refused(c, c.session(at), o, endpointPolicy(), false, "")
			if asEvents {
				out = atEndpoint()
			}
			p.send(at, c, o, out)
		}
	}
}

// scanner is a security tool's role and the tool at work: a vendor's service on
// its own addresses, or a function of the company's.
func (p *part) scanner(vendor bool) (*principal, caller) {
	who := &principal{
		species: lambdaRole, account: p.prod, instance: p.instances[0],
		name: pick(p.dice, []string{"SecurityAudit", "PostureScanner", "cspm-readonly", "compliance-check"}) + "-" + strconv.Itoa(p.between(1, 99)),
	}
	who.agents = []string{lambdaAgent(p.dice)}
	who.networks = p.gateways[p.secops.id+"us-east-1"]
	if vendor {
		who.session = "cspm-vendor"
		who.agents = []string{serverAgent(p.dice)}
		who.networks = []network{newNetwork(p.dice, cloud, 4)}
	}
	for _, o := range some(p.dice, p.ops.where(reads), p.between(3, 15)) {
		who.allowed.add(o)
	}
	who.settle()
	return who, p.usual(who)
}

// scan is one night's work: every operation on some things.
func (p *part) scan(at time.Time, c caller, who *principal, ops []*operation, each int) {
	gap := p.span(100*time.Millisecond, 5*time.Second)
	for _, op := range ops {
		for i := range each {
			for _, on := range p.instances[:2] {
				p.try(at, c, p.order(p.dice, op, on, on.admin()).at(i))
				at = at.Add(p.gap(gap))
			}
		}
	}
}

func postureScanner(p *part) {
	who, c := p.scanner(p.chance(0.4))
	ops := append(some(p.dice, p.refusable(who, reads), p.count(4, 25)), some(p.dice, p.ops.where(who.allowed.has), 3)...)
	each, left := p.count(1, 8), p.between(14, 3660)
	var night func(time.Time)
	night = func(at time.Time) {
		c.address = fixed(pick(p.dice, who.networks).address(p.dice))
		p.scan(at.Add(time.Duration(p.Float64()*float64(10*time.Minute))), c, who, ops, each)
		if left--; left > 0 {
			p.later(at.AddDate(0, 0, 1), night)
		}
	}
	p.later(p.begin, night)
}

func regionNotEnabled(p *part) {
	who := p.machine()
	c, out := p.usual(who), p.unavailable(p.dice)
	elsewhere := *who.instance
	elsewhere.region = pick(p.dice, []string{"eu-central-1", "us-east-1", "ap-southeast-1"})
	for _, at := range p.paced(p.begin, p.span(time.Second, 5*time.Minute), p.count(2, 300)) {
		p.send(at, c, p.order(p.dice, pick(p.dice, who.daily), &elsewhere, elsewhere.admin()), out)
	}
}

func throttling(p *part) {
	who := p.machine()
	for _, c := range p.service(who, 4) {
		for _, at := range p.paced(p.begin, p.span(20*time.Millisecond, 5*time.Second), p.count(10, 500)) {
			p.send(at, c, p.order(p.dice, pick(p.dice, who.daily), who.instance, who.instance.admin()), p.throttled())
		}
	}
	c := p.usual(who)
	for _, at := range p.paced(p.begin, 10*time.Second, p.count(1, 10)) {
		p.send(at, c, p.order(p.dice, pick(p.dice, who.daily), who.instance, who.instance.admin()), p.missing())
	}
}

// serviceNoise is what AWS does by itself; an expiry is a service event.
// https://docs.aws.amazon.com/chime-sdk/latest/dg/expiration.html
func serviceNoise(p *part) {
	on := pick(p.dice, p.instances[:3])
	from := func(who *principal) caller {
		return caller{who: who, agent: who.name, session: func(time.Time) session { return session{} }, address: nowhere}
	}
	bare := from((&principal{species: serviceBare, name: "chime.amazonaws.com", account: on.account, instance: on}).settle())
	service := from((&principal{species: serviceName, name: "messaging.chime.amazonaws.com", account: on.account, instance: on}).settle())
	for _, at := range p.times(p.begin, p.span(time.Hour, 60*time.Hour), p.count(1, 60)) {
		op := &operation{name: "ExpireChannel", aim: onChannel}
		if p.chance(0.3) {
			op = &operation{name: "ExpireAppInstanceUser", aim: onUser}
		}
		o := p.order(p.dice, op, on, "")
		p.post(&call{at: at, who: bare.who, agent: bare.agent, order: o, event: true})
	}
	for _, at := range p.times(p.begin, p.span(time.Minute, 60*time.Hour), p.count(1, 80)) {
		o := p.order(p.dice, pick(p.dice, p.ops.named("ChannelFlowCallback", "DescribeChannelFlow", "GetMessagingStreamingConfigurations")), on, "")
		p.send(at, service, o, outcome{code: "AccessDenied" + p.suffix, denial: true})
	}
}

func partnerAccount(p *part) {
	who := pick(p.dice, p.partners)
	c, on := p.usual(who), who.instance
	ops := some(p.dice, who.daily, p.between(1, 3))
	if p.chance(0.4) {
		ops = append(ops, pick(p.dice, p.ops.where(plain)))
	}
	for _, at := range p.times(p.begin, p.span(10*time.Minute, 60*time.Hour), p.count(1, 60)) {
		p.try(at, c, p.order(p.dice, pick(p.dice, ops), on, on.user(p.IntN(50))))
	}
}
