package netem

import (
	"slices"
	"time"
)

// Verdict says whether a datagram arrives.
type Verdict uint8

const (
	Deliver Verdict = iota
	Drop
)

var verdictNames = []string{Deliver: "deliver", Drop: "drop"}

// String returns "deliver" or "drop".
func (v Verdict) String() string { return verdictNames[v] }

// Reason says what decided a fate.
type Reason uint8

const (
	ReasonNone       Reason = iota // nothing in particular: the datagram came through
	ReasonScript                   // a rule
	ReasonBlackhole                // a black hole
	ReasonMTU                      // it was too long
	ReasonLoss                     // loss of single datagrams
	ReasonBurst                    // loss in bursts
	ReasonQueue                    // the queue was full
	ReasonRebind                   // it went to an address that the client no longer has
	ReasonUnscripted               // a replay that has no such datagram in its record
)

var reasonNames = []string{
	ReasonNone: "none", ReasonScript: "script", ReasonBlackhole: "blackhole", ReasonMTU: "mtu", ReasonLoss: "loss",
	ReasonBurst: "burst", ReasonQueue: "queue", ReasonRebind: "rebind", ReasonUnscripted: "unscripted",
}

// String returns the name of the reason in a record.
func (r Reason) String() string { return reasonNames[r] }

// Fate is everything that a link decides about one datagram. The zero value is to
// be delivered at once.
type Fate struct {
	Verdict Verdict
	Reason  Reason
	Delay   time.Duration   // from sending to delivery
	Copies  []time.Duration // further copies, each so long after the first
	Flips   []Flip          // octets that arrive altered, in every copy
	// Generation is the number of rebindings before the datagram was sent.
	Generation int
}

// flipped returns data with the flips, as a copy if there are any.
func flipped(data []byte, flips []Flip) []byte {
	if len(flips) == 0 {
		return data
	}
	data = slices.Clone(data)
	for _, f := range flips {
		if f.At < len(data) {
			data[f.At] ^= f.Mask
		}
	}
	return data
}
