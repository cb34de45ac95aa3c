package tally

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"chimewatch/pkg/cloudtrail"
)

// DecodeDay is the inverse of EncodeDay. It returns an error for anything that
// EncodeDay would not have written, however it came about; the memory it takes
// is bounded by the length of the form.
func DecodeDay(form []byte) (*HoursOfDay, error) {
	out := &HoursOfDay{}
	return out, decode(form, kindDay, "day of summaries", func(d *decoder) {
		present := d.uvarint(1<<len(out) - 1)
		for h := range out {
			if present&(1<<h) == 0 || d.err != nil {
				continue
			}
			d.summary(&out[h])
			if out[h].Empty() {
				d.fail("hour %d is empty", h)
			}
		}
	})
}

// DecodeDetail is the inverse of EncodeDetail; see [DecodeDay].
func DecodeDetail(form []byte) (*Detail, error) {
	out := &Detail{}
	return out, decode(form, kindDetail, "detail", func(d *decoder) {
		for n := d.uvarint(60); n > 0 && d.err == nil; n-- {
			m := d.minute()
			if k := len(out.Minutes); m.At > 59 || (k > 0 && out.Minutes[k-1].At >= m.At) {
				d.fail("minute %d is out of order", m.At)
			}
			out.Minutes = append(out.Minutes, m)
		}
		for n := d.uvarint(MaxCells); n > 0 && d.err == nil; n-- {
			c := d.cell()
			if k := len(out.Cells); k > 0 && out.Cells[k-1].ID >= c.ID {
				d.fail("cell %x is out of order", c.ID)
			}
			out.Cells = append(out.Cells, c)
		}
		out.Actors = d.firsts(MaxActors)
	})
}

// DecodeFirsts is the inverse of EncodeFirsts, for at most MaxActors elements;
// see [DecodeDay].
func DecodeFirsts(form []byte) (Firsts, error) {
	var out Firsts
	err := decode(form, kindFirsts, "firsts", func(d *decoder) { out = d.firsts(MaxActors) })
	return out, err
}

// decoder reads a form. After the first error everything it returns is zero.
type decoder struct {
	rest   []byte
	err    error
	texts  []string
	refs   []Ref
	hashes []uint64
	table  bool // hashes are in the table

	version byte
}

// maxSeconds bounds the seconds since 1970 of a ref: far more than RFC 3339 can
// say.
const maxSeconds = 1 << 40

func decode(form []byte, kind byte, what string, walk func(*decoder)) error {
	d := &decoder{rest: form}
	d.head(kind)
	d.tables()
	if d.err == nil {
		walk(d)
	}
	if d.err == nil && len(d.rest) > 0 {
		d.fail("%d bytes too many", len(d.rest))
	}
	if d.err != nil {
		return fmt.Errorf("reading a stored %s: %w", what, d.err)
	}
	return nil
}

func (d *decoder) head(kind byte) {
	if k := d.byte(); k != kind {
		d.fail("kind %d where %d was expected", k, kind)
	}
	if d.version = d.byte(); d.version < formVersion || d.version > clientsVersion {
		d.fail("version %d; this program knows versions %d to %d: deploy a newer one", d.version, formVersion, clientsVersion)
	}
	mode := d.byte()
	if mode > hashesByTable {
		d.fail("mode %d is unknown", mode)
	}
	d.table = mode == hashesByTable
}

func (d *decoder) tables() {
	for n := d.count(1); n > 0 && d.err == nil; n-- {
		d.texts = append(d.texts, string(d.take(d.count(1))))
	}
	var seconds int64
	for n := d.count(4); n > 0 && d.err == nil; n-- {
		d.refs = append(d.refs, d.newRef(&seconds))
	}
	if d.table {
		for n := d.count(8); n > 0 && d.err == nil; n-- {
			d.hashes = append(d.hashes, d.uint64())
		}
	}
}

func (d *decoder) newRef(seconds *int64) Ref {
	head := d.uvarint(1<<63 - 1)
	*seconds += unzigzag(head >> 1)
	var nanoseconds uint64
	if head&1 != 0 {
		nanoseconds = d.uvarint(999_999_999)
	}
	if *seconds < -maxSeconds || *seconds > maxSeconds {
		d.fail("a time of %d seconds", *seconds)
		*seconds = 0
	}
	r := Ref{Time: time.Unix(*seconds, int64(nanoseconds)).UTC(), Key: cloudtrail.Key{Account: d.text(d.index()), Region: d.text(d.index())}}
	if i := d.index(); i == 0 {
		var id [16]byte
		copy(id[:], d.take(16))
		r.Key.EventID = uuidText(id)
	} else {
		r.Key.EventID = d.text(i - 1)
	}
	if r.Key == (cloudtrail.Key{}) {
		d.fail("a ref to no record")
	}
	return r
}

func (d *decoder) fail(format string, args ...any) {
	if d.err == nil {
		d.err = fmt.Errorf(format, args...)
	}
	d.rest = nil
}

var errShort = errors.New("it ends too early")

func (d *decoder) take(n int) []byte {
	if d.err != nil || n > len(d.rest) {
		if d.err == nil {
			d.err = errShort
		}
		d.rest = nil
		return nil
	}
	out := d.rest[:n]
	d.rest = d.rest[n:]
	return out
}

func (d *decoder) byte() byte {
	if b := d.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (d *decoder) uint64() uint64 {
	if b := d.take(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

// uvarint reads a number of at most limit.
func (d *decoder) uvarint(limit uint64) uint64 {
	v, n := binary.Uvarint(d.rest)
	switch {
	case d.err != nil:
		return 0
	case n <= 0:
		d.fail("a number is cut or too long")
		return 0
	case v > limit:
		d.fail("%d where at most %d can be", v, limit)
		return 0
	}
	d.rest = d.rest[n:]
	return v
}

// index reads a place in a table.
func (d *decoder) index() int { return int(d.uvarint(1 << 30)) }

// count reads a number of things that take at least size bytes each.
func (d *decoder) count(size int) int { return int(d.uvarint(uint64(len(d.rest) / size))) }

func (d *decoder) text(i int) string {
	if i >= len(d.texts) {
		d.fail("text %d of %d", i, len(d.texts))
		return ""
	}
	return d.texts[i]
}

func (d *decoder) hash() uint64 {
	if !d.table {
		return d.uint64()
	}
	i := d.index()
	if i >= len(d.hashes) {
		d.fail("hash %d of %d", i, len(d.hashes))
		return 0
	}
	return d.hashes[i]
}

func (d *decoder) ref() Ref {
	i := d.index()
	switch {
	case i == 0:
		return Ref{}
	case i > len(d.refs):
		d.fail("ref %d of %d", i, len(d.refs))
		return Ref{}
	}
	return d.refs[i-1]
}

func (d *decoder) set(limit uint64) Set {
	n := int(d.uvarint(limit))
	if n == 0 {
		return nil
	}
	s := make(Set, 0, n)
	for range n {
		v := d.hash()
		if len(s) > 0 && s[len(s)-1] >= v {
			d.fail("a set is out of order")
			return nil
		}
		s = append(s, v)
	}
	return s
}

func (d *decoder) firsts(limit int) Firsts {
	n := int(d.uvarint(uint64(limit)))
	var f Firsts
	seen := make(map[uint64]bool, min(n, len(d.rest)))
	for range n {
		x := First{d.hash(), d.ref()}
		if d.err != nil {
			return nil
		}
		if x.Ref.Key == (cloudtrail.Key{}) || seen[x.Element] || (len(f) > 0 && compareFirst(f[len(f)-1], x) >= 0) {
			d.fail("first calls are out of order")
			return nil
		}
		seen[x.Element] = true
		f = append(f, x)
	}
	return f
}

// bitmap reads the minutes of an hour.
func (d *decoder) bitmap() uint64 { return d.uvarint(1<<60 - 1) }

func (d *decoder) operationMinutes() []OperationMinutes {
	n := int(d.uvarint(K))
	var out []OperationMinutes
	for range n {
		x := OperationMinutes{d.text(d.index()), d.bitmap()}
		if d.err != nil {
			return nil
		}
		if len(out) > 0 && out[len(out)-1].Operation >= x.Operation {
			d.fail("operations are out of order")
			return nil
		}
		out = append(out, x)
	}
	return out
}

func (d *decoder) summary(s *Summary) {
	p := s.parts()
	bits := len(p.counts) + len(p.sets) + len(p.minutes) + len(p.firsts)
	if d.version >= clientsVersion {
		bits += len(p.later)
	}
	mask := d.uvarint(1<<bits - 1)
	next := func() bool {
		there := mask&1 != 0
		mask >>= 1
		return there && d.err == nil
	}
	for _, c := range p.counts {
		if next() {
			*c = uint32(d.uvarint(1<<32 - 1))
		}
	}
	for _, x := range p.sets {
		if next() {
			*x = d.set(K)
		}
	}
	for _, x := range p.minutes {
		if next() {
			*x = d.operationMinutes()
		}
	}
	for _, x := range p.firsts {
		if next() {
			*x = d.firsts(limitFirsts)
		}
	}
	for _, x := range p.later {
		if next() {
			*x = d.set(MaxClients)
		}
	}
}

func (d *decoder) minute() Minute {
	m := Minute{At: d.byte(), Denials: uint32(d.uvarint(1<<32 - 1))}
	for _, s := range [...]*Set{&m.Operations, &m.Resources, &m.Pairs, &m.Actors} {
		*s = d.set(K)
	}
	m.First = d.ref()
	return m
}

func (d *decoder) cell() Cell {
	c := Cell{ID: d.uint64(), Operation: d.text(d.index())}
	mask := d.byte()
	if mask > 15 {
		d.fail("a cell with the bits %d", mask)
	}
	c.Traits = Traits(d.byte())
	for i, v := range [...]*uint64{&c.Resource, &c.Network, &c.Policy, &c.Bearer} {
		if mask&(1<<i) != 0 {
			*v = d.hash()
		}
	}
	c.Minutes = d.bitmap()
	c.First = d.ref()
	return c
}
