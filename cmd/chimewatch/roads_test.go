package main

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// road runs one of the commands that need more than files, by itself, as run
// does.
func road(ctx context.Context, t *testing.T, stdin string, args ...string) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	p := process{stdin: strings.NewReader(stdin), stdout: &stdout, stderr: &stderr, getenv: func(string) string { return "" }, now: july}
	commands := []*cobra.Command{newExplainCommand(p), newBackfillCommand(p), newWatchCommand(p), newDoctorCommand(p), newSimulateCommand(p)}
	i := slices.IndexFunc(commands, func(c *cobra.Command) bool { return c.Name() == args[0] })
	cmd := commands[i]
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetArgs(args[1:])
	cmd.SetOut(&stdout)
	cmd.SetErr(&stderr)
	err := cmd.ExecuteContext(ctx)
	var status exit
	switch {
	case err == nil:
		return result{statusQuiet, stdout.String(), stderr.String()}
	case errors.As(err, &status):
		return result{int(status), stdout.String(), stderr.String()}
	}
	for line := range strings.Lines(err.Error()) {
		complain(&stderr, strings.TrimSuffix(line, "\n"))
	}
	return result{statusFailure, stdout.String(), stderr.String()}
}
