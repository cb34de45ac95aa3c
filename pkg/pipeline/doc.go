// Package pipeline is where the stages meet:
//
//	record → principal → denial → tallies → rules → findings → triage → incidents → alerts
//
// Every source feeds it with [Item]s. An [Analyzer] takes a whole set of records
// and says what it comes to; an [Engine] takes batches as they arrive, counts
// them, evaluates what they touch, and publishes what people must hear of. Both
// rest on the same store, the same rules and the same triage.
//
// The package declares the ports that it needs: [Store], [Notifier] and [Clock].
package pipeline
