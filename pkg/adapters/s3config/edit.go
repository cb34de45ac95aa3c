package s3config

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
)

// ErrChanged says that the object is not what it was when it was read.
var ErrChanged = errors.New("it was changed by somebody else in the meantime: try again")

// Read returns the object for editing, with the entity tag to write it back
// with. Where there is none, both are empty.
func (s *Source) Read(ctx context.Context) (body []byte, tag string, err error) {
	body, tag, err = s.get(ctx, s.key, "")
	if errors.Is(err, errAbsent) {
		return nil, "", nil
	}
	return body, tag, err
}

// Write puts the object if it still has the entity tag that [Source.Read]
// returned; else it returns an error that wraps [ErrChanged].
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
func (s *Source) Write(ctx context.Context, body []byte, tag string) error {
	in := &s3.PutObjectInput{Bucket: &s.bucket, Key: &s.key, Body: strings.NewReader(string(body))}
	if any := "*"; tag == "" {
		in.IfNoneMatch = &any
	} else {
		in.IfMatch = &tag
	}
	_, err := s.client.PutObject(ctx, in)
	if err == nil {
		return nil
	}
	if api := smithy.APIError(nil); errors.As(err, &api) {
		switch api.ErrorCode() {
		case "PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey":
			err = ErrChanged
		}
	}
	return fmt.Errorf("s3://%s/%s: %w", s.bucket, s.key, err)
}
