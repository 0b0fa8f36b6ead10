// Package peer is the reference implementation as a program under test: the echo
// application that the specification's test contract asks for, over every
// transport that the reference implementation serves, the application of its Easy
// endpoints, and the adapter through which
// its client and its codec are driven.
//
// The application answers whoever asks, and with x-reply-size as much as is asked
// for. It belongs on test networks only.
package peer
