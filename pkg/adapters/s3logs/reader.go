package s3logs

import (
	"context"
	"errors"
	"time"

	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/inputs"
	"chimewatch/pkg/pipeline"
)

// Reader reads single log files. The zero value of everything but Client is
// fine. It is safe for concurrent use.
type Reader struct {
	Client Client
	// Candidate is as in cloudtrail.Options: other records are counted only.
	Candidate *cloudtrail.Filter
	// Tries is how often a connection may be cut at the same byte; 5 where it is
	// zero. Requests that fail are tried again by the client.
	Tries int
	// Sleep waits between tries, until the end of ctx at the longest; nil waits
	// in real time.
	Sleep func(ctx context.Context, d time.Duration) error
}

// Read reads the records of an object, in order and in batches of at most 256,
// whatever the object's key. It returns the first error of deliver as it is;
// its own say the object, what is wrong and what to do.
func (r *Reader) Read(ctx context.Context, bucket, key string, deliver func([]pipeline.Item) error) (cloudtrail.Counts, error) {
	return r.read(ctx, bucket, key, nil, deliver)
}

func (r *Reader) read(ctx context.Context, bucket, key string, buffers *cloudtrail.Buffers, deliver func([]pipeline.Item) error) (cloudtrail.Counts, error) {
	b := &body{ctx: ctx, reader: r, bucket: bucket, key: key}
	defer b.close()
	counts, err := inputs.Scan(b, objectURL(bucket, key), cloudtrail.Options{Candidate: r.Candidate, Buffers: buffers}, deliver)
	if ctx.Err() != nil {
		return counts, ctx.Err()
	}
	if failed := (*Error)(nil); counts.Read == 0 && errors.As(err, &failed) {
		return counts, failed // which names the object: no position is needed
	}
	return counts, err
}

// Vouched is what was read of a log file whose path vouches for its records.
type Vouched struct {
	Counts cloudtrail.Counts
	Kind   Kind  // by the key; nothing is read unless it is LogFile
	Forged int64 // records of another account than the key's: not delivered
	First  cloudtrail.Position
}

// ReadVouched reads an object that CloudTrail wrote, by its key, and delivers
// the records whose recipientAccountId is the account in the key. Who may write
// to some part of a bucket can forge records of no other account, and can't be
// first with another account's event ids. Records without recipientAccountId
// count as forged: CloudTrail writes it since 2014.
//
// Objects of another kind than LogFile are not read.
func (r *Reader) ReadVouched(ctx context.Context, bucket, key string, deliver func([]pipeline.Item) error) (Vouched, error) {
	k := ParseKey(key)
	v := Vouched{Kind: k.Kind}
	if k.Kind != LogFile {
		return v, nil
	}
	var err error
	v.Counts, err = r.Read(ctx, bucket, key, func(items []pipeline.Item) error {
		kept := items[:0]
		for _, it := range items {
			if it.Err == nil && it.Record.RecipientAccount != k.Account {
				if v.Forged++; v.Forged == 1 {
					v.First = it.Position
				}
				continue
			}
			kept = append(kept, it)
		}
		if len(kept) == 0 {
			return nil
		}
		return deliver(kept)
	})
	return v, err
}

func (r *Reader) tries() int {
	if r.Tries > 0 {
		return r.Tries
	}
	return 5
}

func (r *Reader) sleep(ctx context.Context, d time.Duration) error {
	if r.Sleep != nil {
		return r.Sleep(ctx, d)
	}
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
