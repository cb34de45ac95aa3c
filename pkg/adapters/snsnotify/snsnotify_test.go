package snsnotify_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"chimewatch/pkg/adapters/awsconf"
	"chimewatch/pkg/adapters/snsnotify"
	"chimewatch/pkg/alert"
	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/denial"
	"chimewatch/pkg/detect"
	"chimewatch/pkg/tally"
	"chimewatch/pkg/triage"
)

const arnPrefix = "arn:aws:sns:us-east-1:111122223333:"

// server speaks the query protocol of SNS. What it does with each request is
// said by the script of its topic: the status to answer with, or 0 to take it,
// -1 to cut the connection after taking it.
//
// https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
type server struct {
	mu     sync.Mutex
	script map[string][]failure
	taken  map[string][]url.Values
	asked  map[string]int
	down   bool // nothing is taken
}

type failure struct {
	status int
	code   string
}

// The answers that a script may hold besides errors.
const (
	take = 0
	cut  = -1
)

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil || r.Form.Get("Action") != "Publish" {
		http.Error(w, "only Publish is spoken here", http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	topic := strings.TrimPrefix(r.Form.Get("TopicArn"), arnPrefix)
	s.asked[topic]++
	var next failure
	if q := s.script[topic]; len(q) > 0 {
		next, s.script[topic] = q[0], q[1:]
	}
	if s.down {
		next = failure{503, "ServiceUnavailable"}
	}
	if next.status > 0 {
		w.WriteHeader(next.status)
		fmt.Fprintf(w, `<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Sender</Type><Code>%s</Code><Message>scripted</Message></Error><RequestId>r</RequestId></ErrorResponse>`, next.code)
		return
	}
	s.taken[topic] = append(s.taken[topic], r.Form)
	if next.status == cut {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			conn.Close()
		}
		return
	}
	fmt.Fprint(w, `<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>m</MessageId></PublishResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></PublishResponse>`)
}

// start returns a server that follows the script, and a notifier with the real
// client in front of it, which hardly waits between attempts.
func start(t *testing.T, script map[string][]failure, c snsnotify.Config) (*server, *snsnotify.Notifier) {
	t.Helper()
	s := &server{script: script, taken: map[string][]url.Values{}, asked: map[string]int{}}
	if s.script == nil {
		s.script = map[string][]failure{}
	}
	h := httptest.NewServer(s)
	t.Cleanup(h.Close)
	return s, snsnotify.New(client(h.URL), c)
}

func client(endpoint string) *sns.Client {
	return sns.New(sns.Options{
		Region: "us-east-1", HTTPClient: awsconf.Whole(nil), BaseEndpoint: aws.String(endpoint),
		Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", ""),
		Retryer:     retry.AddWithMaxBackoffDelay(retry.NewStandard(), time.Millisecond),
	})
}

func allTopics() snsnotify.Config {
	return snsnotify.Config{
		Topics:  snsnotify.Topics{People: arnPrefix + "alerts", Machines: arnPrefix + "findings", Chat: arnPrefix + "chat"},
		Options: alert.Options{Version: "1.2.3", Least: alert.DefaultLeast()},
	}
}

// notice is an alert about one refused call.
func notice(severity triage.Severity) alert.Input {
	at := time.Date(2026, 1, 5, 3, 12, 7, 0, time.UTC)
	rec := cloudtrail.Record{
		EventID: "0f1e2d3c-0000-4000-8000-000000000001", EventTime: at, EventSource: "chime.amazonaws.com", EventName: "CreateAppInstanceAdmin",
		Region: "us-east-1", RecipientAccount: "111122223333", SourceIP: "203.0.113.7", ErrorCode: "AccessDeniedException",
		ErrorMessage: "User: arn:aws:iam::111122223333:user/ci is not authorized to perform: chime:CreateAppInstanceAdmin",
		Identity:     cloudtrail.Identity{Type: "IAMUser", ARN: "arn:aws:iam::111122223333:user/ci", AccountID: "111122223333"},
	}
	call := denial.Classify(&rec)
	subject := tally.Subject{Kind: tally.Principal, Key: call.Principal.Key}
	ref := tally.Ref{Time: at, Key: call.Key}
	assessment := triage.Assessment{Severity: severity, Verdict: triage.Probing, Reasons: []string{"from a network that was not seen before"}}
	f := triage.Finding{
		Finding:    detect.Finding{ID: "f-1", Rule: detect.CriticalOperation, Subject: subject, Hour: tally.HourOf(at), Denials: 1, Evidence: []tally.Ref{ref}},
		Assessment: assessment, Principals: []string{subject.Key},
	}
	return alert.Input{
		ID: "i-1-0",
		Incident: triage.Incident{
			ID: "i-1", Subject: subject, Assessment: assessment, RaisedAt: at, LastSeen: at, Trigger: []tally.Ref{ref},
			Findings: []string{"f-1"}, Rules: []detect.Rule{detect.CriticalOperation}, Principals: []string{subject.Key}, Denials: 1,
		},
		Findings: []triage.Finding{f},
		Calls:    map[cloudtrail.Key]*denial.Call{call.Key: &call},
	}
}

func TestNotify(t *testing.T) {
	s, n := start(t, nil, allTopics())
	if err := n.Notify(t.Context(), notice(triage.High)); err != nil {
		t.Fatal(err)
	}
	people, machines, chat := s.taken["alerts"], s.taken["findings"], s.taken["chat"]
	if len(people) != 1 || len(machines) != 1 || len(chat) != 1 {
		t.Fatalf("taken: %d, %d, %d", len(people), len(machines), len(chat))
	}
	if people[0].Get("MessageStructure") != "json" || !strings.HasPrefix(people[0].Get("Subject"), "HIGH user/ci: ") {
		t.Errorf("to people: structure %q, subject %q", people[0].Get("MessageStructure"), people[0].Get("Subject"))
	}
	if machines[0].Get("MessageStructure") != "" || machines[0].Get("Subject") != "" {
		t.Errorf("to machines: structure %q, subject %q", machines[0].Get("MessageStructure"), machines[0].Get("Subject"))
	}
	got := map[string]string{}
	for i := 1; machines[0].Get(fmt.Sprintf("MessageAttributes.entry.%d.Name", i)) != ""; i++ {
		at := fmt.Sprintf("MessageAttributes.entry.%d.", i)
		got[machines[0].Get(at+"Name")] = machines[0].Get(at+"Value.DataType") + " " + machines[0].Get(at+"Value.StringValue")
	}
	want := map[string]string{
		"severity": "String high", "rule": `String.Array ["critical-operation"]`, "verdict": "String probing", "cause": `String.Array ["iam"]`,
		"account": `String.Array ["111122223333"]`, "region": `String.Array ["us-east-1"]`, "alert_id": "String i-1-0", "drill": "String false",
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("attributes %v, want %v", got, want)
	}
	var c struct{ Metadata struct{ ThreadID string } }
	if err := json.Unmarshal([]byte(chat[0].Get("Message")), &c); err != nil || c.Metadata.ThreadID != "i-1" {
		t.Errorf("to chat: thread %q, %v", c.Metadata.ThreadID, err)
	}
}

func TestLeastSeverity(t *testing.T) {
	c := allTopics()
	c.Options.Least.Chat = triage.Critical
	s, n := start(t, nil, c)
	for severity, want := range map[triage.Severity]string{triage.Low: "findings", triage.Medium: "alerts findings", triage.Critical: "alerts chat findings"} {
		clear(s.taken)
		if err := n.Notify(t.Context(), notice(severity)); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(topics(s), " "); got != want {
			t.Errorf("%s: taken by %s, want %s", severity, got, want)
		}
	}
	c.Topics.Machines = ""
	s, n = start(t, nil, c)
	if err := n.Notify(t.Context(), notice(triage.Critical)); err != nil || strings.Join(topics(s), " ") != "alerts chat" {
		t.Errorf("without a topic for machines: %v, %v", topics(s), err)
	}
}

func topics(s *server) []string {
	var out []string
	for topic := range s.taken {
		out = append(out, topic)
	}
	slices.Sort(out)
	return out
}

// TestRetries is about what passes: every topic takes the message in the end.
func TestRetries(t *testing.T) {
	for name, script := range map[string][]failure{
		"SNS throttles":     {{429, "Throttled"}, {429, "Throttled"}, {400, "Throttling"}},
		"KMS throttles":     {{400, "KMSThrottling"}, {400, "KMSThrottling"}},
		"server errors":     {{500, "InternalError"}, {503, "ServiceUnavailable"}, {500, "InternalFailure"}, {502, "x"}},
		"connection is cut": {{status: cut}},
	} {
		t.Run(name, func(t *testing.T) {
			s, n := start(t, map[string][]failure{"findings": slices.Clone(script)}, allTopics())
			if err := n.Notify(t.Context(), notice(triage.High)); err != nil {
				t.Fatal(err)
			}
			if got := s.asked["findings"]; got != len(script)+1 {
				t.Errorf("asked %d times, want %d", got, len(script)+1)
			}
			bodies := map[string]bool{}
			for _, form := range s.taken["findings"] {
				bodies[form.Get("Message")] = true
			}
			if len(bodies) != 1 {
				t.Errorf("%d different bodies: a repeat must be the same", len(bodies))
			}
		})
	}
}

// TestPartialFailure is about a topic that does not recover: the others get
// theirs, the error names it, and what is left can be sent alone.
func TestPartialFailure(t *testing.T) {
	broken := slices.Repeat([]failure{{500, "InternalError"}}, 5)
	s, n := start(t, map[string][]failure{"alerts": broken}, allTopics())
	err := n.Notify(t.Context(), notice(triage.High))
	var partial *snsnotify.Error
	if !errors.As(err, &partial) || len(partial.Failed) != 1 || partial.Failed[0].Message.Topic != alert.People {
		t.Fatalf("error %v", err)
	}
	if s.asked["alerts"] != 5 || len(s.taken["findings"]) != 1 || len(s.taken["chat"]) != 1 {
		t.Errorf("asked %v, taken by %v", s.asked, topics(s))
	}
	if err := n.Publish(t.Context(), partial.Remaining()); err != nil {
		t.Fatal(err)
	}
	if len(s.taken["alerts"]) != 1 || len(s.taken["findings"]) != 1 || len(s.taken["chat"]) != 1 {
		t.Errorf("after the rest was sent: taken by %v", topics(s))
	}
}

// TestOutage is about an hour without SNS: the alert is sent later with the
// same id and body.
func TestOutage(t *testing.T) {
	s, n := start(t, nil, allTopics())
	s.down = true
	alertOf := notice(triage.High)
	for minute := range 60 { // the scheduled pass tries again every minute
		if err := n.Notify(t.Context(), alertOf); err == nil {
			t.Fatalf("minute %d: no error", minute)
		}
	}
	s.down = false
	if err := n.Notify(t.Context(), alertOf); err != nil {
		t.Fatal(err)
	}
	for topic, forms := range s.taken {
		if len(forms) != 1 {
			t.Errorf("%s took %d messages", topic, len(forms))
		}
	}
	if !strings.Contains(s.taken["findings"][0].Get("Message"), `"id":"i-1-0"`) {
		t.Error("the alert's id has changed")
	}
}

// TestRemedies is about errors that do not pass: they are not tried again, and
// the error says what to do.
func TestRemedies(t *testing.T) {
	for code, want := range map[string]string{
		"KMSAccessDenied": "kms:GenerateDataKey*", "KMSDisabled": "enable it", "KMSNotFound": "another one", "KMSInvalidState": "deletion is pending",
		"KMSOptInRequired": "subscription", "NotFound": "does not exist", "AuthorizationError": "allow sns:Publish", "EndpointDisabled": "enable the endpoint",
		"InvalidParameter": "publishing to " + arnPrefix + "chat",
	} {
		s, n := start(t, map[string][]failure{"chat": {{400, code}}}, allTopics())
		err := n.Notify(t.Context(), notice(triage.High))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "topic chat") {
			t.Errorf("%s: error %v, want it to say %q", code, err, want)
		}
		if s.asked["chat"] != 1 {
			t.Errorf("%s: asked %d times", code, s.asked["chat"])
		}
	}
}

func TestDeadline(t *testing.T) {
	_, n := start(t, nil, allTopics())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := n.Notify(ctx, notice(triage.High)); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestDrillAndDigest(t *testing.T) {
	c := allTopics()
	c.Drill = true
	s, n := start(t, nil, c)
	second := notice(triage.Medium)
	second.ID = "i-2-0"
	if err := n.NotifyDigest(t.Context(), alert.NewDigest([]alert.Input{notice(triage.High), second})); err != nil {
		t.Fatal(err)
	}
	if len(s.taken["alerts"]) != 1 || len(s.taken["chat"]) != 1 || len(s.taken["findings"]) != 2 {
		t.Fatalf("taken: %d, %d, %d", len(s.taken["alerts"]), len(s.taken["chat"]), len(s.taken["findings"]))
	}
	if got := s.taken["alerts"][0].Get("Subject"); got != "DRILL HIGH digest: 2 alerts above the ceiling of an hour" {
		t.Errorf("subject %q", got)
	}
	for _, id := range []string{"i-1-0", "i-2-0"} {
		if !strings.Contains(s.taken["alerts"][0].Get("Message"), id) {
			t.Errorf("the digest does not name %s", id)
		}
	}
}
