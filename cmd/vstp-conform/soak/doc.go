// Package soak tries how the reference peer bears what is done to a server on a bad
// day, and gives figures: what ten thousand idle connections take, what becomes of slow
// senders, of decompression bombs and of lengths that are only declared, whether an
// honest client is served behind a flood, and whether everything is as it was when the
// trouble is over.
//
// Each trial has a server process of its own. What is done to it comes from this
// process, or from a further one where a process is to die; what the server takes is
// read from it over HTTP and from /proc. A [Trial] holds if each figure that has a bound
// keeps to it. It is a measurement, which takes minutes and says something about the
// machine too, and no part of go test.
//
// Honest clients are those of the reference implementation; the other octets are built
// by package forge, which knows no rules.
package soak
