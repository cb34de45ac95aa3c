package simulate

import "fmt"

// duties are the things that a chat backend does, with the operations it needs.
func duties() []struct {
	name string
	ops  []string
} {
	return []struct {
		name string
		ops  []string
	}{
		{"sender", []string{"SendChannelMessage", "DescribeChannel", "ListChannelMemberships", "CreateChannel", "CreateChannelMembership", "UpdateChannel"}},
		{"provisioner", []string{"CreateAppInstanceUser", "UpdateAppInstanceUser", "DeleteAppInstanceUser", "ListAppInstanceUsers", "DescribeAppInstanceUser", "BatchCreateChannelMembership", "PutAppInstanceUserExpirationSettings"}},
		{"moderation", []string{"RedactChannelMessage", "DeleteChannelMessage", "CreateChannelBan", "ListChannelBans", "GetChannelMessage", "ListChannelMessages", "CreateChannelModerator"}},
		{"lifecycle", []string{"DeleteChannel", "PutChannelExpirationSettings", "ListChannels", "DescribeChannel", "UpdateChannel"}},
		{"flow-processor", []string{"ChannelFlowCallback", "DescribeChannelFlow"}},
		{"archiver", []string{"ListChannels", "ListChannelMessages", "GetChannelMessage", "GetMessagingStreamingConfigurations"}},
		{"connector", []string{"GetMessagingSessionEndpoint", "RegisterAppInstanceUserEndpoint", "ListAppInstanceUserEndpoints", "UpdateAppInstanceUserEndpoint"}},
		{"search", []string{"SearchChannels", "DescribeChannel", "ListChannelMembershipsForAppInstanceUser"}},
		{"bots", []string{"CreateAppInstanceBot", "UpdateAppInstanceBot", "DescribeAppInstanceBot", "ListAppInstanceBots", "SendChannelMessage", "CreateChannelMembership"}},
		{"inventory", []string{"ListAppInstances", "DescribeAppInstance", "ListTagsForResource", "TagResource", "ListChannelFlows"}},
	}
}

// member makes the i-th member of the team: two thirds machines, the rest
// people and pipelines.
func (w *world) member(d dice, i int) *principal {
	accounts := []*account{w.prod, w.prod, w.prod, w.staging, w.dev}
	p := &principal{account: pick(d, accounts), zone: pick(d, zones())}
	p.instance = w.anyInstance(d, p)
	switch x := i % 20; {
	case x < 5:
		p.species = lambdaRole
	case x < 9:
		p.species = ecsRole
	case x < 10:
		p.species = ec2Role
	case x < 12:
		p.species = eksRole
	case x < 13:
		p.species = iamServer
	case x < 14:
		p.species = ciRole
	case x < 15:
		p.species = iamPerson
	default:
		p.species = person
	}
	switch {
	case p.workload():
		w.machine(d, p, i)
	case p.species == ciRole:
		w.pipeline(d, p, i)
	default:
		w.person(d, p, i)
	}
	return p.settle()
}

// machine makes p a backend with one or two duties.
func (w *world) machine(d dice, p *principal, i int) {
	for j, duty := range some(d, duties(), d.between(1, 2)) {
		if j == 0 {
			p.name = fmt.Sprintf("%s-%s-%d", p.account.name, duty.name, i)
		}
		p.daily = append(p.daily, w.ops.named(duty.ops...)...)
	}
	for _, o := range p.daily {
		p.allowed.add(o)
	}
	p.bounded = d.chance(0.1)
	p.path = pick(d, []string{"/", "/", "/service-role/", "/chat/backend/"})
	place := p.account.id + p.instance.region
	switch {
	case p.species == lambdaRole:
		p.agents = []string{lambdaAgent(d)}
		if d.chance(0.4) {
			// Outside a VPC a function calls from addresses of the provider that change.
			for range d.between(3, 8) {
				p.networks = append(p.networks, newNetwork(d, natGateway, 20))
			}
			return
		}
	case p.species == eksRole:
		p.provider = fmt.Sprintf("arn:aws:iam::%s:oidc-provider/oidc.eks.%s.amazonaws.com/id/%s", p.account.id, p.instance.region, hexOf(32, "cluster", place))
		p.agents = []string{serverAgent(d)}
	case p.species == iamServer:
		p.agents = []string{serverAgent(d)}
		p.networks = []network{pick(d, w.offices)} // a machine in the data centre
		p.path = pick(d, []string{"/", "/machines/"})
		return
	default:
		p.agents = []string{serverAgent(d)}
	}
	if d.chance(0.4) {
		p.networks = []network{w.subnets[place]}
	} else {
		p.networks = w.gateways[place]
	}
}

// pipeline makes p a deployment role with everything it may need.
func (w *world) pipeline(d dice, p *principal, i int) {
	p.name = fmt.Sprintf("%s-deploy-%d", p.account.name, i)
	p.provider = "arn:aws:iam::" + p.account.id + ":oidc-provider/token.actions.githubusercontent.com"
	p.daily = w.ops.named("CreateChannelFlow", "UpdateChannelFlow", "PutMessagingStreamingConfigurations", "DescribeAppInstance",
		"UpdateAppInstance", "PutAppInstanceRetentionSettings", "TagResource", "CreateAppInstanceAdmin", "ListAppInstanceAdmins")
	for _, o := range p.daily {
		p.allowed.add(o)
	}
	p.agents = []string{fmt.Sprintf("APN/1.0 HashiCorp/1.0 Terraform/1.%d.%d (+https://www.terraform.io) %s", d.between(5, 13), d.IntN(9), serverAgent(d)), serverAgent(d)}
	if d.chance(0.5) {
		p.networks = w.gateways[p.account.id+p.instance.region]
		return
	}
	for range 40 {
		p.networks = append(p.networks, newNetwork(d, runners, 200))
	}
}

// person makes p somebody with an office, a home and a way of working.
func (w *world) person(d dice, p *principal, i int) {
	reads := w.ops.where(func(o *operation) bool { return o.read })
	who := fmt.Sprintf("%s.%s%d", pick(d, []string{"ana", "ben", "chloe", "dmitri", "emeka", "fatima", "george", "hana", "ines", "jonas", "kavya", "li"}),
		pick(d, []string{"anders", "bauer", "costa", "diaz", "evans", "fischer", "garcia", "haddad", "ito", "jensen"}), i)
	switch x := d.Float64(); {
	case x < 0.25: // an administrator
		for _, o := range w.ops.all {
			p.allowed.add(o)
		}
		for _, o := range some(d, w.ops.all, d.between(1, 12)) {
			p.allowed.drop(o)
		}
		p.name = "AWSReservedSSO_ChatAdmin_"
	case x < 0.75: // reads, and some more
		for _, o := range some(d, reads, d.between(len(reads)/2, len(reads)-2)) {
			p.allowed.add(o)
		}
		p.name = "AWSReservedSSO_ChatReadOnly_"
	default: // has little to do with chat
		for _, o := range some(d, reads, d.between(1, 4)) {
			p.allowed.add(o)
		}
		p.name = "AWSReservedSSO_Developer_"
	}
	p.daily = some(d, w.ops.where(p.allowed.has), d.between(2, 10))
	p.mfa = d.chance(0.9)
	p.networks = []network{pick(d, w.offices), newNetwork(d, home, 1)}
	if d.chance(0.5) {
		p.networks = append(p.networks, w.vpn)
	}
	p.agents = []string{cliAgent(d, pick(d, laptops()), "chime-sdk-messaging."+pick(d, []string{"list-channels", "describe-channel", "list-channel-messages"}))}
	if p.species == person && d.chance(0.6) {
		p.agents = append(p.agents, browserAgent(d))
	}
	if p.species == person {
		p.name += hexOf(16, p.account.id, p.name)
		p.path = "/aws-reserved/sso.amazonaws.com/"
		if d.chance(0.5) {
			p.path += "eu-central-1/"
		}
		p.session = who + "@example.com"
		return
	}
	p.name, p.path, p.mfa = who, pick(d, []string{"/", "/people/"}), false
}
