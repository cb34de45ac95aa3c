package dynamostore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/tally"
)

// Client is what the store calls of DynamoDB; *dynamodb.Client is one.
type Client interface {
	BatchGetItem(context.Context, *dynamodb.BatchGetItemInput, ...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error)
	PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
	BatchWriteItem(context.Context, *dynamodb.BatchWriteItemInput, ...func(*dynamodb.Options)) (*dynamodb.BatchWriteItemOutput, error)
	Query(context.Context, *dynamodb.QueryInput, ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error)
	UpdateItem(context.Context, *dynamodb.UpdateItemInput, ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error)
	TransactWriteItems(context.Context, *dynamodb.TransactWriteItemsInput, ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error)
}

// Config says where and for how long a Store keeps things.
type Config struct {
	Table string // name or ARN of the table

	// Hasher is the one that elements of tallies are hashed with: the same for
	// as long as the table is used.
	Hasher tally.Hasher

	// Retention is how old a call may be to be counted, and how long after its
	// hour a tally is kept; at least MinRetention.
	Retention time.Duration
	// Keep is how long findings, incidents, sent alerts and sightings are kept
	// after they were last put; at least Retention.
	Keep time.Duration

	// FirstDelay is the longest wait before the first repeat of a failed request,
	// after what the SDK repeats by itself; it doubles up to LastDelay. The wait
	// is random below that.
	FirstDelay, LastDelay time.Duration

	// Now returns the time that decides what is expired.
	Now func() time.Time
	// Random returns uniform random numbers, for jitter and to tell writers
	// apart. It must be safe for concurrent use.
	Random func() uint64
}

// MinRetention is the shortest retention: what triage looks back on, and some
// days for records that come late.
const MinRetention = 20 * 24 * time.Hour

// DefaultConfig returns the configuration for a table, without Hasher, Now and
// Random, which it must be given.
func DefaultConfig(table string) Config {
	return Config{
		Table: table, Retention: 30 * 24 * time.Hour, Keep: 400 * 24 * time.Hour,
		FirstDelay: 20 * time.Millisecond, LastDelay: time.Second,
	}
}

// Validate returns an error that names the field that is wrong.
func (c Config) Validate() error {
	switch {
	case c.Table == "":
		return errors.New("the field Table is empty")
	case c.Hasher == tally.Hasher{}:
		return errors.New("the field Hasher is missing")
	case c.Retention < MinRetention:
		return fmt.Errorf("the field Retention is %v, must be at least %v", c.Retention, MinRetention)
	case c.Keep < c.Retention:
		return fmt.Errorf("the field Keep is %v, must be at least the Retention of %v", c.Keep, c.Retention)
	case c.FirstDelay <= 0:
		return fmt.Errorf("the field FirstDelay is %v, must be above 0", c.FirstDelay)
	case c.LastDelay < c.FirstDelay:
		return fmt.Errorf("the field LastDelay is %v, must be at least the FirstDelay of %v", c.LastDelay, c.FirstDelay)
	case c.Now == nil:
		return errors.New("the field Now is missing")
	case c.Random == nil:
		return errors.New("the field Random is missing")
	}
	return nil
}

// Store is a pipeline.Store in a DynamoDB table. It is safe for concurrent use,
// by any number of processes.
type Store struct {
	client Client
	config Config
}

var _ pipeline.Store = (*Store)(nil)

// New returns a Store. The client should retry as the SDK does by default;
// beyond that the store retries for as long as the context allows.
func New(client Client, c Config) (*Store, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("DynamoDB store: %w", err)
	}
	return &Store{client: client, config: c}, nil
}

// futureBound is how far ahead of the clock a call's time may be.
const futureBound = 24 * time.Hour

// When things expire. A tally outlives the last moment at which a call of its
// hour is accepted, and evidence outlives the tallies that it is counted in.
const (
	tallyMargin    = 48 * time.Hour
	evidenceMargin = 96 * time.Hour
)

func (s *Store) evidenceExpiry(now, event time.Time) time.Time {
	if event.After(now) {
		now = event
	}
	return now.Add(s.config.Retention + evidenceMargin)
}

func (s *Store) tallyExpiry(last tally.Hour) time.Time {
	return (last + 1).Start().Add(s.config.Retention + tallyMargin)
}

// clamp cuts hours to those that the store can hold at the time.
func (s *Store) clamp(now time.Time, first, last tally.Hour) (tally.Hour, tally.Hour) {
	return max(first, tally.HourOf(now.Add(-s.config.Retention-tallyMargin))-24), min(last, tally.HourOf(now.Add(futureBound)))
}
