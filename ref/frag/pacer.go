package frag

import "time"

// A burst of at most paceBurst fragments leaves in any paceWindow. Four bursts make
// the 64 of the rule and four windows 11 ms: the tenth that they exceed the 10 ms of
// the rule by keeps it where fragments arrive closer together than they left, and a
// burst of 16 does not fill any receive buffer.
const (
	paceBurst  = 16
	paceWindow = 2750 * time.Microsecond
)

// Pacer says when the next fragment may leave. The zero value is ready, with
// nothing sent so far. Retransmitted fragments count like any other.
//
// "A sender SHOULD pace fragments so that no 10 ms contain more than 64 of them."
// [FRG-13]
type Pacer struct {
	sent [paceBurst]time.Time // when the latest fragments left, the oldest at next
	next int
}

// Next returns the time from which on another fragment may leave. It is in the past
// if one may leave at once.
func (p *Pacer) Next() time.Time {
	if oldest := p.sent[p.next]; !oldest.IsZero() {
		return oldest.Add(paceWindow)
	}
	return time.Time{}
}

// Sent notes that a fragment left.
func (p *Pacer) Sent(now time.Time) {
	p.sent[p.next] = now
	p.next = (p.next + 1) % paceBurst
}
