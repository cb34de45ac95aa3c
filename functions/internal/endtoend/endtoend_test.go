// Package endtoend runs the whole deployment on one machine: the template,
// translated and created in moto with the table in DynamoDB Local, and the
// programs that are deployed, behind the Lambda Runtime API.
package endtoend

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"chimewatch/functions/internal/runtimetest"
	"chimewatch/pkg/config"
	"chimewatch/pkg/simulate"
)

// What happens reaches the table by every road, out of order, repeated, through
// processes that are killed, and in the end principals, findings, incidents and
// alerts are those of one pass over all of it in memory.
func TestEndToEnd(t *testing.T) {
	n := size(t)
	started := time.Now()
	phase := func(format string, args ...any) {
		t.Logf("[%5.1f s] %s", time.Since(started).Seconds(), fmt.Sprintf(format, args...))
	}
	w := newWorld(t)
	phase("the stack is created")
	binaries := map[string]string{}
	for _, name := range []string{"detector", "backfill", "reconcile", "summary"} {
		binaries[name] = runtimetest.Build(t, filepath.Join(root, "functions", name))
	}
	people, machines, chats := w.subscriber("AlertTopic"), w.subscriber("FindingTopic"), w.subscriber("ChatTopic")
	w.configure("{}\n")
	tr := newTraffic(t, n)
	want := tr.analysis(t, config.Default(), w.stack.Secrets["HashSecret"])
	phase("%d events of %d records, %d principals refused, %d findings, %d incidents", len(tr.live), len(tr.all), len(want.Principals), len(want.Findings), len(want.Incidents))

	first, second := w.slot("DetectorFunction", binaries["detector"], 2), w.slot("DetectorFunction", binaries["detector"], 3)
	reconcile := w.slot("ReconcileFunction", binaries["reconcile"], 4)
	w.firstHour(tr, first, reconcile, machines)
	phase("the week before is looked up, and alerts waited for it")

	backfill := w.slot("BackfillFunction", binaries["backfill"], 1)
	files := w.backfill(tr, backfill)
	phase("%d log files are read, %d processes were killed", files, backfill.killed)

	invocations := w.live(tr, first, second)
	phase("%d invocations of the detector took %d events, %d processes were killed", invocations, len(tr.live), first.killed+second.killed)

	w.reconcile(tr, reconcile, tr.lookups, true)
	phase("reconcile looked for %d lost events", len(tr.lost))

	w.sweep(first)
	phase("nothing waits any more")
	w.compare(want)
	w.compareAlerts(want, w.alerts(machines), tr.early, started)
	phase("what is in the table is what was found in memory")

	t.Run("poison", func(t *testing.T) { w.poison(t, first) })
	t.Run("drill", func(t *testing.T) { w.drill(t, second, people, machines, chats) })
	t.Run("delay", func(t *testing.T) { w.delay(t, first, machines) })
	t.Run("summary", func(t *testing.T) { w.summary(t, binaries["summary"]) })
	t.Run("permissions", func(t *testing.T) {
		w.checkPermissions(t, "DetectorFunction", "BackfillFunction", "ReconcileFunction")
	})
	for _, s := range []*slot{first, second, backfill, reconcile} {
		if s.end(); t.Failed() {
			t.Logf("%s: %s", s.door.function, warnings(s.log))
		}
	}
}

// warnings returns the last lines of a log that are no metrics and not about
// what went well.
func warnings(log string) string {
	var lines []string
	for line := range strings.Lines(log) {
		if !strings.Contains(line, `"_aws"`) && !strings.Contains(line, `"level":"INFO"`) {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return strings.Join(lines[max(0, len(lines)-10):], "\n")
}

// configure puts the configuration into the bucket.
func (w *world) configure(yaml string) {
	w.t.Helper()
	_, err := w.s3.PutObject(context.Background(), &s3.PutObjectInput{
		Bucket: aws.String(w.stack.Resources["Bucket"]), Key: aws.String("config/chimewatch.yaml"), Body: strings.NewReader(yaml),
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// backfill puts log files into the bucket of the trail; its notifications bring
// them to the function. Some processes are killed.
func (w *world) backfill(tr traffic, to *slot) int {
	w.t.Helper()
	for _, name := range slices.Sorted(maps.Keys(tr.files)) {
		_, err := w.s3.PutObject(context.Background(), &s3.PutObjectInput{Bucket: aws.String(trailed), Key: &name, Body: strings.NewReader(string(tr.files[name]))})
		if err != nil {
			w.t.Fatal(err)
		}
	}
	from, done := w.source("BackfillSource", "BackfillQueue"), 0
	for {
		taken, failed := from.deliver(to, 1, to.killed < 4 && to.random.IntN(3) == 0)
		if taken == 0 {
			break
		}
		done += taken - failed
	}
	if done != len(tr.files) {
		w.t.Errorf("%d log files were announced and read, of %d", done, len(tr.files))
	}
	return done
}

// live puts events on the bus and lets two detectors take them, of which many
// are killed.
func (w *world) live(tr traffic, slots ...*slot) int64 {
	w.t.Helper()
	from := w.source("DetectorSource", "DetectorQueue")
	var all atomic.Bool
	var invocations atomic.Int64
	var running sync.WaitGroup
	kills := 6 + len(tr.live)/500
	for _, to := range slots {
		running.Go(func() {
			for !w.t.Failed() {
				over := all.Load()
				taken, _ := from.deliver(to, 20+to.random.IntN(180), to.killed < kills/2 && to.random.IntN(3) == 0)
				if taken > 0 {
					invocations.Add(1)
				} else if over {
					return // what the other one has is visible again only when it has failed
				} else {
					time.Sleep(100 * time.Millisecond)
				}
			}
		})
	}
	for chunk := range slices.Chunk(tr.live, 100) {
		w.put(chunk...)
		for from.length() > 200 && !w.t.Failed() { // moto's queues are slow when they are long
			time.Sleep(50 * time.Millisecond)
		}
	}
	all.Store(true)
	running.Wait()
	for taken := 1; taken > 0; {
		taken, _ = from.deliver(slots[0], from.batch, false)
	}
	return invocations.Load()
}

// put puts events on the bus.
func (w *world) put(events ...simulate.Event) {
	w.t.Helper()
	for chunk := range slices.Chunk(events, 10) {
		in := &eventbridge.PutEventsInput{}
		for _, e := range chunk {
			var event struct {
				Source     string
				DetailType string `json:"detail-type"`
				Detail     json.RawMessage
			}
			if err := json.Unmarshal(simulate.EventBridge(e), &event); err != nil {
				w.t.Fatal(err)
			}
			in.Entries = append(in.Entries, types.PutEventsRequestEntry{
				Source: &event.Source, DetailType: &event.DetailType, Detail: aws.String(string(event.Detail)), Time: &e.Time,
			})
		}
		out, err := w.events.PutEvents(context.Background(), in)
		if err != nil || out.FailedEntryCount > 0 {
			w.t.Fatalf("putting events: %v, %d failed", err, out.FailedEntryCount)
		}
	}
}

// firstHour: an attack right after the deployment is counted, but nobody is told
// until the week before is looked up; then it is told.
func (w *world) firstHour(tr traffic, detector, reconcile *slot, machines string) {
	w.t.Helper()
	w.put(tr.early)
	from := w.source("DetectorSource", "DetectorQueue")
	if taken, failed := from.deliver(detector, 10, false); taken != 1 || failed != 0 {
		w.t.Fatalf("%d messages, %d failed", taken, failed)
	}
	if _, pending := w.left(); pending != 1 {
		w.t.Errorf("%d alerts are kept, want 1", pending)
	}
	if told := w.drain(machines); len(told) > 0 {
		w.t.Errorf("%d alerts went out before the past is known", len(told))
	}
	w.reconcile(tr, reconcile, tr.known, false)
	w.sweep(detector)
	if told := w.await(machines); len(told) != 1 || !strings.Contains(*told[0].Body, tr.early.ID) {
		w.t.Errorf("%d alerts after the past is known", len(told))
	}
}

// reconcile runs for the hours before the cut, with what CloudTrail knows; with
// kill after a process that is killed.
func (w *world) reconcile(tr traffic, to *slot, known []simulate.Event, kill bool) {
	w.t.Helper()
	for _, e := range known {
		w.lookups.Add(string(e.JSON))
	}
	payload := fmt.Appendf(nil, `{"time":%q}`, tr.cut.Add(20*time.Minute).Format(time.RFC3339))
	if kill {
		_, _ = to.invoke(payload, true) // it may be done before it is killed
	}
	if answer, err := to.invoke(payload, false); err != nil || answer.Error {
		w.t.Fatalf("reconcile: %s, %v", answer.Body, err)
	}
}

// sweep runs the scheduled pass until nothing waits.
func (w *world) sweep(to *slot) {
	w.t.Helper()
	payload := []byte(field(w.declared["SweepSchedule"].Properties["Target"], "Input"))
	for range 40 {
		answer, err := to.invoke(payload, false)
		if err != nil || answer.Error {
			w.t.Fatalf("scheduled pass: %s, %v", answer.Body, err)
		}
		waiting, pending := w.left()
		if waiting == 0 && pending == 0 {
			return
		}
		w.quarterLater()
	}
	w.t.Fatal("the scheduled pass does not come to an end")
}
