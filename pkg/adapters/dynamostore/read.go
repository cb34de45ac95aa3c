package dynamostore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"
)

const (
	maxGet   = 100 // keys of a BatchGetItem
	parallel = 8   // requests at the same time
)

// get reads items, strongly consistent, those that there are; expired ones too.
func (s *Store) get(ctx context.Context, keys []key) (map[key]item, error) {
	keys = slices.Clone(keys)
	slices.SortFunc(keys, compareKeys)
	keys = slices.Compact(keys)
	out := make(map[key]item, len(keys))
	var mu sync.Mutex
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(parallel)
	for chunk := range slices.Chunk(keys, maxGet) {
		g.Go(func() error {
			return s.getChunk(ctx, chunk, func(it item) {
				mu.Lock()
				defer mu.Unlock()
				out[it.key()] = it
			})
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return out, nil
}

// getLive is get without what has expired.
func (s *Store) getLive(ctx context.Context, keys []key, now time.Time) (map[key]item, error) {
	out, err := s.get(ctx, keys)
	if err != nil {
		return nil, err
	}
	for k, it := range out {
		if it.expired(now) {
			delete(out, k)
		}
	}
	return out, nil
}

func (s *Store) getChunk(ctx context.Context, keys []key, add func(item)) error {
	want := types.KeysAndAttributes{ConsistentRead: aws.Bool(true)}
	for _, k := range keys {
		want.Keys = append(want.Keys, k.item())
	}
	p := patience{store: s}
	for len(want.Keys) > 0 {
		out, err := s.client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{s.config.Table: want}})
		if err == nil {
			got := 0
			for _, items := range out.Responses {
				got += len(items)
				for _, it := range items {
					add(it)
				}
			}
			left := 0
			for _, rest := range out.UnprocessedKeys {
				left += len(rest.Keys)
				want.Keys = rest.Keys
			}
			if left == 0 {
				return nil
			}
			if got > 0 {
				continue // a large answer comes in parts
			}
			err = fmt.Errorf("%w: DynamoDB processed none of %d keys", errThrottled, left)
		}
		if !p.wait(ctx, err) {
			return fmt.Errorf("BatchGetItem: %w", err)
		}
	}
	return nil
}

// errEnough ends a query early.
var errEnough = errors.New("enough")

// query reads items of a partition in order, strongly consistent, until yield
// returns an error; errEnough is none.
func (s *Store) query(ctx context.Context, in *dynamodb.QueryInput, yield func(item) error) error {
	in.TableName, in.ConsistentRead = &s.config.Table, aws.Bool(true)
	p := patience{store: s}
	for {
		out, err := s.client.Query(ctx, in)
		if err != nil {
			if !p.wait(ctx, err) {
				return fmt.Errorf("running a Query: %w", err)
			}
			continue
		}
		for _, it := range out.Items {
			if err := yield(it); err != nil {
				if errors.Is(err, errEnough) {
					return nil
				}
				return err
			}
		}
		if len(out.LastEvaluatedKey) == 0 {
			return nil
		}
		in.ExclusiveStartKey = out.LastEvaluatedKey
	}
}

// under asks for the items of a partition whose sort keys have a prefix.
func under(pk, prefix string) *dynamodb.QueryInput {
	return &dynamodb.QueryInput{
		KeyConditionExpression: aws.String("pk = :p AND begins_with(sk, :s)"),
		ExpressionAttributeValues: item{
			":p": &types.AttributeValueMemberS{Value: pk}, ":s": &types.AttributeValueMemberS{Value: prefix},
		},
	}
}

// between asks for the items of a partition from one sort key to another.
func between(pk, first, last string) *dynamodb.QueryInput {
	return &dynamodb.QueryInput{
		KeyConditionExpression: aws.String("pk = :p AND sk BETWEEN :a AND :z"),
		ExpressionAttributeValues: item{
			":p": &types.AttributeValueMemberS{Value: pk}, ":a": &types.AttributeValueMemberS{Value: first}, ":z": &types.AttributeValueMemberS{Value: last},
		},
	}
}
