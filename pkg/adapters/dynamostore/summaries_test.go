package dynamostore_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"testing"

	"chimewatch/pkg/pipeline/storetest"
	"chimewatch/pkg/summary"
	"chimewatch/pkg/summary/summarytest"
	"chimewatch/pkg/tally"
)

func TestSummariesOnMinidyn(t *testing.T) {
	summarytest.Run(t, func(t *testing.T) summarytest.Store {
		endpoint := minidyn(t)
		return open(t, client(endpoint, http.DefaultTransport), newTable(t, endpoint))
	})
}

func TestSummariesOnDynamoDB(t *testing.T) {
	endpoint := os.Getenv(endpointVariable)
	if endpoint == "" {
		t.Skipf("SKIPPED: %s is not set; scripts/dynamodb-local.sh starts Amazon's own engine", endpointVariable)
	}
	summarytest.Run(t, func(t *testing.T) summarytest.Store {
		return open(t, client(endpoint, http.DefaultTransport), newTable(t, endpoint))
	})
}

// The days of principals are exact also where requests fail and processes are
// killed between any two of them.
func TestDaysUnderFaults(t *testing.T) {
	for seed := range uint64(storetest.Size(4)) {
		endpoint := minidyn(t)
		table := newTable(t, endpoint)
		calls := storetest.Distinct(storetest.Traffic(seed, 60))
		for batch := range slices.Chunk(calls, 20) {
			deliver(t, endpoint, table, batch, anyFault(rand.New(rand.NewPCG(seed, 3)), 200, true))
		}
		var want summary.Diary
		for i := range calls {
			want.Add(&calls[i])
		}
		s, got := open(t, client(endpoint, http.DefaultTransport), table), map[string]int{}
		today := tally.DayOf(storetest.Now())
		for day := today - 4; day <= today; day++ {
			err := s.PrincipalDays(t.Context(), day, func(d summary.PrincipalDay) error {
				for _, h := range d.Hours {
					got[fmt.Sprint(d.Key, h.Hour)] += h.Denials()
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		for _, d := range want.Days() {
			for _, h := range d.Hours {
				at := fmt.Sprint(d.Key, h.Hour)
				if got[at] != h.Denials() {
					t.Errorf("seed %d: %s, %v: %d denials, want %d", seed, d.Key, h.Hour.Start(), got[at], h.Denials())
				}
				delete(got, at)
			}
		}
		if len(got) > 0 {
			t.Errorf("seed %d: hours without a denial: %v", seed, got)
		}
	}
}

// What a summary reads of a day grows with the principals that were refused,
// not with how often they were.
func TestSummaryReadsByPrincipals(t *testing.T) {
	reads := func(records, principals int) *meter {
		endpoint := minidyn(t)
		m := &meter{Client: client(endpoint, http.DefaultTransport)}
		s := open(t, m, newTable(t, endpoint))
		if _, err := s.Commit(t.Context(), typicalCalls(t, 0, records, principals)); err != nil {
			t.Fatal(err)
		}
		*m = meter{Client: m.Client}
		n, denials := 0, 0
		err := s.PrincipalDays(t.Context(), tally.DayOf(storetest.Now()), func(d summary.PrincipalDay) error {
			n++
			for i := range d.Hours {
				denials += d.Hours[i].Denials()
			}
			return nil
		})
		if err != nil || n != principals || denials != records {
			t.Fatalf("%v, %d principals, %d denials", err, n, denials)
		}
		return m
	}
	few, many := reads(20, 10), reads(800, 10)
	if many.queries != few.queries || many.reads != few.reads || many.readUnits > few.readUnits {
		t.Errorf("%d queries, %d gets, %d read units after 800 records; %d, %d, %d after 20",
			many.queries, many.reads, many.readUnits, few.queries, few.reads, few.readUnits)
	}
	if more := reads(300, 300); more.reads != 3 {
		t.Errorf("%d gets of 300 principals", more.reads)
	}
}

// BenchmarkPrincipalDays reads a day of 2,000 principals, from DynamoDB Local
// where its address is set.
func BenchmarkPrincipalDays(b *testing.B) {
	endpoint := os.Getenv(endpointVariable)
	if endpoint == "" {
		endpoint = minidyn(b)
	}
	m := &meter{Client: client(endpoint, http.DefaultTransport)}
	s := open(b, m, newTable(b, endpoint))
	const principals = 2000
	if _, err := s.Commit(b.Context(), typicalCalls(b, 0, principals, principals)); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		*m = meter{Client: m.Client}
		n := 0
		err := s.PrincipalDays(b.Context(), tally.DayOf(storetest.Now()), func(summary.PrincipalDay) error { n++; return nil })
		if err != nil || n != principals {
			b.Fatal(n, err)
		}
	}
	b.ReportMetric(float64(m.readUnits), "read-units")
	b.ReportMetric(float64(m.queries+m.reads), "requests")
}
