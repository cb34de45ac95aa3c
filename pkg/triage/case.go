package triage

import (
	"time"

	"chimewatch/pkg/detect"
	"chimewatch/pkg/tally"
)

// Triage weighs findings.
type Triage struct {
	Config Config
	Rules  detect.Config
	Hasher tally.Hasher // the one that the tallies were made with
}

// Case is one hour of one subject, with all that is known to judge it by.
type Case struct {
	Subject  tally.Subject
	Hour     tally.Hour
	Findings []detect.Finding // of the hour

	// History holds the subject's hours from [Triage.Lookback] before to one
	// after; from [Triage.Lookdetail] before with details.
	History tally.History
	// Sightings holds the actors that were seen at [Triage.Places].
	Sightings map[uint64]tally.Firsts
	// Policies holds for each organisation policy of these details' cells the
	// hours from [Triage.Lookdetail] before to one after.
	Policies map[uint64]tally.History

	// AsOf is the time up to which records have been seen. What must wait and
	// see stays undecided while its time is not over.
	AsOf time.Time
}

// Lookback returns how many hours of history a case needs before its hour.
func (t Triage) Lookback() tally.Hour { return tally.Hour(max(t.Config.RoutineWindow+1, 8) * 24) }

// Lookdetail returns how many hours before its hour a case needs with details:
// a day, so that what counts of it is told from what does not.
func (t Triage) Lookdetail() tally.Hour { return 24 }

// Signal is something that a person should hear of; one of low severity only
// together with others.
type Signal struct {
	Minute   time.Time // the minute that it is about
	At       time.Time // event time at which it is known: the minute's end, or later where triage waits
	Rule     detect.Rule
	Severity Severity
	Verdict  Verdict
	Reason   string

	Evidence   []tally.Ref
	Networks   []uint64 // networks not known by then
	Operations []string
	Denials    int // of a roll-out: those of the hour
}

// Judgement is the result of judging a case.
type Judgement struct {
	Findings []Finding // as in the case, assessed; without Principals
	Signals  []Signal  // in order of At
	// Due is when the case has to be judged again since something had to wait;
	// zero where nothing has.
	Due time.Time
}
