package pipeline

import (
	"errors"
	"fmt"

	"chimewatch/pkg/chime"
	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/config"
	"chimewatch/pkg/denial"
)

// Item is one record as it was read, or the reason why it could not be.
type Item struct {
	Record   cloudtrail.Record
	Position cloudtrail.Position
	Err      error // why the record could not be decoded; the Record is zero then
}

// Malformed says that a record cannot be counted, and why.
type Malformed struct {
	Position cloudtrail.Position
	Problem  string // the same for records with the same problem
}

// Error returns the problem with the position.
func (m *Malformed) Error() string { return fmt.Sprintf("%s: %s", m.Position, m.Problem) }

// Intake turns records into calls.
type Intake struct {
	scope  chime.Scope
	config config.Config
}

// NewIntake returns an Intake for a valid configuration.
func NewIntake(c config.Config) (Intake, error) {
	scope, err := c.ScopeOf()
	if err != nil {
		return Intake{}, fmt.Errorf("configuration: scope.%w", err)
	}
	return Intake{scope: scope, config: c}, nil
}

// Candidate says which records may be in scope, to be used where records are
// read; nil where every record is.
func (in Intake) Candidate() *cloudtrail.Filter {
	if in.config.Scope.All {
		return nil
	}
	return cloudtrail.Candidates(in.scope.Sources())
}

// Call returns the item's call. The second result is false for a record that is
// not in scope, and for one that is malformed, which the third then tells.
func (in Intake) Call(it *Item) (denial.Call, bool, *Malformed) {
	if it.Err != nil {
		problem := it.Err.Error()
		if syntax := (*cloudtrail.SyntaxError)(nil); errors.As(it.Err, &syntax) {
			problem = syntax.Problem // the position stands beside it
		}
		return denial.Call{}, false, &Malformed{it.Position, problem}
	}
	r := &it.Record
	if !in.scope.InSource(r) {
		return denial.Call{}, false, nil
	}
	switch {
	case r.EventTime.IsZero() && r.ExportTime != "":
		return denial.Call{}, false, &Malformed{it.Position, `no eventTime, but "@timestamp": this is another tool's export; read CloudTrail's own log files`}
	case r.EventTime.IsZero():
		return denial.Call{}, false, &Malformed{it.Position, "no eventTime in RFC 3339 form with an offset, such as 2026-01-31T12:00:00Z"}
	case r.EventName == "":
		return denial.Call{}, false, &Malformed{it.Position, "no eventName"}
	}
	if !in.scope.Messaging(r) {
		return denial.Call{}, false, nil
	}
	call := denial.Classify(r)
	call.Update = r.OriginalEventID != ""
	call.KnownSource = call.Source.IsValid() && in.config.Triage.Known(call.Source)
	return call, true, nil
}
