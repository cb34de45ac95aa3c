package triage

import "chimewatch/pkg/tally"

// limits is how much may be refused to a principal before a person has to hear
// of it; 0 is no limit.
type limits struct {
	operations      int // different ones within 60 minutes
	slow            int // different operations over a day and over 7 days
	slowHours       int // in at least as many clock hours that bring a new one
	resources       int // of reading operations within 60 minutes
	mixed           int // the same, of however many operations
	written         int // resources of two writing operations or more within 60 minutes
	sweep           int // resources of reading operations within 24 hours
	sweepOperations int // how many operations a sweep may be made of
	denials         int // within 60 minutes
}

// strangeLimits hold on networks that are not known. The counts of operations
// and resources are those of the rules.
func (j *judge) strangeLimits(person, workload bool) limits {
	r := j.Rules
	l := limits{
		operations: r.OperationEnumeration.Threshold, slow: r.SlowEnumeration.Threshold, slowHours: 3,
		resources: r.ResourceSweep.Threshold, sweep: r.SlowSweep.Threshold, sweepOperations: many,
		denials: r.DenialBurst.Threshold + 2,
	}
	if workload { // services read on behalf of many
		l.sweepOperations = 2
		if !j.hasPlace() {
			l.denials = 2 * r.DenialBurst.Threshold
		}
	}
	if person { // people travel
		l.operations, l.slow = l.operations+2, l.slow+1
		if j.ownClient() { // with what they always use
			l.operations = max(l.operations, travelOperations)
		}
	}
	return l
}

// often is how many denials within an hour are too many from networks that are not
// known, where nothing else is: those of a client that the principal has long used,
// or of a workload that is new or to which nothing ever succeeded, are a program's
// that tries again. On a few resources that is no limit.
func (j *judge) often(resources int) int {
	if r := j.Rules; resources >= r.ResourceSweep.Threshold {
		return oftenTimes * r.DenialBurst.Threshold
	}
	return 0
}

const (
	travelOperations = 12 // within 60 minutes
	oftenTimes       = 30 // the threshold of denial-burst, within 60 minutes
)

// knownLimits hold on known networks, where broken deployments come from, and
// whoever has taken over a host or a laptop of the team.
func (j *judge) knownLimits(workload, foreign bool) limits {
	switch {
	case workload || foreign: // a partner's callers are services too
		l := limits{operations: 12, slow: 6, slowHours: 6, sweep: 20, sweepOperations: 2, mixed: tally.K, written: 20}
		switch {
		case j.Config.Calm:
			l.sweep, l.sweepOperations, l.mixed, l.written = tally.K, 1, 0, 0
		case j.hasPlace(): // what it may do is known, and does not count
			l.operations, l.slowHours = 10, 5
		}
		if foreign { // of another account people are told first, and of much, see flood
			l.sweep, l.mixed, l.written = 0, 0, 0
		}
		return l
	case j.Config.Calm:
		return limits{operations: 20, slow: 14, slowHours: 3, resources: 20, sweepOperations: 2, denials: 300}
	}
	return limits{operations: 16, slow: 12, slowHours: 3, resources: 10, sweepOperations: 2, denials: 120}
}

// many is more operations than there are.
const many = 1000

// A principal that is refused this many operations from this many networks that
// are not known, within a day, moves on purpose.
const (
	hopNetworks   = 3
	hopOperations = 2
)

// Users of the app, wherever they are, are refused by the back end one at a
// time: a user presses one button or polls one channel.
const (
	userOperations = 4 // within 60 minutes
	userReads      = 7 // resources of reading operations within 24 hours
	userFewReads   = 6 // if after some hours hardly anybody else was refused the same
	userWaitHours  = 6
	userWrites     = 12
	userMixed      = 5 // resources of two operations or more within 24 hours
	userDenials    = 60
)

// MaxWaitHours is within how many clock hours after that which it is about a
// signal is known: no judgement waits longer for what happens to others.
const MaxWaitHours = userWaitHours + 1

// alikeTimes is how many times as much it takes where many are refused the same: a
// button that many press. App users are not very hard to come by, so that excuses
// some of it and not all.
const alikeTimes = 3
