package dynamostore_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/pipeline/storetest"
	"chimewatch/pkg/tally"
	"chimewatch/pkg/triage"
)

// before runs a function before the first transaction.
type before struct{ run func() }

func (b *before) RoundTrip(r *http.Request) (*http.Response, error) {
	if run := b.run; run != nil && strings.HasSuffix(r.Header.Get("X-Amz-Target"), "TransactWriteItems") {
		b.run = nil
		run()
	}
	return http.DefaultTransport.RoundTrip(r)
}

// An alert that is withdrawn, and put anew with another due time, between the
// moment at which its memory is read and that at which it is marked as sent, does
// not stay in the outbox: it would be sent for ever.
func TestMarkSentBesideWithdrawal(t *testing.T) {
	endpoint := minidyn(t)
	table := newTable(t, endpoint)
	s := open(t, client(endpoint, http.DefaultTransport), table)
	subject := tally.Subject{Kind: tally.Principal, Key: "arn:aws:iam::111122223333:role/a"}
	change := func(c pipeline.IncidentChange) {
		t.Helper()
		_, version, err := s.Incidents(t.Context(), subject)
		if err == nil {
			err = s.PutIncidents(t.Context(), subject, version, c)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	raise := func(due time.Duration) pipeline.IncidentChange {
		return pipeline.IncidentChange{
			Put:    []triage.State{{Incident: triage.Incident{ID: "i", Subject: subject, RaisedAt: storetest.Now()}}},
			Alerts: []pipeline.Alert{{ID: "i-0", Incident: "i", Subject: subject, Due: storetest.Now().Add(due)}},
		}
	}
	change(raise(0))
	other := &before{run: func() {
		change(pipeline.IncidentChange{Drop: []string{"i"}, Withdraw: []string{"i-0"}})
		change(raise(time.Second))
	}}
	slow := open(t, client(endpoint, other), table)
	if err := slow.MarkSent(t.Context(), []string{"i-0"}); err != nil {
		t.Fatal(err)
	}
	pending, err := s.PendingAlerts(t.Context(), nil, 10)
	if err != nil || len(pending) > 0 {
		t.Errorf("pending after it was sent: %v, %v", pending, err)
	}
}
