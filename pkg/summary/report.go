package summary

import (
	"time"

	"chimewatch/pkg/denial"
	"chimewatch/pkg/detect"
	"chimewatch/pkg/tally"
	"chimewatch/pkg/triage"
)

// Schema is the name of the form that [WriteJSON] writes. A change that could
// break a reader gets another number.
const Schema = "chimewatch.summary/1"

// Report says what there is to say about a period. Names and reasons in it are
// as recorded.
type Report struct {
	Schema   string `json:"schema"`
	ID       string `json:"id"`
	Title    string `json:"title"`
	Period   Span   `json:"period"`
	TimeZone string `json:"time_zone"`
	// Headline is the one sentence to read.
	Headline string `json:"headline"`
	// Quiet: nothing is to be decided and the watch was awake.
	Quiet bool `json:"quiet"`

	Figures   []Figure    `json:"figures"`
	Decisions []Incident  `json:"decisions"` // the gravest first
	Fixes     []Fix       `json:"fixes"`     // most principals first
	Ignorable []string    `json:"ignorable"` // sentences
	Rules     []Rule      `json:"rules"`
	Findings  []Finding   `json:"findings"` // by severity, hour, rule, subject
	People    []Principal `json:"principals"`
	// Operations are those that were refused, most denials first.
	Operations   []Operation   `json:"operations"`
	Bars         []Bar         `json:"denials_over_time"`
	Suppressions []Silence     `json:"suppressions"`
	Watch        *Watch        `json:"watch"`
	Records      *RecordCounts `json:"records"`

	period Period
}

// Span is a half-open span of time.
type Span struct {
	Start time.Time `json:"start"`
	End   time.Time `json:"end"` // exclusive
}

// Figure is a number with what it is compared with.
type Figure struct {
	Name   string   `json:"name"`
	Now    int      `json:"now"`
	Before *int     `json:"before"` // the period before, null where it was not watched whole
	Median *float64 `json:"median"` // of the periods before, at least two
	Of     int      `json:"periods"`

	section string // where its details are, an anchor
}

// Incident is one that somebody has to look at.
type Incident struct {
	ID         string          `json:"id"`
	Subject    string          `json:"subject"`
	Kind       string          `json:"subject_kind"`
	Severity   triage.Severity `json:"-"`
	Level      string          `json:"severity"`
	Verdict    triage.Verdict  `json:"verdict"`
	Raised     time.Time       `json:"raised_at"`
	LastSeen   time.Time       `json:"last_seen"`
	Denials    int             `json:"denials"`
	Rules      []detect.Rule   `json:"rules"`
	Reasons    []string        `json:"reasons"`
	Principals []string        `json:"principals"`
	Operations []string        `json:"operations"` // refused, as far as known
	Continued  bool            `json:"continued"`  // raised before the period
	Ongoing    bool            `json:"ongoing"`    // seen in the period's last 24 hours
	Next       string          `json:"next_step"`
	Events     []Event         `json:"events"`

	kind tally.Kind
}

// Event names a record.
type Event struct {
	ID     string    `json:"id"`
	Region string    `json:"region"`
	Time   time.Time `json:"time"`
}

// Fix is something that is probably set up wrongly, and whom it hits.
type Fix struct {
	Cause      denial.Cause `json:"cause"`
	Missing    []string     `json:"missing"`   // the actions that no policy allows, or the operations
	DeniedBy   string       `json:"denied_by"` // the policy that denies, empty where none does
	Sentence   string       `json:"sentence"`
	Principals []string     `json:"principals"` // most denials first
	Denials    int          `json:"denials"`
	Fresh      int          `json:"new_principals"` // of the principals
	Policy     string       `json:"policy"`         // what would allow an example of each, empty where not known

	owner      string // the account whose resources were asked for, empty where the principals' own
	statements []denial.Statement
}

// Rule is what one rule found.
type Rule struct {
	Rule      detect.Rule            `json:"rule"`
	Title     string                 `json:"title"`
	Findings  int                    `json:"findings"`
	Before    *int                   `json:"before"`
	Subjects  int                    `json:"subjects"`
	Continued int                    `json:"continued"` // of the subjects, that it found something about in the period before, too
	Ongoing   int                    `json:"ongoing"`   // of the subjects, in the period's last 24 hours
	Verdicts  map[triage.Verdict]int `json:"verdicts"`
	Last      time.Time              `json:"last"`

	marks []mark
}

// Finding is one finding of the period.
type Finding struct {
	ID       string          `json:"id"`
	Rule     detect.Rule     `json:"rule"`
	Hour     time.Time       `json:"hour"`
	Severity triage.Severity `json:"-"`
	Level    string          `json:"severity"`
	Verdict  triage.Verdict  `json:"verdict"`
	Subject  string          `json:"subject"`
	Kind     string          `json:"subject_kind"`
	Denials  int             `json:"denials"`
	Reason   string          `json:"reason"`
	// Principals are those behind the calls that are known.
	Principals []string `json:"principals"`
	Events     []Event  `json:"events"`

	kind tally.Kind
}

// Principal is what one principal was refused in the period.
type Principal struct {
	Key        string               `json:"key"`
	Type       string               `json:"type"`
	Account    string               `json:"account"`
	Denials    int                  `json:"denials"`
	Before     *int                 `json:"before"`
	New        bool                 `json:"new"` // not refused in the periods before
	First      time.Time            `json:"first_seen"`
	Last       time.Time            `json:"last_seen"`
	Operations []Count              `json:"operations"`
	Causes     map[denial.Cause]int `json:"causes"`
	Sources    []Count              `json:"sources"`
	Findings   int                  `json:"findings"`
	Hours      []int                `json:"-"` // denials by clock hour of the period; of the first few only

	decide bool // part of an incident to decide on
}

// Count is how often something occurred.
type Count struct {
	Name  string `json:"name"`
	Count int    `json:"count"`
}

// Operation is one that was refused.
type Operation struct {
	Name       string `json:"name"`
	Denials    int    `json:"denials"`
	Principals int    `json:"principals"`
	Critical   bool   `json:"critical"`
}

// Bar is the denials of a day, or of several where the period is long.
type Bar struct {
	Start  time.Time            `json:"start"`
	Days   int                  `json:"days"`
	Total  int                  `json:"denials"`
	Causes map[denial.Cause]int `json:"causes"`
	Before *int                 `json:"before"` // the same day of the period before
}

// Silence is a suppression with what became of it.
type Silence struct {
	Name      string `json:"name"`
	Reason    string `json:"reason"`
	Owner     string `json:"owner"`
	Until     string `json:"until"` // 2026-12-31
	Match     string `json:"match"`
	Incidents int    `json:"silenced_incidents"`
	Denials   int    `json:"silenced_denials"`
	State     string `json:"state"` // active, unused, expiring or expired
}

// Watch is how the watch itself did.
type Watch struct {
	Records    int64    `json:"records"`
	Duplicates int64    `json:"duplicates"`
	Conflicts  int64    `json:"conflicts"`
	Late       int64    `json:"late"`
	Expired    int64    `json:"expired"`
	Malformed  int64    `json:"malformed"`
	Failed     int64    `json:"failed_deliveries"`
	Alerts     int64    `json:"alerts"`
	Dead       int64    `json:"dead_letters"`
	Looked     int64    `json:"looked_up"`       // denials
	Missed     int64    `json:"missed"`          // of these
	Covered    *int64   `json:"covered_percent"` // how much of the hours could be looked up, 0 to 100; null where none was
	Gaps       []Gap    `json:"gaps"`            // hours without a sign of life, the longest first
	Troubles   []string `json:"troubles"`        // sentences, empty where all was well
}

// Gap is a time in which the watch gave no sign of life.
type Gap struct {
	Start time.Time `json:"start"`
	Hours int       `json:"hours"`
}

// RecordCounts says what a report from files rests on.
type RecordCounts struct {
	Read        int64 `json:"read"`
	Malformed   int64 `json:"malformed"`
	Messaging   int64 `json:"messaging"`
	Duplicates  int64 `json:"duplicates"`
	Conflicts   int64 `json:"conflicts"`
	Unavailable int64 `json:"unavailable"`
}

// mark is one finding on a line of time.
type mark struct {
	hour     int // of the period
	severity triage.Severity
}
