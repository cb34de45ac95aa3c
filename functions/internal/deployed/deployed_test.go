package deployed

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"chimewatch/pkg/alert"
	"chimewatch/pkg/tally"
	"chimewatch/pkg/triage"
)

// environment sets what Lambda and the template set, and nothing of the
// machine's own.
func environment(t *testing.T, more map[string]string) {
	t.Helper()
	for name, value := range map[string]string{
		"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "", "AWS_PROFILE": "",
		"AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
		"CHIMEWATCH_TABLE": "table", "CHIMEWATCH_BUCKET": "config-bucket", "CHIMEWATCH_HASH_SECRET": "secret",
	} {
		t.Setenv(name, value)
	}
	for name, value := range more {
		t.Setenv(name, value)
	}
}

func parts(t *testing.T) *Parts {
	t.Helper()
	p, err := New("detector")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestSettings(t *testing.T) {
	for _, tt := range []struct{ name, value, want string }{
		{"CHIMEWATCH_ALERT_HOURS", "0", "CHIMEWATCH_ALERT_HOURS: 0 is not between 1 and 168"},
		{"CHIMEWATCH_ALERT_HOURS", "169", "CHIMEWATCH_ALERT_HOURS: 169 is not between 1 and 168"},
		{"CHIMEWATCH_RETENTION_DAYS", "29", "CHIMEWATCH_RETENTION_DAYS: 29 is not"},
		{"CHIMEWATCH_NOTIFY", "some", `CHIMEWATCH_NOTIFY: "some" is not all or summary-only`},
		{"CHIMEWATCH_CHAT_SEVERITY", "grave", `CHIMEWATCH_CHAT_SEVERITY: severity "grave"`},
	} {
		t.Run(tt.name+"="+tt.value, func(t *testing.T) {
			environment(t, map[string]string{tt.name: tt.value})
			if _, err := ReadSettings(); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
		})
	}
	environment(t, nil)
	s, err := ReadSettings()
	if err != nil {
		t.Fatal(err)
	}
	if o, err := s.Options(); err != nil || o.MaxAge != 24*time.Hour || o.Least != triage.Low || o.Ceiling.Least != triage.Medium {
		t.Errorf("options %+v, %v", o, err)
	}
}

// Events that are older than the hours that are set are kept, and nobody is
// told.
func TestAlertHours(t *testing.T) {
	for _, tt := range []struct{ hours, messages int }{{24, 1}, {48, 1}, {23, 0}, {1, 0}} {
		clock := &hand{}
		topics := newTopics(t, clock)
		s := topics.settings()
		s.AlertHours = tt.hours
		clock.set(time.Date(2026, 3, 18, 10, 0, 0, 0, time.UTC))
		l := newLive(t, clock, inMemory(), topics.endpoint(), s)
		l.minute([]string{call{
			at: clock.Now().Add(-23*time.Hour - 30*time.Minute), id: 1, identity: user("eve"), operation: "CreateAppInstanceAdmin", source: "203.0.113.7",
			message: "because no identity-based policy allows the chime:CreateAppInstanceAdmin action",
		}.record()})
		if got := len(topics.on("alerts")); got != tt.messages {
			t.Errorf("%d hours: %d messages, want %d", tt.hours, got, tt.messages)
		}
	}
}

// bus takes events as EventBridge does.
//
// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
func bus(t *testing.T) (url string, took *[]string) {
	t.Helper()
	took = new([]string)
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			Entries []struct{ EventBusName, Source, DetailType string }
		}
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil || r.Header.Get("X-Amz-Target") != "AWSEvents.PutEvents" {
			http.Error(w, "only PutEvents is spoken here", http.StatusBadRequest)
			return
		}
		for _, e := range in.Entries {
			*took = append(*took, e.EventBusName+" "+e.Source+" "+e.DetailType)
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		fmt.Fprint(w, `{"FailedEntryCount":0,"Entries":[{"EventId":"e"}]}`)
	}))
	t.Cleanup(h.Close)
	return h.URL, took
}

// An alert goes to the bus that is named, beside the topics, and to none where
// none is.
func TestIncidentBus(t *testing.T) {
	const arn = "arn:aws:events:us-east-1:111122223333:event-bus/security"
	for name, want := range map[string]string{"": "[]", arn: "[" + arn + " chimewatch Incident Opened]"} {
		topics := newTopics(t, &hand{})
		url, took := bus(t)
		environment(t, map[string]string{
			"CHIMEWATCH_INCIDENT_BUS": name, "CHIMEWATCH_FINDING_TOPIC": topicPrefix + "findings",
			"AWS_ENDPOINT_URL_SNS": topics.endpoint(), "AWS_ENDPOINT_URL_EVENTBRIDGE": url,
		})
		at := time.Date(2026, 1, 5, 3, 12, 0, 0, time.UTC)
		err := parts(t).Notifier.Notify(t.Context(), alert.Input{ID: "i-1-0", Incident: triage.Incident{
			ID: "i-1", Subject: tally.Subject{Kind: tally.Principal, Key: "arn:aws:iam::111122223333:role/x"}, RaisedAt: at, LastSeen: at,
			Assessment: triage.Assessment{Severity: triage.High, Verdict: triage.Probing},
		}})
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(*took); got != want || len(topics.on("findings")) != 1 {
			t.Errorf("the bus %q took %s, want %s; machines got %d", name, got, want, len(topics.on("findings")))
		}
	}
}

// A configuration that asks for every service is in force for all but that, and
// the log says why, once.
func TestScopeAll(t *testing.T) {
	buckets := s3mem.New()
	if err := buckets.CreateBucket("config-bucket"); err != nil {
		t.Fatal(err)
	}
	body := "scope: {all: true}\nrules: {denial-burst: {threshold: 33}}\n"
	if _, err := buckets.PutObject("config-bucket", "config/chimewatch.yaml", nil, strings.NewReader(body), int64(len(body)), nil); err != nil {
		t.Fatal(err)
	}
	h := httptest.NewServer(gofakes3.New(buckets).Server())
	t.Cleanup(h.Close)
	environment(t, map[string]string{"AWS_ENDPOINT_URL": h.URL})
	p := parts(t)
	var log bytes.Buffer
	p.Log = slog.New(slog.NewJSONHandler(&log, nil))
	for range 3 {
		c, err := p.Config(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if c.Scope.All || c.Rules.DenialBurst.Threshold != 33 {
			t.Errorf("in force: every service %v, threshold %d", c.Scope.All, c.Rules.DenialBurst.Threshold)
		}
	}
	if n := strings.Count(log.String(), "scope.all of the configuration is not in force"); n != 1 || !strings.Contains(log.String(), "EventSources") {
		t.Errorf("the log says it %d times:\n%s", n, log.String())
	}
}
