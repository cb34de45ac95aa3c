// Package triage decides what a person is told. Rules are signals, sensitive on
// purpose; triage weighs them by context that an attack cannot teach in time:
// what is learnt is at least a day older than what it judges.
//
// [Triage.Judge] looks at one hour of one subject and says how grave each
// finding is, what it looks like and why, and which [Signal]s a person should
// hear of. [Assemble] puts the signals of a subject together to incidents, so
// that one affair is one alert.
//
// Everything that weighs is a function of tallies, so it does not depend on the
// order in which records came.
package triage
