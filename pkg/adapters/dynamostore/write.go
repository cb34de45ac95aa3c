package dynamostore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Bounds of a transaction:
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
const (
	maxTransactItems = 100
	maxTransactBytes = 7 << 19 // 3.5 of the 4 MB
)

var errThrottled = errors.New("throttled")

func compareKeys(a, b key) int { return cmp.Or(cmp.Compare(a.pk, b.pk), cmp.Compare(a.sk, b.sk)) }

// condition says under which an item may be written.
type condition struct {
	expression string
	values     item
}

// unless is the condition that no item is there but one that has expired.
func unless(now time.Time) condition {
	return condition{"attribute_not_exists(pk) OR x <= :now", item{":now": number(now.Unix())}}
}

// notSent is the condition that nobody marked an alert as sent since its memory
// was read.
func notSent() condition { return condition{"attribute_not_exists(t)", nil} }

// pointingAt is the condition that an entry points where it did when it was read,
// or is gone.
func pointingAt(target key) condition {
	return condition{"attribute_not_exists(pk) OR (p = :p AND s = :s)", item{
		":p": &types.AttributeValueMemberS{Value: target.pk}, ":s": &types.AttributeValueMemberS{Value: target.sk},
	}}
}

// ifVersion is the condition that an item is as it was read; nil for one that
// was not there, or had expired.
func ifVersion(read item, now time.Time) condition {
	if read == nil || read.expired(now) {
		return unless(now)
	}
	return condition{"v = :v", item{":v": number(read.number("v"))}}
}

// nextVersion sets the version that follows what was read.
func (it item) nextVersion(read item) { it.setNumber("v", read.number("v")+1) }

func number(v int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(v, 10)}
}

func (s *Store) put(it item, c condition) types.TransactWriteItem {
	p := &types.Put{TableName: &s.config.Table, Item: it}
	if c.expression != "" {
		p.ConditionExpression, p.ExpressionAttributeValues = &c.expression, c.values
	}
	return types.TransactWriteItem{Put: p}
}

func (s *Store) remove(k key, c condition) types.TransactWriteItem {
	d := &types.Delete{TableName: &s.config.Table, Key: k.item()}
	if c.expression != "" {
		d.ConditionExpression, d.ExpressionAttributeValues = &c.expression, c.values
	}
	return types.TransactWriteItem{Delete: d}
}

// transact writes all or nothing, once. The token lets the SDK repeat a request
// whose answer was lost without doing it twice.
func (s *Store) transact(ctx context.Context, items []types.TransactWriteItem) error {
	_, err := s.client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: items, ClientRequestToken: aws.String(s.nonce() + s.nonce())})
	return err
}

// nonce returns up to 13 random characters.
func (s *Store) nonce() string { return strconv.FormatUint(s.config.Random(), 36) }

// putItem writes one item, once.
func (s *Store) putItem(ctx context.Context, it item, c condition) error {
	_, err := s.client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: &s.config.Table, Item: it, ConditionExpression: &c.expression, ExpressionAttributeValues: c.values,
	})
	return err
}

const maxBatch = 25 // writes of a BatchWriteItem

// writeAll writes single items, in any order, until all are written.
func (s *Store) writeAll(ctx context.Context, writes []types.WriteRequest) error {
	for chunk := range slices.Chunk(writes, maxBatch) {
		p := patience{store: s}
		for len(chunk) > 0 {
			out, err := s.client.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{s.config.Table: chunk}})
			if err == nil {
				chunk = nil
				for _, left := range out.UnprocessedItems {
					chunk = left
				}
				if len(chunk) == 0 {
					break
				}
				err = fmt.Errorf("%w: DynamoDB left %d of the writes", errThrottled, len(chunk))
			}
			if !p.wait(ctx, err) {
				return fmt.Errorf("BatchWriteItem: %w", err)
			}
		}
	}
	return nil
}
