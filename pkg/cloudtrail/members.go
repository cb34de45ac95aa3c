package cloudtrail

// members walks over the members of a JSON object. Where the JSON is not valid
// the walk ends.
type members struct {
	b []byte
	i int // before the next member

	name  []byte // of the member at hand, without quotes and escapes, valid UTF-8
	value []byte // its JSON, never empty
}

// inside returns the members of a JSON value: none unless it is an object.
func inside(object []byte) members {
	if len(object) == 0 || object[0] != '{' {
		return members{}
	}
	return members{b: object, i: 1}
}

// next moves to the next member, and returns false after the last.
func (m *members) next() bool {
	i := skipSpace(m.b, m.i)
	if i < len(m.b) && m.b[i] == ',' {
		i = skipSpace(m.b, i+1)
	}
	if i >= len(m.b) || m.b[i] != '"' {
		return false
	}
	name, end, f := textAt(m.b, i)
	if f != sound {
		return false
	}
	if i = skipSpace(m.b, end); i >= len(m.b) || m.b[i] != ':' {
		return false
	}
	i = skipSpace(m.b, i+1)
	if end, f = skip(m.b, i, 0); f != sound {
		return false
	}
	m.name, m.value, m.i = name, m.b[i:end], end
	return true
}

// textAt returns the text of the string at b[i] and the index after it. The
// text lies in b unless it has to be unescaped.
func textAt(b []byte, i int) ([]byte, int, fault) {
	if end, plain := plainEnd(b, i+1); plain {
		return b[i+1 : end], end + 1, sound
	}
	end, f := skipString(b, i)
	if f != sound {
		return nil, end, f
	}
	text, _ := unescape(nil, b[i+1:end-1])
	return text, end, sound
}
