package main

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"chimewatch/pkg/adapters/inspect/inspecttest"
	"chimewatch/pkg/adapters/logqueue"
	"chimewatch/pkg/adapters/lookupevents"
	"chimewatch/pkg/adapters/lookupevents/lookuptest"
	"chimewatch/pkg/config"
	"chimewatch/pkg/triage"
)

// exampleCredentials is an environment as the AWS CLI reads it, with nothing of the
// machine's own.
func exampleCredentials() map[string]string {
	return map[string]string{
		"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "example", "AWS_SESSION_TOKEN": "", "AWS_PROFILE": "", "AWS_REGION": "us-east-1",
		"AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "AWS_EC2_METADATA_DISABLED": "true",
	}
}

// withCredentials sets that environment, and more.
func withCredentials(t *testing.T, more ...string) {
	t.Helper()
	for name, value := range exampleCredentials() {
		t.Setenv(name, value)
	}
	for i := 0; i < len(more); i += 2 {
		t.Setenv(more[i], more[i+1])
	}
}

func TestExplainLooksUp(t *testing.T) {
	server := lookuptest.New(t)
	server.Add(refusedCall(nil))
	withCredentials(t, "AWS_ENDPOINT_URL", server.URL)
	got := road(t.Context(), t, "", "explain", "--lookup", "4d661cf2-e4cb-42f7-95f7-3154753bc4ed")
	if got.status != 0 || !strings.HasPrefix(got.stdout, "ListChannelMessages was refused.") {
		t.Errorf("%+v", got)
	}
	got = road(t.Context(), t, "", "explain", "--lookup", "nope\x1b", "--region", "us-east-1")
	if got.status != 2 || !strings.Contains(got.stderr, `knows no event "nope\x1b" in us-east-1; check the id`) || strings.Contains(got.stderr, "\x1b") {
		t.Errorf("%+v", got)
	}
	server.Fault = func(int) string { return "AccessDeniedException" }
	if got := road(t.Context(), t, "", "explain", "--lookup", "x"); got.status != 2 || !strings.Contains(got.stderr, "allow cloudtrail:LookupEvents") {
		t.Errorf("%+v", got)
	}
	withCredentials(t, "AWS_ACCESS_KEY_ID", "", "AWS_SECRET_ACCESS_KEY", "")
	if got := road(t.Context(), t, "", "explain", "--lookup", "x"); got.status != 2 || !strings.Contains(got.stderr, "there are no AWS credentials that work") || !strings.Contains(got.stderr, "aws sso login") {
		t.Errorf("%+v", got)
	}
}

func md5Of(s string) string {
	sum := md5.Sum([]byte(s))
	return hex.EncodeToString(sum[:])
}

// inbox is a queue that takes all but what refuse says.
func inbox(t *testing.T, refuse string) (url string, took *[]logqueue.Reference) {
	t.Helper()
	took = new([]logqueue.Reference)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		type entry struct{ Id, MessageBody string }
		var in struct{ Entries []entry }
		json.NewDecoder(r.Body).Decode(&in)
		good := []map[string]string{}
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		if slices.ContainsFunc(in.Entries, func(e entry) bool { return refuse != "" && strings.Contains(e.MessageBody, refuse) }) {
			w.WriteHeader(http.StatusBadRequest)
			io.WriteString(w, `{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"The specified queue does not exist."}`)
			return
		}
		for _, e := range in.Entries {
			refs, err := logqueue.Parse(e.MessageBody)
			if err != nil {
				t.Error(err)
			}
			*took = append(*took, refs...)
			good = append(good, map[string]string{"Id": e.Id, "MessageId": e.Id, "MD5OfMessageBody": md5Of(e.MessageBody)})
		}
		json.NewEncoder(w).Encode(map[string]any{"Successful": good, "Failed": []any{}})
	}))
	t.Cleanup(server.Close)
	return server.URL, took
}

func TestBackfill(t *testing.T) {
	backend := s3mem.New()
	if err := backend.CreateBucket("example-trail"); err != nil {
		t.Fatal(err)
	}
	put := func(account, region string, day time.Time, n int) string {
		key := fmt.Sprintf("AWSLogs/%[1]s/CloudTrail/%[2]s/%[3]s/%[1]s_CloudTrail_%[2]s_%[4]s_%016[5]d.json.gz", account, region, day.Format("2006/01/02"), day.Format("20060102T1504Z"), n)
		if _, err := backend.PutObject("example-trail", key, nil, strings.NewReader("12345"), 5, nil); err != nil {
			t.Fatal(err)
		}
		return key
	}
	for n := range 30 {
		day := july().AddDate(0, 0, -n)
		put("111122223333", "us-east-1", day, n)
		put("111122223333", "ap-south-1", day, n)
		put("444455556666", "eu-central-1", day, n)
	}
	store := httptest.NewServer(gofakes3.New(backend).Server())
	t.Cleanup(store.Close)
	queue, took := inbox(t, "")
	withCredentials(t, "AWS_ENDPOINT_URL_S3", store.URL, "AWS_ENDPOINT_URL_SQS", queue)

	got := road(t.Context(), t, "", "backfill", "--dry-run", "s3://example-trail")
	want := "111122223333  us-east-1       8 files, 0.0 MB\n444455556666  eu-central-1    8 files, 0.0 MB\n16 log files would be put into the queue.\n"
	if got.status != 0 || got.stdout != want || got.stderr != "" || len(*took) > 0 {
		t.Errorf("%+v, %d sent", got, len(*took))
	}
	got = road(t.Context(), t, "", "backfill", "--queue", queue+"/1/backfill", "--since", "2026-06-20", "--until", "2026-06-22", "--account", "111122223333", "--log-region", "all", "s3://example-trail")
	if got.status != 0 || len(*took) != 8 || !strings.HasSuffix(got.stdout, "8 log files put into the queue.\n") { // two Regions, and the day after
		t.Errorf("%+v, %d sent", got, len(*took))
	}
	// Interrupted by a queue that fails, the listing goes on where it stopped.
	*took = nil
	failing, first := inbox(t, "2026%2F06%2F25%2F444455556666")
	t.Setenv("AWS_ENDPOINT_URL_SQS", failing)
	args := []string{"backfill", "--queue", queue + "/1/backfill", "--since", "30d", "s3://example-trail"}
	got = road(t.Context(), t, "", args...)
	_, after, ok := strings.Cut(got.stderr, "--after '")
	after, _, _ = strings.Cut(after, "'")
	if got.status != 2 || !ok || !strings.Contains(got.stderr, "50 log files were put into the queue") {
		t.Fatalf("%+v", got)
	}
	t.Setenv("AWS_ENDPOINT_URL_SQS", queue)
	got = road(t.Context(), t, "", append(args, "--after", after)...)
	seen := map[string]bool{}
	for _, r := range append(*first, *took...) {
		if seen[r.Key] {
			t.Errorf("%s twice", r.Key)
		}
		seen[r.Key] = true
	}
	if got.status != 0 || len(seen) != 60 {
		t.Errorf("%+v, %d files", got, len(seen))
	}
	got = road(t.Context(), t, "", "backfill", "--dry-run", "s3://nowhere")
	if got.status != 2 || !strings.Contains(got.stderr, "there is no such bucket; check its name") {
		t.Errorf("%+v", got)
	}
}

func TestRoadFlags(t *testing.T) {
	withCredentials(t)
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"backfill"}, "name one place in S3"},
		{[]string{"backfill", "example-trail"}, "names no bucket: write s3://BUCKET"},
		{[]string{"backfill", "s3://example-trail"}, "into which queue? give --queue"},
		{[]string{"backfill", "--account", "12", "s3://example-trail"}, `--account: "12" is no account`},
		{[]string{"backfill", "--since", "soon", "s3://example-trail"}, `--since: "soon" is no time`},
		{[]string{"backfill", "--since", "2026-02-01", "--until", "2026-01-01", "s3://example-trail"}, "--until: 2026-01-01 is before --since"},
		{[]string{"watch", "--every", "1s"}, "--every: 1s is too often"},
		{[]string{"watch", "--min-severity", "urgent"}, "--min-severity"},
		{[]string{"watch", "--since", "200d"}, "90 days"},
		{[]string{"watch", "--config", "nowhere.yaml"}, "no such file"},
		{[]string{"watch", "--webhook", "http://example.com/secret"}, "give an https URL"},
		{[]string{"watch", "now"}, "unknown command"},
		{[]string{"doctor", "--stack", "a;b"}, "is no name of a stack"},
	} {
		got := road(t.Context(), t, "", tt.args...)
		if got.status != 2 || !strings.Contains(got.stderr, tt.want) || got.stdout != "" || strings.Contains(got.stderr, "secret") {
			t.Errorf("%v: %+v, want %q", tt.args, got, tt.want)
		}
	}
	t.Setenv("AWS_REGION", "")
	if got := road(t.Context(), t, "", "doctor"); got.status != 2 || !strings.Contains(got.stderr, "in which Region?") {
		t.Errorf("%+v", got)
	}
}

func TestDoctor(t *testing.T) {
	w := inspecttest.New(t)
	withCredentials(t, "AWS_ENDPOINT_URL", w.URL)
	got := road(t.Context(), t, "", "doctor")
	if got.status != 0 || got.stderr != "" || strings.Contains(got.stdout, "FAULT") || !strings.Contains(got.stdout, "ok       Trail in us-east-1: management logs management events") {
		t.Errorf("%+v", got)
	}
	w.Topics["AlertTopicArn"] = nil
	got = road(t.Context(), t, "", "doctor")
	if got.status != 1 || !strings.Contains(got.stdout, "FAULT    Topic for people: nobody has a confirmed subscription") || !strings.Contains(got.stdout, "         Do: aws sns subscribe") {
		t.Errorf("%+v", got)
	}
	w.Stack = ""
	got = road(t.Context(), t, "", "doctor", "--region", "eu-central-1", "--stack", "chat")
	if got.status != 1 || !strings.Contains(got.stdout, `there is no stack "chat" in eu-central-1`) {
		t.Errorf("%+v", got)
	}
	got = road(t.Context(), t, "", "doctor", "--policy")
	var policy map[string]any
	if err := json.Unmarshal([]byte(got.stdout), &policy); err != nil || got.status != 0 || policy["Version"] != "2012-10-17" {
		t.Errorf("%v, %+v", err, got)
	}
	t.Setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
	t.Setenv("AWS_MAX_ATTEMPTS", "1")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if testing.Short() {
		return
	}
	if got := road(ctx, t, "", "doctor"); got.status != 2 || !strings.Contains(got.stderr, "nothing can be read") {
		t.Errorf("%+v", got)
	}
}

// scene is what happens while somebody watches: it plays at each pause between
// looks.
type scene struct {
	*lookuptest.Clock
	every time.Duration
	play  func(pause int)
	n     int
}

func (s *scene) Sleep(ctx context.Context, d time.Duration) error {
	if d == s.every {
		s.n++
		s.play(s.n)
	}
	return s.Clock.Sleep(ctx, d)
}

// Somebody watches: what is past is known and not alerted, what happens is
// alerted once, also where the webhook fails at first, and the end is no error.
func TestWatch(t *testing.T) {
	clock := lookuptest.NewClock(july())
	server := lookuptest.New(t)
	server.Now = clock.Now
	root := func(id string, at time.Time) string {
		account := strings.Repeat(id[:1], 12)
		return fmt.Sprintf(`{"eventVersion":"1.11","eventID":%q,"eventTime":%q,"eventSource":"chime.amazonaws.com","eventName":"ListChannels","awsRegion":"us-east-1","recipientAccountId":%q,"sourceIPAddress":"198.51.%s.7","errorCode":"AccessDenied","userIdentity":{"type":"Root","arn":"arn:aws:iam::%s:root","accountId":%q}}`,
			id, at.Format(time.RFC3339), account, id[:1], account, account)
	}
	server.Add(root("1-past", july().Add(-5*time.Hour)))
	for i := range 120 { // pages of everyday refusals
		server.Add(refusedCall(func(r map[string]any) {
			r["eventID"], r["eventTime"] = fmt.Sprint("daily-", i), july().Add(-time.Duration(i)*11*time.Minute).Format(time.RFC3339)
		}))
	}
	var posts []string
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if posts = append(posts, string(body)); len(posts) < 3 {
			http.Error(w, "not now", http.StatusServiceUnavailable)
		}
	}))
	t.Cleanup(hook.Close)

	ctx, cancel := context.WithCancel(t.Context())
	s := &scene{Clock: clock, every: time.Minute}
	s.play = func(pause int) {
		switch pause {
		case 2:
			server.Add(root("2-now", clock.Now().Add(-4*time.Minute)))
		case 4: // an outage
			server.Fault = func(int) string { return "AccessDeniedException" }
		case 5:
			server.Fault = nil
			server.Add(root("3-late", clock.Now().Add(-12*time.Minute)))
		case 9:
			cancel()
		}
	}
	var stdout, stderr bytes.Buffer
	webhook, err := newWebhook(hook.URL + "/secret")
	if err != nil {
		t.Fatal(err)
	}
	w := &watcher{
		p: process{stdout: &stdout, stderr: &stderr, now: july}, clock: s, every: s.every, since: july().Add(-24 * time.Hour),
		config: config.Default(), severity: triage.Medium, bell: &bell{out: &stdout, hook: webhook, printed: map[string]bool{}},
		lookups: []regional{{"us-east-1", lookupevents.New(server.Client(), s, "us-east-1")}},
	}
	if err := w.run(ctx); err != nil {
		t.Fatal(err)
	}
	out := stdout.String()
	for want, n := range map[string]int{
		"121 events looked up, 121 denied calls.": 1, "Before: ": 1, "Watching.": 1, "DO NOW": 2, "root": -1,
	} {
		if got := strings.Count(out, want); n >= 0 && got != n || n < 0 && got == 0 {
			t.Errorf("%q is there %d times in\n%s", want, got, out)
		}
	}
	if len(posts) != 4 { // two that failed, then one for each alert
		t.Errorf("%d posts", len(posts))
	}
	for _, p := range posts {
		if !json.Valid([]byte(p)) {
			t.Errorf("posted %s", p)
		}
	}
	for _, want := range []string{"answers 503 Service Unavailable", "it will be tried again", "allow cloudtrail:LookupEvents", "the next look will cover this time too", "Stopped after 8 looks: 2 denied calls, 2 alerts."} {
		if !strings.Contains(stderr.String(), want) {
			t.Errorf("%q is not in\n%s", want, stderr.String())
		}
	}
	if strings.Contains(stderr.String(), "secret") {
		t.Errorf("the webhook's URL is told:\n%s", stderr.String())
	}
	if _, tooFast := server.Requests(); tooFast > 0 {
		t.Errorf("%d requests came too fast", tooFast)
	}
}
