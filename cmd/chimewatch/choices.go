package main

import (
	"io"

	"github.com/spf13/cobra"

	"chimewatch/pkg/detect"
	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/report"
	"chimewatch/pkg/triage"
)

// format is a form of output.
type format struct {
	name  string
	write func(io.Writer, pipeline.Analysis, report.TextOptions) error // nil for a page, which takes more than the analysis: see diarist
}

// formats returns the forms of output, the default first.
func formats() []format {
	return []format{
		{"text", report.WriteText},
		{"json", func(w io.Writer, a pipeline.Analysis, _ report.TextOptions) error { return report.WriteJSON(w, a) }},
		{"ocsf", func(w io.Writer, a pipeline.Analysis, _ report.TextOptions) error {
			return report.WriteOCSF(w, a, version())
		}},
		{"html", nil},
	}
}

func formatNames() []string {
	var names []string
	for _, f := range formats() {
		names = append(names, f.name)
	}
	return names
}

func severityNames() []string {
	var names []string
	for s := triage.Low; s <= triage.Critical; s++ {
		names = append(names, s.String())
	}
	return names
}

func ruleNames() []string {
	var names []string
	for _, r := range detect.Rules() {
		names = append(names, string(r.Rule))
	}
	return names
}

func scopes() []string { return []string{"messaging", "all"} }

func colors() []string { return []string{"auto", "always", "never"} }

// complete lets the shell complete the values of flags, which the command has.
func complete(cmd *cobra.Command, flags map[string][]string) {
	for name, values := range flags {
		if err := cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)); err != nil {
			panic(err) // there is no such flag
		}
	}
}
