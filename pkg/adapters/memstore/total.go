package memstore

import (
	"net/netip"
	"strings"

	"chimewatch/pkg/denial"
	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/tally"
)

// total is what one principal was refused.
type total struct {
	first, last tally.Ref
	kind        string
	account     string
	denials     int
	operations  map[string]int
	causes      map[denial.Cause]int
	sources     map[netip.Addr]int
}

func newTotal() *total {
	return &total{operations: map[string]int{}, causes: map[denial.Cause]int{}, sources: map[netip.Addr]int{}}
}

func (t *total) add(c *denial.Call) {
	ref := tally.Ref{Time: c.Time, Key: c.Key}
	if t.denials == 0 || ref.Compare(t.first) < 0 {
		t.first, t.kind, t.account = ref, c.Principal.Type, c.Principal.Account
	}
	if t.denials == 0 || ref.Compare(t.last) > 0 {
		t.last = ref
	}
	t.denials++
	t.operations[c.Operation]++
	t.causes[c.Cause]++
	if c.Source.IsValid() {
		t.sources[c.Source]++
	}
}

func (t *total) report(key string) pipeline.PrincipalReport {
	r := pipeline.PrincipalReport{
		Key: key, Type: t.kind, Account: t.account, Denials: t.denials,
		FirstSeen: t.first.Time, LastSeen: t.last.Time,
		Operations: t.operations, Causes: t.causes, Sources: make(map[string]int, len(t.sources)),
	}
	for a, n := range t.sources {
		r.Sources[a.String()] = n
	}
	return r
}

// interner keeps one copy of each text that recurs, and cuts texts loose from
// the record that they were read from.
type interner map[string]string

// maxInterned bounds the interner; beyond, texts are only copied.
const maxInterned = 1 << 18

func (in interner) text(s string) string {
	if s == "" {
		return ""
	}
	if t, ok := in[s]; ok {
		return t
	}
	t := strings.Clone(s)
	if len(in) < maxInterned {
		in[t] = t
	}
	return t
}

func (in interner) call(c denial.Call) denial.Call {
	for _, s := range []*string{
		&c.Key.Account, &c.Key.Region, &c.Principal.Key, &c.Principal.Type, &c.Principal.Account,
		&c.Operation, &c.Resource, &c.Bearer, &c.AccessKey, &c.ErrorCode, &c.ErrorText, &c.SourceName, &c.UserAgent,
		&c.Message.Action, &c.Message.Resource, &c.Message.PolicyARN, &c.Session, &c.Endpoint, &c.Through,
	} {
		*s = in.text(*s)
	}
	c.Key.EventID = strings.Clone(c.Key.EventID)
	c.RequestID = strings.Clone(c.RequestID)
	return c
}
