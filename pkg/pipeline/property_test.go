package pipeline_test

import (
	"bytes"
	"context"
	"fmt"
	"net/netip"
	"os"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chimewatch/pkg/adapters/memstore"
	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/config"
	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/report"
	"chimewatch/pkg/tally"
)

// diff returns how two results differ, empty where they do not.
func diff(a, b any) string {
	if reflect.DeepEqual(a, b) {
		return ""
	}
	return cmp.Diff(a, b, cmp.Comparer(func(x, y netip.Addr) bool { return x == y }))
}

// analyze runs files through a fresh analyzer, in batches of random size. It
// returns what they come to, and the tallies behind it.
func analyze(t *testing.T, c *corpus, secret string, files [][]byte) (pipeline.Analysis, map[tally.Subject]tally.History) {
	t.Helper()
	store := memstore.New(tally.NewHasher([]byte(secret)))
	a, err := pipeline.NewAnalyzer(config.Default(), store)
	if err != nil {
		t.Fatal(err)
	}
	var batch []pipeline.Item
	flush := func() {
		if err := a.Add(context.Background(), batch); err != nil {
			t.Fatal(err)
		}
		batch = nil
	}
	for _, f := range files {
		counts, err := cloudtrail.Scan(bytes.NewReader(f), "corpus", cloudtrail.Options{Candidate: a.Candidate()}, func(e cloudtrail.Element) error {
			rec, err := e.Decode()
			batch = append(batch, pipeline.Item{Record: rec, Position: e.Pos, Err: err})
			if c.IntN(10) == 0 {
				flush()
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		a.Read(counts.Read)
	}
	flush()
	tallies := map[tally.Subject]tally.History{}
	for _, s := range store.Subjects() {
		tallies[s] = store.All(s)
	}
	out, err := a.Analyze(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return out, tallies
}

// Findings, tallies, incidents and counts are a function of the set of records:
// not of order, repeats, batches, carriers or the secret of the hashes. The
// corpora have up to 60 records, up to 100 if CHIMEWATCH_THOROUGH is set.
func TestOrderAndRepeatsChangeNothing(t *testing.T) {
	const corpora, parts = 1000, 8
	var found, incidents atomic.Int64
	t.Run("corpora", func(t *testing.T) {
		for part := range uint64(parts) {
			t.Run(fmt.Sprint(part), func(t *testing.T) {
				t.Parallel()
				for seed := part; seed < corpora; seed += parts {
					plain := oneCorpus(t, seed)
					found.Add(int64(len(plain.Findings)))
					incidents.Add(int64(len(plain.Incidents)))
				}
			})
		}
	})
	t.Logf("%d corpora, %d findings, %d incidents", corpora, found.Load(), incidents.Load())
	if found.Load() < corpora || incidents.Load() < corpora/2 {
		t.Errorf("the corpora are too tame to show anything: %d findings, %d incidents", found.Load(), incidents.Load())
	}
}

// oneCorpus analyzes one corpus as it is, and shuffled, repeated and split, and
// fails where the results differ.
func oneCorpus(t *testing.T, seed uint64) pipeline.Analysis {
	t.Helper()
	c := newCorpus(seed)
	most := 60
	if os.Getenv("CHIMEWATCH_THOROUGH") != "" {
		most = 100
	}
	records := c.records(10 + c.IntN(most-10))
	plain, tallies := analyze(t, c, "one", [][]byte{c.shape(records)})
	other, again := analyze(t, c, "one", c.carry(c.repeat(records)))
	if more := other.Records.Read - plain.Records.Read; more < other.Records.Duplicates {
		t.Fatalf("seed %d: %d more read, but %d duplicates", seed, more, other.Records.Duplicates)
	}
	other.Records.Read, other.Records.Duplicates = plain.Records.Read, plain.Records.Duplicates
	if d := diff(plain, other); d != "" {
		t.Fatalf("seed %d: the shuffled run differs (-plain +shuffled):\n%s", seed, d)
	}
	if a, b := written(t, plain), written(t, other); a != b {
		t.Fatalf("seed %d: the JSON differs:\n%s\n%s", seed, a, b)
	}
	if d := diff(tallies, again); d != "" {
		t.Fatalf("seed %d: the tallies differ:\n%s", seed, d)
	}
	if seed%4 == 0 {
		keyed, _ := analyze(t, c, "two", [][]byte{c.shape(records)})
		if d := diff(plain, keyed); d != "" {
			t.Fatalf("seed %d: the analysis depends on the secret of the hashes:\n%s", seed, d)
		}
	}
	return plain
}

// written returns an analysis as the JSON that the command line prints.
func written(t *testing.T, a pipeline.Analysis) string {
	t.Helper()
	var b strings.Builder
	if err := report.WriteJSON(&b, a); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
