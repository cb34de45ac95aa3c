package dynamostore

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"chimewatch/pkg/alert"
	"chimewatch/pkg/pipeline"
)

// Ledger implements pipeline.Store.
func (s *Store) Ledger(ctx context.Context) (alert.Ledger, pipeline.Version, error) {
	var l alert.Ledger
	read, err := s.get(ctx, []key{ledgerKey()})
	if err != nil {
		return l, 0, fmt.Errorf("reading the ledger of alerts: %w", err)
	}
	it, ok := read[ledgerKey()]
	if !ok {
		return l, 0, nil
	}
	return l, pipeline.Version(it.number("v")), it.unpack(&l)
}

// PutLedger implements pipeline.Store. The ledger does not expire.
func (s *Store) PutLedger(ctx context.Context, l alert.Ledger, version pipeline.Version) error {
	it := newItem(ledgerKey(), time.Time{})
	err := it.pack(l)
	if err == nil {
		it.setNumber("v", int64(version)+1)
		it.setText("w", s.nonce())
		held := condition{"attribute_not_exists(pk)", nil}
		if version != 0 {
			held = condition{"v = :v", item{":v": number(int64(version))}}
		}
		err = s.writeHead(ctx, it, []types.TransactWriteItem{s.put(it, held)})
	}
	if err != nil {
		return fmt.Errorf("putting the ledger of alerts: %w", err)
	}
	return nil
}
