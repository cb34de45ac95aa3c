package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	minidyn "github.com/truora/minidyn/server"

	"chimewatch/functions/internal/runtimetest"
	"chimewatch/pkg/adapters/awsconf"
	"chimewatch/pkg/adapters/dynamostore"
	"chimewatch/pkg/adapters/logqueue"
	"chimewatch/pkg/tally"
)

const account, secret = "111122223333", "a secret of the tests"

// denied is a denied call as CloudTrail records it.
func denied(n int, at time.Time) string {
	return fmt.Sprintf(`{"eventVersion":"1.11","eventID":"5f0c6b3e-0000-4000-8000-%012d","eventTime":%q,"eventSource":"chime.amazonaws.com","eventName":"ListChannels","awsRegion":"us-east-1","recipientAccountId":%q,`+
		`"sourceIPAddress":"203.0.113.7","errorCode":"AccessDeniedException","userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::%s:user/%s","accountId":"%[3]s"}}`,
		n, at.Format(time.RFC3339), account, account, []string{"eve", "mallory", "trent"}[n%3])
}

func logFile(records ...string) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	fmt.Fprintf(z, `{"Records":[%s]}`, strings.Join(records, ","))
	z.Close()
	return b.Bytes()
}

func keyOf(of string, day time.Time, n int) string {
	return fmt.Sprintf("AWSLogs/%[1]s/CloudTrail/us-east-1/%[2]s/%[1]s_CloudTrail_us-east-1_%[3]s_%016[4]d.json.gz", of, day.Format("2006/01/02"), day.Format("20060102T1504Z"), n)
}

// batch is an SQS batch of messages with these bodies.
func batch(t *testing.T, bodies ...string) []byte {
	t.Helper()
	records := []map[string]string{}
	for i, b := range bodies {
		records = append(records, map[string]string{"messageId": fmt.Sprint("m", i), "eventSource": "aws:sqs", "body": b})
	}
	payload, err := json.Marshal(map[string]any{"Records": records})
	if err != nil {
		t.Fatal(err)
	}
	return payload
}

func table(t *testing.T, name string) (url string, open func(now time.Time) *dynamostore.Store) {
	t.Helper()
	server := httptest.NewServer(minidyn.NewServer())
	t.Cleanup(server.Close)
	client := dynamodb.New(dynamodb.Options{Region: "us-east-1", HTTPClient: awsconf.Whole(nil), BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("a", "b", "")})
	if _, err := client.CreateTable(context.Background(), dynamostore.Table(name)); err != nil {
		t.Fatal(err)
	}
	return server.URL, func(now time.Time) *dynamostore.Store {
		c := dynamostore.DefaultConfig(name)
		c.Hasher, c.Random, c.Now = tally.NewHasher([]byte(secret)), rand.Uint64, func() time.Time { return now }
		c.Retention = 90 * 24 * time.Hour
		store, err := dynamostore.New(client, c)
		if err != nil {
			t.Fatal(err)
		}
		return store
	}
}

// The binary that is deployed reads the log files that it is sent, those alone
// of buckets that it is told, and counts nothing twice.
func TestBootstrap(t *testing.T) {
	backend := s3mem.New(s3mem.WithTimeSource(gofakes3.FixedTimeSource(time.Now())))
	for _, b := range []string{"example-trail", "other", "config-bucket"} {
		if err := backend.CreateBucket(b); err != nil {
			t.Fatal(err)
		}
	}
	objects := httptest.NewServer(gofakes3.New(backend).Server())
	t.Cleanup(objects.Close)
	at := time.Now().UTC().Add(-time.Hour)
	put := func(bucket, key string, data []byte) string {
		if _, err := backend.PutObject(bucket, key, nil, bytes.NewReader(data), int64(len(data)), nil); err != nil {
			t.Fatal(err)
		}
		return logqueue.Encode(logqueue.Reference{Bucket: bucket, Key: key})
	}
	good := put("example-trail", keyOf(account, at, 1), logFile(denied(0, at), denied(1, at), denied(2, at)))
	forged := put("example-trail", keyOf("444455556666", at, 2), logFile(denied(3, at)))
	elsewhere := put("other", keyOf(account, at, 3), logFile(denied(4, at)))
	damaged := put("example-trail", keyOf(account, at, 5), logFile(denied(5, at))[:30])

	dynamo, open := table(t, "chimewatch")
	f := runtimetest.Start(t, runtimetest.Build(t, "."), map[string]string{
		"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret",
		"AWS_ENDPOINT_URL_DYNAMODB": dynamo, "AWS_ENDPOINT_URL_S3": objects.URL, "AWS_ENDPOINT_URL_SNS": "http://127.0.0.1:1",
		"CHIMEWATCH_TABLE": "chimewatch", "CHIMEWATCH_BUCKET": "config-bucket", "CHIMEWATCH_HASH_SECRET": secret,
		"CHIMEWATCH_LOG_BUCKETS": "example-trail,third", "CHIMEWATCH_NOTIFY": "summary-only",
	})
	for range 2 {
		answer, err := f.Invoke(batch(t, good, forged, elsewhere, damaged, `{"Service":"Amazon S3","Event":"s3:TestEvent"}`))
		if err != nil {
			t.Fatal(err)
		}
		if want := `{"batchItemFailures":[{"itemIdentifier":"m2"},{"itemIdentifier":"m3"}]}`; string(answer.Body) != want {
			t.Fatalf("answer %s, want %s\n%s", answer.Body, want, f.Log())
		}
	}
	principals, err := open(time.Now()).PrincipalsOf(t.Context(), tally.DayOf(at), tally.DayOf(at))
	if err != nil || len(principals) != 3 {
		t.Fatalf("%+v, %v", principals, err)
	}
	for _, p := range principals {
		if p.Denials != 1 {
			t.Errorf("%s: %d denials", p.Key, p.Denials)
		}
	}
	for _, want := range []string{`"RecordsForged":1`, `"FilesFailed":2`, "add it to the parameter LogBuckets", "gzip stream is cut short", "records of another account"} {
		if !logged(f, want) {
			t.Errorf("%q is not in the log:\n%s", want, f.Log())
		}
	}
}

// logged waits until the function's log holds a text: the answer may be here
// before the log is.
func logged(f *runtimetest.Function, text string) bool {
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if strings.Contains(f.Log(), text) {
			return true
		}
	}
	return false
}
