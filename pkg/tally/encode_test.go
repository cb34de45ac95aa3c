package tally

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"chimewatch/pkg/cloudtrail"
)

// itemBound is what one stored item may hold at most, less room for its key and
// what else it says.
const itemBound = 64<<10 - 500

// full makes sets, firsts and refs that are as large as they can get.
type full struct {
	r           *rand.Rand
	n           int
	nanoseconds int64
}

func (f *full) set() Set {
	var s Set
	for len(s) < K {
		s.Add(f.r.Uint64() | 1)
	}
	return s
}

// ref returns a call of its own account with an event id of 40 bytes, and the
// time in seconds, as CloudTrail writes it:
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
func (f *full) ref() Ref {
	f.n++
	return Ref{
		Time: time.Unix(1764000000+int64(f.n), f.nanoseconds).UTC(),
		Key:  cloudtrail.Key{Account: fmt.Sprintf("%012d", f.n), Region: fmt.Sprint("us-east-", f.n%35), EventID: fmt.Sprintf("id:%037d", f.n)},
	}
}

func (f *full) firsts(limit int) Firsts {
	var out Firsts
	for range limit {
		out.Add(f.r.Uint64(), f.ref(), limit)
	}
	return out
}

func (f *full) operations() []OperationMinutes {
	var out []OperationMinutes
	for i := range K {
		addMinutes(&out, OperationMinutes{fmt.Sprintf("DeleteMessagingStreamingConfigurations%02d", i), 1<<60 - 1})
	}
	return out
}

func (f *full) summary() Summary {
	s := Summary{
		Denials: 1<<32 - 1, Resourced: 1<<32 - 1, Operations: f.set(), Resources: f.set(), Networks: f.set(),
		Critical: 1<<32 - 1, Credential: 1<<32 - 1, Claims: 1<<32 - 1, Bearers: f.set(), Clients: f.set()[:MaxClients],
		Quarantined: 1<<32 - 1, Foreign: 1<<32 - 1, Root: 1<<32 - 1,
		Refused: f.operations(), Succeeded: f.operations(), Firsts: f.firsts(limitFirsts),
	}
	for m := MarkCritical; m < markCount; m++ {
		s.Marks[m] = f.firsts(limitFirsts)
	}
	return s
}

// detail is that of a bearer: of the actors those with the most sets. It has
// more operations than there are, with names longer than the average.
func (f *full) detail(minutes, cells int) *Detail {
	d := &Detail{}
	for m := range minutes {
		*d.minute(uint8(m)) = Minute{At: uint8(m), Denials: 1<<32 - 1, Operations: f.set(), Resources: f.set(), Pairs: f.set(), First: f.ref()}
	}
	for i := range cells {
		d.addCell(Cell{
			ID: f.r.Uint64(), Operation: fmt.Sprintf("DescribeAppInstanceUsers%02d", i), Resource: f.r.Uint64(), Network: f.r.Uint64(),
			Policy: f.r.Uint64(), Bearer: f.r.Uint64(), Traits: 0xff, Minutes: 1<<60 - 1, First: f.ref(),
		})
	}
	return d
}

func (f *full) policy() *Detail {
	d := &Detail{}
	for m := range 60 {
		*d.minute(uint8(m)) = Minute{At: uint8(m), Denials: 1<<32 - 1, Actors: f.set(), First: f.ref()}
	}
	d.Actors = f.firsts(MaxActors)
	return d
}

func TestWorstCaseSizes(t *testing.T) {
	f := &full{r: rand.New(rand.NewPCG(1, 1))}
	var day, half HoursOfDay
	for h := range day {
		day[h] = f.summary()
	}
	copy(half[:12], day[:12])
	t.Logf("a full day takes %d bytes: it goes into two items", len(EncodeDay(&day)))
	for name, form := range map[string][]byte{
		"detail of a bearer": EncodeDetail(f.detail(60, MaxCells)),
		"detail of a policy": EncodeDetail(f.policy()),
		"half a day":         EncodeDay(&half),
		"firsts":             EncodeFirsts(f.firsts(MaxActors)),
	} {
		t.Logf("%s: %d bytes", name, len(form))
		if len(form) >= itemBound {
			t.Errorf("%s takes %d bytes, want less than %d", name, len(form), itemBound)
		}
	}
}

// TestTypicalSizes: a client that retries the same call all day.
func TestTypicalSizes(t *testing.T) {
	h := NewHasher(nil)
	var day HoursOfDay
	detail := &Detail{}
	for hour := range day {
		ref := Ref{time.Unix(1764000000+int64(hour)*3600, 0).UTC(), cloudtrail.Key{Account: "111122223333", Region: "us-east-1", EventID: fmt.Sprintf("8d3f1f9e-0000-4000-8000-%012d", hour)}}
		op, resource := h.Operation("ListChannels"), h.Sum("resource", "r")
		s := &day[hour]
		s.Denials, s.Resourced = 360, 360
		s.Operations.Add(op)
		s.Resources.Add(resource)
		s.Firsts.Add(op, ref, limitFirsts)
	}
	for m := range 60 {
		ref := Ref{time.Unix(1764000000+int64(m)*60, 0).UTC(), cloudtrail.Key{Account: "111122223333", Region: "us-east-1", EventID: fmt.Sprintf("8d3f1f9e-0000-4000-8000-%012d", m)}}
		minute := detail.minute(uint8(m))
		minute.Denials, minute.First = 6, ref
		minute.Operations.Add(h.Operation("ListChannels"))
		minute.Resources.Add(h.Sum("resource", "r"))
		detail.addCell(Cell{ID: 1, Operation: "ListChannels", Resource: h.Sum("resource", "r"), Traits: TraitIAM, Minutes: 1 << m, First: ref})
	}
	if n := len(EncodeDay(&day)); n > 1024 {
		t.Errorf("the day takes %d bytes, want one write unit", n)
	}
	if n := len(EncodeDetail(detail)); n > 2048 {
		t.Errorf("the detail takes %d bytes, want at most two write units", n)
	}
}

func TestEncodingKeepsEverything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := &full{r: rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1)), nanoseconds: rapid.Int64Range(0, 999_999_999).Draw(t, "nanoseconds")}
		var day HoursOfDay
		for h := range day {
			if rapid.IntRange(0, 7).Draw(t, "active") == 7 {
				day[h] = f.summary()
				f.thin(&day[h])
			}
		}
		got, err := DecodeDay(EncodeDay(&day))
		if d := cmp.Diff(&day, got, cmpopts.EquateEmpty()); err != nil || d != "" {
			t.Fatalf("day: %v, %s", err, d)
		}
		detail := f.detail(rapid.IntRange(0, 5).Draw(t, "minutes"), rapid.IntRange(0, MaxCells).Draw(t, "cells"))
		detail.Actors = f.firsts(rapid.IntRange(0, 20).Draw(t, "actors"))
		back, err := DecodeDetail(EncodeDetail(detail))
		if d := cmp.Diff(detail, back, cmpopts.EquateEmpty()); err != nil || d != "" {
			t.Fatalf("detail: %v, %s", err, d)
		}
		firsts, err := DecodeFirsts(EncodeFirsts(detail.Actors))
		if d := cmp.Diff(detail.Actors, firsts, cmpopts.EquateEmpty()); err != nil || d != "" {
			t.Fatalf("firsts: %v, %s", err, d)
		}
	})
}

// thin empties some fields.
func (f *full) thin(s *Summary) {
	p := s.parts()
	for _, c := range p.counts[1:] {
		*c = f.r.Uint32N(3)
	}
	for _, x := range p.sets {
		*x = (*x)[:f.r.IntN(len(*x)+1)]
	}
	for _, x := range p.later {
		*x = (*x)[:f.r.IntN(len(*x)+1)]
	}
	for _, x := range p.minutes {
		*x = (*x)[:f.r.IntN(len(*x)+1)]
	}
	for _, x := range p.firsts {
		*x = (*x)[:f.r.IntN(len(*x)+1)]
	}
}

// A field that is added to a tally has to be encoded, under a new version.
func TestEveryFieldIsEncoded(t *testing.T) {
	for _, c := range []struct {
		of     any
		fields int
	}{{Summary{}, 18}, {Detail{}, 3}, {Minute{}, 7}, {Cell{}, 9}, {OperationMinutes{}, 2}, {First{}, 2}, {Ref{}, 2}, {cloudtrail.Key{}, 3}} {
		if typ := reflect.TypeOf(c.of); typ.NumField() != c.fields {
			t.Errorf("%v has %d fields, %d are encoded", typ, typ.NumField(), c.fields)
		}
	}
}

// Days that were stored before summaries had clients are read as they are.
func TestDaysOfBefore(t *testing.T) {
	form, err := hex.DecodeString("440101020c3131313132323232333333330975732d656173742d31018088c8a41a0001008d3f1f9e0b5a4c3d9e8f0123456789ab01070000000000000008818202030100010001")
	if err != nil {
		t.Fatal(err)
	}
	var want HoursOfDay
	ref := Ref{time.Unix(1764000000, 0).UTC(), cloudtrail.Key{Account: "111122223333", Region: "us-east-1", EventID: "8d3f1f9e-0b5a-4c3d-9e8f-0123456789ab"}}
	want[3] = Summary{Denials: 3, Operations: Set{7}, Firsts: Firsts{{7, ref}}}
	got, err := DecodeDay(form)
	if d := cmp.Diff(&want, got, cmpopts.EquateEmpty()); err != nil || d != "" {
		t.Errorf("%v %s", err, d)
	}
	if !bytes.Equal(EncodeDay(&want), form) {
		t.Error("without clients the form is another one than before")
	}
}

func TestEventIDs(t *testing.T) {
	for _, id := range []string{
		"8d3f1f9e-0b5a-4c3d-9e8f-0123456789ab", "8D3F1F9E-0B5A-4C3D-9E8F-0123456789AB", "8d3f1f9e-0b5a-4c3d-9e8f-0123456789a", "8d3f1f9e-0b5a-4c3d-9e8f-0123456789abc",
		"8d3f1f9e_0b5a-4c3d-9e8f-0123456789ab", "zd3f1f9e-0b5a-4c3d-9e8f-0123456789ab", "derived", "", "\xff\x00",
	} {
		want := Firsts{{1, Ref{time.Unix(1, 5).UTC(), cloudtrail.Key{Account: "1", Region: "", EventID: id}}}}
		got, err := DecodeFirsts(EncodeFirsts(want))
		if d := cmp.Diff(want, got); err != nil || d != "" {
			t.Errorf("%q: %v %s", id, err, d)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	good := EncodeFirsts((&full{r: rand.New(rand.NewPCG(1, 1))}).firsts(3))
	for i := range good {
		if _, err := DecodeFirsts(good[:i]); err == nil {
			t.Errorf("cut to %d of %d bytes: no error", i, len(good))
		}
	}
	for name, form := range map[string][]byte{
		"another kind":    EncodeDetail(&Detail{}),
		"a later version": append([]byte{kindFirsts, clientsVersion + 1}, good[2:]...),
		"another mode":    append([]byte{kindFirsts, formVersion, 9}, good[3:]...),
		"more than all":   append(bytes.Clone(good), 0),
		"a huge count":    {kindFirsts, formVersion, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
	} {
		if _, err := DecodeFirsts(form); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// FuzzDecode: garbage gives an error; what is decoded encodes to what decodes
// to the same.
func FuzzDecode(f *testing.F) {
	seed := &full{r: rand.New(rand.NewPCG(1, 1))}
	var day HoursOfDay
	day[3] = seed.summary()
	seed.thin(&day[3])
	detail := seed.detail(2, 3)
	detail.Actors = seed.firsts(2)
	f.Add(EncodeDay(&day))
	f.Add(EncodeDetail(detail))
	f.Add(EncodeFirsts(seed.firsts(4)))
	f.Add(EncodeDay(&HoursOfDay{}))
	f.Fuzz(func(t *testing.T, form []byte) {
		if d, err := DecodeDay(form); err == nil {
			again, err := DecodeDay(EncodeDay(d))
			if diff := cmp.Diff(d, again, cmpopts.EquateEmpty()); err != nil || diff != "" {
				t.Fatalf("%v %s", err, diff)
			}
		}
		if d, err := DecodeDetail(form); err == nil {
			again, err := DecodeDetail(EncodeDetail(d))
			if diff := cmp.Diff(d, again, cmpopts.EquateEmpty()); err != nil || diff != "" {
				t.Fatalf("%v %s", err, diff)
			}
		}
		if d, err := DecodeFirsts(form); err == nil {
			again, err := DecodeFirsts(EncodeFirsts(d))
			if diff := cmp.Diff(d, again, cmpopts.EquateEmpty()); err != nil || diff != "" {
				t.Fatalf("%v %s", err, diff)
			}
		}
	})
}

func BenchmarkEncodeDetail(b *testing.B) {
	d := (&full{r: rand.New(rand.NewPCG(1, 1))}).detail(10, 10)
	for b.Loop() {
		EncodeDetail(d)
	}
}
