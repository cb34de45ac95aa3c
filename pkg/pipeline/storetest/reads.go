package storetest

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"testing"
	"time"

	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/denial"
	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/tally"
)

// nothingAsked: empty questions have empty answers.
func nothingAsked(t *testing.T, s pipeline.Store) {
	commit(t, s)
	h, err := s.Histories(ctx(), nil)
	must(t, err)
	seen, err := s.Sightings(ctx(), nil)
	must(t, err)
	p, err := s.Policies(ctx(), nil, 0, 10)
	must(t, err)
	e, err := s.Evidence(ctx(), nil)
	must(t, err)
	if len(h)+len(seen)+len(p)+len(e) != 0 {
		t.Error("something came of nothing")
	}
	must(t, s.PutJudgements(ctx(), nil))
	must(t, s.MarkSent(ctx(), nil))
	must(t, s.PutWaiting(ctx(), nil))
	must(t, s.DoneWaiting(ctx(), nil))
}

func notThere(t *testing.T, s pipeline.Store) {
	subject := tally.Subject{Kind: tally.Principal, Key: "nobody"}
	if h := everything(t, s, []tally.Subject{subject}); len(h[0]) != 0 {
		t.Errorf("history %v of an unknown subject", h)
	}
	seen, err := s.Sightings(ctx(), []uint64{1})
	must(t, err)
	p, err := s.Policies(ctx(), []uint64{1}, 0, 10)
	must(t, err)
	e, err := s.Evidence(ctx(), []cloudtrail.Key{{Account: account, Region: "us-east-1", EventID: "x"}})
	must(t, err)
	if len(seen[1])+len(p[1])+len(e) != 0 {
		t.Error("something came of nothing")
	}
	_, version, err := s.Incidents(ctx(), subject)
	must(t, err)
	if version != 0 {
		t.Errorf("version %d without an incident", version)
	}
	f, err := s.Judgements(ctx(), subject, 0, tally.HourOf(Now()))
	must(t, err)
	a, err := s.PendingAlerts(ctx(), []tally.Subject{subject}, 10)
	must(t, err)
	w, err := s.DueWaiting(ctx(), Now(), 10)
	must(t, err)
	if len(f)+len(a)+len(w) != 0 {
		t.Error("something came of nothing")
	}
}

// historyRanges: each query has its own hours, for summaries and for details.
func historyRanges(t *testing.T, s pipeline.Store) {
	last := tally.HourOf(Now())
	by := role(0)
	var calls []denial.Call
	for i := range 60 {
		calls = append(calls, refused((last-tally.Hour(i)).Start().Add(time.Minute), by, "ListChannels"))
	}
	commit(t, s, calls...)
	subject := tally.Subject{Kind: tally.Principal, Key: by.Key}
	all := Expect(calls).Histories[subject]
	queries := []pipeline.Query{
		{Subject: subject, First: last - 30, Last: last - 20, FirstDetail: last - 25, LastDetail: last - 24},
		{Subject: subject, First: last - 5000, Last: last + 5, FirstDetail: 1, LastDetail: 0},
		{Subject: subject, First: last, Last: last - 1},
		{Subject: subject, First: last, Last: last, FirstDetail: last, LastDetail: last},
		{Subject: tally.Subject{Kind: tally.Principal, Key: "nobody"}, First: last - 30, Last: last},
		{Subject: subject, First: last - 30, Last: last - 20, FirstDetail: last - 25, LastDetail: last - 24},
		{Subject: subject, First: last - 30, Last: last - 20, FirstDetail: last - 22, LastDetail: last - 18},
		{Subject: subject, First: 1, Last: 0, FirstDetail: last - 3, LastDetail: last - 2},
	}
	got, err := s.Histories(ctx(), queries)
	must(t, err)
	if len(got) != len(queries) {
		t.Fatalf("%d histories for %d queries", len(got), len(queries))
	}
	for i, q := range queries {
		var want tally.History
		if q.Subject == subject {
			for _, h := range all {
				h.Tally = h.Tally.Clone()
				summed, detailed := h.Hour >= q.First && h.Hour <= q.Last, h.Hour >= q.FirstDetail && h.Hour <= q.LastDetail
				if !summed {
					h.Tally.Summary = tally.Summary{}
				}
				if !detailed {
					h.Tally.Detail = nil
				}
				if summed || detailed {
					want = append(want, h)
				}
			}
		}
		if d := diff(want, got[i]); d != "" {
			t.Errorf("query %d (-want +got):\n%s", i, d)
		}
	}
	// What is returned belongs to the caller.
	for _, h := range got[1] {
		h.Tally.Merge(&tally.Tally{Summary: tally.Summary{Denials: 100, Operations: tally.Set{1}}})
	}
	Expect(calls).Check(t, s)
}

// subjectsApart: subjects of one key and different kinds have nothing in common.
func subjectsApart(t *testing.T, s pipeline.Store) {
	c := refused(earlier(time.Hour), role(0), "ListChannels")
	c.Principal.Key = bearer + "1" // an ARN that is the caller's to write
	c.AccessKey, c.Resource = c.Principal.Key, c.Principal.Key
	app := refused(earlier(2*time.Hour), role(0), "ListChannels")
	app.Cause, app.Bearer = denial.AppRole, c.Principal.Key
	commit(t, s, c, app)
	Expect([]denial.Call{c, app}).Check(t, s)
}

func evidence(t *testing.T, s pipeline.Store) {
	calls := Distinct(Traffic(3, 250))
	commit(t, s, calls...)
	keys := make([]cloudtrail.Key, 0, 2*len(calls))
	for _, c := range calls {
		keys = append(keys, c.Key, cloudtrail.Key{Account: c.Key.Account, Region: "nowhere", EventID: c.Key.EventID})
	}
	keys = append(keys, keys[0], keys[0]) // asked for twice
	got, err := s.Evidence(ctx(), keys)
	must(t, err)
	if d := diff(Expect(calls).Evidence, got); d != "" {
		t.Errorf("evidence (-want +got):\n%s", d)
	}
}

// sightings: the earliest actors of a place, in whatever order they come, of
// denials and of successes.
func sightings(t *testing.T, s pipeline.Store) {
	var calls []denial.Call
	for i := range tally.MaxSightings + 6 {
		for day := range 3 {
			p := role(0)
			p.Key = fmt.Sprint(p.Key, i)
			calls = append(calls, refused(earlier(time.Duration(24*day+i+1)*time.Hour), p, "ListChannels"))
		}
	}
	office := refused(earlier(90*time.Hour), role(1), "ListChannels")
	office.KnownSource = true
	private := refused(earlier(91*time.Hour), role(1), "ListChannels")
	private.Source, private.SourceName = netip.MustParseAddr("10.0.0.1"), ""
	worked := refused(earlier(92*time.Hour), role(2), "ListChannels") // counts toward nothing else
	worked.Outcome, worked.Cause, worked.ErrorCode, worked.ErrorText, worked.Message = denial.Success, "", "", "", denial.Message{}
	calls = append(calls, office, finish(private), worked)
	for i := range calls { // one at a time, those of the middle first
		commit(t, s, calls[(i*7+5)%len(calls)])
	}
	want := Expect(calls)
	most := 0
	for _, seen := range want.Sightings {
		most = max(most, len(seen))
	}
	if most != tally.MaxSightings {
		t.Fatalf("the test expects %d sightings, want the bound", most)
	}
	want.Check(t, s)
}

// policies: asked for by hash, with details, for the hours asked for.
func policies(t *testing.T, s pipeline.Store) {
	var calls []denial.Call
	last := tally.HourOf(Now())
	for i := range 40 {
		p := role(0)
		p.Key = fmt.Sprint(p.Key, i)
		c := refused((last - tally.Hour(i%4)).Start().Add(time.Duration(i)*time.Minute/2), p, "ListChannels")
		c.Message = denial.Message{Policy: denial.ServiceControlPolicy, Explicit: true, PolicyARN: fmt.Sprint(scp, i%2)}
		calls = append(calls, c)
	}
	commit(t, s, calls...)
	e := Expect(calls)
	e.Check(t, s)
	hashes := slices.Sorted(maps.Keys(e.Policies))
	got, err := s.Policies(ctx(), append(hashes, 12345), last-2, last-1)
	must(t, err)
	for _, p := range hashes {
		if d := diff(e.Policies[p].Range(last-2, last-1), got[p]); d != "" {
			t.Errorf("policy %x (-want +got):\n%s", p, d)
		}
	}
}
