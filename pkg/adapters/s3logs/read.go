package s3logs

import (
	"context"
	"sync/atomic"

	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/inputs"
	"chimewatch/pkg/pipeline"
)

// Options steers [ReadAll].
type Options struct {
	Filter Filter
	// Workers is how many files are read at a time; 16 where it is zero: a
	// file is small, and most of its time is spent waiting for S3.
	Workers int
	// Files and Bytes, if not nil, count what was finished and read, as stored.
	Files, Bytes *atomic.Int64
}

// ReadAll reads all log files of a place and delivers what they hold in the
// order of their keys, from the calling goroutine. Files are read concurrently,
// and a bounded number ahead. It returns the first error of deliver, or why the
// listing failed (an *Error), or why ctx ended; errors of single files come with
// their batches.
func ReadAll(ctx context.Context, r *Reader, p Place, opt Options, deliver func(inputs.Batch) error) (Listed, error) {
	workers := opt.Workers
	if workers <= 0 {
		workers = 16
	}
	var listed Listed
	err := inputs.Read(ctx, workers, func(ctx context.Context, found func(inputs.Input) error) (err error) {
		listed, err = List(ctx, r.Client, p, opt.Filter, func(o Object) error { return found(opt.input(r, o)) })
		return err
	}, deliver)
	return listed, err
}

// input is a log file to read.
func (opt Options) input(r *Reader, o Object) inputs.Input {
	return inputs.Input{Name: o.URL(), Read: func(ctx context.Context, buffers *cloudtrail.Buffers, deliver func([]pipeline.Item) error) (cloudtrail.Counts, error) {
		counts, err := r.read(ctx, o.Bucket, o.Key, buffers, deliver)
		if opt.Files != nil {
			opt.Files.Add(1)
		}
		if opt.Bytes != nil {
			opt.Bytes.Add(o.Size)
		}
		return counts, err
	}}
}
