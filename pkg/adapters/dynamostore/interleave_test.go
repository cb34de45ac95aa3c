package dynamostore_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"chimewatch/pkg/adapters/dynamostore"
	"chimewatch/pkg/denial"
	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/pipeline/storetest"
	"chimewatch/pkg/tally"
)

// turns lets the requests of two handlers through one at a time, in the order
// that the bits of plan say; when a handler has finished, the other goes on.
type turns struct {
	mu       sync.Mutex
	cond     *sync.Cond
	plan     uint
	step     int
	waiting  [2]bool // has a request that wants to go
	finished [2]bool
	busy     bool
	order    string
}

func newTurns(plan uint) *turns {
	t := &turns{plan: plan}
	t.cond = sync.NewCond(&t.mu)
	return t
}

// next says whose request goes next, -1 while that is not known.
func (t *turns) next() int {
	want := int(t.plan >> t.step & 1)
	if t.finished[want] {
		want = 1 - want
	}
	if t.busy || !t.waiting[want] {
		return -1
	}
	return want
}

func (t *turns) enter(who int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.waiting[who] = true
	t.cond.Broadcast()
	for t.next() != who {
		t.cond.Wait()
	}
	t.waiting[who], t.busy = false, true
	t.step++
	t.order += fmt.Sprint(who)
}

func (t *turns) leave() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.busy = false
	t.cond.Broadcast()
}

func (t *turns) finish(who int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.finished[who] = true
	t.cond.Broadcast()
}

// handler is the transport of one of the two.
type handler struct {
	turns *turns
	who   int
}

func (h handler) RoundTrip(r *http.Request) (*http.Response, error) {
	h.turns.enter(h.who)
	defer h.turns.leave()
	return http.DefaultTransport.RoundTrip(r)
}

// Two handlers count calls of one principal in neighbouring hours at the same
// time and then look. In every interleaving of their requests everything is
// counted once, and one of the two sees all: what is above a threshold only
// together is found.
func TestEveryInterleaving(t *testing.T) {
	all := storetest.Distinct(storetest.Traffic(21, 400))
	hour := tally.HourOf(storetest.Now()) - 20
	pick := func(from int, h tally.Hour) []denial.Call {
		calls := append([]denial.Call{}, all[from:from+3]...)
		for i := range calls {
			calls[i].Principal = all[0].Principal
			calls[i].Principal.Service = false
			calls[i].Outcome, calls[i].Cause = denial.Refused, denial.IAM
			calls[i].Time = h.Start().Add(time.Duration(from+i) * time.Second)
		}
		return calls
	}
	batches := [2][]denial.Call{pick(0, hour), pick(3, hour+1)}
	batches[1] = append(batches[1], batches[0][2]) // and one that both have
	subject := tally.Subject{Kind: tally.Principal, Key: all[0].Principal.Key}
	steps := 5
	if thorough {
		steps = 8
	}
	orders := map[string]bool{}
	for plan := range uint(1 << steps) {
		endpoint := minidyn(t)
		table := newTable(t, endpoint)
		turns := newTurns(plan)
		var sees [2]int
		var wg sync.WaitGroup
		for who := range 2 {
			wg.Go(func() {
				defer turns.finish(who)
				c := config(table, storetest.Now())
				c.Random = func() uint64 { return uint64(who + 1) } // no waiting
				s, err := dynamostore.New(client(endpoint, handler{turns, who}), c)
				if err != nil {
					t.Error(err)
					return
				}
				if _, err := s.Commit(context.Background(), batches[who]); err != nil {
					t.Error(err)
					return
				}
				h, err := s.Histories(context.Background(), []pipeline.Query{{Subject: subject, First: hour, Last: hour + 1}})
				if err != nil {
					t.Error(err)
					return
				}
				for _, x := range h[0] {
					sees[who] += int(x.Tally.Summary.Denials)
				}
			})
		}
		wg.Wait()
		orders[turns.order] = true
		if t.Failed() || max(sees[0], sees[1]) != 6 {
			t.Fatalf("order %s: the handlers saw %v denials of 6", turns.order, sees)
		}
		storetest.Expect(append(append([]denial.Call{}, batches[0]...), batches[1][:3]...)).Check(t, open(t, client(endpoint, http.DefaultTransport), table))
	}
	t.Logf("%d different orders of requests", len(orders))
}
