package pipeline

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"chimewatch/pkg/detect"
	"chimewatch/pkg/tally"
	"chimewatch/pkg/triage"
)

// evaluate runs rules and triage over places and the later hours that they
// reach, and returns the subjects for which it failed.
func (e *Engine) evaluate(ctx context.Context, places []tally.At, scheduled bool, out *Outcome) map[tally.Subject]error {
	hours := map[tally.Subject][]tally.Hour{}
	var subjects []tally.Subject // in order of places
	for _, p := range places {
		if hours[p.Subject] == nil {
			subjects = append(subjects, p.Subject)
		}
		hours[p.Subject] = append(hours[p.Subject], p.Hour)
	}
	var mu sync.Mutex
	failed := map[tally.Subject]error{}
	var group errgroup.Group
	group.SetLimit(e.options.Parallel)
	for _, subject := range subjects {
		touched := hours[subject]
		group.Go(func() error {
			slices.Sort(touched)
			for _, run := range runs(slices.Compact(touched)) {
				r, err := e.run(ctx, subject, run, scheduled)
				mu.Lock()
				out.Findings += r.findings
				out.IncidentsOpened += r.opened
				out.IncidentsRaised += r.raised
				if err != nil {
					failed[subject] = err
				}
				mu.Unlock()
			}
			return nil
		})
	}
	_ = group.Wait() // its functions return no errors
	return failed
}

// runs splits sorted hours where more than a day lies between, so that one far
// off hour does not make everything in between be read.
func runs(hours []tally.Hour) (out [][]tally.Hour) {
	start := 0
	for i := range hours {
		if i > 0 && hours[i]-hours[i-1] > 24 {
			out = append(out, hours[start:i])
			start = i
		}
	}
	return append(out, hours[start:])
}

// result counts what an evaluation came to.
type result struct{ findings, opened, raised int }

// run evaluates one subject in hours that lie near each other.
func (e *Engine) run(ctx context.Context, s tally.Subject, touched []tally.Hour, scheduled bool) (result, error) {
	now := e.clock.Now()
	if s.Kind == tally.Policy {
		return e.policy(ctx, s, touched, now)
	}
	first, last := touched[0], touched[len(touched)-1]
	reach := last
	if !scheduled {
		reach = max(last, min(last+tally.Hour(e.evaluator.rules.Reach()), tally.HourOf(now)))
	}
	query := Query{Subject: s, First: first - e.evaluator.lookback(), Last: reach + 1, FirstDetail: 1}
	if s.Kind.Detailed() {
		query.FirstDetail, query.LastDetail = first-1, last+1
	}
	history, err := e.history(ctx, query)
	if err != nil {
		return result{}, err
	}
	var hours []suspect
	var waiting []Waiting
	for _, h := range history.Range(first, reach) {
		settles := (h.Hour + 1).Start().Add(Settling)
		settled := scheduled && !now.Before(settles)
		found := e.evaluator.rulesOf(s, h.Hour, history, settled)
		if !settled && (len(found) > 0 || e.mayBeAnomalous(s, h.Hour, history)) {
			waiting = append(waiting, Waiting{tally.At{Subject: s, Hour: h.Hour}, settles})
		}
		if len(found) > 0 {
			hours = append(hours, suspect{h.Hour, settled, found})
		}
	}
	judgements, due, err := e.judgeAll(ctx, query, hours, history, now)
	if err != nil {
		return result{}, err
	}
	return e.keep(ctx, s, judgements, append(waiting, due...), now)
}

// suspect is an hour in which rules found something.
type suspect struct {
	hour    tally.Hour
	settled bool
	found   []detect.Finding
}

// judgeAll judges the hours of a subject of which a query read the history, and
// says which have to be judged again, and when.
func (e *Engine) judgeAll(ctx context.Context, read Query, hours []suspect, history tally.History, now time.Time) (judgements []Judgement, waiting []Waiting, err error) {
	if len(hours) == 0 {
		return nil, nil, nil
	}
	detailed := read.Subject.Kind.Detailed()
	if detailed {
		if history, err = e.closer(ctx, read, hours[0].hour, hours[len(hours)-1].hour, history); err != nil {
			return nil, nil, err
		}
	}
	cases := make([]triage.Case, len(hours))
	for i, h := range hours {
		if detailed && (h.hour <= read.FirstDetail || h.hour >= read.LastDetail) { // the rules saw less of it
			h.found = e.evaluator.rulesOf(read.Subject, h.hour, history, h.settled)
		}
		cases[i] = triage.Case{Subject: read.Subject, Hour: h.hour, Findings: h.found, History: history, AsOf: now}
	}
	judged, err := e.evaluator.judge(ctx, e.store, cases)
	if err != nil {
		return nil, nil, err
	}
	for i, j := range judged {
		at := tally.At{Subject: read.Subject, Hour: hours[i].hour}
		known := knowledge(history, at.Hour, e.evaluator.lookback(), hours[i].settled && j.Due.IsZero())
		judgements = append(judgements, Judgement{at, known, j.Findings, j.Signals})
		if !j.Due.IsZero() {
			waiting = append(waiting, Waiting{at, j.Due})
		}
	}
	return judgements, waiting, nil
}

// mayBeAnomalous reports whether rate-anomaly holds by what is known so far.
func (e *Engine) mayBeAnomalous(s tally.Subject, hour tally.Hour, history tally.History) bool {
	_, yes := detect.EvaluateAnomaly(e.evaluator.rules, s, hour, history)
	return yes
}

// knowledge grows with every call that a judgement of the hour rests on, and once
// nothing waits any more: who judged the same before that, and puts it late, does
// not take its place.
func knowledge(history tally.History, hour, lookback tally.Hour, final bool) (n uint64) {
	for _, h := range history.Range(hour-lookback, hour+1) {
		n += 2 * h.Tally.Summary.Calls()
	}
	if final {
		n++
	}
	return n
}

func (e *Engine) history(ctx context.Context, q Query) (tally.History, error) {
	histories, err := e.store.Histories(ctx, []Query{q})
	if err != nil {
		return nil, fmt.Errorf("reading the history of %s %q: %w", q.Subject.Kind, q.Subject.Key, err)
	}
	return histories[0], nil
}

// closer returns the history with the details that judging the hours from first
// to last asks for: more than the rules do.
func (e *Engine) closer(ctx context.Context, read Query, first, last tally.Hour, history tally.History) (tally.History, error) {
	more := Query{Subject: read.Subject, First: 1, FirstDetail: first - e.evaluator.triage.Lookdetail(), LastDetail: last + 1}
	if more.LastDetail <= read.LastDetail { // what is read already ends it
		more.LastDetail = min(more.LastDetail, read.FirstDetail-1)
	}
	details, err := e.history(ctx, more)
	if err != nil {
		return nil, err
	}
	out := slices.Clone(history)
	for i := range out {
		if d := details.Detail(out[i].Hour); d != nil {
			out[i].Tally = &tally.Tally{Summary: out[i].Tally.Summary, Detail: d}
		}
	}
	return out, nil
}

// policy looks for roll-outs of an organisation policy in hours and in the later
// ones that look back at them.
func (e *Engine) policy(ctx context.Context, s tally.Subject, touched []tally.Hour, now time.Time) (result, error) {
	first, last := touched[0]-triage.RolloutHours, touched[len(touched)-1]+triage.RolloutHours
	history, err := e.history(ctx, Query{Subject: s, First: 1, FirstDetail: first, LastDetail: last})
	if err != nil {
		return result{}, err
	}
	var judgements []Judgement
	var waiting []Waiting
	for _, h := range history.Range(touched[0], last) {
		at := tally.At{Subject: s, Hour: h.Hour}
		signal, ok := e.evaluator.triage.Rollouts(s, h.Hour, history)
		switch {
		case !ok: // nor was it before: what is added makes no roll-out less of one
		case now.Before(signal.At):
			waiting = append(waiting, Waiting{at, signal.At})
		default:
			judgements = append(judgements, Judgement{At: at, Knowledge: refused(history, h.Hour), Signals: []triage.Signal{signal}})
		}
	}
	return e.keep(ctx, s, judgements, waiting, now)
}

// refused is the knowledge of a policy's judgement: the calls that the policy
// refused in the hours that it rests on.
func refused(history tally.History, hour tally.Hour) (n uint64) {
	for _, h := range history.Range(hour-triage.RolloutHours, hour) {
		for i := range h.Tally.Detail.Minutes {
			n += uint64(h.Tally.Detail.Minutes[i].Denials)
		}
	}
	return n
}

// keep puts what an evaluation came to, and then decides on the incidents.
func (e *Engine) keep(ctx context.Context, s tally.Subject, judgements []Judgement, waiting []Waiting, now time.Time) (result, error) {
	var r result
	if len(waiting) > 0 {
		if err := e.store.PutWaiting(ctx, waiting); err != nil {
			return r, fmt.Errorf("noting what waits: %w", err)
		}
	}
	if len(judgements) == 0 {
		return r, nil
	}
	var all []triage.Finding
	for _, j := range judgements {
		all = append(all, j.Findings...)
	}
	evidence, err := fetch(ctx, e.store, all, nil)
	if err != nil {
		return r, fmt.Errorf("reading evidence: %w", err)
	}
	first, last := judgements[0].At.Hour, judgements[0].At.Hour
	for _, j := range judgements {
		dressFindings(j.Findings, evidence)
		r.findings += len(j.Findings)
		first, last = min(first, j.At.Hour), max(last, j.At.Hour)
	}
	if err := e.store.PutJudgements(ctx, judgements); err != nil {
		return r, fmt.Errorf("putting findings: %w", err)
	}
	r.opened, r.raised, err = e.incidents(ctx, s, first, last, now)
	return r, err
}
