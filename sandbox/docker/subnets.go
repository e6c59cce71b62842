package docker

import (
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"

	"pattarai/sandbox"
)

// subnetBits makes every lab a /28: a gateway, the probe and up to twelve nodes.
const subnetBits = 28

// maxNodes is how many nodes fit beside the gateway and the probe.
const maxNodes = sandbox.MaxNodes

var errNoSubnet = errors.New("every /28 of the labs' address range is in use; end some labs or configure a larger range")

// subnets hands out /28s of one range. The engine has the last word: a subnet it
// refuses is skipped, so two installations may share a range.
type subnets struct {
	mu   sync.Mutex
	all  netip.Prefix
	next uint32
	used map[netip.Prefix]bool // By networks that we made and have not removed.
}

func newSubnets(all netip.Prefix) *subnets {
	all = all.Masked()
	return &subnets{all: all, next: rand.Uint32N(count(all)), used: map[netip.Prefix]bool{}}
}

func count(all netip.Prefix) uint32 { return 1 << (subnetBits - all.Bits()) }

// take returns a /28 that neither we nor busy use.
func (s *subnets) take(busy []netip.Prefix) (netip.Prefix, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for range count(s.all) {
		p := s.at(s.next)
		s.next = (s.next + 1) % count(s.all)
		if s.used[p] || overlaps(p, busy) {
			continue
		}
		s.used[p] = true
		return p, nil
	}
	return netip.Prefix{}, errNoSubnet
}

// give returns a subnet whose network is gone.
func (s *subnets) give(p netip.Prefix) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.used, p)
}

func (s *subnets) at(i uint32) netip.Prefix {
	base := s.all.Addr().As4()
	var a [4]byte
	binary.BigEndian.PutUint32(a[:], binary.BigEndian.Uint32(base[:])+i<<(32-subnetBits))
	return netip.PrefixFrom(netip.AddrFrom4(a), subnetBits)
}

func overlaps(p netip.Prefix, busy []netip.Prefix) bool {
	for _, b := range busy {
		if p.Overlaps(b) {
			return true
		}
	}
	return false
}

// hostPrefixes are the networks that the host itself is on.
func hostPrefixes() []netip.Prefix {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return nil // The engine still refuses what overlaps its own.
	}
	var out []netip.Prefix
	for _, a := range addrs {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			out = append(out, p.Masked())
		}
	}
	return out
}

// addressOf is the nth address of a subnet: 1 is the gateway, 2 the probe, and
// the topology's nodes follow.
func addressOf(p netip.Prefix, n int) netip.Addr {
	a := p.Addr()
	for range n {
		a = a.Next()
	}
	return a
}
