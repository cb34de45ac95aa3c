package dynamostore_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/denial"
	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/pipeline/storetest"
	"chimewatch/pkg/tally"
	"chimewatch/pkg/triage"
)

// model is what a store must hold.
type model struct {
	first     map[cloudtrail.Key]*denial.Call
	seen      *[]denial.Call // successes that count toward nothing: they leave sightings, whatever their content
	knowledge map[tally.At]uint64
	incidents map[string]int // denials of one subject's incidents
	pending   map[string]bool
	sent      map[string]bool
	waiting   map[pipeline.Waiting]bool
}

// Random operations with random faults and kills, each repeated by a new process
// until it is done, as redelivery does: the store holds what the model says.
func TestModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		endpoint := minidyn(t)
		table := newTable(t, endpoint)
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "faults"), 1))
		schedule := anyFault(r, 10*rapid.IntRange(0, 25).Draw(rt, "percent"), true)
		seed := rapid.Uint64Range(0, 5).Draw(rt, "traffic")
		pool := storetest.Distinct(storetest.Traffic(seed, 50))
		m := model{
			map[cloudtrail.Key]*denial.Call{}, &[]denial.Call{}, map[tally.At]uint64{}, map[string]int{}, map[string]bool{}, map[string]bool{}, map[pipeline.Waiting]bool{},
		}
		subject := tally.Subject{Kind: tally.Bearer, Key: "somebody"}
		insist := func(do func(context.Context, pipeline.Store) error) {
			rt.Helper()
			for range 300 {
				ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
				err := do(ctx, open(t, faultyClient(endpoint, &network{schedule: schedule, die: cancel}), table))
				cancel()
				if err == nil {
					return
				}
			}
			rt.Fatal("never done")
		}
		rt.Repeat(map[string]func(*rapid.T){
			"commit": func(rt *rapid.T) {
				var batch []denial.Call
				for range rapid.IntRange(1, 12).Draw(rt, "calls") {
					c := pool[rapid.IntRange(0, len(pool)-1).Draw(rt, "call")]
					if rapid.IntRange(0, 5).Draw(rt, "content") == 0 { // under the key of another one
						c.Key = pool[rapid.IntRange(0, len(pool)-1).Draw(rt, "key")].Key
						c.Digest ^= uint64(len(batch) + 2)
					}
					batch = append(batch, c)
				}
				deliver(t, endpoint, table, batch, schedule)
				for _, c := range batch {
					if c.Outcome != denial.Refused && !tally.Counts(&c) {
						*m.seen = append(*m.seen, c)
					} else if _, there := m.first[c.Key]; !there {
						m.first[c.Key] = &c
					}
				}
			},
			"judge": func(rt *rapid.T) {
				j := pipeline.Judgement{
					At:        tally.At{Subject: subject, Hour: tally.HourOf(storetest.Now()) - tally.Hour(rapid.IntRange(0, 2).Draw(rt, "hour"))},
					Knowledge: rapid.Uint64Range(1, 9).Draw(rt, "knowledge"),
				}
				insist(func(ctx context.Context, s pipeline.Store) error {
					return s.PutJudgements(ctx, []pipeline.Judgement{j})
				})
				m.knowledge[j.At] = max(m.knowledge[j.At], j.Knowledge)
			},
			"raise": func(rt *rapid.T) {
				id, n := fmt.Sprint("i-", rapid.IntRange(0, 3).Draw(rt, "incident")), rapid.IntRange(1, 1000).Draw(rt, "denials")
				alert := fmt.Sprint(id, "-", rapid.IntRange(0, 3).Draw(rt, "alert"))
				insist(func(ctx context.Context, s pipeline.Store) error {
					_, version, err := s.Incidents(ctx, subject)
					if err != nil {
						return err
					}
					st := triage.State{Incident: triage.Incident{ID: id, Subject: subject, RaisedAt: storetest.Now(), Denials: n}}
					return s.PutIncidents(ctx, subject, version, pipeline.IncidentChange{Put: []triage.State{st}, Alerts: []pipeline.Alert{{ID: alert, Subject: subject, Due: storetest.Now()}}})
				})
				m.incidents[id] = n
				m.pending[alert] = !m.sent[alert]
			},
			"drop": func(rt *rapid.T) {
				id := fmt.Sprint("i-", rapid.IntRange(0, 3).Draw(rt, "incident"))
				insist(func(ctx context.Context, s pipeline.Store) error {
					_, version, err := s.Incidents(ctx, subject)
					if err != nil {
						return err
					}
					return s.PutIncidents(ctx, subject, version, pipeline.IncidentChange{Drop: []string{id}, Withdraw: []string{id + "-0", id + "-1"}})
				})
				delete(m.incidents, id)
				for _, alert := range []string{id + "-0", id + "-1"} {
					if m.pending[alert] {
						delete(m.pending, alert)
					}
				}
			},
			"send": func(rt *rapid.T) {
				var ids []string
				for range rapid.IntRange(1, 3).Draw(rt, "alerts") {
					ids = append(ids, fmt.Sprint("i-", rapid.IntRange(0, 3).Draw(rt, "incident"), "-", rapid.IntRange(0, 3).Draw(rt, "alert")))
				}
				insist(func(ctx context.Context, s pipeline.Store) error { return s.MarkSent(ctx, ids) })
				for _, id := range ids {
					if _, put := m.pending[id]; put {
						m.pending[id], m.sent[id] = false, true
					}
				}
			},
			"wait": func(rt *rapid.T) {
				w := pipeline.Waiting{At: tally.At{Subject: subject, Hour: 5}, Due: storetest.Now().Add(time.Duration(rapid.IntRange(-3, 3).Draw(rt, "due")) * time.Minute)}
				if rapid.Bool().Draw(rt, "done") {
					insist(func(ctx context.Context, s pipeline.Store) error {
						return s.DoneWaiting(ctx, []pipeline.Waiting{w})
					})
					delete(m.waiting, w)
					return
				}
				insist(func(ctx context.Context, s pipeline.Store) error { return s.PutWaiting(ctx, []pipeline.Waiting{w, w}) })
				m.waiting[w] = true
			},
		})
		m.check(rt, open(t, client(endpoint, http.DefaultTransport), table), subject)
	})
}

func (m *model) check(t *rapid.T, s pipeline.Store, subject tally.Subject) {
	calls := slices.Clone(*m.seen)
	for _, c := range m.first {
		calls = append(calls, *c)
	}
	if err := storetest.Expect(calls).Compare(s); err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	js, err := s.Judgements(ctx, subject, 0, tally.HourOf(storetest.Now()))
	if err != nil {
		t.Fatal(err)
	}
	for _, j := range js {
		if m.knowledge[j.At] != j.Knowledge {
			t.Errorf("knowledge %d, want %d", j.Knowledge, m.knowledge[j.At])
		}
	}
	states, _, err := s.Incidents(ctx, subject)
	if err != nil {
		t.Fatal(err)
	}
	incidents := map[string]int{}
	for _, st := range states {
		incidents[st.ID] = st.Denials
	}
	pending, err := s.PendingAlerts(ctx, nil, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range pending {
		if !m.pending[a.ID] {
			t.Errorf("alert %s is pending", a.ID)
		}
		delete(m.pending, a.ID)
	}
	for id, p := range m.pending {
		if p {
			t.Errorf("alert %s is lost", id)
		}
	}
	due, err := s.DueWaiting(ctx, storetest.Now().Add(time.Hour), 100)
	if err != nil {
		t.Fatal(err)
	}
	if len(js) != len(m.knowledge) || !reflect.DeepEqual(incidents, m.incidents) || len(due) != len(m.waiting) ||
		slices.ContainsFunc(due, func(w pipeline.Waiting) bool { return !m.waiting[w] }) {
		t.Errorf("judgements %v of %v, incidents %v of %v, waiting %v of %v", js, m.knowledge, incidents, m.incidents, due, m.waiting)
	}
}
