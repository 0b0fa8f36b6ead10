// Package relay puts an emulated link in front of a real implementation: a relay
// listens where clients are to connect and passes everything on to one target, both
// ways through the link.
//
// # Drops that nobody decided
//
// A kernel drops datagrams whose receiver is too slow, and a run in which that has
// happened proves nothing about the receiver. [UDP.Stats] counts such drops at the
// relay's own sockets, and at those of target and clients where they are on this
// host, and says that the run is inconclusive because of them.
//
// # Boundaries
//
// A stream has no boundaries: two writes can arrive as one. Where a profile ends a
// slice, the TCP relay therefore waits until the reader has taken all octets out of
// its socket before it sends more. The kernel tells, on Linux and for a reader on
// this host; [TCP.Stats] counts how many boundaries were verified in this way.
// Everywhere else the relay waits a moment instead, and says so.
package relay
