package cloudtrail

// scalarEnd returns the index after the number or literal at b[i], 0 if there
// is none.
func scalarEnd(b []byte, i int) int {
	end := i
	for end < len(b) && isScalar[b[end]] {
		end++
	}
	switch s := b[i:end]; string(s) {
	case "true", "false", "null":
		return end
	default:
		if isNumber(s) {
			return end
		}
	}
	return 0
}

// isNumber reports whether s is a number as JSON writes it (RFC 8259, section 6).
func isNumber(s []byte) bool {
	digits := func() bool {
		n := 0
		for n < len(s) && '0' <= s[n] && s[n] <= '9' {
			n++
		}
		s = s[n:]
		return n > 0
	}
	if len(s) > 0 && s[0] == '-' {
		s = s[1:]
	}
	if len(s) > 0 && s[0] == '0' {
		s = s[1:]
	} else if !digits() {
		return false
	}
	if len(s) > 0 && s[0] == '.' {
		s = s[1:]
		if !digits() {
			return false
		}
	}
	if len(s) > 0 && (s[0] == 'e' || s[0] == 'E') {
		s = s[1:]
		if len(s) > 0 && (s[0] == '+' || s[0] == '-') {
			s = s[1:]
		}
		if !digits() {
			return false
		}
	}
	return len(s) == 0
}
