package detect_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/denial"
	"chimewatch/pkg/detect"
	"chimewatch/pkg/principal"
	"chimewatch/pkg/tally"
)

// The oracle says from the list of calls what the rules find, straight from
// their documented wording and without tallies, minute by minute. It is slow
// and shares no code with the evaluation.

type oracle struct {
	config detect.Config
	calls  []denial.Call
}

// pattern is a rule as the documentation words it.
type pattern struct {
	rule      detect.Rule
	subject   func(c denial.Call) (tally.Subject, bool)
	counts    func(c denial.Call) bool
	thing     func(c denial.Call) string // what distinct ones of are counted; nil: denials are
	threshold func(s tally.Subject) int
	minutes   int // window, or
	hours     int
}

func (o *oracle) patterns() []pattern {
	c := o.config
	actor := func(c denial.Call) (tally.Subject, bool) {
		if c.Cause == denial.AppRole && c.Bearer != "" {
			return tally.Subject{Kind: tally.Bearer, Key: c.Bearer}, true
		}
		return tally.Subject{Kind: tally.Principal, Key: c.Principal.Key}, true
	}
	who := func(c denial.Call) (tally.Subject, bool) {
		return tally.Subject{Kind: tally.Principal, Key: c.Principal.Key}, true
	}
	network := func(c denial.Call) string {
		if c.Source.Is4() {
			return netip.PrefixFrom(c.Source, 24).Masked().String()
		}
		return netip.PrefixFrom(c.Source, 48).Masked().String()
	}
	isBearer := func(c denial.Call) bool { s, _ := actor(c); return s.Kind == tally.Bearer }
	all := func(denial.Call) bool { return true }
	named := func(c denial.Call) bool { return c.Resource != "" }
	operation := func(c denial.Call) string { return c.Operation }
	resource := func(c denial.Call) string { return c.Resource }
	fixed := func(n int) func(tally.Subject) int { return func(tally.Subject) int { return n } }
	split := func(n, bearer int) func(tally.Subject) int {
		return func(s tally.Subject) int {
			if s.Kind == tally.Bearer {
				return bearer
			}
			return n
		}
	}
	return []pattern{
		{detect.DenialBurst, actor, all, nil, fixed(c.DenialBurst.Threshold), c.DenialBurst.Minutes, 0},
		{detect.OperationEnumeration, actor, all, operation, split(c.OperationEnumeration.Threshold, c.OperationEnumeration.Bearer), c.OperationEnumeration.Minutes, 0},
		{detect.SlowEnumeration, actor, all, operation, fixed(c.SlowEnumeration.Threshold), 0, c.SlowEnumeration.Hours},
		{detect.ResourceSweep, actor, named, resource, fixed(c.ResourceSweep.Threshold), c.ResourceSweep.Minutes, 0},
		{detect.SlowSweep, actor, named, resource, split(c.SlowSweep.Threshold, c.SlowSweep.Bearer), 0, c.SlowSweep.Hours},
		{detect.CriticalOperation, who, func(c denial.Call) bool { return c.Critical && c.Cause != denial.AppRole }, nil, fixed(1), c.CriticalOperation.Minutes, 0},
		{detect.CriticalOperation, actor, func(c denial.Call) bool { return c.Critical && isBearer(c) && c.Resource != "" },
			func(c denial.Call) string { return c.Operation + "\x00" + c.Resource }, fixed(c.CriticalOperation.Bearer), c.CriticalOperation.Minutes, 0},
		{detect.CredentialFailure, who, func(c denial.Call) bool { return c.Cause == denial.Credential }, nil, fixed(c.CredentialFailure.Threshold), 0, c.CredentialFailure.Hours},
		{detect.Impersonation, who, func(c denial.Call) bool {
			return c.Bearer != "" && (c.Cause == denial.IAM || c.Cause == denial.AppRole && strings.Contains(c.ErrorText, "invalid app instance user ARN"))
		}, func(c denial.Call) string { return c.Bearer }, fixed(c.Impersonation.Threshold), 0, c.Impersonation.Hours},
		{detect.QuarantinedKey, who, func(c denial.Call) bool {
			return strings.HasPrefix(c.Message.PolicyARN, "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantine")
		}, nil, fixed(1), c.QuarantinedKey.Minutes, 0},
		{detect.ForeignAccount, who, func(c denial.Call) bool { return c.Foreign }, nil, fixed(1), c.ForeignAccount.Minutes, 0},
		{detect.RootDenied, who, func(c denial.Call) bool { return c.Principal.Type == "Root" }, nil, fixed(1), c.RootDenied.Minutes, 0},
		{detect.CredentialSpread, func(c denial.Call) (tally.Subject, bool) {
			return tally.Subject{Kind: tally.AccessKey, Key: c.AccessKey}, c.AccessKey != ""
		}, func(c denial.Call) bool { return c.Public }, network, fixed(c.CredentialSpread.Threshold), 0, c.CredentialSpread.Hours},
		{detect.SharedSource, func(c denial.Call) (tally.Subject, bool) {
			if !c.Public {
				return tally.Subject{}, false
			}
			return tally.Subject{Kind: tally.Network, Key: network(c)}, true
		}, all, func(c denial.Call) string { return c.Principal.Key }, fixed(c.SharedSource.Threshold), 0, c.SharedSource.Hours},
	}
}

// brief is what is compared of a finding.
type brief struct {
	rule       detect.Rule
	subject    tally.Subject
	hour       tally.Hour
	start, end time.Time
	denials    int
}

func (b brief) String() string {
	return fmt.Sprintf("%s %s %q %s [%s, %s) %d", b.rule, b.subject.Kind, b.subject.Key, b.hour.Start().Format("01-02 15h"),
		b.start.Format("01-02 15:04"), b.end.Format("01-02 15:04"), b.denials)
}

func (o *oracle) findings() []brief {
	var out []brief
	for _, p := range o.patterns() {
		subjects := map[tally.Subject][]denial.Call{}
		for _, c := range o.calls {
			if s, ok := p.subject(c); ok && c.Outcome == denial.Refused && !c.Principal.Service && p.counts(c) {
				subjects[s] = append(subjects[s], c)
			}
		}
		for s, calls := range subjects {
			out = append(out, o.one(p, s, calls)...)
		}
	}
	return append(append(out, o.breakthrough()...), o.anomaly()...)
}

func (o *oracle) one(p pattern, s tally.Subject, calls []denial.Call) (out []brief) {
	done := map[tally.Hour]bool{}
	slices.SortFunc(calls, func(a, b denial.Call) int { return a.Time.Compare(b.Time) })
	for _, c := range calls {
		hour := tally.HourOf(c.Time)
		if done[hour] {
			continue
		}
		end := c.Time.Truncate(time.Minute).Add(time.Minute)
		start := end.Add(-time.Duration(p.minutes) * time.Minute)
		if p.hours > 0 {
			end = hour.Start().Add(time.Hour)
			start = end.Add(-time.Duration(p.hours) * time.Hour)
		}
		things, n := map[string]bool{}, 0
		for _, x := range calls {
			if !x.Time.Before(start) && x.Time.Before(end) {
				n++
				if p.thing != nil {
					things[p.thing(x)] = true
				}
			}
		}
		if p.thing != nil {
			n = len(things)
		}
		if n < p.threshold(s) {
			continue
		}
		done[hour] = true
		out = append(out, brief{p.rule, s, hour, start, end, inHour(calls, hour)})
	}
	return out
}

func inHour(calls []denial.Call, hour tally.Hour) (n int) {
	for _, c := range calls {
		if tally.HourOf(c.Time) == hour {
			n++
		}
	}
	return n
}

func (o *oracle) breakthrough() (out []brief) {
	done := map[string]bool{}
	calls := slices.Clone(o.calls)
	slices.SortFunc(calls, func(a, b denial.Call) int { return a.Time.Compare(b.Time) })
	for _, c := range calls {
		hour := tally.HourOf(c.Time)
		key := fmt.Sprint(c.Principal.Key, hour)
		if c.Outcome != denial.Success || !c.Critical || c.Principal.Service || done[key] {
			continue
		}
		end := c.Time.Truncate(time.Minute).Add(time.Minute)
		start := end.Add(-time.Duration(o.config.Breakthrough.Minutes) * time.Minute)
		held, n := false, 0
		for _, x := range calls {
			if x.Outcome != denial.Refused || x.Principal.Key != c.Principal.Key || !x.Critical || x.Cause == denial.AppRole {
				continue
			}
			if tally.HourOf(x.Time) == hour {
				n++
			}
			held = held || (x.Operation == c.Operation && !x.Time.Before(start) && x.Time.Before(end))
		}
		if held {
			done[key] = true
			out = append(out, brief{detect.Breakthrough, tally.Subject{Kind: tally.Principal, Key: c.Principal.Key}, hour, start, end, n})
		}
	}
	return out
}

func (o *oracle) anomaly() (out []brief) {
	perHour := map[tally.Subject]map[tally.Hour]int{}
	for _, c := range o.calls {
		if c.Outcome != denial.Refused || c.Principal.Service {
			continue
		}
		s := tally.Subject{Kind: tally.Principal, Key: c.Principal.Key}
		if c.Cause == denial.AppRole && c.Bearer != "" {
			s = tally.Subject{Kind: tally.Bearer, Key: c.Bearer}
		}
		if perHour[s] == nil {
			perHour[s] = map[tally.Hour]int{}
		}
		perHour[s][tally.HourOf(c.Time)]++
	}
	for s, hours := range perHour {
		for h, n := range hours {
			var before []float64
			for b := h - tally.Hour(o.config.RateAnomaly.Hours); b < h; b++ {
				if hours[b] > 0 {
					before = append(before, float64(hours[b]))
				}
			}
			if len(before) < o.config.RateAnomaly.Active {
				continue
			}
			slices.Sort(before)
			median := before[len(before)/2]
			if len(before)%2 == 0 {
				median = (before[len(before)/2-1] + before[len(before)/2]) / 2
			}
			if float64(n) > max(float64(o.config.RateAnomaly.Minimum), float64(o.config.RateAnomaly.Factor)*median) {
				out = append(out, brief{detect.RateAnomaly, s, h, h.Start(), h.Start().Add(time.Hour), n})
			}
		}
	}
	return out
}

// evaluated returns what the package finds in the same calls.
func evaluated(config detect.Config, calls []denial.Call) (out []brief) {
	ch := tally.NewChanges(tally.NewHasher([]byte("test")))
	for i := range calls {
		ch.Add(&calls[i])
	}
	for _, s := range ch.Subjects() {
		history := ch.History(s)
		for _, h := range history {
			found := detect.Evaluate(config, s, h.Hour, history)
			if f, ok := detect.EvaluateAnomaly(config, s, h.Hour, history); ok {
				found = append(found, f)
			}
			for _, f := range found {
				out = append(out, brief{f.Rule, f.Subject, f.Hour, f.Window.Start, f.Window.End, f.Denials})
			}
		}
	}
	return out
}

func sorted(list []brief) []string {
	slices.SortFunc(list, func(a, b brief) int {
		return cmp.Or(cmp.Compare(a.rule, b.rule), a.subject.Compare(b.subject), cmp.Compare(a.hour, b.hour))
	})
	out := make([]string, len(list))
	for i, b := range list {
		out[i] = b.String()
	}
	return out
}

func randomCalls(r *rand.Rand) []denial.Call {
	at := time.Date(2026, 3, 1, 20, 0, 0, 0, time.UTC)
	var out []denial.Call
	ops := []string{"ListChannels", "DescribeChannel", "GetChannelMessage", "SearchChannels", "DeleteChannel", "CreateAppInstanceAdmin", "RedactChannelMessage"}
	users := 1 + r.IntN(5)
	for i := range 5 + r.IntN(160) {
		switch r.IntN(16) {
		case 0:
			at = at.Add(time.Duration(r.IntN(90)) * time.Hour)
		case 1:
			at = at.Add(-time.Duration(r.IntN(40)) * time.Hour)
		case 2:
			at = at.Add(time.Duration(r.IntN(130)) * time.Minute)
		default:
			at = at.Add(time.Duration(r.IntN(70)) * time.Second)
		}
		op := ops[r.IntN(len(ops))]
		p := principal.Principal{Key: fmt.Sprintf("arn:aws:iam::1:role/r%d", r.IntN(3)), Type: "AssumedRole", Role: true}
		switch r.IntN(20) {
		case 0:
			p = principal.Principal{Key: "chime.amazonaws.com", Type: "AWSService", Service: true}
		case 1:
			p = principal.Principal{Key: "arn:aws:iam::1:root", Type: "Root"}
		}
		c := denial.Call{
			Key: cloudtrail.Key{Account: "1", Region: "us-east-1", EventID: fmt.Sprint(i)}, Time: at.Add(time.Duration(r.IntN(1000)) * time.Millisecond),
			Principal: p, Operation: op, Critical: op[0] == 'D' && op != "DescribeChannel" || op[0] == 'C' || op[0] == 'R',
			Outcome: denial.Refused, Cause: denial.Cause([]denial.Cause{denial.IAM, denial.IAM, denial.AppRole, denial.AppRole, denial.Credential, denial.Network}[r.IntN(6)]),
		}
		if r.IntN(6) == 0 {
			c.Outcome, c.Cause = denial.Success, ""
		}
		if r.IntN(4) > 0 {
			c.Resource = fmt.Sprintf("arn:aws:chime:us-east-1:1:app-instance/a/channel/%d", r.IntN(14))
		}
		if r.IntN(4) > 0 {
			c.Bearer = fmt.Sprintf("arn:aws:chime:us-east-1:1:app-instance/a/user/%d", r.IntN(users))
		}
		if c.Cause == denial.AppRole && r.IntN(3) == 0 {
			c.ErrorText, c.BadBearer = "An invalid app instance user ARN was supplied", true
		}
		if c.Cause == denial.IAM && r.IntN(30) == 0 {
			c.Message.PolicyARN = "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV2"
		}
		if r.IntN(5) > 0 {
			c.Source = netip.MustParseAddr([]string{"203.0.113.1", "203.0.113.200", "198.51.100.7", "192.0.2.1", "2001:db8:1::1", "2001:db8:1:2::1"}[r.IntN(6)])
			c.Public = true
		}
		c.Foreign = r.IntN(25) == 0
		if r.IntN(3) > 0 {
			c.AccessKey = []string{"AKIA1", "ASIA2"}[r.IntN(2)]
		}
		out = append(out, c)
	}
	return out
}

// On random calls the evaluation finds what the documented wording says, under
// the defaults and under random settings.
func TestAgreesWithTheWording(t *testing.T) {
	seen := map[detect.Rule]int{}
	seeds := 300
	if os.Getenv("CHIMEWATCH_THOROUGH") != "" {
		seeds = 1500
	}
	for seed := range uint64(seeds) {
		r := rand.New(rand.NewPCG(seed, 3))
		config := detect.Default()
		if seed%3 != 0 {
			for _, s := range config.Settings() {
				if r.IntN(2) == 0 {
					*s.Value = s.Min + r.IntN(min(s.Max, max(*s.Value, 8))-s.Min+1)
				}
			}
		}
		calls := randomCalls(r)
		o := oracle{config: config, calls: calls}
		want, got := sorted(o.findings()), sorted(evaluated(config, calls))
		for _, b := range o.findings() {
			seen[b.rule]++
		}
		if !slices.Equal(want, got) {
			for _, x := range want {
				if !slices.Contains(got, x) {
					t.Errorf("seed %d: missing   %s", seed, x)
				}
			}
			for _, x := range got {
				if !slices.Contains(want, x) {
					t.Errorf("seed %d: too much  %s", seed, x)
				}
			}
			t.FailNow()
		}
	}
	for _, d := range detect.Rules() {
		if seen[d.Rule] == 0 {
			t.Errorf("no corpus made %s fire", d.Rule)
		}
	}
	t.Log(seen)
}
