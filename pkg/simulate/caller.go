package simulate

import (
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// fixed is an address that stays.
func fixed(a netip.Addr) func(time.Time) netip.Addr {
	return func(time.Time) netip.Addr { return a }
}

// rotating gives an address of any of the networks anew at every call.
func (p *part) rotating(nets []network) func(time.Time) netip.Addr {
	return func(time.Time) netip.Addr { return pick(p.dice, nets).address(p.dice) }
}

// usual is who at work as on any day: own session, network and client.
func (p *part) usual(who *principal) caller {
	replica, place := p.IntN(3), p.IntN(len(who.networks))
	if who.species == lambdaRole || who.species == ciRole {
		replica = place // every instance has credentials and an address of its own
	}
	c := caller{who: who, agent: pick(p.dice, who.agents)}
	c.console = who.species == person && strings.HasPrefix(c.agent, "Mozilla/")
	c.session = func(at time.Time) session { return who.sessionAt(at, replica) }
	c.address = fixed(who.networks[place].address(p.dice))
	return c
}

// intruder is somebody else with who's credentials: in who's place where the
// part plays inside, else from an address and with a client of their own.
func (p *part) intruder(who *principal) caller {
	if p.inside {
		return p.usual(who)
	}
	return p.thief(who, lair(p.dice))
}

// thief is who's credentials in somebody else's hands, used from a network.
// Sessions end, so a thief who stays takes or makes a new one now and then.
func (p *part) thief(who *principal, from network) caller {
	c := caller{who: who, agent: toolAgent(p.dice), address: fixed(from.address(p.dice))}
	if !who.role() {
		c.session = func(at time.Time) session { return who.sessionAt(at, 0) }
		return c
	}
	salt, life := strconv.FormatUint(p.Uint64(), 36), p.span(time.Hour, 12*time.Hour)
	named := ""
	if who.session == "" && p.chance(0.4) { // assumed the role rather than stole a session
		named = p.alias()
	}
	replica := strconv.Itoa(p.IntN(3))
	c.session = func(at time.Time) session {
		created := at.Truncate(life)
		s := who.newSession(created, replica, salt, strconv.FormatInt(created.Unix(), 10))
		if named != "" {
			s.name = named
		}
		return s
	}
	return c
}

// alias is a session name that an attacker chose.
func (p *part) alias() string {
	return pick(p.dice, []string{
		"session", "test", "aws-go-sdk-" + strconv.FormatUint(p.Uint64()%1e15, 10), "botocore-session-" + strconv.Itoa(1_700_000_000+p.IntN(90_000_000)),
		"health-check", "AWSCompromisedKeyQuarantine", "chat-service", "i-0" + hexOf(16, "alias", strconv.FormatUint(p.Uint64(), 10)),
	})
}

// user is the n-th app user of an app role's application, on the user's own
// device and network.
func (p *part) user(app *principal, n int) caller {
	d := newDice(p.stage.config.Seed, "user", app.name, strconv.Itoa(n))
	nets := []network{newNetwork(d, home, 1), newNetwork(d, carrier, 200)}
	c := caller{who: app, agent: pick(d, app.agents)}
	c.session = func(at time.Time) session { return app.sessionAt(at, n) }
	c.address = fixed(nets[p.IntN(2)].address(p.dice))
	return c
}

// times is n times between from and from+total, in order.
func (p *part) times(from time.Time, total time.Duration, n int) []time.Time {
	// Gaps of exponential length, scaled to the whole, are uniform points in order.
	gaps := make([]float64, n+1)
	sum := 0.0
	for i := range gaps {
		gaps[i] = p.ExpFloat64()
		sum += gaps[i]
	}
	out := make([]time.Time, n)
	at := 0.0
	for i := range out {
		at += gaps[i]
		out[i] = from.Add(time.Duration(at / sum * float64(total)))
	}
	return out
}

// paced is n times from a start with a mean gap, as a person (irregular) or a
// program (nearly regular) has it.
func (p *part) paced(from time.Time, mean time.Duration, n int) []time.Time {
	regular := p.chance(0.5)
	out := make([]time.Time, n)
	for i := range out {
		out[i] = from
		if regular {
			from = from.Add(time.Duration((0.9 + 0.2*p.Float64()) * float64(mean)))
		} else {
			from = from.Add(p.gap(mean))
		}
	}
	return out
}

// working moves at to the next moment in who's working hours, at random within
// the day unless at is in them already.
func (p *part) working(at time.Time, who *principal) time.Time {
	local := at.Add(who.zone)
	day := local.Truncate(24 * time.Hour)
	if since := local.Sub(day); !weekend(day) && since >= 9*time.Hour && since < 18*time.Hour {
		return at
	} else if since >= 9*time.Hour {
		day = day.AddDate(0, 0, 1)
	}
	for weekend(day) {
		day = day.AddDate(0, 0, 1)
	}
	return day.Add(9*time.Hour + time.Duration(p.Float64()*float64(8*time.Hour)) - who.zone)
}

// victim is one of the team whose credentials are worth trying out: not an
// administrator, to whom hardly anything is refused.
func (p *part) victim() *principal {
	return pick(p.dice, p.members(func(x *principal) bool { return len(missing(x, p.ops.all)) >= len(p.ops.all)/4 }))
}

// machine and human choose one of the team.
func (p *part) machine() *principal { return pick(p.dice, p.members((*principal).workload)) }
func (p *part) humanOne() *principal {
	return pick(p.dice, p.members(func(x *principal) bool { return x.species == person }))
}

// refusable are the operations that who may not call and keep accepts.
func (p *part) refusable(who *principal, keep func(*operation) bool) []*operation {
	return p.ops.where(func(o *operation) bool { return !who.allowed.has(o) && keep(o) })
}

func anyOp(*operation) bool     { return true }
func reads(o *operation) bool   { return o.read }
func writes(o *operation) bool  { return !o.read }
func graves(o *operation) bool  { return o.grave }
func plain(o *operation) bool   { return !o.grave }
func ofUsers(o *operation) bool { return o.bearer }
func sweepable(o *operation) bool {
	return o.read && (o.aim == onChannel || o.aim == onMember || o.aim == onMessage)
}
