package frag

import (
	"hash/maphash"
	"net/netip"
	"slices"
	"time"

	"github.com/vstp-project/vstp/ref/wire"
)

// What a zero Config stands for.
const (
	DefaultLifetime     = 30 * time.Second // [RAS-8]
	DefaultMaxSessions  = 1000             // [RAS-12]
	DefaultMaxPerSource = 64               // [RAS-15]
	DefaultMaxOctets    = 64 << 20         // [RAS-20]
	DefaultMaxRecent    = 65_536
)

// Config sets a Reassembler up. The zero value of every field is the default named.
type Config struct {
	// Lifetime is how long a message may take from its first fragment to its last, and
	// how long one that was completed is remembered. Zero means DefaultLifetime, 30 s.
	Lifetime time.Duration

	// MaxSessions and MaxPerSource are how many messages may be incomplete at a time,
	// in all and from one source address. Zero means DefaultMaxSessions, 1,000, and
	// DefaultMaxPerSource, 64.
	MaxSessions  int
	MaxPerSource int

	// MaxOctets is how many octets of payload incomplete messages may hold. Zero means
	// DefaultMaxOctets, 64 MiB.
	MaxOctets int

	// MaxMessage is the size limit of a message, in octets of the frame that it would
	// be in one piece. Zero means wire.DefaultMaxFrame, which no message reaches.
	MaxMessage int

	// MaxRecent is how many completed messages are remembered. Zero means
	// DefaultMaxRecent, 65,536.
	MaxRecent int
}

// withDefaults fills in what is zero.
func (c Config) withDefaults() Config {
	if c.Lifetime <= 0 {
		c.Lifetime = DefaultLifetime
	}
	if c.MaxSessions <= 0 {
		c.MaxSessions = DefaultMaxSessions
	}
	if c.MaxPerSource <= 0 {
		c.MaxPerSource = DefaultMaxPerSource
	}
	if c.MaxOctets <= 0 {
		c.MaxOctets = DefaultMaxOctets
	}
	if c.MaxMessage <= 0 {
		c.MaxMessage = wire.DefaultMaxFrame
	}
	if c.MaxRecent <= 0 {
		c.MaxRecent = DefaultMaxRecent
	}
	return c
}

// Reassembler puts fragments together. The work for one fragment does not depend on
// how many messages are incomplete. It is not safe for concurrent use.
type Reassembler struct {
	cfg      Config
	sessions map[key]*session
	sources  map[netip.Addr]source
	recent   *Recent[key] // messages completed lately
	seed     maphash.Seed // of the digests of own headers

	// The sessions in the order of their deadlines, which is that of their first
	// fragments: all live equally long.
	oldest, newest *session

	octets  int    // of payload in all sessions
	scratch []byte // the own headers of the fragment at hand
	payload []byte // of the message completed last
	spare   blocks // of sessions that are over
	idle    []*session
}

// maxIdle is how many sessions that are over are kept for further use.
const maxIdle = 8

// source counts the sessions of one source address.
type source struct {
	counted int        // sessions that count towards MaxPerSource
	recent  []*session // those that do not, oldest first, at most MaxPerSource of them
}

// NewReassembler returns a Reassembler without sessions.
func NewReassembler(cfg Config) *Reassembler {
	cfg = cfg.withDefaults()
	return &Reassembler{
		cfg:      cfg,
		sessions: make(map[key]*session),
		sources:  make(map[netip.Addr]source),
		recent:   NewRecent[key](cfg.Lifetime, cfg.MaxRecent),
		seed:     maphash.MakeSeed(),
	}
}

// Add takes a fragment: a frame with the FRAG flag, decoded and checked, that came
// from the given source at now, which must not be before that of an earlier call.
//
// If it is the last one missing, complete is true and m is the message: TYPE, the
// defined FLAGS without FRAG, the own headers in their order, and the payloads in
// the order of frag-index. Its memory belongs to the Reassembler and is valid until
// the next call of Add. The message may be a second copy of one delivered before;
// telling that is not done here.
//
// A fragment that is not kept gives an error, a Discard that says why, and leaves
// the sessions as they were, but for one that it contradicts; one that is kept
// already gives none. f is not retained.
//
// "A receiver MUST reassemble the fragments of a message in whatever order they
// arrive and wherever the fragment headers stand among the headers." [RAS-1]
//
// "A receiver MUST deliver a completed set of fragments as one message, its
// payloads concatenated in the order of frag-index and its fragment headers
// removed." [RAS-3]
//
// "A receiver MUST ignore a fragment identical to one that it has stored, and keep
// the session as it was." [RAS-4]
//
// "On a fragment that contradicts its session, by other octets under an index
// already stored or by another frag-total, TYPE, FLAGS or header that is not a
// fragment header, a receiver MUST drop everything stored for that session and
// start it anew, deadline included, with that fragment." [RAS-5]
//
// "A receiver MUST discard, without creating or changing a session, a fragment
// whose frag-total is 0 or whose frag-index is not below its frag-total." [RAS-6]
//
// "A receiver MUST discard a fragment whose payload exceeds 1,200 octets." [RAS-18]
func (r *Reassembler) Add(now time.Time, from netip.AddrPort, f wire.Frame) (m wire.Frame, complete bool, err error) {
	p, ok := placeOf(f)
	switch {
	case !ok:
		return wire.Frame{}, false, Malformed
	case p.index >= p.total:
		return wire.Frame{}, false, OutOfRange
	case len(f.Payload) > MaxPayload:
		return wire.Frame{}, false, TooLong
	}
	r.Advance(now)
	k := key{source: netip.AddrPortFrom(from.Addr().Unmap(), from.Port()), id: p.id}
	k.msgID, k.named = MsgID(f.Headers)
	r.scratch = AppendOwnHeaders(r.scratch[:0], f.Headers)
	own := maphash.Bytes(r.seed, r.scratch)
	flags := f.Flags & definedFlags

	s := r.sessions[k]
	if s != nil && !s.matches(p, flags, own, f.Payload) {
		r.drop(s)
		s = nil
	}
	if p.total == 1 {
		// Complete in itself: it needs no session and no room [RAS-7]. One that was
		// there contradicted it, for no session has a total of 1.
		r.payload = append(r.payload[:0], f.Payload...)
		return r.message(now, k, f), true, nil
	}
	switch {
	case s == nil:
		// A first fragment is within the frame limit, or it would not have come here.
		if s, err = r.open(now, k, len(f.Payload)); err != nil {
			return wire.Frame{}, false, err
		}
		s.flags, s.total, s.missing, s.own = flags, p.total, p.total, own
		s.parts = slices.Grow(s.parts, int(p.total))[:p.total]
		clear(s.parts)
	case s.has(p.index):
		return wire.Frame{}, false, nil
	case wire.Overhead+len(r.scratch)+s.octets+len(f.Payload) > r.cfg.MaxMessage:
		return wire.Frame{}, false, MessageTooLarge
	case s.missing > 1 && r.octets+len(f.Payload) > r.cfg.MaxOctets:
		return wire.Frame{}, false, BudgetFull
	}
	r.octets += len(f.Payload)
	s.store(p.index, f.Payload, &r.spare)
	if s.missing > 0 {
		return wire.Frame{}, false, nil
	}
	r.payload = s.appendPayload(r.payload[:0])
	r.drop(s)
	return r.message(now, k, f), true, nil
}

// message makes the message of r.payload and of the headers of f, the fragment that
// completes it, and notes that it is complete.
func (r *Reassembler) message(now time.Time, k key, f wire.Frame) wire.Frame {
	r.recent.Add(now, k)
	headers, err := wire.ParseHeaders(r.scratch)
	if err != nil {
		panic(err) // headers of a frame that was checked
	}
	return wire.Frame{
		Type:    f.Type,
		Flags:   f.Flags & definedFlags &^ wire.FlagFrag,
		Headers: headers,
		Payload: r.payload[:len(r.payload):len(r.payload)],
	}
}

// open opens a session whose first fragment has a payload of the given octets, or
// says why not.
//
// "A receiver at its session limit MUST discard a fragment that would open a
// session rather than evict a session of another source." [RAS-14]
//
// "A receiver SHOULD NOT count towards RAS-15 the fragments of a message that it
// has delivered within the last 30 s." [RAS-23]
//
// Those get a count of their own, in which the oldest makes room: they are
// stragglers that will never be complete, or a second copy, which comes in one go.
func (r *Reassembler) open(now time.Time, k key, octets int) (*session, error) {
	addr := limitedBy(k.source.Addr())
	from := r.sources[addr]
	recent := r.recent.Has(now, k)
	var giveWay *session
	if recent && len(from.recent) >= r.cfg.MaxPerSource {
		giveWay = from.recent[0]
		octets -= giveWay.octets
	}
	switch {
	case giveWay == nil && len(r.sessions) >= r.cfg.MaxSessions:
		return nil, TableFull
	case !recent && from.counted >= r.cfg.MaxPerSource:
		return nil, SourceFull
	case r.octets+octets > r.cfg.MaxOctets:
		return nil, BudgetFull
	}
	if giveWay != nil {
		r.drop(giveWay)
		from = r.sources[addr]
	}
	s := r.unused()
	*s = session{key: k, source: addr, recent: recent, deadline: now.Add(r.cfg.Lifetime), parts: s.parts[:0], blocks: s.blocks[:0]}
	if recent {
		from.recent = append(from.recent, s)
	} else {
		from.counted++
	}
	r.sources[addr] = from
	r.sessions[k] = s
	s.older = r.newest
	if s.older == nil {
		r.oldest = s
	} else {
		s.older.newer = s
	}
	r.newest = s
	return s, nil
}

// unused returns a session that is over, or a new one.
func (r *Reassembler) unused() *session {
	last := len(r.idle) - 1
	if last < 0 {
		return new(session)
	}
	s := r.idle[last]
	r.idle = r.idle[:last]
	return s
}

// drop ends a session and lets go of what it holds.
func (r *Reassembler) drop(s *session) {
	delete(r.sessions, s.key)
	r.spare.give(s.blocks)
	r.octets -= s.octets
	if s.older == nil {
		r.oldest = s.newer
	} else {
		s.older.newer = s.newer
	}
	if s.newer == nil {
		r.newest = s.older
	} else {
		s.newer.older = s.older
	}
	from := r.sources[s.source]
	if s.recent {
		from.recent = slices.DeleteFunc(from.recent, func(other *session) bool { return other == s })
	} else {
		from.counted--
	}
	if from.counted == 0 && len(from.recent) == 0 {
		delete(r.sources, s.source)
	} else {
		r.sources[s.source] = from
	}
	if len(r.idle) < maxIdle {
		clear(s.blocks)
		s.older, s.newer = nil, nil
		r.idle = append(r.idle, s)
	}
}

// limitedBy returns what counts as one source address: an IPv6 network of 64 bits,
// which a single host may have to itself, or else the address.
func limitedBy(addr netip.Addr) netip.Addr {
	if addr.Is6() && addr.IsGlobalUnicast() {
		if network, err := addr.Prefix(64); err == nil {
			return network.Addr()
		}
	}
	return addr
}

// NextTimeout returns when Advance has something to do, or the zero time if never.
func (r *Reassembler) NextTimeout() time.Time {
	if r.oldest != nil {
		return r.oldest.deadline
	}
	return r.recent.NextTimeout()
}

// Advance discards the sessions whose time is over.
//
// "A receiver MUST discard a session that is still incomplete 30 s after its first
// fragment arrived." [RAS-8]
//
// "A receiver MUST release expired sessions by timer, without waiting for further
// datagrams." [RAS-16]
func (r *Reassembler) Advance(now time.Time) {
	for r.oldest != nil && !now.Before(r.oldest.deadline) {
		r.drop(r.oldest)
	}
	r.recent.Advance(now)
}

// Sessions returns the number of incomplete messages [OBS-1].
func (r *Reassembler) Sessions() int { return len(r.sessions) }

// Octets returns the octets of payload that incomplete messages hold.
func (r *Reassembler) Octets() int { return r.octets }
