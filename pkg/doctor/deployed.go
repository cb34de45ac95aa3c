package doctor

import (
	"strings"
	"time"
)

// allManagement is the state in which a rule gets read-only calls too:
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html#eb-service-event-cloudtrail-management
const allManagement = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"

func rule(n *notes, r Rule) {
	what := "Rule " + r.Name + " in " + r.Region
	if !known(n, r.Found, what) {
		return
	}
	s := r.Found.Value
	redeploy := "deploy the stack again; nobody but it should change the rule"
	switch {
	case !s.Exists && r.Purpose == Forward:
		n.add(Warning, "deploy infra/forwarder.yaml in "+r.Region+", if chat is used there", "%s: it is not there: denied calls in %s are not seen", what, r.Region)
		return
	case !s.Exists:
		n.add(Fault, redeploy, "%s: it is not there", what)
		return
	case s.State == "DISABLED" && r.Purpose == Successes:
		n.note("%s: it is off (parameter CriticalSuccesses), so a critical call that succeeds after it was refused is not found", what)
		return
	case s.State == "DISABLED":
		n.add(Fault, "aws events enable-rule would leave read-only calls out: "+redeploy, "%s: it is disabled: no denied call arrives", what)
		return
	case r.Purpose != Successes && s.State != allManagement:
		n.add(Fault, "deploy the stack again: the rule's state has to be "+allManagement, "%s: it is %s: denied List, Get and Describe calls never arrive", what, s.State)
	}
	before := len(n.lines)
	if known(n, s.Targets, what) && s.Targets.Value == 0 {
		n.add(Fault, redeploy, "%s: it has no target: what matches goes nowhere", what)
	}
	if known(n, s.Rejected, what) && len(s.Rejected.Value) > 0 {
		n.add(Fault, redeploy, "%s: its pattern does not let through: %s", what, strings.Join(s.Rejected.Value, ", "))
	}
	if len(n.lines) == before && (s.State == allManagement || r.Purpose == Successes) {
		n.fine("%s: it is on and lets samples through", what)
	}
}

// manyWaiting is from how many waiting messages on a queue is worth a word.
const manyWaiting = 1000

func queue(n *notes, q Queue) {
	what := "Queue " + q.Name
	if !known(n, q.Depth, what) {
		return
	}
	d := q.Depth.Value
	switch {
	case q.Dead && d.Waiting > 0:
		n.add(Fault, "see the reasons in the function's log, repair them, and move the messages back: aws sqs start-message-move-task --source-arn with the queue's ARN",
			"%s: %d messages failed and wait to be looked at", what, d.Waiting)
	case q.Dead:
		n.fine("%s: empty", what)
	case d.Waiting >= manyWaiting:
		n.add(Warning, "see whether the function fails or is throttled (its log and metrics); a backfill needs its time", "%s: %d messages wait, %d are worked on", what, d.Waiting, d.InFlight)
	default:
		n.fine("%s: %d messages wait", what, d.Waiting)
	}
}

func table(n *notes, t Fact[Table]) {
	if !known(n, t, "Table") {
		return
	}
	what := "Table " + t.Value.Name
	if !t.Value.Exists {
		n.add(Fault, "deploy the stack again, or restore the table from its point-in-time backup under the same name", "%s: it is not there", what)
		return
	}
	switch t.Value.TTL {
	case "ENABLED", "ENABLING":
		n.fine("%s: old items are removed (TTL is on)", what)
	default:
		n.add(Warning, "deploy the stack again, or aws dynamodb update-time-to-live --table-name "+t.Value.Name+" --time-to-live-specification Enabled=true,AttributeName=x",
			"%s: TTL is %s: what is older than the retention stays and costs", what, orNone(t.Value.TTL))
	}
	if t.Value.PITR == "DISABLED" {
		n.add(Warning, "deploy the stack again, or aws dynamodb update-continuous-backups --table-name "+t.Value.Name+" --point-in-time-recovery-specification PointInTimeRecoveryEnabled=true",
			"%s: point-in-time recovery is off", what)
	}
}

func schedule(n *notes, s Schedule) {
	what := "Schedule " + s.Name
	if !known(n, s.Found, what) {
		return
	}
	switch v := s.Found.Value; {
	case !v.Exists:
		n.add(Fault, "deploy the stack again", "%s: it is not there: %s", what, s.Purpose)
	case v.State != "ENABLED":
		n.add(Fault, "turn it on in the EventBridge Scheduler console, or deploy the stack again", "%s: it is %s: %s", what, v.State, s.Purpose)
	default:
		n.fine("%s: on, %s", what, v.Expression)
	}
}

// summaries is the name of the topic for summaries, people that of the one for
// alerts that people read.
const (
	people    = "people"
	summaries = "summaries"
)

func topic(n *notes, t Topic) {
	what := "Topic for " + t.Name
	if !known(n, t.Subscriptions, what) {
		return
	}
	confirmed := map[string]int{}
	var kinds []string
	total := 0
	for _, s := range t.Subscriptions.Value {
		if s.Pending {
			n.add(Fault, "open the link in the mail that AWS sent there, or let the endpoint confirm; subscribe it again if that is older than three days",
				"%s: %s (%s) has not confirmed its subscription and gets nothing", what, s.Endpoint, s.Protocol)
			continue
		}
		if confirmed[s.Protocol]++; confirmed[s.Protocol] == 1 {
			kinds = append(kinds, s.Protocol)
		}
		total++
	}
	remedy := "aws sns subscribe --topic-arn " + t.ARN + " --protocol email --notification-endpoint ADDRESS, and open the link in the mail"
	switch {
	case total > 0:
		n.fine("%s: %d confirmed (%s)", what, total, strings.Join(kinds, ", "))
	case t.Name == people:
		n.add(Fault, remedy, "%s: nobody has a confirmed subscription, so nobody hears of an alert", what)
	case t.Name == summaries:
		n.add(Warning, remedy, "%s: nobody has a confirmed subscription", what)
	case len(t.Subscriptions.Value) == 0:
		n.note("%s: no subscription", what)
	}
}

// week is how often a summary is due, with a day to spare.
const week = 8 * 24 * time.Hour

// activity judges when something was last seen. A quiet account has no denied
// calls and no alerts, so their absence alone is no fault.
func activity(n *notes, f Facts) {
	if known(n, f.LastRecord, "Last event") {
		if t := f.LastRecord.Value; t.IsZero() {
			n.note("Last event: none in %d days; if calls were refused, see the lines about trails and rules, and send one on purpose", int(Lookback.Hours()/24))
		} else {
			n.fine("Last event: %s", stamp(t))
		}
	}
	if known(n, f.LastAlert, "Last alert") {
		if t := f.LastAlert.Value; t.IsZero() {
			n.note("Last alert: none in %d days", int(Lookback.Hours()/24))
		} else {
			n.fine("Last alert: %s", stamp(t))
		}
	}
	if known(n, f.LastSummary, "Last summary") {
		switch t := f.LastSummary.Value; {
		case t.IsZero():
			n.note("Last summary: none yet")
		case f.Now.Sub(t) > week:
			n.add(Warning, "see the log of the function summary and the schedule's dead-letter queue; a SummarySchedule that is rarer than weekly makes this line harmless",
				"Last summary: %s, more than a week ago", stamp(t))
		default:
			n.fine("Last summary: %s", stamp(t))
		}
	}
}

func orNone(s string) string {
	if s == "" {
		return "not set"
	}
	return s
}
