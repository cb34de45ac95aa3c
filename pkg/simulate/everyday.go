package simulate

import "time"

// day is one day of a principal: its successful calls, the critical ones
// included, and now and then a denial that means nothing. The next day follows.
func (p *part) day(at time.Time, who *principal) {
	defer p.later(at.AddDate(0, 0, 1), func(next time.Time) { p.day(next, who) })
	share := 1.0
	if weekend(at.Add(12*time.Hour + who.zone)) {
		share = 0.35
		if !who.workload() {
			share = 0.02
		}
	}
	cfg := p.stage.config
	for range p.poisson(cfg.SuccessesPerDay * share) {
		if len(who.daily) == 0 {
			break
		}
		c := p.usual(who)
		p.send(p.hour(at, who), c, p.order(p.dice, pick(p.dice, who.daily), p.anyInstance(p.dice, who), who.instance.admin()), outcome{})
	}
	if p.chance(cfg.InnocentDenials * share) {
		p.stray(p.hour(at, who), who)
	}
}

// hour is a moment of the day at which who is at work: machines follow the
// users and never quite stop, people keep hours.
func (p *part) hour(day time.Time, who *principal) time.Time {
	h := 9 + 9*p.Float64()
	switch {
	case who.human() && p.chance(0.05):
		h = 7 + 15*p.Float64()
	case !who.human() && p.chance(0.4):
		h = 24 * p.Float64()
	}
	at := day.Add(time.Duration(h*float64(time.Hour)) - who.zone)
	if at.Before(day) {
		at = at.Add(24 * time.Hour)
	}
	return at
}

// stray is an innocent denial or a few: an operation once needed and not
// allowed, tried again, given up.
func (p *part) stray(at time.Time, who *principal) {
	ops := p.refusable(who, plain)
	if p.chance(0.1) {
		ops = p.refusable(who, anyOp)
	}
	if len(ops) == 0 {
		return
	}
	c, op := p.usual(who), pick(p.dice, ops)
	o := p.order(p.dice, op, p.anyInstance(p.dice, who), who.instance.admin())
	for _, t := range p.paced(at, p.span(time.Second, 3*time.Minute), p.count(1, 4)) {
		p.try(t, c, o)
	}
}

// appDay is one day of all app users of an application: of their calls a few
// successes, and refusals by the back end, such as of a channel that one has
// just been removed from.
func (p *part) appDay(at time.Time, app *principal) {
	defer p.later(at.AddDate(0, 0, 1), func(next time.Time) { p.appDay(next, app) })
	cfg := p.stage.config
	users := app.instance.users
	for range p.poisson(cfg.SuccessesPerDay * float64(users) / 100) {
		n := p.IntN(users)
		c := p.user(app, n)
		p.send(p.hour(at, app), c, p.order(p.dice, pick(p.dice, app.daily), app.instance, app.instance.user(n)), outcome{})
	}
	for range p.poisson(cfg.InnocentDenials * float64(users) / 100) {
		n := p.IntN(users)
		c := p.user(app, n)
		op := pick(p.dice, p.ops.named("ListChannelMessages", "SendChannelMessage", "DescribeChannel", "UpdateChannelReadMarker", "UpdateChannelMessage", "DeleteChannelMessage", "CreateChannelMembership"))
		o := p.order(p.dice, op, app.instance, app.instance.user(n))
		for _, t := range p.paced(p.hour(at, app), p.span(time.Second, 2*time.Minute), p.count(1, 5)) {
			p.send(t, c, o, p.forbidden())
		}
	}
}
