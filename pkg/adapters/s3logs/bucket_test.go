package s3logs_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

const bucket = "example-trail"

// faults sits between the client and the server and decides about requests. It
// returns nil to let one pass.
type faults func(*http.Request) (*http.Response, error)

type transport struct {
	faults faults
	after  func(*http.Request, *http.Response) *http.Response
}

// pool keeps the connections of all workers.
var pool = &http.Transport{MaxIdleConnsPerHost: 64}

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if t.faults != nil {
		if out, err := t.faults(r); out != nil || err != nil {
			return out, err
		}
	}
	out, err := pool.RoundTrip(r)
	if err == nil && t.after != nil {
		out = t.after(r, out)
	}
	return out, err
}

// server is an S3 server in this process, with a bucket.
type server struct {
	url     string
	backend gofakes3.Backend
}

func newServer(t testing.TB) *server {
	t.Helper()
	backend := s3mem.New()
	if err := backend.CreateBucket(bucket); err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(gofakes3.New(backend).Server())
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // it tells of every connection that a test cuts
	s.Start()
	t.Cleanup(s.Close)
	return &server{s.URL, backend}
}

func (s *server) put(t testing.TB, key string, data []byte) {
	t.Helper()
	if _, err := s.backend.PutObject(bucket, key, nil, bytes.NewReader(data), int64(len(data)), nil); err != nil {
		t.Fatal(err)
	}
}

// client is the real one, on the server, without its waits.
func (s *server) client(tr transport) *s3.Client {
	return s3.New(s3.Options{
		Region: "us-east-1", BaseEndpoint: &s.url, UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider("AKIAEXAMPLE", "example", ""),
		HTTPClient:  &http.Client{Transport: tr},
		Retryer: retry.NewStandard(func(o *retry.StandardOptions) {
			o.MaxAttempts, o.RateLimiter = 5, unlimited{}
			o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
		}),
	})
}

type unlimited struct{}

func (unlimited) GetToken(context.Context, uint) (func() error, error) {
	return func() error { return nil }, nil
}
func (unlimited) AddTokens(uint) error { return nil }

// noWait stands for the waits between tries.
func noWait(ctx context.Context, _ time.Duration) error { return ctx.Err() }

// answer is an error answer of S3.
func answer(r *http.Request, status int, code, message string, header ...string) *http.Response {
	body := fmt.Sprintf("<?xml version=\"1.0\"?><Error><Code>%s</Code><Message>%s</Message></Error>", code, message)
	out := &http.Response{
		StatusCode: status, Status: http.StatusText(status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/xml"}}, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)), Request: r,
	}
	for i := 0; i+1 < len(header); i += 2 {
		out.Header.Set(header[i], header[i+1])
	}
	return out
}

// pages makes the server list in pages of n keys.
func pages(n int, requests *int) faults {
	return func(r *http.Request) (*http.Response, error) {
		if r.URL.Query().Get("list-type") == "2" {
			*requests++
			q := r.URL.Query()
			q.Set("max-keys", fmt.Sprint(n))
			r.URL.RawQuery = q.Encode()
		}
		return nil, nil
	}
}

var writers = sync.Pool{New: func() any { return gzip.NewWriter(nil) }}

// logFile is a log file with n denied calls in an account.
func logFile(account string, first, n int) []byte {
	var b bytes.Buffer
	z := writers.Get().(*gzip.Writer)
	defer writers.Put(z)
	z.Reset(&b)
	fmt.Fprint(z, `{"Records":[`)
	for i := range n {
		if i > 0 {
			fmt.Fprint(z, ",")
		}
		fmt.Fprintf(z, `{"eventVersion":"1.11","eventID":"e-%d","eventTime":"2026-03-01T10:00:00Z","eventSource":"chime.amazonaws.com","eventName":"ListChannels","awsRegion":"us-east-1","recipientAccountId":%q,"errorCode":"AccessDenied","userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/eve"}}`, first+i, account)
	}
	fmt.Fprint(z, `]}`)
	z.Close()
	return b.Bytes()
}

func keyOf(account, region, day string, n int) string {
	return fmt.Sprintf("AWSLogs/%s/CloudTrail/%s/%s/%s_CloudTrail_%s_%sT%04dZ_%016d.json.gz", account, region, day, account, region, strings.ReplaceAll(day, "/", ""), n%2400, n)
}

// cut is a body that ends early, as a broken connection does.
type cut struct {
	io.ReadCloser
	left int
	mu   sync.Mutex
}

func (c *cut) Read(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.left <= 0 {
		return 0, io.ErrUnexpectedEOF
	}
	n, err := c.ReadCloser.Read(p[:min(len(p), c.left)])
	c.left -= n
	return n, err
}
