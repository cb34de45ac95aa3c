package templatetest

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"chimewatch/pkg/adapters/memstore"
	"chimewatch/pkg/alert"
	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/config"
	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/tally"
)

type moment time.Time

func (m moment) Now() time.Time { return time.Time(m) }

type told []alert.Input

func (n *told) Notify(_ context.Context, in alert.Input) error { *n = append(*n, in); return nil }
func (n *told) NotifyDigest(_ context.Context, d alert.Digest) error {
	*n = append(*n, d.Alerts...)
	return nil
}

// What the schedule sends is an attack to the product: each drill raises an
// alert, also right after another one, and whatever event sources are set.
func TestDrillRaisesAnAlert(t *testing.T) {
	now := time.Date(2026, 3, 2, 6, 30, 0, 0, time.UTC)
	for _, sources := range []string{"chime.amazonaws.com, novel.amazonaws.com", "novel.amazonaws.com"} {
		parameters := everything()
		parameters["EventSources"] = sources
		_, resources := resolved(t, parameters)
		input := fmt.Sprint(mapOf(resources["DrillDaily"].Properties["Target"])["Input"])
		c := config.Default()
		c.Scope.Sources = strings.Split(sources, ", ")
		hasher, alerts := tally.NewHasher([]byte("k")), told{}
		engine, err := pipeline.NewEngine(c, memstore.New(hasher), hasher, &alerts, moment(now.Add(time.Second)), pipeline.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for i, execution := range []string{"d32c5kddcf5bb8c3", "a1b2c3d4e5f60718"} {
			text := strings.NewReplacer("<aws.scheduler.execution-id>", execution, "<aws.scheduler.scheduled-time>", now.Format(time.RFC3339)).Replace(input)
			if strings.Contains(text, "<") || strings.Contains(text, "${") {
				t.Fatalf("not filled in: %s", text)
			}
			var request struct{ QueueUrl, MessageBody string }
			if err := json.Unmarshal([]byte(text), &request); err != nil {
				t.Fatalf("the input is no JSON: %v\n%s", err, text)
			}
			var event struct{ Detail json.RawMessage }
			if err := json.Unmarshal([]byte(request.MessageBody), &event); err != nil {
				t.Fatalf("the message is no JSON: %v\n%s", err, request.MessageBody)
			}
			record, err := cloudtrail.Decode(event.Detail)
			if err != nil {
				t.Fatal(err)
			}
			out, err := engine.Process(context.Background(), []pipeline.Message{{ID: execution, Items: []pipeline.Item{{Record: record}}}})
			if err != nil || out.AlertsSent != 1 || len(alerts) != i+1 {
				t.Fatalf("drill %d: outcome %+v, %v", i, out, err)
			}
			if who := alerts[i].Incident.Subject.Key; who != "arn:aws:iam::"+Account+":user/chimewatch-drill-"+execution {
				t.Errorf("the alert is about %s", who)
			}
		}
	}
}

// There is no drill while nobody is to be alerted.
func TestNoDrillInAQuietWeek(t *testing.T) {
	parameters := everything()
	parameters["Notify"] = "summary-only"
	_, resources := resolved(t, parameters)
	if state := resources["DrillDaily"].Properties["State"]; state != "DISABLED" {
		t.Errorf("the schedule is %v", state)
	}
	if resources["DrillAlarm"].ID != "" {
		t.Error("the alarm waits for a drill that does not come")
	}
}
