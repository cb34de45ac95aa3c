// Package summary is what a security lead reads on Monday morning: what
// changed, what needs a decision, what can be ignored, and whether the watch
// itself was awake.
//
// A [Builder] takes what every principal was refused on every day, hour by hour,
// and together with findings, incidents and the watch's own counters makes a
// [Report] of it. [WriteText] writes the report as mail, [WriteHTML] as one page
// that needs nothing but itself, [WriteJSON] for machines. A [Runner] makes the
// report of a schedule's run, keeps it and sends it, once.
//
// Days are those of a time zone: a day has 23 or 25 hours where the clocks
// change. Everything is counted by clock hours in UTC, so in zones whose offset
// is no whole hour an hour belongs to the day that it begins in.
//
// Names, addresses and reasons come from records and may hold anything. The
// model holds them as they are; what is written shows them inert.
package summary
