// Package s3logs lists and reads CloudTrail log files in S3.
//
// A bucket holds the files of many accounts, Regions and days, digests beside
// them, and often the logs of other services. A listing jumps over what was not
// asked for, so that it costs about one request for a thousand files that are
// wanted. Reading goes on where a connection was cut, so the memory for a file
// does not depend on its size, and neither does what a bad network costs.
//
// What fails is told with the object, what is wrong and what to do; it does not
// keep the other files from being read.
//
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-find-log-files.html
package s3logs

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// Client names the calls used; *s3.Client has them.
type Client interface {
	ListObjectsV2(context.Context, *s3.ListObjectsV2Input, ...func(*s3.Options)) (*s3.ListObjectsV2Output, error)
	GetObject(context.Context, *s3.GetObjectInput, ...func(*s3.Options)) (*s3.GetObjectOutput, error)
}

// Scheme is what the URL of a place in S3 begins with.
const Scheme = "s3://"

// Place is a bucket, or the part of it whose keys begin with a prefix.
type Place struct{ Bucket, Prefix string }

// ParseURL reads a place written as s3://bucket or s3://bucket/prefix. The
// prefix is text that keys begin with, as in the AWS CLI, not a folder.
func ParseURL(url string) (Place, error) {
	rest, ok := strings.CutPrefix(url, Scheme)
	bucket, prefix, _ := strings.Cut(rest, "/")
	if !ok || !isBucket(bucket) {
		return Place{}, fmt.Errorf("%q names no bucket: write s3://BUCKET or s3://BUCKET/PREFIX", url)
	}
	return Place{bucket, prefix}, nil
}

// String returns the place as a URL.
func (p Place) String() string { return objectURL(p.Bucket, p.Prefix) }

func objectURL(bucket, key string) string { return Scheme + bucket + "/" + key }

// isBucket reports whether s can be the name of a bucket, or the ARN or alias of
// an access point without slashes.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
func isBucket(s string) bool {
	if len(s) < 3 || len(s) > 255 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if !('a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '.' || c == '_' || c == ':' || 'A' <= c && c <= 'Z') {
			return false
		}
	}
	return true
}
