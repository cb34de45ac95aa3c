package tally

import (
	"encoding/binary"
	"encoding/hex"
)

// The binary form of tallies, for stores. It is compact, the same for equal
// values, and versioned:
//
//	kind, version, mode   one byte each
//	texts                 accounts, Regions, operations, event ids that are no UUID
//	refs                  each call that is pointed at, once
//	hashes                in mode hashesByTable: each element, once
//	body                  what the kind holds; points into the tables above
//
// A form with the elements written in place and one with a table are both made
// and the shorter one is taken: elements recur minute by minute when a client
// retries, and hardly ever when somebody tries doors.

// Kinds, modes and the version of binary forms.
const (
	kindDay    = 'D'
	kindDetail = 'H'
	kindFirsts = 'F'

	formVersion    = 1
	clientsVersion = 2 // of days in which a summary has clients

	hashesInPlace = 0
	hashesByTable = 1
)

// HoursOfDay are the summaries of a day's hours.
type HoursOfDay [24]Summary

// EncodeDay returns the binary form of a day of summaries. Hours that are empty
// take no room.
func EncodeDay(d *HoursOfDay) []byte {
	return encode(kindDay, func(e *encoder) {
		var present uint64
		for h := range d {
			if !d[h].Empty() {
				present |= 1 << h
			}
		}
		e.uvarint(present)
		for h := range d {
			if present&(1<<h) != 0 {
				e.summary(&d[h])
			}
		}
	})
}

// EncodeDetail returns the binary form of a detail.
func EncodeDetail(d *Detail) []byte {
	return encode(kindDetail, func(e *encoder) {
		e.uvarint(uint64(len(d.Minutes)))
		for i := range d.Minutes {
			e.minute(&d.Minutes[i])
		}
		e.uvarint(uint64(len(d.Cells)))
		for i := range d.Cells {
			e.cell(&d.Cells[i])
		}
		e.firsts(d.Actors)
	})
}

// EncodeFirsts returns the binary form of firsts.
func EncodeFirsts(f Firsts) []byte {
	return encode(kindFirsts, func(e *encoder) { e.firsts(f) })
}

// parts are the fields of a Summary by how they are encoded, in the order of
// the bits that say which of them follow.
type parts struct {
	counts  [8]*uint32
	sets    [5]*Set
	minutes [2]*[]OperationMinutes
	firsts  [1 + markCount]*Firsts
	later   [1]*Set // what tables of before do not hold
}

func (s *Summary) parts() parts {
	p := parts{
		counts:  [...]*uint32{&s.Denials, &s.Resourced, &s.Critical, &s.Credential, &s.Claims, &s.Quarantined, &s.Foreign, &s.Root},
		sets:    [...]*Set{&s.Operations, &s.Resources, &s.Networks, &s.Bearers, &s.Principals},
		minutes: [...]*[]OperationMinutes{&s.Refused, &s.Succeeded},
		later:   [...]*Set{&s.Clients},
	}
	p.firsts[0] = &s.Firsts
	for m := range s.Marks {
		p.firsts[1+m] = &s.Marks[m]
	}
	return p
}

// encoder writes a body and collects what its tables must hold.
type encoder struct {
	body []byte

	texts  []string
	textAt map[string]uint64
	refs   []byte
	refAt  map[instant]uint64
	last   int64 // seconds of the ref written last

	version byte
	hashes  []byte
	hashAt  map[uint64]uint64 // nil where hashes are written in place
}

// instant is a Ref that can be compared with ==.
type instant struct {
	seconds     int64
	nanoseconds int
	key         [3]string
}

// encode runs walk for both modes and returns the shorter form.
func encode(kind byte, walk func(*encoder)) []byte {
	in := encoder{textAt: map[string]uint64{}, refAt: map[instant]uint64{}}
	walk(&in)
	table := encoder{textAt: map[string]uint64{}, refAt: map[instant]uint64{}, hashAt: map[uint64]uint64{}}
	walk(&table)
	a, b := in.form(kind, hashesInPlace), table.form(kind, hashesByTable)
	if len(b) < len(a) {
		return b
	}
	return a
}

func (e *encoder) form(kind, mode byte) []byte {
	out := append(make([]byte, 0, 32+len(e.body)+len(e.refs)+len(e.hashes)), kind, max(e.version, formVersion), mode)
	out = binary.AppendUvarint(out, uint64(len(e.texts)))
	for _, s := range e.texts {
		out = append(binary.AppendUvarint(out, uint64(len(s))), s...)
	}
	out = append(binary.AppendUvarint(out, uint64(len(e.refAt))), e.refs...)
	if mode == hashesByTable {
		out = append(binary.AppendUvarint(out, uint64(len(e.hashAt))), e.hashes...)
	}
	return append(out, e.body...)
}

func (e *encoder) uvarint(v uint64) { e.body = binary.AppendUvarint(e.body, v) }

func (e *encoder) text(s string) uint64 {
	i, ok := e.textAt[s]
	if !ok {
		i = uint64(len(e.texts))
		e.textAt[s], e.texts = i, append(e.texts, s)
	}
	return i
}

func (e *encoder) hash(v uint64) {
	if e.hashAt == nil {
		e.body = binary.LittleEndian.AppendUint64(e.body, v)
		return
	}
	i, ok := e.hashAt[v]
	if !ok {
		i = uint64(len(e.hashAt))
		e.hashAt[v] = i
		e.hashes = binary.LittleEndian.AppendUint64(e.hashes, v)
	}
	e.uvarint(i)
}

// ref writes one more than the ref's place in the table, 0 for none.
func (e *encoder) ref(r Ref) {
	if r.Key.EventID == "" && r.Key.Account == "" && r.Key.Region == "" {
		e.uvarint(0)
		return
	}
	at := instant{r.Time.Unix(), r.Time.Nanosecond(), [3]string{r.Key.Account, r.Key.Region, r.Key.EventID}}
	i, ok := e.refAt[at]
	if !ok {
		i = uint64(len(e.refAt)) + 1
		e.refAt[at] = i
		e.addRef(at)
	}
	e.uvarint(i)
}

// addRef adds to the table: the seconds since the ref before, signed, and as the
// lowest bit whether nanoseconds follow; account and Region as texts; the id.
func (e *encoder) addRef(at instant) {
	delta := zigzag(at.seconds-e.last) << 1
	e.last = at.seconds
	if at.nanoseconds != 0 {
		e.refs = binary.AppendUvarint(e.refs, delta|1)
		e.refs = binary.AppendUvarint(e.refs, uint64(at.nanoseconds))
	} else {
		e.refs = binary.AppendUvarint(e.refs, delta)
	}
	e.refs = binary.AppendUvarint(e.refs, e.text(at.key[0]))
	e.refs = binary.AppendUvarint(e.refs, e.text(at.key[1]))
	if id, ok := uuidBytes(at.key[2]); ok {
		e.refs = append(append(e.refs, 0), id[:]...)
	} else {
		e.refs = binary.AppendUvarint(e.refs, e.text(at.key[2])+1)
	}
}

func (e *encoder) set(s Set) {
	e.uvarint(uint64(len(s)))
	for _, v := range s {
		e.hash(v)
	}
}

func (e *encoder) firsts(f Firsts) {
	e.uvarint(uint64(len(f)))
	for _, x := range f {
		e.hash(x.Element)
		e.ref(x.Ref)
	}
}

func (e *encoder) operationMinutes(list []OperationMinutes) {
	e.uvarint(uint64(len(list)))
	for _, x := range list {
		e.uvarint(e.text(x.Operation))
		e.uvarint(x.Minutes)
	}
}

func (e *encoder) summary(s *Summary) {
	p := s.parts()
	var mask, bit uint64 = 0, 1
	note := func(there bool) {
		if there {
			mask |= bit
		}
		bit <<= 1
	}
	for _, c := range p.counts {
		note(*c != 0)
	}
	for _, x := range p.sets {
		note(len(*x) != 0)
	}
	for _, x := range p.minutes {
		note(len(*x) != 0)
	}
	for _, x := range p.firsts {
		note(len(*x) != 0)
	}
	for _, x := range p.later {
		note(len(*x) != 0)
	}
	e.uvarint(mask)
	for _, c := range p.counts {
		if *c != 0 {
			e.uvarint(uint64(*c))
		}
	}
	for _, x := range p.sets {
		if len(*x) != 0 {
			e.set(*x)
		}
	}
	for _, x := range p.minutes {
		if len(*x) != 0 {
			e.operationMinutes(*x)
		}
	}
	for _, x := range p.firsts {
		if len(*x) != 0 {
			e.firsts(*x)
		}
	}
	for _, x := range p.later {
		if len(*x) != 0 {
			e.version = clientsVersion
			e.set(*x)
		}
	}
}

func (e *encoder) minute(m *Minute) {
	e.body = append(e.body, m.At)
	e.uvarint(uint64(m.Denials))
	for _, s := range [...]Set{m.Operations, m.Resources, m.Pairs, m.Actors} {
		e.set(s)
	}
	e.ref(m.First)
}

func (e *encoder) cell(c *Cell) {
	e.body = binary.LittleEndian.AppendUint64(e.body, c.ID)
	e.uvarint(e.text(c.Operation))
	var mask byte
	hashes := [...]uint64{c.Resource, c.Network, c.Policy, c.Bearer}
	for i, v := range hashes {
		if v != 0 {
			mask |= 1 << i
		}
	}
	e.body = append(e.body, mask, byte(c.Traits))
	for _, v := range hashes {
		if v != 0 {
			e.hash(v)
		}
	}
	e.uvarint(c.Minutes)
	e.ref(c.First)
}

func zigzag(v int64) uint64   { return uint64(v)<<1 ^ uint64(v>>63) }
func unzigzag(v uint64) int64 { return int64(v>>1) ^ -int64(v&1) }

// uuidBytes returns the 16 bytes of a UUID in its canonical form, lower case
// with dashes, which is how CloudTrail writes event ids.
func uuidBytes(s string) (id [16]byte, ok bool) {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return id, false
	}
	if _, err := hex.Decode(id[:], []byte(s[:8]+s[9:13]+s[14:18]+s[19:23]+s[24:])); err != nil {
		return id, false
	}
	return id, uuidText(id) == s
}

func uuidText(id [16]byte) string {
	h := hex.EncodeToString(id[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
