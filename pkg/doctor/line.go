package doctor

import "fmt"

// Level says how a line is meant.
type Level int

// The levels, from best to worst.
const (
	Fine    Level = iota
	Note          // worth knowing, nothing to repair
	Unknown       // could not be read
	Warning       // works, but not as it should
	Fault         // something is not seen, or nobody is told
)

// String returns the level as it is printed.
func (l Level) String() string {
	switch l {
	case Fine:
		return "ok"
	case Note:
		return "note"
	case Unknown:
		return "unknown"
	case Warning:
		return "warning"
	}
	return "FAULT"
}

// Line is one statement. A Warning or Fault has a remedy.
type Line struct {
	Level  Level
	Text   string
	Remedy string
}

// Worst returns the worst level among lines.
func Worst(lines []Line) Level {
	worst := Fine
	for _, l := range lines {
		worst = max(worst, l.Level)
	}
	return worst
}

// notes collects lines.
type notes struct{ lines []Line }

func (n *notes) fine(format string, args ...any) { n.add(Fine, "", format, args...) }

func (n *notes) note(format string, args ...any) { n.add(Note, "", format, args...) }

func (n *notes) add(l Level, remedy, format string, args ...any) {
	n.lines = append(n.lines, Line{l, fmt.Sprintf(format, args...), remedy})
}

// known reports whether a fact is; else it says what is not known, and why.
func known[T any](n *notes, f Fact[T], what string) bool {
	if f.Err == nil {
		return true
	}
	remedy := "try again; if it stays, try the same with the AWS CLI"
	if f.Err.Denied {
		remedy = "allow " + f.Err.Action + ", see chimewatch doctor --policy"
	}
	n.add(Unknown, remedy, "%s: could not be read: %v", what, f.Err.Err)
	return false
}
