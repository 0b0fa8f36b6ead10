// Package netem is the engine of a link emulator: it decides what happens to each
// datagram that crosses a bad network, and when. It opens no socket, starts no
// goroutine and reads no clock; drivers bring datagrams and the time. Package
// memnet drives it in memory and in virtual time, package relay in front of real
// sockets, package des in an event loop.
//
// # The same adversary for everyone
//
// A fate is not drawn from a stream of random numbers, in which every draw depends
// on all draws before it. It is a hash of the seed, the flow, the direction, the
// label of the datagram and how often that label has been seen (its occurrence).
// A [Labeler] says what the label is; it names what a datagram means and leaves out
// what an implementation is free to choose. So the third transmission of one and
// the same fragment meets the same fate in every run, on every machine, for every
// implementation, however many goroutines were sending at the time.
//
// Some impairments follow the order of datagrams or the time by their nature: a
// queue that overflows, every fifth datagram, bursts along the order of sending,
// phases. In virtual time these are exact too. On real sockets they are as
// reproducible as the order and the time; a record of the run is exact even so.
//
// # Record, replay, shrink
//
// A [Recorder] gets every fate. [Replay] makes of a record a [Profile] that decides
// the same again, and [Shrink] the smallest script that still makes a run fail.
//
// # Names of things
//
// A [Profile] says what a link does; it comes from [ProfileByName], from a scenario
// file by [Parse], from a record, or is written in Go. A [Link] is one link at work.
// Direction ab leads from the client to the server, ba back.
package netem
