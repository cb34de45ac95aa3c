package cloudtrail

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
)

// denied is a whole record in the order and with the members that CloudTrail
// writes, after
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
const denied = `{"eventVersion":"1.11","userIdentity":{"type":"AssumedRole","principalId":"AROAEXAMPLE:chat-backend",` +
	`"arn":"arn:aws:sts::111122223333:assumed-role/ChatBackend/chat-backend","accountId":"111122223333","accessKeyId":"ASIAEXAMPLE",` +
	`"sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROAEXAMPLE","arn":"arn:aws:iam::111122223333:role/service/ChatBackend",` +
	`"accountId":"111122223333","userName":"ChatBackend"},"attributes":{"creationDate":"2026-11-01T08:00:00Z","mfaAuthenticated":"false"}}},` +
	`"eventTime":"2026-11-01T10:15:30Z","eventSource":"chime.amazonaws.com","eventName":"ListChannels","awsRegion":"us-east-1",` +
	`"sourceIPAddress":"203.0.113.7","userAgent":"aws-sdk-go-v2/1.32.3 ua/2.1 os/linux lang/go#1.23.1","errorCode":"AccessDeniedException",` +
	`"errorMessage":"User: arn:aws:sts::111122223333:assumed-role/ChatBackend/chat-backend is not authorized to perform: chime:ListChannels",` +
	`"requestParameters":{"appInstanceArn":"arn:aws:chime:us-east-1:111122223333:app-instance/a1","chimeBearer":"arn:aws:chime:us-east-1:111122223333:app-instance/a1/user/u1","maxResults":50},` +
	`"responseElements":null,"requestID":"req-1","eventID":"11111111-2222-3333-4444-555555555555","readOnly":true,` +
	`"resources":[{"accountId":"111122223333","type":"AWS::Chime::AppInstance","ARN":"arn:aws:chime:us-east-1:111122223333:app-instance/a1"}],` +
	`"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"111122223333","eventCategory":"Management",` +
	`"tlsDetails":{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"messaging-chime.us-east-1.amazonaws.com"}}`

const (
	insightRecord = `{"eventVersion":"1.07","eventTime":"2026-11-01T10:15:00Z","awsRegion":"us-east-1","eventID":"i1","eventType":"AwsCloudTrailInsight","recipientAccountId":"111122223333","insightDetails":{"state":"Start","eventSource":"chime.amazonaws.com"},"eventCategory":"Insight"}`
	digestFile    = `{"awsAccountId":"111122223333","digestStartTime":"2026-11-01T10:00:00Z","digestEndTime":"2026-11-01T11:00:00Z","digestS3Bucket":"b","digestS3Object":"AWSLogs/111122223333/CloudTrail-Digest/x.json.gz","logFiles":[{"s3Bucket":"b","s3Object":"o","hashValue":"00"}]}`
)

// short is a record that is short enough to read in a test.
func short(id string) string {
	return fmt.Sprintf(`{"eventID":%q,"eventSource":"chime.amazonaws.com","eventName":"ListChannels"}`, id)
}

// versioned makes records that begin with an eventID begin with an eventVersion,
// as genuine ones do.
func versioned(input string) string {
	if isGzip([]byte(input)) {
		return input
	}
	return strings.NewReplacer(`{"eventID"`, `{"eventVersion":"1","eventID"`, `{\"eventID\"`, `{\"eventVersion\":\"1\",\"eventID\"`).Replace(input)
}

// event wraps a record as EventBridge does.
func event(record string) string {
	return `{"version":"0","id":"e","detail-type":"AWS API Call via CloudTrail","source":"aws.chime","account":"111122223333","time":"2026-11-01T10:15:31Z","region":"us-east-1","resources":[],"detail":` + record + `}`
}

// quoted returns text as a JSON string.
func quoted(text string) string {
	b, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func zipped(t testing.TB, texts ...string) string {
	t.Helper()
	var b bytes.Buffer
	for _, text := range texts {
		z := gzip.NewWriter(&b)
		if _, err := z.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

// seen is what one scan handed over, in a form to compare.
type seen struct {
	elements []string // position and raw JSON, or why it is malformed
	ids      []string // event ids of those that decode, "-" for the others
	counts   Counts
	err      string
}

func collect(t testing.TB, input string, sizes bufferSizes, opt Options) seen {
	t.Helper()
	var s seen
	counts, err := scan(strings.NewReader(input), sizes, "f", opt, func(e Element) error {
		text := fmt.Sprintf("%s: %s", e.Pos, e.Raw)
		if e.Malformed != "" {
			text += " is " + e.Malformed
		}
		s.elements = append(s.elements, text)
		if r, err := e.Decode(); err != nil {
			s.ids = append(s.ids, "-")
		} else {
			s.ids = append(s.ids, r.EventID)
		}
		return nil
	})
	s.counts = counts
	if err != nil {
		s.err = err.Error()
	}
	return s
}

var wholeFile = bufferSizes{defaultHeadroom, defaultChunk, 2}
