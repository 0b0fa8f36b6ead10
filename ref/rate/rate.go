// Package rate bounds how much each peer may send. It keeps no time of its own and
// does no I/O: who asks says what time it is.
//
// A peer is an IP address, whatever ports it uses; IPv6 addresses count by their first
// 64 bits, since a host has as many of the others as it likes. Each may send at its
// rate for ever and one second's worth ahead. In octets the last frame of those may go
// beyond, so that one which is larger than a second's worth passes at all; it is paid
// off before the next.
package rate

import (
	"net/netip"
	"time"
)

// Limit is what one peer may send in a second. Zero means that there is no limit of
// that kind.
type Limit struct {
	Frames int // frames, or datagrams
	Octets int
}

// burst is how far ahead of its rate a peer may be.
const burst = time.Second

// tellEvery is how often a peer hears that it was refused.
const tellEvery = time.Second

// maxPeers is how many peers are told apart. Those beyond share what one may send.
const maxPeers = 65_536

// sweepAt is the number of peers at which those are looked for, for the first time,
// that have been quiet for long enough to be forgotten.
const sweepAt = 1024

// A Limiter decides, frame by frame, whether a peer may send. It is not safe for
// concurrent use. Nil is a limiter without a limit.
type Limiter struct {
	frame, octet float64 // nanoseconds that one of them takes
	peers        map[netip.Addr]*peer
	sweep        int       // the number of peers at which to look for quiet ones
	swept        time.Time // when that was done last
	others       peer      // those that are not told apart
}

// peer is what is known of one. The times are those at which it will have paid for what
// it has sent.
type peer struct {
	frames, octets time.Time
	told           time.Time // when it heard last that it was refused
}

// New returns a limiter, nil if there is nothing to limit.
func New(l Limit) *Limiter {
	if l.Frames <= 0 && l.Octets <= 0 {
		return nil
	}
	return &Limiter{
		frame: each(l.Frames), octet: each(l.Octets),
		peers: make(map[netip.Addr]*peer), sweep: sweepAt,
	}
}

// each returns how long one of so many in a second takes, 0 if there is no limit.
func each(perSecond int) float64 {
	if perSecond <= 0 {
		return 0
	}
	return float64(time.Second) / float64(perSecond)
}

// Take reports whether a peer may send a frame of the given octets now; then it is
// counted. If it may not, nothing is counted, and tell says that the peer may hear
// about it, which is the case once in a second and peer.
func (l *Limiter) Take(now time.Time, from netip.Addr, octets int) (ok, tell bool) {
	if l == nil {
		return true, false
	}
	p := l.peer(now, Peer(from))
	frame := time.Duration(l.frame)
	if p.frames.Sub(now)+frame > burst || p.octets.Sub(now) >= burst {
		if tell = now.Sub(p.told) >= tellEvery; tell {
			p.told = now
		}
		return false, tell
	}
	p.frames = later(p.frames, now).Add(frame)
	p.octets = later(p.octets, now).Add(time.Duration(l.octet * float64(octets)))
	return true, false
}

// Peers returns how many peers are told apart at the moment.
func (l *Limiter) Peers() int {
	if l == nil {
		return 0
	}
	return len(l.peers)
}

// peer returns what is known of a peer.
func (l *Limiter) peer(now time.Time, from netip.Addr) *peer {
	if p, ok := l.peers[from]; ok {
		return p
	}
	full := len(l.peers) >= maxPeers
	if full && now.Sub(l.swept) >= burst || !full && len(l.peers) >= l.sweep {
		l.forget(now)
	}
	if len(l.peers) >= maxPeers {
		return &l.others
	}
	p := new(peer)
	l.peers[from] = p
	return p
}

// forget lets go of the peers that a new one is no different from.
func (l *Limiter) forget(now time.Time) {
	for from, p := range l.peers {
		if !p.frames.After(now) && !p.octets.After(now) && now.Sub(p.told) >= tellEvery {
			delete(l.peers, from)
		}
	}
	l.sweep, l.swept = max(sweepAt, 2*len(l.peers)), now
}

// Peer returns what a peer is told apart by: its IPv4 address, or the first 64 bits of
// its IPv6 address.
func Peer(from netip.Addr) netip.Addr {
	from = from.Unmap().WithZone("")
	if from.Is6() {
		prefix, _ := from.Prefix(64) // 64 bits are there
		return prefix.Addr()
	}
	return from
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
