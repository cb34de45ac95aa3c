package simulate

import (
	"time"
)

// userAttacks come from app users or pose as them. Whatever an app user does
// is done with the one role of all app users; the back end refuses by the
// bearer. https://docs.aws.amazon.com/chime-sdk/latest/dg/auth-by-role.html
func userAttacks() []*scenario {
	return shared(
		attack("impersonation", "taken credentials of a backend name one app user after the other as bearer", 1, atAnyTime, impersonation),
		attack("app-impersonation", "an app user names other users as bearer, with the role of all app users", 1, atAnyTime, appImpersonation),
		attack("app-insider", "an app user with a script tries to read channels of others", 1, atAnyTime,
			func(p *part) { p.nosy(p.count(6, 200), p.span(2*time.Minute, 6*time.Hour)) }),
		attack("app-insider-over-a-day", "the same, slowly", 2, atAnyTime,
			func(p *part) { p.nosy(p.count(6, 60), p.span(6*time.Hour, 40*time.Hour)) }),
		attack("app-insider-power", "an app user tries what only moderators and administrators may", 1, atAnyTime, powerHungry),
	)
}

// app chooses an app role; most users are those of the main application.
func (p *part) app() *principal {
	if p.chance(0.6) {
		return p.apps[0]
	}
	return pick(p.dice, p.apps)
}

func impersonation(p *part) {
	who := p.victim()
	c := p.intruder(who)
	on := p.anyInstance(p.dice, who)
	ops := some(p.dice, p.ops.where(ofUsers), p.count(1, 6))
	invalid := p.chance(0.35) // the user does not exist: the back end refuses
	for _, at := range p.times(p.begin, p.span(2*time.Minute, 22*time.Hour), p.count(4, 150)) {
		o := p.order(p.dice, pick(p.dice, ops), on, on.user(p.IntN(on.users)))
		o.alone = true
		if invalid {
			p.send(at, c, o, p.badBearer(false))
		} else {
			p.send(at, c, o, p.refused(c, c.session(at), o, identityPolicy(), false, ""))
		}
	}
}

// member is the caller of one app user, elsewhere if the attacker took the
// user's credentials and works from outside.
func (p *part) member(app *principal, n int) caller {
	c := p.user(app, n)
	if !p.inside && p.chance(0.5) {
		c.address, c.agent = fixed(lair(p.dice).address(p.dice)), toolAgent(p.dice)
	}
	return c
}

func appImpersonation(p *part) {
	app := p.app()
	on, n := app.instance, p.IntN(app.instance.users)
	c := p.member(app, n)
	ops := some(p.dice, p.ops.named("ListChannelMessages", "SendChannelMessage", "ListChannelMembershipsForAppInstanceUser", "DescribeChannel", "GetChannelMessage"), p.count(1, 4))
	for _, at := range p.times(p.begin, p.span(2*time.Minute, 20*time.Hour), p.count(4, 120)) {
		o := p.order(p.dice, pick(p.dice, ops), on, on.user(p.IntN(on.users)))
		o.alone = true
		p.send(at, c, o, p.refused(c, c.session(at), o, identityPolicy(), false, ""))
	}
}

// nosy is an app user who reads, or tries to, n channels of others.
func (p *part) nosy(n int, total time.Duration) {
	app := p.app()
	on, user := app.instance, p.IntN(app.instance.users)
	c := p.member(app, user)
	ops := some(p.dice, p.ops.named("ListChannelMessages", "DescribeChannel", "ListChannelMemberships", "GetChannelMessage", "ListChannelModerators"), p.count(1, 4))
	for _, at := range p.times(p.begin, total, n) {
		p.send(at, c, p.order(p.dice, pick(p.dice, ops), on, on.user(user)).at(p.IntN(on.channels)), p.forbidden())
	}
}

func powerHungry(p *part) {
	app := p.app()
	on, user := app.instance, p.IntN(app.instance.users)
	c := p.member(app, user)
	ops := some(p.dice, p.ops.named("CreateChannelModerator", "DeleteChannelMessage", "RedactChannelMessage", "DeleteChannel", "CreateChannelBan",
		"DeleteChannelModerator", "AssociateChannelFlow", "PutChannelExpirationSettings", "UpdateChannel", "DeleteChannelMembership"), p.count(2, 9))
	for _, at := range p.times(p.begin, p.span(2*time.Minute, 5*time.Hour), p.count(6, 80)) {
		p.send(at, c, p.order(p.dice, pick(p.dice, ops), on, on.user(user)).at(p.IntN(on.channels)), p.forbidden())
	}
}
