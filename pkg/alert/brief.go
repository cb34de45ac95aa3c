package alert

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"chimewatch/pkg/chime"
	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/denial"
	"chimewatch/pkg/detect"
	"chimewatch/pkg/principal"
	"chimewatch/pkg/tally"
	"chimewatch/pkg/triage"
)

// brief is what every form says about an incident, worked out once.
type brief struct {
	in       Input
	kind     tally.Kind
	rules    []detect.Description // of the findings, the gravest first
	title    string
	accounts []string // plain ids of the calls and their principals, sorted
	regions  []string // plain names, sorted
	causes   []denial.Cause
	evidence []item // in order of time
	attempts []attempt
	sources  []string // as recorded, the most frequent first
	keys     []string // access keys, likewise
	first    time.Time
	last     time.Time
	advised  *denial.Call // the call that advice is about, nil without calls
	advice   denial.Advice
	mark     string // put before and after names from records, for chats
}

// item is a piece of evidence: a call, or only where it is.
type item struct {
	ref  tally.Ref
	call *denial.Call
}

// attempt is what was tried, one row: calls of one operation with one answer.
type attempt struct {
	operation string
	answer    string // "iam", "app-role", ..., "succeeded"
	calls     int    // in evidence
	resources []string
	first     time.Time
}

func newBrief(in Input) *brief {
	b := &brief{in: in, kind: in.Incident.Subject.Kind}
	b.findRules()
	b.gather()
	b.count()
	b.advise()
	return b
}

// gravity orders rules by what a person should hear first.
var gravity = [...]detect.Rule{
	detect.Breakthrough, detect.QuarantinedKey, detect.RootDenied, detect.CriticalOperation, detect.Impersonation,
	detect.ForeignAccount, detect.CredentialSpread, detect.SharedSource, detect.CredentialFailure,
	detect.OperationEnumeration, detect.ResourceSweep, detect.SlowEnumeration, detect.SlowSweep,
	detect.DenialBurst, detect.RateAnomaly,
}

func (b *brief) findRules() {
	names := slices.Clone(b.in.Incident.Rules)
	for _, f := range b.in.Findings {
		if !slices.Contains(names, f.Rule) {
			names = append(names, f.Rule)
		}
	}
	for _, rule := range gravity {
		if !slices.Contains(names, rule) {
			continue
		}
		if d, ok := detect.Describe(rule); ok {
			b.rules = append(b.rules, d)
		}
	}
	switch {
	case b.kind == tally.Policy:
		b.title = "One organisation policy refuses many"
	case len(b.rules) > 0:
		b.title = b.rules[0].Title
	default:
		b.title = "Calls denied"
	}
}

// gather collects the evidence and its range in time.
func (b *brief) gather() {
	refs := slices.Clone(b.in.Incident.Trigger)
	for _, f := range b.in.Findings {
		refs = append(refs, f.Evidence...)
	}
	slices.SortFunc(refs, tally.Ref.Compare)
	refs = slices.CompactFunc(refs, func(x, y tally.Ref) bool { return x.Key == y.Key })
	for _, r := range refs {
		b.evidence = append(b.evidence, item{ref: r, call: b.in.Calls[r.Key]})
	}
	b.first, b.last = b.in.since(), b.in.Incident.LastSeen
	if len(refs) > 0 && (b.first.IsZero() || refs[0].Time.Before(b.first)) {
		b.first = refs[0].Time
	}
	if n := len(refs); n > 0 && refs[n-1].Time.After(b.last) {
		b.last = refs[n-1].Time
	}
}

// count works out what the calls have in common.
func (b *brief) count() {
	accounts, regions := set{}, set{}
	causes, sources, keys := tallyOf{}, tallyOf{}, tallyOf{}
	for _, it := range b.evidence {
		accounts.add(it.ref.Key.Account, cloudtrail.IsAccount)
		regions.add(it.ref.Key.Region, regionName)
		c := it.call
		if c == nil {
			continue
		}
		causes.add(string(c.Cause))
		sources.add(c.SourceName)
		keys.add(c.AccessKey)
		b.attempt(c)
	}
	for _, p := range b.in.Incident.Principals {
		if parts := strings.SplitN(p, ":", 6); len(parts) == 6 && parts[0] == "arn" {
			accounts.add(parts[4], cloudtrail.IsAccount)
		}
	}
	b.accounts, b.regions = accounts.sorted(), regions.sorted()
	for _, c := range causes.sorted() {
		b.causes = append(b.causes, denial.Cause(c))
	}
	b.sources, b.keys = sources.sorted(), keys.sorted()
	slices.SortStableFunc(b.attempts, func(x, y attempt) int {
		return cmp.Or(cmp.Compare(y.calls, x.calls), x.first.Compare(y.first), cmp.Compare(x.operation, y.operation))
	})
}

func (b *brief) attempt(c *denial.Call) {
	answer := string(c.Cause)
	if c.Outcome == denial.Success {
		answer = "SUCCEEDED"
	}
	i := slices.IndexFunc(b.attempts, func(a attempt) bool { return a.operation == c.Operation && a.answer == answer })
	if i < 0 {
		i = len(b.attempts)
		b.attempts = append(b.attempts, attempt{operation: c.Operation, answer: answer, first: c.Time})
	}
	a := &b.attempts[i]
	a.calls++
	if c.Resource != "" && !slices.Contains(a.resources, c.Resource) {
		a.resources = append(a.resources, c.Resource)
	}
}

// advise picks the call that stands for the incident: a refusal, of a critical
// operation if there is one and the verdict is not misconfiguration, else of
// the operation that was refused most.
func (b *brief) advise() {
	var best *denial.Call
	for _, it := range b.evidence {
		if c := it.call; c != nil && c.Outcome == denial.Refused && (best == nil || b.rank(c) > b.rank(best)) {
			best = c
		}
	}
	if best != nil {
		b.advised, b.advice = best, denial.Advise(best)
	}
}

func (b *brief) rank(c *denial.Call) int {
	n := 0
	for _, a := range b.attempts {
		if a.operation == c.Operation && a.answer == string(c.Cause) {
			n = a.calls
		}
	}
	if c.Critical && b.verdict() != triage.Misconfiguration {
		n += len(b.evidence)
	}
	return n
}

func (b *brief) severity() triage.Severity { return b.in.Incident.Severity }
func (b *brief) verdict() triage.Verdict   { return b.in.Incident.Verdict }

// resources returns those that the calls were about, without repeats.
func (b *brief) resources() []string {
	var out []string
	for _, a := range b.attempts {
		for _, r := range a.resources {
			if !slices.Contains(out, r) {
				out = append(out, r)
			}
		}
	}
	return out
}

// succeeded returns the first critical call in evidence that succeeded.
func (b *brief) succeeded() *denial.Call {
	for _, it := range b.evidence {
		if it.call != nil && it.call.Outcome == denial.Success && chime.Critical(it.call.Operation) {
			return it.call
		}
	}
	return nil
}

// attack returns the techniques of the rules, without repeats.
func (b *brief) attack() []string {
	out := []string{} // never null in JSON
	for _, d := range b.rules {
		for _, t := range d.Attack {
			if !slices.Contains(out, t) {
				out = append(out, t)
			}
		}
	}
	return out
}

// who names the subject for people.
func (b *brief) who(columns int) string {
	key := b.in.Incident.Subject.Key
	last := key[strings.LastIndexByte(key, '/')+1:]
	switch b.kind {
	case tally.Bearer:
		return "app user " + b.name(last, columns)
	case tally.AccessKey:
		return "access key " + b.name(key, columns)
	case tally.Network:
		return "network " + b.name(key, columns)
	case tally.Policy:
		return "policy " + b.name(last, columns)
	}
	return b.name(principal.ShortName(key), columns)
}

// name shows a name from a record within a sentence.
func (b *brief) name(s string, columns int) string { return b.mark + show(s, columns) + b.mark }

// set collects plain words.
type set map[string]bool

func (s set) add(word string, fit func(string) bool) {
	if fit(word) {
		s[word] = true
	}
}

func (s set) sorted() []string {
	out := make([]string, 0, len(s))
	for w := range s {
		out = append(out, w)
	}
	slices.Sort(out)
	return out
}

// tallyOf counts words.
type tallyOf map[string]int

func (t tallyOf) add(word string) {
	if word != "" {
		t[word]++
	}
}

// sorted returns the words, the most frequent first.
func (t tallyOf) sorted() []string {
	out := make([]string, 0, len(t))
	for w := range t {
		out = append(out, w)
	}
	slices.SortFunc(out, func(x, y string) int { return cmp.Or(cmp.Compare(t[y], t[x]), cmp.Compare(x, y)) })
	return out
}
