package session

import (
	"time"

	"github.com/vstp-project/vstp/ref/wire"
)

// What a zero ServerConfig stands for.
const (
	DefaultStalledFrame = 30 * time.Second // [TCP-18]
	DefaultLinger       = time.Second      // [TCP-29]
)

// ServerConfig sets a Server up. Its zero value is the specification's default.
type ServerConfig struct {
	// MaxFrame is the size limit of a frame sent, in octets. Zero or less means
	// wire.DefaultMaxFrame.
	MaxFrame int

	// StalledFrame is how long a frame that has begun to arrive may make no
	// progress. Zero or less means DefaultStalledFrame.
	StalledFrame time.Duration

	// Linger is how long input is discarded after the sending direction was shut
	// down. Zero or less means DefaultLinger.
	Linger time.Duration

	// Messages is the types beyond the eight whose frames are the application's, as those
	// of DATA are; it names the eight in vain. A frame of a type that is known and not
	// among them is taken, and nothing becomes of it [TYP-5].
	Messages wire.TypeSet

	// KeepAlive says how a client that has vanished is noticed, and how long one may be
	// idle.
	KeepAlive KeepAlive

	// Unpack undoes the compression of a complete DATA message that has COMP set. A
	// *wire.DecodeError from it refuses the message by its Reason. Nil means that
	// compression is not offered.
	//
	// "An endpoint that does not offer compression MUST NOT deliver or acknowledge a
	// COMP message." [CMP-11]
	Unpack Unpack
}

// Server is the life of one TCP connection at its server, without the connection.
//
// Its transport reports events and carries out the actions that each returns, in
// their order, before it reports the next. This is all that happens, by state:
//
//	event        open             draining    flushing    lingering  closed
//	Frame        by TYPE and      –           –           –          –
//	             FLAGS; BYE
//	             ends the input
//	Limited      ERR 16; BYE      –           –           –          –
//	             ends the input
//	Fault        ERR 4, or ends   –           –           –          –
//	             the input
//	Partial      starts the       –           –           –          –
//	             stall timer
//	EndOfStream  ends the input   is noted    is noted    closed     –
//	Answer       sent in order    sent        refused     refused    refused
//	Done         –                last one:   –           –          –
//	                              flushing
//	Flushed      –                –           lingering,  –          –
//	                                          or closed
//	Advance      PING; stall or   –           –           closed     –
//	             silence: ends
//	             the input
//	Lost         closed           closed      closed      closed     –
//
// When the input ends, for whatever reason, answers that are still owed are
// awaited (draining). Then the fault, if there was one and it has a code, is
// reported by one ERR as the last frame, and the sending direction is shut down
// (flushing).
//
// A Server speaks only when it has been spoken to: nothing is sent before the
// first complete frame, but for an ERR that ends the connection [TCP-4]. Without
// a frame under way there is no timer unless KeepAlive asks for one: by default a
// connection is never closed for being idle [TCP-30].
//
// It is not safe for concurrent use. The slice of actions that an event returns
// is valid until the next event.
type Server struct {
	cfg     ServerConfig
	id      SessionID
	state   State
	owed    ledger
	fault   wire.Reason // what ended the input, 0 if it was no fault
	ended   bool        // the peer has shut down its sending direction
	partial int         // octets of the frame under way when last reported
	spoken  bool        // the peer has sent a complete frame
	bye     bool        // the last frame is BYE
	pulse   pulse
	timer   time.Time // when the state's timer is due, zero if it has none
	script
}

// NewServer returns the state of a connection that has just been accepted. id is
// its session identifier, see NewSessionID.
func NewServer(cfg ServerConfig, id SessionID) *Server {
	if cfg.MaxFrame <= 0 {
		cfg.MaxFrame = wire.DefaultMaxFrame
	}
	if cfg.StalledFrame <= 0 {
		cfg.StalledFrame = DefaultStalledFrame
	}
	if cfg.Linger <= 0 {
		cfg.Linger = DefaultLinger
	}
	return &Server{cfg: cfg, id: id, pulse: pulse{KeepAlive: cfg.KeepAlive}}
}

// State returns where the connection stands.
func (s *Server) State() State { return s.state }

// Receiving reports whether frames are still taken.
func (s *Server) Receiving() bool { return s.state == StateOpen }

// ID returns the session identifier.
func (s *Server) ID() SessionID { return s.id }

// NextTimeout returns when Advance is to be called if nothing happens before. The
// zero time means that no timer is running.
func (s *Server) NextTimeout() time.Time {
	return earliest(s.timer, s.pulse.next(!s.owed.settled()))
}

// Frame is told of a complete frame. Actions may alias it.
//
//	TYPE             answer
//	HELLO            WELCOME, every time with the same session-id
//	DATA             is delivered; ERR 18, 8 or 19 if it cannot be decompressed
//	PING             PONG with the same payload
//	BYE              ends the input
//	WELCOME          ERR 13: only a server sends it
//	ERR              none; it is reported
//	ACK, PONG        none
//	beyond those     is delivered, if it is among ServerConfig.Messages
//
// REQ_ACK on the first four is answered by an ACK, ahead of everything else; it
// has the frame's msg-id, or none where the frame has no valid one. A frame of
// any type that has the FRAG flag is discarded with ERR 17.
func (s *Server) Frame(now time.Time, f wire.Frame) []Action {
	s.begin()
	if s.state != StateOpen {
		return nil // octets behind BYE or a fault mean nothing [TCP-9]
	}
	s.betweenFrames()
	s.spoken = true
	if f.Flags.Has(wire.FlagFrag) {
		s.refuse(f, wire.BadFragment) // [FLG-6]
		return s.actions
	}
	switch f.Type {
	case wire.TypeHello:
		s.acknowledge(f)
		s.send(welcome(s.id)) // [TCP-1] [SES-3]
	case wire.TypeData:
		s.data(f)
	case wire.TypePing:
		s.acknowledge(f)
		s.send(pong(f)) // [TCP-6]
	case wire.TypeBye:
		s.acknowledge(f)
		s.endInput(0) // [TCP-8]
	case wire.TypeWelcome:
		s.refuse(f, wire.UnexpectedFrameType) // [ERR-5]
	case wire.TypeErr:
		s.report(NewPeerError(f)) // and nothing else [ERR-3] [ERR-4]
	default:
		if isMessage(f.Type, s.cfg.Messages) {
			s.do(Action{Kind: ActionDeliver, Frame: f, Message: s.owed.deliver()})
		}
	}
	return s.actions
}

// Limited is Frame for a complete frame that is beyond what the peer is allowed to
// send. It is discarded with ERR 16, and the connection goes on. BYE is taken all the
// same: it asks for nothing more.
func (s *Server) Limited(now time.Time, f wire.Frame) []Action {
	if f.Type == wire.TypeBye {
		return s.Frame(now, f)
	}
	s.begin()
	if s.state != StateOpen {
		return nil
	}
	s.betweenFrames()
	s.spoken = true
	s.refuse(f, wire.RateLimited) // [SEC-3]
	return s.actions
}

// data takes a DATA frame, with or without a HELLO before it [TCP-3].
//
// "On TCP, a receiver MUST answer a COMP payload that is not exactly one valid gzip
// member with ERR code 18." [CMP-10]
//
// "A failed or stopped decompression of a message that came over TCP MUST leave the
// connection open." [CMP-9]
func (s *Server) data(f wire.Frame) {
	m, fault := s.cfg.Unpack.message(f)
	if fault != 0 {
		s.refuse(f, fault) // and go on [CMP-9]
		return
	}
	s.acknowledge(f) // ahead of whatever the application answers [ACK-14]
	s.do(Action{Kind: ActionDeliver, Frame: m, Message: s.owed.deliver()})
	s.owed.name(msgID(f)) // for an ERR that answers it [ERR-9]
}

// Fault is told that the octets received are no frame. Unless only the TYPE is
// unknown, no further frame can be told apart and the input ends.
func (s *Server) Fault(now time.Time, fault *wire.DecodeError) []Action {
	s.begin()
	if s.state != StateOpen {
		return nil
	}
	s.betweenFrames()
	s.report(&LocalError{Reason: fault.Reason, Detail: fault.Error()})
	if fault.Reason == wire.InvalidFrameType {
		s.spoken = true
		s.send(errFrame(fault.Reason, "")) // [TYP-4]
		return s.actions
	}
	s.endInput(fault.Reason) // [TCP-13] [TCP-14]
	return s.actions
}

// Partial is told, before the transport waits for octets, how many of the next
// frame have arrived. The stall timer starts anew whenever that number has
// changed, and stands still between frames [TCP-18].
func (s *Server) Partial(now time.Time, octets int) []Action {
	s.begin()
	if s.state != StateOpen {
		return nil
	}
	s.pulse.listen(now)
	if octets == s.partial {
		return nil
	}
	s.stopTimer()
	if octets > 0 {
		s.partial = octets
		s.timer = now.Add(s.cfg.StalledFrame)
	}
	return nil
}

// EndOfStream is told that the peer has shut down its sending direction. A frame
// that was under way is forgotten [TCP-12].
func (s *Server) EndOfStream(now time.Time) []Action {
	s.begin()
	s.ended = true
	switch s.state {
	case StateOpen:
		s.endInput(0) // [TCP-11]
	case StateLingering:
		s.close()
	}
	return s.actions
}

// Answer is given one answer to message n by the application. It is sent at once
// if n is the oldest message not yet done with, and kept until then otherwise, so
// that f must stay as it is. A message may have any number of answers.
//
// It refuses with a *LocalError: a frame that is neither DATA nor of a type among
// ServerConfig.Messages, has flags other than CRC and, on DATA, COMP, which says that its payload has been compressed, or a header of the
// protocol's [HDR-11], or is larger than the limit [LIM-4]; a message that was not
// delivered or is already done with; and, as ConnectionClosed, everything once the
// connection is closed.
func (s *Server) Answer(now time.Time, n uint64, f wire.Frame) ([]Action, error) {
	s.begin()
	if s.state == StateClosed {
		return nil, refusal(wire.ConnectionClosed, "the answer to message %d comes too late", n)
	}
	if err := checkAnswer(f, s.cfg.MaxFrame, s.cfg.Messages); err != nil {
		return nil, err
	}
	return s.answer(n, f)
}

// AnswerError is Answer with an ERR in place of DATA: the application's own report that
// message n could not be read, was not served or is too much. It keeps its place among
// the answers. The text, which may be empty, is for people and repeats nothing of the
// message.
//
// It refuses with a *LocalError what is not DeserializationError, ServerError or
// RateLimited, a text of more than 1,024 octets or that is not UTF-8, and what Answer
// refuses of a message.
//
// "An ERR that answers a DATA message with a valid msg-id MUST carry that msg-id."
// [ERR-9]
//
// "A sender MUST NOT let a BYE, an ERR that ends the connection or an ERR that answers
// an Easy request overtake a frame queued before it on the same connection." [PRI-3]
func (s *Server) AnswerError(now time.Time, n uint64, reason wire.Reason, text string) ([]Action, error) {
	s.begin()
	if s.state == StateClosed {
		return nil, refusal(wire.ConnectionClosed, "the answer to message %d comes too late", n)
	}
	f, err := errAnswer(reason, text, s.owed.msgID(n))
	if err != nil {
		return nil, err
	}
	return s.answer(n, f)
}

// answer sends an answer to message n when it is its turn.
func (s *Server) answer(n uint64, f wire.Frame) ([]Action, error) {
	leave, ok := s.owed.answer(n, f)
	if !ok {
		return nil, refusal(wire.Protocol, "message %d does not await an answer", n)
	}
	s.sendInOrder(leave...)
	return s.actions, nil
}

// Done is told that the application has given all its answers to message n, which
// may be none.
func (s *Server) Done(now time.Time, n uint64) []Action {
	s.begin()
	if s.state == StateClosed {
		return nil
	}
	s.sendInOrder(s.owed.done(n)...)
	s.pulse.rested = now
	if s.state == StateDraining {
		s.finish()
	}
	return s.actions
}

// Flushed is told that everything queued has been sent and the sending direction
// is shut down.
func (s *Server) Flushed(now time.Time) []Action {
	s.begin()
	switch {
	case s.state != StateFlushing:
	case s.ended:
		s.close()
	default:
		s.state = StateLingering
		s.timer = now.Add(s.cfg.Linger) // [TCP-29]
	}
	return s.actions
}

// Lost is told that the connection is broken, or is to be given up.
func (s *Server) Lost(now time.Time) []Action {
	s.begin()
	s.close()
	return s.actions
}

// Advance is told that time has passed. Before NextTimeout it does nothing.
func (s *Server) Advance(now time.Time) []Action {
	s.begin()
	s.watch(now)
	if s.timer.IsZero() || now.Before(s.timer) {
		return s.actions
	}
	switch s.state {
	case StateOpen:
		s.report(refusal(wire.Timeout, "a frame of which %d octets have arrived made no progress for %v [TCP-18]", s.partial, s.cfg.StalledFrame))
		s.endInput(wire.Timeout)
	case StateLingering:
		s.close()
	}
	return s.actions
}

// watch does what is due because of the client's silence. To a client that has not
// spoken yet nothing is said [TCP-4].
func (s *Server) watch(now time.Time) {
	ping, silent := s.pulse.advance(now, !s.owed.settled())
	switch {
	case silent != nil:
		s.report(silent)
		s.bye = s.spoken
		s.endInput(0)
	case ping && s.spoken:
		s.send(beat())
	}
}

// betweenFrames stops the timers that run while octets are being waited for.
func (s *Server) betweenFrames() {
	s.pulse.pause()
	s.stopTimer()
}

// stopTimer stops the stall timer.
func (s *Server) stopTimer() {
	s.partial = 0
	s.timer = time.Time{}
}

// endInput takes no more frames. What is owed for the earlier ones is given first
// [TCP-9] [TCP-11] [TCP-15].
func (s *Server) endInput(fault wire.Reason) {
	s.betweenFrames()
	s.fault = fault
	s.state = StateDraining
	s.finish()
}

// finish says the last word once nothing is owed any more. A kind of fault that
// has no code on the wire, wrong MAGIC, is not reported: the peer does not speak
// VSTP [TCP-16].
func (s *Server) finish() {
	if !s.owed.settled() {
		return
	}
	if s.fault.OnWire() {
		s.sendInOrder(errFrame(s.fault, "")) // as the last frame [TCP-16]
	}
	if s.bye {
		s.sendInOrder(wire.Frame{Type: wire.TypeBye})
	}
	s.do(Action{Kind: ActionShutdownWrite})
	s.state = StateFlushing
}

// close ends the connection.
func (s *Server) close() {
	if s.state == StateClosed {
		return
	}
	s.betweenFrames()
	s.state = StateClosed
	s.do(Action{Kind: ActionClose})
}
