package summary

import (
	"fmt"
	"html/template"
	"math"
	"strings"

	"chimewatch/pkg/denial"
	"chimewatch/pkg/tally"
	"chimewatch/pkg/wording"
)

// The charts are SVG of our own, made of numbers and fixed names alone: nothing
// from a record is in them. Words stand outside, as text that wraps. Shapes are
// stretched to the room that they get, so a chart fits a phone. Colors are
// classes, which the page's style gives for light, dark and paper.

// drawing is SVG in the making.
type drawing struct{ b strings.Builder }

// draw begins a drawing of the given size in its own units.
func draw(class string, width, height int) *drawing {
	d := &drawing{}
	fmt.Fprintf(&d.b, `<svg class="%s" viewBox="0 0 %d %d" preserveAspectRatio="none" aria-hidden="true">`, class, width, height)
	return d
}

func (d *drawing) box(class string, x, y, width, height int) {
	fmt.Fprintf(&d.b, `<rect class="%s" x="%d" y="%d" width="%d" height="%d"/>`, class, x, y, width, height)
}

// end returns the drawing, which is safe: see above.
func (d *drawing) end() template.HTML {
	d.b.WriteString("</svg>")
	return template.HTML(d.b.String())
}

// barHeight is how high the highest bar is, in its own units.
const barHeight = 1000

// barChart draws the denials of one bar by cause, and a tick where the period
// before stood.
func barChart(b Bar, most int) template.HTML {
	d := draw("bar", 100, barHeight)
	y := barHeight
	for _, c := range causes() {
		if n := b.Causes[c]; n > 0 {
			h := max(1, n*barHeight/max(1, most))
			y -= h
			d.box("c-"+string(c), 12, max(0, y), 76, min(h, barHeight))
		}
	}
	if b.Before != nil && *b.Before > 0 {
		d.box("tick", 0, max(0, barHeight-*b.Before*barHeight/max(1, most)-6), 100, 12)
	}
	return d.end()
}

// highest returns what the highest bar stands for.
func highest(bars []Bar) int {
	most := 0
	for _, b := range bars {
		most = max(most, b.Total)
		if b.Before != nil {
			most = max(most, *b.Before)
		}
	}
	return most
}

// maxCells is how many cells a strip has at most.
const maxCells = 336

// axis is the line of time of a period.
type axis struct {
	hours, per int   // clock hours, and how many of them a cell stands for
	days       []int // hours at which days begin
}

func axisOf(p Period) axis {
	first, last := p.hours()
	a := axis{hours: int(last-first) + 1}
	a.per = (a.hours + maxCells - 1) / maxCells
	for d, n := 0, p.Days(); d < n; d++ {
		a.days = append(a.days, int(hourFrom(addDays(p.Start, d))-first))
	}
	return a
}

func (a axis) cells() int { return (a.hours + a.per - 1) / a.per }

// lane begins a strip in which every other day is shaded.
func (a axis) lane(class string, height int) *drawing {
	d := draw(class, a.cells()*10, height)
	for i := 0; i < len(a.days) && len(a.days) <= 14; i += 2 {
		end := a.hours
		if i+1 < len(a.days) {
			end = a.days[i+1]
		}
		d.box("day", a.days[i]*10/a.per, 0, (end-a.days[i])*10/a.per, height)
	}
	return d
}

// heat draws when somebody was refused, hour by hour: the more, the darker.
func (a axis) heat(hours []int, most int) template.HTML {
	d := a.lane("strip", 10)
	for cell := range a.cells() {
		n := 0
		for h := cell * a.per; h < min((cell+1)*a.per, len(hours)); h++ {
			n += hours[h]
		}
		if n > 0 {
			d.box(fmt.Sprintf("h%d", heatLevel(n, most)), cell*10, 0, 10, 10)
		}
	}
	return d.end()
}

// heatLevels is how many shades there are.
const heatLevels = 5

// heatLevel grows with the logarithm of n, from 1 to heatLevels.
func heatLevel(n, most int) int {
	if most <= 1 {
		return heatLevels
	}
	return 1 + int(math.Round(float64(heatLevels-1)*math.Log(float64(n))/math.Log(float64(max(n, most)))))
}

// warmest returns the most denials in one cell of any of the principals.
func (a axis) warmest(people []Principal) int {
	most := 0
	for i := range people {
		for cell := range a.cells() {
			n := 0
			for h := cell * a.per; h < min((cell+1)*a.per, len(people[i].Hours)); h++ {
				n += people[i].Hours[h]
			}
			most = max(most, n)
		}
	}
	return most
}

// findings draws when a rule found something: the graver, the higher.
func (a axis) findings(marks []mark) template.HTML {
	d := a.lane("strip", 12)
	gravest := map[int]int{}
	for _, m := range marks {
		gravest[m.hour/a.per] = max(gravest[m.hour/a.per], int(m.severity))
	}
	for cell := range a.cells() {
		if s := gravest[cell]; s > 0 {
			width := max(10, a.cells()*10/200) // visible on a phone
			d.box(fmt.Sprintf("s%d", s), min(cell*10, a.cells()*10-width), 12-3*s, width, 3*s)
		}
	}
	return d.end()
}

// share draws a part of a whole as a bar.
func share(part, whole int) template.HTML {
	d := draw("share", 1000, 10)
	d.box("fill", 0, 0, max(4, part*1000/max(1, whole)), 10)
	return d.end()
}

// barText says in words what a bar shows.
func barText(b Bar) string {
	s := b.Start.Format("Mon 2 Jan") + ": " + wording.Count(b.Total, "denial", "denials")
	var parts []string
	for _, c := range causes() {
		if n := b.Causes[c]; n > 0 {
			parts = append(parts, wording.Grouped(n)+" "+causeName(c))
		}
	}
	if len(parts) > 0 {
		s += ", " + strings.Join(parts, ", ")
	}
	return s
}

// heatText says in words what a strip shows: the hour with the most denials.
func heatText(p Period, hours []int) string {
	best, busy := 0, 0
	for h, n := range hours {
		if n > hours[best] {
			best = h
		}
		if n > 0 {
			busy++
		}
	}
	first, _ := p.hours()
	at := (first + tally.Hour(best)).Start().In(p.Start.Location())
	return fmt.Sprintf("in %s, most at %s (%s)", wording.Count(busy, "hour", "hours"), stamp(at), wording.Grouped(hours[best]))
}

// causesSeen returns the layers that refused anything, in their order.
func causesSeen(bars []Bar) []denial.Cause {
	var out []denial.Cause
	for _, c := range causes() {
		for _, b := range bars {
			if b.Causes[c] > 0 {
				out = append(out, c)
				break
			}
		}
	}
	return out
}
