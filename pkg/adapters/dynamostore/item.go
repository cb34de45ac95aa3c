package dynamostore

import (
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// item is an item of the table. Names of attributes are short, since they are
// paid for; docs/store.md explains them.
type item map[string]types.AttributeValue

// format is the version of the items that this program writes.
const format = 1

func newItem(k key, expires time.Time) item {
	it := k.item()
	it.setNumber("f", format)
	if !expires.IsZero() {
		it.setNumber("x", expires.Unix())
	}
	return it
}

func (k key) item() item {
	return item{"pk": &types.AttributeValueMemberS{Value: k.pk}, "sk": &types.AttributeValueMemberS{Value: k.sk}}
}

func (it item) key() key { return key{it.text("pk"), it.text("sk")} }

func (it item) setNumber(name string, v int64) {
	it[name] = &types.AttributeValueMemberN{Value: strconv.FormatInt(v, 10)}
}

func (it item) setText(name, v string)         { it[name] = &types.AttributeValueMemberS{Value: v} }
func (it item) setBytes(name string, v []byte) { it[name] = &types.AttributeValueMemberB{Value: v} }
func (it item) setFlag(name string)            { it[name] = &types.AttributeValueMemberBOOL{Value: true} }

func (it item) text(name string) string {
	if v, ok := it[name].(*types.AttributeValueMemberS); ok {
		return v.Value
	}
	return ""
}

func (it item) bytes(name string) []byte {
	if v, ok := it[name].(*types.AttributeValueMemberB); ok {
		return v.Value
	}
	return nil
}

func (it item) number(name string) int64 {
	if v, ok := it[name].(*types.AttributeValueMemberN); ok {
		n, _ := strconv.ParseInt(v.Value, 10, 64) // what is no number was not written by us and counts as missing
		return n
	}
	return 0
}

func (it item) unsigned(name string) uint64 {
	if v, ok := it[name].(*types.AttributeValueMemberN); ok {
		n, _ := strconv.ParseUint(v.Value, 10, 64)
		return n
	}
	return 0
}

func (it item) flag(name string) bool {
	v, ok := it[name].(*types.AttributeValueMemberBOOL)
	return ok && v.Value
}

// expired reports whether the item's time is over. DynamoDB deletes it later,
// usually within days:
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html
func (it item) expired(now time.Time) bool {
	x := it.number("x")
	return x != 0 && x <= now.Unix()
}

// indexEntry returns an item that points at another one.
func indexEntry(k, target key, expires time.Time) item {
	it := newItem(k, expires)
	it.setText("p", target.pk)
	it.setText("s", target.sk)
	return it
}

// target is the key of the item that an entry points at.
func (it item) target() key { return key{it.text("p"), it.text("s")} }

// pack sets the item's content.
func (it item) pack(v any) error {
	packed, err := pack(v)
	if err != nil {
		return err
	}
	it.setBytes("b", packed)
	return nil
}

// unpack reads the item's content.
func (it item) unpack(v any) error {
	if err := it.check(); err != nil {
		return err
	}
	if err := unpack(it.bytes("b"), v); err != nil {
		return fmt.Errorf("%w: item %q %q: %w", errCorrupt, it.text("pk"), it.text("sk"), err)
	}
	return nil
}

// check returns an error for items of a later format than this program knows.
func (it item) check() error {
	if f := it.number("f"); f != format {
		return fmt.Errorf("%w: item %q %q has format %d; this program knows format %d: deploy a newer one", errCorrupt, it.text("pk"), it.text("sk"), f, format)
	}
	return nil
}

// size is about what the item takes, in bytes.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
func (it item) size() int {
	n := 0
	for name, v := range it {
		n += len(name)
		switch v := v.(type) {
		case *types.AttributeValueMemberS:
			n += len(v.Value)
		case *types.AttributeValueMemberB:
			n += len(v.Value)
		case *types.AttributeValueMemberN:
			n += len(v.Value)/2 + 2
		default:
			n++
		}
	}
	return n
}
