package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
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
	"chimewatch/pkg/adapters/lookupevents/lookuptest"
	"chimewatch/pkg/summary"
	"chimewatch/pkg/tally"
)

// The binary that is deployed looks up the week before the time that it is
// given, once, then the hours before it; what it finds twice was lost once.
func TestBootstrap(t *testing.T) {
	dynamo := httptest.NewServer(minidyn.NewServer())
	t.Cleanup(dynamo.Close)
	client := dynamodb.New(dynamodb.Options{Region: "us-east-1", HTTPClient: awsconf.Whole(nil), BaseEndpoint: &dynamo.URL, Credentials: credentials.NewStaticCredentialsProvider("a", "b", "")})
	if _, err := client.CreateTable(context.Background(), dynamostore.Table("chimewatch")); err != nil {
		t.Fatal(err)
	}
	backend := s3mem.New(s3mem.WithTimeSource(gofakes3.FixedTimeSource(time.Now())))
	if err := backend.CreateBucket("config-bucket"); err != nil {
		t.Fatal(err)
	}
	// One event source: the pace is kept in real time here.
	const own = "scope: {sources: [chime.amazonaws.com]}\n"
	if _, err := backend.PutObject("config-bucket", "config/chimewatch.yaml", nil, strings.NewReader(own), int64(len(own)), nil); err != nil {
		t.Fatal(err)
	}
	objects := httptest.NewServer(gofakes3.New(backend).Server())
	t.Cleanup(objects.Close)
	events := lookuptest.New(t)
	hour := time.Now().UTC().Truncate(time.Hour)
	// One more, of a day of which only the first run knows.
	events.Add(fmt.Sprintf(`{"eventVersion":"1.11","eventID":"e-old","eventTime":%q,"eventSource":"chime.amazonaws.com","eventName":"ListChannels","awsRegion":"us-east-1","recipientAccountId":"111122223333","sourceIPAddress":"203.0.113.7","errorCode":"AccessDenied","userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/eve","accountId":"111122223333"}}`,
		hour.AddDate(0, 0, -6).Add(30*time.Minute).Format(time.RFC3339)))
	for i := range 60 {
		events.Add(fmt.Sprintf(`{"eventVersion":"1.11","eventID":"e-%d","eventTime":%q,"eventSource":"chime.amazonaws.com","eventName":"ListChannels","awsRegion":"us-east-1","recipientAccountId":"111122223333","sourceIPAddress":"203.0.113.7","errorCode":"AccessDenied","userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/eve","accountId":"111122223333"}}`,
			i, hour.Add(-time.Duration(i+1)*time.Minute+time.Second).Format(time.RFC3339)))
	}
	queues := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html
		var in struct{ QueueUrl string }
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil || r.Header.Get("X-Amz-Target") != "AmazonSQS.GetQueueAttributes" {
			t.Errorf("%s: %v", r.Header.Get("X-Amz-Target"), err)
		}
		if strings.HasSuffix(in.QueueUrl, "/gone") {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"there is none"}`)
			return
		}
		fmt.Fprint(w, `{"Attributes":{"ApproximateNumberOfMessages":"4"}}`)
	}))
	t.Cleanup(queues.Close)
	f := runtimetest.Start(t, runtimetest.Build(t, "."), map[string]string{
		"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret",
		"AWS_ENDPOINT_URL_DYNAMODB": dynamo.URL, "AWS_ENDPOINT_URL_S3": objects.URL, "AWS_ENDPOINT_URL_SNS": "http://127.0.0.1:1", "AWS_ENDPOINT_URL_CLOUDTRAIL": events.URL,
		"AWS_ENDPOINT_URL_SQS": queues.URL, "CHIMEWATCH_DEAD_LETTERS": queues.URL + "/111122223333/gone," + queues.URL + "/111122223333/dead",
		"CHIMEWATCH_TABLE": "chimewatch", "CHIMEWATCH_BUCKET": "config-bucket", "CHIMEWATCH_HASH_SECRET": "k", "CHIMEWATCH_NOTIFY": "summary-only",
	})
	payload := fmt.Sprintf(`{"time":%q}`, hour.Add(20*time.Minute).Format(time.RFC3339))
	for _, run := range [][]string{{`"Lost":61`, `"LookedUp":61`, `"LookupPages":8`}, {`"Lost":0`, `"LookedUp":60`, `"LookupPages":4`}} {
		answer, err := f.Invoke([]byte(payload))
		if err != nil || answer.Error {
			t.Fatalf("%s, %v\n%s", answer.Body, err, f.Log())
		}
		for _, want := range append(run, `"CoveredPercent":100`) {
			if !logged(f, want) {
				t.Errorf("%s is not in the log:\n%s", want, f.Log())
			}
		}
	}
	if all, _ := events.Requests(); all != 12 { // two pages and six days, then two pages and two empty hours
		t.Errorf("%d requests", all)
	}
	c := dynamostore.DefaultConfig("chimewatch")
	c.Hasher, c.Random, c.Now = tally.NewHasher([]byte("k")), rand.Uint64, time.Now
	store, err := dynamostore.New(client, c)
	if err != nil {
		t.Fatal(err)
	}
	health, err := store.HealthHours(t.Context(), tally.HourOf(hour), tally.HourOf(hour)+1)
	if err != nil || len(health) == 0 {
		t.Fatalf("what was done is not noted: %v, %v\n%s", health, err, f.Log())
	}
	sum := health[0]
	for _, h := range health[1:] { // the hour may have turned between the two
		sum.Denials, sum.Looked, sum.Missed, sum.Lookups, sum.Covered = sum.Denials+h.Denials, sum.Looked+h.Looked, sum.Missed+h.Missed, sum.Lookups+h.Lookups, sum.Covered+h.Covered
	}
	if want := (summary.HealthHour{Hour: sum.Hour, Denials: 61, Looked: 121, Missed: 61, Lookups: 2, Covered: 200, Dead: 4}); sum != want {
		t.Errorf("noted %+v, want %+v", sum, want)
	}
	if answer, err := f.Invoke([]byte(`{"time":"soon"}`)); err != nil || !answer.Error {
		t.Errorf("nonsense: %s, %v", answer.Body, err)
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
