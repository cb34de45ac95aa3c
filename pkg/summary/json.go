package summary

import (
	"encoding/json"
	"fmt"
	"io"

	"chimewatch/pkg/inert"
)

// WriteJSON writes the report in the form named [Schema]. Times are RFC 3339
// with the offset of the report's zone; everything outside printable ASCII is
// an escape, so that no text in it acts on whatever shows it. Lists are never
// null.
func WriteJSON(w io.Writer, r *Report) error {
	full := *r
	full.Decisions = orEmpty(r.Decisions)
	full.Fixes = orEmpty(r.Fixes)
	full.Ignorable = orEmpty(r.Ignorable)
	full.Rules = orEmpty(r.Rules)
	full.Findings = orEmpty(r.Findings)
	full.People = orEmpty(r.People)
	full.Operations = orEmpty(r.Operations)
	full.Suppressions = orEmpty(r.Suppressions)
	text, err := json.MarshalIndent(&full, "", " ")
	if err == nil {
		_, err = w.Write(append(inert.AppendJSON(nil, text, nil), '\n'))
	}
	if err != nil {
		return fmt.Errorf("write the summary as JSON: %w", err)
	}
	return nil
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
