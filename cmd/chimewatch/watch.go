package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"chimewatch/pkg/adapters/lookupevents"
	"chimewatch/pkg/adapters/memstore"
	"chimewatch/pkg/config"
	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/tally"
	"chimewatch/pkg/triage"
)

const watchHelp = `Watch looks up events in CloudTrail with your own credentials, again and again,
and prints an alert when an incident opens or rises. Nothing is deployed and
nothing is kept: at the start the last hours are looked up to know what is
usual. It needs no trail, and the permission cloudtrail:LookupEvents.

CloudTrail shows an event some minutes after it happened, and gives an account
two requests of fifty events a second in each Region. Where more happens than
that, watch says what it did not see; the deployment has no such bound.

End it with Ctrl-C.`

const watchExamples = `  chimewatch watch
  AWS_PROFILE=audit chimewatch watch --region us-east-1 --since 3d
  chimewatch watch --webhook https://hooks.example.com/services/T0/B0/X`

// The bounds of watching.
const (
	leastEvery = 15 * time.Second
	// overlap is how far a poll looks back beyond the last one: "CloudTrail
	// typically delivers events within an average of about 5 minutes".
	// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/how-cloudtrail-works.html
	overlap = 30 * time.Minute
	// rebuildPages and pollPages bound the requests for an event source, ten
	// minutes and one minute of them.
	rebuildPages = 1200
	pollPages    = 120
)

// watchFlags are the flags as given.
type watchFlags struct {
	regions                        []string
	every                          time.Duration
	since, minSeverity, configFile string
	webhook                        string
}

func newWatchCommand(p process) *cobra.Command {
	var f watchFlags
	cmd := &cobra.Command{
		Use:     "watch [flags]",
		Short:   "Watch CloudTrail with your own credentials, and alert here",
		Long:    watchHelp,
		Example: watchExamples,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			w, err := f.watcher(cmd.Context(), p)
			if err != nil {
				return err
			}
			return w.run(cmd.Context())
		},
	}
	flags := cmd.Flags()
	flags.StringSliceVar(&f.regions, "region", messagingRegions(), "Regions to watch")
	flags.DurationVar(&f.every, "every", time.Minute, "how often to look, at least 15s")
	flags.StringVar(&f.since, "since", "24h", "look up events since this time at the start: 36h or 7d before now, or a time")
	flags.StringVar(&f.minSeverity, "min-severity", "medium", "alert from this severity on: low, medium, high, critical")
	flags.StringVar(&f.configFile, "config", "", "YAML `file` with thresholds, known networks and suppressions")
	flags.StringVar(&f.webhook, "webhook", "", "also post each alert, as JSON, to this URL (https)")
	return cmd
}

// watcher makes what watches; an error names the flag that is wrong.
func (f watchFlags) watcher(ctx context.Context, p process) (*watcher, error) {
	severity, err := triage.ParseSeverity(f.minSeverity)
	if err != nil {
		return nil, oneOf("min-severity", f.minSeverity, severityNames())
	}
	if f.every < leastEvery {
		return nil, fmt.Errorf("--every: %s is too often for what CloudTrail allows; at least %s", f.every, leastEvery)
	}
	since, err := parseTime("since", f.since, p.now())
	if err != nil {
		return nil, err
	}
	if p.now().Sub(since) > lookupevents.MaxAge {
		return nil, fmt.Errorf("--since: CloudTrail keeps events for 90 days, %s is longer ago", f.since)
	}
	c, err := loadConfig(f.configFile)
	if err != nil {
		return nil, err
	}
	bell := &bell{out: p.stdout, printed: map[string]bool{}}
	if f.webhook != "" {
		if bell.hook, err = newWebhook(f.webhook); err != nil {
			return nil, err
		}
	}
	clock := lookupevents.Wall{}
	w := &watcher{p: p, clock: clock, every: f.every, since: since, config: c, severity: severity, bell: bell}
	for _, region := range f.regions {
		cfg, err := loadAmazon(ctx, region)
		if err != nil {
			return nil, err
		}
		w.lookups = append(w.lookups, regional{region, newLookup(cfg, region, clock)})
	}
	return w, nil
}

// regional looks up events of one Region.
type regional struct {
	region string
	*lookupevents.Lookup
}

// watcher polls and alerts.
type watcher struct {
	p        process
	clock    lookupevents.Clock
	every    time.Duration
	since    time.Time
	config   config.Config
	severity triage.Severity
	lookups  []regional
	bell     *bell

	intake    pipeline.Intake
	sources   []string
	malformed map[string]bool // that were told
	total     pipeline.Outcome
	polls     int
}

// run watches until ctx ends, which is no error.
func (w *watcher) run(ctx context.Context) error {
	err := w.watch(ctx)
	if ctx.Err() == nil {
		return err
	}
	fmt.Fprintf(w.p.stderr, "Stopped after %s: %d denied calls, %d alerts.\n", quantity(int64(w.polls), "look", "looks"), w.total.Denials, w.total.AlertsSent)
	return nil
}

func (w *watcher) watch(ctx context.Context) error {
	scope, err := w.config.ScopeOf()
	if err != nil {
		return err
	}
	if w.intake, err = pipeline.NewIntake(w.config); err != nil {
		return err
	}
	w.sources, w.malformed = scope.Sources(), map[string]bool{}
	secret := make([]byte, 32)
	rand.Read(secret)
	hasher := tally.NewHasher(secret)
	store := memstore.New(hasher)
	engines := [2]*pipeline.Engine{} // what is past is known, not told
	for i, silent := range []bool{true, false} {
		engines[i], err = pipeline.NewEngine(w.config, store, hasher, w.bell, w.clock, pipeline.Options{Least: w.severity, Silent: silent})
		if err != nil {
			return err
		}
	}

	end := w.clock.Now()
	fmt.Fprintf(w.p.stderr, "Looking up the time since %s ...\n", w.since.Format("2006-01-02 15:04 UTC"))
	past, err := w.look(ctx, engines[0], w.since, end, rebuildPages)
	if err != nil {
		return err
	}
	if err := w.sweep(ctx, engines[0], &past); err != nil {
		return err
	}
	if err := w.tellPast(ctx, store, past); err != nil {
		return err
	}
	for {
		if err := w.clock.Sleep(ctx, w.every); err != nil {
			return err
		}
		start := end.Add(-overlap)
		now := w.clock.Now()
		out, err := w.look(ctx, engines[1], start, now, pollPages)
		if err == nil {
			err = w.sweep(ctx, engines[1], &out)
		}
		w.polls++
		w.total.Denials += out.Denials
		w.total.AlertsSent += out.AlertsSent
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			complain(w.p.stderr, err.Error()+"; the next look will cover this time too")
		default:
			end = now
		}
	}
}

// look looks up all event sources of all Regions and feeds the engine.
func (w *watcher) look(ctx context.Context, engine *pipeline.Engine, start, end time.Time, pages int) (total pipeline.Outcome, err error) {
	for _, l := range w.lookups {
		for _, source := range w.sources {
			covered, err := l.Each(ctx, lookupevents.Query{Source: source, Start: start, End: end, MaxPages: pages}, func(items []pipeline.Item) error {
				return w.feed(ctx, engine, items, &total)
			})
			if err != nil {
				return total, err
			}
			if !covered.Complete {
				complain(w.p.stderr, fmt.Sprintf("%s in %s: more happens than CloudTrail lets be looked up; what was between %s and %s is not known",
					source, l.region, start.Format(time.RFC3339), covered.From.Format(time.RFC3339)))
			}
		}
	}
	return total, nil
}

func (w *watcher) feed(ctx context.Context, engine *pipeline.Engine, items []pipeline.Item, total *pipeline.Outcome) error {
	kept := items[:0]
	for i := range items {
		call, ok, bad := w.intake.Call(&items[i])
		if bad != nil && !w.malformed[bad.Problem] {
			w.malformed[bad.Problem] = true
			complain(w.p.stderr, "a malformed record: "+bad.Error())
		}
		if ok && tally.Counts(&call) { // else it would count again with each look
			kept = append(kept, items[i])
		}
	}
	out, err := engine.Process(ctx, []pipeline.Message{{ID: "watch", Items: kept}})
	if err == nil {
		err = out.Failed["watch"]
	}
	w.add(total, out)
	total.Records += len(items) - len(kept)
	return err
}

// sweep evaluates what had to wait and sends what was not sent.
func (w *watcher) sweep(ctx context.Context, engine *pipeline.Engine, total *pipeline.Outcome) error {
	for {
		out, more, err := engine.Sweep(ctx, 1000)
		w.add(total, out)
		if err != nil || !more || out.NotSent > 0 {
			return err
		}
	}
}

func (w *watcher) add(total *pipeline.Outcome, out pipeline.Outcome) {
	total.Records += out.Records
	total.Denials += out.Denials
	total.AlertsSent += out.AlertsSent
	for _, err := range out.Unsent {
		complain(w.p.stderr, err.Error()+"; it will be tried again")
	}
}

// tellPast says what is known from before, so that nobody takes silence for
// peace.
func (w *watcher) tellPast(ctx context.Context, store *memstore.Store, past pipeline.Outcome) error {
	fmt.Fprintf(w.p.stdout, "%s looked up, %s.\n", quantity(int64(past.Records), "event", "events"), quantity(int64(past.Denials), "denied call", "denied calls"))
	for _, s := range store.Subjects() {
		states, _, err := store.Incidents(ctx, s)
		if err != nil {
			return err
		}
		for i := range states {
			if states[i].Severity >= w.severity {
				w.bell.known(&states[i].Incident)
			}
		}
	}
	_, err := io.WriteString(w.p.stdout, "Watching. Alerts follow; end with Ctrl-C.\n")
	return err
}
