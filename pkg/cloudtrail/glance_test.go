package cloudtrail

import (
	"strings"
	"testing"
)

// ordinaryRecords are whole records that a glance tells the end of.
var ordinaryRecords = []string{
	denied,
	`{"eventVersion":"1"}`,
	`{"eventVersion":{}}`,
	`{"eventVersion":[{},[[]],{"a":[{"b":[]}]}]}`,
	`{"eventVersion":"}","a":"{","b":"]","c":"[","d":["}",{"e":"]]}}"}]}`,
	`{"eventVersion":"","a":{"":"}"},"}":{"{":"}{"}}`,
	`{"eventVersion":1,"eventType":"AwsApiCall","x":{"eventCategory":"Insight "},"y":"Insights"}`,
	`{"eventVersion":"1","eventSource":"x","body":"{}","messageId":"m","Records":[1]}`,
	`{"eventVersion":"é` + "\xff\t" + `"}`,
	`{"eventVersion":"1","a":[{"b":1},{"eventVersion":"2","c":"}},{"}],"d":{},"e":[{},[]],"f":"{}"}`,
	`{"eventVersion":"1","a":"b{","c":"d}","e":"f},","g":{"h":"},{","i":"]}"},"j":[{"k":"}"},"l"],"{":"}","}":{"{":{}}}`,
	`{"eventVersion":"1","a":"}",` + "\r\t" + ` "b" : { "c" : { } } }`,
	`{"eventVersion":` + strings.Repeat("[", 63) + strings.Repeat("]", 63) + `}`,
}

func TestOrdinary(t *testing.T) {
	all := newMarks("")
	for _, record := range ordinaryRecords {
		input := "[" + record + "," + record + "]}\n..."
		var g glance
		if end, _ := g.ordinary([]byte(input), 1, &all); end != 1+len(record) {
			t.Errorf("%s: %d, want %d", record, end, 1+len(record))
			continue
		}
		if end, _ := g.ordinary([]byte(input), len(record)+2, &all); end != 2+2*len(record) {
			t.Errorf("%s: %d for the second, want %d", record, end, 2+2*len(record))
		}
		for n := range len(record) {
			var g glance
			if end, _ := g.ordinary([]byte(record[:n]), 0, &all); end != -1 {
				t.Errorf("%s: %d, want -1", record[:n], end)
			}
		}
	}
	for _, other := range []string{
		`{}`, `[]`, `{"eventID":"e"}`, ` {"eventVersion":"1"}`, `{ "eventVersion":"1"}`, `{"eventVersion" :"1"}`,
		`{"eventVersion":"\n"}`, "{\"eventVersion\":\"1\"\n}", "{\"eventVersion\":\"1\n{\"eventVersion\":\"1\"}",
		`{"eventVersion":1,"x":{"eventCategory":"Insight"}}`, `{"eventVersion":"` + strings.Repeat("}", 129) + `"}`,
		`{"eventVersion":"1","eventType":"AwsCloudTrailInsight"}`, `{"eventVersion":"1","eventCategory":"Insight"}`,
		`{"eventVersion":` + strings.Repeat("[", 65) + strings.Repeat("]", 65) + `}`,
		`{"eventVersion":` + strings.Repeat(`{"a":`, 64) + "1" + strings.Repeat("}", 64) + `}`,
	} {
		var g glance
		if end, _ := g.ordinary([]byte(other+"}\n..."), 0, &all); end != 0 {
			t.Errorf("%s: %d, want 0", other, end)
		}
	}
}

// TestScanBrokenRecord: a record that is broken inside, but whose brackets and
// strings are whole, costs itself alone.
func TestScanBrokenRecord(t *testing.T) {
	a, b := versioned(short("a")), versioned(short("b"))
	got := collect(t, `{"Records":[`+a+`,{"eventVersion":"1" "x":tru},`+b+`]}`, wholeFile, Options{})
	if ids := strings.Join(got.ids, " "); ids != "a - b" || got.err != "" {
		t.Errorf("records %q, error %q", ids, got.err)
	}
}
