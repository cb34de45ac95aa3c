package detect

import (
	"fmt"
	"slices"

	"chimewatch/pkg/tally"
)

// EvaluateAnomaly evaluates rate-anomaly for an actor in an hour. The rule is
// not monotone, since a late denial can raise the median: evaluate it for hours
// whose records have settled. The history is that of [Evaluate].
func EvaluateAnomaly(c Config, s tally.Subject, hour tally.Hour, history tally.History) (Finding, bool) {
	now, r := history.At(hour), c.RateAnomaly
	if now == nil || !actor(s.Kind) || int(now.Summary.Denials) <= r.Minimum {
		return Finding{}, false
	}
	var before []int
	for _, h := range history.Range(hour-tally.Hour(r.Hours), hour-1) {
		if n := h.Tally.Summary.Denials; n > 0 {
			before = append(before, int(n))
		}
	}
	if len(before) < r.Active {
		return Finding{}, false
	}
	slices.Sort(before)
	// Twice the median, so that it stays whole when the middle is two numbers.
	twice := before[(len(before)-1)/2] + before[len(before)/2]
	count := int(now.Summary.Denials)
	if 2*count <= r.Factor*twice {
		return Finding{}, false
	}
	e := &evaluation{config: c, subject: s, hour: hour, history: history, now: now}
	w := Span{hour.Start(), (hour + 1).Start()}
	e.add(RateAnomaly, w, now.Summary.Denials,
		fmt.Sprintf("%s in the hour, the median of %d earlier hours is %g", plural(count, "denial"), len(before), float64(twice)/2),
		e.cellEvidence(w, anyCell))
	return e.findings[0], true
}
