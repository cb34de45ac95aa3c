package pipeline

import (
	"context"
	"errors"
	"time"

	"chimewatch/pkg/alert"
	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/denial"
	"chimewatch/pkg/tally"
	"chimewatch/pkg/triage"
)

// Receipt says what became of a call at [Store.Commit].
type Receipt uint8

// The receipts.
const (
	Failed    Receipt = iota // not committed: give its message back to be tried again
	Added                    // new, and counted
	Duplicate                // there already, with the same content; nothing changed
	Conflict                 // there already with other content; nothing changed, the first one stays
	Expired                  // older than the retention; refused
	Ignored                  // counts toward nothing that the store keeps
)

// ErrStale is returned by writes that would overwrite what somebody else wrote
// in the meantime: read again and decide again.
var ErrStale = errors.New("changed since it was read")

// Evidence maps records to their calls, which belong to the store: whoever reads
// them changes nothing.
type Evidence map[cloudtrail.Key]*denial.Call

// Store keeps what was counted and what was found. Every implementation passes
// the contract suite of package storetest. All reads are consistent: they see
// every write that returned before they began.
type Store interface {
	// Commit counts calls. A call whose key is not there yet is put with its
	// evidence and added to the tallies of its subjects, all or nothing; a call
	// whose key is there changes nothing, whatever its content. Of two calls of
	// one key within the batch the first in order wins.
	//
	// The receipts are in the order of the calls, one each, also beside an
	// error; the error says why some Failed. An addendum is a Duplicate of its
	// original, whatever its content.
	Commit(ctx context.Context, calls []denial.Call) ([]Receipt, error)

	// Histories returns what is held of subjects, in the order of the queries.
	Histories(ctx context.Context, queries []Query) ([]tally.History, error)

	// Sightings returns for each place (see tally.Sighting) the actors that were
	// seen there, the earliest first, at most [tally.MaxSightings] each. Of successes
	// that count toward nothing else these are all that is kept.
	Sightings(ctx context.Context, places []uint64) (map[uint64]tally.Firsts, error)

	// Policies returns the histories of organisation policies by hash (as in
	// tally.Cell), for the hours from first to last, with details.
	Policies(ctx context.Context, policies []uint64, first, last tally.Hour) (map[uint64]tally.History, error)

	// Evidence returns the calls of keys, those that it has.
	Evidence(ctx context.Context, keys []cloudtrail.Key) (Evidence, error)

	// PutJudgements puts what judging places came to, each in place of what is
	// there for the place, unless that was judged with more knowledge: then the
	// one that is there stays, and that is no error.
	PutJudgements(ctx context.Context, judgements []Judgement) error

	// Judgements returns those of a subject in the hours from first to last, in
	// order of hours.
	Judgements(ctx context.Context, subject tally.Subject, first, last tally.Hour) ([]Judgement, error)

	// Incidents returns all incidents of a subject in order of RaisedAt, and the
	// version of the list; zero where there never was one.
	Incidents(ctx context.Context, subject tally.Subject) ([]triage.State, Version, error)

	// PutIncidents makes a change of a subject's incidents in one transaction, if
	// their version is still the one given; otherwise it changes nothing and
	// returns an error that wraps ErrStale.
	PutIncidents(ctx context.Context, subject tally.Subject, version Version, change IncidentChange) error

	// Handling returns what people did about an incident of a subject; zero where
	// nobody did anything.
	Handling(ctx context.Context, subject tally.Subject, incident string) (triage.Handling, error)

	// Handle notes an act about an incident, and returns what was done by then.
	// It stays whatever is put, or dropped, of the incident.
	Handle(ctx context.Context, subject tally.Subject, incident string, act triage.Act) (triage.Handling, error)

	// PendingAlerts returns alerts that were not marked sent yet, the oldest
	// first, at most limit: those of the subjects, or of all where none is named.
	PendingAlerts(ctx context.Context, subjects []tally.Subject, limit int) ([]Alert, error)

	// MarkSent marks alerts as sent. Marking twice is no error.
	MarkSent(ctx context.Context, ids []string) error

	// Ledger returns what was sent lately, and its version; zero where there never
	// was one.
	Ledger(ctx context.Context) (alert.Ledger, Version, error)

	// PutLedger puts the ledger if its version is still the one given; otherwise
	// it returns an error that wraps ErrStale.
	PutLedger(ctx context.Context, l alert.Ledger, version Version) error

	// PutWaiting notes places to be evaluated when their time has come. A place
	// may wait for several times; putting the same place and time twice is one.
	PutWaiting(ctx context.Context, waiting []Waiting) error

	// DueWaiting returns places whose time has come, the earliest first, at
	// most limit.
	DueWaiting(ctx context.Context, now time.Time, limit int) ([]Waiting, error)

	// DoneWaiting removes places with the times given. Removing what is not there
	// is no error.
	DoneWaiting(ctx context.Context, waiting []Waiting) error
}

// IncidentChange is a change of a subject's incidents, and of what has to be told
// about them.
type IncidentChange struct {
	Put  []triage.State // under their ids
	Drop []string       // ids of incidents
	// Alerts are to be sent. One whose id is there already, sent or not, stays as
	// it is.
	Alerts []Alert
	// Withdraw are ids of alerts that need not be sent any more. They are
	// forgotten, so that they can be put anew; those that were sent stay sent.
	Withdraw []string
}

// Query asks for the history of a subject: the summaries of the hours from First
// to Last, and the details of the hours from FirstDetail to LastDetail, all
// included. The two need not overlap, and either is empty where its first hour
// comes after its last.
type Query struct {
	Subject                 tally.Subject
	First, Last             tally.Hour
	FirstDetail, LastDetail tally.Hour
}

// Version tells states of what is put again and again apart. Zero: there is none.
type Version int64

// Judgement is what judging one hour of one subject came to.
type Judgement struct {
	At        tally.At
	Knowledge uint64 // grows with every call that is known, and when nothing waits any more; see Store.PutJudgements
	Findings  []triage.Finding
	Signals   []triage.Signal
}

// Alert is one message that has to go out about an incident: its opening or an
// update. It is kept until it is marked sent.
type Alert struct {
	ID       string // stable: the same opening or update has the same id, so that a receiver can drop a repeat
	Subject  tally.Subject
	Incident string // id
	Update   int    // 0: the opening; n: the n-th update
	Severity triage.Severity
	Caller   string    // whose share of the ceiling it takes, see alert.CallerOf
	Event    time.Time // event time of what it tells
	Due      time.Time // when it was put
}

// Waiting is a place that must be evaluated again at a time: triage waits to
// see what follows, rate-anomaly for the hour to settle.
type Waiting struct {
	At  tally.At
	Due time.Time
}
