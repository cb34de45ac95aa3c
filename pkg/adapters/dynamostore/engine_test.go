package dynamostore_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"chimewatch/pkg/adapters/dynamostore"
	"chimewatch/pkg/adapters/memstore"
	"chimewatch/pkg/alert"
	"chimewatch/pkg/cloudtrail"
	defaults "chimewatch/pkg/config"
	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/pipeline/storetest"
	"chimewatch/pkg/simulate"
	"chimewatch/pkg/tally"
	"chimewatch/pkg/triage"
)

// told is who is told. It fails now and then, unless it never does.
type told struct {
	mu    sync.Mutex
	r     *rand.Rand
	never bool
	ids   map[string]bool // incidents
}

func (n *told) Notify(_ context.Context, in alert.Input) error { return n.tell(in) }

// NotifyDigest fails as a whole, as one message does.
func (n *told) NotifyDigest(_ context.Context, d alert.Digest) error { return n.tell(d.Alerts...) }

func (n *told) tell(about ...alert.Input) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.never && n.r.IntN(10) == 0 {
		return errors.New("the topic is not to be had")
	}
	for _, in := range about {
		n.ids[in.Incident.ID] = true
	}
	return nil
}

// movable is a clock that the test moves.
type movable struct {
	mu  sync.Mutex
	now time.Time
}

func (c *movable) Now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.now }
func (c *movable) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// traffic returns n records of simulated traffic.
func traffic(t *testing.T, seed uint64, n int) []pipeline.Item {
	t.Helper()
	c := simulate.DefaultConfig()
	c.Seed, c.Days, c.Principals = seed, 12, 24
	c.AttacksPerWeek, c.TroublesPerWeek, c.SuccessesPerDay, c.InnocentDenials = 300, 60, 0, 0
	sim, err := simulate.New(c)
	if err != nil {
		t.Fatal(err)
	}
	var out []pipeline.Item
	enough := errors.New("enough")
	err = sim.Run(func(e simulate.Event) error {
		rec, err := cloudtrail.Decode(e.JSON)
		if err != nil {
			return err
		}
		if out = append(out, pipeline.Item{Record: rec}); len(out) == n {
			return enough
		}
		return nil
	})
	if err != nil && !errors.Is(err, enough) {
		t.Fatal(err)
	}
	if len(out) < n {
		t.Fatalf("only %d records, want %d", len(out), n)
	}
	return out
}

// whole is what an analysis of the records in memory comes to. It hashes with
// the secret of the table: which cells are kept of more than tally.MaxCells
// depends on it.
func whole(t *testing.T, items []pipeline.Item) pipeline.Analysis {
	t.Helper()
	a, err := pipeline.NewAnalyzer(defaults.Default(), memstore.New(storetest.Hasher()))
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Add(context.Background(), items); err != nil {
		t.Fatal(err)
	}
	out, err := a.Analyze(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// differ returns how two results differ, empty where they do not.
func differ(want, got any) string {
	if reflect.DeepEqual(want, got) {
		return ""
	}
	return cmp.Diff(want, got, cmp.Comparer(func(a, b netip.Addr) bool { return a == b }))
}

// Records with repeats, shuffled, in random batches through eight handlers at a
// time, on a network with faults that kills processes: principals, findings,
// incidents and evidence are in the end those of an analysis in memory, and
// every incident that is worth it was told.
//
// CHIMEWATCH_FIRE says how many seeds of how many records to run, such as
// "200x500 5x10000"; without it, one of 150. They run on minidyn, or faster on
// the DynamoDB that there is.
func TestEngineUnderFire(t *testing.T) {
	endpoint := os.Getenv(endpointVariable)
	if endpoint == "" {
		endpoint = minidyn(t)
	}
	what := os.Getenv("CHIMEWATCH_FIRE")
	if what == "" {
		what = "1x150"
	}
	for _, run := range strings.Fields(what) {
		var seeds, records int
		if _, err := fmt.Sscanf(run, "%dx%d", &seeds, &records); err != nil || seeds < 1 || records < 1 {
			t.Fatalf("CHIMEWATCH_FIRE has %q, which is not SEEDSxRECORDS", run)
		}
		incidents, alerts := 0, 0
		for seed := range uint64(seeds) {
			in, al := engineUnderFire(t, endpoint, seed, records)
			incidents, alerts = incidents+in, alerts+al
		}
		t.Logf("%d seeds of %d records, %d incidents, %d told", seeds, records, incidents, alerts)
		if incidents < seeds {
			t.Errorf("%d seeds made only %d incidents: too tame to show anything", seeds, incidents)
		}
	}
}

// A run of more records is large: its batches are larger and about more
// subjects, so they take more requests and longer. With the rate of faults and
// the time of the others none would live to its end.
const large = 1000

func engineUnderFire(t *testing.T, endpoint string, seed uint64, n int) (incidents, alerts int) {
	t.Helper()
	items := traffic(t, seed, n)
	want := whole(t, items)
	table := newTable(t, endpoint)
	now := &movable{now: want.End.Add(3 * time.Hour)}
	r := rand.New(rand.NewPCG(seed, 99))
	notifier := &told{r: rand.New(rand.NewPCG(seed, 98)), ids: map[string]bool{}}

	engine := func(net *network) *pipeline.Engine {
		t.Helper()
		cfg := config(table, now.Now())
		store, err := dynamostore.New(faultyClient(endpoint, net), cfg)
		if err != nil {
			t.Fatal(err)
		}
		e, err := pipeline.NewEngine(defaults.Default(), store, cfg.Hasher, notifier, now, pipeline.Options{MaxAge: 1e5 * time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	batches := cut(r, items)
	queue := make(chan []pipeline.Message, len(batches))
	for _, b := range batches {
		queue <- b
	}
	var open, handlers sync.WaitGroup
	open.Add(len(batches))
	go func() { open.Wait(); close(queue) }()
	perMille, limit := 20, 20*time.Second
	if n > large {
		perMille, limit = max(1, perMille*large/n), 5*time.Minute
	}
	var attempts, hit atomic.Int64
	for h := range 8 {
		some := anyFault(rand.New(rand.NewPCG(seed, uint64(h))), perMille, true)
		faults := func(i int, op string) fault {
			f := some(i, op)
			if f != none {
				hit.Add(1)
			}
			return f
		}
		handlers.Go(func() {
			for batch := range queue {
				attempts.Add(1)
				ctx, cancel := context.WithTimeout(context.Background(), limit)
				out, err := engine(&network{schedule: faults}).Process(ctx, batch)
				cancel()
				if err != nil || len(out.Failed) > 0 {
					queue <- batch // delivered again
					continue
				}
				open.Done()
			}
		})
	}
	handlers.Wait()
	if n > large {
		t.Logf("seed %d, %d records: %d batches in %d attempts, %d faults", seed, n, len(batches), attempts.Load(), hit.Load())
	}

	now.add(24 * time.Hour) // until when nothing waits any more
	last := engine(&network{schedule: func(int, string) fault { return none }})
	for i := 0; ; i++ {
		out, more, err := last.Sweep(context.Background(), 100)
		if err != nil {
			t.Fatalf("seed %d, %d records: %v", seed, n, err)
		}
		if !more && out.NotSent == 0 && out.AlertsHeld == 0 {
			break
		}
		if i > 5000 {
			t.Fatalf("seed %d, %d records: the scheduled pass never ends: %+v", seed, n, out)
		}
		now.add(time.Minute)
	}
	compare(t, seed, n, openAt(t, endpoint, table, now.Now()), want, notifier)
	return len(want.Incidents), len(notifier.ids)
}

func openAt(t *testing.T, endpoint, table string, now time.Time) *dynamostore.Store {
	t.Helper()
	s, err := dynamostore.New(client(endpoint, nil), config(table, now))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// cut repeats a third of the records, shuffles all and cuts them into batches.
func cut(r *rand.Rand, items []pipeline.Item) (out [][]pipeline.Message) {
	all := append([]pipeline.Item(nil), items...)
	for range len(items) * 3 / 10 {
		all = append(all, items[r.IntN(len(items))])
	}
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	for id := 0; len(all) > 0; {
		var batch []pipeline.Message
		for range 1 + r.IntN(max(80, len(items)/20)) {
			if len(all) == 0 {
				break
			}
			batch = append(batch, pipeline.Message{ID: strconv.Itoa(id), Items: all[:1]})
			all, id = all[1:], id+1
		}
		out = append(out, batch)
	}
	return out
}

// keepAddresses takes from what memory knows of a principal's addresses what a
// table does not hold: a day of a principal keeps 64 of them, a part by hash.
func keepAddresses(p *pipeline.PrincipalReport, held map[string]int) {
	if len(p.Sources) <= 64 || len(held) < 64 {
		return
	}
	for address, n := range p.Sources {
		if held[address] > n {
			continue // which the comparison will show
		}
		if p.Sources[address] = held[address]; held[address] == 0 {
			delete(p.Sources, address)
		}
	}
}

func compare(t *testing.T, seed uint64, n int, store *dynamostore.Store, want pipeline.Analysis, notifier *told) {
	t.Helper()
	what := fmt.Sprintf("seed %d, %d records", seed, n)
	ctx := context.Background()
	first, last := tally.DayOf(want.Start), tally.DayOf(want.End)+1
	principals, err := store.PrincipalsOf(ctx, first, last)
	if err != nil {
		t.Fatal(err)
	}
	if n > large && len(principals) == len(want.Principals) {
		for i := range principals {
			keepAddresses(&want.Principals[i], principals[i].Sources)
		}
	}
	if d := differ(want.Principals, principals); d != "" {
		t.Fatalf("%s: principals differ (-memory +table):\n%s", what, d)
	}
	findings, err := store.FindingsOf(ctx, first, last)
	if err != nil {
		t.Fatal(err)
	}
	triage.SortFindings(findings)
	if d := differ(want.Findings, findings); d != "" {
		t.Fatalf("%s: findings differ (-memory +table):\n%s", what, d)
	}
	incidents, err := store.IncidentsOf(ctx, first, last)
	if err != nil {
		t.Fatal(err)
	}
	if d := differ(want.Incidents, incidents); d != "" {
		t.Fatalf("%s: incidents differ (-memory +table):\n%s", what, d)
	}
	var keys []cloudtrail.Key
	for k := range want.Evidence {
		keys = append(keys, k)
	}
	evidence, err := store.Evidence(ctx, keys)
	if err != nil {
		t.Fatal(err)
	}
	for k, c := range want.Evidence {
		if got, ok := evidence[k]; !ok || got.Digest != c.Digest || got.Operation != c.Operation || got.Principal != c.Principal {
			t.Fatalf("%s: evidence of %v is %+v, want %+v", what, k, got, c)
		}
	}
	for _, in := range want.Incidents {
		if in.Severity >= triage.Medium && in.Silenced == "" && !notifier.ids[in.ID] {
			t.Errorf("%s: nobody was told of incident %s about %s", what, in.ID, in.Subject.Key)
		}
	}
}
