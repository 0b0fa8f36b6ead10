// Package session holds the rules that a VSTP endpoint follows once frames can be
// told apart, as state machines without sockets, goroutines or clocks.
//
// [Server] is the life of one TCP connection as its server sees it: greeting,
// PING and PONG, acknowledgement, faults, BYE, the end of the stream and the
// timers. [Client] is the same life as its client sees it, with the sends that wait
// for an ACK. [Endpoint] is what one UDP endpoint does with one datagram. All are
// told what happens, together with the time where time matters, and say what is
// to be done about it; package tcp and package udp do it.
//
// The application stands behind each of them. It receives DATA messages and
// answers them, or sends some of its own; every other frame type is the protocol's own
// business and never reaches it. Protocol replies never wait for the application.
//
// What an endpoint refuses is a [LocalError], what its peer has told it a
// [PeerError]. Both unwrap to the [wire.Reason] that the specification names.
//
// Fragments are put together, and duplicates recognised, by package frag and
// package reliable. Messages are decompressed by the [Unpack] that an endpoint is
// given; without one compression is not offered, and what a peer sends of it is
// refused as the specification wants it, see [Server.Frame], [Client.Frame] and
// [Endpoint.Message]. What an application sends is compressed before it comes here.
package session
