package denial

import "testing"

// https://www.iana.org/assignments/iana-ipv4-special-registry/,
// https://www.iana.org/assignments/iana-ipv6-special-registry/
func TestSource(t *testing.T) {
	tests := []struct {
		text, addr, network string
		public              bool
	}{
		{"203.0.113.7", "203.0.113.7", "203.0.113.0/24", true},
		{"::ffff:203.0.113.7", "203.0.113.7", "203.0.113.0/24", true},
		{"::ffff:cb00:7107", "203.0.113.7", "203.0.113.0/24", true},
		{"2001:DB8:1:2:0:0:0:1", "2001:db8:1:2::1", "2001:db8:1::/48", true},
		{"2001:db8::1%eth0", "2001:db8::1", "2001:db8::/48", true},
		{"0.1.2.3", "0.1.2.3", "0.1.2.0/24", false},
		{"1.0.0.0", "1.0.0.0", "1.0.0.0/24", true},
		{"9.255.255.255", "9.255.255.255", "9.255.255.0/24", true},
		{"10.0.0.1", "10.0.0.1", "10.0.0.0/24", false},
		{"11.0.0.0", "11.0.0.0", "11.0.0.0/24", true},
		{"100.63.255.255", "100.63.255.255", "100.63.255.0/24", true},
		{"100.64.0.0", "100.64.0.0", "100.64.0.0/24", false},
		{"100.127.255.255", "100.127.255.255", "100.127.255.0/24", false},
		{"100.128.0.0", "100.128.0.0", "100.128.0.0/24", true},
		{"127.0.0.1", "127.0.0.1", "127.0.0.0/24", false},
		{"169.253.1.1", "169.253.1.1", "169.253.1.0/24", true},
		{"169.254.1.1", "169.254.1.1", "169.254.1.0/24", false},
		{"172.15.0.1", "172.15.0.1", "172.15.0.0/24", true},
		{"172.16.0.1", "172.16.0.1", "172.16.0.0/24", false},
		{"172.31.255.1", "172.31.255.1", "172.31.255.0/24", false},
		{"172.32.0.1", "172.32.0.1", "172.32.0.0/24", true},
		{"192.168.1.1", "192.168.1.1", "192.168.1.0/24", false},
		{"192.169.1.1", "192.169.1.1", "192.169.1.0/24", true},
		{"223.255.255.255", "223.255.255.255", "223.255.255.0/24", true},
		{"224.0.0.1", "224.0.0.1", "224.0.0.0/24", false},
		{"255.255.255.255", "255.255.255.255", "255.255.255.0/24", false},
		{"::ffff:10.0.0.1", "10.0.0.1", "10.0.0.0/24", false},
		{"::", "::", "::/48", false},
		{"::1", "::1", "::/48", false},
		{"::2", "::2", "::/48", true},
		{"fbff::1", "fbff::1", "fbff::/48", true},
		{"fc00::1", "fc00::1", "fc00::/48", false},
		{"fdff::1", "fdff::1", "fdff::/48", false},
		{"fe7f::1", "fe7f::1", "fe7f::/48", true},
		{"fe80::1%1", "fe80::1", "fe80::/48", false},
		{"febf::1", "febf::1", "febf::/48", false},
		{"fec0::1", "fec0::1", "fec0::/48", true},
		{"ff02::1", "ff02::1", "ff02::/48", false},
		{"chime.amazonaws.com", "invalid IP", "invalid Prefix", false},
		{"AWS Internal", "invalid IP", "invalid Prefix", false},
		{"203.0.113.7, 10.0.0.1", "invalid IP", "invalid Prefix", false},
		{"203.0.113.07", "invalid IP", "invalid Prefix", false},
		{"203.0.113.7:443", "invalid IP", "invalid Prefix", false},
		{"", "invalid IP", "invalid Prefix", false},
	}
	for _, tt := range tests {
		addr := sourceAddr(tt.text)
		if addr.String() != tt.addr || NetworkOf(addr).String() != tt.network || isPublic(addr) != tt.public {
			t.Errorf("%q: %v in %v, public %v; want %s in %s, public %v", tt.text, addr, NetworkOf(addr), isPublic(addr), tt.addr, tt.network, tt.public)
		}
	}
}
