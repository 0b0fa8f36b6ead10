// Package tap is the passive judge: it is shown what two implementations of VSTP
// send to each other, and says which requirements they break by it. It sends
// nothing, and it needs neither sockets nor a clock: octets and times are passed in.
//
// [Tap] takes what a relay sees, as it happens; [Read] takes a capture. What breaks
// a requirement is a [Finding]: which requirement, by which side, when, and by which
// octets.
//
// Only what is certain is a finding. A tap sees neither what an implementation was
// told to do nor what it has taken in, and a capture can have holes. So the rules
// that rest on what did not happen are judged on a TCP connection that has come to
// an orderly end, and those that rest on everything having been seen only where that
// is so; see [Options].
//
// Memory is bounded: a conversation that would take the tap above its budget is given
// up, which is said in a [Note].
package tap
