package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// denied is a refused call as a bare record.
func denied(id string) string {
	return fmt.Sprintf(`{"eventVersion":"1.11","userIdentity":{"type":"IAMUser","principalId":"AIDAEXAMPLE","arn":"arn:aws:iam::111122223333:user/ines","accountId":"111122223333","accessKeyId":"AKIAIOSFODNN7EXAMPLE","userName":"ines"},`+
		`"eventTime":"2026-06-01T10:00:00Z","eventSource":"chime.amazonaws.com","eventName":"ListChannels","awsRegion":"us-east-1","sourceIPAddress":"10.0.0.1","errorCode":"AccessDeniedException","errorMessage":"Access Denied","eventID":%q,"recipientAccountId":"111122223333"}`, id)
}

func logFile(records ...string) string { return `{"Records":[` + strings.Join(records, ",") + `]}` }

func gzipped(s string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write([]byte(s))
	w.Close()
	return b.String()
}

// TestBadInput: each kind of damage is named with file, place and remedy; what
// can be read of the file is, and so are the other files.
func TestBadInput(t *testing.T) {
	whole := logFile(denied("1"), denied("2"), denied("3"))
	packed := gzipped(strings.Repeat(denied("x")+"\n", 200))
	for name, c := range map[string]struct {
		content   string
		read      int64    // records of the bad file that count as read
		malformed int64    // of these
		status    int      // 2 unless nothing is wrong with the file
		stderr    []string // parts of what is said
	}{
		"not JSON":                          {"2026-06-01 everything fine\n", 0, 0, 2, []string{"bad.json", "byte 0", "CloudTrail log files", "; "}},
		"an image":                          {"\x89PNG\r\n\x1a\n\x00\x00", 0, 0, 2, []string{"bad.json", "byte 0"}},
		"empty":                             {"", 0, 0, 2, []string{"bad.json", "empty", "; "}},
		"blank":                             {" \n\n", 0, 0, 2, []string{"bad.json", "; "}},
		"cut in the last record":            {whole[:len(whole)-100], 2, 0, 2, []string{"bad.json, record 3, byte", "cut short", "fetch it again"}},
		"cut after a record":                {logFile(denied("1"))[:len(logFile(denied("1")))-2], 1, 0, 2, []string{"bad.json", "byte", "cut short"}},
		"gzip cut":                          {packed[:len(packed)-20], -1, 0, 2, []string{"bad.json", "byte", "gzip stream is cut short", "fetch the file again"}},
		"gzip with a wrong check sum":       {packed[:len(packed)-6] + "\x00" + packed[len(packed)-5:], 200, 0, 2, []string{"bad.json", "gzip stream is damaged"}},
		"a number at the top":               {"42", 0, 0, 2, []string{"bad.json", "found a number", "name a file that holds one of these"}},
		"a string at the top":               {`"Records"`, 0, 0, 2, []string{"bad.json", "found a string"}},
		"an object of no known shape":       {`{"name":"x","version":1}`, 0, 0, 2, []string{"bad.json", "object of no known shape"}},
		"Records that is no array":          {`{"Records":"none"}`, 0, 0, 2, []string{"bad.json", "Records", "expected an array"}},
		"a broken line among JSON lines":    {denied("1") + "\n{\"eventName\":}\n" + denied("2") + "\n", 2, 0, 2, []string{"bad.json", "out of place", "reading went on"}},
		"nesting without end":               {logFile(denied("1"), strings.Repeat(`{"a":`, 100000)+"1"+strings.Repeat("}", 100000)), 1, 0, 2, []string{"bad.json, record 2", "nest deeper"}},
		"brackets without end":              {strings.Repeat("[", 200000), 0, 0, 2, []string{"bad.json", "nest deeper"}},
		"a number where a record should be": {logFile(denied("1"), "7", denied("2")), 3, 1, 0, []string{"1 malformed record", "bad.json, record 2"}},
		"a record of 300 KB":                {logFile(strings.Replace(denied("1"), `"eventID"`, `"userAgent":"`+strings.Repeat("x", 300_000)+`","eventID"`, 1)), 1, 0, 0, nil},
		"invalid UTF-8":                     {logFile(strings.Replace(denied("1"), "ines", "in\xff\xfees", 1)), 1, 0, 0, nil},
		"a byte order mark":                 {"\ufeff" + logFile(denied("1")), 1, 0, 0, nil},
		"no records":                        {`{"Records":[]}`, 0, 0, 0, nil},
		"no eventTime":                      {logFile(strings.Replace(denied("1"), "eventTime", "time", 1), strings.Replace(denied("2"), "2026-06-01T10:00:00Z", "yesterday", 1)), 2, 2, 0, []string{"2 malformed records: no eventTime", "bad.json, record 1"}},
		"no eventName":                      {logFile(strings.Replace(denied("1"), "eventName", "name", 1)), 1, 1, 0, []string{"1 malformed record: no eventName"}},
		"fields of wrong types":             {logFile(`{"eventSource":"chime.amazonaws.com","eventName":"ListChannels","eventTime":"2026-06-01T10:00:00Z","userIdentity":[],"errorCode":5,"requestParameters":"x"}`), 1, 0, 0, nil},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for file, content := range map[string]string{"a-good.json": logFile(denied("g1"), denied("g2")), "bad.json": c.content, "c-good.json.gz": gzipped(logFile(denied("g3")))} {
				if err := os.WriteFile(filepath.Join(dir, file), []byte(content), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			got := chimewatch(t, "", "analyze", "--format", "json", dir)
			if got.status != c.status {
				t.Errorf("exit status %d, want %d", got.status, c.status)
			}
			var out struct {
				Records struct{ Read, Malformed, Denials int64 }
			}
			if err := json.Unmarshal([]byte(got.stdout), &out); err != nil {
				t.Fatalf("%v in %q", err, got.stdout)
			}
			if read := out.Records.Read - 3; read != c.read && c.read >= 0 || out.Records.Malformed != c.malformed {
				t.Errorf("read %d records of the file, %d malformed; want %d and %d", read, out.Records.Malformed, c.read, c.malformed)
			}
			if out.Records.Denials < 3 {
				t.Errorf("the other files were not analyzed: %d denials", out.Records.Denials)
			}
			for _, want := range c.stderr {
				if !strings.Contains(got.stderr, want) {
					t.Errorf("%q does not say %q", got.stderr, want)
				}
			}
			if len(c.stderr) == 0 && got.stderr != "" {
				t.Errorf("said %q about a good file", got.stderr)
			}
		})
	}
}
