package dynamostore_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"chimewatch/pkg/denial"
	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/pipeline/storetest"
)

// fault is what happens to one request.
type fault int

const (
	none     fault = iota
	throttle       // refused, not done
	conflict       // a transaction in progress on the same items, not done
	internal       // 500, not done
	refuse         // the connection is refused, not done
	late           // 500 after it was done
	lost           // done, and the answer never comes
	cutOff         // done, and the answer ends in the middle
	nothing        // a batch of which nothing was processed, not done
	slow           // done after a moment
	kill           // not done, and nothing is ever done again
	lostKill       // done, the answer never comes, and nothing is ever done again
)

func (f fault) String() string {
	return [...]string{"none", "throttle", "conflict", "internal", "refuse", "late", "lost", "cutOff", "nothing", "slow", "kill", "lostKill"}[f]
}

// network is a transport between the SDK and DynamoDB that has faults.
type network struct {
	mu       sync.Mutex
	n        int // requests so far
	dead     bool
	schedule func(n int, operation string) fault // n from 1
	die      func()                              // called at the end, if not nil
}

var errDead = errors.New("the process is dead")

func (n *network) RoundTrip(r *http.Request) (*http.Response, error) {
	operation := r.Header.Get("X-Amz-Target")
	operation = operation[strings.IndexByte(operation, '.')+1:]
	n.mu.Lock()
	n.n++
	f := n.schedule(n.n, operation)
	if n.dead {
		f = kill
	}
	n.dead = n.dead || f == kill || f == lostKill
	n.mu.Unlock()
	if (f == kill || f == lostKill) && n.die != nil {
		defer n.die()
	}

	switch f {
	case throttle:
		return answer(r, 400, `{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException","message":"slow down"}`), nil
	case conflict:
		if operation == "TransactWriteItems" {
			return answer(r, 400, `{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","Message":"cancelled","CancellationReasons":[{"Code":"None"},{"Code":"TransactionConflict"}]}`), nil
		}
		return answer(r, 400, `{"__type":"com.amazonaws.dynamodb.v20120810#TransactionConflictException","message":"conflict"}`), nil
	case internal:
		return answer(r, 500, `{"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError","message":"oops"}`), nil
	case refuse:
		return nil, errors.New("connection refused")
	case kill:
		return nil, errDead
	case nothing:
		if all, ok := unprocessed(r, operation); ok {
			return answer(r, 200, all), nil
		}
	case slow:
		time.Sleep(2 * time.Millisecond)
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	switch f {
	case late, lost, lostKill, cutOff:
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil {
			return nil, err
		}
		switch f {
		case late:
			return answer(r, 500, `{"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError","message":"oops"}`), nil
		case cutOff:
			resp.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body[:len(body)/2]), failing{}))
			return resp, nil
		}
		return nil, errors.New("i/o timeout")
	}
	return resp, nil
}

// unprocessed is the answer that nothing of a batch was done.
func unprocessed(r *http.Request, operation string) (string, bool) {
	what := map[string]string{"BatchGetItem": "UnprocessedKeys", "BatchWriteItem": "UnprocessedItems"}[operation]
	if what == "" {
		return "", false
	}
	var in struct{ RequestItems json.RawMessage }
	if json.NewDecoder(r.Body).Decode(&in) != nil {
		return "", false
	}
	return fmt.Sprintf(`{"Responses":{},%q:%s}`, what, in.RequestItems), true
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func answer(r *http.Request, status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Status: fmt.Sprint(status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: http.Header{"Content-Type": {"application/x-amz-json-1.0"}}, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
	}
}

// faultyClient is the SDK's client on a network with faults. It retries as often
// as the SDK does by default, but does not wait as long.
func faultyClient(endpoint string, n *network) *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{
		Region: "us-east-1", BaseEndpoint: &endpoint,
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
		HTTPClient:  &http.Client{Transport: n},
		Retryer: retry.NewStandard(func(o *retry.StandardOptions) {
			o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
			o.RateLimiter = unlimited{}
		}),
	})
}

type unlimited struct{}

func (unlimited) GetToken(context.Context, uint) (func() error, error) {
	return func() error { return nil }, nil
}
func (unlimited) AddTokens(uint) error { return nil }

// anyFault draws a fault for so many of a thousand requests.
func anyFault(r *rand.Rand, perMille int, kills bool) func(int, string) fault {
	return func(int, string) fault {
		if r.IntN(1000) >= perMille {
			return none
		}
		last := slow
		if kills {
			last = lostKill
		}
		return fault(1 + r.IntN(int(last)))
	}
}

// deliver commits a batch until nothing of it fails, as a queue does, with a new
// process whenever the old one died. It returns how often each call was Added.
func deliver(t testing.TB, endpoint, table string, calls []denial.Call, schedule func(int, string) fault) []int {
	t.Helper()
	added := make([]int, len(calls))
	for range 200 {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		s := open(t, faultyClient(endpoint, &network{schedule: schedule, die: cancel}), table)
		receipts, err := s.Commit(ctx, calls)
		cancel()
		failed := false
		for i, r := range receipts {
			switch r {
			case pipeline.Added:
				added[i]++
			case pipeline.Failed:
				failed = true
			}
		}
		if failed != (err != nil) {
			t.Errorf("failed is %v, the error %v", failed, err)
		}
		if !failed {
			return added
		}
	}
	t.Error("a batch is never done")
	return added
}

// Every fault at every request of a commit: afterwards everything is counted
// once, and where the process lived on it knew that. Unless the run is thorough,
// each fault is at every nineteenth request.
func TestFaultAtEveryRequest(t *testing.T) {
	calls := storetest.Distinct(storetest.Traffic(5, 24))
	before, batch := calls[:8], calls[5:]
	for f := throttle; f <= lostKill; f++ {
		t.Run(f.String(), func(t *testing.T) {
			step := 19
			if thorough {
				step = 1
			}
			for at := 1 + int(f)%step; ; at += step {
				endpoint := minidyn(t)
				table := newTable(t, endpoint)
				deliver(t, endpoint, table, before, func(int, string) fault { return none })
				requests, hit := 0, false
				added := deliver(t, endpoint, table, batch, func(n int, _ string) fault {
					requests++
					if n == at && !hit {
						hit = true
						return f
					}
					return none
				})
				if !hit {
					return
				}
				s := open(t, client(endpoint, http.DefaultTransport), table)
				storetest.Expect(calls).Check(t, s)
				for i, n := range added {
					if n > 1 {
						t.Errorf("request %d: call %d was added %d times", at, i, n)
					}
				}
			}
		})
	}
}

// Random batches with repeats through concurrent handlers, with random faults
// and kills: what is held is a function of the set of calls.
func TestStoreUnderFire(t *testing.T) {
	seeds := 1
	if thorough {
		seeds = 20
	}
	for seed := range uint64(seeds) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { underFire(t, minidyn(t), seed) })
	}
	endpoint := os.Getenv(endpointVariable)
	if endpoint == "" {
		t.Logf("only on minidyn, since %s is not set", endpointVariable)
		return
	}
	for seed := range uint64(3) {
		t.Run(fmt.Sprint("DynamoDB seed ", seed), func(t *testing.T) { underFire(t, endpoint, seed) })
	}
}

func underFire(t *testing.T, endpoint string, seed uint64) {
	table := newTable(t, endpoint)
	r := rand.New(rand.NewPCG(seed, 4))
	calls := storetest.Distinct(storetest.Traffic(seed, 100))
	deliveries := slices.Clone(calls)
	for range len(calls) / 3 {
		deliveries = append(deliveries, calls[r.IntN(len(calls))])
	}
	r.Shuffle(len(deliveries), func(i, j int) { deliveries[i], deliveries[j] = deliveries[j], deliveries[i] })
	work := make(chan []denial.Call)
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			mine := rand.New(rand.NewPCG(seed, uint64(w)+100))
			for batch := range work {
				deliver(t, endpoint, table, batch, anyFault(mine, 120, true))
			}
		})
	}
	for rest := deliveries; len(rest) > 0; {
		n := min(1+r.IntN(30), len(rest))
		work <- rest[:n]
		rest = rest[n:]
	}
	close(work)
	wg.Wait()
	if !t.Failed() {
		storetest.Expect(calls).Check(t, open(t, client(endpoint, http.DefaultTransport), table))
	}
}
