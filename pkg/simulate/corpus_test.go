package simulate

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
)

// shelf keeps files in memory.
type shelf struct {
	mu    sync.Mutex
	files map[string][]byte
}

type book struct {
	bytes.Buffer
	name  string
	shelf *shelf
}

func (s *shelf) create(name string) (io.WriteCloser, error) { return &book{name: name, shelf: s}, nil }

func (b *book) Close() error {
	b.shelf.mu.Lock()
	defer b.shelf.mu.Unlock()
	b.shelf.files[b.name] = b.Bytes()
	return nil
}

func unzip(t testing.TB, data []byte) []byte {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestCorpus holds a corpus against its statistics, record by record.
func TestCorpus(t *testing.T) {
	for _, denied := range []float64{0, 0.01, 0.3} {
		c := Corpus{Seed: 3, Start: time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC), Bytes: 6 << 20, FileBytes: 1 << 20, Denied: denied, Workers: 2}
		files := shelf{files: map[string][]byte{}}
		stats, err := c.Write(files.create)
		if err != nil {
			t.Fatal(err)
		}
		if stats.Files != 6 || len(files.files) != 6 {
			t.Fatalf("denied %v: %d files and %d said, want 6", denied, len(files.files), stats.Files)
		}
		seen, denials, ids := 0, map[string]int64{}, map[string]bool{}
		for name, data := range files.files {
			var doc struct{ Records []map[string]any }
			if err := json.Unmarshal(unzip(t, data), &doc); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			for _, r := range doc.Records {
				seen++
				ids[r["eventID"].(string)] = true
				if _, err := time.Parse(time.RFC3339, r["eventTime"].(string)); err != nil {
					t.Fatal(err)
				}
				if r["eventSource"] == "chime.amazonaws.com" {
					if _, ok := r["errorCode"]; !ok {
						t.Fatalf("a success: %v", r)
					}
					denials[keyOf(t, r)]++
				}
			}
		}
		if int64(seen) != stats.Records || len(ids) != seen {
			t.Errorf("denied %v: %d records, %d ids, stats say %d", denied, seen, len(ids), stats.Records)
		}
		if !maps.Equal(denials, stats.Principals) {
			t.Errorf("denied %v: denials by principal\n%v\nstats say\n%v", denied, denials, stats.Principals)
		}
		if share := float64(stats.Denials) / float64(stats.Records); share < denied*0.7 || share > denied*1.3 {
			t.Errorf("denied %v: share is %v", denied, share)
		}
		if mean := float64(stats.Bytes) / float64(stats.Records); denied < 0.1 && (mean < 1550 || mean > 1620) {
			t.Errorf("denied %v: a record has %.0f bytes, want about 1,584", denied, mean)
		}

		c.Workers = 1
		again := shelf{files: map[string][]byte{}}
		if _, err := c.Write(again.create); err != nil {
			t.Fatal(err)
		}
		if !maps.EqualFunc(files.files, again.files, bytes.Equal) {
			t.Errorf("denied %v: files depend on the number of workers", denied)
		}
	}
}

func TestCorpusBounds(t *testing.T) {
	for _, c := range []Corpus{{Denied: 1.1}, {Denied: -1}, {FileBytes: 10}, {FileBytes: 1 << 30}, {Bytes: -1}} {
		if _, err := c.Write(nil); err == nil {
			t.Errorf("%+v was accepted", c)
		}
	}
}

type nullFile struct{}

func (nullFile) Write(p []byte) (int, error) { return len(p), nil }
func (nullFile) Close() error                { return nil }

func BenchmarkCorpus(b *testing.B) {
	c := Corpus{Seed: 1, Start: time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC), Bytes: 64 << 20, Denied: 0.01, Workers: 2}
	b.SetBytes(c.Bytes)
	for b.Loop() {
		if _, err := c.Write(func(string) (io.WriteCloser, error) { return nullFile{}, nil }); err != nil {
			b.Fatal(err)
		}
	}
}
