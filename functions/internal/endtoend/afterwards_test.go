package endtoend

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"chimewatch/functions/internal/runtimetest"
	"chimewatch/pkg/simulate"
)

// forbidden is an event about one critical call of a user who was never seen.
func forbidden(r *rand.Rand, at time.Time, eventName string) simulate.Event {
	who := "arn:aws:iam::111122223333:user/" + fmt.Sprintf("visitor-%08x", r.Uint32())
	id := fmt.Sprintf("5f0c6b3e-0000-4000-8000-%012x", r.Uint64()>>16)
	return simulate.Event{ID: id, Time: at, Account: "111122223333", Region: region, Type: "AwsApiCall", JSON: fmt.Appendf(nil,
		`{"eventVersion":"1.11","eventID":%q,"eventTime":%q,"eventSource":"chime.amazonaws.com","eventName":%q,"awsRegion":"us-east-1","recipientAccountId":"111122223333","eventType":"AwsApiCall",
		"sourceIPAddress":"198.51.%d.7","errorCode":"AccessDeniedException","userIdentity":{"type":"IAMUser","arn":%q,"accountId":"111122223333"}}`,
		id, at.Format(time.RFC3339), eventName, r.IntN(256), who)}
}

// poison: a record that cannot be counted fails alone, again and again, and ends
// in the dead-letter queue; the call beside it counts.
func (w *world) poison(t *testing.T, to *slot) {
	r, now := rand.New(rand.NewPCG(1, 1)), time.Now().UTC().Truncate(time.Second)
	bad := forbidden(r, now, "")
	w.put(bad, forbidden(r, now, "ListChannels"))
	from := w.source("DetectorSource", "DetectorQueue")
	tries := 0
	for {
		taken, failed := from.deliver(to, 100, false)
		if taken == 0 {
			break
		}
		if tries++; failed != 1 || tries == 1 && taken != 2 || tries > 1 && taken != 1 || tries > 20 {
			t.Fatalf("delivery %d: %d messages, %d failed", tries, taken, failed)
		}
	}
	dead := w.drain(w.stack.Resources["DetectorDeadLetters"])
	if tries != 10 || len(dead) != 1 || !strings.Contains(*dead[0].Body, bad.ID) {
		t.Errorf("after %d deliveries there are %d dead letters", tries, len(dead))
	}
	for _, name := range []string{"BackfillDeadLetters", "RuleDeadLetters", "ScheduleDeadLetters"} {
		if left := w.drain(w.stack.Resources[name]); len(left) > 0 {
			t.Errorf("%s holds %d messages", name, len(left))
		}
	}
}

// drill: what the schedule sends to the drill's queue comes out at every topic,
// marked, and leaves the table as it was.
func (w *world) drill(t *testing.T, to *slot, people, machines, chats string) {
	w.drain(people)
	w.drain(machines)
	w.drain(chats)
	items := w.items()
	input := field(w.declared["DrillDaily"].Properties["Target"], "Input")
	input = strings.NewReplacer("<aws.scheduler.execution-id>", "d32c5kddcf5bb8c3", "<aws.scheduler.scheduled-time>", time.Now().UTC().Format(time.RFC3339)).Replace(input)
	var request struct{ MessageBody string }
	if err := json.Unmarshal([]byte(input), &request); err != nil {
		t.Fatal(err)
	}
	from := w.source("DrillSource", "DrillQueue")
	if _, err := w.sqs.SendMessage(context.Background(), &sqs.SendMessageInput{QueueUrl: &from.url, MessageBody: &request.MessageBody}); err != nil {
		t.Fatal(err)
	}
	if taken, failed := from.deliver(to, 10, false); taken != 1 || failed != 0 {
		t.Fatalf("%d messages, %d failed", taken, failed)
	}
	told := w.drain(machines)
	if len(told) != 1 || !w.document(told[0]).Drill {
		t.Errorf("machines were told %d times: %v", len(told), told)
	}
	for name, queue := range map[string]string{"people": people, "chats": chats} {
		told := w.drain(queue)
		if len(told) != 1 || !strings.Contains(strings.ToUpper(*told[0].Body), "DRILL") {
			t.Errorf("%s were told %d times", name, len(told))
		}
	}
	if after := w.items(); after != items {
		t.Errorf("the table had %d items before the drill and has %d", items, after)
	}
	if log := to.process.Log(); !strings.Contains(log, `"DrillAlerts":1`) {
		t.Errorf("the metric is not in the log:\n%s", warnings(log))
	}
}

// delay measures what the product itself adds between an event and its alert,
// where no ceiling holds that back.
func (w *world) delay(t *testing.T, to *slot, machines string) {
	const times = 30
	r := rand.New(rand.NewPCG(2, 2))
	from := w.source("DetectorSource", "DetectorQueue")
	var own, whole []time.Duration
	for range times {
		w.drain(machines)
		w.quarterLater() // these alerts come faster than people are told of
		put := time.Now()
		w.put(forbidden(r, put.UTC(), "PutMessagingStreamingConfigurations"))
		messages := from.receive(10)
		if len(messages) != 1 {
			t.Fatalf("%d messages", len(messages))
		}
		begin := time.Now()
		answer, err := to.invoke(from.payload(messages), false)
		if err != nil || answer.Error {
			t.Fatalf("%s, %v", answer.Body, err)
		}
		own = append(own, w.calls.lastPublished().Sub(begin))
		w.await(machines)
		whole = append(whole, time.Since(put))
		from.remove(messages)
	}
	slices.Sort(own)
	slices.Sort(whole)
	t.Logf("own share of the delay, from the invocation to the answer of SNS: median %v, longest %v of %d; from the bus to a subscriber, servers of the test included: median %v, longest %v",
		round(own[times/2]), round(own[times-1]), times, round(whole[times/2]), round(whole[times-1]))
	if own[times/2] > 2*time.Second {
		t.Errorf("half of the alerts took longer than %v", own[times/2])
	}
}

func round(d time.Duration) time.Duration { return d.Round(100 * time.Microsecond) }

// summary: its program starts and answers what the schedule sends.
func (w *world) summary(t *testing.T, binary string) {
	s := w.slot("SummaryFunction", binary, 5)
	f, err := runtimetest.Try(t, binary, s.env)
	if err != nil {
		t.Skipf("NOT RUN: the summary does not start yet: %v", err)
	}
	s.process = f
	posts := w.subscriber("SummaryTopic")
	payload := fmt.Appendf(nil, `{"time":%q}`, time.Now().UTC().Format(time.RFC3339))
	for range 2 { // a repeat is not sent again
		if answer, err := s.invoke(payload, false); err != nil || answer.Error {
			t.Fatalf("%s, %v\n%s", answer.Body, err, warnings(f.Log()))
		}
	}
	if told := w.drain(posts); len(told) != 1 {
		t.Errorf("%d summaries arrived, want 1", len(told))
	}
	w.checkPermissions(t, "SummaryFunction")
}
