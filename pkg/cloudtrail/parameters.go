package cloudtrail

import "bytes"

// Parameter returns the string that requestParameters has as its own member of
// that name; "" if it has none, or one that is no string. The name must match
// exactly; of members with the same name the last counts.
func (r *Record) Parameter(name string) string {
	var value []byte
	for m := inside(r.Parameters); m.next(); {
		if string(m.name) == name {
			value = m.value
		}
	}
	if len(value) == 0 || value[0] != '"' {
		return ""
	}
	text, _, _ := textAt(value, 0)
	return string(text)
}

// ParametersContain reports whether a string in requestParameters contains
// sub: any value, at any depth, but not the names of members.
func (r *Record) ParametersContain(sub string) bool {
	wanted := []byte(sub)
	for b, i := r.Parameters, 0; i < len(b); {
		if b[i] != '"' {
			i++
			continue
		}
		text, end, f := textAt(b, i)
		if f != sound {
			return false
		}
		i = skipSpace(b, end)
		isName := i < len(b) && b[i] == ':'
		if !isName && bytes.Contains(text, wanted) {
			return true
		}
	}
	return false
}
