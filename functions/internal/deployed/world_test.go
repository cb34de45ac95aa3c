package deployed

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"chimewatch/pkg/adapters/dynamostore"
	"chimewatch/pkg/adapters/memstore"
	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/config"
	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/tally"
)

// hand is a clock that the test moves.
type hand struct {
	mu  sync.Mutex
	now time.Time
}

func (h *hand) Now() time.Time { h.mu.Lock(); defer h.mu.Unlock(); return h.now }

func (h *hand) set(t time.Time) { h.mu.Lock(); defer h.mu.Unlock(); h.now = t }

// delivery is where alerts are published.
type delivery interface {
	endpoint() string
	settings() Settings
	on(topic string) []published // what a topic took, in order of time
}

// topics speaks the query protocol of SNS: each request is one Publish.
//
// https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
type topics struct {
	clock *hand
	url   string

	mu    sync.Mutex
	fault func() fault
	asked int
	taken []published
}

// fault is what goes wrong with a request.
type fault int

const (
	none    fault = iota
	refused       // answered with 503, nothing is taken
	cut           // taken, but the answer is lost
)

type published struct {
	topic string
	at    time.Time
	body  string
}

const topicPrefix = "arn:aws:sns:us-east-1:111122223333:"

func newTopics(t *testing.T, clock *hand) *topics {
	t.Helper()
	s := &topics{clock: clock, fault: func() fault { return none }}
	h := httptest.NewServer(s)
	t.Cleanup(h.Close)
	s.url = h.URL
	return s
}

func (s *topics) endpoint() string   { return s.url }
func (s *topics) settings() Settings { return settings(topicPrefix) }

func (s *topics) set(f func() fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = f
}

func (s *topics) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil || r.Form.Get("Action") != "Publish" {
		http.Error(w, "only Publish is spoken here", http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	f := s.fault()
	if f == refused {
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprint(w, `<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Receiver</Type><Code>ServiceUnavailable</Code><Message>down</Message></Error></ErrorResponse>`)
		return
	}
	s.take(r.Form)
	if f == cut {
		if conn, _, err := w.(http.Hijacker).Hijack(); err == nil {
			conn.Close()
		}
		return
	}
	fmt.Fprint(w, `<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>m</MessageId></PublishResult></PublishResponse>`)
}

func (s *topics) take(form url.Values) {
	body := form.Get("Message")
	var bodies map[string]string
	if form.Get("MessageStructure") == "json" && json.Unmarshal([]byte(body), &bodies) == nil {
		body = bodies["email"]
	}
	s.taken = append(s.taken, published{strings.TrimPrefix(form.Get("TopicArn"), topicPrefix), s.clock.Now(), body})
}

// requests returns how many publications were asked for.
func (s *topics) requests() int { s.mu.Lock(); defer s.mu.Unlock(); return s.asked }

func (s *topics) on(topic string) (out []published) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.taken {
		if p.topic == topic {
			out = append(out, p)
		}
	}
	return out
}

// alertIDs returns the ids of the alerts that a message is about, and the
// digest's where it is one.
func (p *published) alertIDs() (alerts []string, digest string) {
	digest = digestPattern.FindString(p.body)
	alerts = alertPattern.FindAllString(p.body, -1)
	slices.Sort(alerts)
	return slices.Compact(alerts), digest
}

var (
	alertPattern  = regexp.MustCompile(`\bi-[0-9a-f]{20}-[0-9]+\b`)
	digestPattern = regexp.MustCompile(`\bd-[0-9a-f]{20}\b`)
)

// amazon is the configuration of a client that speaks to a server here and
// hardly waits between its attempts.
func amazon(endpoint string) aws.Config {
	return aws.Config{
		Region: "us-east-1", BaseEndpoint: &endpoint, Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", ""),
		Retryer: func() aws.Retryer { return retry.AddWithMaxBackoffDelay(retry.NewStandard(), time.Millisecond) },
	}
}

// settings are those of the template's defaults.
func settings(topicPrefix string) Settings {
	return Settings{
		Notify: "all", AlertTopic: topicPrefix + "alerts", AlertSeverity: "medium", FindingTopic: topicPrefix + "findings", FindingSeverity: "low",
		ChatTopic: topicPrefix + "chat", ChatSeverity: "medium", AlertsPerHour: 20, AlertHours: 24, RetentionDays: 90,
	}
}

// table is where the tests of the whole path count.
type table struct {
	pipeline.Store
	names func(*testing.T) []string // keys of the principals that are in it
}

func hasher() tally.Hasher { return tally.NewHasher([]byte("a secret of the tests")) }

func inMemory() table {
	store := memstore.New(hasher())
	return table{store, func(*testing.T) (names []string) {
		for _, p := range store.Principals() {
			names = append(names, p.Key)
		}
		return names
	}}
}

// inDynamoDB is a table of its own; the test is skipped where there is no
// DynamoDB.
func inDynamoDB(t *testing.T, clock *hand) table {
	t.Helper()
	endpoint := os.Getenv("CHIMEWATCH_DYNAMODB_ENDPOINT")
	if endpoint == "" {
		t.Skip("SKIPPED: CHIMEWATCH_DYNAMODB_ENDPOINT is not set; scripts/dynamodb-local.sh starts Amazon's own engine")
	}
	client := dynamodb.NewFromConfig(amazon(endpoint))
	name := fmt.Sprintf("deployed-%d-%s", os.Getpid(), regexp.MustCompile(`[^A-Za-z0-9]+`).ReplaceAllString(t.Name(), "-"))
	if _, err := client.CreateTable(t.Context(), dynamostore.Table(name)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = client.DeleteTable(context.Background(), &dynamodb.DeleteTableInput{TableName: &name}) })
	c := dynamostore.DefaultConfig(name)
	c.Hasher, c.Now, c.Random = hasher(), clock.Now, rand.Uint64
	store, err := dynamostore.New(client, c)
	if err != nil {
		t.Fatal(err)
	}
	return table{store, func(t *testing.T) (names []string) {
		day := tally.DayOf(clock.Now())
		reports, err := store.PrincipalsOf(t.Context(), day-2, day)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range reports {
			names = append(names, p.Key)
		}
		return names
	}}
}

// live is the engine as it is deployed, on a clock that the test moves.
type live struct {
	t      *testing.T
	clock  *hand
	engine *pipeline.Engine
	sent   int // alerts
}

func newLive(t *testing.T, clock *hand, store pipeline.Store, endpoint string, s Settings) *live {
	t.Helper()
	notifier, err := newNotifier(amazon(endpoint), s)
	if err != nil {
		t.Fatal(err)
	}
	options, err := s.Options()
	if err != nil {
		t.Fatal(err)
	}
	engine, err := pipeline.NewEngine(config.Default(), store, hasher(), notifier, clock, options)
	if err != nil {
		t.Fatal(err)
	}
	return &live{t: t, clock: clock, engine: engine}
}

// minute delivers the records of a minute, a hundred at a time, and then does
// what the schedule does each minute.
func (l *live) minute(records []string) {
	l.t.Helper()
	n := 0
	for batch := range slices.Chunk(records, 100) {
		var messages []pipeline.Message
		for _, r := range batch {
			record, err := cloudtrail.Decode([]byte(r))
			n++
			messages = append(messages, pipeline.Message{ID: fmt.Sprint(n), Items: []pipeline.Item{{Record: record, Err: err}}})
		}
		out, err := l.engine.Process(l.t.Context(), messages)
		if err != nil || len(out.Failed) > 0 {
			l.t.Fatalf("%v %v", err, out.Failed)
		}
		l.sent += out.AlertsSent
	}
	for {
		out, more, err := l.engine.Sweep(l.t.Context(), 100)
		if err != nil {
			l.t.Fatal(err)
		}
		l.sent += out.AlertsSent
		if !more || out.NotSent > 0 {
			return
		}
	}
}

// call is what a record of the tests says.
type call struct {
	at                            time.Time
	id                            int
	identity, operation, resource string
	source, message               string
}

func (c call) record() string {
	return fmt.Sprintf(`{"eventVersion":"1.11","eventID":"%08x-0000-4000-8000-%012d","eventTime":%q,"eventSource":"chime.amazonaws.com","eventName":%q,
		"awsRegion":"us-east-1","recipientAccountId":"111122223333","sourceIPAddress":%q,"userAgent":"aws-sdk-go-v2/1.30.0","errorCode":"AccessDeniedException",
		"errorMessage":%q,"requestParameters":{"channelArn":"arn:aws:chime:us-east-1:111122223333:app-instance/a/channel/%s"},"userIdentity":%s}`,
		c.id, c.id, c.at.Format(time.RFC3339), c.operation, c.source,
		fmt.Sprintf("User: %s is not authorized to perform: chime:%s on resource: arn:aws:chime:us-east-1:111122223333:app-instance/a/channel/%s %s", "arn:aws:sts::111122223333:assumed-role/x/y", c.operation, c.resource, c.message),
		cmp.Or(c.resource, "c"), c.identity)
}

func role(name string) string {
	return fmt.Sprintf(`{"type":"AssumedRole","arn":"arn:aws:sts::111122223333:assumed-role/%[1]s/session","accountId":"111122223333","accessKeyId":"ASIAIOSFODNN7EXAMPLE",
		"sessionContext":{"sessionIssuer":{"type":"Role","arn":"arn:aws:iam::111122223333:role/%[1]s","accountId":"111122223333","userName":"%[1]s"}}}`, name)
}

func user(name string) string {
	return fmt.Sprintf(`{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/%s","accountId":"111122223333","userName":"%s","accessKeyId":"AKIAIOSFODNN7EXAMPLE"}`, name, name)
}
