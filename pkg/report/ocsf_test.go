package report

import (
	"bytes"
	"path/filepath"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"
)

// TestOCSF: whatever the records held, each incident is a line that conforms to
// OCSF's definition of a Detection Finding, in printable ASCII.
func TestOCSF(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile(filepath.Join("..", "alert", "testdata", "ocsf-1.3.0-detection-finding.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		a := analysis().Draw(t, "analysis")
		var out bytes.Buffer
		if err := WriteOCSF(&out, a, "1.2.3"); err != nil {
			t.Fatal(err)
		}
		lines := bytes.Split(out.Bytes(), []byte("\n"))
		if len(lines) != len(a.Incidents)+1 {
			t.Fatalf("%d lines for %d incidents", len(lines)-1, len(a.Incidents))
		}
		for i, line := range lines[:len(lines)-1] {
			for _, b := range line {
				if b < ' ' || b > '~' {
					t.Fatalf("the line holds the byte %#x", b)
				}
			}
			value, err := jsonschema.UnmarshalJSON(bytes.NewReader(line))
			if err != nil {
				t.Fatal(err)
			}
			if err := schema.Validate(value); err != nil {
				t.Fatal(err)
			}
			status, _ := value.(map[string]any)["status"].(string)
			if (status == "Suppressed") != (a.Incidents[i].Silenced != "") {
				t.Fatalf("status %q of an incident silenced by %q", status, a.Incidents[i].Silenced)
			}
		}
	})
}
