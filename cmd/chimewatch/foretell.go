package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"chimewatch/pkg/alert"
	"chimewatch/pkg/config"
	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/report"
	"chimewatch/pkg/triage"
)

// foretold is how many incidents are shown one by one.
const foretold = 20

// foretell shows what a suppression of the configuration would have silenced in
// the last week of log files, which are analyzed whole. It returns why somebody
// should think again, empty where nobody has to.
func foretell(ctx context.Context, p process, c config.Config, s config.Suppression, paths []string) (doubt string, err error) {
	i := slices.IndexFunc(c.Suppressions, func(x config.Suppression) bool { return x.Name == s.Name })
	analyzer, err := pipeline.NewAnalyzer(c, newMemory())
	if err != nil {
		return "", err
	}
	meter := startMeter(p)
	defer meter.stop()
	from := places{paths: paths, candidate: analyzer.Candidate(), progress: &meter.progress}
	counts, broken, err := from.readInto(ctx, p, analyzer, meter)
	if err != nil {
		return "", err
	}
	result, err := analyzer.Analyze(ctx)
	if err != nil {
		return "", err
	}
	meter.stop()
	tell(p.stderr, analyzer.Malformed(), counts, broken)
	if broken > 0 {
		return "", errors.New("not saved: the history could not be read whole")
	}
	if result.End.IsZero() {
		return "the history holds no call of Chime SDK messaging, so it is not known what it would have silenced", nil
	}
	since := result.End.AddDate(0, 0, -7)
	var hit []triage.Incident
	var principals []string
	worst := triage.Low
	for _, in := range result.Incidents { // the gravest first
		if !slices.Contains(result.Silenced[i].Incidents, in.ID) || in.LastSeen.Before(since) {
			continue
		}
		hit = append(hit, in)
		principals = append(principals, in.Principals...)
		worst = max(worst, in.Severity)
	}
	slices.Sort(principals)
	n := len(slices.Compact(principals))
	week := fmt.Sprintf("from %s to %s", since.Format("2006-01-02 15:04"), result.End.Format("2006-01-02 15:04 UTC"))
	if len(hit) == 0 {
		fmt.Fprintf(p.stdout, "It would have silenced nothing %s.\n", week)
		return "", nil
	}
	fmt.Fprintf(p.stdout, "It would have silenced %s about %s %s:\n", quantity(int64(len(hit)), "incident", "incidents"), quantity(int64(n), "principal", "principals"), week)
	for _, in := range hit[:min(len(hit), foretold)] {
		fmt.Fprintf(p.stdout, "  %s, %s\n", alert.Subject(report.Opening(&result, &in)), quantity(int64(in.Denials), "denial", "denials"))
	}
	if more := len(hit) - foretold; more > 0 {
		fmt.Fprintf(p.stdout, "  and %d more\n", more)
	}
	var doubts []string
	if n > 1 {
		doubts = append(doubts, fmt.Sprintf("it would have silenced %d principals", n))
	}
	if worst >= triage.High {
		doubts = append(doubts, "it would have silenced what is of severity "+worst.String())
	}
	return strings.Join(doubts, ", and "), nil
}
