package alert_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"chimewatch/pkg/alert"
	"chimewatch/pkg/detect"
	"chimewatch/pkg/triage"
)

func compile(t *testing.T, path string) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	s, err := c.Compile(path)
	check(t, err)
	return s
}

// checkJSON holds a body to its schema, to ASCII and to the size of a message.
func checkJSON(t rapid.TB, body []byte, schema *jsonschema.Schema) {
	t.Helper()
	if len(body) > alert.MaxMessage {
		t.Fatalf("body of %d bytes", len(body))
	}
	for _, b := range body {
		if b < ' ' || b > '~' {
			t.Fatalf("body contains the byte %#x", b)
		}
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(v); err != nil {
		t.Fatalf("%v\n%s", err, body)
	}
}

func TestSchemas(t *testing.T) {
	alertSchema := compile(t, "../../docs/schemas/alert.schema.json")
	ocsfSchema := compile(t, "testdata/ocsf-1.3.0-detection-finding.schema.json")
	inputs := others()
	for _, d := range detect.Rules() {
		for _, v := range []triage.Verdict{triage.Probing, triage.Misconfiguration, triage.Unclear} {
			inputs[string(d.Rule)+"/"+string(v)] = ruleScene(d.Rule, v)
		}
	}
	for name, in := range inputs {
		t.Run(name, func(t *testing.T) {
			body, err := alert.JSON(in)
			check(t, err)
			checkJSON(t, body, alertSchema)

			// What is read back says the same.
			read, err := alert.Read(body)
			check(t, err)
			again, err := alert.JSON(read[0])
			check(t, err)
			if diff := cmp.Diff(decode(t, body), decode(t, again)); diff != "" && name != "hostile" {
				t.Errorf("read back (-first +again):\n%s", diff)
			}

			body, err = alert.OCSF(in, "1.2.3")
			check(t, err)
			checkJSON(t, body, ocsfSchema)
		})
	}
}

func decode(t *testing.T, body []byte) any {
	t.Helper()
	var v any
	check(t, json.Unmarshal(body, &v))
	return v
}
