package cloudtrail

import (
	"fmt"
	"strings"
	"testing"
)

// TestContentID: a record without an id gets the same one whatever carries it
// and however it is written; another content gets another.
func TestContentID(t *testing.T) {
	const want = "content-8ca256a92e3c52d5db5703b5a4edeca9" // SHA-256 of {"a":"é/\u0001","b":[1.0,{"c":null}],"eventName":"X"}, cut
	same := []string{
		`{"a":"é/\u0001","b":[1.0,{"c":null}],"eventName":"X"}`,
		`{"eventName":"X","b":[1.0,{"c":null}],"a":"é/\u0001"}`,
		"{ \"eventName\" : \"\\u0058\" ,\n\"b\":[ 1.0 , {\t\"c\":null} ],\"\\u0061\":\"\\u00e9\\/\\u0001\"}",
		`{"b":2,"eventName":"X","b":[1.0,{"c":1,"c":null}],"a":"é/\u0001"}`,
	}
	for _, raw := range same {
		if got := decode(t, raw).EventID; got != want {
			t.Errorf("%s: %s, want %s", raw, got, want)
		}
		for _, carried := range []string{event(raw), `{"Events":[{"CloudTrailEvent":` + quoted(raw) + `}]}`, `{"Records":[` + raw + `]}`} {
			if got := collect(t, carried, wholeFile, Options{}); len(got.ids) != 1 || got.ids[0] != want {
				t.Errorf("%s: %s, want %s", carried, got.ids, want)
			}
		}
	}
	for _, raw := range []string{
		`{"a":"é/\u0001","b":[1,{"c":null}],"eventName":"X"}`,
		`{"a":"é/\u0001","b":[{"c":null},1.0],"eventName":"X"}`,
		`{"a":"é/\u0001","b":[1.0,{"c":null}],"eventName":"X","eventID":""}`,
	} {
		if got := decode(t, raw).EventID; got == want || !strings.HasPrefix(got, "content-") || len(got) != len(want) {
			t.Errorf("%s: %s", raw, got)
		}
	}
}

// TestDigest holds digests of equal contents equal and those of others apart,
// and pins values: a store compares digests that other versions wrote.
func TestDigest(t *testing.T) {
	classes := [][]string{
		{`{}`, ` { } `},
		{`{"a":1,"b":2}`, `{"b":2,"a":1}`, `{"\u0061":1, "b":2}`, `{"b":3,"a":1,"b":2}`, `{"b":3,"b":[],"a":1,"b":2}`},
		{`{"a":2,"b":1}`}, {`{"a":"1","b":2}`}, {`{"a":1.0,"b":2}`}, {`{"a":[1],"b":2}`}, {`{"a":{"b":2}}`, `{"a":{"b":2 }}`}, {`{"a":1}`}, {`{"b":2}`},
		{`{"a":[1,2]}`}, {`{"a":[2,1]}`}, {`{"a":[[1],2]}`}, {`{"a":[1,[2]]}`}, {`{"a":[]}`}, {`{"a":[[]]}`}, {`{"a":{}}`}, {`{"a":null}`}, {`{"a":""}`}, {`{"a":"null"}`}, {`{"a":true}`},
		{`{"a":"é\n"}`, `{"a":"\u00e9\u000a"}`},
		{`{"a":"` + "\ufffd" + `"}`, "{\"a\":\"\xff\"}", `{"a":"\ud800"}`},
		{`{"a":{"x":1},"b":{"y":2}}`}, {`{"a":{"y":2},"b":{"x":1}}`}, {`{"x":{"a":1},"y":{"b":2}}`},
	}
	digests := map[uint64]string{}
	for _, class := range classes {
		want := decode(t, class[0]).Digest
		for _, raw := range class {
			if got := decode(t, raw).Digest; got != want {
				t.Errorf("%s: %x, want %x like %s", raw, got, want, class[0])
			}
		}
		if other, taken := digests[want]; taken {
			t.Errorf("%s and %s have the same digest", class[0], other)
		}
		digests[want] = class[0]
	}
	if got, want := decode(t, denied).Digest, uint64(0xe23b9e1071eb59a7); got != want {
		t.Errorf("digest %#x, want %#x", got, want)
	}
}

// TestDigestManyMembers: an object with many members takes the way that sorts
// them; it must agree with the other.
func TestDigestManyMembers(t *testing.T) {
	for _, n := range []int{fewMembers - 1, fewMembers, fewMembers + 1, 1_000} {
		var forth, back, twice []string
		for i := range n {
			m := fmt.Sprintf(`"k%d":%d`, i, i)
			forth = append(forth, m)
			back = append([]string{m}, back...)
			twice = append(twice, fmt.Sprintf(`"k%d":"old"`, i))
		}
		object := func(members []string) uint64 {
			return decode(t, `{"eventID":"e","o":{`+strings.Join(members, ",")+`}}`).Digest
		}
		want := object(forth)
		if object(back) != want || object(append(twice, back...)) != want || object(append(twice[:1], forth...)) != want {
			t.Errorf("%d members: the digest depends on order or duplicates", n)
		}
		if object(append(forth, twice[0])) == want {
			t.Errorf("%d members: the first of duplicates counted", n)
		}
	}
}

// TestCandidates: never false for a record of one of the sources.
func TestCandidates(t *testing.T) {
	test := Candidates([]string{"chime.amazonaws.com", "chime-sdk-messaging.amazonaws.com"})
	for record, want := range map[string]bool{
		denied: true,
		`{"eventSource":"chime-sdk-messaging.amazonaws.com"}`:                                 true,
		`{"eventSource" : ` + "\n" + `"chime.amazonaws.com"}`:                                 true,
		`{"event\u0053ource":"chime.amazonaws.com"}`:                                          true,
		`{"eventSource":"\u0063hime.amazonaws.com"}`:                                          true,
		`{"eventSource":"chime\u002eamazonaws.com"}`:                                          true,
		`{"eventSource":"s3.amazonaws.com","eventSource":"chime.amazonaws.com"}`:              true,
		`{"xS":"S","aSource":"eventSource","eventSource":"chime.amazonaws.com"}`:              true,
		`{"SeventSource":"s3","eventSource":"chime.amazonaws.com"}`:                           true,
		`{"eventSource":"s3.amazonaws.com","note":"eventSource: chime.amazonaws.com"}`:        false,
		`{"eventSource":"s3.amazonaws.com","note":"\"eventSource\":\"chime.amazonaws.com\""}`: false,
		`{"eventSource":"chime.amazonaws.com.example.com"}`:                                   false,
		`{"eventSource":"xchime.amazonaws.com"}`:                                              false,
		`{"eventSource":null,"eventName":"chime.amazonaws.com"}`:                              false,
		`{"eventSource":"s3.amazonaws.com","userAgent":"a\\b\n\u00e9\"eventSource\""}`:        false,
		`{"eventName":"x"}`: false,
		`{}`:                false,
	} {
		if got := test.Wants([]byte(record)); got != want {
			t.Errorf("%s: %v", record, got)
		}
	}
	if Candidates(nil).Wants([]byte(denied)) {
		t.Error("without sources there are no candidates")
	}
	if !Candidates([]string{"café"}).Wants([]byte(denied)) {
		t.Error("a source that is not ASCII can be spelt in ways that the test does not know")
	}
}
