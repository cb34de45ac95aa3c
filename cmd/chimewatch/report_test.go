package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"chimewatch/pkg/pipeline"
)

// reportOf runs the report command within the test's process.
func reportOf(t *testing.T, stdin string, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := newReportCommand(process{
		stdin: strings.NewReader(stdin), stdout: &out, stderr: &errs,
		getenv: func(string) string { return "" }, now: july,
	})
	cmd.SetArgs(args)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetOut(&out)
	cmd.SetErr(&errs)
	err = cmd.ExecuteContext(t.Context())
	return out.String(), errs.String(), err
}

const sampleEvents = "../../events"

// TestReportCountsAsAnalyzeDoes: both rest on the same pipeline.
func TestReportCountsAsAnalyzeDoes(t *testing.T) {
	out, _, err := reportOf(t, "", "--format", "json", "--all", sampleEvents)
	if err != nil {
		t.Fatal(err)
	}
	var summary struct {
		Schema  string
		Figures []struct {
			Name string
			Now  int
		}
		Principals []struct {
			Key     string
			Denials int
		}
		Findings []struct{ ID string }
	}
	if err := json.Unmarshal([]byte(out), &summary); err != nil {
		t.Fatal(err)
	}
	var analysis struct {
		Records    struct{ Denials int }
		Principals []struct {
			Key     string
			Denials int
		}
		Findings []struct{ ID string }
	}
	if err := json.Unmarshal([]byte(chimewatch(t, "", "analyze", "--format", "json", sampleEvents).stdout), &analysis); err != nil {
		t.Fatal(err)
	}
	if summary.Schema != "chimewatch.summary/1" || summary.Figures[0].Now != analysis.Records.Denials ||
		len(summary.Principals) != len(analysis.Principals) || len(summary.Findings) != len(analysis.Findings) {
		t.Errorf("the report has %+v, %d principals, %d findings; the analysis %d denials, %d principals, %d findings",
			summary.Figures, len(summary.Principals), len(summary.Findings), analysis.Records.Denials, len(analysis.Principals), len(analysis.Findings))
	}
	for i := range summary.Principals {
		if summary.Principals[i] != analysis.Principals[i] {
			t.Errorf("principal %d: %v in the report, %v in the analysis", i, summary.Principals[i], analysis.Principals[i])
		}
	}
}

// TestReportOfAWeek: the week of the last record, or the one that is named, in
// the zone that is named.
func TestReportOfAWeek(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "chimewatch: Week "},
		{[]string{"--week", "2026-W24"}, "chimewatch: Week 24 of 2026\nMon 8 Jun to Sun 14 Jun 2026, days in UTC\n"},
		{[]string{"--week", "2026-W24", "--time-zone", "Asia/Tokyo"}, "Mon 8 Jun to Sun 14 Jun 2026, days in Asia/Tokyo\n"},
		{[]string{"--week", "2020-W53"}, "Nothing needs a decision; nobody was refused.\n"},
	} {
		out, stderr, err := reportOf(t, "", append(c.args, sampleEvents)...)
		if err != nil || !strings.Contains(out, c.want) {
			t.Errorf("%q: %v, %s\n%s", c.args, err, stderr, out)
		}
	}
}

func TestReportIntoAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "week.html")
	out, _, err := reportOf(t, "", "--format", "html", "-o", path, "--week", "2026-W24", sampleEvents)
	if err != nil || out != "" {
		t.Fatalf("%v, wrote %q to standard output", err, out)
	}
	page, err := os.ReadFile(path)
	if err != nil || !bytes.HasPrefix(page, []byte("<!doctype html>")) || !bytes.Contains(page, []byte("Week 24 of 2026")) {
		t.Errorf("%v: %.80s", err, page)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others may read the report: %v, %v", info.Mode(), err)
	}
}

func TestReportRefuses(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{}, "which records?"},
		{[]string{"--format", "pdf", sampleEvents}, `--format: "pdf" is not one of text, html, json`},
		{[]string{"--week", "2026-W54", sampleEvents}, `--week: "2026-W54" is no week: the year 2026 has none of that number`},
		{[]string{"--week", "26", sampleEvents}, `--week: "26" is no week: write it like 2026-W26`},
		{[]string{"--time-zone", "Berlin", sampleEvents}, `--time-zone: "Berlin" is no name`},
		{[]string{"--all", "--week", "2026-W26", sampleEvents}, "--all: there is --week already"},
		{[]string{"--scope", "chime", sampleEvents}, `--scope: "chime" is not one of`},
		{[]string{"--config", "none.yaml", sampleEvents}, "--config: open none.yaml"},
		{[]string{"-"}, "no call of Chime SDK messaging is among these records"},
		{[]string{"-o", filepath.Join(t.TempDir(), "no", "such.html"), sampleEvents}, "--output: open"},
	} {
		_, _, err := reportOf(t, "[]", c.args...)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %q", c.args, err, c.want)
		}
	}
}

// TestAnalysisAsPage: a page of a whole analysis shows what its filter lets
// through.
func TestAnalysisAsPage(t *testing.T) {
	store := newDiarist()
	want, err := reportFlags{format: "html", zone: "UTC", records: recordFlags{scope: "messaging"}}.check()
	if err != nil {
		t.Fatal(err)
	}
	analyzer, err := pipeline.NewAnalyzer(want.config, store)
	if err != nil {
		t.Fatal(err)
	}
	p := process{stderr: &bytes.Buffer{}, getenv: func(string) string { return "" }, now: july}
	if _, _, err := (places{paths: []string{sampleEvents}}).readInto(t.Context(), p, analyzer, startMeter(p)); err != nil {
		t.Fatal(err)
	}
	result, err := analyzer.Analyze(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var all, one bytes.Buffer
	if err := store.writeHTML(&all, &result, want.config, july()); err != nil {
		t.Fatal(err)
	}
	result.Principals = result.Principals[:1]
	result.Findings, result.Incidents = nil, nil
	if err := store.writeHTML(&one, &result, want.config, july()); err != nil {
		t.Fatal(err)
	}
	if rows := bytes.Count(all.Bytes(), []byte("\n<tr")); rows < 20 {
		t.Errorf("the page of all has %d rows", rows)
	}
	if bytes.Contains(one.Bytes(), []byte(`id="findings"`)) || bytes.Count(one.Bytes(), []byte(`<ol class="heat">`)) != 1 {
		t.Error("the page of one principal shows more")
	}
}
