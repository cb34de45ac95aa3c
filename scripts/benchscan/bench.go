package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"
)

// bench is what is to be measured.
type bench struct {
	folder, chimewatch string
	megabytes          int64
	rounds             int
	percents           []float64
	alone              bool
	scratch            string // a folder for what the other tools write
}

// run makes the corpora, measures, and prints a table in Markdown.
func (b *bench) run(ctx context.Context) error {
	tools, missing, err := b.tools()
	if err != nil {
		return err
	}
	if b.scratch != "" {
		defer os.RemoveAll(b.scratch)
	}
	for _, m := range missing {
		fmt.Fprintln(os.Stderr, "not measured:", m)
	}
	fmt.Printf("%s/%s, %d processors, load before: %s. %d MB uncompressed, medians of %d rounds.\n",
		runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0), load(), b.megabytes, b.rounds)
	for _, percent := range b.percents {
		folder, err := b.corpus(percent)
		if err != nil {
			return err
		}
		rounds, err := b.measure(ctx, folder, tools)
		if err != nil {
			return err
		}
		b.write(os.Stdout, percent, tools, rounds)
	}
	fmt.Println("\nload after:", load())
	return nil
}

// sample is one run of one tool.
type sample struct {
	wall, cpu time.Duration
	memory    int64 // at most, in bytes
}

// measure runs every tool once a round. The first round is not counted: it
// brings the files into memory.
func (b *bench) measure(ctx context.Context, folder string, tools []tool) ([][]sample, error) {
	var rounds [][]sample
	for round := range b.rounds + 1 {
		var samples []sample
		for _, t := range tools {
			if round == 0 && t.name != bound {
				continue
			}
			s, err := t.run(ctx, folder)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", t.name, err)
			}
			samples = append(samples, s)
		}
		if round > 0 {
			rounds = append(rounds, samples)
		}
	}
	return rounds, nil
}

func (t tool) run(ctx context.Context, folder string) (sample, error) {
	cmd := exec.CommandContext(ctx, t.command[0], t.arguments(folder)...)
	var complaints strings.Builder
	cmd.Stdout, cmd.Stderr = io.Discard, &complaints
	start := time.Now()
	err := cmd.Run()
	s := sample{wall: time.Since(start)}
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && slices.Contains(t.fine, exit.ExitCode()) {
		err = nil
	}
	if err != nil {
		return s, fmt.Errorf("%w: %s", err, complaints.String())
	}
	s.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	s.memory = peak(cmd.ProcessState)
	return s, nil
}

// write prints what came of the rounds, and how it compares to the bound: the
// median of the ratios, round by round, with the least and the greatest.
func (b *bench) write(w io.Writer, percent float64, tools []tool, rounds [][]sample) {
	fmt.Fprintf(w, "\n%v %% denied calls\n\n", percent)
	fmt.Fprintln(w, "| | wall | MB/s | CPU | memory | wall / gunzip | least-greatest | CPU / gunzip |")
	fmt.Fprintln(w, "|---|--:|--:|--:|--:|--:|--:|--:|")
	for i, t := range tools {
		of := func(f func(sample) float64) float64 {
			return median(each(rounds, func(r []sample) float64 { return f(r[i]) }))
		}
		ratio := func(f func(sample) float64) []float64 {
			return each(rounds, func(r []sample) float64 { return f(r[i]) / f(r[0]) })
		}
		wall := ratio(sample.wallSeconds)
		fmt.Fprintf(w, "| %s | %.2f s | %.0f | %.2f s | %.0f MB | %.2f | %.2f-%.2f | %.2f |\n", t.name,
			of(sample.wallSeconds), float64(b.megabytes)/of(sample.wallSeconds), of(sample.cpuSeconds), of(sample.megabytes),
			median(wall), slices.Min(wall), slices.Max(wall), median(ratio(sample.cpuSeconds)))
	}
}

func (s sample) wallSeconds() float64 { return s.wall.Seconds() }
func (s sample) cpuSeconds() float64  { return s.cpu.Seconds() }
func (s sample) megabytes() float64   { return float64(s.memory) / 1e6 }

func each(rounds [][]sample, f func([]sample) float64) []float64 {
	var out []float64
	for _, r := range rounds {
		out = append(out, f(r))
	}
	return out
}

func median(values []float64) float64 {
	values = slices.Sorted(slices.Values(values))
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}

// load is what the system says of how busy it is.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	return strings.Join(strings.Fields(string(text))[:3], " ")
}
