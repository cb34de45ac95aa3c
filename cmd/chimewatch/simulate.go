package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"chimewatch/pkg/simulate"
)

const simulateHelp = `Simulate writes labelled CloudTrail traffic of a team that runs chat: everyday
calls, harmless trouble, and attacks. Nothing of it is real, and nothing is
called. The same flags give the same bytes.

Into a FOLDER it writes log files as CloudTrail delivers them, and beside them
labels.json, which says what each scenario was and which records are its. To
standard output (-) it writes the events that EventBridge delivers, one a line;
--labels says where the labels go then.

With --to-queue it sends these events to the drill queue of a deployment, those
that its rules would let through. What comes out is marked as a drill. Only the
role of the drill may send there; operators may take it.`

const simulateExamples = `  chimewatch simulate traffic/ && chimewatch analyze traffic/
  chimewatch simulate --seed 7 --days 14 --only impersonation,scp-roll-out traffic/
  chimewatch simulate --labels labels.json - | chimewatch analyze -
  chimewatch simulate --days 1 --only exfiltration --attacks 7 --to-queue https://sqs.us-east-1.amazonaws.com/111122223333/chimewatch-DrillQueue
  chimewatch simulate --list`

// labelsFile is the name of the labels beside simulated log files.
const labelsFile = "labels.json"

// simulateFlags are the flags as given.
type simulateFlags struct {
	config simulate.Config
	start  string
	labels string
	list   bool
	queue  string
	region string
}

func newSimulateCommand(p process) *cobra.Command {
	f := simulateFlags{config: simulate.DefaultConfig()}
	c := &f.config
	cmd := &cobra.Command{
		Use:     "simulate [flags] FOLDER|-",
		Short:   "Write labelled traffic: benign, broken and hostile",
		Long:    simulateHelp,
		Example: simulateExamples,
		Args: func(_ *cobra.Command, args []string) error {
			if f.queue != "" && len(args) > 0 {
				return errors.New("--to-queue and a folder: choose one")
			}
			if !f.list && f.queue == "" && len(args) != 1 {
				return errors.New("where to? name one folder, or - for standard output; chimewatch simulate --help tells more")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.list {
				return listScenarios(p.stdout)
			}
			return f.run(cmd.Context(), p, strings.Join(args, ""))
		},
	}
	trafficFlags(cmd, c)
	flags := cmd.Flags()
	flags.Uint64Var(&c.Seed, "seed", c.Seed, "another seed gives other traffic")
	flags.StringVar(&f.start, "start", c.Start.Format(time.DateOnly), "the first day")
	flags.StringVar(&f.labels, "labels", "", "`file` for the labels; with a folder they go to labels.json in it by default")
	flags.StringVar(&f.queue, "to-queue", "", "`URL` of the drill queue of a deployment (output DrillQueueUrl) to send the events to")
	flags.StringVar(&f.region, "region", "", "Region of that queue; AWS_REGION and the profile decide otherwise")
	flags.BoolVar(&f.list, "list", false, "list the scenarios and write nothing")
	return cmd
}

// trafficFlags are those that every simulation takes.
func trafficFlags(cmd *cobra.Command, c *simulate.Config) {
	flags := cmd.Flags()
	flags.IntVar(&c.Days, "days", c.Days, "how many days")
	flags.IntVar(&c.Principals, "principals", c.Principals, "how many roles, people and keys the team has; app users come on top, twenty for each")
	flags.Float64Var(&c.AttacksPerWeek, "attacks", c.AttacksPerWeek, "attacks a week, of all kinds together")
	flags.Float64Var(&c.TroublesPerWeek, "troubles", c.TroublesPerWeek, "harmless troubles a week")
	flags.Float64Var(&c.Inside, "inside", c.Inside, "share of attackers, 0 to 1, who work from the victim's own network and client")
	flags.BoolVar(&c.HideBearers, "hide-bearers", c.HideBearers, "leave chimeBearer out of the records: it is not proven that CloudTrail has it")
	flags.StringSliceVar(&c.Only, "only", c.Only, "these scenarios only, by name")
}

func listScenarios(w io.Writer) error {
	var b strings.Builder
	for _, s := range simulate.Scenarios() {
		fmt.Fprintf(&b, "%-7s %-28s %s\n", s.Kind, s.Name, s.Description)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (f simulateFlags) run(ctx context.Context, p process, to string) error {
	start, err := time.Parse(time.DateOnly, f.start)
	if err != nil {
		return fmt.Errorf("--start: %q is no day: write it like 2026-03-02", f.start)
	}
	f.config.Start = start
	s, err := simulate.New(f.config)
	if err != nil {
		return err
	}
	if f.queue != "" {
		if err := sendDrill(ctx, p, s, f.queue, f.region); err != nil || f.labels == "" {
			return err
		}
		return writeTruth(f.labels, s)
	}
	if to == "-" {
		if err := s.WriteEvents(p.stdout); err != nil {
			return err
		}
		if f.labels == "" {
			return nil
		}
		return writeTruth(f.labels, s)
	}
	if err := s.WriteLogFiles(createIn(to), 15*time.Minute); err != nil {
		return err
	}
	if f.labels == "" {
		f.labels = filepath.Join(to, labelsFile)
	}
	return writeTruth(f.labels, s)
}

// createIn makes files below a folder, and the folders on the way.
func createIn(folder string) simulate.Create {
	return func(name string) (io.WriteCloser, error) {
		path := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return nil, err
		}
		return os.Create(path)
	}
}

func writeTruth(name string, s *simulate.Simulation) (err error) {
	file, err := os.Create(name)
	if err != nil {
		return fmt.Errorf("--labels: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	return s.Truth().Write(file)
}
