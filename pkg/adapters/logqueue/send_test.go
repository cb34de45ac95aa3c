package logqueue_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"chimewatch/pkg/adapters/awsconf"
	"chimewatch/pkg/adapters/inspect/mototest"
	"chimewatch/pkg/adapters/logqueue"
)

func noWait(ctx context.Context, _ time.Duration) error { return ctx.Err() }

// queue speaks SendMessageBatch as SQS does and refuses the messages that
// refuse wants refused.
//
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
func queue(t *testing.T, refuse func(n int, body string) bool) (client *sqs.Client, took *[]string) {
	t.Helper()
	took = new([]string)
	n := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Amz-Target") != "AmazonSQS.SendMessageBatch" {
			t.Errorf("request %q", r.Header.Get("X-Amz-Target"))
		}
		var in struct {
			QueueUrl string
			Entries  []struct{ Id, MessageBody string }
		}
		body, _ := io.ReadAll(r.Body)
		if err := json.Unmarshal(body, &in); err != nil || len(in.Entries) == 0 || len(in.Entries) > 10 || !strings.HasSuffix(in.QueueUrl, "/backfill") {
			t.Errorf("%v in %s", err, body)
		}
		type entry = map[string]any
		var good, bad []entry
		for _, e := range in.Entries {
			n++
			if refuse(n, e.MessageBody) {
				bad = append(bad, entry{"Id": e.Id, "Code": "InternalError", "Message": "try again", "SenderFault": false})
				continue
			}
			*took = append(*took, e.MessageBody)
			good = append(good, entry{"Id": e.Id, "MessageId": fmt.Sprint(n), "MD5OfMessageBody": md5Of(e.MessageBody)})
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		json.NewEncoder(w).Encode(map[string]any{"Successful": good, "Failed": bad})
	}))
	t.Cleanup(server.Close)
	return sqs.New(sqs.Options{Region: "us-east-1", HTTPClient: awsconf.Whole(nil), BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("a", "b", "")}), took
}

func refs(n int) (out []logqueue.Reference) {
	for i := range n {
		out = append(out, logqueue.Reference{Bucket: "example-trail", Key: fmt.Sprintf("AWSLogs/%d.json.gz", i), Size: int64(i)})
	}
	return out
}

func sendAll(s *logqueue.Sender, refs []logqueue.Reference) error {
	for _, r := range refs {
		if err := s.Send(context.Background(), r); err != nil {
			return err
		}
	}
	return s.Flush(context.Background())
}

// The queue refuses every third message at first; all arrive in the end, once.
func TestSend(t *testing.T) {
	client, took := queue(t, func(n int, _ string) bool { return n%3 == 0 })
	s := &logqueue.Sender{Client: client, URL: "http://sqs.example/1/backfill", Sleep: noWait, Tries: 20}
	want := refs(123)
	if err := sendAll(s, want); err != nil {
		t.Fatal(err)
	}
	if n, last := s.Sent(); n != 123 || last != want[122] {
		t.Errorf("sent %d, last %+v", n, last)
	}
	seen := map[string]int{}
	for _, body := range *took {
		got, err := logqueue.Parse(body)
		if err != nil || len(got) != 1 {
			t.Fatalf("%v in %s", err, body)
		}
		seen[got[0].Key]++
	}
	for _, r := range want {
		if seen[r.Key] != 1 {
			t.Errorf("%s arrived %d times", r.Key, seen[r.Key])
		}
	}
}

// A message that the queue never takes stops the sending, and Sent says up to
// where all is in the queue.
func TestSendStops(t *testing.T) {
	client, _ := queue(t, func(_ int, body string) bool { return strings.Contains(body, "25.json.gz") })
	s := &logqueue.Sender{Client: client, URL: "http://sqs.example/1/backfill", Sleep: noWait}
	want := refs(60)
	err := sendAll(s, want)
	if err == nil || !strings.Contains(err.Error(), "did not take 1 of 10 messages: InternalError: try again") {
		t.Errorf("%v", err)
	}
	if n, last := s.Sent(); n != 20 || last != want[19] {
		t.Errorf("sent %d, last %+v", n, last)
	}
}

func TestSendToMoto(t *testing.T) {
	client := sqs.NewFromConfig(mototest.Start(t))
	q, err := client.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("backfill")})
	if err != nil {
		t.Fatal(err)
	}
	s := &logqueue.Sender{Client: client, URL: *q.QueueUrl}
	if err := sendAll(s, refs(23)); err != nil {
		t.Fatal(err)
	}
	a, err := client.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: q.QueueUrl, AttributeNames: []types.QueueAttributeName{"ApproximateNumberOfMessages"}})
	if err != nil || a.Attributes["ApproximateNumberOfMessages"] != "23" {
		t.Errorf("%v, %v", a, err)
	}
	s.URL += "-nowhere"
	if err := sendAll(s, refs(1)); err == nil || !strings.Contains(err.Error(), "check its URL") {
		t.Errorf("%v", err)
	}
}
