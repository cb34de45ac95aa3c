// Package detect holds the rules: patterns over the tallies of one subject,
// sensitive on purpose. What a rule finds is a signal; package triage weighs it.
//
// A window of N minutes is the N consecutive clock minutes (UTC) that end with
// a minute, that minute included; K clock hours are the K that end with the
// hour, itself included. A rule holds at a minute, or an hour, that has a denial
// which counts toward the rule and whose window satisfies it. For a rule, a
// subject and a clock hour there is at most one [Finding].
//
// All rules but rate-anomaly are monotone: a further record can add a finding,
// never take one away.
package detect
