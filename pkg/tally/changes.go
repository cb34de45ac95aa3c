package tally

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"chimewatch/pkg/denial"
)

// At is the place of a tally: a subject and an hour.
type At struct {
	Subject Subject
	Hour    Hour
}

// Tally is both parts of what one subject did in one hour. Detail is nil where
// there is none: access keys and networks have none.
type Tally struct {
	Summary Summary
	Detail  *Detail
}

// Merge adds o, which must be of calls that are not in t yet.
func (t *Tally) Merge(o *Tally) {
	t.Summary.Merge(&o.Summary)
	if o.Detail != nil {
		if t.Detail == nil {
			t.Detail = &Detail{}
		}
		t.Detail.Merge(o.Detail)
	}
}

// Clone returns a copy that shares nothing with t.
func (t *Tally) Clone() *Tally {
	c := &Tally{}
	c.Merge(t)
	return c
}

// Changes is what calls add to the tallies of their subjects.
type Changes struct {
	hasher Hasher
	hours  map[Subject]map[Hour]*Tally
	seen   map[Sighting]Ref

	clients map[string]uint64 // of user agents of late
}

// NewChanges returns empty Changes.
func NewChanges(h Hasher) *Changes {
	return &Changes{hasher: h, hours: map[Subject]map[Hour]*Tally{}, seen: map[Sighting]Ref{}, clients: map[string]uint64{}}
}

// Tally returns what was added at a place, nil where nothing was. It belongs to
// the Changes.
func (ch *Changes) Tally(at At) *Tally { return ch.hours[at.Subject][at.Hour] }

// Forget drops what was added of a subject.
func (ch *Changes) Forget(s Subject) { delete(ch.hours, s) }

// Sightings returns the earliest call of each actor at each place.
func (ch *Changes) Sightings() map[Sighting]Ref { return ch.seen }

// Places returns the places of all tallies, sorted by subject, then hour.
func (ch *Changes) Places() []At {
	var out []At
	for _, s := range ch.Subjects() {
		for _, h := range slices.Sorted(maps.Keys(ch.hours[s])) {
			out = append(out, At{s, h})
		}
	}
	return out
}

// Counts reports whether the call adds anything to any tally: it is a denial,
// or the success of a critical operation, and not by a service principal.
func Counts(c *denial.Call) bool {
	if c.Principal.Service {
		return false
	}
	return c.Outcome == denial.Refused || (c.Outcome == denial.Success && c.Critical)
}

// Add adds one call. The caller makes sure that no call is added twice.
func (ch *Changes) Add(c *denial.Call) {
	Sightings(ch.hasher, c, func(s Sighting) {
		first := ch.seen[s]
		first.earlier(Ref{c.Time, c.Key})
		ch.seen[s] = first
	})
	ch.Count(c)
}

// Count adds one call to the tallies only.
func (ch *Changes) Count(c *denial.Call) {
	if !Counts(c) {
		return
	}
	hour, minute := HourOf(c.Time), minuteOf(c.Time)
	ref := Ref{c.Time, c.Key}
	p := &ch.at(Subject{Principal, c.Principal.Key}, hour).Summary
	op := ch.hasher.Operation(c.Operation)

	if c.Outcome == denial.Success {
		addMinutes(&p.Succeeded, OperationMinutes{c.Operation, 1 << minute})
		p.Marks[MarkSucceeded].Add(op, ref, limitFirsts)
		return
	}

	var network uint64
	if c.Public {
		network = ch.hasher.Network(denial.NetworkOf(c.Source))
	}
	if critical(c) {
		p.Critical++
		addMinutes(&p.Refused, OperationMinutes{c.Operation, 1 << minute})
		p.Marks[MarkCritical].Add(op, ref, limitFirsts)
	}
	if credential(c) {
		p.Credential++
		p.Marks[MarkCredential].Add(op, ref, limitFirsts)
	}
	if claim(c) {
		bearer := ch.hasher.Sum("bearer", c.Bearer)
		p.Claims++
		p.Bearers.Add(bearer)
		p.Marks[MarkClaim].Add(bearer, ref, limitFirsts)
	}
	if quarantined(c) {
		p.Quarantined++
		p.Marks[MarkQuarantined].Add(op, ref, limitFirsts)
	}
	if c.Foreign {
		p.Foreign++
		p.Marks[MarkForeign].Add(op, ref, limitFirsts)
	}
	if root(c) {
		p.Root++
		p.Marks[MarkRoot].Add(op, ref, limitFirsts)
	}
	ch.addActor(c, op, network, ref)

	if c.Public && c.AccessKey != "" {
		k := &ch.at(Subject{AccessKey, c.AccessKey}, hour).Summary
		k.Denials++
		k.Networks.Add(network)
		k.Firsts.Add(network, ref, limitFirsts)
	}
	if c.Public {
		who := ch.hasher.Sum("principal", c.Principal.Key)
		n := &ch.at(Subject{Network, denial.NetworkOf(c.Source).String()}, hour).Summary
		n.Denials++
		n.Principals.Add(who)
		n.Firsts.Add(who, ref, limitFirsts)
	}
}

// addActor adds what counts against the actor.
func (ch *Changes) addActor(c *denial.Call, op, network uint64, ref Ref) {
	hour, at := HourOf(c.Time), uint8(minuteOf(c.Time))
	subject := Actor(c)
	actor := ch.hasher.Actor(subject)
	t := ch.at(subject, hour)
	if t.Detail == nil {
		t.Detail = &Detail{}
	}
	s, m := &t.Summary, t.Detail.minute(at)

	s.Denials++
	s.Operations.Add(op)
	s.Firsts.Add(op, ref, limitFirsts)
	m.Denials++
	m.Operations.Add(op)
	m.First.earlier(ref)

	var resource uint64
	if c.Resource != "" {
		resource = ch.hasher.Sum("resource", c.Resource)
		s.Resourced++
		s.Resources.Add(resource)
		m.Resources.Add(resource)
		if subject.Kind == Bearer && c.Critical {
			pair := ch.hasher.Sum("pair", c.Operation, c.Resource)
			s.Critical++
			s.Marks[MarkCritical].Add(pair, ref, limitFirsts)
			m.Pairs.Add(pair)
		}
	}
	if c.KnownSource {
		network = 0
	}
	if network != 0 {
		s.Networks.Add(network)
	}
	if subject.Kind == Principal {
		s.Clients.Add(ch.client(c.UserAgent))
		s.Clients.atMost(MaxClients)
	}

	var policy uint64
	if org, ok := OrganisationPolicy(c); ok {
		policy = ch.hasher.Policy(org)
		d := ch.at(org, hour)
		if d.Detail == nil {
			d.Detail = &Detail{}
		}
		pm := d.Detail.minute(at)
		pm.Denials++
		pm.Actors.Add(actor)
		pm.First.earlier(ref)
		d.Detail.Actors.Add(actor, ref, MaxActors)
	}

	var bearer uint64
	if c.Bearer != "" && subject.Kind == Principal {
		bearer = ch.hasher.Sum("bearer", c.Bearer)
	}
	cell := Cell{
		Operation: c.Operation, Resource: resource, Network: network, Policy: policy, Bearer: bearer,
		Traits: traits(c), Minutes: 1 << at, First: ref,
	}
	cell.ID = cell.hash(op)
	t.Detail.addCell(cell)
}

// client returns the element of a user agent; of most calls it is one of a few.
func (ch *Changes) client(userAgent string) uint64 {
	client, ok := ch.clients[userAgent]
	if !ok {
		if client = ch.hasher.Client(userAgent); len(ch.clients) >= maxAgents {
			clear(ch.clients)
		}
		ch.clients[strings.Clone(userAgent)] = client // it may be part of a whole file
	}
	return client
}

// maxAgents bounds how many user agents are remembered: callers write them.
const maxAgents = 256

func (ch *Changes) at(s Subject, h Hour) *Tally {
	hours := ch.hours[s]
	if hours == nil {
		hours = map[Hour]*Tally{}
		ch.hours[s] = hours
	}
	t := hours[h]
	if t == nil {
		t = &Tally{}
		hours[h] = t
	}
	return t
}

func traits(c *denial.Call) Traits {
	var t Traits
	set := func(yes bool, bit Traits) {
		if yes {
			t |= bit
		}
	}
	p := c.Principal
	set(c.Critical, TraitCritical)
	set(c.Read, TraitRead)
	set(c.Cause == denial.AppRole || noUser(c), TraitAppRole)
	set(c.Cause == denial.IAM || c.Cause == denial.Network, TraitIAM)
	set(c.Cause == denial.Credential || c.BadBearer || elsewhere(c), TraitCredential)
	set(p.Role && !p.SSO && !p.WebIdentity && !c.Foreign, TraitWorkload)
	set(c.Foreign, TraitForeign)
	set(p.SSO, TraitSSO)
	return t
}

// elsewhere reports whether a policy refused one of the team's own what belongs to
// another account, for which it has the wrong credentials.
func elsewhere(c *denial.Call) bool {
	return c.Cause == denial.IAM && !c.Foreign && c.Elsewhere() != ""
}

// hash mixes the fields that make a cell. They are keyed hashes already, so
// mixing needs no key of its own.
func (c *Cell) hash(op uint64) uint64 {
	h := uint64(0x9e3779b97f4a7c15)
	for _, v := range [...]uint64{op, c.Resource, c.Network, c.Policy, c.Bearer, uint64(c.Traits)} {
		h ^= v
		h *= 0xff51afd7ed558ccd
		h ^= h >> 32
	}
	return h
}

// Subjects returns all subjects, sorted.
func (ch *Changes) Subjects() []Subject {
	return slices.SortedFunc(maps.Keys(ch.hours), Subject.Compare)
}

// History returns the tallies of a subject. They belong to the Changes.
func (ch *Changes) History(s Subject) History {
	hours := ch.hours[s]
	out := make(History, 0, len(hours))
	for h, t := range hours {
		out = append(out, Hourly{h, t})
	}
	slices.SortFunc(out, func(a, b Hourly) int { return cmp.Compare(a.Hour, b.Hour) })
	return out
}
