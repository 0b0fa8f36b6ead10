package session

import (
	"math/rand/v2"
	"time"

	"github.com/vstp-project/vstp/ref/wire"
)

// What a zero ClientConfig stands for.
const (
	DefaultAckTimeout   = 2 * time.Second // [RTX-12]
	DefaultCloseTimeout = 2 * time.Second
)

// ClientConfig sets a Client up. Its zero value is the specification's default.
type ClientConfig struct {
	// Limits is what frames sent may be.
	Limits wire.Limits

	// AckTimeout is how long an acknowledged send waits for its ACK, from the moment at
	// which its octets are with the operating system. Zero or less means
	// DefaultAckTimeout.
	AckTimeout time.Duration

	// Linger is how long the connection may take to end after the peer has ended it, by
	// BYE, by a fault or by the end of the stream. Zero or less means DefaultLinger.
	Linger time.Duration

	// CloseTimeout is how long it may take to end after Close: for what is queued to be
	// sent, and for the peer's last messages to come. Zero or less means
	// DefaultCloseTimeout.
	CloseTimeout time.Duration

	// FirstMsgID is the msg-id of the first acknowledged send; the next have the numbers
	// that follow, modulo 2^64. Zero draws it at random, so that a program that is
	// started again does not repeat the numbers of the run before.
	FirstMsgID uint64

	// Messages is the types beyond the eight whose frames are the application's, as those
	// of DATA are; it names the eight in vain. A frame of a type that is known and not
	// among them is taken, and nothing becomes of it [TYP-5].
	Messages wire.TypeSet

	// KeepAlive says how a server that has vanished is noticed.
	KeepAlive KeepAlive

	// Unpack undoes the compression of a complete DATA message that has COMP set. A
	// *wire.DecodeError from it refuses the message by its Reason. Nil means that
	// compression is not offered.
	//
	// "An endpoint that does not offer compression MUST NOT deliver or acknowledge a
	// COMP message." [CMP-11]
	Unpack Unpack
}

// Client is the life of one TCP connection at its client, without the connection.
//
// Its transport reports events and carries out the actions that each returns, in
// their order, before it reports the next. This is all that happens, by state:
//
//	event         open               flushing, lingering              closed
//	Open          HELLO              –                                –
//	Send,         HELLO unless sent, refused                          refused
//	SendReliable  DATA
//	Ping          PING               refused                          refused
//	Sent          starts the timer   starts the timer                 –
//	Frame         by TYPE and FLAGS  after Close by TYPE and FLAGS,   –
//	                                 but nothing is answered
//	Fault         ERR 4, or ends     after Close ends the input       –
//	              the input
//	Partial       keeps alive        –                                –
//	EndOfStream   ends the input     is noted in flushing,            –
//	                                 closes in lingering
//	Close         BYE                –                                –
//	Flushed       –                  lingering, or closed             –
//	Advance       ends sends; PING,  ends sends, closes               –
//	              or BYE
//	Lost          closed             closed                           –
//
// When the input ends, what waits for an ACK or a PONG has failed. If it was the
// peer that ended it, a fault that has a code is reported by one ERR as the last
// frame and the sending direction is shut down.
//
// Nothing here waits for a WELCOME [TCP-27], and nothing is ever sent twice
// [RTX-12].
//
// It is not safe for concurrent use. The slice of actions that an event returns is
// valid until the next event.
type Client struct {
	cfg     ClientConfig
	state   State
	greeted bool // HELLO has been sent
	deaf    bool // no more frames are taken
	ended   bool // the peer has shut down its sending direction
	partial int  // octets of the frame under way when last reported
	id      SessionID
	known   bool // id is that of a WELCOME
	nextID  uint64
	waits   waits
	pings   pings
	beat    uint64 // the number of the keepalive's PING, 0 without one
	pulse   pulse
	timer   time.Time // when the end of the connection is due, zero before it has begun
	script
}

// NewClient returns the state of a connection that has just been made.
func NewClient(cfg ClientConfig) *Client {
	if cfg.Limits.MaxFrame <= 0 {
		cfg.Limits.MaxFrame = wire.DefaultMaxFrame
	}
	if cfg.AckTimeout <= 0 {
		cfg.AckTimeout = DefaultAckTimeout
	}
	if cfg.Linger <= 0 {
		cfg.Linger = DefaultLinger
	}
	if cfg.CloseTimeout <= 0 {
		cfg.CloseTimeout = DefaultCloseTimeout
	}
	if cfg.FirstMsgID == 0 {
		cfg.FirstMsgID = rand.Uint64()
	}
	return &Client{cfg: cfg, nextID: cfg.FirstMsgID, pulse: pulse{KeepAlive: cfg.KeepAlive}}
}

// State returns where the connection stands.
func (c *Client) State() State { return c.state }

// Receiving reports whether frames are still taken.
func (c *Client) Receiving() bool { return !c.deaf }

// ID returns the session identifier that the server has given the connection. It is
// false as long as no WELCOME with one has come.
func (c *Client) ID() (SessionID, bool) { return c.id, c.known }

// NextTimeout returns when Advance is to be called if nothing happens before. The
// zero time means that no timer is running.
func (c *Client) NextTimeout() time.Time {
	return earliest(c.timer, c.waits.next(), c.pulse.next(false))
}

// earliest returns the earliest time that is not zero, or zero.
func earliest(times ...time.Time) time.Time {
	var first time.Time
	for _, t := range times {
		if first.IsZero() || !t.IsZero() && t.Before(first) {
			first = t
		}
	}
	return first
}

// Open is told that the connection stands. It greets the server.
//
// "A client MUST send HELLO on a connection before it sends its first DATA frame
// there." [TCP-2]
func (c *Client) Open(now time.Time) []Action {
	c.begin()
	if c.state == StateOpen {
		c.greet()
	}
	return c.actions
}

// greet sends HELLO unless it has been sent.
func (c *Client) greet() {
	if !c.greeted {
		c.send(wire.Frame{Type: wire.TypeHello})
	}
	c.greeted = true
}

// Send is given a message by the application. f must stay as it is until the actions
// have been carried out. It is not told the time: no timer depends on it.
//
// It refuses with a *LocalError: a frame that is neither DATA nor of a type beyond
// the eight that the limits name, has flags other than CRC and, on DATA, COMP, which
// says that its payload has been compressed, or a header of the protocol's [HDR-11],
// or is larger than the limit [LIM-4]; and, as ConnectionClosed, everything once the
// end of the connection has begun.
func (c *Client) Send(f wire.Frame) ([]Action, error) {
	c.begin()
	if err := c.sendable(f); err != nil {
		return nil, err
	}
	c.greet()
	c.send(f)
	return c.actions, nil
}

// SendReliable is Send for a DATA message that is to be acknowledged. It returns the
// msg-id that the message was given, with which ActionSettle tells how the send has
// ended: with nil, with a *PeerError, or with a *LocalError of Reason Timeout or
// ConnectionClosed.
//
// "A sender MUST give distinct msg-id values to distinct messages that it sends to
// the same destination." [ACK-11]
func (c *Client) SendReliable(f wire.Frame) (id uint64, actions []Action, err error) {
	c.begin()
	if err := c.sendable(f); err != nil {
		return 0, nil, err
	}
	if f.Type != wire.TypeData {
		return 0, nil, refusal(wire.Unsupported, "only DATA is acknowledged over TCP, send %v without [ACK-13]", f.Type)
	}
	id = c.nextID
	f.Headers, err = f.Headers.Append([]byte(wire.KeyMsgID), wire.AppendDecimal(nil, id))
	if err == nil {
		err = checkSize(f, c.cfg.Limits.MaxFrame)
	} else {
		err = refusal(wire.FrameTooLarge, "the header section has no room for a msg-id: %v", err)
	}
	if err != nil {
		return 0, nil, err
	}
	c.nextID++
	f.Flags |= wire.FlagReqAck
	c.waits.add(id)
	c.greet()
	c.do(Action{Kind: ActionSend, Frame: f, Acknowledged: true, Message: id})
	return id, c.actions, nil
}

// sendable returns why the application may not send f, or nil.
func (c *Client) sendable(f wire.Frame) error {
	if c.state != StateOpen {
		return refusal(wire.ConnectionClosed, "the message comes too late")
	}
	return checkMessage(f, c.cfg.Limits)
}

// Sent is told that the octets of the acknowledged send with this msg-id are with
// the operating system: it waits from now on.
func (c *Client) Sent(now time.Time, id uint64) []Action {
	c.begin()
	c.waits.start(id, now.Add(c.cfg.AckTimeout))
	return c.actions
}

// Forget is told that nobody waits any more for the end of an acknowledged send.
func (c *Client) Forget(id uint64) { c.waits.end(id) }

// Ping is asked by the application for a PING with this payload, which is copied. It
// returns the number with which ActionPong tells how it has ended: with nil, or with
// a *LocalError of Reason ConnectionClosed. It has no timer.
//
// PONGs are matched by their payload, among equal ones by their order.
func (c *Client) Ping(payload []byte) (number uint64, actions []Action, err error) {
	c.begin()
	if c.state != StateOpen {
		return 0, nil, refusal(wire.ConnectionClosed, "the PING comes too late")
	}
	f := wire.Frame{Type: wire.TypePing, Payload: payload}
	if err := checkSize(f, c.cfg.Limits.MaxFrame); err != nil {
		return 0, nil, err
	}
	c.send(f)
	return c.pings.add(payload), c.actions, nil
}

// ForgetPing is told that nobody waits any more for the PONG to a PING. If it comes
// after that, it can end a later one that has the same payload.
func (c *Client) ForgetPing(number uint64) { c.pings.end(number) }

// Close is asked by the application to end the conversation. What was queued before
// is sent first, and messages are delivered until the peer has ended its side.
//
// "A client that ends a connection of its own accord MUST send BYE before it closes
// its sending direction." [TCP-10]
func (c *Client) Close(now time.Time) []Action {
	c.begin()
	if c.state == StateOpen {
		c.sendInOrder(wire.Frame{Type: wire.TypeBye})
		c.shutdown(now.Add(c.cfg.CloseTimeout))
	}
	return c.actions
}

// shutdown ends the sending direction behind what is queued. The connection is
// closed at the given time at the latest.
func (c *Client) shutdown(end time.Time) {
	c.do(Action{Kind: ActionShutdownWrite})
	c.mute = true
	c.pulse.pause()
	c.state = StateFlushing
	c.timer = end
}

// Frame is told of a complete frame. Actions may alias it.
//
//	TYPE             what becomes of it
//	WELCOME          its session-id is noted
//	DATA             is delivered; ERR 18, 8 or 19 if it cannot be decompressed
//	PING             PONG with the same payload
//	PONG             ends a PING, or is ignored
//	BYE              ends the input
//	ACK              ends the send that it names, or is ignored
//	ERR              ends the send that it names, or is notified
//	HELLO            ERR 13: only a client sends it
//	beyond those     is delivered, if it is among ClientConfig.Messages
//
// REQ_ACK on DATA, PING and BYE is answered by an ACK, ahead of everything else; it
// has the frame's msg-id, or none where the frame has no valid one. A frame of any
// type that has the FRAG flag is discarded with ERR 17. After Close nothing is
// answered any more.
func (c *Client) Frame(now time.Time, f wire.Frame) []Action {
	c.begin()
	if c.deaf {
		return nil // octets behind BYE or a fault mean nothing [TCP-9]
	}
	c.partial = 0
	c.pulse.pause()
	if f.Flags.Has(wire.FlagFrag) {
		c.refuse(f, wire.BadFragment) // [FLG-6]
		return c.actions
	}
	switch f.Type {
	case wire.TypeWelcome:
		c.welcome(f)
	case wire.TypeData:
		c.data(f)
	case wire.TypePing:
		c.acknowledge(f)
		c.send(pong(f)) // [TCP-24] [TCP-7]
	case wire.TypePong:
		if number, ok := c.pings.match(f.Payload); ok && number != c.beat {
			c.do(Action{Kind: ActionPong, Message: number})
		}
	case wire.TypeBye:
		c.acknowledge(f)
		c.endInput(now, refusal(wire.ConnectionClosed, "the peer has said BYE"), 0) // [TCP-25]
	case wire.TypeAck:
		c.settle(f, nil)
	case wire.TypeErr:
		c.peerError(f)
	case wire.TypeHello:
		c.refuse(f, wire.UnexpectedFrameType) // [ERR-8]
	default:
		if isMessage(f.Type, c.cfg.Messages) {
			c.do(Action{Kind: ActionDeliver, Frame: f})
		}
	}
	return c.actions
}

// welcome takes note of the session identifier. The first one counts, for a server
// has but one for each connection [SES-3].
func (c *Client) welcome(f wire.Frame) {
	value, _ := f.Headers.Get(wire.KeySessionID)
	id, ok := ParseSessionID(value)
	switch {
	case !ok:
		c.report(refusal(wire.Protocol, "WELCOME has no session-id that is a number of at most 128 bits [SES-2]"))
	case !c.known:
		c.id, c.known = id, true
	case id != c.id:
		c.report(refusal(wire.Protocol, "WELCOME has another session-id than the one before [SES-3]"))
	}
}

// data takes a DATA frame.
func (c *Client) data(f wire.Frame) {
	m, fault := c.cfg.Unpack.message(f)
	if fault != 0 {
		c.refuse(f, fault)
		return
	}
	c.acknowledge(f) // [ACK-13]
	c.do(Action{Kind: ActionDeliver, Frame: m})
}

// settle ends the send that an ACK or ERR names, and reports whether there is one
// [ACK-8] [ACK-9].
func (c *Client) settle(f wire.Frame, err error) bool {
	value, _ := f.Headers.Get(wire.KeyMsgID)
	id, ok := wire.ParseDecimal(value)
	if !ok || !c.waits.end(id) {
		return false
	}
	c.do(Action{Kind: ActionSettle, Message: id, Err: err})
	return true
}

// peerError takes an ERR. It says nothing about whether the connection goes on
// [ERR-4].
func (c *Client) peerError(f wire.Frame) {
	err := NewPeerError(f)
	if !c.settle(f, err) { // [ACK-17]
		c.do(Action{Kind: ActionNotify, Err: err}) // [ERR-7]
	}
}

// Fault is told that the octets received are no frame. Unless only the TYPE is
// unknown, no further frame can be told apart and the input ends.
func (c *Client) Fault(now time.Time, fault *wire.DecodeError) []Action {
	c.begin()
	if c.deaf {
		return nil
	}
	c.partial = 0
	c.pulse.pause()
	err := &LocalError{Reason: fault.Reason, Detail: fault.Error()}
	if fault.Reason == wire.InvalidFrameType {
		c.report(err)
		c.send(errFrame(fault.Reason, "")) // [TYP-4]
		return c.actions
	}
	c.endInput(now, err, fault.Reason) // [TCP-13] [TCP-14]
	return c.actions
}

// Partial is told, before the transport waits for octets, how many of the next
// frame have arrived. The silence of the keepalive counts from then on.
func (c *Client) Partial(now time.Time, octets int) []Action {
	c.begin()
	if !c.deaf {
		c.partial = octets
	}
	if c.state == StateOpen {
		c.pulse.listen(now)
	}
	return c.actions
}

// EndOfStream is told that the peer has shut down its sending direction. A frame
// that was under way is forgotten [TCP-12].
func (c *Client) EndOfStream(now time.Time) []Action {
	c.begin()
	c.ended = true
	if !c.deaf {
		where := "between frames"
		if c.partial > 0 {
			where = "within a frame"
		}
		c.endInput(now, refusal(wire.ConnectionClosed, "the stream has ended %s", where), 0)
	}
	if c.state == StateLingering {
		c.close("")
	}
	return c.actions
}

// Flushed is told that everything queued has been sent and the sending direction is
// shut down.
func (c *Client) Flushed(now time.Time) []Action {
	c.begin()
	switch {
	case c.state != StateFlushing:
	case c.ended:
		c.close("")
	default:
		c.state = StateLingering
	}
	return c.actions
}

// Lost is told that the connection is broken, or is to be given up.
func (c *Client) Lost(now time.Time) []Action {
	c.begin()
	c.close("the connection is broken")
	return c.actions
}

// Advance is told that time has passed. Before NextTimeout it does nothing.
func (c *Client) Advance(now time.Time) []Action {
	c.begin()
	for id, ok := c.waits.expired(now); ok; id, ok = c.waits.expired(now) {
		err := refusal(wire.Timeout, "no ACK has come within %v [RTX-12]", c.cfg.AckTimeout)
		c.do(Action{Kind: ActionSettle, Message: id, Err: err})
	}
	ping, silent := c.pulse.advance(now, false)
	switch {
	case ping:
		f := beat()
		c.pings.end(c.beat) // an earlier one that was answered by something else
		c.beat = c.pings.add(f.Payload)
		c.send(f)
	case silent != nil:
		c.silence(silent)
		c.sendInOrder(wire.Frame{Type: wire.TypeBye}) // [TCP-10]
		c.shutdown(now.Add(c.cfg.Linger))
	}
	if !c.timer.IsZero() && !now.Before(c.timer) {
		c.close("the peer has not ended the stream in time")
	}
	return c.actions
}

// endInput takes no more frames, because of err. Unless the sending direction ends
// already, it does so now, behind an ERR for a fault that has a code on the wire
// [TCP-16].
func (c *Client) endInput(now time.Time, err *LocalError, fault wire.Reason) {
	c.silence(err)
	end := now.Add(c.cfg.Linger)
	if c.state != StateOpen {
		c.timer = earliest(c.timer, end)
		return
	}
	if fault.OnWire() {
		c.sendInOrder(errFrame(fault, "")) // as the last frame [TCP-16]
	}
	c.shutdown(end)
}

// silence ends the input and whatever waits for some.
func (c *Client) silence(err *LocalError) {
	c.deaf = true
	for _, id := range c.waits.rest() {
		c.do(Action{Kind: ActionSettle, Message: id, Err: refusal(wire.ConnectionClosed, "no ACK has come before the end of the connection")})
	}
	c.pings.end(c.beat)
	for _, number := range c.pings.rest() {
		c.do(Action{Kind: ActionPong, Message: number, Err: refusal(wire.ConnectionClosed, "no PONG has come before the end of the connection")})
	}
	c.do(Action{Kind: ActionEnd, Err: err})
}

// close ends the connection.
func (c *Client) close(why string) {
	if c.state == StateClosed {
		return
	}
	if !c.deaf {
		c.silence(refusal(wire.ConnectionClosed, "%s", why))
	}
	c.state = StateClosed
	c.timer = time.Time{}
	c.pulse.pause()
	c.mute = true
	c.do(Action{Kind: ActionClose})
}
