// Package memnet is a network in memory with one emulated link in it: packet
// connections of a server and its clients, and stream connections. It is made for
// tests under testing/synctest, where minutes of waiting pass in microseconds and
// every run is the same.
//
// # What makes runs the same
//
// One timer drives a network. A timer for each datagram would not do: the runtime
// fires timers of the same instant in random order, on purpose.
//
// Datagrams that are written at one instant are parked until every goroutine of the
// bubble waits for something, and only then enter the link, in the order of their
// labels (see [netem.Link.SendTogether]): which of several goroutines wrote first at
// an instant is chance, and would make the order chance. The parts of one message
// stay in the order in which they were written. A program that writes from one
// goroutine only can ask for its own order with [Options].AsWritten.
//
// All this needs a bubble. Outside one the network works in real time, and the order
// of what several goroutines write is as random as on a real one.
//
// Connections behave as those of package net do: a deadline that has passed wins
// over data that is there, errors are of type *net.OpError, and they match
// net.ErrClosed and os.ErrDeadlineExceeded.
package memnet
