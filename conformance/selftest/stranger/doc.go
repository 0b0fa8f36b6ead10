// Package stranger is a server that was written from the specification alone, with the
// judge's pen and eyes and without a line of the reference implementation. It keeps what
// the profile core demands and takes, wherever that leaves a choice, the one that the
// reference peer does not take.
//
// It says nothing of faults: no ERR is ever sent but to early DATA. It goes on after a
// damaged frame, whose end is known, and closes without a word where it is not. It takes
// DATA only from those who have said HELLO, answers BYE by BYE, PING by a PONG without
// its payload, acknowledges nothing over TCP and by itself asks for a PONG now and then.
// Its session identifiers have all 39 digits and count downwards. Over UDP it takes
// neither datagrams above 2,400 octets nor compressed messages, ignores what stands
// behind a frame, delivers each copy of a message, acknowledges after it has answered,
// and sends fragments of unequal size in the order of a countdown, with the headers of
// the message in the first of them alone. It writes in small pieces.
package stranger
