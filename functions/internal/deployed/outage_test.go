package deployed

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"chimewatch/pkg/chime"
	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/pipeline/storetest"
	"chimewatch/pkg/tally"
	"chimewatch/pkg/triage"
)

// For an hour SNS refuses what it is given, or takes it and the answer is lost,
// or now this and now that, while one attack after the other begins: afterwards
// every alert arrives, and none twice with a different id.
func TestOutage(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for name, f := range map[string]func() fault{
		"everything is refused":  func() fault { return refused },
		"all answers are lost":   func() fault { return cut },
		"by chance, mostly down": func() fault { return []fault{none, refused, refused, refused, refused, cut}[r.IntN(6)] },
	} {
		t.Run(name, func(t *testing.T) {
			clock := &hand{}
			t.Run("memory", func(t *testing.T) { outage(t, clock, inMemory(), f) })
			t.Run("DynamoDB", func(t *testing.T) { outage(t, clock, inDynamoDB(t, clock), f) })
		})
	}
}

func outage(t *testing.T, clock *hand, held table, f func() fault) {
	const minutes = 60
	attackers := storetest.Size(30)
	start := time.Date(2026, 3, 18, 10, 0, 0, 0, time.UTC)
	topics := newTopics(t, clock)
	topics.set(f)
	l := newLive(t, clock, held, topics.endpoint(), topics.settings())
	operations := chime.Operations()
	id := 0
	for m := range minutes {
		var records []string
		for a := range attackers {
			if a*minutes/attackers != m {
				continue
			}
			for n := range 3 + a%6 {
				id++
				records = append(records, call{
					at: start.Add(time.Duration(m)*time.Minute + time.Duration(n)*time.Second), id: id, identity: user(fmt.Sprintf("eve-%02d", a)),
					operation: operations[(a+5*n)%len(operations)].Name, source: fmt.Sprintf("203.0.%d.7", a), message: "because no identity-based policy allows it",
				}.record())
			}
		}
		clock.set(start.Add(time.Duration(m+1) * time.Minute))
		l.minute(records)
	}
	if topics.requests() == 0 {
		t.Fatal("nothing was published in the outage: the attacks are too tame")
	}
	topics.set(func() fault { return none })
	for m := minutes; m < 4*60; m++ {
		clock.set(start.Add(time.Duration(m+1) * time.Minute))
		l.minute(nil)
	}

	pending, err := held.PendingAlerts(t.Context(), nil, 1000)
	if err != nil || len(pending) > 0 {
		t.Errorf("%d alerts are still to be sent, %v", len(pending), err)
	}
	want := expected(t, held, attackers)
	carriers := map[string][]string{} // of what people got, by alert: its own id, or that of a digest
	for _, p := range topics.on("alerts") {
		alerts, digest := p.alertIDs()
		for _, id := range alerts {
			carrier := digest
			if digest == "" {
				carrier = id
			}
			if !slices.Contains(carriers[id], carrier) {
				carriers[id] = append(carriers[id], carrier)
			}
		}
	}
	machines := map[string]bool{}
	for _, p := range topics.on("findings") {
		var body struct{ ID string }
		if err := json.Unmarshal([]byte(p.body), &body); err != nil {
			t.Fatal(err)
		}
		if machines[body.ID] = true; want[body.ID] == 0 {
			t.Errorf("machines got alert %s, which is not in the table", body.ID)
		}
	}
	for id, severity := range want {
		if !machines[id] {
			t.Errorf("machines did not get alert %s", id)
		}
		if n := len(carriers[id]); severity >= triage.Medium && n != 1 {
			t.Errorf("people got alert %s under %d ids: %q", id, n, carriers[id])
		}
	}
	t.Logf("%d alerts; %d requests, %d messages to people, %d to machines", len(want), topics.requests(), len(topics.on("alerts")), len(topics.on("findings")))
	if len(want) < attackers/2 {
		t.Errorf("only %d alerts: the attacks are too tame", len(want))
	}
}

// expected returns the alerts that there must be by what is in the table, with
// their severities.
func expected(t *testing.T, held table, attackers int) map[string]triage.Severity {
	t.Helper()
	want := map[string]triage.Severity{}
	for a := range attackers {
		for _, s := range []tally.Subject{
			{Kind: tally.Principal, Key: fmt.Sprintf("arn:aws:iam::111122223333:user/eve-%02d", a)},
			{Kind: tally.Network, Key: fmt.Sprintf("203.0.%d.0/24", a)},
			{Kind: tally.AccessKey, Key: "AKIAIOSFODNN7EXAMPLE"},
		} {
			states, _, err := held.Incidents(t.Context(), s)
			if err != nil {
				t.Fatal(err)
			}
			for _, st := range states {
				want[pipeline.AlertID(st.ID, 0)] = st.Severity
				for n, u := range st.Updates {
					want[pipeline.AlertID(st.ID, n+1)] = u.Severity
				}
			}
		}
	}
	return want
}
