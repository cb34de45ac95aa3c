package logqueue_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"chimewatch/pkg/adapters/logqueue"
)

const logKey = "AWSLogs/111122223333/CloudTrail/us-east-1/2026/06/26/111122223333_CloudTrail_us-east-1_20260626T1120Z_4kQdEXAMPLE1b2c3.json.gz"

// notification is that of
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
func notification(event, key string) string {
	return `{"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","awsRegion":"us-west-2","eventTime":"1970-01-01T00:00:00.000Z","eventName":"` + event + `",
		"userIdentity":{"principalId":"AIDAJDPLRKLG7UEXAMPLE"},"requestParameters":{"sourceIPAddress":"127.0.0.1"},"responseElements":{"x-amz-request-id":"C3D13FE58DE4C810","x-amz-id-2":"FMyUVURIY8"},
		"s3":{"s3SchemaVersion":"1.0","configurationId":"testConfigRule","bucket":{"name":"amzn-s3-demo-bucket","ownerIdentity":{"principalId":"A3NL1KOZZKExample"},"arn":"arn:aws:s3:::amzn-s3-demo-bucket"},
		"object":{"key":"` + key + `","size":1024,"eTag":"d41d8cd98f00b204e9800998ecf8427e","versionId":"096fKKXTRTtl3on89fVO.nfljtsv6qko","sequencer":"0055AED6DCD90281E5"}}}]}`
}

func viaSNS(message string) string {
	b, _ := json.Marshal(map[string]string{"Type": "Notification", "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
		"TopicArn": "arn:aws:sns:us-west-2:123456789012:MyTopic", "Subject": "Amazon S3 Notification", "Message": message, "Timestamp": "2012-05-02T00:54:06.655Z"})
	return string(b)
}

// eventBridge is that of https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
func eventBridge(detailType, key string) string {
	return `{"version":"0","id":"17793124-05d4-b198-2fde-7ededc63b103","detail-type":"` + detailType + `","source":"aws.s3","account":"111122223333","time":"2021-11-12T00:00:00Z","region":"ca-central-1",
		"resources":["arn:aws:s3:::amzn-s3-demo-bucket1"],"detail":{"version":"0","bucket":{"name":"amzn-s3-demo-bucket1"},"object":{"key":"` + key + `","size":5,"etag":"b1946ac92492d2347c6235b4d2611184","version-id":"IYV3p45BT0ac8hjHg1houSdS1a.Mro8e","sequencer":"617f08299329d189"},
		"request-id":"N4N7GDK58NMKJ12R","requester":"123456789012","source-ip-address":"1.2.3.4","reason":"PutObject"}}`
}

const (
	// https://docs.aws.amazon.com/AmazonS3/latest/userguide/how-to-enable-disable-notification-intro.html
	testEvent = `{"Service":"Amazon S3","Event":"s3:TestEvent","Time":"2014-10-13T15:57:02.089Z","Bucket":"amzn-s3-demo-bucket","RequestId":"5582815E1AEA5ADF","HostId":"8cLeGAmw098X5cv4Zkwcmo8vvZa3eH3eKxsPzbB9wrR+YstdA6Knx4Ip8EXAMPLE"}`
	// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/configure-sns-notifications-for-cloudtrail.html
	ofCloudTrail = `{"s3Bucket":"your-bucket-name","s3ObjectKey":["AWSLogs/1/a.json.gz","AWSLogs/1/b+c.json.gz"]}`
)

func TestParse(t *testing.T) {
	one := []logqueue.Reference{{Bucket: "amzn-s3-demo-bucket", Key: logKey, Size: 1024}}
	spaced := []logqueue.Reference{{Bucket: "amzn-s3-demo-bucket", Key: "a b+c/ü.json.gz", Size: 1024}}
	bridged := []logqueue.Reference{{Bucket: "amzn-s3-demo-bucket1", Key: "a%2Bb+c.json.gz", Size: 5}}
	trail := []logqueue.Reference{{Bucket: "your-bucket-name", Key: "AWSLogs/1/a.json.gz"}, {Bucket: "your-bucket-name", Key: "AWSLogs/1/b+c.json.gz"}}
	put := notification("ObjectCreated:Put", logKey)
	tests := map[string]struct {
		body string
		want []logqueue.Reference
	}{
		"S3":                                  {put, one},
		"S3, multipart":                       {notification("ObjectCreated:CompleteMultipartUpload", logKey), one},
		"S3, through SNS":                     {viaSNS(put), one},
		"S3, keys are URL-encoded":            {notification("ObjectCreated:Put", "a+b%2Bc%2F%C3%BC.json.gz"), spaced},
		"S3, several":                         {strings.Replace(put, `"Records":[`, `"Records":[`+put[strings.Index(put, "[")+1:strings.LastIndex(put, "]")]+",", 1), append(one, one...)},
		"S3, removed":                         {notification("ObjectRemoved:Delete", logKey), nil},
		"S3, restored":                        {notification("ObjectRestore:Completed", logKey), nil},
		"S3, test":                            {testEvent, nil},
		"S3, test through SNS":                {viaSNS(testEvent), nil},
		"EventBridge":                         {eventBridge("Object Created", "a%2Bb+c.json.gz"), bridged},
		"EventBridge through SNS":             {viaSNS(eventBridge("Object Created", "a%2Bb+c.json.gz")), bridged},
		"EventBridge, deleted":                {eventBridge("Object Deleted", "x"), nil},
		"CloudTrail through SNS":              {viaSNS(ofCloudTrail), trail},
		"CloudTrail through SNS, raw":         {ofCloudTrail, trail},
		"CloudTrail tries the topic":          {viaSNS("CloudTrail validation message."), nil},
		"CloudTrail tries the topic, raw":     {"CloudTrail validation message.\n", nil},
		"what the command line lists":         {logqueue.Encode(one...), one},
		"what the command line lists, spaced": {logqueue.Encode(spaced...), spaced},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := logqueue.Parse(tt.body)
			if diff := cmp.Diff(tt.want, got); err != nil || diff != "" {
				t.Error(err, diff)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	for body, want := range map[string]string{
		"":       "no JSON of a known form",
		"[]":     "no JSON of a known form",
		"{}":     "names no objects",
		`"text"`: "no JSON of a known form",
		viaSNS(viaSNS(notification("ObjectCreated:Put", logKey))): "names no objects", // nobody sends that
		`{"Records":[{"eventSource":"aws:sqs"}]}`:                 `record 1 of the message is of "aws:sqs"`,
		notification("ObjectCreated:Put", "%zz"):                  "the key is not URL-encoded",
		notification("ObjectCreated:Put", ""):                     "lacks its bucket or key",
		eventBridge("Object Created", ""):                         "lacks its bucket or key",
		`{"s3ObjectKey":["x"]}`:                                   "lacks its bucket or key",
		viaSNS("hello"):                                           "no JSON of a known form",
		`{"detail-type":"AWS API Call via CloudTrail","source":"aws.chime","detail":{"eventID":"x"}}`: "names no objects",
	} {
		if got, err := logqueue.Parse(body); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, %v", body, got, err)
		}
	}
}

// Whatever is listed comes out as it went in.
func TestEncode(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		refs := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) logqueue.Reference {
			return logqueue.Reference{
				Bucket: rapid.StringMatching(`[a-z0-9.-]{3,63}`).Draw(t, "bucket"),
				Key:    rapid.StringN(1, 200, -1).Draw(t, "key"),
				Size:   rapid.Int64Min(0).Draw(t, "size"),
			}
		}), 1, 5).Draw(t, "references")
		body := logqueue.Encode(refs...)
		for _, b := range []string{body, viaSNS(body)} {
			got, err := logqueue.Parse(b)
			if diff := cmp.Diff(refs, got); err != nil || diff != "" {
				t.Fatal(err, diff)
			}
		}
	})
}

// Whatever comes: an object has a bucket and a key, and an error a remedy.
func FuzzParse(f *testing.F) {
	for _, body := range []string{notification("ObjectCreated:Put", logKey), viaSNS(testEvent), eventBridge("Object Created", "k"), ofCloudTrail, `{"Records":null}`} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		refs, err := logqueue.Parse(body)
		if err != nil && refs != nil {
			t.Fatalf("%v beside %v", refs, err)
		}
		for _, r := range refs {
			if r.Bucket == "" || r.Key == "" {
				t.Fatalf("%+v", r)
			}
		}
	})
}
