package relay

import (
	"bufio"
	"encoding/hex"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
)

// socketDrops reads the kernel's table of UDP sockets. Its last column is the count
// that SO_RXQ_OVFL reports as well, but to the owner of a socket only, and only along
// with a datagram that comes after the drop.
func socketDrops() (table dropTable, known bool) {
	table = dropTable{}
	for _, name := range []string{"/proc/net/udp", "/proc/net/udp6"} {
		f, err := os.Open(name)
		if err != nil {
			continue // a host without IPv6 has no second table
		}
		lines := bufio.NewScanner(f)
		for lines.Scan() {
			fields := strings.Fields(lines.Text())
			if len(fields) < 13 {
				continue
			}
			addr, ok := kernelAddr(fields[1])
			drops, err := strconv.ParseUint(fields[len(fields)-1], 10, 64)
			if ok && err == nil {
				table[addr] += drops
				known = true
			}
		}
		_ = f.Close()
	}
	return table, known
}

// kernelAddr reads an address as the kernel writes it: hexadecimal words of four
// octets in the order of the machine, a colon, and the port.
func kernelAddr(s string) (netip.AddrPort, bool) {
	ip, port, _ := strings.Cut(s, ":")
	octets, err := hex.DecodeString(ip)
	p, err2 := strconv.ParseUint(port, 16, 16)
	if err != nil || err2 != nil {
		return netip.AddrPort{}, false
	}
	if littleEndian {
		for word := range slices.Chunk(octets, 4) {
			slices.Reverse(word)
		}
	}
	addr, ok := netip.AddrFromSlice(octets)
	return netip.AddrPortFrom(addr.Unmap(), uint16(p)), ok
}
