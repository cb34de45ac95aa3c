package simulate

import (
	"net/netip"
	"time"
)

// userTroubles are app users and their clients.
func userTroubles() []*scenario {
	return []*scenario{
		trouble("app-button", "a release shows all users a button that only moderators may press, and they press it", 0.06, 5, atWork, button),
		trouble("stale-bearers", "users were deleted or made anew; their clients go on with the old ARN as bearer", 0.06, 2, atAnyTime, staleBearers),
		trouble("roaming-users", "phones that change networks all day while the app polls a channel that the user has left", 0.05, 2, atAnyTime, roaming),
	}
}

// nowhere is the address of a service on its own behalf.
func nowhere(time.Time) netip.Addr { return netip.Addr{} }

func button(p *part) {
	app := p.app()
	on := app.instance
	op := pick(p.dice, p.ops.named("DeleteChannelMessage", "UpdateChannel", "CreateChannelBan", "RedactChannelMessage", "CreateChannelModerator", "ListChannelBans", "DeleteChannelMembership"))
	total := p.span(2*time.Hour, 4*24*time.Hour)
	for range p.count(8, 400) {
		n := p.IntN(on.users)
		c, at := p.user(app, n), p.begin.Add(time.Duration(p.Float64()*float64(total)))
		for range p.count(1, 6) {
			p.send(at, c, p.order(p.dice, op, on, on.user(n)), p.forbidden())
			at = at.Add(p.span(time.Second, 10*time.Minute))
		}
	}
}

func staleBearers(p *part) {
	app := p.app()
	on := app.instance
	unauthorized := p.chance(0.6)
	for range p.count(3, 150) {
		n := p.IntN(on.users)
		c := p.user(app, n)
		op := pick(p.dice, app.daily[:5])
		at := p.begin.Add(time.Duration(p.Float64() * float64(20*time.Hour)))
		for _, t := range p.paced(at, p.span(2*time.Second, 20*time.Minute), p.count(1, 60)) {
			o := p.order(p.dice, op, on, on.part("user", 1_000_000+n))
			p.send(t, c, o, p.badBearer(unauthorized))
		}
	}
}

func roaming(p *part) {
	app := p.app()
	on := app.instance
	for range p.count(1, 25) {
		n := p.IntN(on.users)
		c := p.user(app, n)
		var nets []network
		for range p.between(2, 9) {
			nets = append(nets, newNetwork(p.dice, pick(p.dice, []site{carrier, carrier, home, office}), 200))
		}
		c.address = p.rotating(nets)
		op := pick(p.dice, p.ops.named("ListChannelMessages", "UpdateChannelReadMarker", "DescribeChannel"))
		o := p.order(p.dice, op, on, on.user(n))
		for _, at := range p.times(p.begin.Add(p.span(time.Minute, 10*time.Hour)), p.span(time.Hour, 20*time.Hour), p.count(2, 40)) {
			p.send(at, c, o, p.forbidden())
		}
	}
}
