package summary

import (
	"html/template"
	"strconv"
	"strings"

	"chimewatch/pkg/wording"
)

// The rows of the two large tables are written by hand: ten thousand of them
// would take the template's engine most of a second. Each text goes through the
// same escaping, and stands between tags or in a quoted attribute. Tags that
// HTML lets be left out are.

// rows is HTML in the making.
type rows struct{ b strings.Builder }

// markup writes tags of our own.
func (r *rows) markup(s string) { r.b.WriteString(s) }

// text writes text, escaped.
func (r *rows) text(s string) { r.b.WriteString(template.HTMLEscapeString(s)) }

func (r *rows) cell(s string) {
	r.markup("<td>")
	r.text(s)
}

// chunk is how many rows a body of a table has. A browser lays a body out only
// when it comes near the screen, see the style, so ten thousand rows open at
// once.
const chunk = 100

// body begins a body of the table before the first of its rows, number i of n.
func (r *rows) body(i, n int) {
	if i%chunk != 0 {
		return
	}
	if i > 0 {
		r.markup("</tbody>")
	}
	if n-i >= chunk {
		r.markup(`<tbody class="far">`)
	} else {
		r.markup("<tbody>")
	}
}

// attribute writes an attribute unless its value is empty.
func (r *rows) attribute(name, value string) {
	if value != "" {
		r.markup(" " + name + `="`)
		r.text(value)
		r.markup(`"`)
	}
}

// html returns what was written, which is safe: see above.
func (r *rows) html() template.HTML { return template.HTML(r.b.String()) }

// PeopleRows are those of everybody who was refused.
func (p *page) PeopleRows() template.HTML {
	var r rows
	r.b.Grow(len(p.People) * 200)
	for i := range p.People {
		who := &p.People[i]
		name := personName(who.Key)
		r.body(i, len(p.People))
		r.markup("<tr")
		r.attribute("data-ops", p.hidden(who))
		r.markup(">")
		r.cell(name)
		if who.New {
			r.markup(" <b>new</b>")
		}
		if p.Accounts {
			r.cell(shown(who.Account))
		}
		r.cell(wording.Grouped(who.Denials))
		r.cell(mainCause(who))
		r.cell(topOf(who.Operations))
		r.cell(topOf(who.Sources))
		r.cell(who.Last.Format(tableTime))
		r.markup("<td>")
		if who.Findings == 0 {
			r.markup("0")
		} else {
			r.markup(`<a href="#findings"`)
			r.attribute("data-filter", name)
			r.markup(">" + wording.Grouped(who.Findings) + "</a>")
		}
		r.markup("\n")
	}
	r.markup("</tbody>")
	return r.html()
}

// tableTime is how tables show times: as text they sort as times do.
const tableTime = "2006-01-02 15:04"

// hidden names, by their place in the list of operations, those of a principal
// that its row does not show, for the search.
func (p *page) hidden(who *Principal) string {
	if len(who.Operations) < 2 {
		return ""
	}
	var out []string
	for _, o := range who.Operations[1:] {
		if i, ok := p.opIndex[o.Name]; ok {
			out = append(out, strconv.Itoa(i))
		}
	}
	return strings.Join(out, " ")
}

// FindingRows are those of the findings.
func (p *page) FindingRows() template.HTML {
	var r rows
	r.b.Grow(len(p.Findings) * 320)
	for i := range p.Findings {
		f := &p.Findings[i]
		r.body(i, len(p.Findings))
		r.markup("<tr")
		r.attribute("id", f.ID)
		r.attribute("data-also", alsoText(f))
		r.markup(`><td><i class="chip ` + f.Severity.String() + `">`)
		r.text(f.Level)
		r.markup("</i>")
		r.cell(string(f.Rule))
		r.cell(subjectName(f.kind, f.Subject))
		r.cell(f.Hour.Format(tableTime))
		r.cell(wording.Grouped(f.Denials))
		r.cell(string(f.Verdict))
		r.markup("<td>")
		for _, e := range f.Events {
			if link := eventLink(e); link != "" {
				r.markup("<a")
				r.attribute("href", link)
				r.markup(">")
				r.text(e.ID)
				r.markup("</a>")
			} else {
				r.text(shown(e.ID))
			}
		}
		r.markup("\n")
	}
	r.markup("</tbody>")
	return r.html()
}
