// Package files reads CloudTrail records from files, folders and standard input.
//
// What is in them is delivered in the order of the paths, folders in the order of
// their names. A file or folder that can't be read, or only in part, is told
// about and does not keep the others from being read.
package files

import (
	"context"
	"io"
	"os"
	"runtime"
	"sync/atomic"

	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/inputs"
	"chimewatch/pkg/pipeline"
)

// Stdin is the path that stands for standard input.
const Stdin = "-"

// Options steers [Read].
type Options struct {
	// Stdin is read for the path "-"; nil if that was read before.
	Stdin io.Reader
	// Candidate is as in cloudtrail.Options: other records are counted only.
	Candidate *cloudtrail.Filter
	// Workers is how many files are read at a time; 0 means GOMAXPROCS.
	Workers int
	// Progress, if not nil, is kept up to date.
	Progress *Progress
}

// Progress says how far reading got. Its fields may be read at any time.
type Progress struct {
	Files atomic.Int64 // finished
	Bytes atomic.Int64 // read, as they are stored: compressed or not
}

// PathError is a path that can't be read.
type PathError struct {
	Path    string
	Problem string
	Remedy  string
	Err     error // the cause, may be nil
}

// Error returns path, problem and remedy in one line.
func (e *PathError) Error() string { return e.Path + ": " + e.Problem + "; " + e.Remedy }

// Unwrap returns the cause.
func (e *PathError) Unwrap() error { return e.Err }

// Read reads all paths and delivers what they hold, in order and from the
// calling goroutine. It returns the first error of deliver, or why ctx ended;
// errors of single files come with their batches.
//
// A folder is read with all that is below it, without names that begin with a
// dot or end in ".md". Links are followed, each folder is read once.
func Read(ctx context.Context, paths []string, opt Options, deliver func(inputs.Batch) error) error {
	workers := opt.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	if opt.Progress == nil {
		opt.Progress = new(Progress)
	}
	return inputs.Read(ctx, workers, func(_ context.Context, found func(inputs.Input) error) error {
		l := lister{stdinRead: opt.Stdin == nil, found: func(path string, err error) error {
			return found(opt.input(path, err))
		}}
		return l.list(paths)
	}, deliver)
}

// input is a file to read, or a path that can't be read.
func (opt Options) input(path string, err error) inputs.Input {
	name := path
	if path == Stdin {
		name = "standard input"
	}
	return inputs.Input{Name: name, Read: func(ctx context.Context, buffers *cloudtrail.Buffers, deliver func([]pipeline.Item) error) (cloudtrail.Counts, error) {
		defer opt.Progress.Files.Add(1)
		if err != nil {
			return cloudtrail.Counts{}, err
		}
		var file io.ReadCloser
		if path == Stdin {
			file = interruptible(ctx, opt.Stdin)
		} else if file, err = os.Open(path); err != nil {
			return cloudtrail.Counts{}, pathError(path, err)
		}
		defer file.Close()
		in := &reader{ctx: ctx, in: file, progress: opt.Progress}
		return inputs.Scan(in, name, cloudtrail.Options{Candidate: opt.Candidate, Buffers: buffers}, deliver)
	}}
}

// interruptible returns in as a stream that ends with ctx, even while nothing
// comes in: a terminal waits for its user. Until something comes, or the
// process ends, a goroutine then remains.
func interruptible(ctx context.Context, in io.Reader) io.ReadCloser {
	out, to := io.Pipe()
	go func() {
		_, err := io.Copy(to, in)
		to.CloseWithError(err)
	}()
	context.AfterFunc(ctx, func() { out.CloseWithError(ctx.Err()) })
	return out
}

// reader counts what is read, and stops at the end of ctx.
type reader struct {
	ctx      context.Context
	in       io.Reader
	progress *Progress
}

func (r *reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := r.in.Read(p)
	r.progress.Bytes.Add(int64(n))
	if err != nil && err != io.EOF {
		err = readError(err)
	}
	return n, err
}
