package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"chimewatch/pkg/adapters/memstore"
	"chimewatch/pkg/config"
	"chimewatch/pkg/denial"
	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/summary"
	"chimewatch/pkg/tally"
)

const reportHelp = `Report writes the weekly summary from CloudTrail records in files: what changed,
what needs a decision, what is to be fixed, and what can be ignored.

PATH is as with chimewatch analyze. All records are read; the report is about
one week of them, Monday to Sunday, and compares it with the four weeks before
as far as the records reach. Without --week it is the week of the last record.

As HTML it is one page that needs nothing but itself and asks nothing of
anybody: keep it, print it, send it on.

Exit status: 0 the report was written, 2 wrong usage, or a file could not be
read whole (it is named, and the report is about the rest).`

const reportExamples = `  chimewatch report logs/
  chimewatch report --format html --output week.html logs/
  chimewatch report --week 2026-W26 --time-zone Europe/Berlin logs/`

// reportFlags are the flags as given.
type reportFlags struct {
	format, week, zone string
	all                bool
	output             string
	records            recordFlags
	region             string
}

func reportFormats() []string { return []string{"text", "html", "json"} }

func newReportCommand(p process) *cobra.Command {
	var f reportFlags
	cmd := &cobra.Command{
		Use:     "report [flags] PATH...",
		Short:   "Write the weekly summary from CloudTrail records",
		Long:    reportHelp,
		Example: reportExamples,
		Args:    needPlaces,
		RunE:    func(cmd *cobra.Command, args []string) error { return writeReport(cmd.Context(), p, f, args) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.format, "format", "text", "output: "+strings.Join(reportFormats(), " or "))
	flags.StringVar(&f.week, "week", "", "ISO week to report on, such as 2026-W26")
	flags.BoolVar(&f.all, "all", false, "report on all days that the records cover, at most the last 366")
	flags.StringVar(&f.zone, "time-zone", "UTC", "time zone whose days count, such as Europe/Berlin")
	f.records.flags(flags)
	flags.StringVarP(&f.output, "output", "o", "", "write to this `file` instead of standard output")
	regionFlag(cmd, &f.region)
	complete(cmd, map[string][]string{"format": reportFormats(), "scope": scopes()})
	return cmd
}

// wantedReport is what the flags ask for, checked.
type wantedReport struct {
	write  func(io.Writer, *summary.Report) error
	zone   *time.Location
	period *summary.Period // nil: decided by the records
	config config.Config
}

func (f reportFlags) check() (wantedReport, error) {
	var w wantedReport
	switch f.format {
	case "text":
		w.write = func(out io.Writer, r *summary.Report) error { return summary.WriteText(out, r, "") }
	case "html":
		w.write = summary.WriteHTML
	case "json":
		w.write = summary.WriteJSON
	default:
		return w, oneOf("format", f.format, reportFormats())
	}
	var err error
	if w.zone, err = time.LoadLocation(f.zone); err != nil || f.zone == "" {
		return w, fmt.Errorf("--time-zone: %q is no name of the IANA time zone database, such as Europe/Berlin", f.zone)
	}
	switch {
	case f.week != "" && f.all:
		return w, errors.New("--all: there is --week already; give one of them")
	case f.week != "":
		period, err := summary.ParseWeek(f.week, w.zone)
		if err != nil {
			return w, fmt.Errorf("--week: %w", err)
		}
		w.period = &period
	}
	w.config, err = f.records.config()
	return w, err
}

func writeReport(ctx context.Context, p process, f reportFlags, paths []string) error {
	want, err := f.check()
	if err != nil {
		return err
	}
	store := newDiarist()
	analyzer, err := pipeline.NewAnalyzer(want.config, store)
	if err != nil {
		return err
	}
	meter := startMeter(p)
	defer meter.stop()
	from := places{paths: paths, region: f.region, candidate: analyzer.Candidate(), progress: &meter.progress}
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
	if want.period == nil && result.End.IsZero() {
		return errors.New("no call of Chime SDK messaging is among these records, so there is no week to report on; name one with --week, or see what is there with chimewatch analyze")
	}
	period := summary.Period{}
	switch {
	case want.period != nil:
		period = *want.period
	case f.all:
		period = summary.Covering(result.Start.In(want.zone), result.End)
	default:
		period = summary.WeekOf(result.End.In(want.zone))
	}
	if err := f.deliver(p, want, store.report(&result, want.config, period)); err != nil {
		return err
	}
	if broken > 0 {
		return exit(statusFailure)
	}
	return nil
}

// deliver writes the report where it is wanted: a file only when all of it is
// there to be written.
func (f reportFlags) deliver(p process, want wantedReport, r *summary.Report) error {
	if f.output == "" {
		return want.write(p.stdout, r)
	}
	var whole bytes.Buffer
	if err := want.write(&whole, r); err != nil {
		return err
	}
	if err := os.WriteFile(f.output, whole.Bytes(), 0o600); err != nil {
		return fmt.Errorf("--output: %w", err)
	}
	return nil
}

// diarist is a store in memory that also keeps the diary that reports are made
// of.
type diarist struct {
	*memstore.Store
	diary summary.Diary
}

// newMemory returns an empty store. It always hashes with the same secret, so
// that the same records give the same output to the byte, also where more was
// refused than is kept and hashes decide what is. Who knows the secret can choose
// what of his own is kept, not what is counted: deployed, the secret is one.
func newMemory() *memstore.Store { return memstore.New(tally.NewHasher([]byte("chimewatch analyze"))) }

func newDiarist() *diarist {
	return &diarist{Store: newMemory()}
}

// Commit implements pipeline.Store.
func (d *diarist) Commit(ctx context.Context, calls []denial.Call) ([]pipeline.Receipt, error) {
	receipts, err := d.Store.Commit(ctx, calls)
	for i, r := range receipts {
		if r == pipeline.Added {
			d.diary.Add(&calls[i])
		}
	}
	return receipts, err
}

// report makes the report of a period. What a filter took out of the analysis
// is not in it.
func (d *diarist) report(a *pipeline.Analysis, c config.Config, period summary.Period) *summary.Report {
	shown := make(map[string]bool, len(a.Principals))
	for i := range a.Principals {
		shown[a.Principals[i].Key] = true
	}
	b := summary.NewBuilder(period)
	days := d.diary.Days()
	for i := range days {
		if shown[days[i].Key] {
			b.Add(&days[i])
		}
	}
	data := summary.Data{
		Findings: a.Findings, Incidents: a.Incidents, Calls: a.Evidence,
		Suppressions: summary.Suppressions(c.Suppressions, period, a.Incidents),
		Records: &summary.Records{
			Read: a.Records.Read, Malformed: a.Records.Malformed, Messaging: a.Records.Messaging,
			Duplicates: a.Records.Duplicates, Conflicts: a.Records.Conflicts, Unavailable: a.Records.Unavailable,
		},
	}
	if !a.Start.IsZero() {
		// Logs rarely begin with a call of messaging: the day of the first counts.
		data.Watching = a.Start.Add(-24 * time.Hour)
	}
	return b.Build(data)
}

// writeHTML writes an analysis as a page: all days that it covers, in UTC, or
// today where it covers none.
func (d *diarist) writeHTML(w io.Writer, a *pipeline.Analysis, c config.Config, now time.Time) error {
	period := summary.Covering(a.Start.UTC(), a.End.UTC())
	if a.Start.IsZero() {
		period = summary.Covering(now.UTC(), now.UTC())
	}
	return summary.WriteHTML(w, d.report(a, c, period))
}
