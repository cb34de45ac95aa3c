// Command sbom writes the software bill of materials of the released programs
// as CycloneDX 1.6 JSON (https://cyclonedx.org/docs/1.6/json/): every module
// that the command line or a function is built from, with its version.
package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
)

// document is the part of CycloneDX that is used.
type document struct {
	Format     string      `json:"bomFormat"`
	Spec       string      `json:"specVersion"`
	Version    int         `json:"version"`
	Metadata   metadata    `json:"metadata"`
	Components []component `json:"components"`
}

type metadata struct {
	Component component `json:"component"`
}

type component struct {
	Type    string `json:"type"`
	Name    string `json:"name"`
	Version string `json:"version"`
	PURL    string `json:"purl"`
}

// listed is what "go list -json" says of a package.
type listed struct {
	Module *struct {
		Path, Version string
		Main          bool
	}
}

func main() {
	version := flag.String("version", "devel", "version of chimewatch")
	flag.Parse()
	if err := run(os.Stdout, *version); err != nil {
		fmt.Fprintln(os.Stderr, "sbom:", err)
		os.Exit(1)
	}
}

func run(w io.Writer, version string) error {
	out, err := exec.Command("go", "list", "-deps", "-json=Module", "-tags", "lambda.norpc", "./cmd/...", "./functions/...").Output()
	if err != nil {
		return fmt.Errorf("listing modules: %w", err)
	}
	seen := map[string]bool{}
	doc := document{Format: "CycloneDX", Spec: "1.6", Version: 1, Components: []component{}}
	doc.Metadata.Component = component{Type: "application", Name: "chimewatch", Version: version, PURL: "pkg:golang/chimewatch@" + version}
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return fmt.Errorf("reading the list of modules: %w", err)
		}
		if p.Module == nil || p.Module.Main || seen[p.Module.Path] {
			continue
		}
		seen[p.Module.Path] = true
		doc.Components = append(doc.Components, component{
			Type: "library", Name: p.Module.Path, Version: p.Module.Version,
			PURL: "pkg:golang/" + p.Module.Path + "@" + p.Module.Version,
		})
	}
	slices.SortFunc(doc.Components, func(a, b component) int { return cmp.Compare(a.Name, b.Name) })
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(doc)
}
