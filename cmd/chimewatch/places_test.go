package main

import (
	"encoding/json"
	"io/fs"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

// bucketOf serves the files of a folder as the bucket example-trail, below
// prefix, and returns the server's URL.
func bucketOf(t testing.TB, folder, prefix string) (url string, backend *s3mem.Backend) {
	t.Helper()
	backend = s3mem.New()
	if err := backend.CreateBucket("example-trail"); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		defer file.Close()
		info, err := file.Stat()
		if err != nil {
			return err
		}
		key, err := filepath.Rel(folder, path)
		if err != nil {
			return err
		}
		_, err = backend.PutObject("example-trail", prefix+filepath.ToSlash(key), nil, file, info.Size(), nil)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(gofakes3.New(backend).Server())
	t.Cleanup(server.Close)
	return server.URL, backend
}

// shown is the result without its samples of evidence: which calls they are
// depends on the secret of the run.
func shown(t testing.TB, r result) result {
	t.Helper()
	var content map[string]any
	if err := json.Unmarshal([]byte(r.stdout), &content); err != nil {
		t.Fatalf("%v in %.200s %s", err, r.stdout, r.stderr)
	}
	for _, list := range []string{"findings", "incidents"} {
		items, _ := content[list].([]any)
		for _, item := range items {
			if object, ok := item.(map[string]any); ok {
				delete(object, "evidence")
				delete(object, "trigger")
			}
		}
	}
	text, err := json.Marshal(content)
	if err != nil {
		t.Fatal(err)
	}
	r.stdout = string(text)
	return r
}

// records takes the number of records that were read out of a result as JSON.
func records(r result) (rest result, read int) {
	at := regexp.MustCompile(`"read":([0-9]+)`).FindStringSubmatchIndex(r.stdout)
	read, _ = strconv.Atoi(r.stdout[at[2]:at[3]])
	r.stdout = r.stdout[:at[0]] + r.stdout[at[1]:]
	return r, read
}

// TestPlacesInS3: what a bucket holds is analyzed as the same files in a folder
// are, by every command that takes places, and beside paths.
func TestPlacesInS3(t *testing.T) {
	folder := t.TempDir()
	if got := chimewatch(t, "", "simulate", "--days", "2", "--principals", "30", "--labels", filepath.Join(t.TempDir(), "labels.json"), folder); got.status != 0 {
		t.Fatal(got.stderr)
	}
	url, backend := bucketOf(t, folder, "")
	withCredentials(t, "AWS_ENDPOINT_URL_S3", url)
	const place = "s3://example-trail/AWSLogs"

	for _, args := range [][]string{
		{"analyze", "--format", "json"},
		{"analyze", "--format", "text", "--color", "never"},
		{"report", "--format", "text"},
		{"backtest", "--format", "json", "--published"},
	} {
		want, got := chimewatch(t, "", append(args, folder)...), chimewatch(t, "", append(args, place)...)
		if args[2] == "json" {
			want, got = shown(t, want), shown(t, got)
		}
		if got != want || want.status == 2 || len(want.stdout) < 500 {
			t.Errorf("%v: status %d, %s; as files: status %d, %s", args, got.status, got.stderr, want.status, want.stderr)
		}
	}

	// Days that are not wanted are not even read.
	period := []string{"analyze", "--format", "json", "--since", "2026-03-03T10:00:00Z", "--until", "2026-03-04"}
	want, read := records(shown(t, chimewatch(t, "", append(period, folder)...)))
	if got, less := records(shown(t, chimewatch(t, "", append(period, place)...))); got != want || less >= read || less == 0 {
		t.Errorf("%d read, %.200s; as files %d, %.200s", less, got.stdout, read, want.stdout)
	}

	// By two roads each record counts once, and the first one is that of the
	// first place.
	twice := shown(t, chimewatch(t, "", "analyze", "--format", "json", place, folder))
	once := shown(t, chimewatch(t, "", "analyze", "--format", "json", folder, folder))
	if twice != once {
		t.Errorf("from both: %.200s, want %.200s", twice.stdout, once.stdout)
	}

	// Standard input is read once, wherever it stands.
	both := chimewatch(t, refusedCall(nil), "analyze", "-", place, "-")
	if both.status != 2 || strings.Count(both.stderr, "standard input") != 1 || !strings.Contains(both.stderr, `standard input: is named twice; give "-" once`) {
		t.Errorf("%d: %s", both.status, both.stderr)
	}

	// An object that can't be read costs itself alone.
	if _, err := backend.PutObject("example-trail", "AWSLogs/copied.json", nil, strings.NewReader("no JSON"), 7, nil); err != nil {
		t.Fatal(err)
	}
	broken := shown(t, chimewatch(t, "", "analyze", "--format", "json", place))
	if whole := shown(t, chimewatch(t, "", "analyze", "--format", "json", folder)); broken.status != 2 || broken.stdout != whole.stdout || !strings.Contains(broken.stderr, "s3://example-trail/AWSLogs/copied.json, record 1, byte 0: found text that is no JSON") {
		t.Errorf("%d: %s", broken.status, broken.stderr)
	}
}

// TestNoPlace: a place that can't be read is named, and does not keep the others
// from being analyzed.
func TestNoPlace(t *testing.T) {
	url, _ := bucketOf(t, filepath.Join("..", "..", "events", "carriers"), "logs/")
	withCredentials(t, "AWS_ENDPOINT_URL_S3", url)
	record := filepath.Join("..", "..", "events", "carriers", "record.json")
	for place, want := range map[string]string{
		"s3://":                           `"s3://" names no bucket: write s3://BUCKET or s3://BUCKET/PREFIX`,
		"s3://no-such-bucket/logs":        "s3://no-such-bucket/logs: there is no such bucket; check its name",
		"s3://example-trail/nothing-here": "s3://example-trail/nothing-here: holds no log files that are wanted, among 0 objects; check the prefix, and --since and --until",
	} {
		got := chimewatch(t, "", "analyze", place, record)
		if got.status != 2 || !strings.Contains(got.stderr, want) || !strings.Contains(got.stdout, "1 denied call") {
			t.Errorf("%s: status %d\n%s\n%s", place, got.status, got.stderr, got.stdout)
		}
	}
	withCredentials(t, "AWS_ENDPOINT_URL_S3", url, "AWS_ACCESS_KEY_ID", "", "AWS_SECRET_ACCESS_KEY", "")
	got := chimewatch(t, "", "analyze", "s3://example-trail", record)
	if got.status != 2 || !strings.Contains(got.stderr, "s3://example-trail: there are no AWS credentials that work") || !strings.Contains(got.stdout, "1 denied call") {
		t.Errorf("status %d\n%s\n%s", got.status, got.stderr, got.stdout)
	}
}
