// Package frag cuts messages that do not fit a datagram into fragments and puts
// fragments together again. It has no sockets, no goroutines and no clock: who
// calls it says what the time is.
//
// For a sender there are [Split], which cuts a message, [IDs], which chooses the
// frag-id of each, and [Pacer], which says when the next fragment may leave. For a
// receiver there is [Reassembler], and [Recent], the memory of what has been
// delivered of late.
//
// Fragments exist over UDP only.
//
// [Reassembler.Add] copies the payload of a fragment into the arena of its message,
// and the message into one piece when it is complete, which is valid until the next
// call of Add. Once messages of a size have been put together, further ones need no
// memory but that of the keys that are remembered. What all this takes is measured in
// ../PERFORMANCE.md.
package frag
