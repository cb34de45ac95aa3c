package simulate

import (
	"cmp"
	"container/heap"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// stage runs the parts: a discrete simulation whose agenda holds what comes
// next, so that what is in memory is only what has begun and has not ended.
type stage struct {
	config  Config
	world   *world
	agenda  agenda
	parts   int
	ledgers []*ledger
}

// item is something on the agenda: a call that happens or a step of a part.
type item struct {
	at   time.Time
	part int // order among parts, then within the part
	turn int
	call *call
	step func(at time.Time)
}

// agenda is a heap by time; what is due at the same time goes by part and turn,
// so the order never depends on how the heap was filled.
type agenda []item

func (a agenda) Len() int      { return len(a) }
func (a agenda) Swap(i, j int) { a[i], a[j] = a[j], a[i] }
func (a agenda) Less(i, j int) bool {
	return cmp.Or(a[i].at.Compare(a[j].at), cmp.Compare(a[i].part, a[j].part), cmp.Compare(a[i].turn, a[j].turn)) < 0
}
func (a *agenda) Push(x any) { *a = append(*a, x.(item)) }
func (a *agenda) Pop() any {
	last := len(*a) - 1
	x := (*a)[last]
	(*a)[last] = item{}
	*a = (*a)[:last]
	return x
}

func newStage(cfg Config) *stage {
	return &stage{config: cfg, world: newWorld(cfg)}
}

// part is one thread of what happens: a principal's days or one instance of a
// scenario. It has dice of its own.
type part struct {
	dice
	*world
	stage  *stage
	number int
	turns  int
	ledger *ledger // nil for everyday traffic
	begin  time.Time
	inside bool // an attack from the victim's own place
}

// newPart adds a part whose dice are named by path.
func (st *stage) newPart(path ...string) *part {
	st.parts++
	return &part{dice: newDice(st.config.Seed, path...), world: st.world, stage: st, number: st.parts}
}

// open puts the beginnings on the agenda.
func (st *stage) open() {
	for i, who := range st.world.roster {
		p := st.newPart("days", strconv.Itoa(i))
		p.later(st.config.Start, func(at time.Time) { p.day(at, who) })
	}
	for i, app := range st.world.apps {
		p := st.newPart("app days", strconv.Itoa(i))
		p.later(st.config.Start, func(at time.Time) { p.appDay(at, app) })
	}
	for _, s := range allScenarios() {
		if !st.config.wanted(s.Name) {
			continue
		}
		d := newDice(st.config.Seed, "schedule", s.Name)
		weekly := s.share * st.config.TroublesPerWeek
		if s.Kind == Attack {
			weekly = s.share * st.config.AttacksPerWeek
		}
		for n := range d.about(weekly * st.config.weeks()) {
			p := st.newPart("scenario", s.Name, strconv.Itoa(n))
			p.ledger = &ledger{scenario: s, id: labelID(s.Name, n)}
			st.ledgers = append(st.ledgers, p.ledger)
			if s.Kind == Attack {
				p.inside = p.chance(st.config.Inside)
			}
			p.begin = p.opening(s)
			p.later(p.begin, func(time.Time) {
				s.plan(p)
				p.ledger.inside = p.inside
			})
		}
	}
}

// opening chooses when an instance begins: early enough to show itself.
func (p *part) opening(s *scenario) time.Time {
	days := max(1, p.stage.config.Days-s.days)
	at := p.stage.config.Start.Add(time.Duration(p.Float64() * float64(days) * float64(24*time.Hour)))
	switch s.when {
	case atWork:
		// A working day between nine and five somewhere between America and Asia.
		day := at.Truncate(24 * time.Hour)
		for weekend(day) {
			day = day.AddDate(0, 0, 1)
		}
		at = day.Add(9*time.Hour - pick(p.dice, zones()) + time.Duration(p.Float64()*float64(8*time.Hour)))
	case atNight:
		at = at.Truncate(24 * time.Hour).Add(time.Duration(p.Float64() * float64(5*time.Hour)))
	}
	if last := p.stage.config.end().Add(-time.Hour); at.After(last) {
		at = last
	}
	return at
}

func weekend(day time.Time) bool {
	return day.Weekday() == time.Saturday || day.Weekday() == time.Sunday
}

// later runs step at a time.
func (p *part) later(at time.Time, step func(at time.Time)) {
	p.turns++
	heap.Push(&p.stage.agenda, item{at: at, part: p.number, turn: p.turns, step: step})
}

// send makes the call happen at a time.
func (p *part) send(at time.Time, c caller, o order, out outcome) {
	p.post(&call{at: at, who: c.who, session: c.session(at), address: c.address(at), agent: c.agent, console: c.console, order: o, outcome: out})
}

// post puts a call on the agenda.
func (p *part) post(c *call) {
	c.id, c.ledger = p.id(), p.ledger
	p.turns++
	if !c.at.Before(p.stage.config.end()) {
		return
	}
	heap.Push(&p.stage.agenda, item{at: c.at, part: p.number, turn: p.turns, call: c})
}

// try sends the call and lets IAM decide by what the caller may do. It reports
// whether the call was refused.
func (p *part) try(at time.Time, c caller, o order) bool {
	var out outcome
	if !c.who.allowed.has(o.op) || c.who.account != o.on.account {
		out = p.lacking(c, c.session(at), o)
	}
	p.send(at, c, o, out)
	return out.denial
}

// play works the agenda off.
func (st *stage) play(yield func(Event) error) error {
	end := st.config.end()
	for st.agenda.Len() > 0 {
		x := heap.Pop(&st.agenda).(item)
		if !x.at.Before(end) {
			continue
		}
		if x.step != nil {
			x.step(x.at)
			continue
		}
		c := x.call
		ev := Event{
			JSON: st.world.record(c), ID: string(appendUUID(nil, c.id)), Time: c.at.UTC().Truncate(time.Second),
			Account: c.recipient().id, Region: c.order.on.region, Type: c.kind(), Denied: c.outcome.denial,
		}
		if c.ledger != nil {
			c.ledger.enter(c)
			ev.Label = c.ledger.id
		}
		if err := yield(ev); err != nil {
			return err
		}
	}
	if len(st.world.ops.unknown) > 0 {
		return fmt.Errorf("simulate: operations that the catalogue lacks: %q", st.world.ops.unknown)
	}
	return nil
}

// labels are those of the instances that showed themselves.
func (st *stage) labels() []Label {
	var out []Label
	for _, l := range st.ledgers {
		if len(l.events) > 0 {
			out = append(out, l.label())
		}
	}
	slices.SortFunc(out, byStart)
	return out
}
