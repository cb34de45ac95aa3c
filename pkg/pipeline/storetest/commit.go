package storetest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/denial"
	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/principal"
	"chimewatch/pkg/tally"
)

func earlier(d time.Duration) time.Time { return Now().Add(-d) }

func wantReceipts(t *testing.T, got []pipeline.Receipt, want ...pipeline.Receipt) {
	t.Helper()
	if !slices.Equal(want, got) {
		t.Fatalf("receipts %v, want %v", got, want)
	}
}

func receipts(t *testing.T, s pipeline.Store) {
	a := refused(earlier(2*time.Hour), role(0), "ListChannels")
	b := refused(earlier(1*time.Hour), role(0), "DeleteChannel")
	other := b
	other.Digest++
	wantReceipts(t, commit(t, s, a, b, a, other), pipeline.Added, pipeline.Added, pipeline.Duplicate, pipeline.Conflict)
	wantReceipts(t, commit(t, s, other, a), pipeline.Conflict, pipeline.Duplicate)
	elsewhere := a
	elsewhere.Key.Region = "eu-central-1"
	abroad := a
	abroad.Key.Account = "444455556666"
	wantReceipts(t, commit(t, s, elsewhere, abroad), pipeline.Added, pipeline.Added)
	Expect([]denial.Call{a, b, elsewhere, abroad}).Check(t, s)
}

// firstWins: what comes second under a key changes nothing, whatever it says.
func firstWins(t *testing.T, s pipeline.Store) {
	first := refused(earlier(time.Hour), role(0), "ListChannels")
	forged := refused(earlier(30*time.Hour), role(1), "DeleteChannel")
	forged.Key, forged.Source, forged.AccessKey = first.Key, first.Source.Next(), "AKIAEXAMPLE"
	wantReceipts(t, commit(t, s, first, forged), pipeline.Added, pipeline.Conflict)
	wantReceipts(t, commit(t, s, forged), pipeline.Conflict)
	Expect([]denial.Call{first}).Check(t, s)
	if h := everything(t, s, []tally.Subject{{Kind: tally.Principal, Key: forged.Principal.Key}, {Kind: tally.AccessKey, Key: forged.AccessKey}}); len(h[0])+len(h[1]) != 0 {
		t.Fatalf("the conflict was counted: %v", h)
	}
}

// update: CloudTrail delivers an update of a record under the record's key.
func update(t *testing.T, s pipeline.Store) {
	original := refused(earlier(2*time.Hour), role(0), "ListChannels")
	updated := original
	updated.Update, updated.Digest, updated.UserAgent = true, original.Digest+1, "later"
	wantReceipts(t, commit(t, s, original, updated), pipeline.Added, pipeline.Duplicate)
	wantReceipts(t, commit(t, s, updated), pipeline.Duplicate)
	Expect([]denial.Call{original}).Check(t, s)

	late := refused(earlier(1*time.Hour), role(0), "ListChannels")
	early := late
	early.Update, early.Digest = true, late.Digest+1
	wantReceipts(t, commit(t, s, early), pipeline.Added)
	wantReceipts(t, commit(t, s, late), pipeline.Duplicate)
}

func ignored(t *testing.T, s pipeline.Store) {
	failed := refused(earlier(2*time.Hour), role(0), "ListChannels")
	failed.Outcome, failed.Cause = denial.Other, ""
	fine := refused(earlier(1*time.Hour), role(0), "ListChannels")
	fine.Outcome, fine.Cause = denial.Success, ""
	critical := refused(earlier(3*time.Hour), role(0), "DeleteChannel")
	critical.Outcome, critical.Cause = denial.Success, ""
	wantReceipts(t, commit(t, s, failed, fine, critical), pipeline.Ignored, pipeline.Ignored, pipeline.Added)
	Expect([]denial.Call{critical}).Check(t, s)
	got, err := s.Evidence(ctx(), []cloudtrail.Key{failed.Key, fine.Key})
	must(t, err)
	if len(got) != 0 {
		t.Errorf("evidence is kept of what counts toward nothing: %v", got)
	}
}

// servicePrincipal: a denial of a service is counted, with evidence, under no
// subject.
func servicePrincipal(t *testing.T, s pipeline.Store) {
	c := refused(earlier(time.Hour), principal.Principal{Key: "messaging.chime.amazonaws.com", Type: "AWSService", Service: true}, "DeleteChannel")
	wantReceipts(t, commit(t, s, c), pipeline.Added)
	wantReceipts(t, commit(t, s, c), pipeline.Duplicate)
	Expect([]denial.Call{c}).Check(t, s)
	if h := everything(t, s, []tally.Subject{{Kind: tally.Principal, Key: c.Principal.Key}, {Kind: tally.Network, Key: "198.51.100.0/24"}}); len(h[0])+len(h[1]) != 0 {
		t.Fatalf("tallies of a service: %v", h)
	}
}

// hostileText: keys may hold anything, be long, and differ in little.
func hostileText(t *testing.T, s pipeline.Store) {
	long := strings.Repeat("x", 5000)
	var calls []denial.Call
	for i, key := range []string{
		"a", "A", "a#b", "a\x00b", "a\x00", "\xff\xfe", "a\nb", "\u202e", "é", "e\u0301", long, long + "y", "sha256:" + long, "",
	} {
		c := refused(earlier(time.Duration(i+1)*time.Minute), principal.Principal{Key: key, Type: "IAMUser"}, "ListChannels")
		c.ErrorText, c.Message = "", denial.Message{}
		calls = append(calls, c)
	}
	commit(t, s, calls...)
	want := Expect(calls)
	want.Evidence = nil // a store may cut texts
	want.Check(t, s)
}

// manySubjects: one batch of more calls and subjects than any request takes.
func manySubjects(t *testing.T, s pipeline.Store) {
	var calls []denial.Call
	for i := range 130 {
		p := role(0)
		p.Key = fmt.Sprint(p.Key, i)
		c := refused(earlier(time.Duration(i)*time.Minute+time.Hour), p, "SendChannelMessage")
		c.AccessKey = fmt.Sprint("AKIA", i)
		calls = append(calls, finish(c))
	}
	commit(t, s, calls...)
	Expect(calls).Check(t, s)
}

// storm: one principal is refused again and again, never the same call twice.
func storm(t *testing.T, s pipeline.Store) {
	r := rand.New(rand.NewPCG(1, 2))
	calls := make([]denial.Call, Size(3000))
	for i := range calls {
		c := randomCall(r)
		at := Now().Truncate(time.Hour).Add(-2 * time.Hour).Add(time.Duration(r.IntN(3600)) * time.Second)
		c.Time, c.Principal, c.Resource, c.Bearer = at, role(0), fmt.Sprint(resource, i), fmt.Sprint(bearer, i)
		c.Outcome, c.Cause, c.BadBearer = denial.Refused, denial.IAM, false
		calls[i] = c
	}
	for batch := range slices.Chunk(calls, len(calls)/3) {
		commit(t, s, batch...)
	}
	Expect(calls).Check(t, s)
}

// concurrent: eight writers with overlapping batches count every call once.
func concurrent(t *testing.T, s pipeline.Store) {
	calls := Distinct(Traffic(7, Size(400)))
	n := len(calls) / 4 * 4
	calls = calls[:n]
	var mu sync.Mutex
	var wg sync.WaitGroup
	added := map[cloudtrail.Key]int{}
	for w := range 8 {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(uint64(w), 1))
			mine := slices.Clone(calls)
			r.Shuffle(len(mine), func(i, j int) { mine[i], mine[j] = mine[j], mine[i] })
			mine = mine[:n*3/4]
			if w < 4 {
				mine = slices.Concat(mine, calls[n/4*w:n/4*(w+1)]) // each call by somebody
			}
			for len(mine) > 0 {
				n := min(1+r.IntN(60), len(mine))
				got, err := s.Commit(ctx(), mine[:n])
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				for i, receipt := range got {
					switch receipt {
					case pipeline.Added:
						added[mine[i].Key]++
					case pipeline.Failed, pipeline.Conflict, pipeline.Expired:
						t.Errorf("receipt %d for %v", receipt, mine[i].Key)
					}
				}
				mu.Unlock()
				mine = mine[n:]
			}
		})
	}
	wg.Wait()
	if t.Failed() {
		return
	}
	for key, n := range added {
		if n != 1 {
			t.Errorf("%v was added %d times", key, n)
		}
	}
	Expect(calls).Check(t, s)
}

// anyOrder: what a store holds is a function of the set of calls.
func anyOrder(t *testing.T, open func(t *testing.T) pipeline.Store) {
	for seed := range uint64(Size(3)) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 99))
			calls := Distinct(Traffic(seed, 1+r.IntN(250)))
			var deliveries []denial.Call
			for _, c := range calls {
				for range 1 + r.IntN(5)/4 + r.IntN(2) {
					deliveries = append(deliveries, c)
				}
			}
			r.Shuffle(len(deliveries), func(i, j int) { deliveries[i], deliveries[j] = deliveries[j], deliveries[i] })
			s := open(t)
			added := 0
			for rest := deliveries; len(rest) > 0; {
				n := min(1+r.IntN(120), len(rest))
				for _, receipt := range commit(t, s, rest[:n]...) {
					if receipt == pipeline.Added {
						added++
					}
				}
				rest = rest[n:]
			}
			e := Expect(calls)
			if added != len(e.Evidence) {
				t.Errorf("%d added, want %d", added, len(e.Evidence))
			}
			e.Check(t, s)
		})
	}
}
