package cloudtrail

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// FuzzDecode: an error gives no record; what is decoded encodes to an equal
// record; and the plain decoder reads the same fields.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(denied))
	f.Add([]byte(insightRecord))
	f.Add([]byte(`{"eventID":"e","eventTime":"2026-11-01T10:15:30.123456789+05:30","requestParameters":{"a":"\ud83d\ude00"},"addendum":{"originalEventID":"o"}}`))
	f.Add([]byte("{\"userIdentity\":{\"arn\":\"\xff\"},\"userIdentity\":{},\"resources\":[{\"ARN\":\"x\"}],\"event\\u0053ource\":\"s\"}"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := Decode(raw)
		if err != nil {
			if !reflect.DeepEqual(r, Record{}) {
				t.Fatalf("an error and a record: %+v", r)
			}
			var syntax *SyntaxError
			if !errors.As(err, &syntax) || syntax.Pos.Offset > int64(len(raw)) || syntax.Problem == "" || syntax.Remedy == "" {
				t.Fatalf("unfit error %#v", err)
			}
			if json.Valid(raw) && bytes.HasPrefix(bytes.TrimLeft(raw, " \t\r\n"), []byte("{")) && !strings.Contains(err.Error(), tooDeep) {
				t.Fatalf("valid JSON, but %v", err)
			}
			return
		}
		nodes, valid := parseAll(raw)
		if !valid || len(nodes) != 1 {
			t.Fatal("decoded what is not one JSON value")
		}
		want := referenceRecord(nodes[0])
		want.Digest, want.Parameters = r.Digest, r.Parameters
		if want.EventID == "" {
			want.EventID = r.EventID
			if len(r.EventID) != len("content-")+32 {
				t.Fatalf("derived id %q", r.EventID)
			}
		}
		if !reflect.DeepEqual(r, want) {
			t.Fatalf("differs from the plain decoder: %s", cmp.Diff(want, r))
		}
		checkParameters(t, &r, nodes[0].member("requestParameters"))

		encoded := r.Encode()
		again, err := Decode(encoded)
		if err != nil {
			t.Fatalf("%v in the encoded record %s", err, encoded)
		}
		digest := again.Digest
		again.Digest = r.Digest
		if !reflect.DeepEqual(r, again) {
			t.Fatalf("encoded and decoded again: %s", cmp.Diff(r, again))
		}
		if third := decode(t, string(again.Encode())); third.Digest != digest {
			t.Fatal("the digest of the encoded record is not stable")
		}
	})
}

// checkParameters holds requestParameters to what the plain decoder read.
func checkParameters(t *testing.T, r *Record, want *node) {
	if want == nil || want.kind != '{' {
		if r.Parameters != nil {
			t.Fatalf("parameters %s", r.Parameters)
		}
		return
	}
	nodes, _ := parseAll(r.Parameters)
	if len(nodes) != 1 || !reflect.DeepEqual(nodes[0].plain(), want.plain()) {
		t.Fatalf("parameters %s", r.Parameters)
	}
	for i, name := range want.names {
		if r.Parameter(name) != want.text(name) {
			t.Fatalf("parameter %q is %q, want %q", name, r.Parameter(name), want.text(name))
		}
		if s, ok := want.inner[i].value.(string); ok && !r.ParametersContain(s) {
			t.Fatalf("parameters do not contain %q", s)
		}
	}
}

// addShapes adds an input of each shape to a corpus.
func addShapes(add func(string)) {
	a, lookup := short("a"), `{"Events":[{"EventId":"a","CloudTrailEvent":`+quoted(short("a"))+`}],"NextToken":null}`
	for _, input := range []string{
		a, `{"Records":[` + a + `,` + insightRecord + `,1]}`, `{"x":[1],"Records":[]}`, event(a) + "\n" + event(`{"x":1}`), lookup, "[" + lookup + "]",
		`{"Records":[{"messageId":"m","body":` + quoted(event(a)) + `,"eventSource":"aws:sqs"},{"messageId":"m","body":"x"}]}`,
		`{"Messages":[{"MessageId":"m","Body":` + quoted(`{"TopicArn":"t","Message":`+quoted(a)+`}`) + `}]}`,
		digestFile, a + "\n{\"x\n" + a, `{"event\u0053ource":"x"}`, "\ufeff[" + a + ",[null]]", `{"\u0052ecords":[{"event\u0049D":"x"}]}`,
	} {
		add(input)
		add(versioned(input))
	}
	for _, input := range ordinaryRecords {
		add(input + input)
	}
}

// FuzzScan: no input makes a scan panic, and of valid JSON it finds exactly
// what the plain decoder finds. The filter for candidates changes neither what
// is counted nor which records of its sources are found.
func FuzzScan(f *testing.F) {
	addShapes(func(input string) {
		f.Add([]byte(input))
		f.Add([]byte(zipped(f, input)))
	})
	f.Fuzz(func(t *testing.T, input []byte) {
		var raws, sources []string
		counts, err := ScanBytes(input, "f", Options{}, func(e Element) error {
			if e.Malformed != "" {
				raws = append(raws, "")
				sources = append(sources, "")
				return nil
			}
			raws = append(raws, string(e.Raw))
			r, err := e.Decode()
			if err != nil && json.Valid(e.Raw) && !strings.Contains(err.Error(), tooDeep) {
				t.Fatalf("%v in %s", err, e.Raw)
			}
			sources = append(sources, r.EventSource)
			return nil
		})
		if counts.Read != counts.Visited || counts.Read != int64(len(raws)) {
			t.Fatalf("%+v, %d visited", counts, len(raws))
		}

		wanted := []string{"chime.amazonaws.com", "x"}
		i := 0
		filtered, _ := ScanBytes(input, "f", Options{Candidate: Candidates(wanted)}, func(e Element) error {
			for i+1 < int(e.Pos.Record) {
				if raws[i] == "" || slices.Contains(wanted, sources[i]) {
					t.Fatalf("record %d was left out: %s", i+1, raws[i])
				}
				i++
			}
			i++
			return nil
		})
		filtered.Visited = counts.Visited
		if filtered != counts {
			t.Fatalf("with a filter %+v, without %+v", filtered, counts)
		}

		want, valid := referenceScan(input)
		if !valid {
			return
		}
		if (err != nil) != want.malformed {
			t.Fatalf("error %v, want one: %v", err, want.malformed)
		}
		if want.malformed {
			return
		}
		if counts.Read != want.counts.Read || counts.Insights != want.counts.Insights || counts.Digests != want.counts.Digests || counts.Bytes != int64(len(input)) {
			t.Fatalf("counts %+v, want %+v", counts, want.counts)
		}
		for i, n := range want.records {
			if n == nil {
				if raws[i] != "" {
					t.Fatalf("record %d is malformed, got %s", i+1, raws[i])
				}
				continue
			}
			got, ok := parseAll([]byte(raws[i]))
			if !ok || len(got) != 1 || !reflect.DeepEqual(got[0].plain(), n.plain()) {
				t.Fatalf("record %d: %s, want %v", i+1, raws[i], n.plain())
			}
		}
	})
}

// FuzzScanSplit: how an input is cut into reads changes nothing.
func FuzzScanSplit(f *testing.F) {
	addShapes(func(input string) {
		f.Add([]byte(input), uint8(1), uint8(1), uint16(0))
		f.Add([]byte(zipped(f, input)), uint8(7), uint8(0), uint16(40))
	})
	f.Fuzz(func(t *testing.T, input []byte, chunk, headroom uint8, limit uint16) {
		opt := Options{MaxRecord: int(limit)}
		want := collect(t, string(input), wholeFile, opt)
		got := collect(t, string(input), bufferSizes{headroom: int(headroom), chunk: int(chunk) + 1, alone: int(limit) % 5}, opt)
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("chunks of %d, headroom %d, limit %d:\n%+v\nwant\n%+v", int(chunk)+1, headroom, limit, got, want)
		}
		if isGzip(input) {
			return
		}
		inMemory := seen{}
		counts, err := ScanBytes(input, "f", opt, func(Element) error { return nil })
		if inMemory.counts = counts; err != nil {
			inMemory.err = err.Error()
		}
		if inMemory.counts != want.counts || inMemory.err != want.err {
			t.Fatalf("in memory\n%+v\nwant\n%+v", inMemory, want)
		}
	})
}

// FuzzDigest: reordering and reformatting change neither digest nor derived
// id; changing the content does.
func FuzzDigest(f *testing.F) {
	f.Add([]byte(denied))
	f.Add([]byte(`{"b":[1,{"z":1,"a":2.50}],"a":"\u00e9\/","a":"x","c":null}`))
	f.Add([]byte(`{"a":{"a":{},"b":[]},"\u0062":1e5}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := Decode(raw)
		if err != nil {
			return
		}
		d := json.NewDecoder(bytes.NewReader(raw))
		d.UseNumber()
		var content map[string]any
		if err := d.Decode(&content); err != nil {
			t.Fatal(err)
		}
		rewritten, err := json.MarshalIndent(content, " ", "\t")
		if err != nil {
			t.Fatal(err)
		}
		again := decode(t, string(rewritten))
		if again.Digest != r.Digest || again.EventID != r.EventID {
			t.Fatalf("digest %x, id %s of\n%s\nbut %x, %s of\n%s", r.Digest, r.EventID, raw, again.Digest, again.EventID, rewritten)
		}
		const extra = "an additional member"
		if _, taken := content[extra]; taken {
			return
		}
		content[extra] = content["eventName"]
		if rewritten, err = json.Marshal(content); err != nil {
			t.Fatal(err)
		}
		if other := decode(t, string(rewritten)); other.Digest == r.Digest {
			t.Fatalf("%s has the digest of\n%s", rewritten, raw)
		}
	})
}
