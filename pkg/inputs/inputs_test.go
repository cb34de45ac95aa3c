package inputs_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/inputs"
	"chimewatch/pkg/pipeline"
)

// text is an input with that many records, whose ids say where they stand.
func text(name string, records int) inputs.Input {
	var b strings.Builder
	for i := range records {
		fmt.Fprintf(&b, `{"eventVersion":"1","eventID":"%s-%d"}`+"\n", name, i)
	}
	return inputs.Input{Name: name, Read: func(_ context.Context, buffers *cloudtrail.Buffers, deliver func([]pipeline.Item) error) (cloudtrail.Counts, error) {
		return inputs.Scan(strings.NewReader(b.String()), name, cloudtrail.Options{Buffers: buffers}, deliver)
	}}
}

// TestRead: however many workers there are, what the inputs hold comes in their
// order, and why the list ended comes after all that it had found.
func TestRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sizes := rapid.SliceOfN(rapid.SampledFrom([]int{0, 1, 2, 255, 256, 257, 700}), 0, 9).Draw(t, "records")
		workers := rapid.IntRange(1, 4).Draw(t, "workers")
		gone := errors.New("the list broke off")
		var want, got []string
		ended := 0
		err := inputs.Read(context.Background(), workers, func(_ context.Context, found func(inputs.Input) error) error {
			for i, n := range sizes {
				if err := found(text(fmt.Sprint(i), n)); err != nil {
					return err
				}
			}
			return gone
		}, func(b inputs.Batch) error {
			if len(b.Items) > 256 {
				t.Fatalf("a batch of %d", len(b.Items))
			}
			for _, it := range b.Items {
				got = append(got, it.Record.EventID)
			}
			if b.Last {
				if b.File != fmt.Sprint(ended) || b.Counts.Read != int64(sizes[ended]) || (b.Err != nil) != (sizes[ended] == 0) {
					t.Fatalf("end %d: %s, %+v, %v", ended, b.File, b.Counts, b.Err)
				}
				ended++
			}
			return nil
		})
		for i, n := range sizes {
			for k := range n {
				want = append(want, fmt.Sprintf("%d-%d", i, k))
			}
		}
		if err != gone || ended != len(sizes) || !slices.Equal(got, want) {
			t.Fatalf("%v; %d of %d inputs, %d of %d records", err, ended, len(sizes), len(got), len(want))
		}
	})
}

// TestDeliverFails: the first error of deliver ends the reading and comes back
// as it is.
func TestDeliverFails(t *testing.T) {
	full := errors.New("full")
	n := 0
	err := inputs.Read(t.Context(), 3, func(_ context.Context, found func(inputs.Input) error) error {
		for i := 0; ; i++ { // without an end
			if err := found(text(fmt.Sprint(i), 1000)); err != nil {
				return err
			}
		}
	}, func(inputs.Batch) error {
		if n++; n == 5 {
			return full
		}
		return nil
	})
	if err != full || n != 5 {
		t.Errorf("%v after %d batches", err, n)
	}
}
