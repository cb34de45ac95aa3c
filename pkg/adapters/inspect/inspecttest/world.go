// Package inspecttest is an AWS account in the test's process: a healthy
// deployment, behind the protocols of the services, that a test breaks.
package inspecttest

import (
	"encoding/json"
	"encoding/xml"
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

	"chimewatch/infra/templatetest"
	"chimewatch/pkg/adapters/awsconf"
)

// Trail is a trail and what its reads answer.
type Trail struct {
	Name, Home    string
	Logging       bool
	DeliveryError string
	Selectors     map[string]any // the answer of GetEventSelectors; nil: AccessDenied
}

// Rule is an EventBridge rule.
type Rule struct {
	State, Pattern string
	Targets        int
}

// World is the account. A test changes it before it asks.
type World struct {
	URL string

	Trails  map[string][]Trail          // by Region
	Stack   string                      // status; empty: no stack
	Rules   map[string]map[string]*Rule // by Region and name
	Queues  map[string]int              // waiting messages by logical id
	Topics  map[string][][2]string      // protocol and subscription ARN by output
	TTL     string
	PITR    string
	NoTable bool

	Schedules map[string]string      // state by name
	Metrics   map[string][]time.Time // hours with a value above zero
	Reports   []time.Time
	Denied    map[string]bool // IAM actions

	mu    sync.Mutex
	asked map[string]bool
}

// The names in the account.
const (
	Account = "111122223333"
	Region  = "us-east-1"
	Name    = "chimewatch" // of the stack
)

// Now is the time in the account.
func Now() time.Time { return time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC) }

// AllManagement is the answer of GetEventSelectors for a trail that logs all
// management events, by an advanced selector.
func AllManagement() map[string]any {
	return map[string]any{"AdvancedEventSelectors": []any{map[string]any{"Name": "Management", "FieldSelectors": []any{
		map[string]any{"Field": "eventCategory", "Equals": []string{"Management"}},
	}}}}
}

const denials = `{"source":[{"prefix":"aws."}],"detail-type":["AWS API Call via CloudTrail","AWS Network Activity Event via CloudTrail"],"detail":{"eventSource":["chime.amazonaws.com"],"errorCode":[{"exists":true}]}}`

const successes = `{"source":[{"prefix":"aws."}],"detail-type":["AWS API Call via CloudTrail"],"detail":{"eventSource":["chime.amazonaws.com"],"eventName":["CreateAppInstanceAdmin","PutMessagingStreamingConfigurations"],"errorCode":[{"exists":false},""]}}`

// New starts a healthy account. It ends with the test.
func New(t testing.TB) *World {
	t.Helper()
	const all = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
	trail := Trail{Name: "management", Home: "us-east-1", Logging: true, Selectors: AllManagement()}
	w := &World{
		Trails: map[string][]Trail{"us-east-1": {trail}, "eu-central-1": {trail}},
		Stack:  "UPDATE_COMPLETE",
		Rules: map[string]map[string]*Rule{
			"us-east-1":    {"chimewatch-denials": {all, denials, 1}, "chimewatch-critical-successes": {"ENABLED", successes, 1}},
			"eu-central-1": {"chimewatch-forward-denials": {all, denials, 1}},
		},
		Queues: map[string]int{"DetectorQueue": 3, "BackfillQueue": 0, "DetectorDeadLetters": 0, "BackfillDeadLetters": 0, "RuleDeadLetters": 0, "ScheduleDeadLetters": 0},
		Topics: map[string][][2]string{
			"AlertTopicArn":   {{"email", "arn:aws:sns:us-east-1:111122223333:alerts:1"}},
			"FindingTopicArn": {{"sqs", "arn:aws:sns:us-east-1:111122223333:findings:1"}},
			"ChatTopicArn":    nil,
			"SummaryTopicArn": {{"email", "arn:aws:sns:us-east-1:111122223333:summaries:1"}},
		},
		TTL: "ENABLED", PITR: "ENABLED",
		Schedules: map[string]string{"chimewatch-sweep": "ENABLED", "chimewatch-reconcile": "ENABLED", "chimewatch-summary": "ENABLED"},
		Metrics:   map[string][]time.Time{"Records": {Now().Add(-2 * time.Hour)}, "AlertsSent": {Now().Add(-50 * time.Hour)}},
		Reports:   []time.Time{Now().Add(-9 * 24 * time.Hour), Now().Add(-2 * 24 * time.Hour)},
		Denied:    map[string]bool{},
		asked:     map[string]bool{},
	}
	server := httptest.NewServer(w)
	t.Cleanup(server.Close)
	w.URL = server.URL
	return w
}

// Config returns a configuration of the SDK that talks to the account, without
// waits.
func (w *World) Config() aws.Config {
	return aws.Config{
		Region: Region, HTTPClient: awsconf.Whole(nil), BaseEndpoint: &w.URL, Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""),
		Retryer: func() aws.Retryer { return retry.AddWithMaxAttempts(retry.NewStandard(), 1) },
	}
}

// Asked returns the IAM actions that were used, sorted.
func (w *World) Asked() (actions []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for a := range w.asked {
		actions = append(actions, a)
	}
	slices.Sort(actions)
	return actions
}

// ServeHTTP answers a request of any of the services.
func (w *World) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	target := r.Header.Get("X-Amz-Target")
	service, operation := serviceOf(r), target[strings.LastIndexByte(target, '.')+1:]
	var in map[string]any
	var form url.Values
	switch {
	case target != "":
		json.NewDecoder(r.Body).Decode(&in)
	case service == "scheduler":
		operation = "GetSchedule"
	case service == "s3":
		operation = "ListBucket"
	default:
		r.ParseForm()
		form, operation = r.PostForm, r.PostForm.Get("Action")
	}
	action := map[string]string{"monitoring": "cloudwatch"}[service]
	if action == "" {
		action = service
	}
	action += ":" + operation
	w.asked[action] = true
	a := answer{out, target != "" || service == "scheduler"}
	if w.Denied[action] && service == "s3" {
		out.WriteHeader(http.StatusForbidden)
		fmt.Fprint(out, "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>")
		return
	}
	if w.Denied[action] {
		a.fail(http.StatusForbidden, map[string]string{"sns": "AuthorizationError"}[service], "is not authorized to perform: "+action)
		return
	}
	switch service {
	case "cloudtrail":
		w.cloudtrail(a, operation, regionOf(r), in)
	case "events":
		w.events(a, operation, regionOf(r), in)
	case "dynamodb":
		w.dynamodb(a, operation)
	case "sqs":
		name := fmt.Sprint(in["QueueUrl"])
		a.json(map[string]any{"Attributes": map[string]string{"ApproximateNumberOfMessages": fmt.Sprint(w.Queues[name[strings.LastIndexByte(name, '/')+1:]]), "ApproximateNumberOfMessagesNotVisible": "0"}})
	case "scheduler":
		w.scheduler(a, strings.TrimPrefix(r.URL.Path, "/schedules/"))
	case "s3":
		w.s3(a)
	default:
		w.query(a, operation, form)
	}
}

// serviceOf and regionOf read what a request was signed for.
func serviceOf(r *http.Request) string { return scope(r)[3] }
func regionOf(r *http.Request) string  { return scope(r)[2] }

func scope(r *http.Request) []string {
	_, rest, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	parts := strings.Split(rest, "/")
	if len(parts) < 5 {
		return make([]string, 5)
	}
	return parts
}

// answer writes an answer in the service's protocol.
type answer struct {
	http.ResponseWriter
	isJSON bool
}

func (a answer) json(v any) {
	a.Header().Set("Content-Type", "application/x-amz-json-1.1")
	json.NewEncoder(a).Encode(v)
}

func (a answer) xml(action, result string) {
	a.Header().Set("Content-Type", "text/xml")
	fmt.Fprintf(a, "<%[1]sResponse><%[1]sResult>%[2]s</%[1]sResult></%[1]sResponse>", action, result)
}

func (a answer) fail(status int, code, message string) {
	if code == "" {
		code = "AccessDeniedException"
	}
	if a.isJSON {
		a.Header().Set("X-Amzn-Errortype", code)
		a.WriteHeader(status)
		json.NewEncoder(a).Encode(map[string]string{"__type": "com.example#" + code, "message": message})
		return
	}
	a.WriteHeader(status)
	fmt.Fprintf(a, "<ErrorResponse><Error><Code>%s</Code><Message>%s</Message></Error></ErrorResponse>", strings.TrimSuffix(code, "Exception"), escaped(message))
}

func escaped(s string) string {
	var b strings.Builder
	xml.EscapeText(&b, []byte(s))
	return b.String()
}

// matches lets the pattern matcher of the template's tests decide.
func matches(pattern, event string) bool {
	var p, e map[string]any
	return json.Unmarshal([]byte(pattern), &p) == nil && json.Unmarshal([]byte(event), &e) == nil && templatetest.Matches(p, e)
}
