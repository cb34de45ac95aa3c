package cloudtrail

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/gzip"
)

// stored is records without compression in one gzip member of exactly so many
// bytes, and how many records they are.
func stored(t *testing.T, size int) (input []byte, records int) {
	t.Helper()
	var plain bytes.Buffer
	for plain.Len() < size-size/1000-1500 {
		plain.WriteString(short(fmt.Sprintf("%01000d", records)) + "\n")
		records++
	}
	member := func(comment int) []byte {
		var out bytes.Buffer
		z, _ := gzip.NewWriterLevel(&out, gzip.NoCompression)
		z.Comment = strings.Repeat("x", comment) // and a byte that ends it
		_, _ = z.Write(plain.Bytes())
		_ = z.Close()
		return out.Bytes()
	}
	plain.Write(bytes.Repeat([]byte(" "), size-len(member(0))-100)) // blocks have bytes of their own
	input = member(size - len(member(0)) - 1)
	if len(input) != size {
		t.Fatalf("%d bytes, not %d", len(input), size)
	}
	return input, records
}

// What a compressed input comes to depends neither on whether it fits in memory
// nor on how its reader hands it out.
func TestPackedSizes(t *testing.T) {
	buffers := new(Buffers) // the same for all, as a worker has them
	for _, size := range []int{2000, fewPacked - 1, fewPacked, fewPacked + 1, mostPacked - 1, mostPacked, mostPacked + 1, mostPacked + 40_000} {
		input, records := stored(t, size)
		for name, r := range map[string]io.Reader{
			"at once":         bytes.NewReader(input),
			"with the end":    iotest.DataErrReader(bytes.NewReader(input)),
			"half at a time":  iotest.HalfReader(bytes.NewReader(input)),
			"two bytes first": io.MultiReader(bytes.NewReader(input[:2]), bytes.NewReader(input[2:])),
		} {
			counts, err := Scan(r, "f", Options{Buffers: buffers}, func(Element) error { return nil })
			if err != nil || counts.Read != int64(records) {
				t.Errorf("%d bytes, %s: %d records, want %d; %v", size, name, counts.Read, records, err)
			}
		}
	}
}

// A reader that fails within a compressed input loses nothing that came before,
// and its error is told; what an earlier input left in the buffers is not read.
func TestPackedReadError(t *testing.T) {
	lost := errors.New("connection lost")
	buffers := new(Buffers)
	whole, _ := stored(t, mostPacked+40_000)
	if _, err := Scan(bytes.NewReader(whole), "f", Options{Buffers: buffers}, func(Element) error { return nil }); err != nil {
		t.Fatal(err)
	}
	for _, at := range []int{1, 2, 30_000, fewPacked, mostPacked - 1, mostPacked, mostPacked + 20_000} {
		broken := io.MultiReader(bytes.NewReader(whole[:at]), iotest.ErrReader(lost))
		var got []string
		_, err := Scan(broken, "f", Options{Buffers: buffers}, func(e Element) error {
			got = append(got, string(e.Raw))
			return nil
		})
		if !errors.Is(err, lost) {
			t.Errorf("fails at byte %d: %v", at, err)
		}
		var want []string // what decompression gets out of these bytes
		_, _ = Scan(bytes.NewReader(whole[:at]), "f", Options{}, func(e Element) error {
			want = append(want, string(e.Raw))
			return nil
		})
		if at > 30_000 && len(got) < 200 || !slices.Equal(got, want) {
			t.Errorf("fails at byte %d: %d records, want %d", at, len(got), len(want))
		}
	}
}

// An error that comes with the first bytes is told.
func TestPackedErrorAtOnce(t *testing.T) {
	whole, _ := stored(t, 2000)
	lost := errors.New("connection lost")
	r := &once{whole, lost}
	if _, err := Scan(r, "f", Options{}, func(Element) error { return nil }); !errors.Is(err, lost) {
		t.Error(err)
	}
}

// once gives bytes and an error together, and nothing after that.
type once struct {
	data []byte
	err  error
}

func (o *once) Read(p []byte) (int, error) {
	if o.data == nil {
		return 0, io.EOF
	}
	n := copy(p, o.data)
	o.data = nil
	return n, o.err
}

// A reader that gives neither bytes nor an error ends the scan.
func TestPackedNoProgress(t *testing.T) {
	whole, _ := stored(t, 2000)
	_, err := Scan(io.MultiReader(bytes.NewReader(whole[:1000]), stuck{}), "f", Options{}, func(Element) error { return nil })
	if !errors.Is(err, io.ErrNoProgress) {
		t.Error(err)
	}
}

type stuck struct{}

func (stuck) Read([]byte) (int, error) { return 0, nil }
