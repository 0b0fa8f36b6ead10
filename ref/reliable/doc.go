// Package reliable sends messages over links that lose datagrams, and recognises
// those that come more than once. It has no sockets, no goroutines and no clock:
// who calls it says what the time is.
//
// [Sender] takes a message from the application to its end: it gives it a msg-id,
// cuts it if it does not fit a datagram, says which datagram is to be sent when,
// repeats what is not acknowledged and knows when to give up. How many acknowledged
// messages are under way to one destination follows from what its path holds, see
// [WindowConfig]. [Duplicates] tells
// the receiver of messages which of them it has delivered already.
//
// # The timeline of a send
//
// With the default settings a message to a peer that never answers is transmitted four
// times, and given up 2 s after the last, 2.7 s after the first [RTX-4] [RTX-5]:
//
//	0 ms   100 ms   300 ms       700 ms                         2,700 ms
//	send   again    again        again                          Timeout
//	  |-100-|--200---|-----400-----|-----------2,000--------------|
//
// The time of a fragmented message counts from its last fragment, which may leave long
// after its first: fragments are paced. An ACK ends the send at whatever point it comes,
// fragments that have not left included.
//
// # Driving a Sender
//
// There are three things that happen: the application sends ([Sender.Send]), something
// arrives ([Sender.Acknowledge], [Sender.Refuse]), and time passes. After each of them:
// call [Sender.Advance] for what has failed, call [Sender.Poll] until it has nothing
// more to send, and come back at [Sender.NextTimeout] at the latest. Package udp does so
// in one goroutine; the example does it in a loop in which time jumps.
//
// # What a duplicate is
//
// A receiver whose ACK was lost gets the message again, with the same msg-id and the
// same octets. By both it is recognised: a msg-id alone is no proof, for a program that
// was started again may begin to count where it did before [ACK-6].
package reliable
