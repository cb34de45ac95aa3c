package simulate

import (
	"strings"
	"time"
)

// peopleTroubles are people of the team who click and type.
func peopleTroubles() []*scenario {
	return []*scenario{
		trouble("curious-engineer", "somebody tries what the role can do: a few operations by hand, perhaps again the next day", 0.05, 2, atWork, curious),
		trouble("console-first-day", "a new administrator clicks about in the console, whose pages call much that the role lacks", 0.04, 1, atWork, firstDay),
	}
}

func curious(p *part) {
	who := p.humanOne()
	ops := some(p.dice, p.refusable(who, plain), p.count(2, 9))
	if p.chance(0.15) {
		ops = append(ops, some(p.dice, p.refusable(who, graves), 1)...)
	}
	at := p.working(p.begin, who)
	for range p.between(1, 2) {
		c := p.usual(who)
		if p.chance(0.1) { // from a hotel
			c.address = fixed(newNetwork(p.dice, home, 1).address(p.dice))
		}
		gap := p.span(10*time.Second, 15*time.Minute)
		t := at
		for _, op := range ops {
			for range p.count(1, 3) {
				p.try(t, c, p.order(p.dice, op, p.anyInstance(p.dice, who), who.instance.admin()))
				t = t.Add(p.gap(gap))
			}
		}
		at = p.working(at.Add(20*time.Hour), who)
	}
}

func firstDay(p *part) {
	who := p.humanOne()
	c := p.usual(who)
	c.agent, c.console = browserAgent(p.dice), true
	// What the pages show: lists and details of applications, users, flows.
	pages := p.refusable(who, func(o *operation) bool {
		return o.read && (strings.Contains(o.name, "AppInstance") || strings.Contains(o.name, "Flow") || strings.Contains(o.name, "Streaming") || o.name == "ListChannels" || o.name == "ListTagsForResource")
	})
	pages = some(p.dice, pages, p.count(3, 14))
	at := p.working(p.begin, who)
	for range p.count(1, 5) {
		for _, op := range some(p.dice, pages, p.between(1, max(1, len(pages)))) {
			p.try(at, c, p.order(p.dice, op, who.instance, who.instance.admin()))
			at = at.Add(p.span(50*time.Millisecond, 3*time.Second))
		}
		at = at.Add(p.span(20*time.Second, 30*time.Minute))
	}
}
