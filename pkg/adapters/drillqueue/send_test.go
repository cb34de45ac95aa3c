package drillqueue_test

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

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"chimewatch/pkg/adapters/awsconf"
	"chimewatch/pkg/adapters/drillqueue"
)

// queue speaks SendMessageBatch, and may refuse some of a request's entries.
type queue struct {
	requests []int // entries of each
	bodies   []string
	refuse   func(request, entry int) bool
}

func (q *queue) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Entries []struct{ Id, MessageBody string }
	}
	body, _ := io.ReadAll(r.Body)
	if err := json.Unmarshal(body, &in); err != nil || len(in.Entries) > 10 {
		http.Error(w, `{"__type":"com.amazonaws.sqs#TooManyEntriesInBatchRequest"}`, http.StatusBadRequest)
		return
	}
	q.requests = append(q.requests, len(in.Entries))
	out := map[string][]map[string]any{"Successful": {}, "Failed": {}}
	for i, e := range in.Entries {
		if q.refuse != nil && q.refuse(len(q.requests), i) {
			out["Failed"] = append(out["Failed"], map[string]any{"Id": e.Id, "Code": "InternalError", "Message": "try again", "SenderFault": false})
			continue
		}
		q.bodies = append(q.bodies, e.MessageBody)
		out["Successful"] = append(out["Successful"], map[string]any{"Id": e.Id, "MessageId": e.Id, "MD5OfMessageBody": ""})
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	_ = json.NewEncoder(w).Encode(out)
}

func sender(t *testing.T, q *queue) *drillqueue.Sender {
	t.Helper()
	server := httptest.NewServer(q)
	t.Cleanup(server.Close)
	client := sqs.New(sqs.Options{
		Region: "us-east-1", HTTPClient: awsconf.Whole(nil), BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""),
		DisableMessageChecksumValidation: true,
	})
	return &drillqueue.Sender{Client: client, URL: server.URL + "/111122223333/drill", Sleep: func(context.Context, time.Duration) error { return nil }}
}

// Every event arrives once, whatever the queue does not take at first, and no
// request is larger than it may be.
func TestSend(t *testing.T) {
	q := &queue{refuse: func(request, entry int) bool { return request%2 == 1 && entry%3 == 0 }}
	s := sender(t, q)
	want := map[string]bool{}
	for i := range 57 {
		event := fmt.Sprintf("%d %s", i, strings.Repeat("x", i%3*20_000))
		want[event] = true
		if err := s.Send(t.Context(), []byte(event)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, body := range q.bodies {
		if !want[body] {
			t.Errorf("%.10q came twice or was not sent", body)
		}
		delete(want, body)
	}
	if len(want) > 0 || s.Sent() != 57 {
		t.Errorf("%d events did not arrive, %d were sent", len(want), s.Sent())
	}
}

func TestSendGivesUp(t *testing.T) {
	s := sender(t, &queue{refuse: func(int, int) bool { return true }})
	if err := s.Send(t.Context(), []byte("event")); err != nil {
		t.Fatal(err)
	}
	if err := s.Flush(t.Context()); err == nil || !strings.Contains(err.Error(), "it did not take 1 messages: InternalError: try again") {
		t.Errorf("error %v", err)
	}
}
