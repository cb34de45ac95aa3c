package dynamostore

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"github.com/klauspost/compress/flate"
)

// phrases is what stored texts have in common. It is part of the schema: a
// change needs a new format.
const phrases = `"Subject":{"Kind":1,"Key":"","Assessment":{"Severity":"Verdict":"probing","misconfiguration","unclear","Reasons":["Findings":["f-"Principals":["Operations":["Evidence":[{"Time":"2026-Z","Key":{"Account":"","Region":"us-east-1","EventID":"` +
	`aws-sdk-java/2. Linux/ Botocore/1. Boto3/1. md/Botocore#1. ua/2.1 os/linux#5.10 md/arch#x86_64 lang/python#3.12 aws-cli/2. aws-sdk-js/3. lang/js md/nodejs#20. aws-sdk-go-v2/1. exec-env/AWS_Lambda_ api/chime-sdk-messaging#3.` +
	`ForbiddenException UnauthorizedClientException AccessDenied Client.UnauthorizedOperation with an explicit deny in a service control policy: arn:aws:organizations:::policy/o-/service_control_policy/p-` +
	`{"t":"2026-01-T:00Z","k":"arn:aws:iam::123456789012:role/","y":"AssumedRole","a":"","n":"ListChannelMessages","o":2,"c":"app-role","c":"iam","r":"arn:aws:chime:us-east-1::app-instance/channel/","b":"/user/","s":"203.0.113.","i":"ASIA","e":"AccessDeniedException","m":"User: arn:aws:sts:::assumed-role/` +
	` is not authorized to perform: chime: on resource: arn:aws:chime:us-east-1:123456789012:app-instance/ because no identity-based policy allows the chime: action","u":"`

// maxUnpacked bounds what a packed value may unpack to: far more than is ever
// packed.
const maxUnpacked = 4 << 20

// pack returns v as JSON, compressed. A kilobyte is what a write unit pays for,
// and a call says its ARNs several times.
func pack(v any) ([]byte, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	var buf bytes.Buffer
	if err := flate.StatelessDeflate(&buf, text, true, []byte(phrases)); err != nil {
		return nil, err
	}
	if len(text) < 1<<10 || 2*buf.Len() < len(text) {
		return buf.Bytes(), nil
	}
	return pressed(buf.Bytes(), text)
}

// pressed takes the trouble to make a text small of which the quick way stored
// parts as they are, as it does where names are noise; an attacker may choose
// them. It returns the quick result if that is no larger.
func pressed(quick, text []byte) ([]byte, error) {
	var buf bytes.Buffer
	w, err := flate.NewWriterDict(&buf, flate.DefaultCompression, []byte(phrases))
	if err == nil {
		_, err = w.Write(text)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil || buf.Len() >= len(quick) {
		return quick, err
	}
	return buf.Bytes(), nil
}

func unpack(packed []byte, v any) error {
	r := flate.NewReaderDict(bytes.NewReader(packed), []byte(phrases))
	text, err := io.ReadAll(io.LimitReader(r, maxUnpacked))
	if err != nil {
		return fmt.Errorf("unpacking a stored value: %w", err)
	}
	if err := json.Unmarshal(text, v); err != nil {
		return fmt.Errorf("reading a stored value: %w", err)
	}
	return nil
}
