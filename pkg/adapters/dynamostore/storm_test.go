package dynamostore_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"chimewatch/pkg/adapters/memstore"
	defaults "chimewatch/pkg/config"
	"chimewatch/pkg/denial"
	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/pipeline/storetest"
	"chimewatch/pkg/tally"
	"chimewatch/pkg/triage"
)

// largestItem returns the size of a table's largest item, in bytes. It scans in
// segments: what DynamoDB Local takes for a page grows with the pages before it.
func largestItem(t *testing.T, c *dynamodb.Client, table string, segments int32) (largest int) {
	t.Helper()
	for segment := range segments {
		in := &dynamodb.ScanInput{TableName: &table, Segment: &segment, TotalSegments: &segments}
		for more := true; more; more = len(in.ExclusiveStartKey) > 0 {
			out, err := c.Scan(context.Background(), in)
			if err != nil {
				t.Fatal(err)
			}
			for _, it := range out.Items {
				largest = max(largest, itemSize(it))
			}
			in.ExclusiveStartKey = out.LastEvaluatedKey
		}
	}
	return largest
}

// An actor that never stops and never does the same twice: no item comes near
// the limit that the store promises, and nothing is lost when days are split.
func TestNeverTheSame(t *testing.T) {
	batches, size := 1, 500
	if thorough {
		batches, size = 4, 1000
	}
	endpoint := minidyn(t)
	c := client(endpoint, http.DefaultTransport)
	table := newTable(t, endpoint)
	s := open(t, c, table)
	pool := denials(9, 4000)
	day := tally.DayOf(storetest.Now()) - 1
	n := 0
	var all []denial.Call
	for range batches {
		batch := make([]denial.Call, size)
		for i := range batch {
			x := pool[n%len(pool)]
			x.Key.EventID = fmt.Sprintf("%08x-aaaa-4000-8000-%012x", n*7919, n)
			x.Principal = pool[0].Principal
			x.Time = (day.First() + tally.Hour(n%24)).Start().Add(time.Duration(n*37%3600) * time.Second)
			x.Resource, x.Bearer = fmt.Sprint("arn:aws:chime:::channel/", n), fmt.Sprint("arn:aws:chime:::user/", n)
			x.AccessKey = fmt.Sprint("ASIA", n%500)
			if n%5 > 0 { // the hour's flood
				x.Time = (day.First() + 5).Start().Add(time.Duration(n%3600) * time.Second)
				x.Cause = denial.IAM
			}
			batch[i] = x
			n++
		}
		receipts, err := s.Commit(context.Background(), batch)
		if err != nil || slices.ContainsFunc(receipts, func(r pipeline.Receipt) bool { return r != pipeline.Added }) {
			t.Fatal(err)
		}
		all = append(all, batch...)
	}
	want := storetest.Expect(all)
	want.Evidence, want.Sightings = nil, nil
	for subject := range want.Histories { // the principal and some others: looking at all takes long
		if len(want.Histories) > 12 && subject.Kind != tally.Principal {
			delete(want.Histories, subject)
		}
	}
	want.Check(t, s)
	largest := largestItem(t, c, table, 1)
	t.Logf("%d calls: the largest item takes %d bytes", n, largest)
	if largest >= 64<<10 {
		t.Errorf("an item takes %d bytes", largest)
	}
}

// storm makes records of one principal in one hour, each with a resource, a
// bearer, a session, a key and an address that were not there before.
type storm struct{ base pipeline.Item }

func newStorm(t *testing.T) storm { return storm{typical(t, 0, 1, 1)[0]} }

func (s storm) item(i int) pipeline.Item {
	const instance = "arn:aws:chime:us-east-1:111122223333:app-instance/3c3c8c7e-0b5a-4c3d-9e8f-0123456789ab"
	it, r := s.base, &s.base.Record
	channel := fmt.Sprintf("%s/channel/8d3f1f9e-0b5a-4c3d-9e8f-%012x", instance, i)
	session := fmt.Sprintf("i-%017x", i)
	it.Record.EventID = fmt.Sprintf("%08x-bbbb-4000-8000-%012x", uint32(i*7919), i)
	it.Record.EventTime = r.EventTime.Truncate(time.Hour).Add(time.Duration(i%3600) * time.Second)
	it.Record.RequestID = it.Record.EventID
	it.Record.Digest = uint64(i) + 1
	it.Record.ErrorMessage = strings.NewReplacer("i-0123456789abcdef", session, instance+"/channel/8d3f1f9e-0b5a-4c3d-9e8f-000000000000", channel).Replace(r.ErrorMessage)
	it.Record.Parameters = fmt.Appendf(nil, `{"channelArn":%q,"chimeBearer":"%s/user/8d3f1f9e-0b5a-4c3d-9e8f-%012x"}`, channel, instance, i)
	it.Record.SourceIP = fmt.Sprintf("%d.%d.%d.%d", 20+i>>24, i>>16&255, i>>8&255, i&255)
	it.Record.Identity.ARN = strings.Replace(r.Identity.ARN, "i-0123456789abcdef", session, 1)
	it.Record.Identity.PrincipalID = "AROAEXAMPLE000000000:" + session
	it.Record.Identity.AccessKeyID = fmt.Sprintf("ASIAEXAMPLE%09d", i)
	return it
}

func (s storm) batch(from, n int) []pipeline.Item {
	out := make([]pipeline.Item, n)
	for i := range out {
		out[i] = s.item(from + i)
	}
	return out
}

// stormOf is how many records a storm has: CHIMEWATCH_STORM, or else few.
func stormOf(t *testing.T, few int) int {
	t.Helper()
	s := os.Getenv("CHIMEWATCH_STORM")
	if s == "" {
		return few
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1000 {
		t.Fatalf("CHIMEWATCH_STORM is %q, not a number of at least 1000 records", s)
	}
	return n
}

// heap returns how much of the heap is in use after a collection, in bytes.
func heap() int {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// A storm through the engine: what it finds in the end is what an analysis of
// the whole finds, no item grows beyond its bound, and on a DynamoDB in another
// process the handler's memory does not grow with what it did before.
//
// minidyn looks at every item of the table for a Query, so there all records but
// the last are only counted, and the engine evaluates with that.
func TestStorm(t *testing.T) {
	ctx := context.Background()
	n := stormOf(t, 600)
	size := min(n/3, 1000) // of a batch
	s := newStorm(t)
	mem := memstore.New(storetest.Hasher())
	a, err := pipeline.NewAnalyzer(defaults.Default(), mem)
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	for at := 0; at < n; at += size {
		if err := a.Add(ctx, s.batch(at, min(size, n-at))); err != nil {
			t.Fatal(err)
		}
	}
	want, err := a.Analyze(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("memory: %d records in %v, %d findings, %d MiB", n, time.Since(began).Round(time.Millisecond), len(want.Findings), heap()>>20)
	runtime.KeepAlive(a)
	if len(want.Incidents) == 0 || want.Principals[0].Denials != n {
		t.Fatalf("%d incidents, %d denials", len(want.Incidents), want.Principals[0].Denials)
	}
	want.Evidence = nil

	endpoint, real := os.Getenv(endpointVariable), true
	if endpoint == "" {
		endpoint, real = minidyn(t), false
	}
	table := newTable(t, endpoint)
	c := client(endpoint, http.DefaultTransport)
	now := &movable{now: storetest.Now()}
	store := open(t, c, table)
	e, err := pipeline.NewEngine(defaults.Default(), store, storetest.Hasher(), &told{r: rand.New(rand.NewPCG(1, 2)), never: true, ids: map[string]bool{}}, now, pipeline.Options{})
	if err != nil {
		t.Fatal(err)
	}
	intake, err := pipeline.NewIntake(defaults.Default())
	if err != nil {
		t.Fatal(err)
	}
	began = time.Now()
	first, most := 0, 0
	for at := 0; at < n; at += size {
		items := s.batch(at, min(size, n-at))
		if !real {
			calls := make([]denial.Call, len(items))
			for i := range items {
				calls[i], _, _ = intake.Call(&items[i])
			}
			if at+size >= n {
				calls, items = calls[:len(calls)-1], items[len(items)-1:]
			} else {
				items = nil
			}
			if _, err := store.Commit(ctx, calls); err != nil {
				t.Fatal(err)
			}
		}
		if len(items) > 0 {
			process(t, e, items)
		}
		switch {
		case !real: // the table is in the heap too
		case at == 0:
			first = heap()
		default:
			most = max(most, heap())
		}
	}
	t.Logf("table: %d records in %v; heap in use, where the table is elsewhere, %d MiB after the first batch, at most %d MiB later",
		n, time.Since(began).Round(time.Millisecond), first>>20, most>>20)
	if real && most > first+32<<20 {
		t.Errorf("the heap grew from %d to %d MiB", first>>20, most>>20)
	}
	now.add(24 * time.Hour) // until when nothing waits any more
	for more := true; more; {
		if _, more, err = e.Sweep(ctx, 100); err != nil {
			t.Fatal(err)
		}
		now.add(time.Minute)
	}

	got, err := store.FindingsOf(ctx, tally.DayOf(want.Start), tally.DayOf(want.End))
	if err != nil {
		t.Fatal(err)
	}
	triage.SortFindings(got)
	if d := differ(want.Findings, got); d != "" {
		t.Errorf("findings differ (-memory +table):\n%s", d)
	}
	segments := int32(1) // minidyn returns everything for each
	if real {
		segments = 100
	}
	if largest := largestItem(t, c, table, segments); largest >= 64<<10 {
		t.Errorf("an item takes %d bytes", largest)
	} else {
		t.Logf("the largest item takes %d bytes", largest)
	}
}
