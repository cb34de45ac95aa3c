package summary_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"chimewatch/pkg/inert"
	"chimewatch/pkg/summary"
)

var (
	update    = flag.Bool("update", false, "write the golden files anew")
	largePage = flag.String("large", "", "write the page of 10,000 principals to this `file`")
)

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", "golden", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; run go test -update to write it, then read it", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s changed (-want +got); if that is meant, run go test -update and read it:\n%s", path, diff)
	}
}

// TestGolden holds the mail of every kind of week, and the page and the JSON of
// some, to files that a person has read. The pages are also opened in a browser:
// scripts/browser-check.sh.
func TestGolden(t *testing.T) {
	for name, scene := range map[string]func(testing.TB) *scene{
		"busy": busyWeek, "quiet": quietWeek, "silent": silentWeek, "first": firstWeek, "gap": gapWeek, "hostile": hostileWeek,
		"clocks-forward":    func(t testing.TB) *scene { return clockChange(t, "2026-W13") },
		"clocks-back":       func(t testing.TB) *scene { return clockChange(t, "2026-W43") },
		"year-end":          func(t testing.TB) *scene { return clockChange(t, "2026-W53") },
		"principals-10000":  func(t testing.TB) *scene { return largeWeek(t, 10000, 1000) },
		"one-day":           oneDay,
		"files-of-70-days":  files,
		"files-without-any": func(t testing.TB) *scene { return filesOf(t, 1, 0) },
	} {
		t.Run(name, func(t *testing.T) {
			r := scene(t).report()
			text := textOf(t, r)
			golden(t, name+".txt", text)
			for line := range strings.Lines(text) {
				line = strings.TrimSuffix(line, "\n")
				if inert.Width(line) > 78 && !strings.HasPrefix(line, "Report: ") {
					t.Errorf("a line of %d columns: %q", inert.Width(line), line)
				}
			}
			switch name {
			case "busy", "hostile":
				golden(t, name+".html", htmlOf(t, r))
				golden(t, name+".json", jsonOf(t, r))
			case "quiet", "gap", "first", "files-of-70-days":
				golden(t, name+".html", htmlOf(t, r))
			}
			if !utf8.ValidString(text) {
				t.Error("the mail is not UTF-8")
			}
		})
	}
}

// oneDay is the report of a daily schedule.
func oneDay(t testing.TB) *scene {
	s := newScene(t, summary.NewPeriod(busyWeek(t).period.Start.AddDate(0, 0, 4), 1))
	busy := busyWeek(t)
	busy.period = s.period
	return busy
}

// files is a report on log files of seventy days, without a watch.
func files(t testing.TB) *scene { return filesOf(t, 70, 900) }

func filesOf(t testing.TB, days, denials int) *scene {
	from := date(2026, 3, 1)
	s := newScene(t, summary.Period{Start: from, End: from.AddDate(0, 0, days)})
	s.data.Records = &summary.Records{Read: 1234567, Messaging: int64(denials) * 40, Duplicates: 12, Malformed: 3}
	for i := range denials {
		s.refuse(who{role([]string{"chat-backend", "notify"}[i%2]), "AssumedRole", "10.0.0.1"}, "ListChannels", "iam", from.Add(hours(float64(i)*1.7)), 0, 1)
	}
	return s
}

func hours(h float64) time.Duration { return time.Duration(h * float64(time.Hour)) }
