package memstore_test

import (
	"reflect"
	"slices"
	"testing"

	"chimewatch/pkg/adapters/memstore"
	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/denial"
	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/pipeline/storetest"
	"chimewatch/pkg/tally"
)

func TestContract(t *testing.T) {
	storetest.Run(t, func(*testing.T) pipeline.Store { return memstore.New(storetest.Hasher()) })
}

// Forgetting a subject drops its tallies; evidence, totals and the other
// subjects stay.
func TestForget(t *testing.T) {
	calls := storetest.Traffic(3, 50)
	s := memstore.New(storetest.Hasher())
	if _, err := s.Commit(t.Context(), calls); err != nil {
		t.Fatal(err)
	}
	before, principals := s.Subjects(), s.Principals()
	gone := before[0]
	s.Forget(gone)
	if h := s.All(gone); len(h) != 0 {
		t.Errorf("%d hours of %v are there still", len(h), gone)
	}
	if left := s.Subjects(); !slices.Equal(left, before[1:]) {
		t.Errorf("%d subjects of %d are left", len(left), len(before))
	}
	if got := s.Principals(); !reflect.DeepEqual(got, principals) {
		t.Error("principals changed")
	}
	if evidence, err := s.Evidence(t.Context(), []cloudtrail.Key{counted(calls).Key}); err != nil || len(evidence) != 1 {
		t.Errorf("evidence %v, %v", evidence, err)
	}
}

// counted returns a call that is kept as evidence.
func counted(calls []denial.Call) *denial.Call {
	return &calls[slices.IndexFunc(calls, func(c denial.Call) bool { return tally.Counts(&c) })]
}
