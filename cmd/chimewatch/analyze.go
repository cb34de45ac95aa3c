package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/config"
	"chimewatch/pkg/detect"
	"chimewatch/pkg/inputs"
	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/report"
	"chimewatch/pkg/triage"
)

const analyzeHelp = `Analyze reads CloudTrail records and says who was refused by Chime SDK
messaging, why, and what is suspicious.

PATH is a file or a folder, which is read with all below it; - is standard
input; s3://BUCKET/PREFIX is what a bucket holds, read with your own AWS
credentials. What a file holds is recognised by its content, not by its name:
CloudTrail log files, plain or gzip; EventBridge events; the output of
aws cloudtrail lookup-events; SQS batches with such events; single records,
arrays of them, or one JSON value a line. Digest and Insights files are
skipped and counted. In folders, names that begin with a dot or end in .md
are passed over; in buckets what CloudTrail itself keeps apart from its log
files, and with --since and --until the days outside.

As HTML it is one page about all days that the records cover, in UTC, which
needs nothing but itself and asks nothing of anybody.

Where records repeat, each counts once: the first, in the order of the paths.

Exit status: 0 no incident of medium severity or above is shown, 1 at least
one is, 2 wrong usage, or a file could not be read whole (it is named, and the
rest is analyzed).`

const analyzeExamples = `  chimewatch analyze logs/
  chimewatch analyze --since 7d --min-severity high logs/
  chimewatch analyze --format json logs/ | jq .incidents
  chimewatch analyze --format ocsf logs/ > findings.jsonl
  chimewatch analyze --format html logs/ > refused.html
  chimewatch analyze --since 7d s3://example-trail/AWSLogs/111122223333/CloudTrail/us-east-1/
  aws cloudtrail lookup-events --lookup-attributes \
    AttributeKey=EventSource,AttributeValue=chime.amazonaws.com | chimewatch analyze -`

// analyzeFlags are the flags as given.
type analyzeFlags struct {
	records           recordFlags
	region            string
	format, color     string
	since, until      string
	minSeverity       string
	principals, rules []string
}

func newAnalyzeCommand(p process) *cobra.Command {
	var f analyzeFlags
	cmd := &cobra.Command{
		Use:     "analyze [flags] PATH...",
		Short:   "Analyze CloudTrail records from files or S3",
		Long:    analyzeHelp,
		Example: analyzeExamples,
		Args:    needPlaces,
		RunE:    func(cmd *cobra.Command, args []string) error { return analyze(cmd.Context(), p, f, args) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.format, "format", "text", "output: "+strings.Join(formatNames(), " or ")+"; ocsf is a Detection Finding of each incident, one a line")
	flags.StringVar(&f.since, "since", "", "leave out records before this time: 2026-01-31T12:00:00Z, 2026-01-31 (UTC), or 36h or 7d before now")
	flags.StringVar(&f.until, "until", "", "leave out records from this time on, written likewise")
	flags.StringVar(&f.minSeverity, "min-severity", "low", "show findings and incidents of at least: "+strings.Join(severityNames(), ", "))
	flags.StringArrayVar(&f.principals, "principal", nil, "show this principal only: a whole key, or without what its ARN has before the resource (role/backend); * for any text; may be repeated")
	flags.StringArrayVar(&f.rules, "rule", nil, "show findings of this rule only, and their incidents; may be repeated")
	f.records.flags(flags)
	flags.StringVar(&f.color, "color", "auto", "colors: auto (on a terminal, unless NO_COLOR is set), always or never")
	regionFlag(cmd, &f.region)
	complete(cmd, map[string][]string{
		"format": formatNames(), "min-severity": severityNames(), "rule": ruleNames(), "scope": scopes(), "color": colors(),
	})
	return cmd
}

// analysis is what the flags ask for, checked.
type analysis struct {
	format format
	text   report.TextOptions
	period pipeline.Period
	config config.Config
}

// check checks the flags; an error names the one that is wrong.
func (f analyzeFlags) check(p process) (analysis, error) {
	var a analysis
	i := slices.IndexFunc(formats(), func(x format) bool { return x.name == f.format })
	if i < 0 {
		return a, oneOf("format", f.format, formatNames())
	}
	a.format = formats()[i]
	if !slices.Contains(colors(), f.color) {
		return a, oneOf("color", f.color, colors())
	}
	severity, err := triage.ParseSeverity(f.minSeverity)
	if err != nil {
		return a, oneOf("min-severity", f.minSeverity, severityNames())
	}
	filter := report.Filter{MinSeverity: severity, Principals: f.principals}
	for _, r := range f.rules {
		if _, ok := detect.Describe(detect.Rule(r)); !ok {
			return a, oneOf("rule", r, ruleNames())
		}
		filter.Rules = append(filter.Rules, detect.Rule(r))
	}
	if f.since != "" {
		if a.period.Since, err = parseTime("since", f.since, p.now()); err != nil {
			return a, err
		}
	}
	if f.until != "" {
		if a.period.Until, err = parseTime("until", f.until, p.now()); err != nil {
			return a, err
		}
		if !a.period.Until.After(a.period.Since) {
			return a, fmt.Errorf("--until: %s is not after --since, so there is nothing between", f.until)
		}
	}
	if a.config, err = f.records.config(); err != nil {
		return a, err
	}
	a.text = report.TextOptions{Width: width(p), Color: colored(f.color, p), Filter: filter, All: a.config.Scope.All}
	return a, nil
}

func oneOf(flag, value string, allowed []string) error {
	return fmt.Errorf("--%s: %q is not one of %s", flag, value, strings.Join(allowed, ", "))
}

func analyze(ctx context.Context, p process, f analyzeFlags, paths []string) error {
	want, err := f.check(p)
	if err != nil {
		return err
	}
	diarist := newDiarist()
	var store pipeline.Whole = diarist.Store
	if want.format.write == nil {
		store = diarist
	}
	analyzer, err := pipeline.NewAnalyzer(want.config, store)
	if err != nil {
		return err
	}
	analyzer.Period = want.period

	meter := startMeter(p)
	defer meter.stop()
	from := places{paths: paths, region: f.region, candidate: analyzer.Candidate(), period: want.period, progress: &meter.progress}
	counts, broken, err := from.readInto(ctx, p, analyzer, meter)
	if err != nil {
		return err
	}
	result, err := analyzer.Analyze(ctx)
	if err != nil {
		return err
	}
	meter.stop()
	tell(p.stderr, analyzer.Malformed(), counts, broken)
	if broken > 0 && counts.Read+counts.Digests+counts.Insights == 0 {
		return exit(statusFailure) // nothing was read: there is nothing to show
	}
	result = want.text.Filter.Apply(result)
	if want.format.write == nil {
		err = diarist.writeHTML(p.stdout, &result, want.config, p.now())
	} else {
		err = want.format.write(p.stdout, result, want.text)
	}
	if err != nil {
		return err
	}
	switch {
	case broken > 0:
		return exit(statusFailure)
	case slices.ContainsFunc(result.Incidents, func(i triage.Incident) bool { return i.Severity >= triage.Medium }):
		return exit(statusIncident)
	}
	return nil
}

// readInto reads all places into the analyzer. It returns what was read and how
// many files could not be read whole; why, it says at once.
func (w places) readInto(ctx context.Context, p process, a *pipeline.Analyzer, m *meter) (counts cloudtrail.Counts, broken int, err error) {
	err = w.read(ctx, p, func(b inputs.Batch) error {
		if b.Err != nil {
			broken++
			for _, err := range single(b.Err) {
				m.complain(err.Error())
			}
		}
		a.Read(b.Counts.Read)
		counts.Add(b.Counts)
		return a.Add(ctx, b.Items)
	})
	return counts, broken, err
}

// single returns the errors that were joined to err, or err alone.
func single(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	return []error{err}
}

// tell says what was read and does not show in the result.
func tell(w io.Writer, malformed []pipeline.Problem, counts cloudtrail.Counts, broken int) {
	for _, m := range malformed {
		records := "1 malformed record"
		if m.Count > 1 {
			records = fmt.Sprintf("%d malformed records", m.Count)
		}
		complain(w, fmt.Sprintf("%s: %s (first: %s)", records, m.Problem, m.First))
	}
	if n := counts.Digests; n > 0 {
		complain(w, fmt.Sprintf("skipped digest files: %d; they hold no records", n))
	}
	if n := counts.Insights; n > 0 {
		complain(w, fmt.Sprintf("skipped Insights records: %d; they are no calls", n))
	}
	if broken > 0 {
		complain(w, fmt.Sprintf("files or folders that could not be read whole: %d, named above; the rest was analyzed", broken))
	}
}
