package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"chimewatch/pkg/simulate"
)

// TestCorpus: of a mass of log files every record is counted, and every denial
// is, with its principal. Files are long enough for records to lie across the
// chunks that are read at once.
func TestCorpus(t *testing.T) {
	for _, denied := range []float64{0, 0.01, 0.3} {
		t.Run(fmt.Sprint(denied), func(t *testing.T) {
			folder := t.TempDir()
			c := simulate.Corpus{Seed: 3, Start: time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC), Bytes: 6e6, FileBytes: 1 << 20, Denied: denied, Workers: 2}
			want, err := c.Write(func(name string) (io.WriteCloser, error) {
				path := filepath.Join(folder, filepath.FromSlash(name))
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					return nil, err
				}
				return os.Create(path)
			})
			if err != nil {
				t.Fatal(err)
			}
			got := chimewatch(t, "", "analyze", "--format", "json", folder)
			var analysis struct {
				Records    struct{ Read, Malformed, Messaging, Denials int64 }
				Principals []struct {
					Key     string
					Denials int64
				}
			}
			if err := json.Unmarshal([]byte(got.stdout), &analysis); err != nil || got.stderr != "" {
				t.Fatal(err, got.stderr)
			}
			if r := analysis.Records; r.Read != want.Records || r.Denials != want.Denials || r.Messaging != want.Denials || r.Malformed != 0 {
				t.Errorf("%+v, want %d records, %d of them denials", r, want.Records, want.Denials)
			}
			for _, p := range analysis.Principals {
				if p.Denials != want.Principals[p.Key] {
					t.Errorf("%s: %d denials, want %d", p.Key, p.Denials, want.Principals[p.Key])
				}
			}
			if len(analysis.Principals) != len(want.Principals) {
				t.Errorf("%d principals, want %d", len(analysis.Principals), len(want.Principals))
			}
		})
	}
}
