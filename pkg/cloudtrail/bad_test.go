package cloudtrail

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// TestScanBadInput: what is wrong with an input is named, with position and
// remedy, and what can be read of it is read.
func TestScanBadInput(t *testing.T) {
	a, b, c := short("a"), short("b"), short("c")
	log := `{"Records":[` + a + `,` + b + `]}`
	gz := zipped(t, `{"Records":[`+strings.Repeat(a+`,`, 5_000)+b+`]}`)
	tests := []struct {
		name, input string
		want        string   // event ids, the first three at most
		errs        []string // the beginning of each error
	}{
		{"empty", "", "", []string{"f, byte 0: the file is empty; CloudTrail writes no empty files"}},
		{"white space alone", " \n\t", "", []string{"f, byte 0: the file is empty"}},
		{"byte order mark alone", "\ufeff", "", []string{"f, byte 0: the file is empty"}},
		{"empty gzip", zipped(t, ""), "", []string{"f, byte 0: the file is empty"}},
		{"text", "hello, world\n", "", []string{"f, record 1, byte 0: found text that is no JSON, expected CloudTrail log files, EventBridge events"}},
		{"UTF-16", "\xff\xfe{\x00", "", []string{"f, record 1, byte 0: found UTF-16 text, expected UTF-8; convert it to UTF-8"}},
		{"string", ` "x"`, "", []string{"f, record 1, byte 1: found a string, expected CloudTrail log files"}},
		{"number", `-1`, "", []string{"f, record 1, byte 0: found a number, expected"}},
		{"null", `null`, "", []string{"f, record 1, byte 0: found null, expected"}},
		{"boolean", `true`, "", []string{"f, record 1, byte 0: found a boolean, expected"}},
		{"empty object", `{}`, "", []string{"f, record 1, byte 0: found an object of no known shape, expected CloudTrail log files"}},
		{"unknown object", `{"a":{"Records":[]}}`, "", []string{"f, record 1, byte 0: found an object of no known shape"}},
		{"Records of another type", `{"Records":{"a":1}}`, "", []string{`f, record 1, byte 0: found an object as "Records", expected an array`}},
		{"Events null", `{"Events":null}`, "", []string{`f, record 1, byte 0: found null as "Events", expected an array`}},
		{"Messages a string", `{"Messages":"x"}`, "", []string{`f, record 1, byte 0: found a string as "Messages", expected an array`}},

		{"cut in a record", log[:len(log)-20], "a", []string{"f, record 2, byte 151: the input is cut short: unexpected end of the JSON; fetch it again; the records before were read"}},
		{"cut in a string", log[:50], "", []string{"f, record 1, byte 50: the input is cut short"}},
		{"cut after a record", log[:len(log)-2], "a b", []string{"f, record 3, byte 169: the input is cut short"}},
		{"cut after the list", log[:len(log)-1], "a b", []string{"f, record 3, byte 170: the input is cut short"}},
		{"cut after a comma", `{"Records":[` + a + `,`, "a", []string{"f, record 2, byte 91: the input is cut short"}},
		{"cut at the start", `{`, "", []string{"f, record 1, byte 1: the input is cut short"}},
		{"broken record", `{"Records":[` + a + `,{"eventID":"b" "x"},` + c + `]}`, "a", []string{`f, record 2, byte 106: the JSON is broken: '"' is out of place; fetch the file again, or correct it here; what follows was not read`}},
		{"missing comma", `{"Records":[` + a + b + `]}`, "a", []string{"f, record 2, byte 90: the JSON is broken: '{' is out of place"}},
		{"wrong bracket", `{"Records":[` + a + `}`, "a", []string{"f, record 2, byte 90: the JSON is broken: '}' is out of place"}},
		{"comma before the end", `{"Records":[` + a + `,]}`, "a", []string{"f, record 2, byte 91: the JSON is broken: ']' is out of place"}},
		{"text after the end", log + "x", "a b", []string{"f, record 3, byte 171: found text that is no JSON"}},

		{"a broken line", a + "\n{\"eventID\":\"x\n" + b + "\n", "a b", []string{`f, record 2, byte 95: the JSON is broken: 'e' is out of place; fetch the file again, or correct it here; reading went on at the line at byte 93`}},
		{"a line cut inside", a + "\n" + b[:30] + "\n" + c + "\n", "a c", []string{"f, record 2, byte 112: the JSON is broken: 'e' is out of place"}},
		{"a line cut after a colon", a + "\n{\"eventID\":\n" + c + "\n", "a c", []string{"f, record 2, byte 170: the input is cut short"}},
		{"a line of text", a + "\nERROR: x\n" + c + "\n", "a c", []string{"f, record 2, byte 79: found text that is no JSON"}},
		{"two broken lines", a + "\n{x}\n" + b + "\n{y}\n" + c, "a b c", []string{"f, record 2, byte 80: the JSON is broken: 'x'", "f, record 3, byte 163: the JSON is broken: 'y'"}},
		{"a broken line in an array", "[" + a + ",\n{x},\n" + b + ",\n" + c + "]\n", "a b c", []string{"f, record 2, byte 82: the JSON is broken: 'x'"}},
		{"last line cut", a + "\n" + b[:40], "a", []string{"f, record 2, byte 119: the input is cut short"}},

		{"cut gzip", gz[:len(gz)-9], "a a a", []string{"f, record 5002, byte 395092: the gzip stream is cut short: unexpected EOF; fetch the file again; the records before were read"}},
		{"cut gzip header", gz[:5], "", []string{"f, record 1, byte 0: the gzip stream is cut short: unexpected EOF"}},
		{"damaged gzip", gz[:len(gz)-8] + "\x00\x00\x00\x00" + gz[len(gz)-4:], "a a a", []string{"f, record 5002, byte 395092: the gzip stream is damaged: gzip: invalid checksum"}},
		{"text after gzip", gz + "text after the end", "a a a", []string{"f, record 5002, byte 395092: the gzip stream is damaged: gzip: invalid header"}},
		{"no gzip after the magic", "\x1f\x8btext, and some more of it", "", []string{"f, record 1, byte 0: the gzip stream is damaged: gzip: invalid header"}},

		{"deep array", strings.Repeat("[", 600) + strings.Repeat("]", 600), "", []string{"f, record 1, byte 512: arrays and objects nest deeper than 512; no CloudTrail record does"}},
		{"deep record", `{"eventID":` + strings.Repeat(`{"a":`, 600) + "1" + strings.Repeat("}", 601), "", []string{"f, record 1, byte 2566: arrays and objects nest deeper than 512"}},
		{"bottomless", strings.Repeat("[", 1<<20), "", []string{"f, record 1, byte 512: arrays and objects nest deeper than 512"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for _, sizes := range []bufferSizes{wholeFile, {32, 64, 0}, {32, 64, 1 << 30}} {
				got := collect(t, test.input, sizes, Options{})
				if ids := strings.Join(got.ids[:min(3, len(got.ids))], " "); ids != test.want {
					t.Errorf("records %q, want %q", ids, test.want)
				}
				lines := strings.Split(got.err, "\n")
				if len(lines) != len(test.errs) {
					t.Fatalf("errors\n%s\nwant\n%s", got.err, strings.Join(test.errs, "\n"))
				}
				for i := range lines {
					if !strings.HasPrefix(lines[i], test.errs[i]) {
						t.Errorf("error %q,\nwant  %q", lines[i], test.errs[i])
					}
				}
			}
		})
	}
}

// TestScanErrorIsSyntaxError: callers can tell a bad input from a failed read.
func TestScanErrorIsSyntaxError(t *testing.T) {
	visit := func(Element) error { return nil }
	_, err := Scan(strings.NewReader(short("a")+"\n{x}\n{y}\n"), "f", Options{}, visit)
	var syntax *SyntaxError
	if !errors.As(err, &syntax) || syntax.Pos != (Position{"f", 2, 80}) {
		t.Errorf("%v", err)
	}
	cut := zipped(t, short("a"))
	_, err = Scan(strings.NewReader(cut[:len(cut)-3]), "f", Options{}, visit)
	if !errors.As(err, &syntax) || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%v", err)
	}

	lost := errors.New("connection lost")
	for _, input := range []string{short("a") + "\n" + short("b")[:10], zipped(t, strings.Repeat(denied, 100))[:300]} {
		syntax = nil
		counts, err := Scan(io.MultiReader(strings.NewReader(input), iotest.ErrReader(lost)), "f", Options{}, visit)
		if !errors.Is(err, lost) || errors.As(err, &syntax) || !strings.Contains(err.Error(), ": reading failed: connection lost") {
			t.Errorf("%v", err)
		}
		if input[0] == '{' && counts.Read != 1 {
			t.Errorf("%d records before the failure, want 1", counts.Read)
		}
	}
}

// TestScanManyErrors: the errors of a hopeless input are bounded, and counted.
func TestScanManyErrors(t *testing.T) {
	got := collect(t, strings.Repeat("{x}\n", 1_000)+short("a"), wholeFile, Options{})
	lines := strings.Split(got.err, "\n")
	if len(lines) != maxErrors+1 || lines[maxErrors] != "f: 900 further places could not be understood" {
		t.Errorf("%d errors, the last %q", len(lines), lines[len(lines)-1])
	}
	if len(got.ids) != 1 {
		t.Errorf("%d records, want 1", len(got.ids))
	}
}

// TestElementDecodeError: an element that can't be decoded says where it is.
func TestElementDecodeError(t *testing.T) {
	input := `{"Records":[` + short("a") + `,{"eventID":tru},7,{"eventID":"` + "\x01" + `"},{"eventID":"\x"}]}`
	var errs []string
	_, err := Scan(strings.NewReader(input), "f", Options{}, func(e Element) error {
		if r, err := e.Decode(); err != nil {
			if r.EventID != "" {
				t.Errorf("an error, and the record %+v", r)
			}
			errs = append(errs, err.Error())
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	want := []string{
		"f, record 2, byte 91: the JSON is broken: 't' is out of place at byte 11 of the record; look at the record there; it was left out",
		"f, record 3, byte 107: a number, not a record; look at the record there; it was left out",
		"f, record 4, byte 109: a string with an invalid escape or a bare control character at byte 11 of the record; look at the record there; it was left out",
		"f, record 5, byte 125: a string with an invalid escape or a bare control character at byte 11 of the record; look at the record there; it was left out",
	}
	if strings.Join(errs, "\n") != strings.Join(want, "\n") {
		t.Errorf("errors\n%s\nwant\n%s", strings.Join(errs, "\n"), strings.Join(want, "\n"))
	}
}
