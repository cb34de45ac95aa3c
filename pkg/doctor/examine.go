package doctor

import (
	"strings"
	"time"
)

// Examine judges facts. The lines come in the order in which an event travels:
// trail, rule, queue, table, alert, summary.
func Examine(f Facts) []Line {
	n := &notes{}
	if known(n, f.Caller, "Credentials") {
		n.fine("Credentials: %s", f.Caller.Value)
	}
	for _, t := range f.Trails {
		trails(n, f.Now, t)
	}
	if !deployment(n, f) {
		return n.lines
	}
	for _, r := range f.Rules {
		rule(n, r)
	}
	for _, q := range f.Queues {
		queue(n, q)
	}
	table(n, f.Table)
	for _, s := range f.Schedules {
		schedule(n, s)
	}
	for _, t := range f.Topics {
		topic(n, t)
	}
	activity(n, f)
	return n.lines
}

// deployment judges the stack and reports whether there is one to go on with.
func deployment(n *notes, f Facts) bool {
	if !known(n, f.Stack, "Deployment") {
		return false
	}
	s := f.Stack.Value
	switch {
	case s.Status == "":
		n.add(Fault, "deploy it with make deploy, or name the stack with --stack and its Region with --region; without a deployment, chimewatch watch and chimewatch analyze work with what there is",
			"Deployment: there is no stack %q in %s: nothing watches, nobody is told", s.Name, f.Region)
		return false
	case s.Status == "DELETE_COMPLETE" || s.Status == "REVIEW_IN_PROGRESS":
		n.add(Fault, "deploy it with make deploy", "Deployment: the stack %q in %s is %s", s.Name, f.Region, s.Status)
		return false
	case strings.HasSuffix(s.Status, "_FAILED") || s.Status == "ROLLBACK_COMPLETE":
		n.add(Fault, "see why with aws cloudformation describe-stack-events --stack-name "+s.Name+" --region "+f.Region+", then deploy it again",
			"Deployment: the stack %q in %s is %s", s.Name, f.Region, s.Status)
		return s.Status != "ROLLBACK_COMPLETE"
	case strings.HasSuffix(s.Status, "_IN_PROGRESS"):
		n.note("Deployment: the stack %q in %s is being changed (%s)", s.Name, f.Region, s.Status)
	default:
		n.fine("Deployment: the stack %q in %s is %s", s.Name, f.Region, s.Status)
	}
	return true
}

// late is after how long a trail that delivers nothing is worth a word: it
// writes a file about every five minutes while anything happens in the account.
const late = 24 * time.Hour

// trails judges what a Region logs. EventBridge gets an event only while some
// trail logs it:
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
func trails(n *notes, now time.Time, t Trails) {
	what := "Trail in " + t.Region
	if !known(n, t.Trails, what) {
		return
	}
	reads, writes, unknown := "", "", false
	for _, x := range t.Trails.Value {
		name := what + ", " + x.Name
		if !known(n, x.Status, name) {
			unknown = true
			continue
		}
		if !x.Status.Value.Logging {
			n.add(Warning, "aws cloudtrail start-logging --name "+x.ARN+" --region "+x.Home, "%s: it does not log", name)
			continue
		}
		if e := x.Status.Value.DeliveryError; e != "" {
			n.add(Warning, "check the bucket's policy and key: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html",
				"%s: it can't deliver to its bucket: %s", name, e)
		} else if d := x.Status.Value.Delivered; !d.IsZero() && now.Sub(d) > late {
			n.note("%s: it last delivered at %s", name, stamp(d))
		}
		if !known(n, x.Selectors, name) {
			unknown = true
			continue
		}
		if x.Selectors.Value.logs(true) && reads == "" {
			reads = x.Name
		}
		if x.Selectors.Value.logs(false) && writes == "" {
			writes = x.Name
		}
	}
	switch {
	case reads != "" && reads == writes:
		n.fine("%s: %s logs management events, reads and writes", what, reads)
	case reads != "" && writes != "":
		n.fine("%s: %s logs reads, %s logs writes", what, reads, writes)
	case unknown:
		n.add(Unknown, "ask whoever owns the trail (of an organisation: its management account) whether it logs all management events",
			"%s: it is not known whether some trail logs management events", what)
	case reads == "" && writes == "" && len(t.Trails.Value) == 0:
		n.add(Fault, "create a trail for all Regions: aws cloudtrail create-trail --name management --s3-bucket-name BUCKET --is-multi-region-trail, then aws cloudtrail start-logging --name management",
			"%s: there is no trail: no event reaches EventBridge and no log file is written", what)
	case reads == "" && writes == "":
		n.add(Fault, "let a trail log management events, read and write, chime.amazonaws.com not excluded: aws cloudtrail put-event-selectors; and start it",
			"%s: no trail logs management events of Chime: no denied call is seen", what)
	case reads == "":
		n.add(Fault, "let the trail log read events too: ReadWriteType All, or an advanced selector without readOnly",
			"%s: only writes are logged: denied List, Get and Describe calls are not seen", what)
	default:
		n.add(Fault, "let the trail log write events too: ReadWriteType All, or an advanced selector without readOnly",
			"%s: only reads are logged: denied changes are not seen", what)
	}
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }
