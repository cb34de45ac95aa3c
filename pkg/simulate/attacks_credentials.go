package simulate

import (
	"strconv"
	"time"
)

// credentialAttacks are about whose credentials are used and from where.
func credentialAttacks() []*scenario {
	return shared(
		attack("stolen-key-spread", "one key sold on: several people use it from several networks", 2, atAnyTime, keySpread),
		attack("shared-source", "several principals' credentials used from one address", 1, atAnyTime, sharedSource),
		attack("cross-account", "an account that nobody knows calls the team's applications", 2, atAnyTime, crossAccount),
		attack("quarantined-key", "a leaked key of an IAM user, which AWS has put under its quarantine policy. No chime operation is known to be denied by that policy; the record is what one would look like", 1, atAnyTime, quarantinedKey),
		attack("root-misuse", "the account's root is used against chat and stopped by an organisation policy", 1, atAnyTime, rootMisuse),
		attack("credential-probing", "old, expired or made-up credentials tried until some work", 1, atAnyTime, credentialProbing),
	)
}

func keySpread(p *part) {
	who := p.victim()
	first := p.thief(who, lair(p.dice))
	ops := some(p.dice, p.refusable(who, anyOp), p.count(2, 30))
	total := p.span(time.Hour, 24*time.Hour)
	for range p.count(3, 8) {
		c := p.thief(who, lair(p.dice))
		c.session = first.session
		for _, at := range p.times(p.begin, total, p.count(2, 20)) {
			p.try(at, c, p.order(p.dice, pick(p.dice, ops), p.anyInstance(p.dice, who), who.instance.admin()))
		}
	}
}

func sharedSource(p *part) {
	p.inside = false
	den := lair(p.dice)
	total := p.span(10*time.Minute, 20*time.Hour)
	for _, who := range some(p.dice, p.roster, p.count(3, 12)) {
		c := p.thief(who, den)
		ops := some(p.dice, p.refusable(who, anyOp), p.count(1, 8))
		if len(ops) == 0 {
			continue
		}
		for _, at := range p.times(p.begin, total, p.count(2, 15)) {
			p.try(at, c, p.order(p.dice, pick(p.dice, ops), p.anyInstance(p.dice, who), who.instance.admin()))
		}
	}
}

func crossAccount(p *part) {
	p.inside = false
	who := &principal{
		species: foreignRole, account: newAccount(p.dice, "stranger"), masked: p.chance(0.5),
		name: pick(p.dice, []string{"admin", "ec2-role", "OrganizationAccountAccessRole", "lambda-exec", "pentest"}), instance: p.instances[0],
	}
	who.settle()
	c := p.thief(who, lair(p.dice))
	on := pick(p.dice, p.instances[:3])
	ops := some(p.dice, p.refusable(who, anyOp), p.count(1, 20))
	for _, at := range p.times(p.begin, p.span(time.Minute, 36*time.Hour), p.count(2, 80)) {
		p.try(at, c, p.order(p.dice, pick(p.dice, ops), on, on.user(p.IntN(on.users))))
	}
}

func quarantinedKey(p *part) {
	who := pick(p.dice, p.members(func(x *principal) bool { return x.species == iamPerson || x.species == iamServer }))
	c := p.intruder(who)
	version := p.between(2, 3)
	for _, at := range p.times(p.begin, p.span(time.Minute, 20*time.Hour), p.count(1, 40)) {
		o := p.order(p.dice, pick(p.dice, p.ops.all), p.anyInstance(p.dice, who), who.instance.admin())
		p.send(at, c, o, p.refused(c, c.session(at), o, identityPolicy(), true, "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV"+strconv.Itoa(version)))
	}
}

func rootMisuse(p *part) {
	p.inside = false
	on := pick(p.dice, p.instances[:3])
	who := (&principal{species: rootUser, name: "root", account: on.account, instance: on, mfa: p.chance(0.3)}).settle()
	c := p.thief(who, lair(p.dice))
	named := p.chance(0.5)
	for _, at := range p.times(p.begin, p.span(time.Minute, 3*time.Hour), p.count(1, 25)) {
		o := p.order(p.dice, pick(p.dice, p.ops.all), on, on.admin())
		arn := ""
		if named {
			arn = p.scp("no-root")
		}
		p.send(at, c, o, p.refused(c, c.session(at), o, orgPolicy(), true, arn))
	}
}

func credentialProbing(p *part) {
	code := pick(p.dice, []string{"ExpiredTokenException", "InvalidClientTokenId", "SignatureDoesNotMatch", "UnrecognizedClientException", "UnauthorizedClientException"})
	mixed := p.chance(0.4)
	den := lair(p.dice)
	total := p.span(5*time.Minute, 20*time.Hour)
	for _, who := range some(p.dice, p.roster, p.count(1, 6)) {
		c := p.thief(who, den)
		if p.inside {
			c = p.usual(who)
		}
		for _, at := range p.times(p.begin, total, p.count(4, 40)) {
			this := code
			if mixed {
				this = pick(p.dice, []string{"ExpiredTokenException", "InvalidClientTokenId", "SignatureDoesNotMatch"})
			}
			op := pick(p.dice, p.ops.named("ListAppInstances", "ListChannels", "GetMessagingSessionEndpoint", "ListAppInstanceUsers", "SearchChannels"))
			p.send(at, c, p.order(p.dice, op, p.anyInstance(p.dice, who), who.instance.admin()), badCredentials(this))
		}
	}
}
