package cloudtrail

import (
	"bytes"
	"slices"
	"strings"
)

// marks are texts that a record without backslashes is searched for, each by a
// letter that is rare, and both by the same one where they have it.
type marks struct {
	insight needle // how a string of an Insights record ends
	common  needle // what all candidates hold; an empty text if there is no such
}

// insightEnd is how the event type and the category of Insights records end.
const insightEnd = `Insight"`

func newMarks(common string) marks {
	m := marks{insight: needle{insightEnd, strings.IndexByte(insightEnd, 'g')}}
	if common == "" {
		return m
	}
	m.common.text = common
	for i := range len(common) {
		if rarity(common[i]) > rarity(common[m.common.letter]) {
			m.common.letter = i
		}
	}
	if i := strings.IndexByte(insightEnd, common[m.common.letter]); i >= 0 {
		m.insight.letter = i
	}
	return m
}

// commonText returns the longest text that all these event sources hold, and
// those of other services may lack. It is empty if there is none.
func commonText(sources []string) string {
	var names []string
	for _, s := range sources {
		names = append(names, strings.TrimSuffix(s, ".amazonaws.com"))
	}
	if len(names) == 0 {
		return ""
	}
	common, first := "", names[0]
	for lo := range first {
		for hi := lo + len(common) + 1; hi <= len(first); hi++ {
			if slices.ContainsFunc(names, func(s string) bool { return !strings.Contains(s, first[lo:hi]) }) {
				break
			}
			common = first[lo:hi]
		}
	}
	return common
}

// rarity orders bytes by how rare they are in the records of CloudTrail.
func rarity(c byte) int {
	const commonFirst = "\"ea:stnroc3i,d1u-m70826l4A.p/5IvSbfy9wTRhg{}DC_EOkNHPMLVZ#GxKWzBUFqYJXQ[]"
	if i := strings.IndexByte(commonFirst, c); i >= 0 {
		return i
	}
	return len(commonFirst)
}

// search looks for marks in one record after the other. It remembers where the
// next of their letters are.
type search struct{ insight, common int }

// in reports whether the marks are in b[i:end]. The common one is, if there is
// none to look for.
func (s *search) in(b []byte, i, end int, m *marks) (insight, common bool) {
	if common = m.common.text == ""; !common {
		letter := m.common.text[m.common.letter]
		if s.common < i {
			s.common = next(b, i, letter)
		}
		both := letter == m.insight.text[m.insight.letter]
		for ; s.common < end; s.common = next(b, s.common+1, letter) {
			common = common || m.common.around(b, s.common)
			if both && m.insight.around(b, s.common) {
				return true, common
			}
		}
		if both {
			return false, common
		}
	}
	letter := m.insight.text[m.insight.letter]
	if s.insight < i {
		s.insight = next(b, i, letter)
	}
	for ; s.insight < end; s.insight = next(b, s.insight+1, letter) {
		if m.insight.around(b, s.insight) {
			return true, common
		}
	}
	return false, common
}

// needle is a text with the index of a letter in it.
type needle struct {
	text   string
	letter int
}

// around reports whether the needle is in b with its letter at b[i], which is
// that letter.
func (n *needle) around(b []byte, i int) bool {
	start := i - n.letter
	return start >= 0 && b[start] == n.text[0] && bytes.HasPrefix(b[start:], []byte(n.text)) // the first letter tells nearly always
}
