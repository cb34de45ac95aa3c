package archtest

import (
	"slices"
	"strings"
)

// kind is what part a package plays.
type kind int

const (
	elsewhere kind = iota // of no concern: infra, scripts
	domain                // pkg/NAME
	adapter               // pkg/adapters/NAME
	wiring                // cmd, functions
	testOnly              // a package whose name ends in "test"
	stranger              // outside the project
)

// place is where a package stands.
type place struct {
	kind kind
	name string // of the domain package or adapter that it belongs to
}

// placeOf returns the place of the package in a folder of the project.
func placeOf(folder string) place {
	parts := strings.Split(folder, "/")
	switch {
	case strings.HasSuffix(parts[len(parts)-1], "test") && parts[len(parts)-1] != "backtest":
		return place{kind: testOnly}
	case parts[0] == "cmd" || parts[0] == "functions":
		return place{kind: wiring}
	case parts[0] != "pkg" || len(parts) < 2:
		return place{kind: elsewhere}
	case parts[1] != "adapters":
		return place{domain, parts[1]}
	case len(parts) > 2:
		return place{adapter, parts[2]}
	}
	return place{kind: elsewhere}
}

// forbidden says why a package may not import target, or nothing if it may.
// Test files may import what they like, within the layers.
func forbidden(from place, target string, test bool) string {
	folder, own := strings.CutPrefix(target, Module+"/")
	if !own {
		if from.kind == domain && !test {
			return forbiddenStranger(target)
		}
		return ""
	}
	to := placeOf(folder)
	switch {
	case to.kind == testOnly && !test:
		return "it serves tests only"
	case test || to.kind == testOnly:
		return ""
	case to.kind == wiring && from.kind != wiring:
		return "nothing builds on what only wires"
	case from.kind == domain && to.kind == adapter:
		return "the domain declares the interface that it needs, the adapter serves it"
	case from.kind == adapter && to.kind == adapter && from.name != to.name:
		return "an adapter does not know another one, let main bring them together"
	case from.kind == domain && to.kind == domain && from.name != to.name:
		return downstream(from.name, to.name)
	}
	return ""
}

// downstream says why one domain package may not import another.
func downstream(from, to string) string {
	i, j := slices.Index(order[:], from), slices.Index(order[:], to)
	switch {
	case i < 0:
		return "package " + from + " has no place yet in the order of the domain packages, see archtest.Order"
	case j < 0:
		return "package " + to + " has no place yet in the order of the domain packages, see archtest.Order"
	case j > i:
		return "it is downstream of package " + from + ", see archtest.Order"
	}
	return ""
}

// forbiddenStranger says why the domain may not import a package from outside
// the project.
func forbiddenStranger(target string) string {
	if first, _, _ := strings.Cut(target, "/"); strings.Contains(first, ".") {
		if !within(target, pure[:]) {
			return "it is not among the pure libraries that the domain may use"
		}
		return ""
	}
	if within(target, outside[:]) && !within(target, notOutside[:]) {
		return "it reaches outside the process, which is for adapters and main"
	}
	return ""
}

// within reports whether a path is one of the roots or below one.
func within(target string, roots []string) bool {
	return slices.ContainsFunc(roots, func(root string) bool {
		return target == root || strings.HasPrefix(target, root+"/")
	})
}
