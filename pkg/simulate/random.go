package simulate

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"math/rand/v2"
	"time"
)

// dice is a random stream of its own.
type dice struct{ *rand.Rand }

// newDice returns the stream that path names under seed. Different paths are
// independent.
func newDice(seed uint64, path ...string) dice {
	h := hashed(append([]string{"dice", string(binary.BigEndian.AppendUint64(nil, seed))}, path...)...)
	return dice{rand.New(rand.NewPCG(binary.BigEndian.Uint64(h[:8]), binary.BigEndian.Uint64(h[8:16])))}
}

// hashed digests parts; part boundaries count.
func hashed(parts ...string) [32]byte {
	var buf [256]byte
	b := buf[:0]
	for _, p := range parts {
		b = binary.AppendUvarint(b, uint64(len(p)))
		b = append(b, p...)
	}
	return sha256.Sum256(b)
}

// chance is true with probability p.
func (d dice) chance(p float64) bool { return d.Float64() < p }

// between is uniform in [lo, hi].
func (d dice) between(lo, hi int) int { return lo + d.IntN(hi-lo+1) }

// spread is log-uniform in [lo, hi): every order of magnitude is as likely.
func (d dice) spread(lo, hi float64) float64 {
	return lo * math.Exp(d.Float64()*math.Log(hi/lo))
}

// count is a log-uniform whole number in [lo, hi], lo at least 1.
func (d dice) count(lo, hi int) int {
	return min(hi, int(d.spread(float64(lo), float64(hi)+1)))
}

// span is a log-uniform duration.
func (d dice) span(lo, hi time.Duration) time.Duration {
	return time.Duration(d.spread(float64(lo), float64(hi)))
}

// gap is exponential: the time between independent events, at most ten means.
func (d dice) gap(mean time.Duration) time.Duration {
	return time.Duration(min(d.ExpFloat64(), 10) * float64(mean))
}

// poisson is the number of events when mean are expected.
func (d dice) poisson(mean float64) int {
	if mean > 50 {
		return max(0, int(math.Round(mean+math.Sqrt(mean)*d.NormFloat64())))
	}
	n, p, limit := 0, d.Float64(), math.Exp(-mean)
	for p > limit {
		n++
		p *= d.Float64()
	}
	return n
}

// about is the whole number below or above x whose mean is x.
func (d dice) about(x float64) int { return int(math.Floor(x + d.Float64())) }

// id is an event id: 16 random bytes marked as a version 4 UUID.
func (d dice) id() (id [16]byte) {
	binary.BigEndian.PutUint64(id[:8], d.Uint64())
	binary.BigEndian.PutUint64(id[8:], d.Uint64())
	return asUUID(id)
}

// pick chooses one of xs.
func pick[T any](d dice, xs []T) T { return xs[d.IntN(len(xs))] }

// some chooses n different ones of xs, or all, in random order.
func some[T any](d dice, xs []T, n int) []T {
	perm := d.Perm(len(xs))
	out := make([]T, 0, min(n, len(xs)))
	for _, i := range perm[:min(n, len(xs))] {
		out = append(out, xs[i])
	}
	return out
}

// asUUID marks 16 bytes as a version 4 UUID (RFC 9562).
func asUUID(id [16]byte) [16]byte {
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	return id
}

// appendUUID writes the usual text form of id.
func appendUUID(b []byte, id [16]byte) []byte {
	for _, part := range [][]byte{id[:4], id[4:6], id[6:8], id[8:10], id[10:]} {
		if len(part) != 4 {
			b = append(b, '-')
		}
		b = hex.AppendEncode(b, part)
	}
	return b
}

// uuidOf is the UUID that parts always have.
func uuidOf(parts ...string) string {
	h := hashed(parts...)
	return string(appendUUID(nil, asUUID([16]byte(h[:16]))))
}

// hexOf is the lower-case hexadecimal name of n digits that parts always have.
func hexOf(n int, parts ...string) string {
	h := hashed(parts...)
	return hex.EncodeToString(h[:])[:n]
}

// iamAlphabet is that of IAM's unique identifiers.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
const iamAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

// iamID is the unique identifier of 20 characters that parts always have:
// prefix AROA for roles, AIDA for users, AKIA and ASIA for access keys.
func iamID(prefix string, parts ...string) string {
	h := hashed(parts...)
	b := []byte(prefix)
	for _, c := range h[:20-len(prefix)] {
		b = append(b, iamAlphabet[c&31])
	}
	return string(b)
}
