// Package cloudtrail reads CloudTrail records.
//
// [Scan] finds the records of an input, in whatever shape they arrive: log
// files, EventBridge events, LookupEvents output, SQS batches, JSON lines. It
// counts them all and hands over those that pass a filter. [Candidates] makes
// the filter for a set of event sources. [Decode] makes a [Record] of one.
//
//	opt := cloudtrail.Options{Candidate: cloudtrail.Candidates(sources)}
//	counts, err := cloudtrail.Scan(file, name, opt, func(e cloudtrail.Element) error {
//		r, err := e.Decode()
//		...
//	})
//
// Most of a log file is of no interest, so most of the work is to pass over it
// fast: an ordinary record's end is found by its brackets, and no more is read
// of it than its event source takes. What looks unusual (an escape, a line
// break, another order of members) is walked through strictly. Decode checks
// every byte. Everything in a record may be written by an attacker: no input
// makes this package panic, exhaust the stack, or use more memory than
// [Options.MaxRecord] allows; and nothing that can't be read goes unnamed.
package cloudtrail
