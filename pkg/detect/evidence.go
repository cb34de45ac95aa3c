package detect

import (
	"slices"

	"chimewatch/pkg/tally"
)

// What evidence shall show of a cell: one call for each distinct value; 0 for a
// cell that does not count toward the rule.

func anyCell(c *tally.Cell) uint64 { return c.ID }

func resourceCell(c *tally.Cell) uint64 { return c.Resource }

func criticalCell(c *tally.Cell) uint64 {
	if c.Traits.Has(tally.TraitCritical) && c.Resource != 0 {
		return c.ID
	}
	return 0
}

// cellEvidence picks the cells that have a minute in the window.
func (e *evaluation) cellEvidence(w Span, element func(*tally.Cell) uint64) tally.Firsts {
	out := make(tally.Firsts, 0, MaxEvidence)
	last := tally.HourOf(w.End.Add(-1))
	for h := tally.HourOf(w.Start); h <= last; h++ {
		d := e.history.Detail(h)
		if d == nil {
			continue
		}
		from, to := int(w.Start.Sub(h.Start()).Minutes()), int(w.End.Sub(h.Start()).Minutes())-1
		for i := range d.Cells {
			if v := element(&d.Cells[i]); v != 0 && d.Cells[i].Minutes&bits(from, to) != 0 {
				out.Add(v, d.Cells[i].First, MaxEvidence)
			}
		}
	}
	return out
}

// hourEvidence picks the first calls of the hours in a window, and the cells of
// its last hour.
func (e *evaluation) hourEvidence(first tally.Hour, r hours) tally.Firsts {
	out := make(tally.Firsts, 0, MaxEvidence)
	if r.cell != nil && e.now.Detail != nil {
		for i := range e.now.Detail.Cells {
			if v := r.cell(&e.now.Detail.Cells[i]); v != 0 {
				out.Add(v, e.now.Detail.Cells[i].First, MaxEvidence)
			}
		}
	}
	for _, h := range e.history.Range(first, e.hour) {
		if r.count(&h.Tally.Summary) == 0 {
			continue
		}
		firsts := h.Tally.Summary.Firsts
		if r.mark != 0 {
			firsts = h.Tally.Summary.Marks[r.mark]
		}
		for _, f := range firsts {
			out.Add(f.Element, f.Ref, MaxEvidence)
		}
	}
	return out
}

// add appends a finding with the earliest different calls among the evidence.
func (e *evaluation) add(rule Rule, w Span, count uint32, reason string, evidence tally.Firsts) {
	refs := make([]tally.Ref, 0, len(evidence))
	for _, f := range evidence {
		refs = append(refs, f.Ref)
	}
	slices.SortFunc(refs, tally.Ref.Compare)
	refs = slices.Compact(refs)
	if len(refs) > MaxEvidence {
		refs = refs[:MaxEvidence]
	}
	e.findings = append(e.findings, Finding{
		ID: id(rule, e.subject, e.hour), Rule: rule, Subject: e.subject, Hour: e.hour,
		Window: w, Denials: int(count), Reason: reason, Evidence: refs,
	})
}
