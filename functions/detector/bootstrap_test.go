package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	minidyn "github.com/truora/minidyn/server"

	"chimewatch/functions/internal/runtimetest"
	"chimewatch/pkg/adapters/awsconf"
	"chimewatch/pkg/adapters/dynamostore"
	"chimewatch/pkg/chime"
	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/tally"
)

// cloud is what the detector speaks to: DynamoDB, S3 and SNS, each a server in
// this process. Every request passes hook, which may act before and after it is
// served.
type cloud struct {
	t        *testing.T
	dynamodb string
	s3       string
	sns      string

	mu        sync.Mutex
	hook      func(n int) (before, after func())
	requests  int
	published []url.Values
}

func newCloud(t *testing.T) *cloud {
	t.Helper()
	c := &cloud{t: t}
	c.dynamodb = c.serve(minidyn.NewServer())
	buckets := s3mem.New()
	if err := buckets.CreateBucket("config-bucket"); err != nil {
		t.Fatal(err)
	}
	c.s3 = c.serve(gofakes3.New(buckets).Server())
	c.sns = c.serve(http.HandlerFunc(c.publish))
	return c
}

// serve starts a server behind one that counts requests. The request that the
// hook acts on is answered only afterwards, or never if its asker is dead.
func (c *cloud) serve(h http.Handler) string {
	inner := httptest.NewServer(h)
	target, err := url.Parse(inner.URL)
	if err != nil {
		c.t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) }
	outer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		c.requests++
		before, after := func() {}, func() {}
		if c.hook != nil {
			before, after = c.hook(c.requests)
		}
		c.mu.Unlock()
		before()
		if r.Context().Err() != nil {
			return // killed: the request is as if it had not been made
		}
		proxy.ServeHTTP(w, r.WithContext(context.WithoutCancel(r.Context())))
		after()
	}))
	c.t.Cleanup(func() { outer.Close(); inner.Close() })
	return outer.URL
}

func (c *cloud) publish(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil || r.Form.Get("Action") != "Publish" {
		http.Error(w, "only Publish is spoken here", http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.published = append(c.published, r.Form)
	_, _ = io.WriteString(w, `<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>m</MessageId></PublishResult></PublishResponse>`)
}

// alerts returns the ids of the alerts that machines got, each once.
func (c *cloud) alerts() (ids []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range c.published {
		var body struct{ ID string }
		if strings.HasSuffix(p.Get("TopicArn"), ":findings") && json.Unmarshal([]byte(p.Get("Message")), &body) == nil && !slices.Contains(ids, body.ID) {
			ids = append(ids, body.ID)
		}
	}
	return ids
}

func (c *cloud) set(hook func(n int) (before, after func())) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hook, c.requests = hook, 0
}

const secret = "a secret of the tests"

// table makes a fresh table of a deployment that knows the days before it, and
// returns the environment of a detector on it.
func (c *cloud) table(name string) map[string]string {
	c.t.Helper()
	if _, err := c.client().CreateTable(context.Background(), dynamostore.Table(name)); err != nil {
		c.t.Fatal(err)
	}
	if _, err := c.store(name).Mark(context.Background(), "history", time.Now()); err != nil {
		c.t.Fatal(err)
	}
	return map[string]string{
		"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_LAMBDA_FUNCTION_NAME": "detector",
		"AWS_ENDPOINT_URL_DYNAMODB": c.dynamodb, "AWS_ENDPOINT_URL_S3": c.s3, "AWS_ENDPOINT_URL_SNS": c.sns,
		"CHIMEWATCH_TABLE": name, "CHIMEWATCH_BUCKET": "config-bucket", "CHIMEWATCH_HASH_SECRET": secret,
		"CHIMEWATCH_ALERT_TOPIC":   "arn:aws:sns:us-east-1:111122223333:alerts",
		"CHIMEWATCH_FINDING_TOPIC": "arn:aws:sns:us-east-1:111122223333:findings",
	}
}

func (c *cloud) client() *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{
		Region: "us-east-1", HTTPClient: awsconf.Whole(nil), BaseEndpoint: aws.String(c.dynamodb),
		Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", ""),
	})
}

// store opens a table as the detector does.
func (c *cloud) store(table string) *dynamostore.Store {
	c.t.Helper()
	cfg := dynamostore.DefaultConfig(table)
	cfg.Hasher, cfg.Now, cfg.Random = tally.NewHasher([]byte(secret)), time.Now, rand.Uint64
	store, err := dynamostore.New(c.client(), cfg)
	if err != nil {
		c.t.Fatal(err)
	}
	return store
}

// denials returns how many denials are counted for a principal.
func (c *cloud) denials(table, principal string) (n int) {
	c.t.Helper()
	now := tally.HourOf(time.Now())
	histories, err := c.store(table).Histories(context.Background(), []pipeline.Query{{
		Subject: tally.Subject{Kind: tally.Principal, Key: principal}, First: now - 24, Last: now,
	}})
	if err != nil {
		c.t.Fatal(err)
	}
	for _, h := range histories[0] {
		n += int(h.Tally.Summary.Denials)
	}
	return n
}

const eve = "arn:aws:iam::111122223333:user/eve"

// probing returns an SQS batch of n denials, as EventBridge delivers them: one
// user tries one operation after another.
func probing(t *testing.T, n int) []byte {
	t.Helper()
	type message struct {
		MessageID   string `json:"messageId"`
		EventSource string `json:"eventSource"`
		Body        string `json:"body"`
	}
	var batch struct{ Records []message }
	at := time.Now().UTC().Add(-time.Minute).Format(time.RFC3339)
	for i, op := range chime.Operations()[:n] {
		batch.Records = append(batch.Records, message{fmt.Sprint("m", i), "aws:sqs", fmt.Sprintf(`{"version":"0","detail-type":"AWS API Call via CloudTrail","source":"aws.chime","detail":{
			"eventVersion":"1.11","eventID":"5f0c6b3e-0000-4000-8000-%012d","eventTime":%q,"eventSource":"chime.amazonaws.com","eventName":%q,"awsRegion":"us-east-1","recipientAccountId":"111122223333",
			"sourceIPAddress":"203.0.113.7","errorCode":"AccessDeniedException","errorMessage":"User: %s is not authorized to perform: chime:%s because no identity-based policy allows the chime:%s action",
			"userIdentity":{"type":"IAMUser","arn":%q,"accountId":"111122223333","accessKeyId":"AKIAIOSFODNN7EXAMPLE"}}}`, i, at, op.Name, eve, op.Name, op.Name, eve)})
	}
	b, err := json.Marshal(batch)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The binary that is deployed counts a batch, alerts, and counts nothing twice.
func TestBootstrap(t *testing.T) {
	c := newCloud(t)
	env := c.table("chimewatch")
	f := runtimetest.Start(t, runtimetest.Build(t, "."), env)
	batch := probing(t, 12)
	for range 2 {
		answer, err := f.Invoke(batch)
		if err != nil {
			t.Fatal(err)
		}
		if string(answer.Body) != `{"batchItemFailures":[]}` {
			t.Fatalf("answer %s\n%s", answer.Body, f.Log())
		}
	}
	if n := c.denials("chimewatch", eve); n != 12 {
		t.Errorf("%d denials are counted, want 12", n)
	}
	if len(c.alerts()) == 0 {
		t.Errorf("nobody was alerted\n%s", f.Log())
	}
	if answer, err := f.Invoke([]byte(`{"sweep":true}`)); err != nil || answer.Error {
		t.Errorf("scheduled pass: %s, %v", answer.Body, err)
	}
	if log := f.Log(); strings.Contains(log, secret) || strings.Contains(log, "is not authorized to perform") {
		t.Errorf("the log holds a secret or a record's text:\n%s", log)
	}
	t.Logf("%v from the start of the process to its first question for work, on this machine", f.Started.Round(time.Millisecond))
}

// A process that is killed at any of its requests, before it is served or after,
// loses nothing: after redelivery the count is exact and the alert was sent.
// Unless CHIMEWATCH_THOROUGH is set, it is killed at every twenty-third.
func TestBootstrapKilledAnywhere(t *testing.T) {
	binary := runtimetest.Build(t, ".")
	c := newCloud(t)
	batch := probing(t, 12) // the same bytes whenever it is delivered
	step := 23
	if os.Getenv("CHIMEWATCH_THOROUGH") != "" {
		step = 1
	}
	for i, when := range []string{"before", "after"} {
		for n := 1 + 2*i%step; ; n += step {
			table := fmt.Sprint("killed-", when, n)
			env := c.table(table)
			c.mu.Lock()
			c.published = nil
			c.mu.Unlock()
			f := runtimetest.Start(t, binary, env)
			killed := false
			c.set(func(i int) (before, after func()) {
				nothing := func() {}
				if i != n {
					return nothing, nothing
				}
				kill := func() { killed = true; f.Kill() }
				if when == "before" {
					return kill, nothing
				}
				return nothing, kill
			})
			_, err := f.Invoke(batch)
			c.set(nil)
			if err == nil {
				if killed || n < 8 {
					t.Fatalf("killed %v, but the invocation of fewer than %d requests was answered", killed, n)
				}
				t.Logf("killed %s each request, or each %dth, of fewer than %d", when, step, n)
				break
			}
			again := runtimetest.Start(t, binary, env)
			for _, payload := range [][]byte{batch, []byte(`{"sweep":true}`)} {
				if answer, err := again.Invoke(payload); err != nil || answer.Error {
					t.Fatalf("killed %s request %d: %s %v\n%s", when, n, answer.Body, err, again.Log())
				}
			}
			again.Kill()
			if got := c.denials(table, eve); got != 12 {
				t.Errorf("killed %s request %d: %d denials are counted, want 12", when, n, got)
			}
			if len(c.alerts()) == 0 {
				t.Errorf("killed %s request %d: nobody was alerted", when, n)
			}
		}
	}
}
