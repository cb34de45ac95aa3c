package s3logs_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"chimewatch/pkg/adapters/s3logs"
)

// estate is a bucket as an organisation has it: accounts, Regions, days, digests,
// and what others put there.
func estate(t testing.TB, s *server) (keys []string) {
	t.Helper()
	for _, org := range []string{"", "o-exampleorg/"} {
		for _, account := range []string{"111122223333", "444455556666"} {
			for _, region := range []string{"ap-south-1", "eu-central-1", "us-east-1"} {
				for _, day := range []string{"2025/12/31", "2026/01/01", "2026/01/02", "2026/02/01"} {
					for n := range 3 {
						keys = append(keys, strings.Replace(keyOf(account, region, day, n), "AWSLogs/", "AWSLogs/"+org, 1))
					}
				}
				keys = append(keys, fmt.Sprintf("AWSLogs/%s%s/CloudTrail-Digest/%s/2026/01/01/%[2]s_CloudTrail-Digest_%[3]s_t_x_20260101T000000Z.json.gz", org, account, region))
			}
			for n := range 9 {
				keys = append(keys, fmt.Sprintf("AWSLogs/%s%s/Config/us-east-1/2026/1/1/ConfigHistory/%s_Config_%d.json.gz", org, account, account, n))
			}
			keys = append(keys, "AWSLogs/"+org+account+"/CloudTrail/", "AWSLogs/"+org+account+"/CloudTrail/us-east-1/2026/01/01/odd.json")
		}
	}
	keys = append(keys, "copied/a.json.gz", "notes.txt", "zz/AWSLogs/x", "copied/")
	for _, k := range keys {
		s.put(t, k, nil)
	}
	slices.Sort(keys)
	return keys
}

// wanted decides one by one, as the documentation of Filter says.
func wanted(key, prefix string, f s3logs.Filter) bool {
	k := s3logs.ParseKey(key)
	day := func(t time.Time) time.Time { return t.Truncate(24 * time.Hour) }
	if !strings.HasPrefix(key, prefix) || f.After != "" && key <= f.After {
		return false
	}
	if strings.HasSuffix(key, "/odd.json") {
		k.Day = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	days := (f.Since.IsZero() || !k.Day.Before(day(f.Since))) && (f.Until.IsZero() || !k.Day.After(day(f.Until).AddDate(0, 0, 1)))
	if k.Kind == s3logs.Other {
		inLogs := strings.HasPrefix(key, "AWSLogs/")
		if inLogs {
			parts := strings.Split(strings.Replace(key, "o-exampleorg/", "", 1), "/")
			if parts[2] != "CloudTrail" || len(f.Accounts) > 0 && !slices.Contains(f.Accounts, parts[1]) ||
				len(parts) > 4 && len(f.Regions) > 0 && !slices.Contains(f.Regions, parts[3]) {
				return false
			}
		}
		return f.Foreign && !strings.HasSuffix(key, "/") && (k.Day.IsZero() || days)
	}
	return k.Kind == s3logs.LogFile &&
		(len(f.Accounts) == 0 || slices.Contains(f.Accounts, k.Account)) &&
		(len(f.Regions) == 0 || slices.Contains(f.Regions, k.Region)) && days
}

// A listing that jumps finds what deciding about every key finds, in order,
// with pages of any size; and it goes on where it was stopped.
func TestListIsExact(t *testing.T) {
	s := newServer(t)
	keys := estate(t, s)
	var requests int
	rapid.Check(t, func(rt *rapid.T) {
		day := rapid.SampledFrom([]time.Time{{}, time.Date(2025, 12, 31, 23, 0, 0, 0, time.UTC), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 1, 15, 5, 0, 0, 0, time.UTC), time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)})
		f := s3logs.Filter{
			Accounts: rapid.SampledFrom([][]string{nil, {"111122223333"}, {"444455556666", "999999999999"}}).Draw(rt, "accounts"),
			Regions:  rapid.SampledFrom([][]string{nil, {"us-east-1"}, {"eu-central-1", "us-east-1"}, {"mars"}}).Draw(rt, "regions"),
			Since:    day.Draw(rt, "since"), Until: day.Draw(rt, "until"),
			Foreign: rapid.Bool().Draw(rt, "foreign"),
			After:   rapid.SampledFrom(append(keys, "", "", "", "AWSLogs/4")).Draw(rt, "after"),
		}
		prefix := rapid.SampledFrom([]string{"", "AWSLogs/", "AWSLogs/o-exampleorg/", "AWSLogs/111122223333/CloudTrail/us-east-1/2026/01", "nothing", "copied"}).Draw(rt, "prefix")
		size := rapid.SampledFrom([]int{1, 3, 7, 1000}).Draw(rt, "page")
		client := s.client(transport{faults: pages(size, &requests)})

		var want []string
		for _, k := range keys {
			if wanted(k, prefix, f) {
				want = append(want, k)
			}
		}
		var got []string
		stop := rapid.IntRange(0, 5).Draw(rt, "stop after")
		enough := errors.New("enough")
		collect := func(limit int) func(s3logs.Object) error {
			return func(o s3logs.Object) error {
				if limit--; limit < 0 {
					return enough
				}
				got = append(got, o.Key)
				return nil
			}
		}
		place := s3logs.Place{Bucket: bucket, Prefix: prefix}
		listed, err := s3logs.List(rt.Context(), client, place, f, collect(stop))
		if errors.Is(err, enough) {
			f.After = listed.Last
			listed, err = s3logs.List(rt.Context(), client, place, f, collect(1<<30))
		}
		if err != nil {
			rt.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			rt.Fatal(diff)
		}
	})
}

// What is not wanted costs hardly any requests, however much of it there is.
func TestListJumps(t *testing.T) {
	s := newServer(t)
	estate(t, s)
	var requests int
	listed, err := s3logs.List(t.Context(), s.client(transport{faults: pages(5, &requests)}), s3logs.Place{Bucket: bucket, Prefix: "AWSLogs/"},
		s3logs.Filter{Accounts: []string{"444455556666"}, Regions: []string{"us-east-1"}, Since: time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)},
		func(s3logs.Object) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	if listed.Files != 6 || requests > 20 {
		t.Errorf("%d files in %d requests of 5 keys; the bucket holds %d", listed.Files, requests, 140)
	}
}
