package endtoend

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"chimewatch/pkg/adapters/memstore"
	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/config"
	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/simulate"
	"chimewatch/pkg/tally"
)

// traffic is what happened, and by which roads it is told.
type traffic struct {
	cut     time.Time         // all of it is older; at least eight hours ago, so that nothing waits for what may follow
	files   map[string][]byte // log files: the days before, and some of the live events once more
	live    []simulate.Event  // what EventBridge delivers, with repeats, out of order
	lost    []simulate.Event  // what it loses
	known   []simulate.Event  // what only CloudTrail knows of the week before
	lookups []simulate.Event  // what CloudTrail knows of the last hours, the lost ones among them
	early   simulate.Event    // an attack in the first hour of the deployment
	all     []simulate.Event  // all, each once
}

func newTraffic(t *testing.T, n int) traffic {
	t.Helper()
	r := rand.New(rand.NewPCG(uint64(n), 5))
	now := time.Now().UTC()
	tr := traffic{cut: now.Truncate(time.Hour).Add(-8 * time.Hour), files: map[string][]byte{}}
	yesterday := tr.cut.Truncate(24*time.Hour).AddDate(0, 0, -1)

	history := simulate.DefaultConfig()
	history.Seed, history.Start, history.Days, history.Principals = 2, yesterday.AddDate(0, 0, -6), 6, 40
	history.AttacksPerWeek, history.TroublesPerWeek, history.SuccessesPerDay, history.InnocentDenials = float64(n)/500, float64(n)/500, 0, 0.1
	before := simulated(t, history, yesterday)
	var filed []simulate.Event
	for _, e := range before {
		if r.IntN(8) == 0 && e.Time.After(tr.cut.AddDate(0, 0, -7)) {
			tr.known = append(tr.known, e)
		} else {
			filed = append(filed, e)
		}
	}
	tr.pack(t, filed)

	busy := simulate.DefaultConfig()
	busy.Seed, busy.Start, busy.Days, busy.Principals = 3, yesterday, 2, 60
	busy.AttacksPerWeek, busy.TroublesPerWeek, busy.SuccessesPerDay, busy.InnocentDenials = 60+float64(n)/14, 20+float64(n)/70, 1, 0.3
	recent := simulated(t, busy, tr.cut)
	if len(recent) < n {
		t.Fatalf("the simulation made %d events, not %d", len(recent), n)
	}
	recent = recent[len(recent)-n:]
	tr.early = forbidden(r, tr.cut.Add(-time.Minute), "PutMessagingStreamingConfigurations")
	filedAlone := forbidden(r, tr.cut.Add(-10*time.Hour), "CreateAppInstanceAdmin")
	lostAlone := forbidden(r, tr.cut.Add(-time.Hour), "CreateAppInstanceAdmin")
	tr.all = slices.Concat(before, recent, []simulate.Event{tr.early, filedAlone, lostAlone})

	again := []simulate.Event{filedAlone}
	tr.lookups, tr.lost = append(tr.lookups, lostAlone), append(tr.lost, lostAlone)
	for _, e := range recent {
		if e.Time.After(tr.cut.Add(-3 * time.Hour)) {
			tr.lookups = append(tr.lookups, e)
			if r.IntN(4) == 0 {
				tr.lost = append(tr.lost, e)
				continue
			}
		} else if r.IntN(10) == 0 {
			again = append(again, e)
		}
		tr.live = append(tr.live, e)
		if r.IntN(5) == 0 {
			tr.live = append(tr.live, e)
		}
	}
	tr.pack(t, again)
	// Out of order by minutes, and by hours now and then.
	for i := range tr.live {
		j := i + r.IntN(50)
		if r.IntN(20) == 0 {
			j = r.IntN(len(tr.live))
		}
		if j < len(tr.live) {
			tr.live[i], tr.live[j] = tr.live[j], tr.live[i]
		}
	}
	return tr
}

// simulated returns what is simulated until a time.
func simulated(t *testing.T, c simulate.Config, until time.Time) (out []simulate.Event) {
	t.Helper()
	s, err := simulate.New(c)
	if err != nil {
		t.Fatal(err)
	}
	err = s.Run(func(e simulate.Event) error {
		if e.Time.Before(until) {
			out = append(out, e)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// pack puts events into log files, one for each account, Region and six hours.
func (tr *traffic) pack(t *testing.T, events []simulate.Event) {
	t.Helper()
	parts := map[string][][]byte{}
	for _, e := range events {
		name := simulate.LogFileName(e.Account, e.Region, e.Time.Truncate(6*time.Hour))
		parts[name] = append(parts[name], e.JSON)
	}
	for name, records := range parts {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, err := io.WriteString(z, `{"Records":[`+string(bytes.Join(records, []byte(",")))+`]}`)
		if err == nil {
			err = z.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
		if tr.files[name] != nil {
			t.Fatalf("two log files named %s", name)
		}
		tr.files[name] = b.Bytes()
	}
}

// analysis is what all of it comes to in memory, in one pass. It hashes with
// the secret of the deployment: of what is bounded, that decides what is kept.
func (tr *traffic) analysis(t *testing.T, c config.Config, secret string) pipeline.Analysis {
	t.Helper()
	a, err := pipeline.NewAnalyzer(c, memstore.New(tally.NewHasher([]byte(secret))))
	if err != nil {
		t.Fatal(err)
	}
	var items []pipeline.Item
	for _, e := range tr.all {
		record, err := cloudtrail.Decode(e.JSON)
		if err != nil {
			t.Fatal(err)
		}
		items = append(items, pipeline.Item{Record: record})
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
