package main

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Two folders with the same files, made at other times and in another order,
// give the same bytes, and programs can be run.
func TestPackIsReproducible(t *testing.T) {
	files := []string{"bootstrap", "LICENSE", "docs/a.md"}
	var archives [][]byte
	for i := range 2 {
		folder, out := t.TempDir(), filepath.Join(t.TempDir(), "out.zip")
		for j := range files {
			name := files[(i+j)%len(files)]
			path := filepath.Join(folder, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte("content of "+name), 0o600); err != nil {
				t.Fatal(err)
			}
			at := time.Date(2020+i, 1, 1, 0, 0, j, 0, time.UTC)
			if err := os.Chtimes(path, at, at); err != nil {
				t.Fatal(err)
			}
		}
		if i == 1 {
			if err := os.Chmod(filepath.Join(folder, "bootstrap"), 0o744); err != nil {
				t.Fatal(err)
			}
		}
		if err := pack(out, folder); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		archives = append(archives, b)
	}
	if !bytes.Equal(archives[0], archives[1]) {
		t.Error("the same files give other bytes")
	}
	r, err := zip.NewReader(bytes.NewReader(archives[0]), int64(len(archives[0])))
	if err != nil {
		t.Fatal(err)
	}
	modes := map[string]os.FileMode{"LICENSE": 0o644, "bootstrap": 0o755, "docs/a.md": 0o644}
	for _, f := range r.File {
		if f.Mode().Perm() != modes[f.Name] {
			t.Errorf("%s has mode %v, want %v", f.Name, f.Mode().Perm(), modes[f.Name])
		}
		delete(modes, f.Name)
	}
	if len(modes) > 0 {
		t.Errorf("missing: %v", modes)
	}
}
