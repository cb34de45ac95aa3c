package cloudtrail

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestScanShapes has a row for each shape that records arrive in.
func TestScanShapes(t *testing.T) {
	a, b, c := short("a"), short("b"), short("c")
	sns := func(inner string) string {
		return `{"Type":"Notification","MessageId":"m","TopicArn":"arn:aws:sns:us-east-1:111122223333:t","Message":` + quoted(inner) + `}`
	}
	lambda := func(body string) string {
		return `{"messageId":"m","receiptHandle":"r","body":` + quoted(body) + `,"attributes":{"SentTimestamp":"1"},"eventSource":"aws:sqs","eventSourceARN":"arn:aws:sqs:us-east-1:111122223333:q","awsRegion":"us-east-1"}`
	}
	queue := func(body string) string {
		return `{"MessageId":"m","ReceiptHandle":"r","MD5OfBody":"0","Body":` + quoted(body) + `}`
	}
	tests := []struct {
		name, input string
		want        string // event ids, "-" for a malformed record
		insights    int64
		digests     int64
	}{
		// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-examples.html
		{name: "log file", input: `{"Records":[` + a + `,` + b + `]}`, want: "a b"},
		{name: "log file without records", input: `{"Records":[]}`},
		{name: "log file, other members first", input: `{"x":{"Records":[1]},"y":"}","z":[{"a":1}],"Records":[` + a + `]}`, want: "a"},
		{name: "log file, other members last", input: `{"Records":[` + a + `],"x":{"Records":[` + b + `]},"y":[` + b + `]}`, want: "a"},
		{name: "log file, both lists of a duplicate", input: `{"Records":[` + a + `],"Records":[` + b + `]}`, want: "a b"},
		{name: "log file, white space", input: " \r\n{ \"Records\" :\t[ " + a + " ,\n" + b + " ] }\n\n", want: "a b"},
		{name: "log file, name with escapes", input: `{"\u0052ecords":[` + a + `]}`, want: "a"},
		{name: "log file with byte order mark", input: "\ufeff" + `{"Records":[` + a + `]}`, want: "a"},
		{name: "gzip", input: zipped(t, `{"Records":[`+a+`]}`), want: "a"},
		{name: "gzip members cut anywhere", input: zipped(t, `{"Rec`, `ords":[`+a+`,`, b+`]}`), want: "a b"},
		{name: "gzip members, a file each", input: zipped(t, `{"Records":[`+a+`]}`, `{"Records":[`+b+`]}`), want: "a b"},
		{name: "gzip with byte order mark", input: zipped(t, "\ufeff"+a), want: "a"},
		// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
		{name: "event", input: event(a), want: "a"},
		{name: "event, detail first", input: `{"detail":` + a + `,"detail-type":"AWS API Call via CloudTrail"}`, want: "a"},
		{name: "events in an array", input: `[` + event(a) + `,` + event(b) + `]`, want: "a b"},
		{name: "events in lines", input: event(a) + "\n" + event(b) + "\n", want: "a b"},
		{name: "event of an Insight", input: event(insightRecord), insights: 1},
		{name: "event that is no record", input: event(`{"instance-id":"i-1","state":"running"}`), want: "-"},
		{name: "event without detail", input: event(`null`), want: "-"},
		// https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
		{name: "LookupEvents", input: `{"Events":[{"EventId":"a","Resources":[],"CloudTrailEvent":` + quoted(a) + `},{"CloudTrailEvent":` + quoted(b) + `}],"NextToken":"x"}`, want: "a b"},
		{name: "LookupEvents, token first", input: `{"NextToken":"x","Events":[{"CloudTrailEvent":` + quoted(a) + `}]}`, want: "a"},
		{name: "LookupEvents pages in an array", input: `[{"Events":[{"CloudTrailEvent":` + quoted(a) + `}]},{"Events":[{"CloudTrailEvent":` + quoted(b) + `}]}]`, want: "a b"},
		{name: "LookupEvents, a string cut short", input: `{"Events":[{"CloudTrailEvent":` + quoted(a[:40]) + `},{"CloudTrailEvent":` + quoted(b) + `}]}`, want: "- b"},
		{name: "LookupEvents, null", input: `{"Events":[{"EventId":"a","CloudTrailEvent":null}]}`, want: "-"},
		// https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
		{name: "SQS for Lambda", input: `{"Records":[` + lambda(event(a)) + `,` + lambda(event(b)) + `]}`, want: "a b"},
		{name: "SQS for Lambda, every shape in the body", input: `{"Records":[` + lambda(a) + `,` + lambda(`{"Records":[`+b+`]}`) + `,` + lambda(`[`+event(c)+`]`) + `,` + lambda(a+"\n"+b) + `]}`, want: "a b c a b"},
		{name: "SQS for Lambda, SNS in the body", input: `{"Records":[` + lambda(sns(event(a))) + `]}`, want: "a"},
		{name: "SQS for Lambda, bodies that are none", input: `{"Records":[` + lambda("hello") + `,` + lambda("") + `,` + lambda("7") + `,` + lambda(`{"x":1}`) + `,` + lambda(a) + `]}`, want: "- - - - a"},
		{name: "SQS for Lambda, body null", input: `{"Records":[{"messageId":"m","body":null,"eventSource":"aws:sqs"}]}`, want: "-"},
		// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
		{name: "ReceiveMessage", input: `{"Messages":[` + queue(event(a)) + `,` + queue(sns(b)) + `]}`, want: "a b"},
		{name: "one message of each kind", input: queue(a) + "\n" + lambda(event(b)) + "\n" + sns(c), want: "a b c"},
		{name: "carriers in carriers, and no end", input: queue(sns(sns(sns(sns(sns(sns(sns(sns(a))))))))), want: "-"},
		// Bare records.
		{name: "record", input: a, want: "a"},
		{name: "record, whole", input: denied, want: "11111111-2222-3333-4444-555555555555"},
		{name: "records in lines", input: a + "\n" + b + "\r\n\n" + c, want: "a b c"},
		{name: "records without anything between", input: a + b + c, want: "a b c"},
		{name: "records in arrays", input: `[[` + a + `],[],[[` + b + `]]]`, want: "a b"},
		{name: "an empty array", input: `[]`},
		{name: "a mixture", input: `[` + a + `,{"Records":[` + b + `]}]` + event(c), want: "a b c"},
		{name: "record with lists of its own", input: `{"eventID":"a","Records":[` + b + `],"requestParameters":{"Records":[` + c + `]}}`, want: "a"},
		{name: "record with records in strings", input: `{"eventID":"a","requestParameters":{"body":` + quoted(`{"Records":[`+b+`]},{"eventID":"c"}`) + `}}`, want: "a"},
		{name: "record that holds an event", input: `{"eventID":"a","detail":` + b + `,"detail-type":"x"}`, want: "a"},
		// Elements that are none.
		{name: "elements of other types", input: `{"Records":[1,"x",null,true,-2.5e3,` + a + `,{}]}`, want: "- - - - - a -"},
		// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html
		{name: "digest file", input: zipped(t, digestFile), digests: 1},
		// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-insights-fields-trails.html
		{name: "Insights", input: `{"Records":[` + insightRecord + `,` + a + `,{"eventCategory":"In\u0073ight","eventID":"b"}]}`, want: "a", insights: 2},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for _, input := range []string{test.input, versioned(test.input)} {
				got := collect(t, input, wholeFile, Options{})
				if got.err != "" {
					t.Fatal(got.err)
				}
				if ids := strings.Join(got.ids, " "); ids != test.want {
					t.Errorf("records %q, want %q", ids, test.want)
				}
				n := int64(len(strings.Fields(test.want)))
				got.counts.Bytes = 0
				if want := (Counts{Read: n, Visited: n, Insights: test.insights, Digests: test.digests}); got.counts != want {
					t.Errorf("counts %+v, want %+v", got.counts, want)
				}
			}
		})
	}
}

// TestScanPositions holds positions to the bytes that they name.
func TestScanPositions(t *testing.T) {
	a, b := short("a"), short("b")
	input := "\ufeff {\"x\":1,\"Records\":[" + a + ", " + b + " ,7]}\n" + event(a)
	got := collect(t, zipped(t, input), bufferSizes{16, 32, 1}, Options{})
	want := []string{
		fmt.Sprintf("f, record 1, byte %d: %s", strings.Index(input, a), a),
		fmt.Sprintf("f, record 2, byte %d: %s", strings.Index(input, b), b),
		fmt.Sprintf("f, record 3, byte %d: 7 is a number, not a record", strings.Index(input, ",7")+1),
		fmt.Sprintf("f, record 4, byte %d: %s", strings.Index(input, `{"version"`), a),
	}
	if diff := cmp.Diff(want, got.elements); diff != "" {
		t.Error(diff)
	}
	if got.counts.Bytes != int64(len(input)) {
		t.Errorf("%d bytes, want %d", got.counts.Bytes, len(input))
	}
}

// TestScanCandidate: what is no candidate is counted and not visited, what
// can't be a record is visited nevertheless.
func TestScanCandidate(t *testing.T) {
	other := `{"eventID":"o","eventSource":"s3.amazonaws.com","requestParameters":{"note":"chime.amazonaws.com"}}`
	input := `{"Records":[` + short("a") + `,` + other + `,5,` + other + `,{},` + short("b") + `]}`
	got := collect(t, input, wholeFile, Options{Candidate: Candidates([]string{"chime.amazonaws.com"})})
	if ids := strings.Join(got.ids, " "); ids != "a - - b" {
		t.Errorf("records %q", ids)
	}
	if want := (Counts{Read: 6, Visited: 4, Bytes: int64(len(input))}); got.counts != want {
		t.Errorf("counts %+v, want %+v", got.counts, want)
	}
	if !strings.HasPrefix(got.elements[3], "f, record 6,") {
		t.Errorf("number of the last record: %s", got.elements[3])
	}
}

// TestScanBytes: an input in memory gives what the same input as a stream
// gives.
func TestScanBytes(t *testing.T) {
	for _, input := range []string{denied, zipped(t, denied), `{"Records":[` + denied + `,` + insightRecord + `]}`} {
		want := collect(t, input, wholeFile, Options{})
		var ids []string
		counts, err := ScanBytes([]byte(input), "f", Options{}, func(e Element) error {
			r, err := e.Decode()
			ids = append(ids, r.EventID)
			return err
		})
		if err != nil || counts != want.counts || strings.Join(ids, " ") != strings.Join(want.ids, " ") {
			t.Errorf("%v %v %v, want %+v", counts, ids, err, want)
		}
	}
}

// TestScanVisitError: an error of visit ends the scan and comes back as it is.
func TestScanVisitError(t *testing.T) {
	stop := errors.New("stop")
	input := strings.Repeat(short("a")+"\n", 50_000) // several chunks
	calls := 0
	counts, err := Scan(strings.NewReader(input), "f", Options{}, func(Element) error {
		if calls++; calls == 3 {
			return stop
		}
		return nil
	})
	if !errors.Is(err, stop) || calls != 3 || counts.Read != 3 {
		t.Errorf("error %v after %d calls, %d read", err, calls, counts.Read)
	}
}

// TestScanLetsGo: Scan does not return while something still reads.
func TestScanLetsGo(t *testing.T) {
	r := &busyReader{Reader: strings.NewReader(strings.Repeat(short("a")+"\n", 50_000))}
	_, err := Scan(r, "f", Options{}, func(Element) error { return io.ErrClosedPipe })
	if !errors.Is(err, io.ErrClosedPipe) {
		t.Error(err)
	}
	r.reads++ // the race detector objects if anything still reads
}

// busyReader counts without a lock, for the race detector to see who reads.
type busyReader struct {
	io.Reader
	reads int
}

func (r *busyReader) Read(p []byte) (int, error) {
	r.reads++
	return r.Reader.Read(p)
}

// TestScanLarge: a record may be larger than any buffer; only the limit bounds
// it.
func TestScanLarge(t *testing.T) {
	large := `{"eventID":"large","eventSource":"chime.amazonaws.com","responseElements":"` + strings.Repeat("x", 300<<10) + `"}`
	input := `{"Records":[` + short("a") + `,` + large + `,` + short("b") + `]}`
	got := collect(t, input, bufferSizes{1 << 10, 4 << 10, 2}, Options{})
	if ids := strings.Join(got.ids, " "); ids != "a large b" || got.err != "" {
		t.Errorf("records %q, error %q", ids, got.err)
	}
	limited := collect(t, input, bufferSizes{1 << 10, 4 << 10, 2}, Options{MaxRecord: 200 << 10})
	if want := fmt.Sprintf("f, record 2, byte %d: a record is longer than 204800 bytes", strings.Index(input, large)); !strings.HasPrefix(limited.err, want) {
		t.Errorf("error %q, want %q", limited.err, want)
	}
	if ids := strings.Join(limited.ids, " "); ids != "a" {
		t.Errorf("records before: %q", ids)
	}
}

// TestScanMemory: the memory for an input does not grow with it, and a record
// that is no candidate costs none at all.
func TestScanMemory(t *testing.T) {
	line := []byte(denied + "\n")
	allocations := func(lines int) float64 {
		return testing.AllocsPerRun(3, func() {
			r := &repeated{line: line, n: lines}
			counts, err := Scan(r, "f", Options{Candidate: Candidates([]string{"s3.amazonaws.com"})}, func(Element) error {
				return errors.New("visited")
			})
			if err != nil || counts.Read != int64(lines) {
				t.Fatalf("%d read: %v", counts.Read, err)
			}
		})
	}
	for _, few := range []int{1_000, 15_000} { // read by the scan itself, and ahead of it
		many := few + 4_000
		if a, b := allocations(few), allocations(many); b > a+2 {
			t.Errorf("%v allocations for %d records, %v for %d", a, few, b, many)
		}
	}
}

// repeated reads as n times line.
type repeated struct {
	line []byte
	n    int
	rest []byte
}

func (r *repeated) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		if len(r.rest) == 0 {
			if r.n == 0 {
				return n, io.EOF
			}
			r.n--
			r.rest = r.line
		}
		c := copy(p[n:], r.rest)
		n, r.rest = n+c, r.rest[c:]
	}
	return n, nil
}

// TestElementIsBorrowed: Decode copies what it keeps.
func TestElementIsBorrowed(t *testing.T) {
	raw := []byte(denied)
	r, err := Decode(raw)
	if err != nil {
		t.Fatal(err)
	}
	before := r.Encode()
	for i := range raw {
		raw[i] = '!'
	}
	if !bytes.Equal(before, r.Encode()) {
		t.Error("the record changed with the bytes that it was decoded from")
	}
}
