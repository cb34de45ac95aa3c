package triage_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"chimewatch/pkg/chime"
	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/denial"
	"chimewatch/pkg/detect"
	"chimewatch/pkg/principal"
	"chimewatch/pkg/tally"
	"chimewatch/pkg/triage"
)

// now is when the cases play: long after the world began, in the middle of an
// hour, on a Wednesday.
var now = time.Date(2026, 3, 18, 10, 0, 0, 0, time.UTC)

const (
	home     = "10.0.0.8"     // private, so known
	stranger = "203.0.113.7"  // seen by nobody before
	other    = "198.51.100.9" // another one
	role     = "arn:aws:iam::111122223333:role/backend"
	instance = "arn:aws:chime:us-east-1:111122223333:app-instance/a"
	scp      = "arn:aws:organizations::1:policy/o-x/service_control_policy/p-y"
)

// world gathers the calls of a case.
type world struct {
	calls  []denial.Call
	config triage.Config
	asOf   time.Time
}

func newWorld() *world {
	return &world{config: triage.Default(), asOf: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)}
}

// change changes a call before it is added.
type change func(*denial.Call)

// refuse adds a denial of a workload on a known network by IAM, changed.
func (w *world) refuse(at time.Time, operation string, changes ...change) {
	c := denial.Call{
		Key:  cloudtrail.Key{Account: "111122223333", Region: "us-east-1", EventID: fmt.Sprintf("e%06d", len(w.calls))},
		Time: at, Outcome: denial.Refused, Cause: denial.IAM, Operation: operation,
		Critical: chime.Critical(operation), Read: chime.ReadOnly(operation),
		Principal: principal.Principal{Key: role, Type: "AssumedRole", Account: "111122223333", Role: true},
		Resource:  instance,
		UserAgent: "aws-cli/2.15.30 md/prompt#off",
		Message:   denial.Message{Policy: denial.IdentityBasedPolicy},
	}
	from(home)(&c)
	for _, f := range changes {
		f(&c)
	}
	w.calls = append(w.calls, c)
}

func from(source string) change {
	return func(c *denial.Call) {
		c.Source = netip.MustParseAddr(source)
		c.Public = !c.Source.IsPrivate()
	}
}

// on names a channel of the application.
func on(channel string) change {
	return func(c *denial.Call) {
		app, _, _ := strings.Cut(c.Resource, "/channel/")
		c.Resource = app + "/channel/" + channel
	}
}

// by makes another role the caller.
func by(name string) change {
	return func(c *denial.Call) { c.Principal.Key = "arn:aws:iam::111122223333:role/" + name }
}

// person makes the caller somebody of IAM Identity Center.
func person(c *denial.Call) {
	c.Principal = principal.Principal{Key: role + "/ana@example.com", Type: "AssumedRole", Account: "111122223333", Role: true, SSO: true}
}

// user makes it a refusal of an app user by the back end.
func user(name string) change {
	return func(c *denial.Call) {
		c.Cause, c.Bearer, c.Message = denial.AppRole, instance+"/user/"+name, denial.Message{}
		c.Principal = principal.Principal{Key: role, Type: "AssumedRole", Account: "111122223333", Role: true, WebIdentity: true}
	}
}

func organisation(c *denial.Call) {
	c.Message = denial.Message{Policy: denial.ServiceControlPolicy, Explicit: true, PolicyARN: scp}
}

// backendClient is what works with.
func backendClient(c *denial.Call) { c.UserAgent = "aws-sdk-java/2.20.1 m/E" }

func success(c *denial.Call) { c.Outcome, c.Cause, c.Message = denial.Success, "", denial.Message{} }

// subject returns what a kind of subject is called that has a tally of the
// caller's call.
var backend = tally.Subject{Kind: tally.Principal, Key: role}

// judged is what triage made of one subject.
type judged struct {
	findings  []triage.Finding
	signals   []triage.Signal
	incidents []*triage.State
	due       time.Time
}

// judge judges all hours of a subject, as an analysis does.
func (w *world) judge(s tally.Subject) judged {
	hasher := tally.NewHasher([]byte("test"))
	changes := tally.NewChanges(hasher)
	sightings := map[uint64]tally.Firsts{}
	for i := range w.calls {
		changes.Add(&w.calls[i])
	}
	for k, ref := range changes.Sightings() {
		f := sightings[k.Place]
		f.Add(k.Actor, ref, 16)
		sightings[k.Place] = f
	}
	policies := map[uint64]tally.History{}
	for _, p := range changes.Subjects() {
		if p.Kind == tally.Policy {
			policies[hasher.Policy(p)] = changes.History(p)
		}
	}
	t := triage.Triage{Config: w.config, Rules: detect.Default(), Hasher: hasher}
	history := changes.History(s)
	var out judged
	for _, h := range history {
		found := detect.Evaluate(t.Rules, s, h.Hour, history)
		if len(found) == 0 {
			continue
		}
		j := t.Judge(triage.Case{Subject: s, Hour: h.Hour, Findings: found, History: history, Sightings: sightings, Policies: policies, AsOf: w.asOf})
		out.findings, out.signals = append(out.findings, j.Findings...), append(out.signals, j.Signals...)
		if !j.Due.IsZero() && (out.due.IsZero() || j.Due.Before(out.due)) {
			out.due = j.Due
		}
	}
	slices.SortStableFunc(out.signals, func(a, b triage.Signal) int { return a.At.Compare(b.At) })
	out.incidents = t.Assemble(s, out.signals)
	for _, st := range out.incidents {
		st.Gather(out.findings)
	}
	return out
}

// severity is that of the gravest incident, 0 where there is none.
func (j judged) severity() (s triage.Severity) {
	for _, in := range j.incidents {
		s = max(s, in.Severity)
	}
	return s
}

// play is what happens to the backend, and how grave its gravest incident is
// then.
type play struct {
	name string
	play func(*world)
	want triage.Severity
}

func playAll(t *testing.T, plays []play) {
	for _, tt := range plays {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld()
			tt.play(w)
			wantSeverity(t, w.judge(backend), tt.want)
		})
	}
}

func wantSeverity(t *testing.T, j judged, want triage.Severity) {
	t.Helper()
	if got := j.severity(); got != want {
		var reasons []string
		for _, s := range j.signals {
			reasons = append(reasons, s.Severity.String()+": "+s.Reason)
		}
		t.Errorf("severity %v, want %v; signals %q", got, want, reasons)
	}
}

// reading are operations that are not critical and read, in a fixed order.
func reading() []string {
	var out []string
	for _, o := range chime.Operations() {
		if o.ReadOnly() && !o.Critical {
			out = append(out, o.Name)
		}
	}
	return out
}

// minutes is a time some minutes after now.
func minutes(n int) time.Time { return now.Add(time.Duration(n) * time.Minute) }
