package pipeline_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/tally"
	"chimewatch/pkg/triage"
)

// refusals are records of one user from a network that was not seen before.
func refusals(at time.Time, code string, operations ...string) (records []string) {
	for i, op := range operations {
		at := at.Add(time.Duration(i) * time.Second)
		records = append(records, fmt.Sprintf(`{"eventVersion":"1.11","eventID":"e%d","eventTime":%q,"eventSource":"chime.amazonaws.com","eventName":%q,
			"awsRegion":"us-east-1","sourceIPAddress":"203.0.113.7","errorCode":%q,"recipientAccountId":"111122223333",
			"userIdentity":{"type":"IAMUser","accountId":"111122223333","arn":"arn:aws:iam::111122223333:user/eve"}}`, at.UnixNano(), at.Format(time.RFC3339), op, code))
	}
	return records
}

// Updates of an incident that somebody looks into are told only if it has
// become graver; those of one that was closed always are, and what people did
// stays whatever is decided anew.
func TestHandledIncidents(t *testing.T) {
	start := time.Date(2026, 3, 18, 10, 0, 0, 0, time.UTC)
	subject := tally.Subject{Kind: tally.Principal, Key: "arn:aws:iam::111122223333:user/eve"}
	more := refusals(start.Add(4*time.Hour), "AccessDenied", "ListChannels", "DescribeChannel", "ListChannelBans", "ListChannelModerators", "ListChannelMessages", "GetChannelMessage")
	graver := refusals(start.Add(5*time.Hour), "", "CreateAppInstanceAdmin") // it succeeds
	for _, tt := range []struct {
		name   string
		deed   triage.Deed
		then   []string
		told   int
		status triage.Status
	}{
		{"nobody does anything, it goes on", "", more, 2, triage.Untouched},
		{"acknowledged, it goes on", triage.Acknowledge, more, 1, triage.Acknowledged},
		{"acknowledged, it becomes critical", triage.Acknowledge, graver, 2, triage.Acknowledged},
		{"closed, it goes on", triage.Close, more, 2, triage.Reopened},
		{"closed, nothing comes", triage.Close, nil, 1, triage.Closed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ctx := context.Background()
			engine := newLive(t, start, pipeline.Options{})
			store, told, now := engine.store, engine.told, engine.now
			process := func(records []string, after time.Duration) {
				t.Helper()
				now.add(after)
				engine.take(t, records)
				sweep(t, engine.Engine, now)
			}
			process(refusals(start, "AccessDenied", "CreateAppInstanceAdmin"), time.Minute)
			states, _, err := store.Incidents(ctx, subject)
			if err != nil || len(states) != 1 || len(told.got) != 1 {
				t.Fatalf("%d incidents, %d told, %v", len(states), len(told.got), err)
			}
			if tt.deed != "" {
				act := triage.Act{Deed: tt.deed, By: "jane", Why: "w", At: now.Now(), LastSeen: states[0].LastSeen, Severity: states[0].Severity}
				if _, err := store.Handle(ctx, subject, states[0].ID, act); err != nil {
					t.Fatal(err)
				}
			}
			process(tt.then, 6*time.Hour)
			if len(told.got) != tt.told {
				t.Errorf("told %d times, want %d", len(told.got), tt.told)
			}
			states, _, err = store.Incidents(ctx, subject)
			if err != nil {
				t.Fatal(err)
			}
			handling, err := store.Handling(ctx, subject, states[0].ID)
			if err != nil {
				t.Fatal(err)
			}
			if got := handling.Status(&states[0].Incident); got != tt.status {
				t.Errorf("it is %s, want %s", got, tt.status)
			}
			if pending, err := store.PendingAlerts(ctx, nil, 10); err != nil || len(pending) > 0 {
				t.Errorf("%d alerts wait, %v", len(pending), err)
			}
			if i := slices.IndexFunc(states, func(st triage.State) bool { return len(st.Updates) > 0 }); i < 0 != (tt.then == nil) {
				t.Error("the updates are not in the table")
			}
		})
	}
}
