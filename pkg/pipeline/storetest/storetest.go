// Package storetest is the contract of pipeline.Store as a test suite. A store
// is right when it passes:
//
//	func TestContract(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) pipeline.Store { return open(t, storetest.Hasher()) })
//	}
//
// Every call of open returns an empty store that hashes with [Hasher]; one that
// looks at a clock is given one that stands at [Now]. What the suite expects of
// tallies it computes with package tally alone, over the distinct calls.
package storetest

import (
	"context"
	"net/netip"
	"os"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/tally"
)

// Now is the suite's present: all calls are from the days before.
func Now() time.Time { return time.Date(2025, 11, 24, 12, 30, 0, 0, time.UTC) }

// Hasher is the one that stores under test hash with.
func Hasher() tally.Hasher { return tally.NewHasher([]byte("storetest")) }

// Size is how much of n things a test takes: all in a thorough run, for which
// CHIMEWATCH_THOROUGH asks, and a third otherwise. What a store holds together
// in one item, and where it splits, is reached in both.
func Size(n int) int {
	if os.Getenv("CHIMEWATCH_THOROUGH") != "" {
		return n
	}
	return (n + 2) / 3
}

// Run runs the suite on the stores that open returns.
func Run(t *testing.T, open func(t *testing.T) pipeline.Store) {
	for _, c := range []struct {
		name string
		test func(t *testing.T, s pipeline.Store)
	}{
		{"Receipts", receipts},
		{"FirstWins", firstWins},
		{"Update", update},
		{"Ignored", ignored},
		{"ServicePrincipal", servicePrincipal},
		{"NothingAsked", nothingAsked},
		{"NotThere", notThere},
		{"HistoryRanges", historyRanges},
		{"SubjectsApart", subjectsApart},
		{"HostileText", hostileText},
		{"Evidence", evidence},
		{"Sightings", sightings},
		{"Policies", policies},
		{"ManySubjects", manySubjects},
		{"Storm", storm},
		{"Concurrent", concurrent},
		{"Principals", principals},
		{"Judgements", judgements},
		{"Incidents", incidents},
		{"IncidentRace", incidentRace},
		{"Alerts", alerts},
		{"AlertRepeated", alertRepeated},
		{"AlertWithdrawn", alertWithdrawn},
		{"Handling", handling},
		{"Ledger", ledger},
		{"Waiting", waiting},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, open(t)) })
	}
	t.Run("AnyOrder", func(t *testing.T) { anyOrder(t, open) })
}

// diff compares what stores return: an empty list equals none, and times are
// compared as instants.
func diff(want, got any) string {
	if reflect.DeepEqual(want, got) { // mostly so, and much faster
		return ""
	}
	return cmp.Diff(want, got, cmpopts.EquateEmpty(), cmp.Comparer(func(a, b netip.Addr) bool { return a == b }))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func ctx() context.Context { return context.Background() }
