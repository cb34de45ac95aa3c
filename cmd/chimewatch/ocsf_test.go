package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// TestSamplesOCSF: the incidents of the samples, and no others, are findings
// that conform to OCSF's definition, one a line.
func TestSamplesOCSF(t *testing.T) {
	samples(t) // from the repository's root
	schema, err := jsonschema.NewCompiler().Compile("pkg/alert/testdata/ocsf-1.3.0-detection-finding.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	got := chimewatch(t, "", "analyze", "--format", "ocsf", "events")
	golden(t, "events.ocsf.jsonl", strings.ReplaceAll(got.stdout, version(), "VERSION"))
	var ids []string
	for line := range strings.Lines(got.stdout) {
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(line))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(value); err != nil {
			t.Error(err)
		}
		var finding struct {
			Info struct{ UID string } `json:"finding_info"`
		}
		if err := json.Unmarshal([]byte(line), &finding); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, finding.Info.UID)
	}
	js := chimewatch(t, "", "analyze", "--format", "json", "events")
	var want []string
	var analysis struct{ Incidents []struct{ ID string } }
	if err := json.Unmarshal([]byte(js.stdout), &analysis); err != nil {
		t.Fatal(err)
	}
	for _, in := range analysis.Incidents {
		want = append(want, in.ID)
	}
	if d := cmp.Diff(want, ids); d != "" || len(want) == 0 {
		t.Errorf("incidents (-json +ocsf):\n%s", d)
	}
	if got.status != js.status || got.stderr != js.stderr {
		t.Errorf("status %d and %q, as JSON %d and %q", got.status, got.stderr, js.status, js.stderr)
	}
}
