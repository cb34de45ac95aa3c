package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/klauspost/compress/gzip"
	"golang.org/x/sync/errgroup"

	"chimewatch/pkg/simulate"
)

// corpus makes the log files for a share of denied calls, unless they are there,
// and returns their folder.
func (b *bench) corpus(percent float64) (string, error) {
	folder := filepath.Join(b.folder, fmt.Sprintf("%dMB-%v%%", b.megabytes, percent))
	if _, err := os.Stat(folder); err == nil {
		return folder, nil
	}
	part := folder + ".part" // so that what is there is whole
	if err := os.RemoveAll(part); err != nil {
		return "", err
	}
	c := simulate.Corpus{
		Seed: 1, Start: time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC),
		Bytes: b.megabytes * 1e6, Denied: percent / 100, Workers: runtime.GOMAXPROCS(0),
	}
	stats, err := c.Write(func(name string) (io.WriteCloser, error) {
		path := filepath.Join(part, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return nil, err
		}
		return os.Create(path)
	})
	if err != nil {
		return "", err
	}
	fmt.Fprintf(os.Stderr, "%s: %d files, %d records of %d bytes, %d of them denied calls\n",
		folder, stats.Files, stats.Records, stats.Bytes/max(1, stats.Records), stats.Denials)
	return folder, os.Rename(part, folder)
}

// decompress decompresses all files of a folder and does nothing else, with a
// worker for each processor.
func decompress(folder string) error {
	var work errgroup.Group
	paths := make(chan string)
	for range runtime.GOMAXPROCS(0) {
		work.Go(func() error {
			var z gzip.Reader
			var failed error
			for path := range paths {
				failed = errors.Join(failed, decompressFile(&z, path))
			}
			return failed
		})
	}
	err := filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() {
			paths <- path
		}
		return err
	})
	close(paths)
	return errors.Join(err, work.Wait())
}

func decompressFile(z *gzip.Reader, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := z.Reset(file); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if _, err := io.Copy(io.Discard, z); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
