package summary

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"chimewatch/pkg/denial"
	"chimewatch/pkg/tally"
)

// Builder makes a report. It takes the days of principals one by one and keeps
// of the periods before only what is compared.
type Builder struct {
	period  Period
	first   tally.Hour // of the period
	hours   int
	starts  [Lookback + 1]tally.Hour // of the period and those before it; the latest first
	people  map[string]*person
	denials [Lookback + 1]int
	causes  []map[denial.Cause]int // by hour of the period
	earlier []int                  // denials by day of the period before
	ops     map[string]*operation
	last    tally.Hour
}

// person is what is kept of one principal.
type person struct {
	kind, account string
	first, last   time.Time // denials of the period
	refusals      map[refusalKey]int
	sources       map[string]int
	hours         map[int]int // of the period
	periods       [Lookback + 1]int
}

type refusalKey struct {
	operation string
	cause     denial.Cause
}

type operation struct{ denials, people int }

// NewBuilder returns a builder for a period.
func NewBuilder(p Period) *Builder {
	if p.Days() > MaxDays {
		p.Start = addDays(p.End, -MaxDays)
	}
	b := &Builder{period: p, people: map[string]*person{}, ops: map[string]*operation{}}
	b.first, b.last = p.hours()
	b.hours = int(b.last-b.first) + 1
	b.starts[0] = b.first
	for k := 1; k <= Lookback; k++ {
		b.starts[k] = hourFrom(p.Before(k).Start)
	}
	b.causes = make([]map[denial.Cause]int, b.hours)
	b.earlier = make([]int, p.Days())
	return b
}

// Wants returns the first and the last day in UTC that the builder has use
// for.
func (b *Builder) Wants() (first, last tally.Day) {
	return b.starts[Lookback].Day(), b.last.Day()
}

// Add adds what a principal was refused on a day. Hours outside the period and
// those before it are passed over.
func (b *Builder) Add(d *PrincipalDay) {
	for i := range d.Hours {
		h := &d.Hours[i]
		n := h.Denials()
		k := b.periodOf(h.Hour)
		if k < 0 || n == 0 {
			continue
		}
		p := b.people[d.Key]
		if p == nil {
			p = &person{}
			b.people[d.Key] = p
		}
		p.periods[k] += n
		b.denials[k] += n
		switch k {
		case 0:
			b.count(p, d, h, n)
		case 1:
			b.earlier[dayIndex(b.period.Before(1), h.Hour)] += n
		}
	}
}

// periodOf returns which period an hour falls in: 0 for the report's own, k for
// the k-th before, -1 for none.
func (b *Builder) periodOf(h tally.Hour) int {
	if h > b.last {
		return -1
	}
	for k, start := range b.starts {
		if h >= start {
			return k
		}
	}
	return -1
}

// count adds an hour of the period.
func (b *Builder) count(p *person, d *PrincipalDay, h *Hour, n int) {
	if p.refusals == nil {
		p.refusals, p.sources, p.hours = map[refusalKey]int{}, map[string]int{}, map[int]int{}
	}
	if p.first.IsZero() || h.First.Before(p.first) {
		p.first, p.kind, p.account = h.First, d.Type, d.Account
	}
	if h.Last.After(p.last) {
		p.last = h.Last
	}
	hour := int(h.Hour - b.first)
	p.hours[hour] += n
	if b.causes[hour] == nil {
		b.causes[hour] = map[denial.Cause]int{}
	}
	for _, r := range h.Refusals {
		p.refusals[refusalKey{r.Operation, r.Cause}] += r.Denials
		b.causes[hour][r.Cause] += r.Denials
	}
	for address, n := range h.Sources {
		p.sources[address] += n
	}
}

// dayIndex returns which day of a period an hour begins in.
func dayIndex(p Period, h tally.Hour) int {
	at := h.Start().In(p.Start.Location())
	n := int(midnight(at).Sub(p.Start).Hours()+12) / 24
	return min(max(n, 0), max(p.Days()-1, 0))
}

// Build makes the report.
func (b *Builder) Build(d Data) *Report {
	m := &making{Builder: b, data: d, report: &Report{
		Schema: Schema, ID: b.period.ID(), Title: b.period.Title(),
		Period: Span{b.period.Start, b.period.End}, TimeZone: b.period.Start.Location().String(), period: b.period,
	}}
	m.compared = m.watched()
	m.suppressions()
	m.sortFindings()
	m.decisions()
	m.principals()
	m.operations()
	m.figures()
	m.fixes()
	m.rules()
	m.bars()
	m.watch()
	m.ignorable()
	m.headline()
	return m.report
}

// making is a report in the making.
type making struct {
	*Builder
	data     Data
	report   *Report
	compared int // how many of the periods before were watched whole

	suspects   map[string]bool // principals of incidents to decide on
	silenced   map[string]bool // principals that are suppressed
	findingsOf map[string]int  // of the period, by principal
	tried      int             // principals that need no fix: refused once or twice
	services   int
	quiet      int // findings of low severity that are no part of what is to be decided
	rollouts   int
	hushed     int // incidents that a suppression silenced
}

// watched returns how many of the periods before were watched from beginning
// to end.
func (m *making) watched() int {
	if m.data.Watching.IsZero() {
		return 0
	}
	since := tally.HourOf(m.data.Watching)
	n := 0
	for n < Lookback && since <= m.starts[n+1] {
		n++
	}
	return n
}

// before returns n if the period before was watched.
func (m *making) before(n int) *int {
	if m.compared == 0 {
		return nil
	}
	return &n
}

// local returns a time in the report's zone.
func (m *making) local(t time.Time) time.Time { return t.In(m.period.Start.Location()) }

// figures are the numbers at the top.
func (m *making) figures() {
	var people, fresh, findings [Lookback + 1]int
	for _, p := range m.people {
		oldest := -1
		for k, n := range p.periods {
			if n > 0 {
				people[k]++
				oldest = k
			}
		}
		if oldest == 0 {
			fresh[0]++
		}
	}
	for i := range m.data.Findings {
		if k := m.periodOf(m.data.Findings[i].Hour); k >= 0 {
			findings[k]++
		}
	}
	add := func(name, section string, n [Lookback + 1]int) {
		f := Figure{Name: name, Now: n[0], section: section, Of: m.compared}
		f.Before = m.before(n[1])
		if m.compared >= 2 {
			v := median(n[1 : m.compared+1])
			f.Median = &v
		}
		m.report.Figures = append(m.report.Figures, f)
	}
	add("Denials", "principals", m.denials)
	add("Principals refused", "principals", people)
	add("Findings", "findings", findings)
	if m.compared > 0 { // everybody is new to a watch that has just begun
		m.report.Figures = append(m.report.Figures, Figure{Name: "New principals", Now: fresh[0], section: "principals"})
	}
}

func median(n []int) float64 {
	n = slices.Sorted(slices.Values(n))
	mid := len(n) / 2
	if len(n)%2 == 1 {
		return float64(n[mid])
	}
	return float64(n[mid-1]+n[mid]) / 2
}

// principals lists who was refused.
func (m *making) principals() {
	for key, p := range m.people {
		if p.periods[0] == 0 {
			continue
		}
		out := Principal{
			Key: key, Type: p.kind, Account: p.account, Denials: p.periods[0], Before: m.before(p.periods[1]),
			First: m.local(p.first), Last: m.local(p.last),
			Causes: map[denial.Cause]int{}, Sources: counts(p.sources),
			Findings: m.findingsOf[key], decide: m.suspects[key],
		}
		out.New = m.compared > 0 && p.periods == [Lookback + 1]int{p.periods[0]}
		operations := map[string]int{}
		for r, n := range p.refusals {
			operations[r.operation] += n
			out.Causes[r.cause] += n
		}
		for name, n := range operations {
			o := m.ops[name]
			if o == nil {
				o = &operation{}
				m.ops[name] = o
			}
			o.denials += n
			o.people++
		}
		out.Operations = counts(operations)
		m.report.People = append(m.report.People, out)
	}
	slices.SortFunc(m.report.People, func(a, b Principal) int {
		return cmp.Or(b.Denials-a.Denials, cmp.Compare(a.Key, b.Key))
	})
	for i := range m.report.People[:min(len(m.report.People), maxHeat)] {
		p := &m.report.People[i]
		p.Hours = make([]int, m.hours)
		for h, n := range m.people[p.Key].hours {
			p.Hours[h] = n
		}
	}
}

// counts sorts by count, the largest first, then by name.
func counts(by map[string]int) []Count {
	out := make([]Count, 0, len(by))
	for _, name := range slices.Sorted(maps.Keys(by)) {
		out = append(out, Count{name, by[name]})
	}
	slices.SortStableFunc(out, func(a, b Count) int { return b.Count - a.Count })
	return out
}
