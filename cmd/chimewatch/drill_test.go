package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"chimewatch/pkg/adapters/lambdaevent"
	"chimewatch/pkg/denial"
	"chimewatch/pkg/tally"
)

// What is sent to a drill queue is what the rules would let through, in the
// form that the detector reads.
func TestSimulateToQueue(t *testing.T) {
	var bodies []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			Entries []struct{ Id, MessageBody string }
		}
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			t.Error(err)
		}
		good := []map[string]string{}
		for _, e := range in.Entries {
			bodies = append(bodies, e.MessageBody)
			good = append(good, map[string]string{"Id": e.Id, "MessageId": e.Id, "MD5OfMessageBody": md5Of(e.MessageBody)})
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		_ = json.NewEncoder(w).Encode(map[string]any{"Successful": good, "Failed": []any{}})
	}))
	t.Cleanup(server.Close)
	withCredentials(t, "AWS_ENDPOINT_URL_SQS", server.URL)
	got := road(t.Context(), t, "", "simulate", "--days", "1", "--principals", "20", "--only", "exfiltration,interception", "--attacks", "30",
		"--to-queue", "https://sqs.us-east-1.amazonaws.com/111122223333/drill")
	if got.status != 0 || got.stdout != "" || !strings.Contains(got.stderr, " events sent, of ") || len(bodies) == 0 {
		t.Fatalf("%+v, %d bodies", got, len(bodies))
	}
	for _, body := range bodies {
		in, err := lambdaevent.Parse([]byte(body), "", nil)
		if err != nil || len(in.Messages) != 1 || len(in.Messages[0].Items) != 1 || in.Messages[0].Items[0].Err != nil {
			t.Fatalf("the detector cannot read %s: %v", body, err)
		}
		if call := denial.Classify(&in.Messages[0].Items[0].Record); !tally.Counts(&call) {
			t.Errorf("it counts toward nothing: %s", body)
		}
	}
	got = road(t.Context(), t, "", "simulate", "--to-queue", "URL", "folder")
	if got.status != 2 || !strings.Contains(got.stderr, "choose one") {
		t.Errorf("%+v", got)
	}
}
