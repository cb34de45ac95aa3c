package tally

import (
	"crypto/sha256"
	"encoding/binary"
	"net/netip"
	"strconv"

	"chimewatch/pkg/denial"
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
	buf := h.keyed()
	for _, p := range parts {
		buf = appendPart(buf, p)
	}
	return sumOf(buf)
}

// numbers is Sum of a text and of numbers as hexadecimal digits.
func (h Hasher) numbers(text string, numbers ...uint64) uint64 {
	buf := appendPart(h.keyed(), text)
	var digits [16]byte
	for _, n := range numbers {
		buf = appendPart(buf, strconv.AppendUint(digits[:0], n, 16))
	}
	return sumOf(buf)
}

// keyed returns the key with room for the parts of nearly all sums: small enough
// to be inlined, so that the bytes stay on the stack.
func (h Hasher) keyed() []byte { return append(make([]byte, 0, 256), h.key[:]...) }

func appendPart[T string | []byte](buf []byte, part T) []byte {
	return append(binary.AppendUvarint(buf, uint64(len(part))), part...)
}

func sumOf(buf []byte) uint64 {
	sum := sha256.Sum256(buf)
	if v := binary.LittleEndian.Uint64(sum[:8]); v != 0 {
		return v
	}
	return 1
}

// Operation returns the element that stands for an operation.
func (h Hasher) Operation(name string) uint64 { return h.Sum("operation", name) }

// Client returns the element that stands for a client: the SDK that the user
// agent names and its version, the whole user agent where it names none. The rest
// of a user agent changes from host to host and from call to call.
func (h Hasher) Client(userAgent string) uint64 {
	if sdk := denial.ParseUserAgent(userAgent); sdk.Name != "" {
		return h.Sum("client", sdk.Name, sdk.Major, sdk.Version)
	}
	return h.Sum("client", userAgent)
}

// Actor returns the element that stands for an actor.
func (h Hasher) Actor(s Subject) uint64 { return h.Sum("actor", s.Kind.String(), s.Key) }

// Network returns the element that stands for a network.
func (h Hasher) Network(p netip.Prefix) uint64 {
	return sumOf(appendPart(appendPart(h.keyed(), "network"), p.AppendTo(make([]byte, 0, 64))))
}

// Policy returns the element that stands for an organisation policy.
func (h Hasher) Policy(s Subject) uint64 { return h.Sum("policy", s.Key) }
