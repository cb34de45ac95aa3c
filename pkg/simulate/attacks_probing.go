package simulate

import (
	"strconv"
	"time"
)

// probingAttacks find out what taken credentials can do and what is there.
func probingAttacks() []*scenario {
	return shared(
		attack("enumeration", "taken credentials try many operations one after the other, reads first or all alike", 1, atAnyTime,
			func(p *part) { p.enumerate(p.count(5, 60), p.span(2*time.Minute, 3*time.Hour)) }),
		attack("enumeration-over-a-day", "the same, low and slow: some operations spread over hours up to a day", 1, atAnyTime,
			func(p *part) { p.enumerate(p.count(5, 30), p.span(5*time.Hour, 24*time.Hour)) }),
		attack("enumeration-over-a-week", "the same with a few operations a day, for most of a week", 7, atAnyTime,
			func(p *part) { p.enumerate(p.count(6, 24), p.span(72*time.Hour, 160*time.Hour)) }),
		attack("resource-sweep", "one reading operation over many channels, looking for one that is open", 1, atAnyTime,
			func(p *part) { p.sweep(p.count(8, 500), p.span(2*time.Minute, 2*time.Hour)) }),
		attack("resource-sweep-over-a-day", "the same, low and slow: channels spread over hours up to a day", 1, atAnyTime,
			func(p *part) { p.sweep(p.count(8, 120), p.span(5*time.Hour, 24*time.Hour)) }),
		attack("resource-sweep-over-a-week", "the same with some channels a day, for most of a week", 7, atAnyTime,
			func(p *part) { p.sweep(p.count(20, 250), p.span(72*time.Hour, 160*time.Hour)) }),
		attack("hammering", "one operation on one resource tried again and again, by a script that waits for a gap", 1, atAnyTime, hammering),
		attack("rotating-sessions", "one role, another session name and key for every few calls", 1, atAnyTime, rotatingSessions),
		attack("rotating-addresses", "one set of credentials through a pool of proxies, every call from another network", 2, atAnyTime, rotatingAddresses),
		attack("victims-own-place", "somebody on a taken-over host or laptop: the victim's own network, session and client", 1, atAnyTime, ownPlace),
		attack("hijacked-scanner", "credentials of a job that is refused every night, used for what the job never did", 10, atNight, hijackedScanner),
	)
}

// enumerate tries n operations within total, mostly such as are refused.
func (p *part) enumerate(n int, total time.Duration) {
	who := p.victim()
	c := p.intruder(who)
	ops := some(p.dice, p.refusable(who, anyOp), n)
	if p.chance(0.5) {
		// Tools and people look before they touch.
		ops = append(some(p.dice, p.refusable(who, reads), n), some(p.dice, p.refusable(who, writes), n)...)
		ops = ops[:min(n, len(ops))]
	}
	for _, at := range p.times(p.begin, total, len(ops)) {
		if p.chance(0.15) && len(who.daily) > 0 { // some doors are open
			p.try(at, c, p.order(p.dice, pick(p.dice, who.daily), p.anyInstance(p.dice, who), who.instance.admin()))
		}
		p.try(at, c, p.order(p.dice, ops[0], p.anyInstance(p.dice, who), who.instance.admin()))
		ops = ops[1:]
	}
}

// sweep tries one reading operation on n channels within total.
func (p *part) sweep(n int, total time.Duration) {
	who := p.victim()
	ops := p.refusable(who, sweepable)
	for len(ops) == 0 { // an administrator
		who = p.machine()
		ops = p.refusable(who, sweepable)
	}
	c, op, on := p.intruder(who), pick(p.dice, ops), p.anyInstance(p.dice, who)
	channels := some(p.dice, numbers(on.channels), n)
	for i, at := range p.times(p.begin, total, len(channels)) {
		p.try(at, c, p.order(p.dice, op, on, who.instance.admin()).at(channels[i]))
	}
}

func numbers(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

func hammering(p *part) {
	who := p.victim()
	ops := p.refusable(who, reads)
	if len(ops) == 0 || p.chance(0.3) {
		ops = p.refusable(who, anyOp)
	}
	c := p.intruder(who)
	o := p.order(p.dice, pick(p.dice, ops), p.anyInstance(p.dice, who), who.instance.admin())
	for _, at := range p.paced(p.begin, p.span(200*time.Millisecond, 25*time.Second), p.count(15, 600)) {
		p.try(at, c, o)
	}
}

func rotatingSessions(p *part) {
	who := pick(p.dice, p.members(func(x *principal) bool { return x.role() && x.session == "" }))
	c := p.intruder(who)
	n := p.count(8, 80)
	ops := p.refusable(who, anyOp)
	every := p.count(1, 4)
	for i, at := range p.times(p.begin, p.span(5*time.Minute, 20*time.Hour), n) {
		if i%every == 0 {
			s := who.newSession(at, strconv.Itoa(i), strconv.FormatUint(p.Uint64(), 36))
			s.name = p.alias() + strconv.Itoa(i)
			c.session = func(time.Time) session { return s }
		}
		p.try(at, c, p.order(p.dice, pick(p.dice, ops), p.anyInstance(p.dice, who), who.instance.admin()))
	}
}

func rotatingAddresses(p *part) {
	p.inside = false
	who := p.victim()
	c := p.intruder(who)
	var pool []network
	for range p.count(5, 60) {
		pool = append(pool, newNetwork(p.dice, pick(p.dice, []site{home, hosting, hosting, cloud}), 3))
	}
	c.address = p.rotating(pool)
	ops := some(p.dice, p.refusable(who, anyOp), p.count(2, 25))
	for _, at := range p.times(p.begin, p.span(5*time.Minute, 40*time.Hour), p.count(8, 120)) {
		p.try(at, c, p.order(p.dice, pick(p.dice, ops), p.anyInstance(p.dice, who), who.instance.admin()))
	}
}

func ownPlace(p *part) {
	p.inside = true
	switch p.IntN(3) {
	case 0:
		p.enumerate(p.count(5, 40), p.span(2*time.Minute, 12*time.Hour))
	case 1:
		p.sweep(p.count(8, 300), p.span(2*time.Minute, 12*time.Hour))
	default:
		p.seize(p.count(2, 10), p.span(time.Minute, 4*time.Hour))
	}
}

// seize tries what destroys, takes or gives power.
func (p *part) seize(n int, total time.Duration) {
	who := p.victim()
	for len(p.refusable(who, graves)) == 0 {
		who = p.machine()
	}
	c := p.intruder(who)
	ops := some(p.dice, p.refusable(who, graves), p.count(1, 5))
	for _, at := range p.times(p.begin, total, n) {
		p.try(at, c, p.order(p.dice, pick(p.dice, ops), p.anyInstance(p.dice, who), who.instance.admin()))
	}
}

func hijackedScanner(p *part) {
	who, c := p.scanner(p.chance(0.5))
	usual := some(p.dice, p.refusable(who, reads), p.count(3, 12))
	quiet := p.ledger
	p.ledger = nil // what it did before is everyday traffic
	nights := p.between(5, 9)
	for i := range nights {
		p.scan(p.begin.AddDate(0, 0, i), c, who, usual, 1+p.IntN(3))
	}
	p.ledger = quiet
	if !p.inside {
		c = p.thief(who, lair(p.dice))
	}
	ops := some(p.dice, p.refusable(who, func(o *operation) bool { return !o.read }), p.count(4, 16))
	ops = append(ops, some(p.dice, p.refusable(who, sweepable), 2)...)
	for _, at := range p.times(p.begin.AddDate(0, 0, nights), p.span(10*time.Minute, 20*time.Hour), p.count(8, 60)) {
		p.try(at, c, p.order(p.dice, pick(p.dice, ops), p.instances[0], p.instances[0].admin()))
	}
}
