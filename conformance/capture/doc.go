// Package capture reads and writes captures of packets, as Wireshark and tcpdump
// do: it reads the formats pcap and pcapng, takes the usual link layers, IP, UDP
// and TCP off, and puts the octets of TCP connections in order; and it writes
// pcapng in which each packet has a comment.
//
// It knows nothing of what is inside the datagrams and streams.
package capture
