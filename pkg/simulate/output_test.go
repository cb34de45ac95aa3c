package simulate

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestLogFiles reads the log files back and compares them with the events.
func TestLogFiles(t *testing.T) {
	cfg := week()
	cfg.Days = 3
	want := map[string]string{}
	s := run(t, cfg, func(e Event) { want[e.ID] = string(e.JSON) })
	files := shelf{files: map[string][]byte{}}
	if err := s.WriteLogFiles(files.create, 15*time.Minute); err != nil {
		t.Fatal(err)
	}
	// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-examples.html
	form := regexp.MustCompile(`^AWSLogs/(\d{12})/CloudTrail/([a-z0-9-]+)/(\d{4})/(\d\d)/(\d\d)/(\d{12})_CloudTrail_([a-z0-9-]+)_(\d{8}T\d{4}Z)_[A-Z0-9]{16}\.json\.gz$`)
	got := 0
	for name, data := range files.files {
		m := form.FindStringSubmatch(name)
		if m == nil || m[1] != m[6] || m[2] != m[7] || !strings.HasPrefix(m[8], m[3]+m[4]+m[5]) {
			t.Fatalf("name %s", name)
		}
		at, err := time.Parse("20060102T1504Z", m[8])
		if err != nil {
			t.Fatal(err)
		}
		var doc struct{ Records []json.RawMessage }
		if err := json.Unmarshal(unzip(t, data), &doc); err != nil || len(doc.Records) == 0 {
			t.Fatalf("%s: %v, %d records", name, err, len(doc.Records))
		}
		for _, raw := range doc.Records {
			r := decode(t, raw)
			if text(r, "recipientAccountId") != m[1] || text(r, "awsRegion") != m[2] {
				t.Fatalf("%s holds %s", name, raw)
			}
			when, err := time.Parse(time.RFC3339, text(r, "eventTime"))
			if err != nil || when.Before(at.Add(-15*time.Minute)) || !when.Before(at) {
				t.Fatalf("%s holds a record of %v", name, when)
			}
			if want[text(r, "eventID")] != string(raw) {
				t.Fatalf("%s: not what happened: %s", name, raw)
			}
			got++
		}
	}
	if got != len(want) {
		t.Errorf("%d records in files, %d events", got, len(want))
	}
}

// TestEventBridgeLines reads the events back.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
func TestEventBridgeLines(t *testing.T) {
	cfg := week()
	cfg.Days = 3
	n := 0
	s := run(t, cfg, func(Event) { n++ })
	var out bytes.Buffer
	if err := s.WriteEvents(&out); err != nil {
		t.Fatal(err)
	}
	kinds := map[string]int{}
	lines := bytes.Split(bytes.TrimSuffix(out.Bytes(), []byte("\n")), []byte("\n"))
	for _, line := range lines {
		r := decode(t, line)
		kinds[text(r, "detail-type")]++
		if text(r, "source") != "aws.chime" || text(r, "region") != text(r, "detail", "awsRegion") || text(r, "account") != text(r, "detail", "recipientAccountId") ||
			text(r, "time") != text(r, "detail", "eventTime") || !uuidForm.MatchString(text(r, "id")) {
			t.Fatalf("%s", line)
		}
	}
	if len(lines) != n || kinds["AWS API Call via CloudTrail"] == 0 || len(kinds) > 3 {
		t.Errorf("%d lines for %d events: %v", len(lines), n, kinds)
	}
}

func TestTruth(t *testing.T) {
	s := run(t, week(), func(Event) {})
	var out bytes.Buffer
	if err := s.Truth().Write(&out); err != nil {
		t.Fatal(err)
	}
	back, err := ReadTruth(bytes.NewReader(out.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(s.Truth(), back); d != "" {
		t.Error(d)
	}
	for _, text := range []string{"", "[]", "{}", `{"schema":"chimewatch.analysis/1"}`, `{"schema":"chimewatch.labels/1","labels":[{"id":"x","kind":"odd"}]}`} {
		if _, err := ReadTruth(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), "labels") {
			t.Errorf("%q gives %v", text, err)
		}
	}
}

// FuzzReadTruth: an error gives no truth; what is read can be written and is
// then read as the same.
func FuzzReadTruth(f *testing.F) {
	f.Add([]byte(`{"schema":"chimewatch.labels/1","simulator":1,"config":{"seed":1},"labels":[{"id":"spam/1","kind":"attack","events":["x"],"start":"2026-03-02T00:00:00Z"}]}`))
	f.Add([]byte(`{"schema":"chimewatch.labels/1","labels":null}`))
	f.Add([]byte(`{"schema":"other"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := ReadTruth(bytes.NewReader(data))
		if err != nil {
			if got.Schema != "" || got.Labels != nil {
				t.Fatalf("error %v with %+v", err, got)
			}
			return
		}
		var out bytes.Buffer
		if err := got.Write(&out); err != nil {
			t.Fatal(err)
		}
		first := out.String()
		back, err := ReadTruth(&out)
		if err != nil {
			t.Fatal(err)
		}
		var again bytes.Buffer
		if err := back.Write(&again); err != nil || again.String() != first {
			t.Fatalf("%v\n%s\nbecame\n%s", err, first, again.String())
		}
	})
}

// failing is a file that cannot be written.
type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }
func (f failing) Close() error              { return nil }

func TestWriteFailures(t *testing.T) {
	full := errors.New("disk full")
	s, err := New(week())
	if err != nil {
		t.Fatal(err)
	}
	for name, create := range map[string]Create{
		"create": func(string) (io.WriteCloser, error) { return nil, full },
		"write":  func(string) (io.WriteCloser, error) { return failing{full}, nil },
	} {
		if err := s.WriteLogFiles(create, time.Hour); !errors.Is(err, full) || !strings.Contains(err.Error(), "AWSLogs/") {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := (Corpus{Bytes: 1 << 20, FileBytes: 1 << 20}).Write(create); !errors.Is(err, full) {
			t.Errorf("corpus, %s: %v", name, err)
		}
	}
	if err := s.WriteEvents(failing{full}); !errors.Is(err, full) {
		t.Errorf("events: %v", err)
	}
	if err := s.Truth().Write(failing{full}); !errors.Is(err, full) {
		t.Errorf("labels: %v", err)
	}
	if names := Scenarios(); !slices.ContainsFunc(names, func(s Scenario) bool { return s.Kind == Benign }) || names[0].Kind != Attack {
		t.Error("Scenarios does not begin with attacks")
	}
}
