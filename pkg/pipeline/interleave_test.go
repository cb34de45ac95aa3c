package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"chimewatch/pkg/adapters/memstore"
	"chimewatch/pkg/chime"
	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/config"
	"chimewatch/pkg/detect"
	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/tally"
	"chimewatch/pkg/triage"
)

// scheduler runs handlers one store call at a time, in an order that it is
// told; beyond that order it takes the first that can go on. It notes what it
// could have chosen, so that every order can be tried.
type scheduler struct {
	order   []int // choices to make
	options []int // how many handlers could go on at each step
	ready   chan int
	grant   []chan struct{}
	done    chan int
}

func (s *scheduler) run(handlers ...func(gate func(string) (error, error))) {
	s.ready, s.done = make(chan int), make(chan int)
	s.options = nil
	for i, h := range handlers {
		s.grant = append(s.grant, make(chan struct{}))
		go func() {
			h(func(string) (error, error) {
				s.ready <- i
				<-s.grant[i]
				return nil, nil
			})
			s.done <- i
		}()
	}
	var waiting []int
	running := len(handlers)
	for running > 0 || len(waiting) > 0 {
		for running > 0 { // until every handler is at its next call or at its end
			select {
			case i := <-s.ready:
				waiting = append(waiting, i)
			case <-s.done:
			}
			running--
		}
		if len(waiting) == 0 {
			return
		}
		slices.Sort(waiting)
		choice := 0
		if step := len(s.options); step < len(s.order) {
			choice = s.order[step]
		}
		s.options = append(s.options, len(waiting))
		next := waiting[choice]
		waiting = slices.Delete(waiting, choice, choice+1)
		running = 1
		s.grant[next] <- struct{}{}
	}
}

// next returns the order to try after the one that was run, nil when all were.
func (s *scheduler) next() []int {
	order := slices.Clone(s.order)
	for len(order) < len(s.options) {
		order = append(order, 0)
	}
	for i := len(order) - 1; i >= 0; i-- {
		if order[i]+1 < s.options[i] {
			return append(order[:i:i], order[i]+1)
		}
	}
	return nil
}

// probing returns n denials of one user from a private address, each of another
// operation, the first one at a time; ids and operations count from first.
func probing(t *testing.T, first, n int, at time.Time) []pipeline.Item {
	t.Helper()
	operations := chime.Operations()
	var records []string
	for i := range n {
		records = append(records, fmt.Sprintf(`{"eventVersion":"1.11","eventID":"e%d","eventTime":%q,"eventSource":"chime.amazonaws.com","eventName":%q,"awsRegion":"us-east-1",
			"requestParameters":{"channelArn":"arn:aws:chime:us-east-1:111122223333:app-instance/a/channel/c"},"recipientAccountId":"111122223333","sourceIPAddress":"10.0.0.7","errorCode":"AccessDenied",
			"userIdentity":{"type":"IAMUser","accountId":"111122223333","arn":"arn:aws:iam::111122223333:user/eve"}}`,
			first+i, at.Add(time.Duration(i)*time.Second).Format(time.RFC3339), operations[first+i].Name))
	}
	return items(t, records)
}

// tenOperations makes ten operations within an hour the only thing that counts.
func tenOperations() config.Config {
	c := config.Default()
	for _, s := range c.Rules.Settings() {
		if strings.HasSuffix(s.Name, "threshold") {
			*s.Value = min(s.Max, 30)
		}
	}
	c.Rules.OperationEnumeration.Threshold = 10
	return c
}

// Two handlers commit records of neighbouring hours at the same time, each alone
// below the threshold, together above: the finding is made, and told, in every
// order in which their calls to the store can fall.
func TestWriteSkew(t *testing.T) {
	at := time.Date(2026, 3, 1, 9, 58, 0, 0, time.UTC)
	first, second := probing(t, 0, 7, at), probing(t, 7, 5, at.Add(3*time.Minute))
	s := &scheduler{}
	orders := 0
	for {
		hasher := tally.NewHasher([]byte("k"))
		store, told := memstore.New(hasher), &receiver{}
		handler := func(items []pipeline.Item) func(gate func(string) (error, error)) {
			return func(gate func(string) (error, error)) {
				// Only what both handlers read and write can matter; what follows
				// once the incident is put is the outbox's affair, see
				// TestKilledAnywhere. Holding more would only multiply orders.
				put := false
				g := &gated{store: store, notifier: told, gate: func(name string) (error, error) {
					put = put || name == "PendingAlerts"
					if put || !slices.Contains([]string{"Commit", "Histories", "PutJudgements", "Incidents", "Judgements", "PutIncidents"}, name) {
						return nil, nil
					}
					return gate(name)
				}}
				engine, err := pipeline.NewEngine(tenOperations(), g, hasher, g, &clock{now: at.Add(10 * time.Minute)}, pipeline.Options{Parallel: 1})
				if err != nil {
					t.Error(err)
					return
				}
				if out, err := engine.Process(context.Background(), []pipeline.Message{{ID: "m", Items: items}}); err != nil || len(out.Failed) > 0 {
					t.Errorf("%v %v", err, out.Failed)
				}
			}
		}
		s.grant = nil
		s.run(handler(first), handler(second))
		orders++
		findings, incidents := held(t, store)
		if !slices.ContainsFunc(findings, func(f triage.Finding) bool {
			return f.Rule == detect.OperationEnumeration && f.Hour == tally.HourOf(at)+1 && f.Denials == 5
		}) {
			t.Fatalf("order %v: no finding across the hours: %+v", s.order, findings)
		}
		if len(incidents) != 1 || len(told.got) == 0 {
			t.Fatalf("order %v: %d incidents, %d alerts", s.order, len(incidents), len(told.got))
		}
		if s.order = s.next(); s.order == nil {
			break
		}
	}
	t.Logf("%d orders", orders)
	if orders < 100 {
		t.Errorf("only %d orders: the handlers were not held at their calls", orders)
	}
}

var errKilled = errors.New("killed")

// A process that is killed at any of its calls, before or after the call takes
// effect, loses nothing: after redelivery the count is exact, and the alert was
// sent at least once.
func TestKilledAnywhere(t *testing.T) {
	at := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	batch := []pipeline.Message{{ID: "m", Items: probing(t, 0, 12, at)}}
	for _, after := range []bool{false, true} {
		for n := 1; ; n++ {
			hasher := tally.NewHasher([]byte("k"))
			store, told := memstore.New(hasher), &receiver{}
			now := &clock{now: at.Add(2 * time.Minute)}
			calls, last := 0, ""
			g := &gated{store: store, notifier: told, gate: func(name string) (error, error) {
				calls++
				switch {
				case calls == n && after:
					last = name
					return nil, errKilled
				case calls >= n:
					last = name
					return errKilled, nil
				}
				return nil, nil
			}}
			engine := func(s pipeline.Store, k pipeline.Notifier) *pipeline.Engine {
				e, err := pipeline.NewEngine(tenOperations(), s, hasher, k, now, pipeline.Options{Parallel: 1})
				if err != nil {
					t.Fatal(err)
				}
				return e
			}
			_, _ = engine(g, g).Process(context.Background(), batch) // whatever it says, its process is dead
			if calls < n {
				if n < 10 {
					t.Fatalf("only %d calls: the batch opened no incident", calls)
				}
				t.Logf("killed at each of %d calls", n-1)
				break
			}
			out, err := engine(store, told).Process(context.Background(), batch)
			if err != nil || len(out.Failed) > 0 {
				t.Fatalf("killed at call %d (%s): the redelivery fails: %v %v", n, last, err, out.Failed)
			}
			sweep(t, engine(store, told), now)
			if p := store.Principals(); len(p) != 1 || p[0].Denials != 12 {
				t.Errorf("killed at call %d (%s): counted %+v", n, last, p)
			}
			ids := map[string]bool{}
			for _, in := range told.got {
				ids[in.ID] = true
			}
			if len(ids) != 1 {
				t.Errorf("killed at call %d (%s): alerts %v", n, last, ids)
			}
		}
	}
}

// Hostile or broken items never make the engine panic or fail others.
func TestBrokenItemsFailAlone(t *testing.T) {
	at := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	hasher := tally.NewHasher([]byte("k"))
	store := memstore.New(hasher)
	engine, err := pipeline.NewEngine(config.Default(), store, hasher, &receiver{}, &clock{now: at}, pipeline.Options{})
	if err != nil {
		t.Fatal(err)
	}
	out, err := engine.Process(context.Background(), []pipeline.Message{
		{ID: "good", Items: probing(t, 0, 1, at)},
		{ID: "broken", Items: []pipeline.Item{{Err: errors.New("no record"), Position: cloudtrail.Position{File: "f"}}}},
		{ID: "empty"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out.Failed) != 1 || out.Failed["broken"] == nil {
		t.Errorf("failed: %v", out.Failed)
	}
}
