package summary

import (
	"context"
	"errors"
	"time"

	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/denial"
	"chimewatch/pkg/tally"
	"chimewatch/pkg/triage"
)

// Store is what summaries are read from. Its reads are consistent.
type Store interface {
	// PrincipalDays calls yield with each principal that was refused on a day,
	// once, one after the other, in any order. It stops at the first error and
	// returns it.
	PrincipalDays(ctx context.Context, day tally.Day, yield func(PrincipalDay) error) error
	// FindingsOf returns the findings of the days from first to last.
	FindingsOf(ctx context.Context, first, last tally.Day) ([]triage.Finding, error)
	// IncidentsOf returns the incidents that were raised on the days from first
	// to last.
	IncidentsOf(ctx context.Context, first, last tally.Day) ([]triage.Incident, error)
	// Calls returns the calls of keys, those that are there.
	Calls(ctx context.Context, keys []cloudtrail.Key) (map[cloudtrail.Key]*denial.Call, error)
	// HealthHours returns the hours from first to last in which the watch gave a
	// sign of life, in any order.
	HealthHours(ctx context.Context, first, last tally.Hour) ([]HealthHour, error)
}

// Shelf keeps reports, and the book of those that were sent.
type Shelf interface {
	// Put keeps both forms of a report under a name, in place of what is there
	// under it, and returns where people find it.
	Put(ctx context.Context, name string, html, json []byte) (link string, err error)

	// Book returns the book and its version, which is empty where there never
	// was one.
	Book(ctx context.Context) (Book, Version, error)
	// PutBook puts the book if its version is still the one given; otherwise it
	// changes nothing and returns an error that wraps ErrStale.
	PutBook(ctx context.Context, b Book, v Version) error
}

// Post sends summaries to those who read them.
type Post interface {
	// Send sends one. The subject is ASCII, at most 100 characters; the id is the
	// same for a repeat.
	Send(ctx context.Context, id, subject, text string) error
}

// Version tells states of the book apart.
type Version string

// ErrStale is returned by writes that would overwrite what somebody else wrote
// in the meantime.
var ErrStale = errors.New("changed since it was read")

// ErrBusy is returned by a run while another one is sending the same summary.
// Run again later.
var ErrBusy = errors.New("another run is sending this summary")

// Book says which summaries were sent.
type Book struct {
	Began   time.Time `json:"began"`   // when the watch began, in the first period that was summarised
	Through time.Time `json:"through"` // the end of the last one whose summary was sent
	Sending string    `json:"sending"` // id of the period whose summary is being sent; empty for none
	Since   time.Time `json:"since"`   // when that began
}
