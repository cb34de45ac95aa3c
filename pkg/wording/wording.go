// Package wording writes numbers and lists as people read them.
package wording

import (
	"strconv"
	"strings"
)

// Count writes a number with its noun: 1 denial, 12,000 denials.
func Count[N int | int64](n N, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return Grouped(n) + " " + many
}

// Grouped writes a number with a comma between thousands.
func Grouped[N int | int64](n N) string {
	s := strconv.FormatInt(int64(n), 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Some joins the first few of a list, and says how many more there are.
func Some(all []string, few int) string {
	if len(all) <= few {
		return strings.Join(all, ", ")
	}
	return strings.Join(all[:few], ", ") + " and " + Grouped(len(all)-few) + " more"
}
