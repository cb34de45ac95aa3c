// Package inputs reads several inputs at a time, and delivers the records in
// them in order: whoever gets them can rely on "the first one wins".
//
// What is read ahead is bounded, so neither the number of inputs nor their size
// needs memory. An input that can't be read, or only in part, is told about and
// does not keep the others from being read.
package inputs

import (
	"context"
	"errors"
	"io"

	"golang.org/x/sync/errgroup"

	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/pipeline"
)

// Input is something that records can be read from, once.
type Input struct {
	Name string // what messages call it
	// Read reads all records and hands them to deliver, in order and in small
	// batches; [Scan] does. It returns the first error of deliver as it is. The
	// buffers are for it alone until it returns.
	Read func(ctx context.Context, buffers *cloudtrail.Buffers, deliver func([]pipeline.Item) error) (cloudtrail.Counts, error)
}

// Batch is a part of what one input holds, in order.
type Batch struct {
	File  string // the input's name
	Items []pipeline.Item

	// Last says that nothing more comes of this input. Counts and Err are of the
	// whole of it and set only then.
	Last   bool
	Counts cloudtrail.Counts
	// Err says why the input, or a part of it, could not be read.
	Err error
}

// ahead is how many batches of one input may wait to be delivered.
const ahead = 8

// Read reads the inputs that list finds, workers of them at a time, and delivers
// what they hold in the order in which they were found, from the calling
// goroutine. It returns the first error of deliver or of list, or why ctx ended;
// errors of single inputs come with their batches.
func Read(ctx context.Context, workers int, list func(ctx context.Context, found func(Input) error) error, deliver func(Batch) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	group, ctx := errgroup.WithContext(ctx)

	// The jobs go to the workers and, in the same order, to the loop below.
	// Those on their way bound what is read ahead.
	order := make(chan *job, 2*workers)
	work := make(chan *job)
	var listing error
	group.Go(func() error {
		defer close(order)
		defer close(work)
		listing = list(ctx, func(in Input) error {
			j := &job{Input: in, out: make(chan Batch, ahead)}
			for _, to := range []chan *job{order, work} {
				select {
				case to <- j:
				case <-ctx.Done():
					return ctx.Err()
				}
			}
			return nil
		})
		return nil // what was found before is delivered first
	})
	for range workers {
		group.Go(func() error {
			var buffers cloudtrail.Buffers
			for j := range work {
				if err := j.run(ctx, &buffers); err != nil {
					return err
				}
			}
			return nil
		})
	}
	err := drain(ctx, order, deliver)
	cancel()
	if werr := group.Wait(); err == nil && !errors.Is(werr, context.Canceled) {
		err = werr
	}
	if err == nil {
		err = listing
	}
	return err
}

// drain delivers the batches of each job in turn.
func drain(ctx context.Context, order <-chan *job, deliver func(Batch) error) error {
	for j := range order {
		for last := false; !last; {
			select {
			case b := <-j.out:
				last = b.Last
				if err := deliver(b); err != nil {
					return err
				}
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
	}
	return ctx.Err()
}

// job is one input to read.
type job struct {
	Input
	out chan Batch
}

// run reads the input. Its own errors go out with the last batch; what it
// returns is the end of ctx.
func (j *job) run(ctx context.Context, buffers *cloudtrail.Buffers) error {
	counts, err := j.Read(ctx, buffers, func(items []pipeline.Item) error {
		return j.send(ctx, Batch{File: j.Name, Items: items})
	})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return j.send(ctx, Batch{File: j.Name, Last: true, Counts: counts, Err: err})
}

func (j *job) send(ctx context.Context, b Batch) error {
	select {
	case j.out <- b:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Batches are bounded in items and in bytes of JSON.
const (
	batchItems = 256
	batchBytes = 256 << 10
)

// Scan scans r as cloudtrail.Scan does and delivers the decoded records in
// batches of at most 256. It returns the first error of deliver as it is.
func Scan(r io.Reader, name string, opt cloudtrail.Options, deliver func([]pipeline.Item) error) (cloudtrail.Counts, error) {
	var items []pipeline.Item
	size := 0
	flush := func() error {
		batch := items
		items, size = make([]pipeline.Item, 0, len(batch)), 0 // the next one is alike
		return deliver(batch)
	}
	var stopped error
	counts, err := cloudtrail.Scan(r, name, opt, func(e cloudtrail.Element) error {
		if items == nil { // a file has some or none
			items = make([]pipeline.Item, 0, 32)
		}
		items = append(items, item(e))
		if size += len(e.Raw); len(items) < batchItems && size < batchBytes {
			return nil
		}
		stopped = flush()
		return stopped
	})
	if stopped == nil && len(items) > 0 {
		stopped = deliver(items)
	}
	if stopped != nil {
		return counts, stopped
	}
	return counts, err
}

// item decodes an element. The error of one that is no record does not repeat
// the position, so that equal errors are equal.
func item(e cloudtrail.Element) pipeline.Item {
	record, err := e.Decode()
	if syntax := (*cloudtrail.SyntaxError)(nil); errors.As(err, &syntax) {
		err = errors.New(syntax.Problem)
	}
	return pipeline.Item{Record: record, Position: e.Pos, Err: err}
}
