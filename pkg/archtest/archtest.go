// Package archtest holds the project's dependency rule: it parses the source
// of every package and says what breaks the rule. Only tests use it.
//
//   - Domain packages, all of pkg/ but pkg/adapters, import parts of the
//     standard library that touch nothing outside the process, well-kept pure
//     libraries, and domain packages upstream of them in [Order]. They never ask
//     for the wall clock.
//   - An adapter imports its own client and the domain, never another adapter.
//   - Nothing imports what only wires: cmd and functions.
//   - Packages whose name ends in "test" serve tests, and only tests import them;
//     backtest is a word of its own.
//   - No package has an init function, and no file of 400 lines or more.
package archtest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Module is the path that imports of this project begin with.
const Module = "chimewatch"

// MaxLines is how many lines a file may have; one that needs more holds two
// ideas.
const MaxLines = 400

// order of the domain packages: each may import those before it.
var order = [...]string{
	"inert", "wording", "cloudtrail", "chime", "principal", "denial", "tally", "detect", "triage", "config",
	"alert", "pipeline", "inputs", "report", "summary", "simulate", "backtest", "doctor",
}

// Order returns the names of the domain packages, upstream first: each may
// import those before it.
func Order() []string { return slices.Clone(order[:]) }

// pure are the libraries outside the standard library that the domain may use:
// they compute, and touch nothing outside the process. A path stands for
// itself and all below it.
var pure = [...]string{
	"github.com/cespare/xxhash/v2",
	"github.com/klauspost/compress",
	"github.com/tidwall/gjson",
	"go.yaml.in/yaml/v3",
	"golang.org/x/sync/errgroup",
	"golang.org/x/text",
}

// outside are the parts of the standard library that reach outside the
// process, or report somewhere else than to the caller. A path stands for
// itself and all below it, but for the exceptions.
var outside = [...]string{"crypto/rand", "database", "expvar", "flag", "log", "net", "os", "plugin", "syscall", "testing", "unsafe"}

var notOutside = [...]string{"net/mail", "net/netip", "net/url"}

// clock are the functions of package time that read the wall clock or wait
// for it.
var clock = [...]string{"After", "AfterFunc", "NewTicker", "NewTimer", "Now", "Since", "Sleep", "Tick", "Until"}

// Check parses the Go files of the project whose root is fsys and returns what
// breaks the rule, sorted: one line each, beginning with file and line. Folders
// named testdata and those that begin with "." or "_" are left out, as by the
// go command.
func Check(fsys fs.FS) ([]string, error) {
	var faults []string
	err := fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if base := entry.Name(); base == "testdata" || name != "." && strings.ContainsAny(base[:1], "._") {
				return fs.SkipDir
			}
			return nil
		}
		if path.Ext(name) != ".go" {
			return nil
		}
		source, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		found, err := checkFile(name, source)
		if err != nil {
			return err
		}
		faults = append(faults, found...)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("checking the dependency rule: %w", err)
	}
	slices.Sort(faults)
	return faults, nil
}

// checkFile returns the faults of one file.
func checkFile(name string, source []byte) ([]string, error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, name, source, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	var faults []string
	fault := func(pos token.Pos, format string, args ...any) {
		p := files.Position(pos)
		faults = append(faults, fmt.Sprintf("%s:%d: %s", name, p.Line, fmt.Sprintf(format, args...)))
	}

	if lines := files.File(file.Pos()).LineCount(); lines >= MaxLines && !strings.HasSuffix(name, "_test.go") {
		fault(file.Package, "%d lines are too many for one file, split it by what is inside", lines)
	}
	for _, decl := range file.Decls {
		if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
			fault(f.Pos(), "init functions hide when things happen, call it from where it is needed")
		}
	}

	from := placeOf(path.Dir(name))
	test := strings.HasSuffix(name, "_test.go") || from.kind == testOnly
	timeName := ""
	for _, spec := range file.Imports {
		target, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, err
		}
		if target == "time" {
			timeName = "time"
			if spec.Name != nil {
				timeName = spec.Name.Name
			}
		}
		if why := forbidden(from, target, test); why != "" {
			fault(spec.Pos(), "imports %s: %s", target, why)
		}
	}

	if from.kind == domain && !test && timeName != "" {
		ast.Inspect(file, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if x, ok := sel.X.(*ast.Ident); ok && x.Name == timeName && slices.Contains(clock[:], sel.Sel.Name) {
				fault(sel.Pos(), "time.%s is the wall clock: take the time from the caller", sel.Sel.Name)
			}
			return true
		})
		if timeName == "." {
			fault(file.Package, "imports time into the file's own names, which hides the use of the clock")
		}
	}
	return faults, nil
}
