package s3logs_test

import (
	"strings"
	"testing"
	"time"

	"chimewatch/pkg/adapters/s3logs"
)

// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html
func TestParseKey(t *testing.T) {
	day := time.Date(2026, 6, 26, 0, 0, 0, 0, time.UTC)
	file := s3logs.Key{Kind: s3logs.LogFile, Account: "111122223333", Region: "us-east-1", Day: day}
	const name = "111122223333_CloudTrail_us-east-1_20260626T1120Z_4kQdEXAMPLE1b2c3.json.gz"
	const path = "111122223333/CloudTrail/us-east-1/2026/06/26/" + name
	tests := []struct {
		key  string
		want s3logs.Key
	}{
		{"AWSLogs/" + path, file},
		{"some/prefix/AWSLogs/" + path, file},
		{"AWSLogs/o-exampleorg/" + path, file},
		{"prefix/AWSLogs/o-exampleorg/" + path, file},
		{"AWSLogs/111122223333/CloudTrail-Digest/us-east-1/2026/06/26/111122223333_CloudTrail-Digest_us-east-1_t_us-east-1_20260626T120000Z.json.gz",
			s3logs.Key{Kind: s3logs.Digest, Account: "111122223333", Region: "us-east-1", Day: day}},
		{"AWSLogs/111122223333/CloudTrail-Insight/us-east-1/2026/06/26/111122223333_CloudTrail-Insight_us-east-1_20260626T1135Z_x.json.gz",
			s3logs.Key{Kind: s3logs.Insight, Account: "111122223333", Region: "us-east-1", Day: day}},

		{"AWSLogs/111122223333/Config/us-east-1/2026/06/26/111122223333_Config_us-east-1_x.json.gz", s3logs.Key{}},
		{"AWSLogs/111122223333/CloudTrail/us-east-1/2026/13/26/" + name, s3logs.Key{}},
		{"AWSLogs/11112222333/CloudTrail/us-east-1/2026/06/26/" + name, s3logs.Key{}},
		{"AWSLogs/444455556666/CloudTrail/us-east-1/2026/06/26/" + name, s3logs.Key{}}, // the name is another account's
		{"AWSLogs/111122223333/CloudTrail/us-east-1/2026/06/26/notes.txt", s3logs.Key{}},
		{"AWSLogs/111122223333/", s3logs.Key{}},
		{"MyAWSLogs/" + path, s3logs.Key{}},
		{path, s3logs.Key{}},
		{"", s3logs.Key{}},
		// Whoever may write below one account's folder does not pass for another one.
		{"AWSLogs/444455556666/AWSLogs/" + path, s3logs.Key{}},
		{"AWSLogs/444455556666/CloudTrail/us-east-1/2026/06/26/AWSLogs/" + path, s3logs.Key{}},
		{"AWSLogs/AWSLogs/" + path, s3logs.Key{}},
	}
	for _, tt := range tests {
		if got := s3logs.ParseKey(tt.key); got != tt.want {
			t.Errorf("%s:\n got %+v\nwant %+v", tt.key, got, tt.want)
		}
	}
}

// Whatever the key: an account is only ever the one that follows the first
// AWSLogs, or its organisation.
func FuzzParseKey(f *testing.F) {
	f.Add("AWSLogs/111122223333/CloudTrail/us-east-1/2026/06/26/111122223333_CloudTrail_us-east-1_x.json.gz")
	f.Add("p/AWSLogs/o-abc/111122223333/CloudTrail-Digest/us-east-1/2026/06/26/x")
	f.Add("AWSLogs/AWSLogs/o-/x//")
	f.Fuzz(func(t *testing.T, key string) {
		k := s3logs.ParseKey(key)
		if k.Kind == s3logs.Other {
			if k != (s3logs.Key{}) {
				t.Fatalf("%q: %+v", key, k)
			}
			return
		}
		parts := strings.Split(key, "/")
		i := 0
		for parts[i] != "AWSLogs" {
			i++
		}
		if strings.HasPrefix(parts[i+1], "o-") {
			i++
		}
		if parts[i+1] != k.Account || len(k.Account) != 12 || len(parts) != i+8 {
			t.Fatalf("%q: account %q", key, k.Account)
		}
	})
}

func TestParseURL(t *testing.T) {
	for url, want := range map[string]s3logs.Place{
		"s3://example-trail":                {Bucket: "example-trail"},
		"s3://example-trail/":               {Bucket: "example-trail"},
		"s3://example-trail/AWSLogs/o-1/":   {Bucket: "example-trail", Prefix: "AWSLogs/o-1/"},
		"s3://example-trail/AWSLogs/1111//": {Bucket: "example-trail", Prefix: "AWSLogs/1111//"},
	} {
		if got, err := s3logs.ParseURL(url); err != nil || got != want {
			t.Errorf("%s: %+v, %v", url, got, err)
		}
	}
	for _, url := range []string{"", "s3:/x", "s3://", "s3:///key", "https://example-trail", "s3://a b", "s3://a\nb/x", "s3://ab"} {
		if got, err := s3logs.ParseURL(url); err == nil || !strings.Contains(err.Error(), "s3://BUCKET") {
			t.Errorf("%q: %+v, %v", url, got, err)
		}
	}
}
