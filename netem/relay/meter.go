package relay

import (
	"net"
	"net/netip"
)

// meterGroup says whose sockets are watched.
type meterGroup uint8

const (
	meterRelay meterGroup = iota
	meterTarget
	meterClients
)

// dropMeter watches how many datagrams the host has dropped at some sockets because
// their receive buffers were full. The host keeps that count for every socket.
type dropMeter struct {
	known   bool
	sockets []watched
}

type watched struct {
	group meterGroup
	addr  netip.AddrPort
	first uint64 // count when the watch began; 0 for a socket that was opened later
	last  uint64
	gone  bool
}

// watch begins to watch the socket at an address of this host. Where there is none
// nothing is counted until one is opened. Addresses of other hosts are left alone: a
// socket of this host that is bound to all addresses may well have the same port.
func (m *dropMeter) watch(group meterGroup, addr netip.AddrPort) {
	if !onThisHost(addr.Addr()) {
		return
	}
	table, known := socketDrops()
	m.known = known
	w := watched{group: group, addr: addr}
	if drops, found := table.find(addr); found {
		w.first, w.last = drops, drops
	}
	m.sockets = append(m.sockets, w)
}

// read brings the counts up to date.
func (m *dropMeter) read() {
	table, known := socketDrops()
	m.known = known
	for i := range m.sockets {
		w := &m.sockets[i]
		if drops, found := table.find(w.addr); found && !w.gone {
			w.last = max(w.last, drops)
		}
	}
}

// forget ends the watch over a socket that is about to be closed; its count stays.
func (m *dropMeter) forget(addr netip.AddrPort) {
	m.read()
	for i := range m.sockets {
		if m.sockets[i].addr == addr {
			m.sockets[i].gone = true
		}
	}
}

func (m *dropMeter) dropped(group meterGroup) int {
	sum := uint64(0)
	for _, w := range m.sockets {
		if w.group == group {
			sum += w.last - w.first
		}
	}
	return int(sum)
}

// dropTable is the count of drops by the address to which a socket is bound.
type dropTable map[netip.AddrPort]uint64

// find finds the socket that receives what is sent to an address: bound to it, or to
// all addresses of the host.
func (t dropTable) find(addr netip.AddrPort) (drops uint64, found bool) {
	for _, ip := range []netip.Addr{addr.Addr(), netip.IPv4Unspecified(), netip.IPv6Unspecified()} {
		if drops, found = t[netip.AddrPortFrom(ip, addr.Port())]; found {
			return drops, true
		}
	}
	return 0, false
}

func onThisHost(addr netip.Addr) bool {
	if addr.IsLoopback() || addr.IsUnspecified() {
		return true
	}
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return false
	}
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok && n.IP.Equal(addr.AsSlice()) {
			return true
		}
	}
	return false
}
