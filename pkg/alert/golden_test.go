package alert_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chimewatch/pkg/alert"
	"chimewatch/pkg/detect"
	"chimewatch/pkg/triage"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestGolden holds every form of every rule and verdict, and of the scenes
// beside them, to files that a person has read.
func TestGolden(t *testing.T) {
	for _, d := range detect.Rules() {
		for _, v := range []triage.Verdict{triage.Probing, triage.Misconfiguration, triage.Unclear} {
			golden(t, string(d.Rule)+"-"+string(v), forms(t, ruleScene(d.Rule, v)))
		}
	}
	for name, in := range others() {
		golden(t, name, forms(t, in))
	}
	golden(t, "digest", digestForms(t))
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", "golden", name+".txt")
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
		t.Fatalf("%v; run go test -update to write it, then read it", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s changed (-want +got); if that is meant, run go test -update and read it:\n%s", path, diff)
	}
}

// forms is a file with every form of an alert.
func forms(t *testing.T, in alert.Input) string {
	t.Helper()
	var out strings.Builder
	section := func(name, text string) {
		fmt.Fprintf(&out, "-- %s --\n%s\n", name, strings.TrimSuffix(text, "\n"))
	}
	section("subject", alert.Subject(in))
	text, err := alert.Text(in)
	check(t, err)
	section("text", text)
	section("sms", alert.SMS(in))
	messages, err := alert.Messages(in, alert.Options{Version: "1.2.3"})
	check(t, err)
	for _, m := range messages {
		if m.Topic == alert.People {
			var bodies map[string]string
			check(t, json.Unmarshal([]byte(m.Body), &bodies))
			if bodies["email"] != text || bodies["sms"] != alert.SMS(in) {
				t.Error("the bodies for people are not the text and the text message")
			}
			section("default", bodies["default"])
		}
		if m.Topic == alert.Machines {
			var a strings.Builder
			for _, x := range m.Attributes {
				fmt.Fprintf(&a, "%s = %s\n", x.Name, x.Value())
			}
			section("attributes", a.String())
		}
	}
	for _, form := range []struct {
		name string
		make func() ([]byte, error)
	}{
		{"json", func() ([]byte, error) { return alert.JSON(in) }},
		{"chat", func() ([]byte, error) { return alert.Chat(in) }},
		{"ocsf", func() ([]byte, error) { return alert.OCSF(in, "1.2.3") }},
	} {
		body, err := form.make()
		check(t, err)
		section(form.name, indent(t, body))
	}
	return out.String()
}

func digestForms(t *testing.T) string {
	t.Helper()
	d := alert.NewDigest([]alert.Input{
		ruleScene(detect.DenialBurst, triage.Misconfiguration), ruleScene(detect.Impersonation, triage.Probing), bearerScene(), hostileScene(),
	})
	text, err := d.Text()
	check(t, err)
	chat, err := d.Chat()
	check(t, err)
	return "-- text --\n" + text + "-- sms --\n" + d.SMS() + "\n-- chat --\n" + indent(t, chat) + "\n"
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// indent makes JSON readable without decoding what it escapes.
func indent(t *testing.T, body []byte) string {
	t.Helper()
	var out bytes.Buffer
	check(t, json.Indent(&out, body, "", " "))
	return out.String()
}
