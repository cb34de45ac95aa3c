package cloudtrail

import (
	"math/bits"
	"slices"
)

// The digest of a record is a hash of its content: it does not depend on the
// order of members, white space or escapes; it does on the order of arrays and
// on how numbers are written.

// member is one member of an object: hashes of its name, and of name and value
// together.
type member struct{ name, hash uint64 }

// Seeds tell the kinds of values apart: the number 1 is not the string "1".
const (
	seedString uint64 = 0x9e3779b97f4a7c15
	seedScalar uint64 = 0xbf58476d1ce4e5b9
	seedArray  uint64 = 0x94d049bb133111eb
	seedObject uint64 = 0xd6e8feb86659fd93
)

// mix combines two hashes; it is not commutative.
func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a^0xa0761d6478bd642f, b^0xe7037ed1a0b428db)
	return hi ^ lo ^ bits.RotateLeft64(a, 23)
}

// fewMembers is how many members of an object take no allocation.
const fewMembers = 32

// sumMembers adds up the hashes of the members of one object, so that their
// order does not matter; of members with the same name, the last counts.
func sumMembers(members []member) (sum uint64) {
	if len(members) <= fewMembers {
		var names uint64 // a coarse set: a clear bit proves that a name is new
		for i, m := range members {
			sum += m.hash
			bit := uint64(1) << (m.name >> 58)
			if names&bit != 0 {
				for j := i - 1; j >= 0; j-- {
					if members[j].name == m.name {
						sum -= members[j].hash
						break
					}
				}
			}
			names |= bit
		}
		return sum
	}
	slices.SortStableFunc(members, func(a, b member) int {
		if a.name < b.name {
			return -1
		}
		if a.name > b.name {
			return 1
		}
		return 0
	})
	for i, m := range members {
		if i+1 == len(members) || members[i+1].name != m.name {
			sum += m.hash
		}
	}
	return sum
}
