package lookupevents

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	records "chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/pipeline"
)

// Client names the call used; *cloudtrail.Client has it.
type Client interface {
	LookupEvents(context.Context, *cloudtrail.LookupEventsInput, ...func(*cloudtrail.Options)) (*cloudtrail.LookupEventsOutput, error)
}

// Clock tells the time and waits.
type Clock interface {
	Now() time.Time
	// Sleep waits for d, or until ctx ends; then it returns why it ended.
	Sleep(ctx context.Context, d time.Duration) error
}

// Pace is the least time between two requests: an account may make two a second
// in each Region, and is not alone in making them.
const Pace = 500 * time.Millisecond

// MaxAge is how far back LookupEvents knows.
const MaxAge = 90 * 24 * time.Hour

// Lookup makes requests to one account and Region. It is safe for concurrent
// use; the pace is kept over all uses.
type Lookup struct {
	client Client
	clock  Clock
	region string

	mu        sync.Mutex
	next      time.Time // when the next request may be made
	requests  int
	throttled int
}

// New returns a Lookup; the Region is for names and errors.
func New(client Client, clock Clock, region string) *Lookup {
	return &Lookup{client: client, clock: clock, region: region}
}

// Requests returns how many requests were made, and how many of them were
// throttled.
func (l *Lookup) Requests() (made, throttled int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.requests, l.throttled
}

// Query asks for records: all of one event source, or one by its id.
type Query struct {
	Source     string    // eventSource; empty if EventID is given
	EventID    string    // eventID
	Start, End time.Time // both included, to the second; zero: as far as CloudTrail knows
	MaxPages   int       // of at most 50 records; 0: all
}

// Covered says how far a query came.
type Covered struct {
	Pages    int
	Records  int
	Resumed  int       // times that the pages had to be asked for anew
	Complete bool      // all was read
	From     time.Time // all from here to the query's end was read; the start if Complete, the end if nothing was
}

// maxRestarts bounds how often pages are asked for anew without getting on.
const maxRestarts = 3

// Each reads the records of a query, the newest first, and hands them to visit
// page by page. An error of visit ends it and is returned as it is; others say
// what is wrong and what to do. What was covered is told beside an error too.
func (l *Lookup) Each(ctx context.Context, q Query, visit func([]pipeline.Item) error) (Covered, error) {
	c := Covered{From: q.End}
	end, token, restarts := q.End, (*string)(nil), 0
	for {
		if q.MaxPages > 0 && c.Pages >= q.MaxPages {
			return c, nil
		}
		out, err := l.page(ctx, q, end, token)
		var expired *types.InvalidNextTokenException
		if errors.As(err, &expired) && token != nil && restarts < maxRestarts {
			// A token is good for a while only. What was read is read again in
			// part, which does no harm.
			restarts++
			c.Resumed++
			if c.Records > 0 {
				end = c.From
			}
			token = nil
			continue
		}
		if err != nil {
			return c, l.explain(q, err)
		}
		c.Pages++
		items := l.items(q, c.Records, out.Events)
		c.Records += len(items)
		if n := len(out.Events); n > 0 {
			if oldest := aws.ToTime(out.Events[n-1].EventTime); !oldest.IsZero() && (c.From.IsZero() || oldest.Before(c.From)) {
				// More records of the same second may follow.
				c.From, restarts = oldest.Add(time.Second), 0
			}
		}
		if len(items) > 0 {
			if err := visit(items); err != nil {
				return c, err
			}
		}
		if token = out.NextToken; aws.ToString(token) == "" {
			c.Complete, c.From = true, q.Start
			return c, nil
		}
	}
}

func (l *Lookup) items(q Query, before int, events []types.Event) []pipeline.Item {
	name := "LookupEvents " + l.region + " " + q.Source + q.EventID
	items := make([]pipeline.Item, 0, len(events))
	for i, e := range events {
		it := pipeline.Item{Position: records.Position{File: name, Record: int64(before + i + 1)}}
		if e.CloudTrailEvent == nil {
			it.Err = fmt.Errorf("event %s comes without its record", aws.ToString(e.EventId))
		} else {
			it.Record, it.Err = records.Decode([]byte(*e.CloudTrailEvent))
		}
		items = append(items, it)
	}
	return items
}

func (q Query) input(end time.Time, token *string) *cloudtrail.LookupEventsInput {
	key, value := types.LookupAttributeKeyEventSource, q.Source
	if q.EventID != "" {
		key, value = types.LookupAttributeKeyEventId, q.EventID
	}
	in := &cloudtrail.LookupEventsInput{
		LookupAttributes: []types.LookupAttribute{{AttributeKey: key, AttributeValue: &value}},
		MaxResults:       aws.Int32(50),
		NextToken:        token,
	}
	if !q.Start.IsZero() {
		in.StartTime = &q.Start
	}
	if !end.IsZero() {
		in.EndTime = &end
	}
	return in
}
