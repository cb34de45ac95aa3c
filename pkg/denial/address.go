package denial

import "net/netip"

// sourceAddr returns the address in sourceIPAddress in canonical form, without
// a zone and not mapped into IPv6. It is invalid if the field holds none: the
// DNS name of a service or "AWS Internal".
func sourceAddr(text string) netip.Addr {
	addr, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Addr{}
	}
	return canonical(addr)
}

func canonical(addr netip.Addr) netip.Addr { return addr.WithZone("").Unmap() }

// NetworkOf returns the network that an address counts as: its /24 in IPv4,
// its /48 in IPv6. Of an invalid address it is the zero Prefix.
func NetworkOf(addr netip.Addr) netip.Prefix {
	addr = canonical(addr)
	bits := 48
	if addr.Is4() {
		bits = 24
	}
	network, err := addr.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return network
}

// isPublic reports whether a canonical address is one of the open Internet:
// valid and in none of 0/8, 10/8, 100.64/10, 127/8, 169.254/16, 172.16/12,
// 192.168/16, 224/3, ::/128, ::1, fc00::/7, fe80::/10 and ff00::/8.
//
// https://www.iana.org/assignments/iana-ipv4-special-registry/,
// https://www.iana.org/assignments/iana-ipv6-special-registry/
func isPublic(addr netip.Addr) bool {
	switch {
	case addr.Is4():
		b := addr.As4()
		switch {
		case b[0] == 0, b[0] == 10, b[0] == 127, b[0] >= 224,
			b[0] == 100 && b[1]&0xc0 == 64,
			b[0] == 169 && b[1] == 254,
			b[0] == 172 && b[1]&0xf0 == 16,
			b[0] == 192 && b[1] == 168:
			return false
		}
		return true
	case addr.Is6():
		b := addr.As16()
		return !addr.IsUnspecified() && !addr.IsLoopback() &&
			b[0]&0xfe != 0xfc && // fc00::/7
			!(b[0] == 0xfe && b[1]&0xc0 == 0x80) && // fe80::/10
			b[0] != 0xff // ff00::/8
	}
	return false
}
