package tally

import (
	"crypto/sha256"
	"encoding/binary"
	"net/netip"
)

// Hasher maps texts to the elements of a [Set]. Its key keeps a sender from
// choosing texts that fall together, so it is secret in a deployment, and it
// stays the same for as long as tallies are kept. Results do not depend on it.
type Hasher struct{ key [32]byte }

// NewHasher returns a Hasher with a key derived from secret.
func NewHasher(secret []byte) Hasher { return Hasher{sha256.Sum256(secret)} }

// Sum returns the hash of parts, which are kept apart: ("ab", "c") and ("a",
// "bc") differ. It is never 0, so that 0 can stand for nothing.
func (h Hasher) Sum(parts ...string) uint64 {
	buf := make([]byte, 0, 256)
	buf = append(buf, h.key[:]...)
	for _, p := range parts {
		buf = binary.AppendUvarint(buf, uint64(len(p)))
		buf = append(buf, p...)
	}
	sum := sha256.Sum256(buf)
	if v := binary.LittleEndian.Uint64(sum[:8]); v != 0 {
		return v
	}
	return 1
}

// Operation returns the element that stands for an operation.
func (h Hasher) Operation(name string) uint64 { return h.Sum("operation", name) }

// Actor returns the element that stands for an actor.
func (h Hasher) Actor(s Subject) uint64 { return h.Sum("actor", s.Kind.String(), s.Key) }

// Network returns the element that stands for a network.
func (h Hasher) Network(p netip.Prefix) uint64 { return h.Sum("network", p.String()) }

// Policy returns the element that stands for an organisation policy.
func (h Hasher) Policy(s Subject) uint64 { return h.Sum("policy", s.Key) }
