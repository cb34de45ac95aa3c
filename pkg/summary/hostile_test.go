package summary_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"chimewatch/pkg/denial"
	"chimewatch/pkg/detect"
	"chimewatch/pkg/inert"
	"chimewatch/pkg/summary"
	"chimewatch/pkg/tally"
	"chimewatch/pkg/triage"
)

// written is a report with one text in every place that comes from a record.
func written(t testing.TB, text string) *summary.Report {
	s := newScene(t, week(t, "2026-W26"))
	s.data.Watching = s.period.Before(2).Start
	kinds := []tally.Kind{tally.Principal, tally.Bearer, tally.AccessKey, tally.Network, tally.Policy}
	keys := []string{"arn:aws:iam::" + account + ":role/" + text, text + "x"}
	for i, cause := range []denial.Cause{denial.IAM, denial.AppRole, denial.Credential, denial.Network} {
		key := keys[i%2]
		calls := s.refuse(who{key, text, "203.0.113.5"}, text, cause, s.at(10), 0, 4)
		for i := range calls {
			calls[i].Key.EventID, calls[i].Key.Region = text, text
			calls[i].Principal.Account, calls[i].Principal.Type = text, text
			calls[i].Message = denial.Message{Action: text, Resource: text, Policy: denial.Policy(text), PolicyARN: text, Explicit: len(text)%2 == 0}
		}
		for _, kind := range kinds[:5-i] {
			id := s.find(detect.DenialBurst, tally.Subject{Kind: kind, Key: key}, triage.High, triage.Probing, text, calls)
			if i < 2 {
				s.raise(tally.Subject{Kind: kind, Key: key}, triage.High, triage.Probing, []string{text}, []detect.Rule{detect.DenialBurst}, []string{id}, calls)
			}
		}
	}
	s.data.Suppressions = []summary.Suppression{{Name: text, Reason: text, Owner: text, Match: text, Until: date(2026, 12, 31)}}
	return s.report()
}

// What a page is made of: tags and attributes of our own, and links to its own
// sections and to events in the console.
var (
	tag       = regexp.MustCompile(`<[a-zA-Z/!?][^>]*>`)
	allowed   = regexp.MustCompile(`^</?(a|article|b|body|code|dd|details|dl|dt|figure|footer|h1|h2|h3|head|header|html|i|input|li|link|main|meta|ol|p|pre|rect|script|section|span|strong|style|summary|svg|table|tbody|td|th|thead|title|tr|ul)( (class|id|href|rel|lang|charset|http-equiv|content|name|scope|tabindex|role|viewBox|preserveAspectRatio|x|y|width|height|aria-[a-z]+|data-[a-z]+)="[^"<>]*")*/?>$|^<!doctype html>$`)
	reference = regexp.MustCompile(`(href|src)="([^"]*)"`)
	harmless  = regexp.MustCompile(`^(#[a-z]+|data:,|https://[a-z0-9-]+\.console\.aws\.amazon\.com/cloudtrailv2/home\?region=[a-z0-9-]+#/events/[0-9a-f-]+)$`)
)

// failer is what tests and properties fail by.
type failer interface {
	Fatal(...any)
	Fatalf(string, ...any)
}

func checkInert(t failer, r *summary.Report) {
	page := htmlOf(noTest{}, r)
	body := page[strings.Index(page, "</style>")+len("</style>") : strings.LastIndex(page, "<script>")]
	if strings.Contains(body, "<script") || strings.Contains(body, "<style") {
		t.Fatalf("the page has a script or a style that is not ours")
	}
	for _, x := range tag.FindAllString(body, -1) {
		if !allowed.MatchString(x) {
			t.Fatalf("the page has the tag %q", x)
		}
		for _, to := range reference.FindAllStringSubmatch(x, -1) {
			if !harmless.MatchString(to[2]) {
				t.Fatalf("the page leads to %q", to[2])
			}
		}
	}
	mail := textOf(noTest{}, r)
	for line := range strings.Lines(mail) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "Report: "+consoleLink) {
			continue
		}
		if inert.Line(line) != line || inert.Width(line) > 78 {
			t.Fatalf("a line of the mail acts, or is too long: %q", line)
		}
		if strings.Contains(line, "://") || strings.Contains(line, "<") && strings.Contains(line, ">") {
			t.Fatalf("a line of the mail links: %q", line)
		}
	}
	for _, form := range []string{page, mail} {
		if !utf8.ValidString(form) {
			t.Fatal("not UTF-8")
		}
		for line := range strings.Lines(form) {
			if line = strings.TrimSuffix(line, "\n"); inert.Line(line) != line {
				t.Fatalf("there as it is: %q", line)
			}
		}
	}
	text := jsonOf(noTest{}, r)
	var v map[string]any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	for _, x := range text {
		if x > '~' || x < ' ' && x != '\n' {
			t.Fatalf("%U is in the JSON as it is", x)
		}
	}
	if s := r.Subject(); len(s) > 100 || inert.ASCII(s) != s {
		t.Fatalf("the subject is %q", s)
	}
}

// noTest stands in for a test where a helper only reports what cannot fail.
type noTest struct{ testing.TB }

func (noTest) Helper()        {}
func (noTest) Fatal(a ...any) { panic(a) }

// TestNothingActs: whatever records say, no form of a report lets it act. The
// seeds of FuzzNothingActs are tried as well.
func TestNothingActs(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.OneOf(
			rapid.String(),
			rapid.StringOfN(rapid.RuneFrom([]rune("<>\"'&`=/:.@[](){}$#-; \n\r\t\x00\x1b\u202e\u2066\u2028aeimo")), 0, 80, -1),
			rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }),
		).Draw(rt, "text")
		checkInert(rt, written(t, text))
	})
}

func FuzzNothingActs(f *testing.F) {
	for _, text := range hostileTexts() {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		checkInert(t, written(t, text))
	})
}
