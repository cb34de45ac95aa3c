package lookupevents_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"pgregory.net/rapid"

	"chimewatch/pkg/adapters/lookupevents"
	"chimewatch/pkg/adapters/lookupevents/lookuptest"
	"chimewatch/pkg/pipeline"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// call is a denied call as CloudTrail records it.
func call(n int, at time.Time, source string) string {
	return fmt.Sprintf(`{"eventVersion":"1.11","eventID":"e-%d","eventTime":%q,"eventSource":%q,"eventName":"ListChannels","awsRegion":"us-east-1","recipientAccountId":"111122223333","sourceIPAddress":"203.0.113.7","errorCode":"AccessDenied","userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/eve","accountId":"111122223333"}}`,
		n, at.Format(time.RFC3339), source)
}

const source = "chime.amazonaws.com"

// service is a server with n records within an hour before noon.
func service(t testing.TB, n int) (*lookuptest.Server, *lookuptest.Clock, *lookupevents.Lookup) {
	t.Helper()
	clock := lookuptest.NewClock(noon)
	server := lookuptest.New(t)
	server.Now = clock.Now
	for i := range n {
		server.Add(call(i, noon.Add(-time.Duration(i)*time.Hour/time.Duration(max(n, 1))), source))
	}
	return server, clock, lookupevents.New(server.Client(), clock, "us-east-1")
}

// All is read, in the order in which CloudTrail gives it, never faster than it
// allows, through throttling, failures and tokens that are good no more.
func TestEach(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(0, 400).Draw(rt, "records")
		server, clock, lookup := service(t, n)
		every := rapid.IntRange(2, 9).Draw(rt, "a fault every")
		code := rapid.SampledFrom([]string{"ThrottlingException", "InternalFailure", "InvalidNextTokenException", ""}).Draw(rt, "fault")
		fault := func(i int) string {
			if i > 1 && i%every == 0 {
				return code
			}
			return ""
		}
		if code == "InvalidNextTokenException" { // the client may ask for the first page twice, without a token
			server.FaultOfToken = fault
		} else {
			server.Fault = fault
		}
		seen := map[string]int{}
		covered, err := lookup.Each(rt.Context(), lookupevents.Query{Source: source, Start: noon.Add(-2 * time.Hour), End: noon}, func(items []pipeline.Item) error {
			for _, it := range items {
				if it.Err != nil {
					rt.Error(it.Err)
				}
				seen[it.Record.EventID]++
			}
			return nil
		})
		if err != nil || !covered.Complete || !covered.From.Equal(noon.Add(-2*time.Hour)) {
			rt.Fatalf("%+v, %v", covered, err)
		}
		if len(seen) != n {
			rt.Fatalf("%d records of %d", len(seen), n)
		}
		all, tooFast := server.Requests()
		if tooFast > 0 {
			rt.Fatalf("%d of %d requests came too fast", tooFast, all)
		}
		if least := noon.Add(time.Duration(all-1) * lookupevents.Pace); clock.Now().Before(least) {
			rt.Fatalf("%d requests by %s", all, clock.Now())
		}
		if code == "InvalidNextTokenException" && n > 50*every && covered.Resumed == 0 {
			rt.Fatal("no token was refused")
		}
	})
}

// With a bound on pages what was covered is told: everything from there on.
func TestEachBound(t *testing.T) {
	_, _, lookup := service(t, 1000)
	var oldest time.Time
	covered, err := lookup.Each(t.Context(), lookupevents.Query{Source: source, Start: noon.Add(-time.Hour), End: noon, MaxPages: 5}, func(items []pipeline.Item) error {
		oldest = items[len(items)-1].Record.EventTime
		return nil
	})
	if err != nil || covered.Complete || covered.Pages != 5 || covered.Records != 250 || !covered.From.Equal(oldest.Truncate(time.Second).Add(time.Second)) {
		t.Errorf("%+v, oldest %s, %v", covered, oldest, err)
	}
}

func TestEachByEventID(t *testing.T) {
	_, _, lookup := service(t, 60)
	n := 0
	covered, err := lookup.Each(t.Context(), lookupevents.Query{EventID: "e-17"}, func(items []pipeline.Item) error {
		for _, it := range items {
			if n++; it.Record.EventID != "e-17" {
				t.Errorf("%s", it.Record.EventID)
			}
		}
		return nil
	})
	if err != nil || n != 1 || !covered.Complete {
		t.Errorf("%d, %+v, %v", n, covered, err)
	}
}

// https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html#API_LookupEvents_Errors
func TestErrors(t *testing.T) {
	for code, want := range map[string]string{
		"AccessDeniedException":            "allow cloudtrail:LookupEvents",
		"ExpiredTokenException":            "renew the credentials",
		"UnrecognizedClientException":      "renew the credentials",
		"InvalidTimeRangeException":        "the last 90 days",
		"InvalidLookupAttributesException": "check the event source",
		"ThrottlingException":              "it was tried 8 times",
		"InternalFailure":                  "see the errors of LookupEvents",
		"InvalidNextTokenException":        "see the errors of LookupEvents",
	} {
		server, _, lookup := service(t, 10)
		server.Fault = func(int) string { return code }
		covered, err := lookup.Each(t.Context(), lookupevents.Query{Source: source, End: noon}, func([]pipeline.Item) error { return nil })
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "chime.amazonaws.com in us-east-1") || covered.Pages != 0 {
			t.Errorf("%s: %v, %+v", code, err, covered)
		}
	}
	clock := lookuptest.NewClock(noon)
	gone := "http://127.0.0.1:1"
	lookup := lookupevents.New(cloudtrail.New(cloudtrail.Options{Region: "us-east-1", BaseEndpoint: &gone, Credentials: credentials.NewStaticCredentialsProvider("a", "b", "")}), clock, "us-east-1")
	if _, err := lookup.Each(t.Context(), lookupevents.Query{Source: source}, nil); err == nil || !strings.Contains(err.Error(), "check the network") || !clock.Now().After(noon.Add(time.Minute)) {
		t.Errorf("%v at %s", err, clock.Now())
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, lookup = service(t, 1)
	if _, err := lookup.Each(ctx, lookupevents.Query{Source: source}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// Whoever takes the records can end it; its error comes back as it is.
func TestVisitEnds(t *testing.T) {
	_, _, lookup := service(t, 200)
	enough := errors.New("enough")
	covered, err := lookup.Each(t.Context(), lookupevents.Query{Source: source, End: noon}, func([]pipeline.Item) error { return enough })
	if err != enough || covered.Pages != 1 || covered.Complete {
		t.Errorf("%+v, %v", covered, err)
	}
}
