package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// inertOutput fails if s could do anything to a terminal but show characters.
func inertOutput(t interface{ Fatalf(string, ...any) }, where, s string) {
	if !utf8.ValidString(s) {
		t.Fatalf("%s holds invalid UTF-8: %q", where, s)
	}
	for _, r := range s {
		if r != '\n' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Zl, unicode.Zp, unicode.Bidi_Control, unicode.Variation_Selector) {
			t.Fatalf("%s holds %U: %q", where, r, s)
		}
	}
}

// TestHostileText puts hostile text into every field of a record that is shown
// anywhere, into what is no record, and into names of files.
func TestHostileText(t *testing.T) {
	dir := t.TempDir()
	colors := regexp.MustCompile("\x1b\\[[0-9;]*m")
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{
			"\x1b[2J\x1b]0;owned\x07", "\r\nchimewatch: all clear", "\u202e\u2066gnp.exe", "\u200b\u2060\ufeff", "\u0085\u2028\u2029", "\x00\x7f\x9b31m",
			"\U000e0020\U000e007f", "\ufe0f\u034f", "a\u0301\u0301\u0301\u0301\u0301\u0301", `\u001b[31m`, strings.Repeat("W", 5000),
		}))
		field := func(name string) string { return text.Draw(t, name) }
		bearer := "arn:aws:chime:us-east-1:111122223333:app-instance/i/user/" + field("bearer")
		record := map[string]any{
			"eventVersion": "1.11", "eventTime": "2026-06-01T10:00:00Z", "eventSource": "chime.amazonaws.com", "eventName": "DeleteChannel",
			"awsRegion": field("region"), "sourceIPAddress": rapid.SampledFrom([]string{"198.51.100.7", field("source")}).Draw(t, "address"), "userAgent": field("agent"),
			"errorCode":         rapid.SampledFrom([]string{"AccessDenied", "ForbiddenException", field("prefix") + "#ExpiredToken"}).Draw(t, "code"),
			"errorMessage":      "User: x is not authorized to perform: chime:" + field("action") + " on resource: " + field("on") + " with an explicit deny in a service control policy: arn:" + field("policy"),
			"requestParameters": map[string]any{"channelArn": "arn:" + field("channel"), "chimeBearer": bearer},
			"requestID":         field("request"), "eventID": field("event"), "recipientAccountId": field("recipient"),
			"userIdentity": map[string]any{
				"type": rapid.SampledFrom([]string{"IAMUser", "Root", field("type")}).Draw(t, "kind"), "arn": "arn:aws:iam::111122223333:user/" + field("user"),
				"principalId": field("id"), "accountId": field("account"), "accessKeyId": "AKIA" + field("key"), "invokedBy": field("through"),
			},
		}
		js, err := json.Marshal(record)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.Map(func(r rune) rune {
			if r == 0 || r == '/' {
				return -1
			}
			return r
		}, field("file"))
		path := filepath.Join(dir, "f"+name[:min(len(name), 100)])
		broken := string(js) + "\n{" + field("noise") + "\n" + field("noise") + string(js[:len(js)/2])
		if err := os.WriteFile(path, []byte(broken), 0o644); err != nil {
			t.Skip("the file system does not take this name")
		}
		defer os.Remove(path)
		for _, args := range [][]string{
			{"analyze", path}, {"analyze", "--scope", "all", path}, {"analyze", "--format", "json", path}, {"analyze", path + field("gone")},
			{"analyze", "--config", path, path}, {"analyze", "--rule", field("rule"), path}, {"analyze", "--since", field("since"), path}, {field("command"), path},
		} {
			var out, errs strings.Builder
			run(t.Context(), args, process{stdin: strings.NewReader(""), stdout: &out, stderr: &errs, getenv: func(string) string { return "" }, now: july})
			inertOutput(t, "standard output of "+args[0], out.String())
			inertOutput(t, "standard error of "+args[0], errs.String())
		}
		var out, errs strings.Builder
		run(t.Context(), []string{"analyze", "--color", "always", path}, process{stdin: strings.NewReader(""), stdout: &out, stderr: &errs, getenv: func(string) string { return "" }, now: july})
		inertOutput(t, "colored output", colors.ReplaceAllString(out.String(), ""))
	})
}
