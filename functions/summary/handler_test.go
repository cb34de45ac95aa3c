package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"chimewatch/pkg/adapters/awsconf"
	"chimewatch/pkg/adapters/emf"
	"chimewatch/pkg/adapters/s3report"
	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/config"
	"chimewatch/pkg/denial"
	"chimewatch/pkg/principal"
	"chimewatch/pkg/summary"
	"chimewatch/pkg/tally"
	"chimewatch/pkg/triage"
)

const (
	bucket   = "chimewatch-111122223333"
	topicARN = "arn:aws:sns:us-east-1:111122223333:chimewatch-summaries"
)

// week is what a summary is made of, in memory: one role that lacks a
// permission, in the last week of June.
type week struct{ diary summary.Diary }

func newWeek() *week {
	w := &week{}
	for i := range 40 {
		w.diary.Add(&denial.Call{
			Key:       cloudtrail.Key{Account: "111122223333", Region: "us-east-1", EventID: fmt.Sprint(i)},
			Time:      time.Date(2026, 6, 22+i%7, i%24, 0, 0, 0, time.UTC),
			Principal: principal.Principal{Key: "arn:aws:iam::111122223333:role/notify", Type: "AssumedRole", Account: "111122223333", Role: true},
			Operation: "ListChannels", Outcome: denial.Refused, Cause: denial.IAM, Source: netip.MustParseAddr("10.0.0.1"),
		})
	}
	return w
}

func (w *week) PrincipalDays(_ context.Context, day tally.Day, yield func(summary.PrincipalDay) error) error {
	for _, d := range w.diary.Days() {
		if d.Hours[0].Hour.Day() == day {
			if err := yield(d); err != nil {
				return err
			}
		}
	}
	return nil
}

func (*week) FindingsOf(context.Context, tally.Day, tally.Day) ([]triage.Finding, error) {
	return nil, nil
}

func (*week) IncidentsOf(context.Context, tally.Day, tally.Day) ([]triage.Incident, error) {
	return nil, nil
}

func (*week) Calls(context.Context, []cloudtrail.Key) (map[cloudtrail.Key]*denial.Call, error) {
	return nil, nil
}

func (*week) HealthHours(_ context.Context, first, last tally.Hour) (out []summary.HealthHour, err error) {
	for h := first; h <= last; h++ {
		out = append(out, summary.HealthHour{Hour: h, Records: 10})
	}
	return out, nil
}

// cloud is S3 and SNS behind the real clients. It ends a run at a request:
// before the request reaches the service, or when its answer is on the way.
type cloud struct {
	s3URL, snsURL string
	mu            sync.Mutex
	published     []map[string]string
	request, end  int
	late          bool
}

var errKilled = errors.New("killed")

func newCloud(t *testing.T) *cloud {
	c := &cloud{}
	buckets := httptest.NewServer(gofakes3.New(s3mem.New()).Server())
	t.Cleanup(buckets.Close)
	// The query protocol of SNS: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
	topics := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil || r.Form.Get("Action") != "Publish" {
			http.Error(w, "not a publish", http.StatusBadRequest)
			return
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		message := map[string]string{}
		for k, v := range r.Form {
			message[k] = v[0]
		}
		c.published = append(c.published, message)
		io.WriteString(w, `<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>`)
	}))
	t.Cleanup(topics.Close)
	c.s3URL, c.snsURL = buckets.URL, topics.URL
	if _, err := c.s3(false).CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String(bucket)}); err != nil {
		t.Fatal(err)
	}
	return c
}

// RoundTrip passes requests on until the run's end.
func (c *cloud) RoundTrip(r *http.Request) (*http.Response, error) {
	c.mu.Lock()
	c.request++
	n := c.request
	c.mu.Unlock()
	if c.end > 0 && (n > c.end || n == c.end && !c.late) {
		return nil, errKilled
	}
	response, err := http.DefaultTransport.RoundTrip(r)
	if err == nil && n == c.end {
		response.Body.Close()
		return nil, errKilled
	}
	return response, err
}

func (c *cloud) http(cut bool) *http.Client {
	if cut {
		return &http.Client{Transport: c}
	}
	return http.DefaultClient
}

func (c *cloud) s3(cut bool) *s3.Client {
	return s3.New(s3.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(c.s3URL), UsePathStyle: true, HTTPClient: c.http(cut), RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
}

func (c *cloud) sns() *sns.Client {
	return sns.New(sns.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(c.snsURL), HTTPClient: awsconf.Whole(c.http(true)), RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
}

// reports are the keys of the objects that are there.
func (c *cloud) reports(t *testing.T) []string {
	t.Helper()
	out, err := c.s3(false).ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String(bucket)})
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, o := range out.Contents {
		keys = append(keys, *o.Key)
	}
	return keys
}

// run starts a process for one event, which ends at a request.
func (c *cloud) run(t *testing.T, payload string, now time.Time, end int, late bool) error {
	t.Helper()
	c.request, c.end, c.late = 0, end, late
	shelf, err := s3report.New(c.s3(true), bucket, "reports/", "us-east-1")
	if err != nil {
		t.Fatal(err)
	}
	var e event
	if err := json.Unmarshal([]byte(payload), &e); err != nil {
		t.Fatal(err)
	}
	h := &handler{
		runner: summary.Runner{Store: newWeek(), Shelf: shelf, Post: topic{c.sns(), topicARN}, Now: func() time.Time { return now }, Zone: time.UTC, Days: 7},
		config: func(context.Context) (config.Config, error) { return config.Default(), nil },
		log:    slog.New(slog.DiscardHandler), metrics: emf.Writer{Out: io.Discard},
	}
	return h.handle(t.Context(), e)
}

const scheduled = `{"time": "2026-06-29T07:00:00Z"}`

func monday() time.Time { return time.Date(2026, 6, 29, 7, 0, 9, 0, time.UTC) }

func TestHandle(t *testing.T) {
	c := newCloud(t)
	for range 2 { // the schedule delivers at least once
		if err := c.run(t, scheduled, monday(), 0, false); err != nil {
			t.Fatal(err)
		}
	}
	if got := strings.Join(c.reports(t), " "); got != "reports/2026-W26.html reports/2026-W26.json reports/book.json" {
		t.Errorf("the bucket holds %s", got)
	}
	if len(c.published) != 1 {
		t.Fatalf("%d messages", len(c.published))
	}
	m := c.published[0]
	if m["TopicArn"] != topicARN || m["Subject"] != "chimewatch 2026-W26: 1 misconfiguration to fix" || m["MessageAttributes.entry.1.Value.StringValue"] != "summary-2026-W26" {
		t.Errorf("published %v", m)
	}
	for _, want := range []string{"1 role lacks chime:ListChannels: 40 denials", "https://us-east-1.console.aws.amazon.com/s3/object/" + bucket + "?prefix=reports%2F2026-W26.html&region=us-east-1"} {
		if !strings.Contains(m["Message"], want) {
			t.Errorf("the message lacks %q:\n%s", want, m["Message"])
		}
	}
	page, err := c.s3(false).GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String(bucket), Key: aws.String("reports/2026-W26.html")})
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(page.Body)
	if err != nil || !bytes.Contains(body, []byte("role/notify")) {
		t.Errorf("the page: %v", err)
	}
}

// TestKilledAtEachRequest ends a process at each of its requests, and lets
// Lambda try again after one and after three minutes.
//
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
func TestKilledAtEachRequest(t *testing.T) {
	c := newCloud(t)
	if err := c.run(t, scheduled, monday(), 0, false); err != nil {
		t.Fatal(err)
	}
	requests, repeats := c.request, 0
	if requests < 6 {
		t.Fatalf("%d requests are fewer than the steps", requests)
	}
	for end := 1; end <= requests; end++ {
		for _, late := range []bool{false, true} {
			c := newCloud(t)
			err := c.run(t, scheduled, monday(), end, late)
			if err == nil && !(end == requests) {
				t.Fatalf("request %d: the run went on", end)
			}
			first := c.run(t, scheduled, monday().Add(time.Minute), 0, false)
			if err := c.run(t, scheduled, monday().Add(3*time.Minute), 0, false); err != nil {
				t.Fatalf("request %d: %v, then %v", end, first, err)
			}
			if n := len(c.reports(t)); n != 3 {
				t.Errorf("request %d: %d objects", end, n)
			}
			switch n := len(c.published); {
			case n == 2 && strings.HasPrefix(c.published[1]["Message"], "This summary may have reached you before"):
				repeats++
			case n != 1:
				t.Errorf("request %d, late %v: %d messages", end, late, n)
			}
		}
	}
	if repeats > 4 {
		t.Errorf("%d ends led to a repeat, which only those between the sending and its note may", repeats)
	}
}

func TestEvents(t *testing.T) {
	for payload, want := range map[string]string{
		`{"time": "yesterday"}`:            `event: time: "yesterday" is not in RFC 3339 form`,
		`{"time": "2026-07-06T07:00:00Z"}`: "has not come yet",
		`{}`:                               "",
	} {
		err := newCloud(t).run(t, payload, monday(), 0, false)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v", payload, err)
		}
	}
}

func TestSettings(t *testing.T) {
	for want, s := range map[string]settings{
		`CHIMEWATCH_TIME_ZONE: "Europe/Bonn"`: {TimeZone: "Europe/Bonn", Days: 7},
		"CHIMEWATCH_SUMMARY_DAYS: 0":          {TimeZone: "UTC"},
		"CHIMEWATCH_SUMMARY_DAYS: 32":         {TimeZone: "UTC", Days: 32},
	} {
		if _, err := s.zone(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v", s, err)
		}
	}
	if zone, err := (settings{TimeZone: "Europe/Berlin", Days: 1}).zone(); err != nil || zone.String() != "Europe/Berlin" {
		t.Errorf("%v, %v", zone, err)
	}
}
