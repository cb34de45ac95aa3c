package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"chimewatch/pkg/detect"
)

var update = flag.Bool("update", false, "write the golden files of the sample events")

// result is what a run of the command line left behind.
type result struct {
	status         int
	stdout, stderr string
}

// chimewatch runs the command line within the test's process.
func chimewatch(t *testing.T, stdin string, args ...string) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	status := run(t.Context(), args, process{
		stdin: strings.NewReader(stdin), stdout: &stdout, stderr: &stderr,
		getenv: func(string) string { return "" },
		now:    july,
	})
	return result{status, stdout.String(), stderr.String()}
}

// july is the time at which the tests run.
func july() time.Time { return time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC) }

// samples returns the sample events, from the repository's root.
func samples(t *testing.T) []string {
	t.Helper()
	t.Chdir(filepath.Join("..", ".."))
	var paths []string
	err := filepath.WalkDir("events", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && filepath.Ext(path) != ".md" {
			paths = append(paths, filepath.ToSlash(path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(paths) < 20 {
		t.Fatalf("there are %d sample events; something is lost", len(paths))
	}
	return paths
}

// TestSamples holds what analyze prints for every sample, and for all of them
// together, to the golden files, and its JSON to the published schema.
func TestSamples(t *testing.T) {
	paths := append(samples(t), "events")
	schema, err := jsonschema.NewCompiler().Compile("docs/schemas/analysis.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		t.Run(path, func(t *testing.T) {
			text := chimewatch(t, "", "analyze", path)
			golden(t, path+".txt", fmt.Sprintf("%s\n-- standard error --\n%s-- exit status %d --\n", text.stdout, text.stderr, text.status))

			js := chimewatch(t, "", "analyze", "--format", "json", path)
			golden(t, path+".json", js.stdout)
			if js.status != text.status || js.stderr != text.stderr {
				t.Errorf("as JSON: status %d and %q; as text: status %d and %q", js.status, js.stderr, text.status, text.stderr)
			}
			value, err := jsonschema.UnmarshalJSON(strings.NewReader(js.stdout))
			if err != nil {
				t.Fatal(err)
			}
			if err := schema.Validate(value); err != nil {
				t.Errorf("the output does not conform to the schema: %v", err)
			}
			if again := chimewatch(t, "", "analyze", "--format", "json", path); again != js {
				t.Error("a second run says something else")
			}
		})
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("cmd", "chimewatch", "testdata", "golden", filepath.FromSlash(name))
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; write it with -update", err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("differs from %s (-want +got); if that is meant, write it with -update:\n%s", path, diff)
	}
}

// TestSamplesShowEverything fails if the samples do not show what they claim.
func TestSamplesShowEverything(t *testing.T) {
	paths := samples(t)
	readme, err := os.ReadFile("events/README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		if !bytes.Contains(readme, []byte("`"+strings.TrimPrefix(path, "events/")+"`")) {
			t.Errorf("events/README.md does not say what %s shows", path)
		}
	}

	var all struct {
		Principals []struct{ Type string }
		Findings   []struct{ Rule string }
	}
	if err := json.Unmarshal([]byte(chimewatch(t, "", "analyze", "--format", "json", "events").stdout), &all); err != nil {
		t.Fatal(err)
	}
	for _, rule := range detect.Rules() {
		if !slices.ContainsFunc(all.Findings, func(f struct{ Rule string }) bool { return f.Rule == string(rule.Rule) }) {
			t.Errorf("no sample makes the rule %s fire", rule.Rule)
		}
		var one struct{ Findings []struct{ Rule string } }
		path := "events/rules/" + string(rule.Rule) + ".json"
		if err := json.Unmarshal([]byte(chimewatch(t, "", "analyze", "--format", "json", "--rule", string(rule.Rule), path).stdout), &one); err != nil {
			t.Fatal(err)
		}
		if len(one.Findings) == 0 {
			t.Errorf("%s does not make its rule fire", path)
		}
	}
	// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
	for _, kind := range []string{
		"Root", "IAMUser", "AssumedRole", "Role", "FederatedUser", "Directory", "AWSAccount", "AWSService",
		"IdentityCenterUser", "Unknown", "SAMLUser", "WebIdentityUser",
	} {
		if !slices.ContainsFunc(all.Principals, func(p struct{ Type string }) bool { return p.Type == kind }) {
			t.Errorf("no sample has a refused call by an identity of type %s", kind)
		}
	}
}
