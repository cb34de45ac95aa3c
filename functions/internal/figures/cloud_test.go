package figures

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	minidyn "github.com/truora/minidyn/server"

	"chimewatch/pkg/adapters/awsconf"
	"chimewatch/pkg/adapters/dynamostore"
	"chimewatch/pkg/adapters/lookupevents/lookuptest"
)

// cloud is what a function speaks to, in this process. It measures how long a
// function waits for it.
type cloud struct {
	env map[string]string

	mu      sync.Mutex
	open    int // requests that are being served
	since   time.Time
	waiting time.Duration // time in which at least one was
}

func newCloud(b *testing.B) *cloud {
	b.Helper()
	c := &cloud{}
	buckets := s3mem.New()
	for _, name := range []string{"config-bucket", "trail"} {
		if err := buckets.CreateBucket(name); err != nil {
			b.Fatal(err)
		}
	}
	dynamo := c.serve(b, minidyn.NewServer())
	client := dynamodb.New(dynamodb.Options{Region: "us-east-1", HTTPClient: awsconf.Whole(nil), BaseEndpoint: &dynamo, Credentials: credentials.NewStaticCredentialsProvider("a", "b", "")})
	if _, err := client.CreateTable(context.Background(), dynamostore.Table("chimewatch")); err != nil {
		b.Fatal(err)
	}
	topic := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>m</MessageId></PublishResult></PublishResponse>`)
	})
	c.env = map[string]string{
		"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_LAMBDA_FUNCTION_NAME": "figures",
		"AWS_ENDPOINT_URL_DYNAMODB": dynamo, "AWS_ENDPOINT_URL_S3": c.serve(b, gofakes3.New(buckets).Server()), "AWS_ENDPOINT_URL_SNS": c.serve(b, topic),
		"AWS_ENDPOINT_URL_CLOUDTRAIL": c.serve(b, lookuptest.New(b)),
		"CHIMEWATCH_TABLE":            "chimewatch", "CHIMEWATCH_BUCKET": "config-bucket", "CHIMEWATCH_HASH_SECRET": "a secret of the figures",
		"CHIMEWATCH_ALERT_TOPIC":   "arn:aws:sns:us-east-1:111122223333:alerts",
		"CHIMEWATCH_SUMMARY_TOPIC": "arn:aws:sns:us-east-1:111122223333:summaries",
		"CHIMEWATCH_LOG_BUCKETS":   "trail",
	}
	return c
}

// serve serves a handler behind the watch.
func (c *cloud) serve(b *testing.B, h http.Handler) string {
	b.Helper()
	inner := httptest.NewServer(h)
	target, err := url.Parse(inner.URL)
	if err != nil {
		b.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) }
	outer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.begin()
		defer c.end()
		proxy.ServeHTTP(w, r)
	}))
	b.Cleanup(func() { outer.Close(); inner.Close() })
	return outer.URL
}

func (c *cloud) begin() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open++; c.open == 1 {
		c.since = time.Now()
	}
}

func (c *cloud) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open--; c.open == 0 {
		c.waiting += time.Since(c.since)
	}
}

// waited returns for how long requests were served until now.
func (c *cloud) waited() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.waiting
}
