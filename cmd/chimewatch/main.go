// Command chimewatch tells who is refused by Amazon Chime SDK messaging, why,
// and whether it is a broken deployment or somebody trying doors. It reads
// CloudTrail records from files, from S3 and by LookupEvents; nothing that it
// reads leaves the machine but by a webhook or a queue that the user names.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"chimewatch/pkg/inert"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	go keepLean(ctx)
	status := run(ctx, os.Args[1:], process{
		stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, getenv: os.Getenv, now: time.Now,
	})
	stop()
	os.Exit(status)
}

// process is what a command gets from the process that it runs in.
type process struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	getenv         func(string) string
	now            func() time.Time
}

// The exit statuses.
const (
	statusQuiet    = 0 // no incident of medium severity or above
	statusIncident = 1 // at least one
	statusFailure  = 2 // wrong usage, or something could not be read
)

// exit is an error that says nothing but the status to exit with: what there is
// to say was said.
type exit int

func (e exit) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// run runs the command line and returns the exit status.
func run(ctx context.Context, args []string, p process) int {
	root := newRootCommand(p)
	root.SetArgs(args)
	root.SetIn(p.stdin)
	root.SetOut(p.stdout)
	root.SetErr(p.stderr)
	err := root.ExecuteContext(ctx)
	var status exit
	switch {
	case err == nil:
		return statusQuiet
	case errors.As(err, &status):
		return int(status)
	case errors.Is(err, context.Canceled):
		complain(p.stderr, "interrupted")
	default:
		for line := range strings.Lines(err.Error()) {
			complain(p.stderr, strings.TrimSuffix(line, "\n"))
		}
	}
	return statusFailure
}

// complain writes a message as one line, however hostile the text in it.
func complain(w io.Writer, message string) {
	fmt.Fprintln(w, "chimewatch: "+inert.Line(message))
}

func newRootCommand(p process) *cobra.Command {
	root := &cobra.Command{
		Use:   "chimewatch",
		Short: "Who is refused by Chime SDK messaging, why, and is it an attack?",
		Long: `chimewatch reads CloudTrail records, finds every call to Amazon Chime SDK
messaging that failed authorization, counts it once, and decides whether the
pattern looks like a broken deployment or like somebody trying doors.

Begin with:  chimewatch analyze FOLDER-WITH-CLOUDTRAIL-LOGS`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("there is no command %q; run chimewatch --help for those there are", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return fmt.Errorf("%w; run %s --help for the flags", err, cmd.CommandPath())
	})
	root.AddCommand(
		newAnalyzeCommand(p), newExplainCommand(p), newReportCommand(p), newWatchCommand(p),
		newBacktestCommand(p), newSimulateCommand(p), newAlertCommand(),
		newSuppressCommand(p), newFindingsCommand(p), newBackfillCommand(p), newDoctorCommand(p), newVersionCommand(p),
	)
	return root
}
