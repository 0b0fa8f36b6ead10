// Package tcp serves VSTP over TCP: the sockets and goroutines around
// [session.Server], which makes every decision.
//
// Each connection has three goroutines, all of them gone when [Server.Close]
// returns: one reads frames and reports them to the session, one runs the
// application, one writes. Two bounded queues lie between them. When the
// application's queue is full, or the peer does not read its answers, reading
// stops, and TCP makes the peer wait: a slow application or a slow reader costs its
// own connection time and the server a bounded amount of memory, and nobody else
// anything.
//
// Go's defaults for TCP sockets are kept: no delay for small segments, and
// keepalive probes, which find connections whose peer has vanished.
package tcp
