package pipeline

import (
	"context"
	"errors"
	"fmt"
	"time"

	"chimewatch/pkg/alert"
	"chimewatch/pkg/config"
	"chimewatch/pkg/denial"
	"chimewatch/pkg/tally"
	"chimewatch/pkg/triage"
)

// Clock tells the time.
type Clock interface{ Now() time.Time }

// Notifier tells people and machines about an incident. It is called again for
// the same alert until it returns no error, so receivers drop repeats by the
// alert's id.
type Notifier interface {
	Notify(ctx context.Context, in alert.Input) error
	// NotifyDigest tells of alerts that are above the ceiling of an hour.
	NotifyDigest(ctx context.Context, d alert.Digest) error
}

// Message is what one delivery carried. It succeeds or fails as a whole.
type Message struct {
	ID    string // the carrier's
	Items []Item
}

// Outcome says what became of a batch.
type Outcome struct {
	// Failed holds the ids of messages to be delivered again, with the reason.
	Failed map[string]error

	Records, OutOfScope, Malformed                                              int
	Denials, Duplicates, Conflicts, Expired, Unavailable, Successes             int
	Late                                                                        int // denials that came more than an hour after their event
	Findings, IncidentsOpened, IncidentsRaised, AlertsSent, AlertsHeld, NotSent int
	OldestEvent                                                                 time.Time
	AlertDelay                                                                  time.Duration // the longest from an event to its alert, of the alerts sent

	// Unsent says why alerts could not be sent. They stay in the store and are
	// sent by the next pass.
	Unsent []error
}

// Engine counts what arrives, evaluates what it touches, and tells about it.
//
// The order is what makes it safe: evidence and tallies are committed first;
// then the rules run on what the store holds by then, also for records that
// were there already; findings and incidents are put with the alerts that are
// due; alerts are sent and then marked. A crash anywhere means that a message is
// delivered again, and that ends the same.
type Engine struct {
	intake    Intake
	evaluator evaluator
	store     Store
	hasher    tally.Hasher
	notifier  Notifier
	clock     Clock
	options   Options
}

// Options tunes an Engine.
type Options struct {
	// Least is the least severity that anybody is told of; Medium where it is zero.
	Least triage.Severity
	// MaxAge is how old an event may be to be alerted; older ones are stored and
	// summarised. 24 hours where it is zero.
	MaxAge time.Duration
	// Silent keeps incidents and summarises them, but alerts nobody.
	Silent bool
	// Ceiling bounds the alerts of an hour; alert.DefaultCeiling where it is zero.
	Ceiling alert.Ceiling
	// Ready says whether alerts may go out yet; until then they are kept, and what
	// is judged anew meanwhile may take them back. Nil: always.
	Ready func(ctx context.Context) (bool, error)
	// Parallel is how many subjects are evaluated at a time; 8 where it is zero.
	Parallel int
}

// NewEngine returns an Engine. The hasher must be the one that the store counts
// with.
func NewEngine(c config.Config, store Store, h tally.Hasher, n Notifier, clock Clock, o Options) (*Engine, error) {
	intake, err := NewIntake(c)
	if err != nil {
		return nil, err
	}
	if o.Least == 0 {
		o.Least = triage.Medium
	}
	if o.MaxAge == 0 {
		o.MaxAge = 24 * time.Hour
	}
	if o.Ceiling == (alert.Ceiling{}) {
		o.Ceiling = alert.DefaultCeiling()
	}
	if err := o.Ceiling.Validate(); err != nil {
		return nil, fmt.Errorf("ceiling of alerts: %w", err)
	}
	if o.Parallel == 0 {
		o.Parallel = 8
	}
	return &Engine{intake: intake, evaluator: newEvaluator(c, h), store: store, hasher: h, notifier: n, clock: clock, options: o}, nil
}

// Process takes a batch. The error is of the batch as a whole, after which every
// message has to be delivered again; what concerns single messages is in the
// outcome.
func (e *Engine) Process(ctx context.Context, batch []Message) (Outcome, error) {
	now := e.clock.Now()
	out := Outcome{Failed: map[string]error{}}
	calls, owners := e.take(batch, &out, now)
	receipts, commitErr := e.store.Commit(ctx, calls)
	if len(receipts) != len(calls) {
		return out, fmt.Errorf("counting a batch: %w", errors.Join(commitErr, errors.New("the store gave no receipts")))
	}
	touched := tally.NewChanges(e.hasher)
	byActor := map[tally.Subject][]string{} // messages by the principals and other subjects that they touch
	for i := range calls {
		c := &calls[i]
		if receipts[i] == Failed {
			out.Failed[owners[i]] = fmt.Errorf("counting record %s: %w", c.Key.EventID, commitErr)
			continue
		}
		e.tell(&out, c, receipts[i])
		if receipts[i] == Added || receipts[i] == Duplicate {
			touched.Add(c)
			for _, s := range touchedBy(e.hasher, c) {
				byActor[s] = append(byActor[s], owners[i])
			}
		}
	}
	failed := e.evaluate(ctx, touched.Places(), false, &out)
	for subject, err := range failed {
		for _, id := range byActor[subject] {
			out.Failed[id] = err
		}
	}
	e.publish(ctx, touched.Subjects(), &out)
	return out, nil
}

// take turns the items of a batch into calls, each with its message's id.
func (e *Engine) take(batch []Message, out *Outcome, now time.Time) (calls []denial.Call, owners []string) {
	for _, m := range batch {
		for i := range m.Items {
			out.Records++
			call, ok, bad := e.intake.Call(&m.Items[i])
			switch {
			case bad != nil:
				out.Malformed++
				out.Failed[m.ID] = bad
			case !ok:
				out.OutOfScope++
			default:
				calls, owners = append(calls, call), append(owners, m.ID)
				if out.OldestEvent.IsZero() || call.Time.Before(out.OldestEvent) {
					out.OldestEvent = call.Time
				}
				if now.Sub(call.Time) > time.Hour {
					out.Late++
				}
			}
		}
	}
	return calls, owners
}

func (e *Engine) tell(out *Outcome, c *denial.Call, r Receipt) {
	switch r {
	case Duplicate:
		out.Duplicates++
	case Conflict:
		out.Conflicts++
	case Expired:
		out.Expired++
	case Added, Ignored:
		switch c.Outcome {
		case denial.Refused:
			out.Denials++
		case denial.Unavailable:
			out.Unavailable++
		case denial.Success:
			out.Successes++
		}
	}
}

// touchedBy returns the subjects that a call adds to.
func touchedBy(h tally.Hasher, c *denial.Call) []tally.Subject {
	ch := tally.NewChanges(h)
	ch.Add(c)
	return ch.Subjects()
}

// lease is how long a scheduled pass has for what it takes.
const lease = 5 * time.Minute

// Sweep is the scheduled pass: it evaluates what had to wait, and sends what was
// not sent: at most limit places and limit alerts, and a digest. It reports
// whether there may be more.
func (e *Engine) Sweep(ctx context.Context, limit int) (Outcome, bool, error) {
	out := Outcome{Failed: map[string]error{}}
	waiting, err := e.store.DueWaiting(ctx, e.clock.Now(), limit)
	if err != nil {
		return out, false, fmt.Errorf("looking for what waits: %w", err)
	}
	// The places are taken on lease: what is put for them meanwhile stays for the
	// next pass, and what fails, or dies, comes again when the lease is over.
	leases := make([]Waiting, len(waiting))
	places := make([]tally.At, len(waiting))
	for i, w := range waiting {
		leases[i] = Waiting{At: w.At, Due: e.clock.Now().Add(lease)}
		places[i] = w.At
	}
	if len(waiting) > 0 {
		if err := e.store.PutWaiting(ctx, leases); err != nil {
			return out, false, fmt.Errorf("taking what waits: %w", err)
		}
		if err := e.store.DoneWaiting(ctx, waiting); err != nil {
			return out, false, fmt.Errorf("taking what waits: %w", err)
		}
	}
	failed := e.evaluate(ctx, places, true, &out)
	done := leases[:0:0]
	for _, w := range leases {
		if failed[w.At.Subject] == nil {
			done = append(done, w)
		}
	}
	if len(done) > 0 {
		if err := e.store.DoneWaiting(ctx, done); err != nil {
			return out, false, fmt.Errorf("noting what is done: %w", err)
		}
	}
	var all []error
	for s, err := range failed {
		all = append(all, fmt.Errorf("evaluating %s %q: %w", s.Kind, s.Key, err))
	}
	more := e.publishPending(ctx, nil, limit, &out)
	return out, len(waiting) == limit || more, errors.Join(all...)
}
