package dynamostore_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"chimewatch/pkg/adapters/dynamostore"
	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/denial"
	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/pipeline/storetest"
	"chimewatch/pkg/tally"
)

// denials returns distinct denials that make tallies.
func denials(seed uint64, n int) []denial.Call {
	return slices.DeleteFunc(storetest.Distinct(storetest.Traffic(seed, n)), func(c denial.Call) bool {
		return c.Outcome != denial.Refused || c.Principal.Service
	})
}

// Records past the retention are refused, those that no record of CloudTrail can
// be fail alone, and the rest of the batch is counted.
func TestRefusedCalls(t *testing.T) {
	endpoint := minidyn(t)
	s := open(t, client(endpoint, http.DefaultTransport), newTable(t, endpoint))
	calls := denials(1, 60)[:8]
	good := slices.Clone(calls[6:])
	calls[0].Time = storetest.Now().AddDate(0, 0, -30).Add(-time.Second)
	calls[1].Time = storetest.Now().Add(25 * time.Hour)
	calls[2].Key.EventID = strings.Repeat("x", 65)
	calls[3].Key.Account = strings.Repeat("1", 33)
	calls[4].Key.Region = strings.Repeat("r", 33)
	calls[5].Operation = strings.Repeat("o", 129)
	receipts, err := s.Commit(context.Background(), calls)
	want := []pipeline.Receipt{pipeline.Expired, pipeline.Failed, pipeline.Failed, pipeline.Failed, pipeline.Failed, pipeline.Failed, pipeline.Added, pipeline.Added}
	if !slices.Equal(receipts, want) {
		t.Errorf("receipts %v, want %v", receipts, want)
	}
	if err == nil || !strings.Contains(err.Error(), "5 of 8") || !strings.Contains(err.Error(), "ahead") {
		t.Errorf("error %v", err)
	}
	storetest.Expect(good).Check(t, s)
	last := calls[0]
	last.Time = storetest.Now().AddDate(0, 0, -30)
	if receipts, err := s.Commit(context.Background(), []denial.Call{last}); err != nil || receipts[0] != pipeline.Added {
		t.Errorf("a call as old as the retention: %v, %v", receipts, err)
	}
}

// choosy is a client that does not take transactions with certain evidence.
type choosy struct {
	dynamostore.Client
	refuse string
	calls  int
}

func (c *choosy) TransactWriteItems(ctx context.Context, in *dynamodb.TransactWriteItemsInput, o ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error) {
	c.calls++
	for _, w := range in.TransactItems {
		if pk, ok := w.Put.Item["pk"].(*types.AttributeValueMemberS); ok && strings.Contains(pk.Value, c.refuse) {
			return nil, &smithy.GenericAPIError{Code: "ValidationException", Message: "one of the items is not to DynamoDB's liking"}
		}
	}
	return c.Client.TransactWriteItems(ctx, in, o...)
}

// What DynamoDB never takes fails alone.
func TestPoison(t *testing.T) {
	endpoint := minidyn(t)
	table := newTable(t, endpoint)
	calls := denials(2, 200)
	bad := len(calls) / 3
	picky := &choosy{Client: client(endpoint, http.DefaultTransport), refuse: calls[bad].Key.EventID}
	s := open(t, picky, table)
	receipts, err := s.Commit(context.Background(), calls)
	if err == nil {
		t.Error("no error")
	}
	for i, r := range receipts {
		if want := map[bool]pipeline.Receipt{true: pipeline.Failed, false: pipeline.Added}[i == bad]; r != want {
			t.Errorf("call %d: receipt %v, want %v", i, r, want)
		}
	}
	storetest.Expect(slices.Delete(slices.Clone(calls), bad, bad+1)).Check(t, s)
	if picky.calls > 40 {
		t.Errorf("%d transactions to find the one at fault", picky.calls)
	}
}

// A fault that no retry cures fails the batch at once, without halving it.
func TestForbidden(t *testing.T) {
	endpoint := minidyn(t)
	n := &network{schedule: func(int, string) fault { return none }}
	s := open(t, faultyClient(endpoint, n), "no-such-table")
	receipts, err := s.Commit(context.Background(), denials(3, 100))
	if err == nil || slices.ContainsFunc(receipts, func(r pipeline.Receipt) bool { return r != pipeline.Failed }) {
		t.Errorf("%v, %v", receipts, err)
	}
	if n.n > 3 {
		t.Errorf("%d requests", n.n)
	}
}

// The store gives up when the context's time is over, and says so.
func TestDeadline(t *testing.T) {
	endpoint := minidyn(t)
	s := open(t, faultyClient(endpoint, &network{schedule: func(_ int, op string) fault {
		if op == "TransactWriteItems" {
			return conflict
		}
		return none
	}}), newTable(t, endpoint))
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	start := time.Now()
	receipts, err := s.Commit(ctx, denials(3, 10))
	if err == nil || slices.ContainsFunc(receipts, func(r pipeline.Receipt) bool { return r != pipeline.Failed }) {
		t.Errorf("%v, %v", receipts, err)
	}
	if d := time.Since(start); d > 2*time.Second {
		t.Errorf("it took %v", d)
	}
}

// Tallies expire a retention after their hour, evidence later; what has expired
// is not seen, though DynamoDB has not deleted it.
func TestExpiry(t *testing.T) {
	endpoint := minidyn(t)
	table := newTable(t, endpoint)
	now := storetest.Now()
	c := config(table, now)
	c.Now = func() time.Time { return now }
	s, err := dynamostore.New(client(endpoint, http.DefaultTransport), c)
	if err != nil {
		t.Fatal(err)
	}
	call := denials(4, 50)[0]
	call.Time = now.Add(-time.Hour)
	if r, err := s.Commit(context.Background(), []denial.Call{call}); err != nil || r[0] != pipeline.Added {
		t.Fatal(r, err)
	}
	seen := func() (tallies, evidence bool) {
		t.Helper()
		hour := tally.HourOf(call.Time)
		h, err := s.Histories(context.Background(), []pipeline.Query{{Subject: tally.Actor(&call), First: hour, Last: hour, FirstDetail: hour, LastDetail: hour}})
		if err != nil {
			t.Fatal(err)
		}
		e, err := s.Evidence(context.Background(), []cloudtrail.Key{call.Key})
		if err != nil {
			t.Fatal(err)
		}
		return len(h[0]) > 0 && h[0][0].Tally.Detail != nil, len(e) > 0
	}
	for _, step := range []struct {
		days              int
		tallies, evidence bool
		receipt           pipeline.Receipt
	}{
		{0, true, true, pipeline.Duplicate},
		{29, true, true, pipeline.Duplicate},
		{31, true, true, pipeline.Expired},
		{33, false, true, pipeline.Expired},
		{35, false, false, pipeline.Expired},
	} {
		now = storetest.Now().AddDate(0, 0, step.days)
		if tallies, evidence := seen(); tallies != step.tallies || evidence != step.evidence {
			t.Errorf("after %d days: tallies %v, evidence %v", step.days, tallies, evidence)
		}
		if r, err := s.Commit(context.Background(), []denial.Call{call}); err != nil || r[0] != step.receipt {
			t.Errorf("after %d days: receipt %v, %v, want %v", step.days, r, err, step.receipt)
		}
	}
	// A key that was used again in the meantime counts anew, over the items that
	// DynamoDB has not deleted yet.
	now = storetest.Now().AddDate(0, 0, 60)
	call.Time = now.Add(-time.Hour)
	if r, err := s.Commit(context.Background(), []denial.Call{call}); err != nil || r[0] != pipeline.Added {
		t.Fatal(r, err)
	}
	if tallies, evidence := seen(); !tallies || !evidence {
		t.Errorf("tallies %v, evidence %v of a key that was used again", tallies, evidence)
	}
}

func TestConfigValidate(t *testing.T) {
	good := config("t", storetest.Now())
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	for field, spoil := range map[string]func(*dynamostore.Config){
		"Table":      func(c *dynamostore.Config) { c.Table = "" },
		"Hasher":     func(c *dynamostore.Config) { c.Hasher = tally.Hasher{} },
		"Retention":  func(c *dynamostore.Config) { c.Retention = time.Hour },
		"Keep":       func(c *dynamostore.Config) { c.Keep = time.Hour },
		"Now":        func(c *dynamostore.Config) { c.Now = nil },
		"Random":     func(c *dynamostore.Config) { c.Random = nil },
		"FirstDelay": func(c *dynamostore.Config) { c.FirstDelay = 0 },
		"LastDelay":  func(c *dynamostore.Config) { c.LastDelay = c.FirstDelay / 2 },
	} {
		c := good
		spoil(&c)
		if _, err := dynamostore.New(nil, c); err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: %v", field, err)
		}
	}
}
