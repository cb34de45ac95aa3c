package simulate

import (
	"fmt"
	"strconv"
	"time"
)

// account is an AWS account.
type account struct{ id, name string }

// appInstance is one chat application.
// https://docs.aws.amazon.com/chime-sdk/latest/dg/using-the-messaging-sdk.html
type appInstance struct {
	account  *account
	region   string
	id       string
	channels int // numbered from 0
	users    int
}

func (a *appInstance) arn() string {
	return "arn:aws:chime:" + a.region + ":" + a.account.id + ":app-instance/" + a.id
}

// part is the ARN of the n-th thing of a kind: channel, user, bot, channel-flow.
func (a *appInstance) part(kind string, n int) string {
	return a.arn() + "/" + kind + "/" + uuidOf(a.id, kind, strconv.Itoa(n))
}

func (a *appInstance) channel(n int) string { return a.part("channel", n) }
func (a *appInstance) user(n int) string    { return a.part("user", n) }

// admin is the app-instance user as which the backends act.
func (a *appInstance) admin() string { return a.arn() + "/user/chat-service" }

// world is what is there: accounts, applications, principals, habits.
type world struct {
	ops *catalogue

	organisation  string // id
	management    *account
	prod, staging *account
	dev, secops   *account
	partner       *account
	instances     []*appInstance // all; the first is the main one
	roster        []*principal   // the team, without app roles
	apps          []*principal   // one app role for each production instance
	partners      []*principal
	users         int // app users of the main instance

	offices  []network
	vpn      network
	gateways map[string][]network // by account id and Region
	subnets  map[string]network

	suffix     string // how Chime ends error codes
	aboutRoles string // what Forbidden says
	hideBearer bool
}

// newWorld builds the world of a configuration.
func newWorld(cfg Config) *world {
	d := newDice(cfg.Seed, "world")
	w := &world{
		ops: newCatalogue(), organisation: "o-" + hexOf(10, "org", strconv.FormatUint(cfg.Seed, 10)),
		gateways: map[string][]network{}, subnets: map[string]network{},
		hideBearer: cfg.HideBearers, users: cfg.appUsers(),
	}
	for _, a := range []struct {
		at   **account
		name string
	}{
		{&w.management, "management"}, {&w.prod, "chat-prod"}, {&w.staging, "chat-stage"},
		{&w.dev, "chat-dev"}, {&w.secops, "security"}, {&w.partner, "partner"},
	} {
		*a.at = newAccount(d, a.name)
	}
	w.suffix = pick(d, []string{"Exception", "Exception", "Exception", ""})
	w.aboutRoles = pick(d, []string{"AWS authorization failed", "AWS authorization failed", ""})

	app := func(a *account, region, name string, channels, users int) {
		w.instances = append(w.instances, &appInstance{a, region, uuidOf("app", name, a.id), channels, users})
	}
	app(w.prod, "us-east-1", "chat", 5000, w.users)
	app(w.prod, "us-east-1", "support", 1500, w.users/4+1)
	app(w.prod, "eu-central-1", "chat-eu", 2500, w.users/2+1)
	app(w.staging, "us-east-1", "chat", 400, 500)
	app(w.dev, "us-east-1", "chat", 100, 60)

	for range 3 {
		w.offices = append(w.offices, newNetwork(d, office, d.between(1, 3)))
	}
	w.vpn = newNetwork(d, office, 2)
	for _, a := range []*account{w.prod, w.staging, w.dev, w.secops, w.partner} {
		for _, r := range []string{"us-east-1", "eu-central-1"} {
			for range d.between(1, 3) {
				w.gateways[a.id+r] = append(w.gateways[a.id+r], newNetwork(d, natGateway, d.between(1, 2)))
			}
			w.subnets[a.id+r] = newSubnet(d)
		}
	}
	w.hire(cfg)
	return w
}

// newAccount invents an account of twelve digits.
func newAccount(d dice, name string) *account {
	return &account{id: fmt.Sprintf("%012d", 100_000_000_000+d.Int64N(900_000_000_000)), name: name}
}

// hire fills the roster. Every principal is drawn from a stream of its own.
func (w *world) hire(cfg Config) {
	for i := range cfg.Principals {
		d := newDice(cfg.Seed, "principal", strconv.Itoa(i))
		w.roster = append(w.roster, w.member(d, i))
	}
	for i, in := range w.instances[:3] {
		d := newDice(cfg.Seed, "app", strconv.Itoa(i))
		p := &principal{
			species: appRole, name: fmt.Sprintf("ChatAppAuthenticated%d", i+1), account: w.prod, instance: in,
			provider: "cognito-identity.amazonaws.com", path: "/service-role/",
			daily: w.ops.named("ListChannelMessages", "SendChannelMessage", "GetMessagingSessionEndpoint", "UpdateChannelReadMarker",
				"ListChannelMembershipsForAppInstanceUser", "DescribeChannel", "ListChannelMemberships"),
		}
		for _, o := range w.ops.all {
			if o.bearer || o.name == "GetMessagingSessionEndpoint" {
				p.allowed.add(o) // IAM lets app users try; the back end decides
			}
		}
		for range 12 {
			p.agents = append(p.agents, appAgent(d))
		}
		w.apps = append(w.apps, p.settle())
	}
	for i := range 2 {
		d := newDice(cfg.Seed, "partner", strconv.Itoa(i))
		p := &principal{
			species: foreignRole, name: pick(d, []string{"crm-sync", "contact-center-bridge", "bot-runtime"}) + fmt.Sprintf("-%d", i),
			account: w.partner, instance: w.instances[i], masked: i == 0,
			networks: w.gateways[w.partner.id+"us-east-1"][:1], agents: []string{serverAgent(d)},
			daily: w.ops.named("SendChannelMessage", "ListChannelMemberships", "DescribeChannel"),
		}
		w.partners = append(w.partners, p.settle())
	}
}

// anyInstance is one of the applications of p's account, mostly its own.
func (w *world) anyInstance(d dice, p *principal) *appInstance {
	if p.instance != nil && d.chance(0.85) {
		return p.instance
	}
	var own []*appInstance
	for _, in := range w.instances {
		if in.account == p.account {
			own = append(own, in)
		}
	}
	if len(own) == 0 {
		return w.instances[0]
	}
	return pick(d, own)
}

// members are those of the roster that keep accepts; the whole roster if none.
func (w *world) members(keep func(*principal) bool) []*principal {
	var out []*principal
	for _, p := range w.roster {
		if keep(p) {
			out = append(out, p)
		}
	}
	if len(out) == 0 {
		return w.roster
	}
	return out
}

// zones are where the team's people live, as time east of UTC.
func zones() []time.Duration {
	return []time.Duration{-8 * time.Hour, -5 * time.Hour, -5 * time.Hour, time.Hour, time.Hour, 5*time.Hour + 30*time.Minute}
}
