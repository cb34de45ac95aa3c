package s3logs

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// Object is one object of a listing.
type Object struct {
	Bucket, Key string
	Size        int64 // bytes, as stored
}

// URL returns the object's place as s3://bucket/key.
func (o Object) URL() string { return objectURL(o.Bucket, o.Key) }

// Listed says what a listing came by.
type Listed struct {
	Files    int64 // wanted
	Bytes    int64 // of them, as stored
	Passed   int64 // seen and not wanted; most of what is not wanted is not even seen
	Requests int64
	Last     string // the key up to which all was listed
}

// List finds the log files of a place, in the order of the bytes of their keys,
// and hands each to found. It stops at the first error that found returns, and
// returns it as it is. Its own error is an *Error; with Listed.Last as
// Filter.After the listing goes on where it stopped.
func List(ctx context.Context, client Client, p Place, f Filter, found func(Object) error) (Listed, error) {
	out := Listed{Last: f.After}
	after := f.After
	for {
		before := after
		page, err := client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{
			Bucket: &p.Bucket, Prefix: optional(p.Prefix), StartAfter: optional(after),
		})
		if err != nil {
			return out, explain(p.String(), "list", err)
		}
		out.Requests++
		for i := range page.Contents {
			o := Object{p.Bucket, aws.ToString(page.Contents[i].Key), aws.ToInt64(page.Contents[i].Size)}
			if o.Key <= after {
				continue // jumped over
			}
			wanted, jump := f.wants(o.Key, ParseKey(o.Key))
			if wanted {
				if err := found(o); err != nil {
					return out, err
				}
				out.Files++
				out.Bytes += o.Size
			} else {
				out.Passed++
			}
			out.Last, after = o.Key, max(o.Key, jump)
		}
		past := p.Prefix != "" && after > p.Prefix && !strings.HasPrefix(after, p.Prefix)
		if !aws.ToBool(page.IsTruncated) || len(page.Contents) == 0 || past {
			return out, nil
		}
		if after == before {
			return out, &Error{p.String(), "the listing does not get on", "S3 itself lists in order of the keys; check what answers in its place", nil}
		}
	}
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
