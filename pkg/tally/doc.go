// Package tally keeps what one subject did in one clock hour of event time:
// bounded in size whatever is sent, and merged in any order with the same
// result.
//
// A tally has two parts. The [Summary] is small: the hour's counts and the sets
// that rules over clock hours ask for; twenty-four of them make a day. The
// [Detail] holds what rules over minutes and triage ask for: per minute the
// sets of operations and resources, and the [Cell]s, which say what was refused
// together with when and from where.
//
// A call adds to the tallies of several subjects. [Changes] collects what a
// batch of calls adds, so that a store merges each tally once.
//
// Counts add up, so a call must be added once: a store drops repeats by the
// call's key before it merges. Sets, bitmaps and first events are idempotent.
package tally
