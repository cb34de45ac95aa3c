// Package lookuptest is a CloudTrail in the test's process that speaks
// LookupEvents: pages of fifty, the newest first, two requests a second.
//
// https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
package lookuptest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"

	"chimewatch/pkg/adapters/awsconf"
)

// Clock is a clock that only sleeping moves.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock returns a clock that shows a time.
func NewClock(now time.Time) *Clock { return &Clock{now: now} }

// Now returns what it shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Sleep moves it.
func (c *Clock) Sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	return ctx.Err()
}

// Server answers LookupEvents.
type Server struct {
	URL string
	// Now is its clock; more than two requests within a second of it are
	// throttled. Nil: no limit.
	Now func() time.Time
	// Fault returns the code of an error to answer the n-th request with, or "".
	Fault func(n int) string
	// FaultOfToken is asked, after Fault, about requests that carry a token only.
	FaultOfToken func(n int) string

	mu       sync.Mutex
	events   []event
	requests int
	recent   []time.Time
	refused  int
}

type event struct {
	ID, Name, Source string
	Time             time.Time
	raw              string
}

// New starts a server. It ends with the test.
func New(t testing.TB) *Server {
	t.Helper()
	s := new(Server)
	web := httptest.NewServer(s)
	t.Cleanup(web.Close)
	s.URL = web.URL
	return s
}

// Client returns a client of the SDK that talks to the server.
func (s *Server) Client() *cloudtrail.Client {
	return cloudtrail.New(cloudtrail.Options{Region: "us-east-1", HTTPClient: awsconf.Whole(nil), BaseEndpoint: &s.URL, Credentials: credentials.NewStaticCredentialsProvider("a", "b", "")})
}

// Add adds records, as JSON.
func (s *Server) Add(records ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, raw := range records {
		var e struct {
			EventID, EventName, EventSource string
			EventTime                       time.Time
		}
		if err := json.Unmarshal([]byte(raw), &e); err != nil {
			panic(fmt.Sprintf("%v in %s", err, raw)) // a mistake of the test
		}
		s.events = append(s.events, event{e.EventID, e.EventName, e.EventSource, e.EventTime, raw})
	}
	slices.SortStableFunc(s.events, func(a, b event) int { return b.Time.Compare(a.Time) })
}

// Requests returns how many requests came, and how many of them came too fast.
func (s *Server) Requests() (all, tooFast int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests, s.refused
}

type request struct {
	LookupAttributes []struct{ AttributeKey, AttributeValue string }
	StartTime        *float64
	EndTime          *float64
	MaxResults       int
	NextToken        string
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests++
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	if !strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".LookupEvents") {
		fail(w, "UnknownOperationException")
		return
	}
	if s.tooFast() {
		s.refused++
		fail(w, "ThrottlingException")
		return
	}
	var in request
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil || len(in.LookupAttributes) != 1 || in.MaxResults < 1 || in.MaxResults > 50 {
		fail(w, "InvalidMaxResultsException")
		return
	}
	code := ""
	if s.Fault != nil {
		code = s.Fault(s.requests)
	}
	if code == "" && s.FaultOfToken != nil && in.NextToken != "" {
		code = s.FaultOfToken(s.requests)
	}
	if code != "" {
		fail(w, code)
		return
	}
	found := s.find(in)
	start := 0
	if in.NextToken != "" {
		n, err := strconv.Atoi(in.NextToken)
		if err != nil || n > len(found) {
			fail(w, "InvalidNextTokenException")
			return
		}
		start = n
	}
	end := min(start+in.MaxResults, len(found))
	out := map[string]any{"Events": []any{}}
	var page []map[string]any
	for _, e := range found[start:end] {
		page = append(page, map[string]any{"EventId": e.ID, "EventName": e.Name, "EventSource": e.Source, "EventTime": float64(e.Time.Unix()), "CloudTrailEvent": e.raw})
	}
	if page != nil {
		out["Events"] = page
	}
	if end < len(found) {
		out["NextToken"] = strconv.Itoa(end)
	}
	json.NewEncoder(w).Encode(out)
}

func (s *Server) find(in request) (found []event) {
	a := in.LookupAttributes[0]
	for _, e := range s.events {
		has := map[string]string{"EventSource": e.Source, "EventId": e.ID, "EventName": e.Name}[a.AttributeKey]
		at := float64(e.Time.Unix())
		if has == a.AttributeValue && (in.StartTime == nil || at >= *in.StartTime) && (in.EndTime == nil || at <= *in.EndTime) {
			found = append(found, e)
		}
	}
	return found
}

// tooFast notes a request and reports whether two came within the last second.
func (s *Server) tooFast() bool {
	if s.Now == nil {
		return false
	}
	now := s.Now()
	s.recent = slices.DeleteFunc(s.recent, func(t time.Time) bool { return now.Sub(t) >= time.Second })
	if len(s.recent) >= 2 {
		return true
	}
	s.recent = append(s.recent, now)
	return false
}

// fail answers with an error.
func fail(w http.ResponseWriter, code string) {
	status := http.StatusBadRequest
	if strings.HasPrefix(code, "Internal") {
		status = http.StatusInternalServerError
	}
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"__type":%q,"message":"refused by the test"}`, code)
}
