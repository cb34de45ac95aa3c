package eventbus_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"

	"chimewatch/pkg/adapters/awsconf"
	"chimewatch/pkg/adapters/eventbus"
	"chimewatch/pkg/alert"
	"chimewatch/pkg/tally"
	"chimewatch/pkg/triage"
)

// bus speaks the JSON protocol of EventBridge and refuses events whose detail
// holds refuse.
type bus struct {
	refuse string
	got    []entry
}

type entry struct{ EventBusName, Source, DetailType, Detail string }

func (b *bus) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var in struct{ Entries []entry }
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil || r.Header.Get("X-Amz-Target") != "AWSEvents.PutEvents" || len(in.Entries) != 1 {
		http.Error(w, "one entry of PutEvents is spoken here", http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	if b.refuse != "" && strings.Contains(in.Entries[0].Detail, b.refuse) {
		fmt.Fprint(w, `{"FailedEntryCount":1,"Entries":[{"ErrorCode":"NotAuthorizedForSource","ErrorMessage":"no"}]}`)
		return
	}
	b.got = append(b.got, in.Entries[0])
	fmt.Fprint(w, `{"FailedEntryCount":0,"Entries":[{"EventId":"e"}]}`)
}

func start(t *testing.T, b *bus) eventbus.Client {
	t.Helper()
	h := httptest.NewServer(b)
	t.Cleanup(h.Close)
	return eventbridge.New(eventbridge.Options{
		Region: "us-east-1", HTTPClient: awsconf.Whole(nil), BaseEndpoint: aws.String(h.URL), Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", ""),
	})
}

// failing is a notifier that fails and remembers what it was given.
type failing struct{ ids []string }

var errFailing = errors.New("this notifier fails")

func (f *failing) Notify(_ context.Context, in alert.Input) error {
	f.ids = append(f.ids, in.ID)
	return errFailing
}

func (f *failing) NotifyDigest(_ context.Context, d alert.Digest) error {
	f.ids = append(f.ids, d.ID)
	return errFailing
}

func input(id string, update int, closed time.Time) alert.Input {
	at := time.Date(2026, 1, 5, 3, 12, 0, 0, time.UTC)
	return alert.Input{
		ID: id, Update: update, Closed: closed,
		Incident: triage.Incident{
			ID: "i-1", Subject: tally.Subject{Kind: tally.Principal, Key: "arn:aws:iam::111122223333:role/x"}, RaisedAt: at, LastSeen: at,
			Assessment: triage.Assessment{Severity: triage.High, Verdict: triage.Probing},
			Updates:    []triage.Update{{At: at, Severity: triage.High, Reason: "more"}},
		},
	}
}

func TestNotify(t *testing.T) {
	b := &bus{}
	n := eventbus.New(start(t, b), "security", nil)
	for _, in := range []alert.Input{input("a", 0, time.Time{}), input("b", 1, time.Time{}), input("c", 0, time.Now())} {
		if err := n.Notify(t.Context(), in); err != nil {
			t.Fatal(err)
		}
	}
	if err := n.NotifyDigest(t.Context(), alert.NewDigest([]alert.Input{input("d", 0, time.Time{}), input("e", 0, time.Time{})})); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range b.got {
		var detail struct{ ID, Schema string }
		if err := json.Unmarshal([]byte(e.Detail), &detail); err != nil || detail.Schema != alert.Schema {
			t.Fatalf("detail: %v, schema %q", err, detail.Schema)
		}
		got = append(got, strings.Join([]string{e.EventBusName, e.Source, e.DetailType, detail.ID}, " "))
	}
	want := []string{
		"security chimewatch Incident Opened a", "security chimewatch Incident Updated b", "security chimewatch Incident Closed c",
		"security chimewatch Incident Opened d", "security chimewatch Incident Opened e",
	}
	if !slices.Equal(got, want) {
		t.Errorf("events %q, want %q", got, want)
	}
}

// TestFailures: the bus and the next notifier do not keep each other from an
// alert, and the error names both.
func TestFailures(t *testing.T) {
	b, next := &bus{refuse: `"id":"bad"`}, &failing{}
	n := eventbus.New(start(t, b), "security", next)
	err := n.Notify(t.Context(), input("good", 0, time.Time{}))
	if !errors.Is(err, errFailing) || len(b.got) != 1 || len(next.ids) != 1 {
		t.Errorf("next fails: error %v, %d events, %d notified", err, len(b.got), len(next.ids))
	}
	err = n.NotifyDigest(t.Context(), alert.NewDigest([]alert.Input{input("bad", 0, time.Time{}), input("fine", 0, time.Time{})}))
	if !errors.Is(err, errFailing) || !strings.Contains(err.Error(), `alert "bad" on bus security: NotAuthorizedForSource: no`) || len(b.got) != 2 || len(next.ids) != 2 {
		t.Errorf("both fail: error %v, %d events, %d notified", err, len(b.got), len(next.ids))
	}
}
