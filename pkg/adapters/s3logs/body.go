package s3logs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
)

// body reads an object and, where the connection is cut, goes on behind what
// was read. It refuses to go on in an object that was overwritten meanwhile.
type body struct {
	ctx    context.Context
	reader *Reader
	bucket string
	key    string

	in     io.ReadCloser // nil: to be opened
	tag    *string       // of the object opened first
	offset int64         // what was read
	size   int64         // of the whole object
	cuts   int           // in a row, without a byte in between
	err    error         // what ended reading
}

// Read implements io.Reader. Its errors are explained, and final.
func (b *body) Read(p []byte) (n int, err error) {
	if b.err == nil {
		n, b.err = b.read(p)
	}
	return n, b.err
}

func (b *body) read(p []byte) (int, error) {
	for {
		if b.in == nil {
			if err := b.open(); err != nil {
				return 0, explain(objectURL(b.bucket, b.key), "read", err)
			}
		}
		n, err := b.in.Read(p)
		b.offset += int64(n)
		if n > 0 {
			b.cuts = 0
		}
		switch {
		case err == nil || n > 0 && !errors.Is(err, io.EOF):
			if err != nil {
				b.close()
			}
			return n, nil
		case errors.Is(err, io.EOF) && b.offset >= b.size:
			return n, io.EOF
		case b.size > 0 && b.offset >= b.size: // all is there, and it is not what was stored
			return n, explain(objectURL(b.bucket, b.key), "read", err)
		}
		b.close()
		if n > 0 {
			return n, nil
		}
		if err := b.pause(err); err != nil {
			return 0, explain(objectURL(b.bucket, b.key), "read", err)
		}
	}
}

// pause waits before the next try; it returns why there is none.
func (b *body) pause(cause error) error {
	b.cuts++
	if b.cuts >= b.reader.tries() {
		return fmt.Errorf("the connection was cut %d times at byte %d: %w", b.cuts, b.offset, cause)
	}
	return b.reader.sleep(b.ctx, min(100*time.Millisecond<<b.cuts, 5*time.Second))
}

func (b *body) open() error {
	in := &s3.GetObjectInput{Bucket: &b.bucket, Key: &b.key}
	if b.tag != nil {
		in.IfMatch = b.tag
	}
	if b.offset > 0 {
		in.Range = aws.String(fmt.Sprintf("bytes=%d-", b.offset))
	}
	out, err := b.reader.Client.GetObject(b.ctx, in)
	if err != nil {
		return err
	}
	if b.offset == 0 {
		b.size = aws.ToInt64(out.ContentLength)
	}
	if b.tag != nil && aws.ToString(out.ETag) != aws.ToString(b.tag) {
		out.Body.Close()
		return &smithy.GenericAPIError{Code: "PreconditionFailed"}
	}
	b.in, b.tag = out.Body, out.ETag
	return nil
}

func (b *body) close() {
	if b.in != nil {
		b.in.Close() // only read from: nothing is lost
		b.in = nil
	}
}
