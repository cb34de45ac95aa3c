package summary

import (
	"time"

	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/config"
	"chimewatch/pkg/denial"
	"chimewatch/pkg/tally"
	"chimewatch/pkg/triage"
)

// Lookback is how many periods before its own a report compares with.
const Lookback = 4

// Data is what a report is made of, beside the days of principals.
type Data struct {
	// Watching is since when everything was counted. Periods that begin before
	// are not compared with. Zero: nothing is known from before the period.
	Watching time.Time

	Findings  []triage.Finding  // of the period and the Lookback before it, in any order
	Incidents []triage.Incident // raised in or before the period, in any order

	// Calls are those that findings and incidents point at, as far as known.
	Calls map[cloudtrail.Key]*denial.Call

	Suppressions []Suppression
	Health       *Health // nil where no watch was running: what is reported comes from files
	Records      *Records
}

// Suppression is one that is configured, with what it did in the period; see
// [Suppressions].
type Suppression struct {
	Name, Reason, Owner string
	Until               time.Time // midnight of its last day
	Match               string    // in plain words: what it silences
	Incidents, Denials  int       // that it silenced in the period

	// Callers is it, where it silences callers whatever they are refused; nil
	// where it does not.
	Callers *config.Suppression
}

// Records counts the records that a report from files rests on.
type Records struct {
	Read, Malformed, Messaging, Duplicates, Conflicts, Unavailable int64
}

// HealthHour is what the watch did in one clock hour of the wall clock. That
// there is one says that it was awake.
type HealthHour struct {
	Hour tally.Hour

	Records    int64 // that arrived
	Denials    int64 // of these, that were new
	Duplicates int64 // of these, that had been counted before
	Conflicts  int64 // that had the key of another and other content
	Late       int64 // denials that came more than an hour after their event
	Expired    int64 // older than the retention: refused
	Malformed  int64 // could not be understood
	Failed     int64 // messages that went back to be delivered again
	Alerts     int64 // that were sent
	Dead       int64 // messages that were given up: the most in dead-letter queues at a time

	Looked  int64 // denials that LookupEvents had, of the hours that were looked up
	Missed  int64 // of these, that had not arrived before
	Lookups int64 // hours that were looked up
	Covered int64 // percents of them that could be read, summed up: 100 for each that was read whole
}

// Health is what the watch did in the period.
type Health struct {
	Hours []HealthHour // those in which it was awake, in any order
}
