// Package s3report keeps summaries in a bucket: every report as a page and as
// JSON, and the book of those that were sent. Who may read them, and with which
// key they are encrypted, is the bucket's to say.
package s3report

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"chimewatch/pkg/summary"
)

// Client names the calls used; *s3.Client has them.
type Client interface {
	GetObject(context.Context, *s3.GetObjectInput, ...func(*s3.Options)) (*s3.GetObjectOutput, error)
	PutObject(context.Context, *s3.PutObjectInput, ...func(*s3.Options)) (*s3.PutObjectOutput, error)
}

// bookName is the name of the book's object; no period is called so.
const bookName = "book.json"

// maxBook bounds the book, in bytes.
const maxBook = 64 << 10

// Shelf is a summary.Shelf in a bucket. It is safe for concurrent use, by any
// number of processes.
type Shelf struct {
	client         Client
	bucket, prefix string
	region         string
}

var _ summary.Shelf = (*Shelf)(nil)

// New returns a Shelf. The prefix of its keys ends with a slash; the Region is
// that of the bucket.
func New(client Client, bucket, prefix, region string) (*Shelf, error) {
	if prefix != "" && !strings.HasSuffix(prefix, "/") {
		return nil, fmt.Errorf("prefix of reports: %q does not end with a slash", prefix)
	}
	return &Shelf{client: client, bucket: bucket, prefix: prefix, region: region}, nil
}

// Put implements summary.Shelf. The link leads to the page's object in the
// console of S3, which asks for a login: a presigned one would outlive nothing
// but the credentials that made it.
func (s *Shelf) Put(ctx context.Context, name string, html, json []byte) (string, error) {
	key := s.prefix + name
	for _, o := range []struct {
		suffix, kind string
		body         []byte
	}{{".json", "application/json", json}, {".html", "text/html; charset=utf-8", html}} {
		_, err := s.client.PutObject(ctx, &s3.PutObjectInput{
			Bucket: &s.bucket, Key: aws.String(key + o.suffix), Body: bytes.NewReader(o.body),
			ContentType: &o.kind, CacheControl: aws.String("private, no-store"),
		})
		if err != nil {
			return "", s.explain("writing", key+o.suffix, err)
		}
	}
	return s.link(key + ".html"), nil
}

// link returns where the console shows an object.
func (s *Shelf) link(key string) string {
	q := url.Values{"region": {s.region}, "prefix": {key}}
	return "https://" + s.region + ".console.aws.amazon.com/s3/object/" + url.PathEscape(s.bucket) + "?" + q.Encode()
}

// Book implements summary.Shelf. Its version is the object's entity tag.
func (s *Shelf) Book(ctx context.Context) (summary.Book, summary.Version, error) {
	var b summary.Book
	key := s.prefix + bookName
	out, err := s.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &s.bucket, Key: &key})
	if err != nil {
		if missing := (*types.NoSuchKey)(nil); errors.As(err, &missing) {
			return b, "", nil
		}
		return b, "", s.explain("reading", key, err)
	}
	defer func() { _ = out.Body.Close() }() // read to its end or given up
	text, err := io.ReadAll(io.LimitReader(out.Body, maxBook+1))
	if err == nil && len(text) > maxBook {
		err = fmt.Errorf("more than %d bytes", maxBook)
	}
	if err == nil {
		err = json.Unmarshal(text, &b)
	}
	if err != nil {
		return summary.Book{}, "", fmt.Errorf("reading s3://%s/%s: %w; delete the object if it is damaged: the next summary is then the first", s.bucket, key, err)
	}
	return b, summary.Version(aws.ToString(out.ETag)), nil
}

// PutBook implements summary.Shelf.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
func (s *Shelf) PutBook(ctx context.Context, b summary.Book, v summary.Version) error {
	text, err := json.Marshal(b)
	if err != nil {
		return fmt.Errorf("writing the book of summaries: %w", err)
	}
	key := s.prefix + bookName
	in := &s3.PutObjectInput{Bucket: &s.bucket, Key: &key, Body: bytes.NewReader(text), ContentType: aws.String("application/json")}
	if v == "" {
		in.IfNoneMatch = aws.String("*")
	} else {
		in.IfMatch = aws.String(string(v))
	}
	if _, err := s.client.PutObject(ctx, in); err != nil {
		if conflicts(err) {
			return fmt.Errorf("writing s3://%s/%s: %w (%w)", s.bucket, key, summary.ErrStale, err)
		}
		return s.explain("writing", key, err)
	}
	return nil
}

// conflicts reports whether a conditional write met another one.
func conflicts(err error) bool {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return false
	}
	switch api.ErrorCode() {
	case "PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey":
		return true
	}
	return false
}

func (s *Shelf) explain(doing, key string, err error) error {
	hint := ""
	var api smithy.APIError
	if errors.As(err, &api) {
		switch api.ErrorCode() {
		case "AccessDenied":
			hint = "; allow s3:GetObject and s3:PutObject on it, and kms:Decrypt and kms:GenerateDataKey on the bucket's key; without s3:ListBucket an object that is not there looks forbidden too"
		case "NoSuchBucket":
			hint = "; there is no such bucket"
		}
	}
	return fmt.Errorf("%s s3://%s/%s: %w%s", doing, s.bucket, key, err, hint)
}
