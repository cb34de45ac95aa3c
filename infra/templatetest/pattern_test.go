package templatetest

import (
	"encoding/json"
	"testing"
)

// The cases follow
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
func TestMatches(t *testing.T) {
	tests := []struct {
		name, pattern, event string
		want                 bool
	}{
		{"equal", `{"source":["aws.ec2"]}`, `{"source":"aws.ec2"}`, true},
		{"one of", `{"source":["aws.s3","aws.ec2"]}`, `{"source":"aws.ec2"}`, true},
		{"not equal", `{"source":["aws.ec2"]}`, `{"source":"aws.EC2"}`, false},
		{"missing", `{"source":["aws.ec2"]}`, `{}`, false},
		{"all fields", `{"a":["1"],"b":["2"]}`, `{"a":"1","b":"3"}`, false},
		{"further fields do not matter", `{"a":["1"]}`, `{"a":"1","b":"3"}`, true},
		{"nested", `{"detail":{"state":["running"]}}`, `{"detail":{"state":"running"}}`, true},
		{"nested in a text", `{"detail":{"state":["running"]}}`, `{"detail":"running"}`, false},
		{"element of a list", `{"resources":["b"]}`, `{"resources":["a","b"]}`, true},
		{"number", `{"n":[5]}`, `{"n":5}`, true},
		{"number is no text", `{"n":["5"]}`, `{"n":5}`, false},
		{"empty text", `{"a":[""]}`, `{"a":""}`, true},
		{"null", `{"a":[null]}`, `{"a":null}`, true},
		{"prefix", `{"source":[{"prefix":"aws."}]}`, `{"source":"aws.chime"}`, true},
		{"prefix not at the start", `{"source":[{"prefix":"aws."}]}`, `{"source":"my.aws.chime"}`, false},
		{"suffix", `{"key":[{"suffix":".gz"}]}`, `{"key":"a.gz"}`, true},
		{"ignoring case", `{"a":[{"equals-ignore-case":"Alice"}]}`, `{"a":"aLICE"}`, true},
		{"anything but", `{"a":[{"anything-but":"x"}]}`, `{"a":"y"}`, true},
		{"anything but that", `{"a":[{"anything-but":["x","y"]}]}`, `{"a":"y"}`, false},
		{"anything but a prefix", `{"a":[{"anything-but":{"prefix":"x"}}]}`, `{"a":"xy"}`, false},
		{"anything but, missing", `{"a":[{"anything-but":"x"}]}`, `{}`, false},
		{"exists", `{"detail":{"errorCode":[{"exists":true}]}}`, `{"detail":{"errorCode":"AccessDenied"}}`, true},
		{"exists and does not", `{"detail":{"errorCode":[{"exists":true}]}}`, `{"detail":{}}`, false},
		{"exists only for leaves", `{"detail":[{"exists":true}]}`, `{"detail":{"a":1}}`, false},
		{"exists not", `{"detail":{"errorCode":[{"exists":false}]}}`, `{"detail":{}}`, true},
		{"exists not below what is missing", `{"detail":{"a":{"b":[{"exists":false}]}}}`, `{"detail":{}}`, true},
		{"exists not, or empty", `{"errorCode":[{"exists":false},""]}`, `{"errorCode":""}`, true},
		{"one of the alternatives", `{"$or":[{"a":["1"]},{"b":["2"]}]}`, `{"a":"0","b":"2"}`, true},
		{"none of the alternatives", `{"$or":[{"a":["1"]},{"b":["2"]}]}`, `{"a":"0","b":"0"}`, false},
		{"alternatives and the rest", `{"c":["3"],"$or":[{"a":["1"]}]}`, `{"a":"1","c":"0"}`, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var pattern, event map[string]any
			for text, into := range map[string]*map[string]any{tt.pattern: &pattern, tt.event: &event} {
				if err := json.Unmarshal([]byte(text), into); err != nil {
					t.Fatal(err)
				}
			}
			if faults := CheckPattern(pattern); len(faults) > 0 {
				t.Fatalf("the pattern is refused: %q", faults)
			}
			if got := Matches(pattern, event); got != tt.want {
				t.Errorf("%s on %s: got %v", tt.pattern, tt.event, got)
			}
		})
	}
}

func TestCheckPattern(t *testing.T) {
	for _, pattern := range []string{
		`{"source":"aws.ec2"}`,
		`{"source":[]}`,
		`{"detail":{}}`,
		`{"source":[{"prefixes":"aws."}]}`,
		`{"source":[{"prefix":5}]}`,
		`{"source":[{"prefix":""}]}`,
		`{"source":[{"prefix":"a","suffix":"b"}]}`,
		`{"a":[{"exists":"true"}]}`,
		`{"a":[["nested"]]}`,
		`{"$or":[{"a":"1"}]}`,
	} {
		var p map[string]any
		if err := json.Unmarshal([]byte(pattern), &p); err != nil {
			t.Fatal(err)
		}
		if len(CheckPattern(p)) == 0 {
			t.Errorf("%s is taken", pattern)
		}
	}
}
