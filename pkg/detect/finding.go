package detect

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"time"

	"chimewatch/pkg/tally"
)

// MaxEvidence is how many calls a finding points at.
const MaxEvidence = 20

// Finding says that a rule held for a subject in an hour.
type Finding struct {
	ID      string // derived from rule, subject and hour
	Rule    Rule
	Subject tally.Subject
	Hour    tally.Hour
	Window  Span   // the earliest of the hour that satisfies the rule
	Denials int    // of the hour, that count toward the rule
	Reason  string // what was counted against which threshold

	// Evidence points at the earliest calls behind the finding, at most
	// MaxEvidence, different ones first, in order of time.
	Evidence []tally.Ref
}

// Span is a half-open span of time.
type Span struct {
	Start, End time.Time // End is exclusive
}

// id derives the finding's id. The subject's kind is part of it: a bearer's ARN
// is the caller's to write and must not stand for a principal.
func id(rule Rule, s tally.Subject, h tally.Hour) string {
	sum := sha256.Sum256([]byte(string(rule) + "\x00" + s.Kind.String() + "\x00" + s.Key + "\x00" + strconv.FormatInt(int64(h), 10)))
	return "f-" + hex.EncodeToString(sum[:10])
}
