// Package udp serves VSTP over UDP: the socket and goroutines around
// [session.Endpoint], which makes every decision.
//
// One goroutine receives, reacts and sends the protocol's own replies. Each
// message delivered has a goroutine of its own for as long as the application
// works on it, so that an answer which takes its time holds up nobody. How many
// there may be is bounded, in all and for each source; a message beyond that is
// dropped and not acknowledged, as if it had been lost on the way.
//
// Replies come from the address that the request was sent to. On Linux that holds
// for a socket bound to the wildcard address too; elsewhere the system chooses the
// address, so a host with several should bind to one of them.
package udp
