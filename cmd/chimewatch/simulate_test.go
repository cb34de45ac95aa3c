package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
)

// execute runs one command and returns what it wrote.
func execute(make func(process) *cobra.Command, args ...string) (stdout string, err error) {
	var out, errs bytes.Buffer
	cmd := make(process{
		stdin: strings.NewReader(""), stdout: &out, stderr: &errs, getenv: func(string) string { return "" },
		now: func() time.Time { return time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC) },
	})
	cmd.SilenceUsage, cmd.SilenceErrors = true, true
	cmd.SetArgs(args)
	err = cmd.Execute()
	return out.String(), err
}

// small makes ten days of a small team that is attacked often.
func small(args ...string) []string {
	return append([]string{"--days", "10", "--principals", "20", "--attacks", "20", "--troubles", "5", "--seed", "3"}, args...)
}

// Simulated traffic can be written, read again, and compared on, with labels.
func TestSimulateAndBacktest(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "traffic")
	if _, err := execute(newSimulateCommand, small(folder)...); err != nil {
		t.Fatal(err)
	}
	labels := filepath.Join(folder, labelsFile)
	if _, err := os.Stat(labels); err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(t.TempDir(), "calm.yaml")
	if err := os.WriteFile(config, []byte("triage: {calm: true}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	logs := filepath.Join(folder, "AWSLogs")
	out, err := execute(newBacktestCommand, "--config", "default", "--config", config, "--published", "--labels", labels, "--format", "json", logs)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Schema  string
		Denials int
		Results []struct {
			Name  string
			Score *struct {
				Attacks, Found int
			}
		}
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatal(err)
	}
	if got.Schema != "chimewatch.backtest/1" || got.Denials == 0 || len(got.Results) < 10 || got.Results[1].Name != "chimewatch, calm.yaml" {
		t.Fatalf("comparison %+v", got)
	}
	if s := got.Results[0].Score; s == nil || s.Attacks == 0 || s.Found == 0 {
		t.Errorf("score %+v", s)
	}
	for _, format := range []string{"text", "html"} {
		page := filepath.Join(t.TempDir(), "out")
		if out, err := execute(newBacktestCommand, "--format", format, "--output", page, logs); err != nil || out != "" {
			t.Fatalf("%s: wrote %q to standard output, error %v", format, out, err)
		}
		if b, err := os.ReadFile(page); err != nil || !strings.Contains(string(b), "chimewatch, default") {
			t.Errorf("%s: %v", format, err)
		}
	}
}

// The same flags give the same bytes, and events go to standard output.
func TestSimulateEvents(t *testing.T) {
	run := func() string {
		out, err := execute(newSimulateCommand, small("--only", "enumeration", "-")...)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	one := run()
	if one != run() {
		t.Error("the same flags gave other bytes")
	}
	if !strings.HasPrefix(one, `{"version":"0"`) {
		t.Errorf("no events: %.80q", one)
	}
	if list, err := execute(newSimulateCommand, "--list"); err != nil || !strings.Contains(list, "impersonation") {
		t.Errorf("the list lacks a scenario: %v", err)
	}
}

func TestSimulatedTable(t *testing.T) {
	out, err := execute(newBacktestCommand, "--simulated", "--seeds", "3-4", "--days", "8", "--principals", "20", "--attacks", "20", "--troubles", "2")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"# How well it detects", "seeds 3 to 4", "## Attackers outside", "## Attackers in the victim's own network", "| chimewatch, default |"} {
		if !strings.Contains(out, want) {
			t.Errorf("the table lacks %q", want)
		}
	}
}

// What is wrong with the flags is said with the flag's name, before anything is
// read or written.
func TestMisusedFlags(t *testing.T) {
	labels := filepath.Join(t.TempDir(), "labels.json")
	if err := os.WriteFile(labels, []byte(`{"schema":"other"}`), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		make func(process) *cobra.Command
		args []string
		want string
	}{
		"simulate nowhere":          {newSimulateCommand, nil, "where to?"},
		"simulate from no day":      {newSimulateCommand, []string{"--start", "tomorrow", "-"}, "--start"},
		"simulate too many days":    {newSimulateCommand, []string{"--days", "99999", "-"}, "days: 99999"},
		"simulate no such scenario": {newSimulateCommand, []string{"--only", "magic", "-"}, `no scenario "magic"`},
		"backtest nothing":          {newBacktestCommand, nil, "which records?"},
		"backtest both":             {newBacktestCommand, []string{"--simulated", "logs"}, "--simulated makes its own records"},
		"backtest no such file":     {newBacktestCommand, []string{"--config", "missing.yaml", "-"}, "--config"},
		"backtest no such format":   {newBacktestCommand, []string{"--format", "xml", "-"}, `--format: "xml"`},
		"backtest other labels":     {newBacktestCommand, []string{"--labels", labels, "-"}, "chimewatch simulate"},
		"backtest bad seeds":        {newBacktestCommand, []string{"--simulated", "--seeds", "9-1"}, "--seeds"},
		"simulated as JSON":         {newBacktestCommand, []string{"--simulated", "--format", "json"}, "markdown"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := execute(tt.make, tt.args...)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
		})
	}
}
