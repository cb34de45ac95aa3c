package main

import (
	"bytes"
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
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	minidyn "github.com/truora/minidyn/server"

	"chimewatch/pkg/adapters/awsconf"
	"chimewatch/pkg/adapters/dynamostore"
	"chimewatch/pkg/summary"
	"chimewatch/pkg/tally"
)

// Servers that the tests speak to where they are set.
const (
	motoVariable     = "CHIMEWATCH_MOTO_ENDPOINT"
	dynamodbVariable = "CHIMEWATCH_DYNAMODB_ENDPOINT"
)

const secret = "a secret of the tests"

// world is what the function speaks to: DynamoDB, S3 and SNS, each behind a
// proxy, whose requests pass hook, which may act before and after one is served.
type world struct {
	t             *testing.T
	table, bucket string
	topic         string
	messages      func() []string // that were published, the oldest first

	proxies map[string]string // by service
	direct  map[string]string

	mu       sync.Mutex
	hook     func(service string) (before, after func())
	requests map[string]int
}

var worlds atomic.Int64

func newWorld(t *testing.T, direct map[string]string) *world {
	t.Helper()
	name := fmt.Sprintf("chimewatch-%d-%d", os.Getpid(), worlds.Add(1))
	w := &world{t: t, table: name, bucket: name, direct: direct, proxies: map[string]string{}, requests: map[string]int{}}
	for service, target := range direct {
		w.proxies[service] = w.proxy(service, target)
	}
	if _, err := w.dynamodb().CreateTable(t.Context(), dynamostore.Table(name)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, _ = w.dynamodb().DeleteTable(context.Background(), &dynamodb.DeleteTableInput{TableName: &name}) // only to tidy up
	})
	if _, err := w.s3().CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &name}); err != nil {
		t.Fatal(err)
	}
	return w
}

// inProcess is a world of servers in this process.
func inProcess(t *testing.T) *world {
	t.Helper()
	var mu sync.Mutex
	var published []string
	start := func(h http.Handler) string {
		server := httptest.NewServer(h)
		t.Cleanup(server.Close)
		return server.URL
	}
	w := newWorld(t, map[string]string{
		"DYNAMODB": start(minidyn.NewServer()), "S3": start(gofakes3.New(s3mem.New()).Server()),
		"SNS": start(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if err := r.ParseForm(); err != nil || r.Form.Get("Action") != "Publish" {
				http.Error(w, "only Publish is spoken here", http.StatusBadRequest)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			published = append(published, r.Form.Get("Message"))
			_, _ = io.WriteString(w, `<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>m</MessageId></PublishResult></PublishResponse>`)
		})),
	})
	w.topic = "arn:aws:sns:us-east-1:111122223333:summaries"
	w.messages = func() []string {
		mu.Lock()
		defer mu.Unlock()
		return published
	}
	return w
}

// onServers is a world of DynamoDB Local and moto. A queue that is subscribed to
// the topic gets what is published.
func onServers(t *testing.T) *world {
	t.Helper()
	moto, dynamo := os.Getenv(motoVariable), os.Getenv(dynamodbVariable)
	if moto == "" || dynamo == "" {
		t.Skipf("SKIPPED: %s and %s are not both set; moto_server and scripts/dynamodb-local.sh give them", motoVariable, dynamodbVariable)
	}
	w := newWorld(t, map[string]string{"DYNAMODB": dynamo, "S3": moto, "SNS": moto})
	topics := sns.New(sns.Options{Region: "us-east-1", HTTPClient: awsconf.Whole(nil), BaseEndpoint: &moto, Credentials: key()})
	queues := sqs.New(sqs.Options{Region: "us-east-1", HTTPClient: awsconf.Whole(nil), BaseEndpoint: &moto, Credentials: key()})
	topic, err := topics.CreateTopic(t.Context(), &sns.CreateTopicInput{Name: &w.table})
	if err != nil {
		t.Fatal(err)
	}
	queue, err := queues.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: &w.table})
	if err != nil {
		t.Fatal(err)
	}
	arn := "arn:aws:sqs:us-east-1:123456789012:" + w.table
	if _, err := topics.Subscribe(t.Context(), &sns.SubscribeInput{
		TopicArn: topic.TopicArn, Protocol: aws.String("sqs"), Endpoint: &arn, Attributes: map[string]string{"RawMessageDelivery": "true"},
	}); err != nil {
		t.Fatal(err)
	}
	w.topic = *topic.TopicArn
	var got []string
	w.messages = func() []string {
		for {
			out, err := queues.ReceiveMessage(context.Background(), &sqs.ReceiveMessageInput{QueueUrl: queue.QueueUrl, MaxNumberOfMessages: 10})
			if err != nil {
				t.Fatal(err)
			}
			if len(out.Messages) == 0 {
				return got
			}
			for _, m := range out.Messages {
				got = append(got, *m.Body)
				if _, err := queues.DeleteMessage(context.Background(), &sqs.DeleteMessageInput{QueueUrl: queue.QueueUrl, ReceiptHandle: m.ReceiptHandle}); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	return w
}

// proxy starts a proxy before a service. A request whose asker was killed before
// it is served is as if it had not been made.
func (w *world) proxy(service, target string) string {
	to, err := url.Parse(target)
	if err != nil {
		w.t.Fatal(err)
	}
	forward := httputil.NewSingleHostReverseProxy(to)
	forward.ErrorHandler = func(rw http.ResponseWriter, _ *http.Request, _ error) { rw.WriteHeader(http.StatusBadGateway) }
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.mu.Lock()
		w.requests[service]++
		before, after := func() {}, func() {}
		if w.hook != nil {
			before, after = w.hook(service)
		}
		w.mu.Unlock()
		before()
		if r.Context().Err() != nil {
			return
		}
		forward.ServeHTTP(rw, r.WithContext(context.WithoutCancel(r.Context())))
		after()
	}))
	w.t.Cleanup(server.Close)
	return server.URL
}

func (w *world) set(hook func(service string) (before, after func())) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.hook = hook
}

// environment is that of the function.
func (w *world) environment(days int) map[string]string {
	return map[string]string{
		"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_LAMBDA_FUNCTION_NAME": "summary",
		"AWS_ENDPOINT_URL_DYNAMODB": w.proxies["DYNAMODB"], "AWS_ENDPOINT_URL_S3": w.proxies["S3"], "AWS_ENDPOINT_URL_SNS": w.proxies["SNS"],
		"CHIMEWATCH_TABLE": w.table, "CHIMEWATCH_BUCKET": w.bucket, "CHIMEWATCH_HASH_SECRET": secret,
		"CHIMEWATCH_SUMMARY_TOPIC": w.topic, "CHIMEWATCH_REPORT_PREFIX": "reports/", "CHIMEWATCH_TIME_ZONE": "UTC", "CHIMEWATCH_SUMMARY_DAYS": fmt.Sprint(days),
	}
}

func key() aws.CredentialsProvider {
	return credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", "")
}

func (w *world) dynamodb() *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{Region: "us-east-1", HTTPClient: awsconf.Whole(nil), BaseEndpoint: aws.String(w.direct["DYNAMODB"]), Credentials: key()})
}

func (w *world) s3() *s3.Client {
	return s3.New(s3.Options{Region: "us-east-1", BaseEndpoint: aws.String(w.direct["S3"]), UsePathStyle: true, Credentials: key()})
}

func (w *world) store() *dynamostore.Store {
	w.t.Helper()
	c := dynamostore.DefaultConfig(w.table)
	c.Hasher, c.Now, c.Random = tally.NewHasher([]byte(secret)), time.Now, rand.Uint64
	store, err := dynamostore.New(w.dynamodb(), c)
	if err != nil {
		w.t.Fatal(err)
	}
	return store
}

// object reads an object of the bucket.
func (w *world) object(name string) []byte {
	w.t.Helper()
	out, err := w.s3().GetObject(w.t.Context(), &s3.GetObjectInput{Bucket: &w.bucket, Key: &name})
	if err != nil {
		w.t.Fatalf("%s: %v", name, err)
	}
	body, err := io.ReadAll(out.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return body
}

// objects are the names of what is in the bucket.
func (w *world) objects() string {
	w.t.Helper()
	out, err := w.s3().ListObjectsV2(w.t.Context(), &s3.ListObjectsV2Input{Bucket: &w.bucket})
	if err != nil {
		w.t.Fatal(err)
	}
	var names []string
	for _, o := range out.Contents {
		names = append(names, *o.Key)
	}
	return strings.Join(names, " ")
}

// forget empties the bucket and drops the messages.
func (w *world) forget() {
	w.t.Helper()
	for name := range strings.FieldsSeq(w.objects()) {
		if _, err := w.s3().DeleteObject(w.t.Context(), &s3.DeleteObjectInput{Bucket: &w.bucket, Key: &name}); err != nil {
			w.t.Fatal(err)
		}
	}
}

// later lets the time pass that a run has for sending what it said it would, and
// reports whether one had said so and not yet that it had sent it.
func (w *world) later() (sending bool) {
	w.t.Helper()
	if !strings.Contains(w.objects(), "reports/book.json") {
		return false
	}
	var book summary.Book
	if err := json.Unmarshal(w.object("reports/book.json"), &book); err != nil {
		w.t.Fatal(err)
	}
	if book.Sending == "" {
		return false
	}
	book.Since = book.Since.Add(-3 * time.Minute)
	text, err := json.Marshal(book)
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.s3().PutObject(w.t.Context(), &s3.PutObjectInput{Bucket: &w.bucket, Key: aws.String("reports/book.json"), Body: bytes.NewReader(text)}); err != nil {
		w.t.Fatal(err)
	}
	return true
}
