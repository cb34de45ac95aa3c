package dynamostore

import (
	"encoding/json"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/denial"
	"chimewatch/pkg/pipeline/storetest"
	"chimewatch/pkg/principal"
	"chimewatch/pkg/tally"
)

func testStore() *Store {
	c := DefaultConfig("t")
	c.Hasher, c.Now, c.Random = storetest.Hasher(), storetest.Now, rand.Uint64
	return &Store{config: c}
}

// Different records have different keys, whatever their parts hold, and no key
// is longer than DynamoDB takes.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
func TestEvidenceKeys(t *testing.T) {
	part := rapid.OneOf(rapid.StringMatching(`[a#~e0-]{0,4}`), rapid.String(), rapid.Just(strings.Repeat("x", 3000)))
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) cloudtrail.Key {
			return cloudtrail.Key{Account: part.Draw(t, name), Region: part.Draw(t, name), EventID: part.Draw(t, name)}
		}
		a, b := draw("a"), draw("b")
		if ka := evidenceKey(a); (ka == evidenceKey(b)) != (a == b) || len(ka.pk) > 2048 {
			t.Fatalf("%v and %v have the keys %v and %v", a, b, ka, evidenceKey(b))
		}
	})
	want := key{"e#111122223333#us-east-1#8d3f1f9e-0b5a-4c3d-9e8f-0123456789ab", "e"}
	if k := evidenceKey(cloudtrail.Key{Account: "111122223333", Region: "us-east-1", EventID: "8d3f1f9e-0b5a-4c3d-9e8f-0123456789ab"}); k != want {
		t.Errorf("key %v, want %v", k, want)
	}
}

// Keys that sort as times do.
func TestInstantsSort(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := func(name string) time.Time {
			return time.Unix(rapid.Int64Range(0, 1<<39).Draw(t, name), rapid.Int64Range(0, 999_999_999).Draw(t, name)).UTC()
		}
		a, b := at("a"), at("b")
		if a.Compare(b) != strings.Compare(instant(a), instant(b)) {
			t.Fatalf("%v and %v are %s and %s", a, b, instant(a), instant(b))
		}
	})
}

// Every field of a call comes back.
func TestCallsKeepEverything(t *testing.T) {
	s := testStore()
	c := denial.Call{
		Key: cloudtrail.Key{Account: "1", Region: "r", EventID: "e"}, Time: time.Unix(1764000000, 123).UTC(), Digest: 1<<64 - 1, Update: true,
		Principal: principal.Principal{Key: "k", Type: "t", Account: "a", Service: true, Role: true, SSO: true, WebIdentity: true},
		Operation: "o", Critical: true, Read: true, Outcome: denial.Refused, Cause: denial.IAM, Resource: "arn:r", Bearer: "arn:b",
		Source: netip.MustParseAddr("2001:db8::1"), Public: true, KnownSource: true, AccessKey: "i", Session: "s", Endpoint: "v", Through: "w",
		Foreign: true, BadBearer: true,
		Message:   denial.Message{Action: "a", Resource: "r", Cut: true, Policy: denial.SessionPolicy, Explicit: true, PolicyARN: "p"},
		ErrorCode: "c", ErrorText: "<m>\n\x1b", SourceName: "n", UserAgent: "u", RequestID: "q",
	}
	var fields map[string]any
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &fields); err != nil {
		t.Fatal(err)
	}
	for name, v := range fields {
		if v == nil || v == "" || v == false || v == 0.0 {
			t.Errorf("this test leaves the field %s empty", name)
		}
	}
	it, err := s.evidenceItem(&c, storetest.Now(), "w")
	if err != nil {
		t.Fatal(err)
	}
	got, err := unpackCall(c.Key, it)
	if d := cmp.Diff(c, got, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); err != nil || d != "" {
		t.Errorf("%v (-want +got):\n%s", err, d)
	}
	for _, c := range storetest.Traffic(31, 300) {
		it, err := s.evidenceItem(&c, storetest.Now(), "w")
		if err != nil {
			t.Fatal(err)
		}
		got, err := unpackCall(c.Key, it)
		if d := cmp.Diff(c, got, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); err != nil || d != "" {
			t.Fatalf("%v (-want +got):\n%s", err, d)
		}
	}
}

// Evidence is bounded, whatever a record holds, and cut at whole characters.
func TestEvidenceIsBounded(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	noise := func(n int) string {
		out := make([]rune, n)
		for i := range out {
			out[i] = rune(0x4e00 + r.IntN(20000))
		}
		return string(out)
	}
	c := denial.Call{
		Key: cloudtrail.Key{Account: "1", Region: "r", EventID: "e"}, Time: storetest.Now(), Principal: principal.Principal{Key: noise(5000), Type: noise(5000), Account: noise(5000)},
		Operation: "ListChannels", Outcome: denial.Refused, Resource: "arn:" + noise(5000), Bearer: "arn:" + noise(5000), AccessKey: noise(5000), Session: noise(5000),
		Endpoint: noise(5000), Through: noise(5000), Message: denial.Message{Action: noise(5000), Resource: noise(5000), PolicyARN: noise(5000)},
		ErrorCode: noise(5000), ErrorText: noise(5000), SourceName: noise(5000), UserAgent: noise(5000), RequestID: noise(5000),
	}
	it, err := testStore().evidenceItem(&c, storetest.Now(), "w")
	if err != nil {
		t.Fatal(err)
	}
	if n := it.size(); n > 16<<10 {
		t.Errorf("evidence of %d bytes", n)
	}
	got, err := unpackCall(c.Key, it)
	if err != nil || !strings.HasPrefix(c.UserAgent, got.UserAgent) || len(got.UserAgent) < maxText-4 || !strings.HasPrefix(got.Principal.Key, "sha256:") {
		t.Errorf("%v: user agent of %d bytes, principal %.20q", err, len(got.UserAgent), got.Principal.Key)
	}
}

// The evidence of an ordinary record takes one write unit: a kilobyte.
func TestEvidenceFitsAWriteUnit(t *testing.T) {
	channel := "arn:aws:chime:us-east-1:111122223333:app-instance/3c3c8c7e-0b5a-4c3d-9e8f-0123456789ab/channel/8d3f1f9e-0b5a-4c3d-9e8f-0123456789ab"
	c := denial.Call{
		Key:  cloudtrail.Key{Account: "111122223333", Region: "us-east-1", EventID: "9c1e5f0a-7b1d-4e44-8a55-6d2f3b7c9e01"},
		Time: storetest.Now(), Digest: 0x9e3779b97f4a7c15, Principal: principal.Principal{Key: "arn:aws:iam::111122223333:role/chat-backend", Type: "AssumedRole", Account: "111122223333", Role: true},
		Operation: "ListChannelMessages", Read: true, Outcome: denial.Refused, Cause: denial.IAM, Resource: channel,
		Bearer: "arn:aws:chime:us-east-1:111122223333:app-instance/3c3c8c7e-0b5a-4c3d-9e8f-0123456789ab/user/b7a1c9d4-1111-4222-8333-444455556666",
		Source: netip.MustParseAddr("203.0.113.77"), Public: true, SourceName: "203.0.113.77", AccessKey: "ASIAIOSFODNN7EXAMPLE", Session: "chat-backend-7f9c",
		ErrorCode: "AccessDeniedException",
		ErrorText: "User: arn:aws:sts::111122223333:assumed-role/chat-backend/chat-backend-7f9c is not authorized to perform: chime:ListChannelMessages on resource: " + channel + " because no identity-based policy allows the chime:ListChannelMessages action",
		UserAgent: "aws-sdk-java/2.34.3 md/io#sync md/http#Apache ua/2.1 api/Chime_SDK_Messaging#2.34.x os/Linux#5.10.227 lang/java#17.0.9 md/OpenJDK_64-Bit_Server_VM#17.0.9+8-LTS md/vendor#Amazon.com_Inc. md/en_US exec-env/AWS_ECS_FARGATE cfg/retry-mode#standard",
		RequestID: "5f0c1c7c-3d2f-4f0e-9a5e-1c6e8f7a9b10",
	}
	c.Message = denial.ParseMessage(c.ErrorText)
	it, err := testStore().evidenceItem(&c, storetest.Now(), "3w5e11264sgsf")
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d bytes", it.size())
	if n := it.size(); n > 1024 {
		t.Errorf("evidence of %d bytes", n)
	}
}

// Reports merge in any order to the same, within their bounds.
func TestReports(t *testing.T) {
	h := storetest.Hasher()
	r := rand.New(rand.NewPCG(5, 5))
	calls := storetest.Distinct(storetest.Traffic(41, 600))
	for i := range calls {
		calls[i].Operation = "Op" + string(rune('a'+i%26)) + string(rune('a'+i%17))
		calls[i].Source = netip.AddrFrom4([4]byte{198, 51, byte(i % 3), byte(i)})
	}
	merged := func() *report {
		out := &report{}
		for rest := calls; len(rest) > 0; {
			n := min(1+r.IntN(200), len(rest))
			part := &report{}
			for i := range rest[:n] {
				part.merge(h, reportOf(&rest[i], "k"))
			}
			out.merge(h, part)
			rest = rest[n:]
		}
		return out
	}
	want := merged()
	for range 20 {
		r.Shuffle(len(calls), func(i, j int) { calls[i], calls[j] = calls[j], calls[i] })
		if d := cmp.Diff(want, merged()); d != "" {
			t.Fatalf("in another order (-want +got):\n%s", d)
		}
	}
	if len(want.Operations) != maxOperations || len(want.Sources) != maxSources || want.Denials != len(calls) {
		t.Errorf("%d operations, %d sources, %d denials", len(want.Operations), len(want.Sources), want.Denials)
	}
	for address, n := range want.Sources {
		exact := 0
		for i := range calls {
			if calls[i].Source.String() == address {
				exact++
			}
		}
		if n != exact {
			t.Errorf("%d denials from %s, want %d", n, address, exact)
		}
	}
}

// An item of a later format is refused with what to do.
func TestLaterFormat(t *testing.T) {
	it := newItem(detailKey("p1", 5), time.Time{})
	it.setNumber("f", format+1)
	it.setBytes("b", tally.EncodeDetail(&tally.Detail{}))
	if _, err := decodeDetail(it, storetest.Now()); err == nil || !strings.Contains(err.Error(), "deploy a newer one") {
		t.Errorf("error %v", err)
	}
}
