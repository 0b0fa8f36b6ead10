// Package reliable sends messages over links that lose datagrams, and recognises
// those that come more than once. It has no sockets, no goroutines and no clock:
// who calls it says what the time is.
//
// [Sender] takes a message from the application to its end: it gives it a msg-id,
// cuts it if it does not fit a datagram, says which datagram is to be sent when,
// repeats what is not acknowledged and knows when to give up. [Duplicates] tells
// the receiver of messages which of them it has delivered already.
package reliable
