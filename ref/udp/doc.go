// Package udp speaks VSTP over UDP: the socket and goroutines around
// [session.Endpoint], [frag.Reassembler], [reliable.Duplicates] and
// [reliable.Sender], which make every decision.
//
// A [Server] answers messages with its application, a [Conn] is for a program that
// sends to whom it likes and receives from whoever sends to it. Beneath both is one
// and the same machine, for over UDP a client has the duties of a server: it
// answers PING, acknowledges, puts fragments together and delivers nothing twice.
//
// One goroutine receives, reacts and sends the protocol's own replies. Another sends
// what takes its time: the fragments of long messages, which are paced, and what is
// repeated until it is acknowledged. Each message delivered by a Server has a
// goroutine of its own for as long as the application works on it, so that an answer
// which takes its time holds up nobody. How many there may be is bounded, in all and
// for each source; a message beyond that is dropped and not acknowledged, as if it
// had been lost on the way.
//
// The protocol's own replies do not queue behind messages: they leave as soon as what
// they answer has come, and so ahead of the fragments that wait for their turn [PRI-2].
//
// Datagrams that are to leave at the same time anyway, and those that have arrived
// together, go through one call of the system where it can take several: see
// Config.NoOffload. Nothing waits for others to leave with.
//
// Replies come from the address that the request was sent to. On Linux that holds
// for a socket bound to the wildcard address too; elsewhere the system chooses the
// address, so a host with several should bind to one of them.
package udp
