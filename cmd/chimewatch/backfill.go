package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/spf13/cobra"

	"chimewatch/pkg/adapters/logqueue"
	"chimewatch/pkg/adapters/s3logs"
	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/inert"
)

const backfillHelp = `Backfill lists the CloudTrail log files of a bucket into the queue of the
deployment, which reads them. Nothing is read here. Files that were read before
do no harm: each record counts once.

What is older than a day is kept and summarised, and alerts nobody; what is
older than the retention of the deployment is refused and counted. Fill in at
least the seven days before the first deployment, so that it knows what is
usual.

The bucket has to be one that the deployment names (parameter LogBuckets). The
queue's URL is the output BackfillQueueUrl of the stack, and its output
OperatorRoleArn is a role that may send to it.

A listing that was interrupted says how to go on.`

const backfillExamples = `  chimewatch backfill --dry-run s3://example-trail
  chimewatch backfill --queue https://sqs.us-east-1.amazonaws.com/111122223333/chimewatch-BackfillQueue s3://example-trail
  chimewatch backfill --queue URL --since 30d --account 111122223333 s3://example-trail/prefix`

// backfillFlags are the flags as given.
type backfillFlags struct {
	queue, region, since, until, after string
	accounts, logRegions               []string
	dryRun                             bool
}

func newBackfillCommand(p process) *cobra.Command {
	var f backfillFlags
	cmd := &cobra.Command{
		Use:     "backfill [flags] s3://BUCKET[/PREFIX]",
		Short:   "List log files into the deployed queue",
		Long:    backfillHelp,
		Example: backfillExamples,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return errors.New("name one place in S3: s3://BUCKET or s3://BUCKET/PREFIX")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return backfill(cmd.Context(), p, f, args[0]) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.queue, "queue", "", "URL of the queue: the output BackfillQueueUrl of the stack")
	flags.BoolVar(&f.dryRun, "dry-run", false, "list and count only, put nothing into the queue")
	flags.StringVar(&f.since, "since", "7d", "log files since this day: 2026-01-31 (UTC), 2026-01-31T12:00:00Z, or 36h or 7d before now")
	flags.StringVar(&f.until, "until", "", "log files until this time, written likewise")
	flags.StringSliceVar(&f.accounts, "account", nil, "log files of this account only; may be repeated")
	flags.StringSliceVar(&f.logRegions, "log-region", messagingRegions(), "log files of this Region only; may be repeated; all for every Region")
	flags.StringVar(&f.after, "after", "", "go on behind this key, where an earlier listing stopped")
	flags.StringVar(&f.region, "region", "", "Region of the bucket; AWS_REGION and the profile decide otherwise")
	return cmd
}

// filter returns what is to be listed; an error names the flag that is wrong.
func (f backfillFlags) filter(now time.Time) (s3logs.Filter, error) {
	out := s3logs.Filter{Accounts: f.accounts, Regions: f.logRegions, After: f.after}
	if slices.Contains(f.logRegions, "all") {
		out.Regions = nil
	}
	for _, a := range f.accounts {
		if !cloudtrail.IsAccount(a) {
			return out, fmt.Errorf("--account: %q is no account: write its twelve digits", a)
		}
	}
	var err error
	if out.Since, err = parseTime("since", f.since, now); err != nil {
		return out, err
	}
	if f.until != "" {
		if out.Until, err = parseTime("until", f.until, now); err != nil {
			return out, err
		}
		if out.Until.Before(out.Since) {
			return out, fmt.Errorf("--until: %s is before --since, so there is nothing between", f.until)
		}
	}
	return out, nil
}

func backfill(ctx context.Context, p process, f backfillFlags, url string) error {
	place, err := s3logs.ParseURL(url)
	if err != nil {
		return err
	}
	filter, err := f.filter(p.now())
	if err != nil {
		return err
	}
	if f.queue == "" && !f.dryRun {
		return errors.New("into which queue? give --queue with the output BackfillQueueUrl of the stack, or --dry-run to see what would be listed")
	}
	cfg, err := loadAmazon(ctx, f.region)
	if err != nil {
		return err
	}
	tally := listing{}
	take := func(s3logs.Object) error { return nil }
	var sender *logqueue.Sender
	if !f.dryRun {
		sender = &logqueue.Sender{URL: f.queue, Client: sqs.NewFromConfig(cfg, func(o *sqs.Options) {
			if r := queueRegion(f.queue); r != "" {
				o.Region = r
			}
		})}
		take = func(o s3logs.Object) error {
			return sender.Send(ctx, logqueue.Reference{Bucket: o.Bucket, Key: o.Key, Size: o.Size})
		}
	}
	listed, err := s3logs.List(ctx, newS3(cfg), place, filter, func(o s3logs.Object) error {
		tally.add(o)
		return take(o)
	})
	if err == nil && sender != nil {
		err = sender.Flush(ctx)
	}
	if sender == nil {
		tally.write(p.stdout)
		if err != nil {
			return fmt.Errorf("%w\nwhat is shown is what was listed before", err)
		}
		fmt.Fprintf(p.stdout, "%s would be put into the queue.\n", quantity(listed.Files, "log file", "log files"))
		return nil
	}
	sent, last := sender.Sent()
	if err != nil {
		again := "nothing was put into the queue"
		if sent > 0 {
			again = fmt.Sprintf("%s were put into the queue; go on with the same command and --after '%s'", quantity(sent, "log file", "log files"), last.Key)
		}
		return fmt.Errorf("%w\n%s", err, again)
	}
	tally.write(p.stdout)
	fmt.Fprintf(p.stdout, "%s put into the queue.\n", quantity(sent, "log file", "log files"))
	return nil
}

// queueRegion returns the Region in a queue's URL, empty where it has none:
// https://docs.aws.amazon.com/general/latest/gr/sqs-service.html
func queueRegion(url string) string {
	rest, ok := strings.CutPrefix(url, "https://sqs.")
	region, _, found := strings.Cut(rest, ".amazonaws.com")
	if !ok || !found || strings.Contains(region, "/") {
		return ""
	}
	return region
}

// listing counts files by account and Region.
type listing map[[2]string]*s3logs.Listed

func (l listing) add(o s3logs.Object) {
	k := s3logs.ParseKey(o.Key)
	at := [2]string{k.Account, k.Region}
	if l[at] == nil {
		l[at] = new(s3logs.Listed)
	}
	l[at].Files++
	l[at].Bytes += o.Size
}

func (l listing) write(w io.Writer) {
	var at [][2]string
	for k := range l {
		at = append(at, k)
	}
	slices.SortFunc(at, func(a, b [2]string) int { return strings.Compare(a[0]+a[1], b[0]+b[1]) })
	for _, k := range at {
		fmt.Fprintf(w, "%s  %-14s  %s, %.1f MB\n", k[0], inert.Line(k[1]), quantity(l[k].Files, "file", "files"), float64(l[k].Bytes)/1e6)
	}
}

// quantity writes a number with the word for it.
func quantity(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
