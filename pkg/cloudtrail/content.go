package cloudtrail

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
)

// contentID derives an event id from the content of a valid record.
func contentID(record []byte) string {
	sum := sha256.Sum256(appendCanonical(nil, record))
	return "content-" + hex.EncodeToString(sum[:16])
}

// appendCanonical appends a valid JSON value in canonical form to dst: members
// sorted by name, of members with the same name the last, no white space, no
// escape that is not needed, numbers as they are written.
func appendCanonical(dst, value []byte) []byte {
	switch value[0] {
	case '{':
		return appendCanonicalObject(dst, value)
	case '[':
		dst = append(dst, '[')
		for i := skipSpace(value, 1); value[i] != ']'; {
			end, _ := skip(value, i, 0)
			dst = appendCanonical(dst, value[i:end])
			if i = skipSpace(value, end); value[i] == ',' {
				dst = append(dst, ',')
				i = skipSpace(value, i+1)
			}
		}
		return append(dst, ']')
	case '"':
		text, _ := unescape(nil, value[1:len(value)-1])
		return appendString(dst, text)
	}
	return append(dst, value...)
}

func appendCanonicalObject(dst, object []byte) []byte {
	type named struct {
		name  string
		value []byte
	}
	var all []named
	for m := inside(object); m.next(); {
		all = append(all, named{string(m.name), m.value})
	}
	slices.SortStableFunc(all, func(a, b named) int { return strings.Compare(a.name, b.name) })
	dst = append(dst, '{')
	first := true
	for i, m := range all {
		if i+1 < len(all) && all[i+1].name == m.name {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(appendString(dst, m.name), ':')
		dst = appendCanonical(dst, m.value)
	}
	return append(dst, '}')
}
