package deployed

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// A change of a policy refuses five hundred principals at once, each again and
// again: people get at most three messages in the first ten minutes, and every
// principal is in the table. Somebody who tries doors at that time is named
// within a quarter of an hour.
func TestPolicyStorm(t *testing.T) {
	for _, change := range []struct {
		name, denies string
		servers      bool // slow: on DynamoDB and moto too, where they are
	}{
		{"a service control policy denies", "with an explicit deny in a service control policy: arn:aws:organizations::999988887777:policy/o-a1b2c3d4e5/service_control_policy/p-12345678", true},
		{"a managed policy no longer allows", "because no identity-based policy allows the chime:%s action", true},
		{"a permissions boundary no longer allows", "because no permissions boundary allows the chime:%s action", false},
		{"the policy of a VPC endpoint denies", "with an explicit deny in a VPC endpoint policy", false},
	} {
		for _, place := range []string{"from known networks", "from networks never seen"} {
			strange := place == "from networks never seen"
			if !strange && !change.servers {
				continue // tamer still
			}
			t.Run(change.name+" "+place, func(t *testing.T) {
				clock := &hand{}
				t.Run("memory", func(t *testing.T) {
					policyStorm(t, clock, inMemory(), newTopics(t, clock), change.denies, strange)
				})
				if !change.servers || !strange {
					return
				}
				t.Run("DynamoDB", func(t *testing.T) {
					policyStorm(t, clock, inDynamoDB(t, clock), newTopics(t, clock), change.denies, strange)
				})
				t.Run("moto", func(t *testing.T) {
					policyStorm(t, clock, inMemory(), newMoto(t, clock), change.denies, strange)
				})
			})
		}
	}
}

func policyStorm(t *testing.T, clock *hand, held table, topics delivery, denies string, strange bool) {
	const principals, minutes = 500, 10
	start := time.Date(2026, 3, 18, 10, 0, 0, 0, time.UTC)
	operations := []string{"SendChannelMessage", "CreateChannel", "ListChannels", "DescribeChannel", "DeleteChannel", "CreateChannelMembership", "UpdateChannel"}
	l := newLive(t, clock, held, topics.endpoint(), topics.settings())
	id := 0
	for m := range minutes {
		var records []string
		for p := range principals {
			if (p+m)%3 != 0 {
				continue
			}
			operation := operations[(p+m/3)%len(operations)]
			source := fmt.Sprintf("10.0.%d.8", p%50)
			if strange {
				source = fmt.Sprintf("198.18.%d.8", p%200)
			}
			message := denies
			if strings.Contains(denies, "%") {
				message = fmt.Sprintf(denies, operation)
			}
			id++
			records = append(records, call{
				at: start.Add(time.Duration(m)*time.Minute + time.Duration(p%60)*time.Second), id: id, identity: role(fmt.Sprintf("service-%03d", p)),
				operation: operation, resource: fmt.Sprint("channel-", p%7), source: source, message: message,
			}.record())
		}
		if m == 3 {
			records = append(records, call{
				at: start.Add(time.Duration(m) * time.Minute), id: 1e6, identity: user("mallory"), operation: "CreateAppInstanceAdmin",
				source: "203.0.113.66", message: "because no identity-based policy allows the chime:CreateAppInstanceAdmin action",
			}.record())
		}
		clock.set(start.Add(time.Duration(m+1) * time.Minute))
		l.minute(records)
	}
	early := len(topics.on("alerts"))
	earlyChat, earlyMachines := len(topics.on("chat")), len(topics.on("findings"))
	for m := minutes; m < 26*60; m += 5 {
		clock.set(start.Add(time.Duration(m) * time.Minute))
		l.minute(nil)
	}
	t.Logf("people %d, chats %d, machines %d in ten minutes; %d, %d, %d in 26 hours", early, earlyChat, earlyMachines, len(topics.on("alerts")), len(topics.on("chat")), len(topics.on("findings")))
	if early > 3 {
		t.Errorf("people got %d messages in the first ten minutes", early)
	}
	if got := held.names(t); len(got) != principals+1 {
		t.Errorf("%d principals are in the table, want %d", len(got), principals+1)
	}
	if _, ok := topics.(*moto); ok {
		return // its queues get no mail texts
	}
	named := slices.IndexFunc(topics.on("alerts"), func(p published) bool { return strings.Contains(p.body, "mallory") })
	if named < 0 || topics.on("alerts")[named].at.After(start.Add(18*time.Minute)) {
		t.Errorf("who tried doors in the storm is named by message %d", named)
	}
}
