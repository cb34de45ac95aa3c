package main

//go:generate go run . backtest --simulated --seeds 741-760 --published --config default --config calm --format markdown --output ../../docs/evaluation.md

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"chimewatch/pkg/adapters/memstore"
	"chimewatch/pkg/backtest"
	"chimewatch/pkg/config"
	"chimewatch/pkg/inputs"
	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/simulate"
	"chimewatch/pkg/tally"
)

const backtestHelp = `Backtest analyzes the same records under several configurations and shows side
by side what each would have alerted. "default" stands for the configuration of
an empty file, "calm" for one with triage.calm. With labels (those of chimewatch simulate, or your own in the
same form) it also says how many of the attacks were found, how many alerts a
week were false after the first week, how many alerts there were for an attack,
and how long they took.

--published adds the rules that others have published for denied calls, each
also in a generous form that matches every denial of Chime.

--simulated takes no PATH: it measures on simulated traffic of several seeds and
prints a table in Markdown.`

const backtestExamples = `  chimewatch backtest --config default --config quieter.yaml logs/
  chimewatch backtest --config a.yaml --config b.yaml --format html --output compare.html logs/
  chimewatch backtest --published --labels traffic/labels.json traffic/
  chimewatch backtest --simulated --seeds 1-20 --published`

// backtestFlags are the flags as given.
type backtestFlags struct {
	configs        []string
	labels         string
	format, output string
	published      bool
	simulated      bool
	seeds          string
	region         string
	traffic        simulate.Config
}

func newBacktestCommand(p process) *cobra.Command {
	f := backtestFlags{traffic: simulate.DefaultConfig()}
	cmd := &cobra.Command{
		Use:     "backtest [flags] PATH...",
		Short:   "Compare configurations, and published rules, on the same records",
		Long:    backtestHelp,
		Example: backtestExamples,
		Args: func(_ *cobra.Command, args []string) error {
			switch {
			case f.simulated && len(args) > 0:
				return errors.New("--simulated makes its own records: leave the paths out")
			case !f.simulated && len(args) == 0:
				return errors.New("which records? name log files, folders or s3://BUCKET/PREFIX, or - for standard input, or give --simulated; chimewatch backtest --help tells more")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd.Context(), p, args) },
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&f.configs, "config", []string{"default"}, "a configuration `file`, or default, or calm; repeat it for each one to compare")
	flags.StringVar(&f.labels, "labels", "", "`file` that says which records were an attack")
	flags.StringVar(&f.format, "format", "", "output: text (default), json or html; with --simulated markdown")
	flags.StringVar(&f.output, "output", "", "write to this `file` instead of standard output")
	flags.BoolVar(&f.published, "published", false, "compare with published rules too")
	flags.BoolVar(&f.simulated, "simulated", false, "measure on simulated traffic")
	flags.StringVar(&f.seeds, "seeds", "1-20", "with --simulated: the first and the last seed")
	regionFlag(cmd, &f.region)
	trafficFlags(cmd, &f.traffic)
	return cmd
}

// candidates reads the configurations.
func (f backtestFlags) candidates() ([]backtest.Candidate, error) {
	var out []backtest.Candidate
	for _, name := range f.configs {
		c := config.Default()
		switch name {
		case "default":
		case "calm":
			c.Triage.Calm = true
		default:
			data, err := os.ReadFile(name)
			if err != nil {
				return nil, fmt.Errorf("--config: %w; name a YAML file that can be read", err)
			}
			if c, err = config.Load(data); err != nil {
				return nil, fmt.Errorf("--config %s: %w", name, err)
			}
			name = filepath.Base(name)
		}
		out = append(out, backtest.Candidate{Name: "chimewatch, " + name, Config: c})
	}
	return out, nil
}

// emptyStore makes a store of its own for each configuration. The hashes are of
// no consequence here, so the same comparison gives the same result.
func emptyStore() pipeline.Whole { return memstore.New(tally.NewHasher([]byte("backtest"))) }

func (f backtestFlags) run(ctx context.Context, p process, paths []string) error {
	candidates, err := f.candidates()
	if err != nil {
		return err
	}
	var rules []backtest.Published
	if f.published {
		rules = backtest.Rules()
	}
	var b bytes.Buffer
	failed := error(nil)
	if f.simulated {
		err = f.simulate(ctx, p, candidates, rules, &b)
	} else {
		failed, err = f.compare(ctx, p, paths, candidates, rules, &b)
	}
	if err != nil {
		return err
	}
	if f.output == "" {
		_, err = p.stdout.Write(b.Bytes())
	} else {
		err = os.WriteFile(f.output, b.Bytes(), 0o644)
	}
	return errors.Join(err, failed)
}

// compare compares on records from files. The first error is that a file could
// not be read whole, which does not keep the rest from being shown.
func (f backtestFlags) compare(ctx context.Context, p process, paths []string, candidates []backtest.Candidate, rules []backtest.Published, w io.Writer) (broken, err error) {
	write := (*backtest.Comparison).WriteText
	switch f.format {
	case "", "text":
	case "json":
		write = (*backtest.Comparison).WriteJSON
	case "html":
		write = (*backtest.Comparison).WriteHTML
	default:
		return nil, oneOf("format", f.format, []string{"text", "json", "html"})
	}
	truth, err := f.truth()
	if err != nil {
		return nil, err
	}
	trial, err := backtest.NewTrial(candidates, rules, emptyStore)
	if err != nil {
		return nil, err
	}
	from := places{paths: paths, region: f.region, candidate: trial.Candidate()}
	err = from.read(ctx, p, func(b inputs.Batch) error {
		if b.Err != nil {
			broken = exit(statusFailure)
			for _, err := range single(b.Err) {
				complain(p.stderr, err.Error())
			}
		}
		return trial.Add(ctx, b.Items)
	})
	if err != nil {
		return nil, err
	}
	result, err := trial.Run(ctx)
	if err != nil {
		return nil, err
	}
	return broken, write(&result, w, truth)
}

// truth reads the labels, nil where none are given.
func (f backtestFlags) truth() (*simulate.Truth, error) {
	if f.labels == "" {
		return nil, nil
	}
	file, err := os.Open(f.labels)
	if err != nil {
		return nil, fmt.Errorf("--labels: %w", err)
	}
	defer file.Close()
	truth, err := simulate.ReadTruth(file)
	if err != nil {
		return nil, fmt.Errorf("--labels %s: %w", f.labels, err)
	}
	return &truth, nil
}

// simulate measures on simulated traffic, once with the attackers outside and
// once as the flag says or with half of them inside.
func (f backtestFlags) simulate(ctx context.Context, p process, candidates []backtest.Candidate, rules []backtest.Published, w io.Writer) error {
	if f.format != "" && f.format != "markdown" {
		return oneOf("format", f.format, []string{"markdown"})
	}
	first, last, err := seedRange(f.seeds)
	if err != nil {
		return err
	}
	shares := []float64{f.traffic.Inside}
	if f.traffic.Inside == 0 {
		shares = append(shares, 0.5)
	}
	_, watched := terminal(p.stderr)
	fmt.Fprint(w, evaluationHead)
	for _, share := range shares {
		var configs []simulate.Config
		for seed := first; seed <= last; seed++ {
			c := f.traffic
			c.Seed, c.Inside = seed, share
			configs = append(configs, c)
		}
		e, err := backtest.Evaluate(ctx, configs, candidates, rules, emptyStore, func(done int) {
			if watched {
				fmt.Fprintf(p.stderr, "%s%d of %d runs", clearLine, done, len(configs))
			}
		})
		if err != nil {
			return err
		}
		if watched {
			fmt.Fprint(p.stderr, clearLine)
		}
		title := "Attackers outside"
		if share > 0 {
			title = "Attackers in the victim's own network"
		}
		fmt.Fprintf(w, "\n## %s\n\n", title)
		if err := e.WriteMarkdown(w); err != nil {
			return err
		}
	}
	return nil
}

// evaluationHead opens docs/evaluation.md.
const evaluationHead = `# How well it detects

This page is generated: ` + "`go generate ./cmd/chimewatch`" + ` measures anew. An attack is found when an
incident of at least medium severity points at one of its calls. A false alert is an opening or an
update of such an incident that points at no call of an attack, after the first seven days.
[detection.md](detection.md) says what is weighed, and which seeds were used while it was written:
none of those reported here.
`

func seedRange(text string) (first, last uint64, err error) {
	a, b, ok := strings.Cut(text, "-")
	if !ok {
		b = a
	}
	if first, err = strconv.ParseUint(a, 10, 64); err == nil {
		last, err = strconv.ParseUint(b, 10, 64)
	}
	if err != nil || last < first || last-first >= 1000 {
		return 0, 0, fmt.Errorf("--seeds: %q is no range of at most 1000 seeds: write it like 1-20", text)
	}
	return first, last, nil
}
