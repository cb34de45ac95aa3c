// Package s3config reads the configuration from one object in S3, and keeps the
// last good one: a bad object changes nothing but is named.
package s3config

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"chimewatch/pkg/config"
)

// Client names the calls used; *s3.Client has them.
type Client interface {
	GetObject(context.Context, *s3.GetObjectInput, ...func(*s3.Options)) (*s3.GetObjectOutput, error)
	PutObject(context.Context, *s3.PutObjectInput, ...func(*s3.Options)) (*s3.PutObjectOutput, error)
}

// lastGood is appended to the key for the copy of the last good configuration,
// which a new process starts with while the object itself is bad.
const lastGood = ".last-good"

// Source reads one object. It is safe for concurrent use.
type Source struct {
	client  Client
	bucket  string
	key     string
	refresh time.Duration
	now     func() time.Time

	mu      sync.Mutex
	state   State
	checked time.Time
	seen    string // entity tag of the object looked at last, good or bad
}

// State is a configuration with where it stems from.
type State struct {
	Config config.Config
	// Origin is the entity tag of the object that the configuration stems from;
	// empty for the defaults.
	Origin string
	// Problem says why the object is not in force; nil where it is, or where
	// there is none.
	Problem error
}

// New returns a Source that looks at the object again after refresh.
func New(client Client, bucket, key string, refresh time.Duration, now func() time.Time) *Source {
	return &Source{client: client, bucket: bucket, key: key, refresh: refresh, now: now}
}

// Load returns the configuration in force. There always is one: the object if
// it is good, else the last good one, else the defaults. An error means that
// nothing could be read, and that nothing is known from before.
func (s *Source) Load(ctx context.Context) (State, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if !s.checked.IsZero() && now.Sub(s.checked) < s.refresh {
		return s.state, nil
	}
	body, tag, err := s.get(ctx, s.key, s.seen)
	switch {
	case errors.Is(err, errSame):
	case errors.Is(err, errAbsent):
		s.state, s.seen = State{Config: config.Default()}, ""
	case err != nil && s.checked.IsZero():
		return State{}, fmt.Errorf("reading the configuration: %w", err)
	case err != nil:
		s.state.Problem = fmt.Errorf("reading the configuration again: %w", err)
	default:
		s.take(ctx, body, tag)
	}
	s.checked = now
	return s.state, nil
}

// take validates a new object and puts it in force if it is good.
func (s *Source) take(ctx context.Context, body []byte, tag string) {
	first := s.checked.IsZero()
	s.seen = tag
	c, err := config.Load(body)
	if err == nil {
		s.state = State{Config: c, Origin: tag}
		if err := s.put(ctx, body); err != nil {
			s.state.Problem = fmt.Errorf("keeping a copy of the good configuration: %w", err)
		}
		return
	}
	problem := fmt.Errorf("s3://%s/%s is not in force: %w", s.bucket, s.key, err)
	if first {
		s.state = State{Config: config.Default()}
		if old, oldTag, err := s.get(ctx, s.key+lastGood, ""); err == nil {
			if c, err := config.Load(old); err == nil {
				s.state = State{Config: c, Origin: oldTag}
			}
		}
	}
	s.state.Problem = problem
}

var (
	errSame   = errors.New("unchanged")
	errAbsent = errors.New("there is no such object")
)

func (s *Source) get(ctx context.Context, key, unless string) (body []byte, tag string, err error) {
	in := &s3.GetObjectInput{Bucket: &s.bucket, Key: &key}
	if unless != "" {
		in.IfNoneMatch = &unless
	}
	out, err := s.client.GetObject(ctx, in)
	if err != nil {
		var missing *types.NoSuchKey
		var api smithy.APIError
		switch {
		case errors.As(err, &missing):
			return nil, "", errAbsent
		case errors.As(err, &api) && api.ErrorCode() == "NotModified":
			return nil, "", errSame
		}
		return nil, "", fmt.Errorf("s3://%s/%s: %w", s.bucket, key, err)
	}
	defer func() { _ = out.Body.Close() }() // read to its end or given up
	body, err = io.ReadAll(io.LimitReader(out.Body, config.MaxSize+1))
	if err != nil {
		return nil, "", fmt.Errorf("s3://%s/%s: %w", s.bucket, key, err)
	}
	return body, aws.ToString(out.ETag), nil
}

func (s *Source) put(ctx context.Context, body []byte) error {
	key := s.key + lastGood
	_, err := s.client.PutObject(ctx, &s3.PutObjectInput{Bucket: &s.bucket, Key: &key, Body: strings.NewReader(string(body))})
	if err != nil {
		return fmt.Errorf("s3://%s/%s: %w", s.bucket, key, err)
	}
	return nil
}
