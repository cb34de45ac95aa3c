package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// preview runs chimewatch alert preview.
func runPreview(t *testing.T, stdin string, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	var out, errOut bytes.Buffer
	cmd := newAlertCommand()
	cmd.SetArgs(append([]string{"preview"}, args...))
	cmd.SetIn(strings.NewReader(stdin))
	cmd.SetOut(&out)
	cmd.SetErr(&errOut)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	err = cmd.Execute()
	return out.String(), errOut.String(), err
}

const twoIncidents = `{"schema":"chimewatch.analysis/1","findings":[
 {"id":"f-1","rule":"critical-operation","hour":"2026-01-05T03:00:00Z","severity":"critical","subject":"arn:aws:iam::111122223333:role/chat-backend","subject_kind":"actor","principals":["arn:aws:iam::111122223333:role/chat-backend"],
  "window":{"start":"2026-01-05T03:12:00Z","end":"2026-01-05T03:13:00Z"},"denials":2,"verdict":"probing","reasons":["r"],"evidence":["e-1"],"attack":["T1098"]}],
"incidents":[
 {"id":"i-1","subject":"arn:aws:iam::111122223333:role/chat-backend","severity":"critical","verdict":"probing","reasons":["r"],"raised_at":"2026-01-05T03:13:00Z","trigger":["e-1"],"last_seen":"2026-01-05T03:12:30Z","updates":[],"findings":["f-1"],"principals":["arn:aws:iam::111122223333:role/chat-backend"],"denials":2},
 {"id":"i-2","subject":"arn:aws:organizations::1:policy/o-x/service_control_policy/p-y","severity":"low","verdict":"misconfiguration","reasons":[],"raised_at":"2026-01-05T03:13:00Z","trigger":[],"last_seen":"2026-01-05T03:12:30Z","updates":[],"findings":[],"principals":[],"denials":9}]}`

func TestAlertPreview(t *testing.T) {
	stdout, stderr, err := runPreview(t, twoIncidents, "-")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range formNames() {
		if !strings.Contains(stdout, "===== "+name+" =") {
			t.Errorf("the form %s is missing", name)
		}
	}
	for _, want := range []string{
		"CRITICAL role/chat-backend: A critical operation denied (probing) 111122223333\n", "DO NOW\n 1. Ask the owner of role/chat-backend",
		`rule = ["critical-operation"]`, `"schema": "chimewatch.alert/1"`, `"threadId": "i-1"`, `"class_uid": 2004`,
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("the output lacks %q:\n%s", want, stdout)
		}
	}
	if !strings.Contains(stderr, "the first of 2 incidents, i-1; --incident picks another one") {
		t.Errorf("standard error says %q", stderr)
	}

	path := filepath.Join(t.TempDir(), "analysis.json")
	if err := os.WriteFile(path, []byte(twoIncidents), 0o600); err != nil {
		t.Fatal(err)
	}
	stdout, _, err = runPreview(t, "", "--incident", "i-2", "--form", "subject", "--drill", path)
	if want := "DRILL LOW policy p-y: One organisation policy refuses many (misconfiguration)\n"; err != nil || stdout != want {
		t.Errorf("the subject of the other one is %q, %v; want %q", stdout, err, want)
	}
}

// TestAlertPreviewOfAnAlert: what machines get can be shown to people again.
func TestAlertPreviewOfAnAlert(t *testing.T) {
	document, _, err := runPreview(t, twoIncidents, "--form", "json", "-")
	if err != nil {
		t.Fatal(err)
	}
	again, stderr, err := runPreview(t, document, "--form", "json", "-")
	if err != nil || again != document || stderr != "" {
		t.Errorf("%v, %q\n%s", err, stderr, again)
	}
}

func TestAlertPreviewErrors(t *testing.T) {
	for _, tt := range []struct {
		name, stdin string
		args        []string
		want        string
	}{
		{"no file", "", nil, "name one file"},
		{"two files", "", []string{"a", "b"}, "name one file"},
		{"no such file", "", []string{"no-such-file"}, "name a file that can be read"},
		{"no JSON", "x", []string{"-"}, "standard input: no JSON object"},
		{"another incident", twoIncidents, []string{"--incident", "i-3", "-"}, `has no incident "i-3"`},
		{"another form", twoIncidents, []string{"--form", "fax", "-"}, `--form: "fax" is none of subject, text`},
	} {
		if _, _, err := runPreview(t, tt.stdin, tt.args...); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want it to say %q", tt.name, err, tt.want)
		}
	}
}
