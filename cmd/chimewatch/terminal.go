package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"sync"
	"time"

	"golang.org/x/term"

	"chimewatch/pkg/adapters/files"
)

// Widths of text, in columns.
const (
	defaultWidth = 100
	leastWidth   = 60
	mostWidth    = 140 // longer lines are hard to read
)

// terminal returns w as a terminal, false if it is none.
func terminal(w io.Writer) (fd int, ok bool) {
	f, ok := w.(*os.File)
	if !ok {
		return 0, false
	}
	return int(f.Fd()), term.IsTerminal(int(f.Fd()))
}

// width returns how wide text may be: as wide as the terminal, or as COLUMNS
// says where there is none.
func width(p process) int {
	columns, _ := strconv.Atoi(p.getenv("COLUMNS"))
	if fd, ok := terminal(p.stdout); ok {
		if w, _, err := term.GetSize(fd); err == nil && w > 0 {
			columns = w
		}
	}
	if columns <= 0 {
		return defaultWidth
	}
	return min(max(columns, leastWidth), mostWidth)
}

// colored decides about colors. https://no-color.org
func colored(choice string, p process) bool {
	switch choice {
	case "always":
		return true
	case "never":
		return false
	}
	_, ok := terminal(p.stdout)
	return ok && p.getenv("NO_COLOR") == "" && p.getenv("TERM") != "dumb"
}

// meter shows on a terminal how far reading got. It shows nothing elsewhere.
type meter struct {
	w        io.Writer
	progress files.Progress
	start    time.Time
	done     chan struct{}
	stopped  sync.WaitGroup
	mu       sync.Mutex // around w
	on       bool
}

const meterEvery = 200 * time.Millisecond

func startMeter(p process) *meter {
	m := &meter{w: p.stderr, start: p.now(), done: make(chan struct{})}
	if _, m.on = terminal(p.stderr); !m.on || p.getenv("TERM") == "dumb" {
		m.on = false
		return m
	}
	m.stopped.Go(func() {
		tick := time.NewTicker(meterEvery)
		defer tick.Stop()
		for {
			select {
			case <-m.done:
				return
			case <-tick.C:
				m.show(p.now().Sub(m.start))
			}
		}
	})
	return m
}

// clearLine is the sequence that empties the line the cursor is in.
const clearLine = "\r\x1b[K"

func (m *meter) show(elapsed time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	read := float64(m.progress.Bytes.Load()) / 1e6
	fmt.Fprintf(m.w, "%s%d files, %.0f MB, %.0f MB/s", clearLine, m.progress.Files.Load(), read, read/elapsed.Seconds())
}

// complain writes a message in a line of its own.
func (m *meter) complain(message string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.on {
		io.WriteString(m.w, clearLine)
	}
	complain(m.w, message)
}

// stop takes the meter off the terminal.
func (m *meter) stop() {
	if !m.on {
		return
	}
	close(m.done)
	m.stopped.Wait()
	io.WriteString(m.w, clearLine)
	m.on = false
}
