package endtoend

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/go-cmp/cmp"

	"chimewatch/pkg/adapters/dynamostore"
	"chimewatch/pkg/alert"
	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/simulate"
	"chimewatch/pkg/tally"
	"chimewatch/pkg/triage"
)

// store opens the table as the functions do.
func (w *world) store() *dynamostore.Store {
	w.t.Helper()
	c := dynamostore.DefaultConfig(w.stack.Resources["Table"])
	c.Hasher, c.Now, c.Random = tally.NewHasher([]byte(w.stack.Secrets["HashSecret"])), time.Now, rand.Uint64
	c.Retention = 90 * 24 * time.Hour
	s, err := dynamostore.New(w.db, c)
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

// left returns how many places wait now, and how many alerts are to be sent.
func (w *world) left() (waiting, pending int) {
	w.t.Helper()
	s := w.store()
	places, err := s.DueWaiting(context.Background(), time.Now(), 100)
	if err != nil {
		w.t.Fatal(err)
	}
	alerts, err := s.PendingAlerts(context.Background(), nil, 100)
	if err != nil {
		w.t.Fatal(err)
	}
	return len(places), len(alerts)
}

// items counts what is in the table.
func (w *world) items() (n int) {
	w.t.Helper()
	pages := dynamodb.NewScanPaginator(w.db, &dynamodb.ScanInput{TableName: aws.String(w.stack.Resources["Table"]), Select: types.SelectCount})
	for pages.HasMorePages() {
		page, err := pages.NextPage(context.Background())
		if err != nil {
			w.t.Fatal(err)
		}
		n += int(page.Count)
	}
	return n
}

// quarterLater lets the time pass in which alerts are counted against a ceiling:
// the table forgets what was sent lately.
func (w *world) quarterLater() {
	w.t.Helper()
	text := func(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
	_, err := w.db.DeleteItem(context.Background(), &dynamodb.DeleteItemInput{
		TableName: aws.String(w.stack.Resources["Table"]), Key: map[string]types.AttributeValue{"pk": text("l"), "sk": text("l")},
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// compare holds the table against an analysis in memory.
func (w *world) compare(want pipeline.Analysis) {
	w.t.Helper()
	ctx, s := context.Background(), w.store()
	first, last := tally.DayOf(want.Start), tally.DayOf(want.End)+1
	principals, err := s.PrincipalsOf(ctx, first, last)
	if err != nil {
		w.t.Fatal(err)
	}
	w.sources(want.Principals, principals)
	w.same("principals", want.Principals, principals)
	findings, err := s.FindingsOf(ctx, first, last)
	if err != nil {
		w.t.Fatal(err)
	}
	triage.SortFindings(findings)
	w.same("findings", want.Findings, findings)
	incidents, err := s.IncidentsOf(ctx, first, last)
	if err != nil {
		w.t.Fatal(err)
	}
	w.same("incidents", want.Incidents, incidents)
}

// keptSources is how many addresses of a principal's day the table keeps; the
// analysis in memory keeps all.
const keptSources = 64

// sources holds the addresses of principals with more than the table keeps
// against each other, and takes them out of what is compared.
func (w *world) sources(want, got []pipeline.PrincipalReport) {
	w.t.Helper()
	for i := range min(len(want), len(got)) {
		if len(want[i].Sources) <= keptSources || want[i].Key != got[i].Key {
			continue
		}
		if len(got[i].Sources) < keptSources {
			w.t.Errorf("%s: %d addresses are kept of %d", want[i].Key, len(got[i].Sources), len(want[i].Sources))
		}
		for address, n := range got[i].Sources {
			if n > want[i].Sources[address] {
				w.t.Errorf("%s: %d denials from %s, were %d", want[i].Key, n, address, want[i].Sources[address])
			}
		}
		want[i].Sources, got[i].Sources = nil, nil
	}
}

func (w *world) same(what string, want, got any) {
	w.t.Helper()
	if !reflect.DeepEqual(want, got) {
		diff := cmp.Diff(want, got, cmp.Comparer(func(a, b netip.Addr) bool { return a == b }))
		w.t.Errorf("%s differ (-memory +table):\n%.4000s", what, diff)
	}
}

// alerts returns what machines were told, each alert once, and checks the
// attributes that receivers filter by.
func (w *world) alerts(queue string) map[string]alert.Document {
	w.t.Helper()
	out, repeats := map[string]alert.Document{}, 0
	for _, m := range w.drain(queue) {
		d := w.document(m)
		if d.Drill {
			w.t.Errorf("alert %s is a drill", d.ID)
		}
		if _, ok := out[d.ID]; ok {
			repeats++
		}
		out[d.ID] = d
	}
	w.t.Logf("%d alerts arrived, %d repeats of them", len(out), repeats)
	return out
}

func (w *world) document(m sqstypes.Message) alert.Document {
	w.t.Helper()
	var d alert.Document
	if err := json.Unmarshal([]byte(*m.Body), &d); err != nil {
		w.t.Fatalf("what machines are told is no JSON: %v\n%s", err, *m.Body)
	}
	drill := map[bool]string{true: "true", false: "false"}[d.Drill]
	if got := aws.ToString(m.MessageAttributes["drill"].StringValue); got != drill {
		w.t.Errorf("alert %s: the attribute drill is %q, want %s", d.ID, got, drill)
	}
	return d
}

// day is how old an event may be to be alerted; margin is how long the test
// takes, within which either is right.
const (
	day    = 24 * time.Hour
	margin = 30 * time.Minute
)

// compareAlerts wants each incident that opened within a day to be told, and
// none of which all is older; the early one was told before. One in between may
// have looked younger before its first records came.
func (w *world) compareAlerts(want pipeline.Analysis, told map[string]alert.Document, early simulate.Event, started time.Time) {
	w.t.Helper()
	incidents := map[string]bool{}
	for _, d := range told {
		incidents[d.IncidentID] = true
	}
	due, transient := 0, 0
	known := map[string]bool{}
	for _, in := range want.Incidents {
		known[in.ID] = true
		age := started.Sub(in.RaisedAt)
		if in.Silenced != "" || len(in.Trigger) == 1 && in.Trigger[0].Key.EventID == early.ID {
			continue // that one was told in the first hour
		}
		if age < day-margin {
			if due++; !incidents[in.ID] {
				w.t.Errorf("nobody was told of incident %s about %s, raised at %s", in.ID, in.Subject.Key, in.RaisedAt)
			}
		}
		if _, ok := told[in.ID+"-0"]; ok && started.Sub(in.LastSeen) > day+margin {
			w.t.Errorf("incident %s was last seen at %s, and its opening was alerted: too old", in.ID, in.LastSeen)
		}
	}
	for id := range incidents {
		if !known[id] {
			transient++ // it became another one when further records came
		}
	}
	if due == 0 {
		w.t.Error("no incident was worth an alert: the test shows nothing")
	}
	w.t.Logf("%d incidents of the last day, all alerted; %d alerts about incidents that later records made part of others", due, transient)
}
