package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"chimewatch/pkg/pipeline"
)

// TestJSON: whatever the records held, the output conforms to the published
// schema, nothing in it acts, and the values are those of the analysis.
func TestJSON(t *testing.T) {
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	schema, err := compiler.Compile(filepath.Join("..", "..", "docs", "schemas", "analysis.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		a := analysis().Draw(t, "analysis")
		var out bytes.Buffer
		if err := WriteJSON(&out, a); err != nil {
			t.Fatal(err)
		}
		if r, bad := acting(out.String()); bad {
			t.Fatalf("the output holds %U", r)
		}
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(out.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(value); err != nil {
			t.Fatal(err)
		}
		var back struct {
			Records    map[string]int64
			Period     struct{ Start, End *time.Time }
			Principals []struct {
				Key                         string
				Denials                     int
				FirstSeen                   time.Time `json:"first_seen"`
				Operations, Causes, Sources map[string]int
			}
			Findings  []struct{ ID, Subject string }
			Incidents []struct {
				ID, Subject string
				Reasons     []string
				Trigger     []string
			}
		}
		if err := json.Unmarshal(out.Bytes(), &back); err != nil {
			t.Fatal(err)
		}
		if back.Records["read"] != a.Records.Read || (back.Period.Start == nil) != a.Start.IsZero() || back.Period.Start != nil && !back.Period.Start.Equal(a.Start) {
			t.Fatal("counts or period differ")
		}
		if len(back.Principals) != len(a.Principals) || len(back.Findings) != len(a.Findings) || len(back.Incidents) != len(a.Incidents) {
			t.Fatal("something is lost")
		}
		for i, p := range back.Principals {
			want := a.Principals[i]
			if p.Key != valid(want.Key) || p.Denials != want.Denials || !p.FirstSeen.Equal(want.FirstSeen) {
				t.Fatalf("principal %q reads back as %q", want.Key, p.Key)
			}
			if len(p.Causes) != len(want.Causes) || len(sortedKeys(p.Causes)) == 0 {
				t.Fatal("causes are lost")
			}
		}
		for i, in := range back.Incidents {
			want := a.Incidents[i]
			if in.Subject != valid(want.Subject.Key) || len(in.Trigger) != len(want.Trigger) ||
				!slices.EqualFunc(in.Reasons, want.Reasons, func(a, b string) bool { return a == valid(b) }) {
				t.Fatalf("incident %q reads back as %q", want.Subject.Key, in.Subject)
			}
		}
	})
}

// valid is what JSON can say of text: invalid UTF-8 has no form in it.
func valid(s string) string {
	return strings.ToValidUTF8(strings.Map(func(r rune) rune { return r }, s), "\uFFFD")
}

func TestJSONOfNothing(t *testing.T) {
	var out bytes.Buffer
	if err := WriteJSON(&out, pipeline.Analysis{}); err != nil {
		t.Fatal(err)
	}
	want := `{"schema": "chimewatch.analysis/1",
 "records": {"read":0,"malformed":0,"messaging":0,"denials":0,"duplicates":0,"conflicts":0,"unavailable":0},
 "period": {"start":null,"end":null},
 "principals": [],
 "findings": [],
 "incidents": []}
`
	if out.String() != want {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

func TestWriteFails(t *testing.T) {
	for name, write := range map[string]func() error{
		"json": func() error { return WriteJSON(fullDisk{}, pipeline.Analysis{}) },
		"text": func() error { return WriteText(fullDisk{}, pipeline.Analysis{}, TextOptions{}) },
	} {
		if err := write(); err == nil || !strings.Contains(err.Error(), "no space left on device") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
