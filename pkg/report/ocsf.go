package report

import (
	"bufio"
	"fmt"
	"io"
	"slices"

	"chimewatch/pkg/alert"
	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/triage"
)

// WriteOCSF writes each incident of an analysis as an OCSF Detection Finding
// (class 2004, see [alert.OCSF]): one JSON object a line, in ASCII, in the order
// of the analysis. Version is that of the product.
func WriteOCSF(w io.Writer, a pipeline.Analysis, version string) error {
	out := bufio.NewWriter(w)
	for i := range a.Incidents {
		finding, err := alert.OCSF(Opening(&a, &a.Incidents[i]), version)
		if err != nil {
			return fmt.Errorf("incident %s: %w", a.Incidents[i].ID, err)
		}
		out.Write(finding) // an error comes with Flush
		out.WriteByte('\n')
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("writing OCSF findings: %w", err)
	}
	return nil
}

// Opening is the alert with which an incident would have been told first, with
// all that is known of it by now. Its id is that of the deployed product.
func Opening(a *pipeline.Analysis, in *triage.Incident) alert.Input {
	out := alert.Input{ID: pipeline.AlertID(in.ID, 0), Incident: *in, Calls: a.Evidence}
	for i := range a.Findings {
		if slices.Contains(in.Findings, a.Findings[i].ID) {
			out.Findings = append(out.Findings, a.Findings[i])
		}
	}
	return out
}
