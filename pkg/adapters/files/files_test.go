package files

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"pgregory.net/rapid"

	"chimewatch/pkg/inputs"
)

// record is a bare record with that event id.
func record(id string) string {
	return fmt.Sprintf(`{"eventVersion":"1.11","eventTime":"2026-06-01T10:00:00Z","eventSource":"chime.amazonaws.com","eventName":"ListChannels","userIdentity":{"type":"Root"},"eventID":%q}`+"\n", id)
}

// write makes files from their contents by path.
func write(t interface{ Fatal(...any) }, dir string, contents map[string]string) {
	for path, content := range contents {
		path = filepath.Join(dir, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// reading is what Read delivered.
type reading struct {
	ids    []string
	read   int64
	errors []error
	files  []string // in the order in which they ended
}

func readAll(t interface{ Fatal(...any) }, opt Options, paths ...string) reading {
	var r reading
	err := Read(context.Background(), paths, opt, func(b inputs.Batch) error {
		for _, it := range b.Items {
			r.ids = append(r.ids, it.Record.EventID)
		}
		if !b.Last {
			if b.Err != nil || b.Counts.Read != 0 {
				t.Fatal("counts and errors are for the last batch of a file")
			}
			return nil
		}
		r.files = append(r.files, b.File)
		r.read += b.Counts.Read
		if b.Err != nil {
			r.errors = append(r.errors, b.Err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestOrder: however many workers there are and however long each file takes,
// the records come in the order of names and places.
func TestOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "files")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		contents := map[string]string{}
		var want []string
		names := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-c](/[a-c]){0,2}/[d-z]`), 1, 9, rapid.ID).Draw(t, "names")
		slices.SortFunc(names, func(a, b string) int { return slices.Compare(strings.Split(a, "/"), strings.Split(b, "/")) })
		for _, name := range names {
			n := rapid.SampledFrom([]int{1, 2, 3, 5, 300}).Draw(t, "records")
			var b strings.Builder
			for i := range n {
				id := fmt.Sprintf("%s-%d", name, i)
				b.WriteString(record(id))
				want = append(want, id)
			}
			contents[name] = b.String()
		}
		write(t, dir, contents)
		workers := rapid.IntRange(1, 5).Draw(t, "workers")
		got := readAll(t, Options{Workers: workers}, dir)
		if len(got.errors) > 0 || !slices.Equal(got.ids, want) || got.read != int64(len(want)) {
			t.Fatalf("%d workers: %d records in another order or lost (%d wanted), errors %v", workers, len(got.ids), len(want), got.errors)
		}
	})
}

func TestPaths(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"logs/2026/06/a.json":   record("a"),
		"logs/2026/07/b.json":   record("b"),
		"logs/README.md":        "# notes",
		"logs/.DS_Store":        "\x00",
		"logs/.git/config.json": record("hidden"),
		"broken/a.json":         "no JSON",
		"broken/b.json":         record("b"),
		"blank/empty.json":      "",
		"notes/README.md":       "# notes",
	})
	if err := os.Mkdir(filepath.Join(dir, "empty"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		paths []string
		stdin string
		ids   []string
		errs  []string // each is part of one error, in order
	}{
		"folder, without hidden names and Markdown": {[]string{"logs"}, "", []string{"a", "b"}, nil},
		"files in the order given":                  {[]string{"logs/2026/07/b.json", "logs/2026/06/a.json"}, "", []string{"b", "a"}, nil},
		"a file given twice is read twice":          {[]string{"logs/2026/06/a.json", "logs/2026/06/a.json"}, "", []string{"a", "a"}, nil},
		"standard input between files":              {[]string{"logs/2026/06/a.json", "-", "logs/2026/07/b.json"}, record("s"), []string{"a", "s", "b"}, nil},
		"standard input twice":                      {[]string{"-", "-"}, record("s"), []string{"s"}, []string{`give "-" once`}},
		"a broken file keeps nobody":                {[]string{"broken"}, "", []string{"b"}, []string{"a.json"}},
		"an empty file":                             {[]string{"blank"}, "", nil, []string{"empty"}},
		"no such path":                              {[]string{"nowhere", "logs/2026/06/a.json"}, "", []string{"a"}, []string{"nowhere: no such file or folder; check the path"}},
		"a path through a file":                     {[]string{"logs/2026/06/a.json/b"}, "", nil, []string{"a.json"}},
		"an empty folder":                           {[]string{"empty"}, "", nil, []string{"empty: is an empty folder; name the folder that holds the log files"}},
		"a folder with Markdown only":               {[]string{"notes"}, "", nil, []string{"holds no log files, only 1 with names that begin with a dot or end in .md"}},
		"the empty path":                            {[]string{""}, "", nil, []string{"name a file or a folder"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(dir)
			got := readAll(t, Options{Stdin: strings.NewReader(c.stdin)}, c.paths...)
			if !slices.Equal(got.ids, c.ids) {
				t.Errorf("read %q, want %q", got.ids, c.ids)
			}
			if len(got.errors) != len(c.errs) {
				t.Fatalf("errors %v, want %d", got.errors, len(c.errs))
			}
			for i, want := range c.errs {
				if msg := got.errors[i].Error(); !strings.Contains(msg, want) {
					t.Errorf("error %q does not hold %q", msg, want)
				}
			}
		})
	}
}

func TestLinks(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links need a privilege on Windows")
	}
	dir := t.TempDir()
	write(t, dir, map[string]string{"logs/a.json": record("a"), "elsewhere/b.json": record("b"), "elsewhere/deep/c.json": record("c")})
	for link, to := range map[string]string{
		"logs/loop":       ".",
		"logs/up":         "..",
		"logs/other":      "../elsewhere",
		"logs/z.json":     "../elsewhere/b.json",
		"logs/zz.json":    "gone.json",
		"elsewhere/back":  "../logs",
		"elsewhere/again": "deep",
	} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	got := readAll(t, Options{}, filepath.Join(dir, "logs"))
	// Each folder is read once, under the name that comes first; a link to a
	// file is a file.
	if want := []string{"a", "c", "b", "b"}; !slices.Equal(got.ids, want) {
		t.Errorf("read %q, want %q", got.ids, want)
	}
	if len(got.errors) != 1 || !errors.Is(got.errors[0], fs.ErrNotExist) || !strings.Contains(got.errors[0].Error(), "zz.json") {
		t.Errorf("a link to nothing must be told about, got %v", got.errors)
	}
}

func TestSpecialFiles(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"a.json": record("a")})
	if err := mkfifo(filepath.Join(dir, "pipe")); err != nil {
		t.Skipf("no named pipes here: %v", err)
	}
	got := readAll(t, Options{}, dir) // must not wait for a writer
	if !slices.Equal(got.ids, []string{"a"}) || len(got.errors) != 1 || !strings.Contains(got.errors[0].Error(), "is no regular file") {
		t.Errorf("read %q, errors %v", got.ids, got.errors)
	}
}

func TestReadFails(t *testing.T) {
	in := io.MultiReader(strings.NewReader(record("a")), iotest.ErrReader(errors.New("input/output error")))
	got := readAll(t, Options{Stdin: in}, Stdin)
	if !slices.Equal(got.ids, []string{"a"}) {
		t.Errorf("what was read before counts, got %q", got.ids)
	}
	if len(got.errors) != 1 {
		t.Fatalf("errors %v", got.errors)
	}
	for _, want := range []string{"standard input", "byte", "input/output error", "try again"} {
		if !strings.Contains(got.errors[0].Error(), want) {
			t.Errorf("error %q does not hold %q", got.errors[0], want)
		}
	}
}

// TestMalformed: what is no record is handed on with the reason, and equal
// reasons read equally, wherever they occur.
func TestMalformed(t *testing.T) {
	in := `{"Records":[1,` + record("a") + `,2,"x"]}`
	reasons := map[string]int{}
	var positions []int64
	err := Read(t.Context(), []string{Stdin}, Options{Stdin: strings.NewReader(in)}, func(b inputs.Batch) error {
		for _, it := range b.Items {
			if it.Err != nil {
				reasons[it.Err.Error()]++
				positions = append(positions, it.Position.Record)
			}
		}
		return b.Err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(reasons) != 2 || !slices.Equal(positions, []int64{1, 3, 4}) {
		t.Errorf("reasons %v at records %v; want two, one of them twice, at 1, 3, 4", reasons, positions)
	}
}

func TestStops(t *testing.T) {
	dir := t.TempDir()
	contents := map[string]string{}
	for i := range 50 {
		contents[fmt.Sprintf("%02d.json", i)] = strings.Repeat(record("x"), 500)
	}
	write(t, dir, contents)

	t.Run("when deliver fails", func(t *testing.T) {
		broken := errors.New("broken")
		n := 0
		err := Read(t.Context(), []string{dir}, Options{Workers: 3}, func(inputs.Batch) error {
			n++
			if n == 3 {
				return broken
			}
			return nil
		})
		if !errors.Is(err, broken) || n != 3 {
			t.Errorf("got %v after %d batches", err, n)
		}
	})
	t.Run("when the context ends", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		n := 0
		err := Read(ctx, []string{dir}, Options{Workers: 3}, func(inputs.Batch) error {
			n++
			cancel()
			return nil
		})
		if !errors.Is(err, context.Canceled) || n > 40 {
			t.Errorf("got %v after %d batches", err, n)
		}
	})
}

// TestWaiting: the context ends reading also while standard input is silent.
func TestWaiting(t *testing.T) {
	in, _ := io.Pipe()
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(10*time.Millisecond, cancel)
	err := Read(ctx, []string{Stdin}, Options{Stdin: in}, func(inputs.Batch) error { return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// TestAhead: a slow receiver holds the workers back.
func TestAhead(t *testing.T) {
	dir := t.TempDir()
	contents := map[string]string{}
	for i := range 40 {
		contents[fmt.Sprintf("%02d.json", i)] = record("x")
	}
	write(t, dir, contents)
	const workers = 2
	var progress Progress
	delivered := int64(0)
	err := Read(t.Context(), []string{dir}, Options{Workers: workers, Progress: &progress}, func(b inputs.Batch) error {
		runtime.Gosched()
		if ahead := progress.Files.Load() - delivered; ahead > 4*workers+1 {
			t.Errorf("%d files were read ahead", ahead)
		}
		if b.Last {
			delivered++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := progress.Files.Load(); got != 40 {
		t.Errorf("progress says %d files of 40", got)
	}
	if progress.Bytes.Load() != int64(40*len(record("x"))) {
		t.Errorf("progress says %d bytes", progress.Bytes.Load())
	}
}
