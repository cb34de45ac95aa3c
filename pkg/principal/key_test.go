package principal

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestStoreKey(t *testing.T) {
	long := strings.Repeat("k", 1024)
	if got := StoreKey(long); got != long {
		t.Errorf("a key of 1,024 bytes is not stored as it is")
	}
	// printf 'k%.0s' {1..1025} | sha256sum
	const want = "sha256:011cc8dcade24f43d2d7f95605d8481da1d0b86475def49be02bfc20cee86e65"
	if got := StoreKey(long + "k"); got != want {
		t.Errorf("StoreKey of 1,025 bytes = %q, want %q", got, want)
	}
}

// Whatever callers name themselves, two of them are never stored as one.
func TestStoreKeyKeepsKeysApart(t *testing.T) {
	key := rapid.OneOf(
		rapid.String(),
		rapid.Custom(func(t *rapid.T) string {
			return strings.Repeat("k", rapid.IntRange(1020, 1030).Draw(t, "length"))
		}),
		rapid.Custom(func(t *rapid.T) string {
			return StoreKey(strings.Repeat("k", rapid.IntRange(1025, 1030).Draw(t, "length")))
		}),
	)
	rapid.Check(t, func(t *rapid.T) {
		a, b := key.Draw(t, "a"), key.Draw(t, "b")
		if (a == b) != (StoreKey(a) == StoreKey(b)) {
			t.Fatalf("%q and %q are stored as %q and %q", a, b, StoreKey(a), StoreKey(b))
		}
		if n := len(StoreKey(a)); n > 1024 {
			t.Fatalf("stored in %d bytes", n)
		}
	})
}

func TestShortName(t *testing.T) {
	for key, want := range map[string]string{
		"arn:aws:iam::111122223333:role/backend":                                       "role/backend",
		"arn:aws:iam::111122223333:role/AWSReservedSSO_X_1/jane@example.com":           "role/AWSReservedSSO_X_1/jane@example.com",
		"arn:aws:iam::111122223333:user/path/alice":                                    "user/path/alice",
		"arn:aws:iam::111122223333:root":                                               "root",
		"arn:aws:chime:us-east-1:111122223333:app-instance/i/user/u":                   "app-instance/i/user/u",
		"aws-account:444455556666:AROAEXAMPLE":                                         "aws-account:444455556666:AROAEXAMPLE",
		"messaging.chime.amazonaws.com":                                                "messaging.chime.amazonaws.com",
		"arn:aws:iam::111122223333:":                                                   "arn:aws:iam::111122223333:",
		"unknown":                                                                      "unknown",
		"arn:aws:identitystore::111122223333:identitystore/d-1234567890/544894e8-80c1": "identitystore/d-1234567890/544894e8-80c1",
	} {
		if got := ShortName(key); got != want {
			t.Errorf("ShortName(%q) = %q, want %q", key, got, want)
		}
	}
}

func TestPerson(t *testing.T) {
	for _, c := range []struct {
		key, set, person string
		ok               bool
	}{
		{"arn:aws:iam::111122223333:role/AWSReservedSSO_ChatReadOnly_0123456789abcdef/ana@example.com", "ChatReadOnly", "ana@example.com", true},
		{"arn:aws:iam::111122223333:role/AWSReservedSSO_Plain/ana", "Plain", "ana", true},
		{"arn:aws:iam::111122223333:role/AWSReservedSSO_ChatReadOnly_0123456789abcdef", "", "", false},
		{"arn:aws:iam::111122223333:role/chat-backend", "", "", false},
		{"arn:aws:iam::111122223333:user/AWSReservedSSO_ChatReadOnly_0123/ana", "", "", false},
	} {
		set, person, ok := Person(c.key)
		if ok != c.ok || ok && (set != c.set || person != c.person) {
			t.Errorf("%s: %q, %q, %v", c.key, set, person, ok)
		}
	}
}
