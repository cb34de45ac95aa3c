package cloudtrail

import "testing"

func TestIsAccount(t *testing.T) {
	for s, want := range map[string]bool{
		"111122223333": true, "000000000000": true,
		"": false, "11112222333": false, "1111222233334": false, "11112222333x": false, "1111x2223333": false, "11112222333\u0663": false,
	} {
		if IsAccount(s) != want {
			t.Errorf("%q: %v, want %v", s, !want, want)
		}
	}
}
