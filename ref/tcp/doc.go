// Package tcp speaks VSTP over TCP: the sockets and goroutines around
// [session.Server] and [session.Client], which make every decision.
//
// A [Server] answers messages with its application; each of its connections has two
// goroutines: one reads frames and reports them to the session, one runs the
// application. A third sends, as long as there is something to be sent. A [Conn] is a
// connection to a server, with one that reads and one that sends. All of them are gone
// when Close returns.
//
// Bounded queues lie between them. When the application's queue is full, or the peer
// does not read what is sent to it, reading stops, and TCP makes the peer wait: a slow
// application or a slow reader costs its own connection time and the program a bounded
// amount of memory, and nobody else anything.
//
// Frames that wait to be sent leave many at a time, in one system call, and in the order
// of package priority: what the protocol has to say goes ahead of messages, messages stay
// in order, and the last frame of a connection is the last.
//
// Extensions, see package extension, stand between the application and all that.
//
// Both speak TLS 1.3 if they are given settings for it. All else is the same then.
//
// Go's defaults for TCP sockets are kept: no delay for small segments, and
// keepalive probes, which find connections whose peer has vanished.
package tcp
