package summary_test

import (
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"chimewatch/pkg/summary"
)

// TestSchema holds the JSON of every kind of week to the published schema.
func TestSchema(t *testing.T) {
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	schema, err := c.Compile("../../docs/schemas/summary.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	for name, scene := range map[string]func(testing.TB) *scene{
		"busy": busyWeek, "quiet": quietWeek, "silent": silentWeek, "first": firstWeek, "gap": gapWeek, "hostile": hostileWeek,
		"large": func(t testing.TB) *scene { return largeWeek(t, 200, 100) }, "one day": oneDay, "files": files,
		"nothing":        func(t testing.TB) *scene { return filesOf(t, 1, 0) },
		"nothing at all": func(t testing.TB) *scene { return newScene(t, week(t, "2026-W26")) },
		"unknown calls": func(t testing.TB) *scene {
			s := busyWeek(t)
			clear(s.data.Calls)
			for i := range s.data.Incidents {
				in := &s.data.Incidents[i]
				in.Reasons, in.Rules, in.Principals, in.Findings, in.Trigger = nil, nil, nil, nil, nil
			}
			for i := range s.data.Findings {
				s.data.Findings[i].Evidence, s.data.Findings[i].Principals, s.data.Findings[i].Reasons = nil, nil, nil
			}
			s.data.Health = &summary.Health{}
			return s
		},
	} {
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(jsonOf(t, scene(t).report())))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(value); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
