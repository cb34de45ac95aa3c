package cloudtrail

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func decode(t testing.TB, raw string) Record {
	t.Helper()
	r, err := Decode([]byte(raw))
	if err != nil {
		t.Fatalf("%v\n%s", err, raw)
	}
	return r
}

// TestDecodeFields reads every field, from the members documented at
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html and
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
func TestDecodeFields(t *testing.T) {
	const every = `{
		"eventVersion": "1.99", "unknownMember": {"eventID": "no"},
		"userIdentity": {
			"type": "AssumedRole", "principalId": "P", "arn": "A", "accountId": "1", "accessKeyId": "K", "userName": "U",
			"invokedBy": "I", "identityProvider": "IP", "credentialId": "no", "inScopeOf": {"arn": "no"},
			"sessionContext": {
				"sessionIssuer": {"type": "Role", "principalId": "SP", "arn": "SA", "accountId": "2", "userName": "SU"},
				"webIdFederationData": {"federatedProvider": "FP", "attributes": {"arn": "no"}},
				"attributes": {"creationDate": "20131102T010628Z", "mfaAuthenticated": "true"},
				"sourceIdentity": "SI", "ec2RoleDelivery": "2.0"},
			"onBehalfOf": {"userId": "OU", "identityStoreArn": "OA"}},
		"eventTime": "2026-11-01T10:15:30.25+02:00", "eventSource": "chime.amazonaws.com", "eventName": "ListChannels",
		"awsRegion": "us-east-1", "sourceIPAddress": "2001:db8::1", "userAgent": "ua \"x\" \u00e9\ud83d\ude00\n",
		"errorCode": "AccessDenied", "errorMessage": "no", "requestParameters": { "a" : [1] },
		"responseElements": null, "additionalEventData": {"eventName": "no"},
		"requestID": "R", "eventID": "E", "eventType": "AwsApiCall", "apiVersion": "x",
		"resources": [{"ARN": "RA", "arn": "no"}, {"ARN": "no"}], "recipientAccountId": "3",
		"sharedEventID": "S", "vpcEndpointId": "V", "eventCategory": "Management",
		"addendum": {"reason": "UPDATED_DATA", "originalEventID": "O"}}`
	got := decode(t, every)
	want := Record{
		EventID: "E", EventTime: time.Date(2026, 11, 1, 8, 15, 30, 250_000_000, time.UTC),
		EventSource: "chime.amazonaws.com", EventName: "ListChannels", EventType: "AwsApiCall", Category: "Management",
		Region: "us-east-1", RecipientAccount: "3", SourceIP: "2001:db8::1", UserAgent: "ua \"x\" é😀\n",
		ErrorCode: "AccessDenied", ErrorMessage: "no", RequestID: "R", SharedEventID: "S", VPCEndpointID: "V", OriginalEventID: "O",
		Identity: Identity{
			Type: "AssumedRole", PrincipalID: "P", ARN: "A", AccountID: "1", AccessKeyID: "K", UserName: "U", InvokedBy: "I", IdentityProvider: "IP",
			IssuerType: "Role", IssuerARN: "SA", IssuerPrincipalID: "SP", IssuerAccountID: "2", IssuerUserName: "SU",
			SessionCreated: "20131102T010628Z", MFA: "true", SourceIdentity: "SI",
			FederatedProvider: "FP", IdentityStoreARN: "OA", OnBehalfOfUserID: "OU",
		},
		Parameters: []byte(`{ "a" : [1] }`), ResourceARN: "RA", Digest: got.Digest,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	again := decode(t, string(got.Encode()))
	again.Digest = got.Digest
	if diff := cmp.Diff(want, again); diff != "" {
		t.Errorf("encoded and decoded again: %s", diff)
	}
}

// TestDecodeLenient: members that are missing, null or of another type leave
// zero values, and nothing else does.
func TestDecodeLenient(t *testing.T) {
	tests := []struct {
		name, raw string
		want      Record
	}{
		{"null members", `{"eventID":"e","eventTime":null,"eventName":null,"userIdentity":null,"requestParameters":null,"resources":null,"addendum":null}`, Record{EventID: "e"}},
		{"other types", `{"eventID":"e","eventTime":1,"eventName":["x"],"userIdentity":"x","requestParameters":"x","resources":{"ARN":"x"},"addendum":[1],"awsRegion":{},"errorCode":true}`, Record{EventID: "e"}},
		{"other types below", `{"eventID":"e","userIdentity":{"type":1,"arn":"a","sessionContext":{"sessionIssuer":[],"attributes":"x"},"onBehalfOf":0},"resources":["x",{"ARN":"y"}]}`, Record{EventID: "e", Identity: Identity{ARN: "a"}}},
		{"empty resources", `{"eventID":"e","resources":[ ]}`, Record{EventID: "e"}},
		{"names in another case", `{"eventID":"e","EventName":"x","eventname":"x","useridentity":{"arn":"x"},"EVENTID":"x"}`, Record{EventID: "e"}},
		{"last of duplicates", `{"eventID":"d","eventID":"e","eventName":"x","eventName":1,"userIdentity":{"arn":"x","userName":"u"},"userIdentity":{"type":"y"}}`, Record{EventID: "e", Identity: Identity{Type: "y"}}},
		{"last of duplicates is null", `{"eventID":"e","requestParameters":{},"requestParameters":null,"errorCode":"x","errorCode":null}`, Record{EventID: "e"}},
		{"names with escapes", `{"event\u0049D":"e","\u0065rrorCode":"x"}`, Record{EventID: "e", ErrorCode: "x"}},
		{"invalid UTF-8", "{\"eventID\":\"e\",\"userAgent\":\"a\xffb\xc3\",\"error\xffCode\":\"x\"}", Record{EventID: "e", UserAgent: "a\ufffdb\ufffd"}},
		{"lone surrogates", `{"eventID":"e","userAgent":"\ud800\u0041\udc00\ud800"}`, Record{EventID: "e", UserAgent: "\ufffdA\ufffd\ufffd"}},
		// Service events have an identity without a type.
		// https://docs.aws.amazon.com/chime-sdk/latest/dg/expiration.html
		{"service event", `{"eventID":"e","userIdentity":{"accountId":"1","invokedBy":"chime.amazonaws.com"},"requestParameters":null}`, Record{EventID: "e", Identity: Identity{AccountID: "1", InvokedBy: "chime.amazonaws.com"}}},
		{"white space around", " {\"eventID\" : \"e\"}\r\n", Record{EventID: "e"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := decode(t, test.raw)
			got.Digest = 0
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestDecodeTime: only RFC 3339 with an offset is a time.
func TestDecodeTime(t *testing.T) {
	for text, want := range map[string]string{
		"2026-11-01T10:15:30Z":        "2026-11-01T10:15:30Z",
		"2026-11-01T10:15:30.5-07:30": "2026-11-01T17:45:30.5Z",
		"2024-02-29T00:00:00Z":        "2024-02-29T00:00:00Z",
		`2026-11-01T10:15:30\u005a`:   "2026-11-01T10:15:30Z",
		"2026-11-01T10:15:30":         "", // no offset
		"2026-11-01 10:15:30Z":        "",
		"2026-11-01T1:15:30Z":         "",
		"2026-11-01T10:15:30,5Z":      "",
		"2026-11-01T10:15:60Z":        "",
		"2026-11-01T10:15:30+24:00":   "",
		"2025-02-29T00:00:00Z":        "",
		"20131102T010628Z":            "",
		"1793528130":                  "",
		"0000-01-01T00:00:00+01:00":   "", // the year -1 in UTC
		"9999-12-31T23:59:59-01:00":   "", // the year 10000 in UTC
		"":                            "",
	} {
		got := decode(t, `{"eventID":"e","eventTime":"`+text+`"}`).EventTime
		if want == "" {
			if !got.IsZero() {
				t.Errorf("%q: %v, want none", text, got)
			}
			continue
		}
		if got.Format(time.RFC3339Nano) != want || got.Location() != time.UTC {
			t.Errorf("%q: %v, want %s", text, got, want)
		}
	}
}

// TestDecodeErrors: broken JSON and what is no object, nothing else, is an
// error, and the record is then zero.
func TestDecodeErrors(t *testing.T) {
	tests := []struct{ raw, want string }{
		{"", "byte 0: no JSON, expected a record"},
		{" ", "byte 1: no JSON, expected a record"},
		{"null", "byte 0: null, expected a record, which is an object"},
		{` [{}]`, "byte 1: an array, expected a record, which is an object"},
		{`"x"`, "byte 0: a string, expected a record"},
		{`{`, "byte 1: the JSON ends too early"},
		{`{"a"`, "byte 4: the JSON ends too early"},
		{`{"a":`, "byte 5: the JSON ends too early"},
		{`{"a":1`, "byte 6: the JSON ends too early"},
		{`{"a":1,`, "byte 7: the JSON ends too early"},
		{`{"a`, "byte 3: the JSON ends inside a string"},
		{`{"a":[1`, "byte 7: the JSON ends too early"},
		{`{"a":1,}`, "byte 7: the JSON is broken: '}' is out of place"},
		{`{"a":[1,]}`, "byte 8: the JSON is broken: ']' is out of place"},
		{`{"a":1]`, "byte 6: the JSON is broken: ']' is out of place"},
		{`{"a":[1}`, "byte 7: the JSON is broken: '}' is out of place"},
		{`{"a" 1}`, "byte 5: the JSON is broken: '1' is out of place"},
		{`{a:1}`, "byte 1: the JSON is broken: 'a' is out of place"},
		{`{"a":01}`, "byte 5: the JSON is broken: '0' is out of place"},
		{`{"a":1.}`, "byte 5: the JSON is broken: '1' is out of place"},
		{`{"a":+1}`, "byte 5: the JSON is broken: '+' is out of place"},
		{`{"a":1e}`, "byte 5: the JSON is broken: '1' is out of place"},
		{`{"a":-}`, "byte 5: the JSON is broken: '-' is out of place"},
		{`{"a":NaN}`, "byte 5: the JSON is broken: 'N' is out of place"},
		{`{"a":True}`, "byte 5: the JSON is broken: 'T' is out of place"},
		{"{\"a\":\"\n\"}", "byte 5: a string with an invalid escape or a bare control character"},
		{`{"a":"\u12g4"}`, "byte 5: a string with an invalid escape"},
		{`{"\x":1}`, "byte 1: a string with an invalid escape"},
		{`{} {}`, "byte 3: the JSON goes on after the record: '{' is out of place"},
		{"{}\xff", `byte 2: the JSON goes on after the record: the byte 0xff is out of place`},
		{`{"a":` + strings.Repeat("[", 600), "byte 516: arrays and objects nest deeper than 512"},
		{strings.Repeat(`{"a":`, 600), "byte 2560: arrays and objects nest deeper than 512"},
	}
	for _, test := range tests {
		r, err := Decode([]byte(test.raw))
		var syntax *SyntaxError
		if !errors.As(err, &syntax) || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%.40q: %v,\nwant %s", test.raw, err, test.want)
		}
		if diff := cmp.Diff(Record{}, r); diff != "" {
			t.Errorf("%.40q: an error and a record: %s", test.raw, diff)
		}
	}
	for _, raw := range []string{`{}`, `{"a":[-0,1.5E+3,1e-2,0.1,{},[],"",true,false,null,"\u00e9\/\b\f\n\r\t\\\""]}`, `{"a":` + strings.Repeat("[", 511) + strings.Repeat("]", 511) + `}`} {
		decode(t, raw)
	}
}

// TestEncodeUnusual: what a Record made by hand may hold is written as valid
// JSON.
func TestEncodeUnusual(t *testing.T) {
	r := Record{EventID: "\xff\x00\"\\\u2028", Parameters: []byte(`{"a":`), EventTime: time.Date(20000, 1, 1, 0, 0, 0, 0, time.UTC)}
	got := decode(t, string(r.Encode()))
	got.Digest = 0
	if diff := cmp.Diff(Record{EventID: "\ufffd\x00\"\\\u2028"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestKey(t *testing.T) {
	r := decode(t, denied)
	if got, want := r.Key(), (Key{"111122223333", "us-east-1", "11111111-2222-3333-4444-555555555555"}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html (addendum)
	r = decode(t, `{"eventID":"new","addendum":{"reason":"UPDATED_DATA","originalEventID":"old"}}`)
	if got := r.Key().EventID; got != "old" {
		t.Errorf("an update has the id %q, want that of its original", got)
	}
}

func TestParameter(t *testing.T) {
	r := decode(t, `{"requestParameters":{"channelArn":"c\u0031","n":1,"null":null,"o":{"in":"x"},"d":"1","d":"2","e":"x","e":3,"h\u0069":"hidden",
		"list":["one",{"k":"t\u0077o"}],"resourceARN":"arn:aws:chime:us-east-1:1:app-instance/a/channel/c"}}`)
	for name, want := range map[string]string{
		"channelArn": "c1", "ChannelArn": "", "n": "", "null": "", "o": "", "in": "", "d": "2", "e": "", "hi": "hidden", "absent": "", "": "",
	} {
		if got := r.Parameter(name); got != want {
			t.Errorf("Parameter(%q) = %q, want %q", name, got, want)
		}
	}
	for sub, want := range map[string]bool{
		":app-instance/": true, "two": true, "one": true, "x": true, "hidden": true,
		"channelArn": false, "list": false, "hi\u0069": false, "null": false, "1,": false, "t\\u": false, `"`: false,
	} {
		if got := r.ParametersContain(sub); got != want {
			t.Errorf("ParametersContain(%q) = %v", sub, got)
		}
	}
	for _, parameters := range []string{"", "null", `"x"`, `{`, `{"a`, `{"a"`, `{"a":`, `{"a":"x`, `{"a" "x"}`, `{"\`, `{"a":"\`} {
		r := Record{Parameters: []byte(parameters)}
		if got := r.Parameter("a"); got != "" {
			t.Errorf("Parameter of %q = %q", parameters, got)
		}
		if r.ParametersContain("y") {
			t.Errorf("ParametersContain of %q", parameters)
		}
	}
}
