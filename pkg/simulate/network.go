package simulate

import "net/netip"

// network is a piece of a /24 or /48 from which somebody calls.
type network struct {
	base  netip.Addr // the first address
	hosts int        // how many addresses are in use, at most 254
}

// address is one of the network's addresses in use.
func (n network) address(d dice) netip.Addr {
	return n.host(d.IntN(n.hosts))
}

// host is the i-th address in use.
func (n network) host(i int) netip.Addr {
	if n.base.Is4() {
		b := n.base.As4()
		b[3] += byte(1 + i)
		return netip.AddrFrom4(b)
	}
	b := n.base.As16()
	b[15] += byte(1 + i)
	return netip.AddrFrom16(b)
}

// site is a kind of place with address space of its own, so that two kinds
// never share a network by accident. IPv6 networks are from the block for
// documentation (RFC 3849).
type site string

const (
	natGateway site = "nat"     // elastic addresses of the team's VPCs
	office     site = "office"  // offices, the VPN, the data centre
	home       site = "home"    // homes of people and app users
	carrier    site = "carrier" // mobile networks
	hosting    site = "hosting" // rented servers, VPN services
	runners    site = "runners" // CI machines of a SaaS
	cloud      site = "cloud"   // other people's virtual machines, new ones of the team
)

// first returns the first bytes of a site's IPv4 space, all of them public.
func (s site) first() []byte {
	switch s {
	case natGateway:
		return []byte{3, 18, 34}
	case office:
		return []byte{62, 80, 194}
	case home:
		return []byte{24, 71, 73, 86, 109}
	case carrier:
		return []byte{94, 166, 174}
	case runners:
		return []byte{4, 13, 20}
	case cloud:
		return []byte{44, 52, 54, 99}
	default:
		return []byte{5, 45, 51, 104, 159, 167, 185}
	}
}

// newNetwork makes a public network of a site with up to hosts addresses.
func newNetwork(d dice, s site, hosts int) network {
	v6 := map[site]float64{home: 0.25, carrier: 0.4, hosting: 0.1}[s]
	if d.chance(v6) {
		b := netip.MustParseAddr("2001:db8::").As16()
		b[4], b[5], b[7] = byte(d.IntN(256)), s.first()[0], byte(d.IntN(256))
		return network{netip.AddrFrom16(b), hosts}
	}
	b := [4]byte{pick(d, s.first()), byte(d.IntN(256)), byte(d.IntN(256)), byte(d.IntN(256 - hosts - 1))}
	return network{netip.AddrFrom4(b), hosts}
}

// newSubnet makes a private network, as behind a VPC endpoint.
func newSubnet(d dice) network {
	return network{netip.AddrFrom4([4]byte{10, byte(d.between(16, 40)), byte(d.IntN(256)), 0}), d.between(4, 60)}
}

// lair is a network from which an attacker works when not from the victim's.
func lair(d dice) network {
	x := d.Float64()
	switch {
	case x < 0.45:
		return newNetwork(d, hosting, d.between(1, 4))
	case x < 0.70:
		return newNetwork(d, home, 1)
	case x < 0.92:
		return newNetwork(d, cloud, d.between(1, 3))
	default:
		return newNetwork(d, carrier, d.between(1, 8))
	}
}
