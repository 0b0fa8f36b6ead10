package session

import (
	"time"

	"github.com/vstp-project/vstp/ref/wire"
)

// DefaultPongTimeout is how long a PING of the keepalive's waits for a sign of life
// where nothing else is configured.
const DefaultPongTimeout = 30 * time.Second

// KeepAlive says how an endpoint finds out that its peer has vanished. Its zero value
// is the specification's default: not at all.
type KeepAlive struct {
	// Interval is how long the peer may be silent before it is sent a PING. Zero or less
	// means that it never is.
	Interval time.Duration

	// PongTimeout is how long it may be silent after that before the connection is
	// ended. Anything that arrives counts, a PONG as well as the part of a frame. Zero or
	// less means DefaultPongTimeout.
	PongTimeout time.Duration

	// ReadTimeout is how long it may be silent before the connection is ended, PING or
	// not. At a server it does not count while an answer is owed. Zero or less means for
	// ever.
	ReadTimeout time.Duration
}

// beatPayload is the payload of the keepalive's PINGs.
const beatPayload = "keepalive"

// beat is a PING of the keepalive's.
func beat() wire.Frame { return wire.Frame{Type: wire.TypePing, Payload: []byte(beatPayload)} }

// pulse watches over the silence of a peer. It counts only while the transport is
// waiting for octets: a peer that is not being read from is not silent.
type pulse struct {
	KeepAlive
	waiting bool
	heard   time.Time // the beginning of the silence
	rested  time.Time // since when nothing is owed to the peer either
	pinged  time.Time // when it was sent a PING since, zero if it was not
}

// listen notes that something has arrived and that more is being waited for.
func (p *pulse) listen(now time.Time) {
	p.waiting = true
	p.heard, p.rested, p.pinged = now, now, time.Time{}
}

// pause notes that nothing is being waited for.
func (p *pulse) pause() { p.waiting = false }

// beatDue and readDue return when the respective timer is due, or the zero time.

func (p *pulse) beatDue() time.Time {
	switch {
	case !p.waiting || p.Interval <= 0:
		return time.Time{}
	case p.pinged.IsZero():
		return p.heard.Add(p.Interval)
	case p.PongTimeout <= 0:
		return p.pinged.Add(DefaultPongTimeout)
	default:
		return p.pinged.Add(p.PongTimeout)
	}
}

func (p *pulse) readDue() time.Time {
	if !p.waiting || p.ReadTimeout <= 0 {
		return time.Time{}
	}
	return p.rested.Add(p.ReadTimeout)
}

// advance moves the time on. It says whether a PING is to be sent, and why the
// connection is to be ended, if it is. owed says that the peer is waiting for
// something.
func (p *pulse) advance(now time.Time, owed bool) (ping bool, silent *LocalError) {
	due := func(t time.Time) bool { return !t.IsZero() && !now.Before(t) }
	if !owed && due(p.readDue()) {
		return false, refusal(wire.Timeout, "nothing has come from the peer for %v", p.ReadTimeout)
	}
	if !due(p.beatDue()) {
		return false, nil
	}
	if p.pinged.IsZero() {
		p.pinged = now
		return true, nil
	}
	return false, refusal(wire.Timeout, "nothing has come from the peer for %v, and nothing in reply to a PING", now.Sub(p.heard))
}

// next returns when advance is to be called.
func (p *pulse) next(owed bool) time.Time {
	if owed {
		return p.beatDue()
	}
	return earliest(p.beatDue(), p.readDue())
}
