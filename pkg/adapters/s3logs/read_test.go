package s3logs_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"chimewatch/pkg/adapters/inspect/mototest"
	"chimewatch/pkg/adapters/s3logs"
	"chimewatch/pkg/inputs"
	"chimewatch/pkg/pipeline"
)

// A thousand files, ten thousand if CHIMEWATCH_THOROUGH is set. S3 throttles
// every seventh request, cuts every fifth body and resets every eleventh
// connection; some files were deleted after they were listed, others are
// damaged. Nothing is lost, and each failure is named.
func TestManyFilesThroughABadNetwork(t *testing.T) {
	const each = 2
	files := 1000
	if os.Getenv("CHIMEWATCH_THOROUGH") != "" {
		files = 10000
	}
	s := newServer(t)
	deleted, damaged := map[string]bool{}, map[string]bool{}
	want := map[string]bool{} // event ids
	days := []string{"2026/03/01", "2026/03/02", "2026/03/03", "2026/03/04"}
	for i := range files {
		key := keyOf("111122223333", "us-east-1", days[i%len(days)], i)
		data := logFile("111122223333", i*each, each)
		switch {
		case i%1000 == 17:
			deleted[key] = true
		case i%1000 == 34:
			damaged[key] = true
			data = data[:20]
		default:
			for j := range each {
				want[fmt.Sprintf("e-%d", i*each+j)] = true
			}
		}
		s.put(t, key, data)
	}
	var n atomic.Int64
	rnd := rand.New(rand.NewPCG(1, 2))
	var mu sync.Mutex
	client := s.client(transport{
		faults: func(r *http.Request) (*http.Response, error) {
			if r.URL.Query().Get("list-type") != "2" && deleted[strings.TrimPrefix(r.URL.Path, "/"+bucket+"/")] {
				return answer(r, 404, "NoSuchKey", "The specified key does not exist."), nil
			}
			switch c := n.Add(1); {
			case c%7 == 0:
				return answer(r, 503, "SlowDown", "Please reduce your request rate."), nil
			case c%11 == 0:
				return nil, errors.New("connection reset by peer")
			}
			return nil, nil
		},
		after: func(r *http.Request, out *http.Response) *http.Response {
			mu.Lock()
			defer mu.Unlock()
			if r.URL.Query().Get("list-type") != "2" && rnd.IntN(5) == 0 {
				out.Body = &cut{ReadCloser: out.Body, left: rnd.IntN(300)}
			}
			return out
		},
	})
	var order []string
	failed := map[string]error{}
	var read int64
	var done, bytes atomic.Int64
	reader := &s3logs.Reader{Client: client, Sleep: noWait, Tries: 30}
	listed, err := s3logs.ReadAll(t.Context(), reader, s3logs.Place{Bucket: bucket}, s3logs.Options{Files: &done, Bytes: &bytes}, func(b inputs.Batch) error {
		for _, it := range b.Items {
			if it.Err != nil {
				t.Errorf("%s: %v", it.Position, it.Err)
			}
			if !want[it.Record.EventID] {
				t.Errorf("%s: %s twice, or from nowhere", b.File, it.Record.EventID)
			}
			delete(want, it.Record.EventID)
		}
		if b.Last {
			order, read = append(order, b.File), read+b.Counts.Read
			if b.Err != nil {
				failed[strings.TrimPrefix(b.File, "s3://"+bucket+"/")] = b.Err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if listed.Files != int64(files) || done.Load() != int64(files) || bytes.Load() != listed.Bytes || !slices.IsSorted(order) {
		t.Errorf("listed %+v, %d files and %d bytes read, in order: %v", listed, done.Load(), bytes.Load(), slices.IsSorted(order))
	}
	if len(want) > 0 {
		t.Errorf("%d records are lost", len(want))
	}
	for key, err := range failed {
		text := err.Error()
		switch {
		case !strings.Contains(text, "s3://"+bucket+"/"+key):
			t.Errorf("%s is not named in %q", key, text)
		case deleted[key] && !strings.Contains(text, "there is no such object any more"):
			t.Errorf("deleted: %q", text)
		case damaged[key] && !strings.Contains(text, "gzip"):
			t.Errorf("damaged: %q", text)
		case !deleted[key] && !damaged[key]:
			t.Errorf("no reason to fail: %q", text)
		}
	}
	if len(failed) != len(deleted)+len(damaged) {
		t.Errorf("%d files failed, want %d", len(failed), len(deleted)+len(damaged))
	}
}

// An object that somebody overwrites while its connection is cut is not read as
// a mixture of both.
func TestOverwrittenWhileRead(t *testing.T) {
	s := newServer(t)
	key := keyOf("111122223333", "us-east-1", "2026/03/01", 1)
	s.put(t, key, logFile("111122223333", 0, 50))
	client := s.client(transport{after: func(r *http.Request, out *http.Response) *http.Response {
		if r.Header.Get("Range") == "" && r.Method == http.MethodGet {
			out.Body = &cut{ReadCloser: out.Body, left: 100}
			s.put(t, key, logFile("111122223333", 1000, 50))
		}
		return out
	}})
	_, err := (&s3logs.Reader{Client: client, Sleep: noWait}).Read(t.Context(), bucket, key, func([]pipeline.Item) error { return nil })
	if err == nil || !strings.Contains(err.Error(), "was overwritten while it was read; read it again") {
		t.Errorf("%v", err)
	}
}

// A connection that is cut at the same byte again and again is given up, and
// what is left of it is named.
func TestCutForGood(t *testing.T) {
	s := newServer(t)
	key := keyOf("111122223333", "us-east-1", "2026/03/01", 1)
	s.put(t, key, logFile("111122223333", 0, 50))
	client := s.client(transport{after: func(r *http.Request, out *http.Response) *http.Response {
		out.Body = &cut{ReadCloser: out.Body, left: 0}
		return out
	}})
	_, err := (&s3logs.Reader{Client: client, Sleep: noWait, Tries: 3}).Read(t.Context(), bucket, key, func([]pipeline.Item) error { return nil })
	if err == nil || !strings.Contains(err.Error(), "the connection was cut 3 times at byte 0") || !strings.Contains(err.Error(), key) {
		t.Errorf("%v", err)
	}
}

// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList
func TestErrorsAreExplained(t *testing.T) {
	s := newServer(t)
	key := keyOf("111122223333", "us-east-1", "2026/03/01", 1)
	s.put(t, key, logFile("111122223333", 0, 1))
	tests := []struct {
		list          bool
		status        int
		code, message string
		want          []string
	}{
		{true, 403, "AccessDenied", "Access Denied", []string{"may not be listed", "s3:ListBucket", "bucket's policy"}},
		{false, 403, "AccessDenied", "Access Denied", []string{"may not be read", "s3:GetObject", "another account's"}},
		{false, 403, "AccessDenied", "User: arn:aws:iam::111122223333:user/a is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:us-east-1:111122223333:key/k", []string{"KMS key", "kms:Decrypt", "key/k"}},
		{false, 400, "KMS.DisabledException", "key/k is disabled.", []string{"KMS key", "key/k is disabled.", "enable the key"}},
		{true, 404, "NoSuchBucket", "The specified bucket does not exist", []string{"no such bucket", "check its name"}},
		{false, 404, "NoSuchKey", "The specified key does not exist.", []string{"no such object any more", "deleted"}},
		{false, 403, "InvalidObjectState", "The operation is not valid for the object's storage class", []string{"is archived", "restore"}},
		{true, 301, "PermanentRedirect", "must be addressed using the specified endpoint", []string{"another Region: eu-central-1", "--region"}},
		{false, 503, "SlowDown", "Please reduce your request rate.", []string{"asks to slow down", "try again later"}},
		{true, 400, "ExpiredToken", "The provided token has expired.", []string{"credentials are not accepted (ExpiredToken)", "renew"}},
		{false, 400, "Strange\nCode", "what?", []string{"can't be read"}},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%v-%s", tt.list, tt.code), func(t *testing.T) {
			client := s.client(transport{faults: func(r *http.Request) (*http.Response, error) {
				return answer(r, tt.status, tt.code, tt.message, "X-Amz-Bucket-Region", "eu-central-1"), nil
			}})
			var err error
			if tt.list {
				_, err = s3logs.List(t.Context(), client, s3logs.Place{Bucket: bucket, Prefix: "p"}, s3logs.Filter{}, func(s3logs.Object) error { return nil })
			} else {
				_, err = (&s3logs.Reader{Client: client, Sleep: noWait}).Read(t.Context(), bucket, key, func([]pipeline.Item) error { return nil })
			}
			var explained *s3logs.Error
			if !errors.As(err, &explained) || explained.Unwrap() == nil {
				t.Fatalf("%v", err)
			}
			for _, w := range append(tt.want, "s3://"+bucket+"/") {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("%q is not in %q", w, err)
				}
			}
		})
	}
}

func TestReadVouched(t *testing.T) {
	s := newServer(t)
	own := keyOf("111122223333", "us-east-1", "2026/03/01", 1)
	forged := keyOf("444455556666", "us-east-1", "2026/03/01", 2)
	mixed := keyOf("444455556666", "us-east-1", "2026/03/01", 3)
	nobody := keyOf("111122223333", "us-east-1", "2026/03/01", 4)
	s.put(t, own, logFile("111122223333", 0, 3))
	s.put(t, forged, logFile("111122223333", 0, 300))
	s.put(t, mixed, append(logFile("111122223333", 0, 2), logFile("444455556666", 2, 2)...))
	s.put(t, nobody, logFile("", 0, 2))
	digest := "AWSLogs/111122223333/CloudTrail-Digest/us-east-1/2026/03/01/d.json.gz"
	reader := &s3logs.Reader{Client: s.client(transport{}), Sleep: noWait}
	for _, tt := range []struct {
		key               string
		kind              s3logs.Kind
		delivered, forged int64
	}{
		{own, s3logs.LogFile, 3, 0},
		{forged, s3logs.LogFile, 0, 300},
		{mixed, s3logs.LogFile, 2, 2},
		{nobody, s3logs.LogFile, 0, 2},
		{digest, s3logs.Digest, 0, 0}, // it is not even there: the key decides
		{"AWSLogs/111122223333/Config/x.json.gz", s3logs.Other, 0, 0},
	} {
		var delivered int64
		v, err := reader.ReadVouched(t.Context(), bucket, tt.key, func(items []pipeline.Item) error {
			delivered += int64(len(items))
			return nil
		})
		if err != nil || v.Kind != tt.kind || delivered != tt.delivered || v.Forged != tt.forged || v.Counts.Read != tt.delivered+tt.forged || (v.First.File != "") != (tt.forged > 0) {
			t.Errorf("%s: %d delivered, %+v, %v", tt.key, delivered, v, err)
		}
	}
}

// Reading ends with its context, and with the first error of whoever takes the
// records, which is returned as it is.
func TestReadAllEnds(t *testing.T) {
	s := newServer(t)
	for i := range 100 {
		s.put(t, keyOf("111122223333", "us-east-1", "2026/03/01", i), logFile("111122223333", i, 600))
	}
	reader := &s3logs.Reader{Client: s.client(transport{}), Sleep: noWait}
	full := errors.New("full")
	if _, err := s3logs.ReadAll(t.Context(), reader, s3logs.Place{Bucket: bucket}, s3logs.Options{}, func(inputs.Batch) error { return full }); err != full {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := s3logs.ReadAll(ctx, reader, s3logs.Place{Bucket: bucket}, s3logs.Options{}, func(inputs.Batch) error { cancel(); return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// Another server's opinion on listing from a key on, pages and ranges.
func TestAgainstMoto(t *testing.T) {
	config := mototest.Start(t)
	client := s3.NewFromConfig(config, func(o *s3.Options) { o.UsePathStyle = true })
	if _, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String(bucket)}); err != nil {
		t.Fatal(err)
	}
	const files = 60
	for i := range files {
		for _, account := range []string{"111122223333", "444455556666"} {
			_, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String(bucket),
				Key: aws.String(keyOf(account, "us-east-1", "2026/03/01", i)), Body: bytes.NewReader(logFile(account, i*3, 3))})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	var requests, records int
	broken := s3.NewFromConfig(config, func(o *s3.Options) {
		o.UsePathStyle = true
		o.HTTPClient = &http.Client{Transport: transport{faults: pages(17, &requests), after: func(r *http.Request, out *http.Response) *http.Response {
			if r.URL.Query().Get("list-type") != "2" {
				out.Body = &cut{ReadCloser: out.Body, left: 150}
			}
			return out
		}}}
	})
	listed, err := s3logs.ReadAll(t.Context(), &s3logs.Reader{Client: broken, Sleep: noWait}, s3logs.Place{Bucket: bucket},
		s3logs.Options{Filter: s3logs.Filter{Accounts: []string{"444455556666"}}}, func(b inputs.Batch) error {
			if b.Err != nil {
				t.Error(b.Err)
			}
			records += len(b.Items)
			return nil
		})
	if err != nil || listed.Files != files || records != 3*files || requests > 8 {
		t.Errorf("%+v, %d records, %d requests, %v", listed, records, requests, err)
	}
	if _, err := s3logs.List(t.Context(), client, s3logs.Place{Bucket: "nowhere"}, s3logs.Filter{}, func(s3logs.Object) error { return nil }); err == nil || !strings.Contains(err.Error(), "there is no such bucket") {
		t.Errorf("%v", err)
	}
}
