package principal

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// maxStoredKey is the longest key, in bytes, that is stored as it is: half of
// what a DynamoDB partition key may hold,
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html.
const maxStoredKey = 1024

// hashed begins every stored form that is a hash.
const hashed = "sha256:"

// StoreKey returns the form in which a key of a principal or any other subject
// is stored: the key itself up to 1,024 bytes, else "sha256:" and its SHA-256
// in hexadecimal. Different keys have different forms, therefore a key that
// itself begins like a hash is hashed too: apply StoreKey once only.
func StoreKey(key string) string {
	if len(key) <= maxStoredKey && !strings.HasPrefix(key, hashed) {
		return key
	}
	sum := sha256.Sum256([]byte(key))
	return hashed + hex.EncodeToString(sum[:])
}

// ShortName returns a key for display without what most keys of an account
// share: of an ARN its resource ("role/NAME", "user/NAME", "root"), of other
// keys the whole. It is not unique across accounts, and hostile text stays
// what it is: outputs escape it.
func ShortName(key string) string {
	if a, ok := parseARN(key); ok && a.resource != "" {
		return a.resource
	}
	return key
}

// Person returns the permission set and the person that a key of IAM Identity
// Center names, and whether it is one. Both are hostile text.
//
// https://docs.aws.amazon.com/singlesignon/latest/userguide/using-service-linked-roles.html
func Person(key string) (set, person string, ok bool) {
	rest, ok := strings.CutPrefix(ShortName(key), "role/AWSReservedSSO_")
	if !ok {
		return "", "", false
	}
	set, person, ok = strings.Cut(rest, "/")
	if i := strings.LastIndexByte(set, '_'); i > 0 {
		set = set[:i] // what follows is random
	}
	return set, person, ok
}
