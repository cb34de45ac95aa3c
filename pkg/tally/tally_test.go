package tally

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/denial"
	"chimewatch/pkg/principal"
)

func TestHours(t *testing.T) {
	for _, c := range []struct {
		at     string
		hour   string
		minute int
		ofDay  int
	}{
		{"2026-03-01T00:00:00Z", "2026-03-01T00:00:00Z", 0, 0},
		{"2026-03-01T23:59:59.999Z", "2026-03-01T23:00:00Z", 59, 23},
		{"1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z", 0, 0},
		{"1969-12-31T23:59:59Z", "1969-12-31T23:00:00Z", 59, 23}, // before the epoch: rounded down, not to zero
		{"1969-12-31T00:00:01Z", "1969-12-31T00:00:00Z", 0, 0},
		{"0001-01-01T00:30:00Z", "0001-01-01T00:00:00Z", 30, 0},
		{"9999-12-31T23:59:00Z", "9999-12-31T23:00:00Z", 59, 23},
		{"2026-03-01T02:30:00+05:30", "2026-02-28T21:00:00Z", 0, 21}, // an offset that is not whole hours
	} {
		at, err := time.Parse(time.RFC3339Nano, c.at)
		if err != nil {
			t.Fatal(err)
		}
		h := HourOf(at)
		if got := h.Start().Format(time.RFC3339); got != c.hour {
			t.Errorf("%s: hour %s, want %s", c.at, got, c.hour)
		}
		if minuteOf(at) != c.minute || h.OfDay() != c.ofDay {
			t.Errorf("%s: minute %d, hour of the day %d", c.at, minuteOf(at), h.OfDay())
		}
		if first := h.Day().First(); h < first || h >= first+24 {
			t.Errorf("%s: hour %d is not in the day from %d", c.at, h, first)
		}
	}
}

// A set is exact up to K, and a union of parts is the set of all, whatever the
// order and however often.
func TestSetUnion(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Uint64Range(1, 60), 0, 200).Draw(t, "values")
		distinct := map[uint64]bool{}
		var whole, a, b Set
		for i, v := range values {
			distinct[v] = true
			whole.Add(v)
			if i%3 == 0 {
				a.Add(v)
			} else {
				b.Add(v)
			}
		}
		if want := min(len(distinct), K); len(whole) != want {
			t.Fatalf("%d elements, want %d", len(whole), want)
		}
		if !slices.IsSorted(whole) {
			t.Fatal("not sorted")
		}
		ab, ba := slices.Clone(a), slices.Clone(b)
		ab.Merge(b)
		ba.Merge(a)
		if !slices.Equal(ab, whole) || !slices.Equal(ba, whole) {
			t.Fatalf("union %v, %v, want %v", ab, ba, whole)
		}
		if ab.Merge(b) {
			t.Fatal("merging again changed it")
		}
	})
}

func TestFirstsKeepTheEarliest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 60).Draw(t, "n")
		type call struct {
			element uint64
			ref     Ref
		}
		var calls []call
		for i := range n {
			calls = append(calls, call{rapid.Uint64Range(1, 12).Draw(t, "element"),
				Ref{time.Unix(rapid.Int64Range(0, 20).Draw(t, "time"), 0).UTC(), cloudtrail.Key{EventID: fmt.Sprint(i)}}})
		}
		add := func(order []int) (f Firsts) {
			for _, i := range order {
				f.Add(calls[i].element, calls[i].ref, 5)
			}
			return f
		}
		order := make([]int, n)
		for i := range order {
			order[i] = i
		}
		want := add(order)
		earliest := map[uint64]Ref{}
		for _, c := range calls {
			r := earliest[c.element]
			r.earlier(c.ref)
			earliest[c.element] = r
		}
		for _, f := range want {
			if f.Ref != earliest[f.Element] {
				t.Fatalf("element %d: %v, the earliest is %v", f.Element, f.Ref, earliest[f.Element])
			}
		}
		if len(want) != min(5, len(earliest)) {
			t.Fatalf("%d elements kept of %d", len(want), len(earliest))
		}
		shuffled := rapid.Permutation(order).Draw(t, "order")
		if got := add(append(shuffled, order...)); !reflect.DeepEqual(got, want) {
			t.Fatalf("another order gives %v, want %v", got, want)
		}
	})
}

// flood makes calls that overflow every bound: an attacker who changes
// everything with every call.
func flood(r *rand.Rand, n, operations int) []denial.Call {
	start := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	out := make([]denial.Call, n)
	for i := range out {
		op := r.IntN(operations)
		c := denial.Call{
			Key:       cloudtrail.Key{Account: "111122223333", Region: "us-east-1", EventID: fmt.Sprintf("%08d", i)},
			Time:      start.Add(time.Duration(r.IntN(3600)) * time.Second),
			Principal: principal.Principal{Key: "arn:aws:iam::111122223333:role/r", Type: "AssumedRole", Role: true},
			Operation: fmt.Sprintf("Operation%d", op), Critical: op%3 == 0, Outcome: denial.Refused,
			Cause:    []denial.Cause{denial.IAM, denial.AppRole, denial.Credential}[r.IntN(3)],
			Resource: fmt.Sprintf("arn:aws:chime:::%d", r.IntN(1<<20)), Bearer: fmt.Sprintf("arn:aws:chime:::user/%d", r.IntN(3)),
			Source: netip.AddrFrom4([4]byte{8, byte(r.IntN(256)), byte(r.IntN(256)), 1}), Public: true, AccessKey: "ASIA1",
		}
		if r.IntN(20) == 0 {
			c.Outcome, c.Cause = denial.Success, ""
		}
		if r.IntN(4) == 0 {
			c.Message = denial.Message{Policy: denial.ServiceControlPolicy, Explicit: true}
		}
		out[i] = c
	}
	return out
}

// Merging what parts add, in any order, gives what adding all at once gives,
// also where every bound overflows.
func TestMergeDoesNotDependOnOrder(t *testing.T) {
	for seed := range uint64(30) {
		r := rand.New(rand.NewPCG(seed, 1))
		calls := flood(r, 600, 1+r.IntN(40))
		h := NewHasher([]byte("k"))
		whole := NewChanges(h)
		for i := range calls {
			whole.Add(&calls[i])
		}
		r.Shuffle(len(calls), func(i, j int) { calls[i], calls[j] = calls[j], calls[i] })
		merged := map[At]*Tally{}
		for len(calls) > 0 {
			n := min(1+r.IntN(90), len(calls))
			part := NewChanges(h)
			for i := range calls[:n] {
				part.Add(&calls[i])
			}
			calls = calls[n:]
			for _, at := range part.Places() {
				if merged[at] == nil {
					merged[at] = &Tally{}
				}
				merged[at].Merge(part.Tally(at))
			}
		}
		if len(merged) != len(whole.Places()) {
			t.Fatalf("seed %d: %d places, want %d", seed, len(merged), len(whole.Places()))
		}
		for _, at := range whole.Places() {
			if !reflect.DeepEqual(merged[at].Clone(), whole.Tally(at).Clone()) {
				t.Fatalf("seed %d: the tally of %v depends on the order", seed, at)
			}
			if d := whole.Tally(at).Detail; d != nil && len(d.Cells) > MaxCells {
				t.Fatalf("seed %d: %d cells", seed, len(d.Cells))
			}
		}
	}
}

// A flood of one operation does not push the others out of the cells.
func TestFloodDoesNotHideOperations(t *testing.T) {
	ch := NewChanges(NewHasher([]byte("k")))
	calls := flood(rand.New(rand.NewPCG(1, 1)), 3000, 1)
	for i, op := range []string{"ListChannels", "DescribeChannel", "DeleteChannel"} {
		c := calls[i]
		c.Outcome, c.Cause, c.Operation = denial.Refused, denial.IAM, op
		calls = append(calls, c)
	}
	for i := range calls {
		ch.Add(&calls[i])
	}
	seen := map[string]int{}
	for _, c := range ch.Tally(At{Subject{Principal, "arn:aws:iam::111122223333:role/r"}, HourOf(calls[0].Time)}).Detail.Cells {
		seen[c.Operation]++
	}
	for _, op := range []string{"ListChannels", "DescribeChannel", "DeleteChannel"} {
		if seen[op] != 1 {
			t.Errorf("%s has %d cells, want 1, beside %v", op, seen[op], seen)
		}
	}
}

func TestServicePrincipalsCountTowardNothing(t *testing.T) {
	ch := NewChanges(NewHasher(nil))
	ch.Add(&denial.Call{Outcome: denial.Refused, Principal: principal.Principal{Key: "chime.amazonaws.com", Service: true}})
	if got := ch.Places(); len(got) != 0 {
		t.Errorf("tallies at %v", got)
	}
}

// Tables hold these hashes for as long as tallies are kept, so they stay what
// they are.
func TestHashesStay(t *testing.T) {
	h := NewHasher([]byte("x"))
	for name, c := range map[string]struct{ got, want uint64 }{
		"worked":       {h.Worked(5), 3930690535200530479},
		"worked as":    {h.WorkedAs(77, 1<<63), 14407307205871393376},
		"roams":        {h.Roams(3), 14399511401471185095},
		"did":          {h.Did(0xabcdef, 9), 15667637724757662685},
		"does":         {h.Does("1", 2), 217774925352516002},
		"born":         {h.Born(4), 15416019976121972421},
		"began":        {h.Began("1"), 3189844971788218350},
		"uses":         {h.Uses(3), 3786472338833072747},
		"client":       {h.Client("aws-cli/2.15.30 md/prompt#off"), 12805469983047101296},
		"refused":      {h.Refused(Principal, 3, 4), 9443995070499181374},
		"IPv4 network": {h.Network(netip.MustParsePrefix("203.0.113.0/24")), 3714066034106510851},
		"IPv6 network": {h.Network(netip.MustParsePrefix("2001:db8::/48")), 7634805283749686709},
	} {
		if c.got != c.want {
			t.Errorf("%s: %d, want %d", name, c.got, c.want)
		}
	}
}

// A client is the SDK and its version, not the host it runs on or the call it
// makes; where none is named it is the whole user agent.
func TestClients(t *testing.T) {
	h := NewHasher(nil)
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"aws-cli/2.15.30 os/linux#6.1 md/command#chime.list", "aws-cli/2.15.30 os/linux#6.8 md/command#chime.get", true},
		{"aws-cli/2.15.30", "aws-cli/2.15.31", false},
		{"aws-sdk-go-v2/1.30.3", "aws-sdk-go/1.30.3", false},
		{"Mozilla/5.0 Chrome/140.0", "Mozilla/5.0 Chrome/141.0", false},
		{"", "Mozilla/5.0 Chrome/141.0", false},
	} {
		if got := h.Client(c.a) == h.Client(c.b); got != c.same {
			t.Errorf("%q and %q: the same %v, want %v", c.a, c.b, got, c.same)
		}
	}
}
