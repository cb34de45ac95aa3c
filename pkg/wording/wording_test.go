package wording_test

import (
	"testing"

	"chimewatch/pkg/wording"
)

func TestCount(t *testing.T) {
	for n, want := range map[int]string{-1234: "-1,234 denials", -123: "-123 denials", 0: "0 denials", 1: "1 denial", 999: "999 denials", 1000: "1,000 denials", 12345678: "12,345,678 denials"} {
		if got := wording.Count(n, "denial", "denials"); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}

func TestSome(t *testing.T) {
	all := []string{"a", "b", "c"}
	for few, want := range []string{" and 3 more", "a and 2 more", "a, b and 1 more", "a, b, c", "a, b, c"} {
		if got := wording.Some(all, few); got != want {
			t.Errorf("%d: %q, want %q", few, got, want)
		}
	}
}

func TestGrouped(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 7: "7", 999: "999", 1000: "1,000", 123456: "123,456", 1234567: "1,234,567", -1000: "-1,000"} {
		if got := wording.Grouped(n); got != want {
			t.Errorf("wording.Grouped(%d) = %q, want %q", n, got, want)
		}
	}
}
