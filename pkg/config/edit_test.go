package config

import (
	"fmt"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"chimewatch/pkg/detect"
)

func scanner() Suppression {
	return Suppression{
		Name: "scanner", Reason: "it expects to be refused: nightly # not by day", Owner: "sec@example.com", Until: Date{time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC)},
		Principal: "arn:aws:iam::111122223333:role/scanner", Network: netip.MustParsePrefix("203.0.113.0/24"),
	}
}

const written = `  - name: scanner
    reason: 'it expects to be refused: nightly # not by day'
    owner: sec@example.com
    until: "2026-12-31"
    principal: arn:aws:iam::111122223333:role/scanner
    network: 203.0.113.0/24
`

const first = `# Ours.
rules:
  denial-burst: {threshold: 20}   # more than the batch job makes

suppressions:
  # The nightly build, see TEAM-12.
  - name: build
    reason: >
      expects

      # refusals
    owner: ci@example.com
    until: 2026-06-30
    rule: denial-burst
`

const last = `
# Networks.
triage:
  known_networks: [198.51.100.0/24]
`

// Files of all kinds, and what they are with the scanner's suppression.
func TestEditKeepsTheRest(t *testing.T) {
	for _, tt := range []struct{ name, before, after string }{
		{"empty", "", "suppressions:\n" + written},
		{"comments only", "# Nothing yet.\n", "# Nothing yet.\nsuppressions:\n" + written},
		{"no suppressions", "scope: {all: true}", "scope: {all: true}\nsuppressions:\n" + written},
		{"at the end", first, first + written},
		{"in the middle", first + last, first + written + last},
		{"dashes at the margin", "suppressions:\n- {name: a, reason: b, owner: c, until: 2026-01-01, rule: denial-burst}\n", "suppressions:\n- {name: a, reason: b, owner: c, until: 2026-01-01, rule: denial-burst}\n" + strings.ReplaceAll(strings.ReplaceAll(written, "  - ", "- "), "    ", "  ")},
		{"a key without a list", "suppressions: # none so far\ntriage: {quiet_days: 4}\n", "suppressions: # none so far\n" + written + "triage: {quiet_days: 4}\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			after, err := AddSuppression([]byte(tt.before), scanner())
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.after, string(after)); d != "" {
				t.Errorf("added (-want +got):\n%s", d)
			}
			back, err := RemoveSuppression(after, "scanner")
			if err != nil {
				t.Fatal(err)
			}
			before, _ := Load([]byte(tt.before))
			got, err := Load(back)
			if len(before.Suppressions) == 0 {
				before.Suppressions = got.Suppressions
			} else if string(back) != tt.before {
				t.Errorf("taken back:\n%s", cmp.Diff(tt.before, string(back)))
			}
			if err != nil || len(got.Suppressions) != len(before.Suppressions) || !reflect.DeepEqual(got, before) {
				t.Errorf("taken back it says something else: %v\n%s", err, back)
			}
		})
	}
	// The first of two goes, with its comment.
	after, err := AddSuppression([]byte(first+last), scanner())
	if err != nil {
		t.Fatal(err)
	}
	after, err = RemoveSuppression(after, "build")
	if want := first[:strings.Index(first, "  # The nightly")] + written + last; err != nil || string(after) != want {
		t.Errorf("%v:\n%s", err, cmp.Diff(want, string(after)))
	}
	// What is written on one line is written anew, and its comments stay.
	after, err = AddSuppression([]byte("# Ours.\nsuppressions: [{name: a, reason: b, owner: c, until: 2026-01-01, rule: denial-burst}] # all\nscope: {all: true} # for now\n"), scanner())
	if err != nil || !strings.HasPrefix(string(after), "# Ours.\n") || !strings.Contains(string(after), "scope: {all: true} # for now\n") || !strings.Contains(string(after), written) {
		t.Errorf("%v\n%s", err, after)
	}
}

func TestEditRefuses(t *testing.T) {
	short := scanner()
	short.Owner = ""
	twice := scanner()
	twice.Name = "build"
	for _, tt := range []struct {
		name string
		edit func() ([]byte, error)
		want string
	}{
		{"a bad file", func() ([]byte, error) { return AddSuppression([]byte("scopes: {}"), scanner()) }, "field scopes not found"},
		{"no owner", func() ([]byte, error) { return AddSuppression([]byte(first), short) }, "suppressions[1].owner: is missing"},
		{"a name twice", func() ([]byte, error) { return AddSuppression([]byte(first), twice) }, `suppressions[1].name: "build" is there twice`},
		{"no such name", func() ([]byte, error) { return RemoveSuppression([]byte(first), "scanner") }, `there is none with the name "scanner"`},
		{"an empty file", func() ([]byte, error) { return RemoveSuppression(nil, "scanner") }, `there is none with the name "scanner"`},
	} {
		if out, err := tt.edit(); err == nil || out != nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %q, error %v, want one with %q", tt.name, out, err, tt.want)
		}
	}
}

// Whatever is in the texts, a suppression that was added is what is read, and
// the others stay what they were; so when it is removed.
func TestEditProperty(t *testing.T) {
	text := rapid.OneOf(rapid.StringMatching(`[ -~]{1,30}`), rapid.StringMatching(`[#:\-'"\[\]{}&*!|>%@\n\t a-z]{1,20}x`), rapid.SampledFrom([]string{"yes", "null", "~", "1e3", "2026-01-01", "- a", "# b", "|"}))
	rapid.Check(t, func(t *rapid.T) {
		file := []byte(rapid.SampledFrom([]string{"", "# x\n", first, first + last, "suppressions: []\n", "scope: {all: true}\nsuppressions: [ ]"}).Draw(t, "file"))
		base, err := Load(file)
		if err != nil {
			t.Fatal(err)
		}
		want := base.Suppressions
		for n := range rapid.IntRange(1, 5).Draw(t, "edits") {
			if len(want) > 0 && rapid.Bool().Draw(t, "remove") {
				i := rapid.IntRange(0, len(want)-1).Draw(t, "which")
				if file, err = RemoveSuppression(file, want[i].Name); err != nil {
					t.Fatal(err)
				}
				want = append(append([]Suppression{}, want[:i]...), want[i+1:]...)
			} else {
				s := scanner()
				s.Name, s.Reason, s.Owner = fmt.Sprint(n, text.Draw(t, "name")), text.Draw(t, "reason"), text.Draw(t, "owner")
				if rapid.Bool().Draw(t, "rule") {
					s.Rule, s.Network = detect.DenialBurst, netip.Prefix{}
				}
				if file, err = AddSuppression(file, s); err != nil {
					t.Fatal(err)
				}
				want = append(append([]Suppression{}, want...), s)
			}
			got, err := Load(file)
			if err != nil {
				t.Fatalf("%v\n%s", err, file)
			}
			if d := cmp.Diff(want, got.Suppressions, cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); d != "" && len(want)+len(got.Suppressions) > 0 {
				t.Fatalf("(-want +got):\n%s\n%s", d, file)
			}
			got.Suppressions = base.Suppressions
			if !reflect.DeepEqual(got, base) {
				t.Fatalf("the rest has changed:\n%s", file)
			}
		}
	})
}
