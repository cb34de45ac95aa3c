package logqueue

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// Parse reads the body of a message. It understands
//
//   - a notification of S3, whose keys are URL-encoded,
//   - an event of S3 through EventBridge, whose keys are not,
//   - a notification of CloudTrail itself,
//   - each of these through SNS, as text or raw,
//   - the test messages that S3 and CloudTrail send when they are set up, which
//     name no object,
//   - what [Encode] writes.
//
// An announcement that an object was removed names none to be read.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/configure-sns-notifications-for-cloudtrail.html
// https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
func Parse(body string) ([]Reference, error) { return parse(body, true) }

// validation is what CloudTrail publishes to try a topic.
const validation = "CloudTrail validation message."

func parse(body string, wrapped bool) ([]Reference, error) {
	if strings.TrimSpace(body) == validation {
		return nil, nil
	}
	var m struct {
		// S3
		Records *[]record
		Event   string
		// CloudTrail
		Bucket string   `json:"s3Bucket"`
		Keys   []string `json:"s3ObjectKey"`
		// EventBridge
		DetailType string `json:"detail-type"`
		Source     string `json:"source"`
		Detail     struct {
			Bucket struct{ Name string }
			Object object
		}
		// SNS
		Topic   string `json:"TopicArn"`
		Message *string
	}
	if err := json.Unmarshal([]byte(body), &m); err != nil {
		return nil, fmt.Errorf("the message is no JSON of a known form: %w; send it notifications of S3 or CloudTrail", err)
	}
	switch {
	case m.Topic != "" && m.Message != nil && wrapped:
		return parse(*m.Message, false)
	case m.Event == "s3:TestEvent":
		return nil, nil
	case m.Records != nil:
		return fromS3(*m.Records)
	case m.Source == "aws.s3" && m.DetailType == "Object Created":
		return check([]Reference{{m.Detail.Bucket.Name, m.Detail.Object.Key, m.Detail.Object.Size}})
	case m.Source == "aws.s3" && m.DetailType != "":
		return nil, nil // deleted, restored, tagged
	case m.Keys != nil:
		refs := make([]Reference, len(m.Keys))
		for i, key := range m.Keys {
			refs[i] = Reference{m.Bucket, key, 0}
		}
		return check(refs)
	}
	return nil, errors.New("the message names no objects; send it notifications of S3 (straight, through SNS or through EventBridge) or of CloudTrail")
}

// record is one record of a notification of S3.
type record struct {
	Source string `json:"eventSource"`
	Name   string `json:"eventName"`
	S3     struct {
		Bucket struct{ Name string }
		Object object
	}
}

type object struct {
	Key  string
	Size int64
}

func fromS3(records []record) ([]Reference, error) {
	var refs []Reference
	for i, r := range records {
		if r.Source != "aws:s3" {
			return nil, fmt.Errorf("record %d of the message is of %q, not of S3; send it notifications of S3 or CloudTrail", i+1, r.Source)
		}
		if !strings.HasPrefix(r.Name, "ObjectCreated:") && !strings.HasPrefix(r.Name, "s3:ObjectCreated:") {
			continue
		}
		key, err := url.QueryUnescape(r.S3.Object.Key)
		if err != nil {
			return nil, fmt.Errorf("record %d of the message: the key is not URL-encoded as S3 does it: %w", i+1, err)
		}
		refs = append(refs, Reference{r.S3.Bucket.Name, key, r.S3.Object.Size})
	}
	return check(refs)
}

func check(refs []Reference) ([]Reference, error) {
	for i, r := range refs {
		if r.Bucket == "" || r.Key == "" {
			return nil, fmt.Errorf("object %d of the message lacks its bucket or key", i+1)
		}
	}
	return refs, nil
}

// Encode returns the body of a message that names objects: a notification as S3
// itself would send it.
func Encode(refs ...Reference) string {
	records := make([]map[string]any, len(refs))
	for i, r := range refs {
		records[i] = map[string]any{
			"eventVersion": "2.1", "eventSource": "aws:s3", "eventName": "ObjectCreated:Put",
			"s3": map[string]any{
				"bucket": map[string]any{"name": r.Bucket},
				"object": map[string]any{"key": url.QueryEscape(r.Key), "size": r.Size},
			},
		}
	}
	body, _ := json.Marshal(map[string]any{"Records": records}) // strings and numbers alone cannot fail
	return string(body)
}
