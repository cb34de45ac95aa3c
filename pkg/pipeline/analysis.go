package pipeline

import (
	"time"

	"chimewatch/pkg/denial"
	"chimewatch/pkg/triage"
)

// Analysis is what a set of records comes to. It is a function of the set:
// order, repeats and batches change nothing but Records.Read and
// Records.Duplicates.
type Analysis struct {
	Records    Records
	Start, End time.Time // first and last event time in scope; zero where there is none

	Principals []PrincipalReport // with at least one denial: most denials first, then by key
	Findings   []triage.Finding  // by severity, hour, rule, subject
	Incidents  []triage.Incident // by severity, RaisedAt, subject

	// Silenced says what each suppression of the configuration silenced, in the
	// order of the configuration, those that silenced nothing too.
	Silenced []Silenced

	// Evidence holds the calls that findings and incidents point at.
	Evidence Evidence
}

// Records counts records.
type Records struct {
	Read        int64 // all
	Malformed   int64 // could not be decoded, or in scope without eventName or valid eventTime
	Messaging   int64 // distinct ones in scope
	Denials     int64 // of these, that failed authorization
	Duplicates  int64 // repeats of messaging records, with the same content
	Conflicts   int64 // repeats with other content than the first
	Unavailable int64 // distinct ones refused since a feature is not available
}

// PrincipalReport is what one principal was refused.
type PrincipalReport struct {
	Key       string
	Type      string // of its earliest record
	Account   string // of its earliest record
	Denials   int
	FirstSeen time.Time // first and last denial
	LastSeen  time.Time

	Operations map[string]int // refused operations
	Causes     map[denial.Cause]int
	Sources    map[string]int // addresses
}
