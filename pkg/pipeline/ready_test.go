package pipeline_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"chimewatch/pkg/adapters/memstore"
	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/config"
	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/tally"
)

// Alerts are kept until they may go out, and nothing is lost by that.
func TestAlertsWaitUntilReady(t *testing.T) {
	record, err := cloudtrail.Decode([]byte(`{"eventVersion":"1.11","eventID":"1","eventTime":"2026-03-01T10:00:00Z","eventSource":"chime.amazonaws.com","eventName":"CreateAppInstanceAdmin",
		"awsRegion":"us-east-1","recipientAccountId":"111122223333","sourceIPAddress":"203.0.113.7","errorCode":"AccessDeniedException",
		"userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/eve","accountId":"111122223333"}}`))
	if err != nil {
		t.Fatal(err)
	}
	ready, broken := false, errors.New("nobody knows")
	hasher, heard := tally.NewHasher([]byte("k")), &receiver{}
	engine, err := pipeline.NewEngine(config.Default(), memstore.New(hasher), hasher, heard, &clock{now: time.Date(2026, 3, 1, 10, 1, 0, 0, time.UTC)}, pipeline.Options{
		Ready: func(context.Context) (bool, error) { return ready, broken },
	})
	if err != nil {
		t.Fatal(err)
	}
	out, err := engine.Process(t.Context(), []pipeline.Message{{ID: "m", Items: []pipeline.Item{{Record: record}}}})
	if err != nil || len(out.Failed) > 0 || out.IncidentsOpened != 1 || out.NotSent != 1 || !errors.Is(out.Unsent[0], broken) {
		t.Fatalf("%+v, %v", out, err)
	}
	broken = nil
	for _, want := range []int{0, 1, 0} {
		out, more, err := engine.Sweep(t.Context(), 10)
		if err != nil || more || out.AlertsSent != want || out.NotSent != 0 {
			t.Errorf("want %d alerts: %+v, %v", want, out, err)
		}
		ready = true
	}
	if len(heard.got) != 1 {
		t.Errorf("alerts %v", heard.got)
	}
}
