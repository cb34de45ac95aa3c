package dynamostore_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"chimewatch/pkg/adapters/dynamostore"
	"chimewatch/pkg/cloudtrail"
	defaults "chimewatch/pkg/config"
	"chimewatch/pkg/denial"
	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/pipeline/storetest"
)

// USD for a million request units on demand in us-east-1.
// https://aws.amazon.com/dynamodb/pricing/on-demand/
const (
	writeUSD = 0.625
	readUSD  = 0.125
)

// itemSize is what DynamoDB counts of an item, in bytes.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
func itemSize(it map[string]types.AttributeValue) int {
	n := 0
	for name, v := range it {
		n += len(name)
		switch v := v.(type) {
		case *types.AttributeValueMemberS:
			n += len(v.Value)
		case *types.AttributeValueMemberB:
			n += len(v.Value)
		case *types.AttributeValueMemberN:
			n += (len(v.Value)+1)/2 + 1
		default:
			n++
		}
	}
	return n
}

// meter counts what requests cost.
type meter struct {
	dynamostore.Client
	mu                                    sync.Mutex
	reads, transactions, writes, queries  int
	readUnits, writeUnits, largestRequest int
}

func units(size, per int) int { return max(1, (size+per-1)/per) }

func (m *meter) BatchGetItem(ctx context.Context, in *dynamodb.BatchGetItemInput, o ...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error) {
	out, err := m.Client.BatchGetItem(ctx, in, o...)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.reads++
	for table, want := range in.RequestItems {
		m.largestRequest = max(m.largestRequest, len(want.Keys))
		if err != nil {
			continue
		}
		m.readUnits += len(want.Keys) - len(out.Responses[table]) // what is not there costs one unit
		for _, it := range out.Responses[table] {
			m.readUnits += units(itemSize(it), 4096)
		}
	}
	return out, err
}

func (m *meter) TransactWriteItems(ctx context.Context, in *dynamodb.TransactWriteItemsInput, o ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error) {
	m.mu.Lock()
	m.transactions++
	m.largestRequest = max(m.largestRequest, len(in.TransactItems))
	for _, w := range in.TransactItems {
		if w.Put != nil {
			m.writeUnits += 2 * units(itemSize(w.Put.Item), 1024)
		}
		if w.Delete != nil {
			m.writeUnits += 2
		}
	}
	m.mu.Unlock()
	return m.Client.TransactWriteItems(ctx, in, o...)
}

func (m *meter) PutItem(ctx context.Context, in *dynamodb.PutItemInput, o ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	m.mu.Lock()
	m.writes++
	m.writeUnits += units(itemSize(in.Item), 1024)
	m.mu.Unlock()
	return m.Client.PutItem(ctx, in, o...)
}

func (m *meter) Query(ctx context.Context, in *dynamodb.QueryInput, o ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	out, err := m.Client.Query(ctx, in, o...)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.queries++
	if err == nil {
		size := 0
		for _, it := range out.Items {
			size += itemSize(it)
		}
		m.readUnits += units(size, 4096)
	}
	return out, err
}

func (m *meter) usd() float64 {
	return (float64(m.writeUnits)*writeUSD + float64(m.readUnits)*readUSD) / 1e6
}

// typical returns records of an ordinary storm: each principal is refused a few
// operations on a few channels, in one hour, from one address, with one key.
func typical(t testing.TB, from, n, principals int) []pipeline.Item {
	t.Helper()
	start := storetest.Now().Add(-2 * time.Hour).Truncate(time.Hour)
	operations := []string{"ListChannels", "SendChannelMessage", "DescribeChannel"}
	const instance = "arn:aws:chime:us-east-1:111122223333:app-instance/3c3c8c7e-0b5a-4c3d-9e8f-0123456789ab"
	out := make([]pipeline.Item, n)
	for i := range out {
		p, op := i%principals, operations[(i/principals)%len(operations)]
		role := fmt.Sprintf("messaging-backend-%03d", p)
		channel := fmt.Sprintf("%s/channel/8d3f1f9e-0b5a-4c3d-9e8f-%012x", instance, i%7)
		bearer := fmt.Sprintf("%s/user/8d3f1f9e-0b5a-4c3d-9e8f-%012x", instance, p)
		id := fmt.Sprintf("%08x-0000-4000-8000-%012x", (from+i)*7919, from+i)
		session := "arn:aws:sts::111122223333:assumed-role/" + role + "/i-0123456789abcdef"
		text, err := json.Marshal(map[string]any{
			"eventVersion": "1.11", "eventID": id, "eventTime": start.Add(time.Duration((from+i)%3600) * time.Second),
			"eventSource": "chime.amazonaws.com", "eventName": op, "eventType": "AwsApiCall", "eventCategory": "Management", "managementEvent": true,
			"awsRegion": "us-east-1", "recipientAccountId": "111122223333", "sourceIPAddress": fmt.Sprintf("203.0.113.%d", p%256),
			"userAgent":    "Boto3/1.35.70 md/Botocore#1.35.70 ua/2.0 os/linux#5.10.227-219.884.amzn2.x86_64 md/arch#x86_64 lang/python#3.12.6 md/pyimpl#CPython cfg/retry-mode#legacy Botocore/1.35.70",
			"errorCode":    "AccessDeniedException",
			"errorMessage": "User: " + session + " is not authorized to perform: chime:" + op + " on resource: " + channel + " because no identity-based policy allows the chime:" + op + " action",
			"requestID":    id, "requestParameters": map[string]string{"channelArn": channel, "chimeBearer": bearer},
			"userIdentity": map[string]any{
				"type": "AssumedRole", "principalId": fmt.Sprintf("AROAEXAMPLE%09d:i-0123456789abcdef", p), "arn": session, "accountId": "111122223333", "accessKeyId": fmt.Sprintf("ASIAEXAMPLE%09d", p),
				"sessionContext": map[string]any{"sessionIssuer": map[string]string{
					"type": "Role", "principalId": fmt.Sprintf("AROAEXAMPLE%09d", p), "arn": "arn:aws:iam::111122223333:role/" + role, "accountId": "111122223333", "userName": role,
				}},
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		if out[i].Record, err = cloudtrail.Decode(text); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// typicalCalls returns what an intake makes of typical records.
func typicalCalls(t testing.TB, from, n, principals int) []denial.Call {
	t.Helper()
	intake, err := pipeline.NewIntake(defaults.Default())
	if err != nil {
		t.Fatal(err)
	}
	out := make([]denial.Call, n)
	for i, it := range typical(t, from, n, principals) {
		out[i], _, _ = intake.Call(&it)
	}
	return out
}

// process takes records as one batch, one to a message.
func process(t testing.TB, e *pipeline.Engine, items []pipeline.Item) pipeline.Outcome {
	t.Helper()
	batch := make([]pipeline.Message, len(items))
	for i := range items {
		batch[i] = pipeline.Message{ID: strconv.Itoa(i), Items: items[i : i+1]}
	}
	out, err := e.Process(context.Background(), batch)
	if err != nil || len(out.Failed) > 0 {
		t.Fatalf("%v; failed: %v", err, out.Failed)
	}
	return out
}

// metered returns an engine on an empty table, and what its requests cost.
func metered(t testing.TB, endpoint string) (*pipeline.Engine, *meter) {
	t.Helper()
	m := &meter{Client: client(endpoint, http.DefaultTransport)}
	s := open(t, m, newTable(t, endpoint))
	e, err := pipeline.NewEngine(defaults.Default(), s, storetest.Hasher(), &told{r: rand.New(rand.NewPCG(1, 2)), never: true, ids: map[string]bool{}},
		&movable{now: storetest.Now()}, pipeline.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return e, m
}

// cost is what an engine takes for a batch of records after others: counting,
// evaluating, findings, incidents and alerts.
func cost(t testing.TB, records, principals, before int) *meter {
	t.Helper()
	e, m := metered(t, minidyn(t))
	for at := 0; at < before; at += 400 {
		process(t, e, typical(t, 1_000_000+at, 400, principals))
	}
	*m = meter{Client: m.Client}
	process(t, e, typical(t, 0, records, principals))
	return m
}

// The number of requests does not grow with what was there before, none is
// larger than DynamoDB takes, and a storm costs what it may.
func TestRequestsDoNotGrow(t *testing.T) {
	before := storetest.Size(1200)
	few, many := cost(t, 100, 5, before), cost(t, 100, 5, 2*before)
	if many.reads > few.reads || many.transactions > few.transactions || many.queries > few.queries || many.writes > few.writes {
		t.Errorf("%d gets, %d transactions, %d puts, %d queries after %d records; %d, %d, %d, %d after half of them",
			many.reads, many.transactions, many.writes, many.queries, 2*before, few.reads, few.transactions, few.writes, few.queries)
	}
	for _, m := range []*meter{few, many} {
		if m.largestRequest > 100 {
			t.Errorf("a request of %d items", m.largestRequest)
		}
		if usd := m.usd() * 1e6 / 100; usd > 5 {
			t.Errorf("%.2f USD per million records", usd)
		}
	}
}

// BenchmarkRequestsPerBatch makes the table in docs/store.md.
func BenchmarkRequestsPerBatch(b *testing.B) {
	for _, records := range []int{1, 10, 100, 1000} {
		for _, principals := range []int{1, 10, 100} {
			if principals > records {
				continue
			}
			b.Run(fmt.Sprintf("records=%d/principals=%d", records, principals), func(b *testing.B) {
				var m *meter
				for b.Loop() {
					m = cost(b, records, principals, 0)
				}
				b.ReportMetric(float64(m.reads), "gets")
				b.ReportMetric(float64(m.transactions), "transactions")
				b.ReportMetric(float64(m.writes), "puts")
				b.ReportMetric(float64(m.queries), "queries")
				b.ReportMetric(float64(m.readUnits), "read-units")
				b.ReportMetric(float64(m.writeUnits), "write-units")
				b.ReportMetric(m.usd()*1e6/float64(records), "USD/million")
			})
		}
	}
}

// window is for how long template.yaml collects a batch.
const window = 20 * time.Second

// BenchmarkMillion says what a million denials cost that come evenly over a
// time: batches one after the other, each of what comes in the window, of as
// many principals as there are. The first batch is not counted.
func BenchmarkMillion(b *testing.B) {
	for _, in := range []struct {
		name   string
		length time.Duration
	}{{"hour", time.Hour}, {"day", 24 * time.Hour}, {"month", 30 * 24 * time.Hour}} {
		for _, principals := range []int{1, 2, 10} {
			b.Run(fmt.Sprintf("in=%s/principals=%d", in.name, principals), func(b *testing.B) {
				records := int(1e6 * window / in.length)
				records = min(max(records, 1), 1000) // a batch has a thousand at most
				const batches = 6
				var units float64
				for b.Loop() {
					e, m := metered(b, minidyn(b))
					for i := range batches {
						if i == 1 {
							*m = meter{Client: m.Client}
						}
						process(b, e, typical(b, i*records, records, principals))
					}
					units = m.usd() * 1e6 / float64(records*(batches-1))
				}
				b.ReportMetric(float64(records), "records/batch")
				b.ReportMetric(units, "USD/million")
			})
		}
	}
}

func BenchmarkCommit(b *testing.B) {
	for _, records := range []int{1, 100, 1000} {
		b.Run(fmt.Sprint(records), func(b *testing.B) {
			endpoint := minidyn(b)
			s := open(b, client(endpoint, http.DefaultTransport), newTable(b, endpoint))
			at := 0
			for b.Loop() {
				if _, err := s.Commit(context.Background(), typicalCalls(b, at, records, 10)); err != nil {
					b.Fatal(err)
				}
				at += records
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(at), "µs/record")
		})
	}
}
