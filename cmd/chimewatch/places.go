package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"chimewatch/pkg/adapters/files"
	"chimewatch/pkg/adapters/s3logs"
	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/inputs"
	"chimewatch/pkg/pipeline"
)

// places is where the records of a command come from, in this order: paths, and
// places in S3.
type places struct {
	paths     []string
	region    string // of the buckets; empty for the configured one
	candidate *cloudtrail.Filter
	period    pipeline.Period // whose days of a bucket are read
	progress  *files.Progress // may be nil
}

// needPlaces checks that a command is given places to read.
func needPlaces(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("which records? name log files, folders or s3://BUCKET/PREFIX, or - for standard input; %s --help tells more", cmd.CommandPath())
	}
	return nil
}

// regionFlag adds the flag that a place in S3 needs.
func regionFlag(cmd *cobra.Command, region *string) {
	cmd.Flags().StringVar(region, "region", "", "Region of the buckets named; AWS_REGION and the profile decide otherwise")
}

func isS3(path string) bool { return strings.HasPrefix(path, s3logs.Scheme) }

// read reads all places and delivers what they hold. A place that can't be read
// is told about, as an input that failed, and does not keep the others from
// being read.
func (w places) read(ctx context.Context, p process, deliver func(inputs.Batch) error) error {
	if w.progress == nil {
		w.progress = new(files.Progress)
	}
	opt := files.Options{Stdin: p.stdin, Candidate: w.candidate, Progress: w.progress}
	for rest := w.paths; len(rest) > 0; {
		n := slices.IndexFunc(rest, isS3)
		switch {
		case n == 0:
			if err := w.readS3(ctx, rest[0], deliver); err != nil {
				return err
			}
			rest = rest[1:]
			continue
		case n < 0:
			n = len(rest)
		}
		if err := files.Read(ctx, rest[:n], opt, deliver); err != nil {
			return err
		}
		if slices.Contains(rest[:n], files.Stdin) {
			opt.Stdin = nil // it can be read once
		}
		rest = rest[n:]
	}
	return nil
}

// readS3 reads the log files below a place in S3.
func (w places) readS3(ctx context.Context, url string, deliver func(inputs.Batch) error) error {
	failed := func(err error) error { return deliver(inputs.Batch{File: url, Last: true, Err: err}) }
	place, err := s3logs.ParseURL(url)
	if err != nil {
		return failed(err)
	}
	cfg, err := loadAmazon(ctx, w.region)
	if err != nil {
		return failed(fmt.Errorf("%s: %w", url, err))
	}
	reader := &s3logs.Reader{Client: newS3(cfg), Candidate: w.candidate}
	opt := s3logs.Options{
		Filter: s3logs.Filter{Since: w.period.Since, Until: w.period.Until, Foreign: true},
		Files:  &w.progress.Files, Bytes: &w.progress.Bytes,
	}
	listed, err := s3logs.ReadAll(ctx, reader, place, opt, deliver)
	var problem *s3logs.Error
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &problem):
		return failed(err)
	case err == nil && listed.Files == 0:
		return failed(fmt.Errorf("%s: holds no log files that are wanted, among %s; check the prefix, and --since and --until", place, quantity(listed.Passed, "object", "objects")))
	}
	return err
}
