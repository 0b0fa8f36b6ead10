package selftest

// tcpMutants break what happens on a TCP connection: the stream, the life of the
// connection, its session, acknowledgement there, errors, limits and robustness.
var tcpMutants = []Mutant{
	// Errors

	{
		Name: "size-reported-as-protocol", Requirement: "ERR-1",
		Sentence: "A frame above the limit is reported as Protocol, code 2.",
		File:     "ref/session/reply.go",
		Old:      "	code := wire.AppendDecimal(nil, uint64(reason.Code()))\n",
		New: `	number := reason
	if reason == wire.FrameTooLarge {
		number = wire.Protocol
	}
	code := wire.AppendDecimal(nil, uint64(number.Code()))
`,
	},
	{
		Name: "err-code-misspelt", Requirement: "ERR-1",
		Sentence: "The code of an ERR stands in a header named err_code.",
		File:     "ref/session/reply.go",
		Old:      "header(wire.Headers{}, wire.KeyErrCode, string(code))",
		New:      "header(wire.Headers{}, \"err_code\", string(code))",
	},
	{
		Name: "err-text-in-latin-1", Requirement: "ERR-2",
		Sentence: "The text for an unknown type is ISO 8859-1 and not UTF-8.",
		File:     "ref/session/reply.go",
		Old:      "\"this frame type is not known here\"",
		New:      "\"type de trame non g\\xe9r\\xe9\"",
	},
	{
		Name: "err-text-quotes-the-frame", Requirement: "ERR-2",
		Sentence: "The text of an ERR repeats the payload of the frame that it is about.",
		File:     "ref/session/action.go",
		Old:      "	default:\n		s.send(errFrame(reason, \"\"))\n",
		New: `	default:
		e := errFrame(reason, "")
		e.Payload = append(e.Payload, f.Payload...)
		s.send(e)
`,
	},
	{
		Name: "err-without-msg-id", Requirement: "ERR-9",
		Sentence: "An ERR names no msg-id.",
		File:     "ref/session/action.go",
		Old:      "s.send(errFrame(reason, msgID(f)))",
		New:      "s.send(errFrame(reason, \"\"))",
	},
	{
		Name: "err-names-msg-id-only-if-asked-for-an-ack", Requirement: "ERR-9",
		Sentence: "An ERR names the msg-id only of a message that asked for an ACK.",
		File:     "ref/session/action.go",
		Old:      "	case wire.TypeData:\n		s.send(errFrame(reason, msgID(f)))\n",
		New: `	case wire.TypeData:
		id := ""
		if wantsAck(f) {
			id = msgID(f)
		}
		s.send(errFrame(reason, id))
`,
	},
	{
		Name: "ack-of-nothing-reported", Requirement: "ERR-3",
		Sentence: "An ACK whose msg-id is that of no message is answered with an ERR.",
		File:     "ref/session/server.go",
		Old:      "	case wire.TypeErr:\n		s.report(NewPeerError(f))",
		New: `	case wire.TypeAck:
		if msgID(f) != "" {
			s.send(errFrame(wire.UnexpectedFrameType, ""))
		}
	case wire.TypeErr:
		s.report(NewPeerError(f))`,
	},
	{
		Name: "err-returned", Requirement: "ERR-3",
		Sentence: "An ERR with a code is answered with an ERR of the same code.",
		File:     "ref/session/server.go",
		Old:      "	case wire.TypeErr:\n		s.report(NewPeerError(f))",
		New: `	case wire.TypeErr:
		if f.Headers.Count(wire.KeyErrCode) > 0 {
			s.send(errFrame(NewPeerError(f).Code, ""))
		}
		s.report(NewPeerError(f))`,
	},
	{
		Name: "welcome-at-a-server-ignored", Requirement: "ERR-5",
		Sentence: "A WELCOME that reaches the server is ignored.",
		File:     "ref/session/server.go",
		Old:      "		s.refuse(f, wire.UnexpectedFrameType) // [ERR-5]\n",
		New:      "",
	},
	{
		Name: "welcome-at-a-server-closes", Requirement: "ERR-5",
		Sentence: "A WELCOME that reaches the server is reported and ends the connection.",
		File:     "ref/session/server.go",
		Old:      "		s.refuse(f, wire.UnexpectedFrameType) // [ERR-5]\n",
		New:      "		s.endInput(wire.UnexpectedFrameType)\n",
	},

	// The octet stream

	{
		Name: "partial-frame-lost-at-the-end-of-the-buffer", Requirement: "TCP-5",
		Sentence: "A frame of which the beginning lies at the end of a full buffer loses it when the buffer is filled anew.",
		File:     "ref/wire/reader.go",
		Old:      "		r.end = copy(r.buf, r.buf[r.start:r.end])\n		r.start = 0\n	}\n",
		New:      "		r.start, r.end = 0, 0\n	}\n",
	},
	{
		Name: "short-rest-of-a-segment-dropped", Requirement: "TCP-5",
		Sentence: "What has arrived behind a frame is thrown away if it is shorter than a fixed part.",
		File:     "ref/wire/reader.go",
		Old:      "		case err == nil:\n			r.start += n\n",
		New: `		case err == nil:
			r.start += n
			if r.Buffered() < FixedLen {
				r.start = r.end
			}
`,
	},
	{
		Name: "sixteen-octets-awaited", Requirement: "TCP-22",
		Sentence: "A frame is looked at once 16 octets have arrived, so that one of 15 waits for the next.",
		File:     "ref/wire/parse.go",
		Old:      "	if len(b) < total {\n",
		New:      "	if len(b) < max(total, 16) {\n",
	},
	{
		Name: "newest-message-first", Requirement: "TCP-20",
		Sentence: "When many messages wait for the application, the newest overtakes those before it.",
		File:     "ref/tcp/inbox.go",
		Old:      "	b.waiting = append(b.waiting, m)\n",
		New: `	if n := len(b.waiting); n >= 4 {
		m.frame, b.waiting[n-1].frame = b.waiting[n-1].frame, m.frame
	}
	b.waiting = append(b.waiting, m)
`,
	},
	{
		Name: "welcome-on-accept", Requirement: "TCP-4",
		Sentence: "The server greets as soon as the connection stands.",
		File:     "ref/tcp/read.go",
		Old:      "func (c *link) read() {\n",
		New: `func (c *link) read() {
	c.tell(func(now time.Time) []session.Action {
		return c.sess.Frame(now, wire.Frame{Type: wire.TypeHello})
	})
`,
	},
	{
		Name: "reset-locks-everybody-out", Requirement: "TCP-19",
		Sentence: "After a connection was reset within a frame no new one is accepted.",
		File:     "ref/tcp/read.go",
		Old:      "		case errors.Is(err, errInputOver):\n		default:\n",
		New: `		case errors.Is(err, errInputOver):
		default:
			if c.frames.Buffered() > 0 {
				c.cfg.MaxConns = 0
			}
`,
	},
	{
		Name: "damaged-frame-locks-everybody-out", Requirement: "TCP-19",
		Sentence: "After a damaged frame on one connection no new one is accepted.",
		File:     "ref/tcp/read.go",
		Old:      "		case errors.As(err, &fault):\n",
		New: `		case errors.As(err, &fault):
			if fault.Reason == wire.CrcMismatch {
				c.cfg.MaxConns = 0
			}
`,
	},

	// The life of a connection

	{
		Name: "two-welcomes", Requirement: "TCP-1",
		Sentence: "HELLO is answered with two WELCOMEs.",
		File:     "ref/session/server.go",
		Old:      "		s.send(welcome(s.id)) // [TCP-1] [SES-3]\n",
		New:      "		s.send(welcome(s.id), welcome(s.id))\n",
	},
	{
		Name: "welcome-behind-a-pong", Requirement: "TCP-1",
		Sentence: "A PING right behind HELLO is answered before the WELCOME is sent.",
		File:     "ref/tcp/read.go",
		Old: `	for c.admit() {
		f, err := c.frames.ReadFrame()
		var fault *wire.DecodeError
		switch {
`,
		New: `	hello := false
	welcome := func() {
		hello = false
		c.tell(func(now time.Time) []session.Action {
			return c.sess.Frame(now, wire.Frame{Type: wire.TypeHello})
		})
	}
	for c.admit() {
		if hello && c.frames.Buffered() == 0 {
			welcome()
		}
		f, err := c.frames.ReadFrame()
		if hello && (err != nil || f.Type != wire.TypePing) {
			welcome()
		}
		var fault *wire.DecodeError
		switch {
		case err == nil && f.Type == wire.TypeHello:
			hello = true
`,
	},
	{
		Name: "only-the-first-hello-welcomed", Requirement: "TCP-1",
		Sentence: "A repeated HELLO is ignored.",
		File:     "ref/tcp/read.go",
		Old: `	for c.admit() {
		f, err := c.frames.ReadFrame()
		var fault *wire.DecodeError
		switch {
		case err == nil:
`,
		New: `	greeted := false
	for c.admit() {
		f, err := c.frames.ReadFrame()
		var fault *wire.DecodeError
		switch {
		case err == nil && greeted && f.Type == wire.TypeHello:
		case err == nil:
			greeted = greeted || f.Type == wire.TypeHello
`,
	},
	{
		Name: "data-refused-before-hello", Requirement: "TCP-3",
		Sentence: "DATA that comes before HELLO is refused with ERR 13.",
		File:     "ref/tcp/read.go",
		Old: `	for c.admit() {
		f, err := c.frames.ReadFrame()
		var fault *wire.DecodeError
		switch {
		case err == nil:
`,
		New: `	greeted := false
	for c.admit() {
		f, err := c.frames.ReadFrame()
		var fault *wire.DecodeError
		switch {
		case err == nil && !greeted && f.Type == wire.TypeData:
			// What a server refuses with ERR 13 is a WELCOME.
			c.tell(func(now time.Time) []session.Action {
				return c.sess.Frame(now, wire.Frame{Type: wire.TypeWelcome})
			})
		case err == nil:
			greeted = greeted || f.Type == wire.TypeHello
`,
	},
	{
		Name: "empty-ping-unanswered", Requirement: "TCP-6",
		Sentence: "A PING without a payload is not answered.",
		File:     "ref/session/server.go",
		Old:      "		s.send(pong(f)) // [TCP-6]\n",
		New: `		if len(f.Payload) > 0 {
			s.send(pong(f))
		}
`,
	},
	{
		Name: "long-ping-payload-cut", Requirement: "TCP-7",
		Sentence: "A PONG repeats at most 1,024 octets of the payload.",
		File:     "ref/session/server.go",
		Old:      "		s.send(pong(f)) // [TCP-6]\n",
		New: `		f.Payload = f.Payload[:min(len(f.Payload), 1024)]
		s.send(pong(f))
`,
	},
	{
		Name: "pong-waits-for-the-application", Requirement: "TCP-23",
		Sentence: "A PONG is sent in its turn, after the answers to the messages before it.",
		File:     "ref/session/server.go",
		Old:      "		s.send(pong(f)) // [TCP-6]\n",
		New: `		n := s.owed.deliver()
		leave, _ := s.owed.answer(n, pong(f.Clone()))
		s.send(leave...)
		s.send(s.owed.done(n)...)
`,
	},
	{
		Name: "bye-waits-for-the-client-to-close", Requirement: "TCP-8",
		Sentence: "After BYE the server waits for the client to close first.",
		File:     "ref/session/server.go",
		Old:      "		s.endInput(0) // [TCP-8]\n",
		New:      "		s.state = StateDraining\n",
	},
	{
		Name: "bye-drops-what-is-owed", Requirement: "TCP-9",
		Sentence: "BYE closes the connection at once, whatever answers are owed.",
		File:     "ref/session/server.go",
		Old:      "		s.endInput(0) // [TCP-8]\n",
		New:      "		s.close()\n",
	},
	{
		Name: "frame-behind-bye-taken", Requirement: "TCP-9",
		Sentence: "A frame that came in one segment with a BYE is taken although it stands behind it.",
		File:     "ref/tcp/read.go",
		Old:      "		var fault *wire.DecodeError\n		switch {\n		case err == nil:\n",
		New: `		var fault *wire.DecodeError
		switch {
		case err == nil && f.Type == wire.TypeBye && c.frames.Buffered() > 0:
			bye := f.Clone()
			if f, err := c.frames.ReadFrame(); err == nil {
				c.tell(func(now time.Time) []session.Action { return c.sess.Frame(now, f) })
			}
			c.tell(func(now time.Time) []session.Action { return c.sess.Frame(now, bye) })
		case err == nil:
`,
	},
	{
		Name: "half-close-drops-what-is-owed", Requirement: "TCP-11",
		Sentence: "The end of the stream closes the connection at once, whatever answers are owed.",
		File:     "ref/session/server.go",
		Old:      "		s.endInput(0) // [TCP-11]\n",
		New:      "		s.close()\n",
	},
	{
		Name: "cut-frame-taken-at-the-end", Requirement: "TCP-12",
		Sentence: "When the stream ends within a frame, what has arrived of it is taken for all of it.",
		File:     "ref/wire/reader.go",
		Old:      "		if err := r.fill(n); err != nil {\n",
		New: `		if err := r.fill(n); err != nil {
			if b := r.buf[r.start:r.end]; err == io.ErrUnexpectedEOF && len(b) > Overhead {
				r.start = r.end
				return Frame{Type: Type(b[offType]), Payload: b[FixedLen:]}, nil
			}
`,
	},
	{
		Name: "frame-of-another-version-skipped", Requirement: "TCP-13",
		Sentence: "A frame of another version is skipped like one of an unknown type, and the connection goes on.",
		File:     "ref/wire/parse.go",
		Old:      "	if b[offVersion] != Version {\n",
		New: `	if b[offVersion] != Version {
		if len(b) >= FixedLen {
			size := Overhead + uint64(binary.LittleEndian.Uint16(b[offHdrLen:])) + uint64(binary.BigEndian.Uint32(b[offPayLen:]))
			if size <= uint64(len(b)) {
				return int(size), fault(offVersion, InvalidFrameType)
			}
		}
`,
	},
	{
		Name: "body-awaited-before-size-is-refused", Requirement: "TCP-13",
		Sentence: "A frame above the limit is refused only once all of it has arrived.",
		File:     "ref/wire/parse.go",
		Old:      "	if size > uint64(lim.maxFrame()) {\n",
		New: `	if size > uint64(lim.maxFrame()) && uint64(len(b)) < size {
		return FixedLen, ErrShort
	}
	if size > uint64(lim.maxFrame()) {
`,
	},
	{
		Name: "damaged-frame-skipped", Requirement: "TCP-14",
		Sentence: "A damaged frame that looks sound otherwise is skipped like one of an unknown type.",
		File:     "ref/wire/parse.go",
		Old:      "		return 0, fault(payEnd, CrcMismatch)\n",
		New: `		if _, ok := checkSection(b[FixedLen:hdrEnd]); ok && lim.Types.Has(Type(b[offType])) {
			return total, fault(payEnd, InvalidFrameType)
		}
		return 0, fault(payEnd, CrcMismatch)
`,
	},
	{
		Name: "malformed-section-skipped", Requirement: "TCP-14",
		Sentence: "A frame with a malformed header section is skipped like one of an unknown type.",
		File:     "ref/wire/parse.go",
		Old:      "		return total, fault(FixedLen+at, Protocol)\n",
		New:      "		return total, fault(FixedLen+at, InvalidFrameType)\n",
	},
	{
		Name: "fault-drops-what-is-owed", Requirement: "TCP-15",
		Sentence: "A fatal error ends the connection without the answers owed for the frames ahead of it.",
		File:     "ref/session/server.go",
		Old:      "	s.endInput(fault.Reason) // [TCP-13] [TCP-14]\n",
		New:      "	s.owed = ledger{}\n	s.endInput(fault.Reason)\n",
	},
	{
		Name: "err-overtakes-the-answers", Requirement: "TCP-16",
		Sentence: "The ERR that ends a connection is sent at once, ahead of the answers owed.",
		File:     "ref/session/server.go",
		Old:      "	s.fault = fault\n	s.state = StateDraining\n",
		New: `	if fault.OnWire() {
		s.send(errFrame(fault, ""))
	}
	s.state = StateDraining
`,
	},
	{
		Name: "size-not-reported", Requirement: "TCP-16",
		Sentence: "A frame above the limit ends the connection without an ERR.",
		File:     "ref/session/server.go",
		Old:      "	if s.fault.OnWire() {\n",
		New:      "	if s.fault.OnWire() && s.fault != wire.FrameTooLarge {\n",
	},
	{
		Name: "magic-judged-on-three-octets", Requirement: "TCP-17",
		Sentence: "MAGIC is looked at together with VERSION, once three octets have arrived.",
		File:     "ref/wire/parse.go",
		Old:      "	if len(b) < offVersion {\n",
		New:      "	if len(b) <= offVersion {\n",
	},
	{
		Name: "version-judged-on-the-fixed-part", Requirement: "TCP-28",
		Sentence: "VERSION is looked at once the whole fixed part has arrived.",
		File:     "ref/wire/parse.go",
		Old:      "	if len(b) < offType {\n",
		New:      "	if len(b) < FixedLen {\n",
	},
	{
		Name: "closed-with-unread-input", Requirement: "TCP-29",
		Sentence: "The connection is closed right after the ERR, with input unread.",
		File:     "ref/session/server.go",
		Old:      "		s.state = StateLingering\n		s.timer = now.Add(s.cfg.Linger) // [TCP-29]\n",
		New:      "		s.close()\n",
	},
	{
		Name: "idle-connection-closed", Requirement: "TCP-30",
		Sentence: "The timer for stalled frames also runs between frames.",
		File:     "ref/session/server.go",
		Old: `	if octets == s.partial {
		return nil
	}
	s.stopTimer()
	if octets > 0 {
		s.partial = octets
		s.timer = now.Add(s.cfg.StalledFrame)
	}
`,
		New: `	if octets == s.partial && !s.timer.IsZero() {
		return nil
	}
	s.partial = octets
	s.timer = now.Add(s.cfg.StalledFrame)
`,
	},
	{
		Name: "stalled-frame-kept", Requirement: "TCP-18",
		Sentence: "A frame that makes no progress is waited for without end.",
		File:     "ref/session/server.go",
		Old:      "		s.timer = now.Add(s.cfg.StalledFrame)\n",
		New:      "",
	},

	// Sessions

	{
		Name: "session-id-is-the-time", Requirement: "SES-1",
		Sentence: "The session identifier is the time in seconds.",
		File:     "ref/tcp/served.go",
		Old:      "session.NewServer(s.cfg.server(), session.NewSessionID())",
		New:      "session.NewServer(s.cfg.server(), session.SessionID{15: byte(time.Now().Unix())})",
	},
	{
		Name: "session-id-in-hexadecimal", Requirement: "SES-2",
		Sentence: "The session identifier is written in hexadecimal.",
		File:     "ref/session/id.go",
		Old:      "return new(big.Int).SetBytes(id[:]).String()",
		New:      "return new(big.Int).SetBytes(id[:]).Text(16)",
	},
	{
		Name: "session-id-with-leading-zeros", Requirement: "SES-2",
		Sentence: "The session identifier is filled up with zeros to 40 digits.",
		File:     "ref/session/reply.go",
		Old:      "		Headers: header(wire.Headers{}, wire.KeySessionID, id.String()),\n",
		New: `		Headers: header(wire.Headers{}, wire.KeySessionID,
			"0000000000000000000000000000000000000000"[len(id.String()):]+id.String()),
`,
	},
	{
		Name: "session-id-misspelt", Requirement: "SES-2",
		Sentence: "The session identifier stands in a header named session_id.",
		File:     "ref/session/reply.go",
		Old:      "header(wire.Headers{}, wire.KeySessionID, id.String())",
		New:      "header(wire.Headers{}, \"session_id\", id.String())",
	},
	{
		Name: "new-session-with-each-hello", Requirement: "SES-3",
		Sentence: "A repeated HELLO gets a new session identifier.",
		File:     "ref/session/server.go",
		Old:      "		s.send(welcome(s.id)) // [TCP-1] [SES-3]\n",
		New:      "		s.id = NewSessionID()\n		s.send(welcome(s.id))\n",
	},
	{
		Name: "session-ids-counted", Requirement: "SES-4",
		Sentence: "Session identifiers are counted up.",
		File:     "ref/session/id.go",
		Old: `	var id SessionID
	rand.Read(id[:]) // never fails: it ends the program instead
	return id
}
`,
		New: `	lastID++
	var id SessionID
	binary.BigEndian.PutUint64(id[8:], lastID)
	return id
}

var lastID uint64
`,
	},

	// Acknowledgement over TCP

	{
		Name: "tcp-ack-for-every-msg-id", Requirement: "ACK-3",
		Sentence: "Over TCP every message with a msg-id is acknowledged, asked for or not.",
		File:     "ref/session/action.go",
		Old:      "	if wantsAck(f) {\n		s.send(ack(msgID(f)))\n",
		New:      "	if wantsAck(f) || msgID(f) != \"\" {\n		s.send(ack(msgID(f)))\n",
	},
	{
		Name: "tcp-err-acknowledged", Requirement: "ACK-7",
		Sentence: "Over TCP an ERR with REQ_ACK is acknowledged.",
		File:     "ref/session/server.go",
		Old:      "	case wire.TypeErr:\n		s.report(NewPeerError(f))",
		New: `	case wire.TypeErr:
		if f.Flags.Has(wire.FlagReqAck) {
			s.send(ack(msgID(f)))
		}
		s.report(NewPeerError(f))`,
	},
	{
		Name: "tcp-data-not-acknowledged", Requirement: "ACK-13",
		Sentence: "Over TCP no message is acknowledged, since TCP is reliable already.",
		File:     "ref/session/server.go",
		Old:      "	s.acknowledge(f) // ahead of whatever the application answers [ACK-14]\n",
		New:      "",
	},
	{
		Name: "tcp-ack-without-msg-id", Requirement: "ACK-13",
		Sentence: "Over TCP an ACK names no msg-id.",
		File:     "ref/session/action.go",
		Old:      "s.send(ack(msgID(f)))",
		New:      "s.send(ack(\"\"))",
	},
	{
		Name: "tcp-ack-after-the-answer", Requirement: "ACK-14",
		Sentence: "Over TCP a message is acknowledged when the application is done with it.",
		File:     "ref/session/server.go",
		Old: `	s.acknowledge(f) // ahead of whatever the application answers [ACK-14]
	s.do(Action{Kind: ActionDeliver, Frame: m, Message: s.owed.deliver()})
`,
		New: `	s.do(Action{Kind: ActionDeliver, Frame: m, Message: s.owed.deliver()})
	if wantsAck(f) {
		n := s.owed.deliver()
		s.owed.answer(n, ack(msgID(f)))
		s.owed.done(n)
	}
`,
	},

	// Limits and robustness

	{
		Name: "largest-frame-refused", Requirement: "LIM-1",
		Sentence: "A frame of exactly the limit is refused.",
		File:     "ref/wire/parse.go",
		Old:      "	if size > uint64(lim.maxFrame()) {\n",
		New:      "	if size >= uint64(lim.maxFrame()) {\n",
	},
	{
		Name: "limit-on-the-payload-alone", Requirement: "LIM-2",
		Sentence: "The size limit is applied to the payload and not to the whole frame.",
		File:     "ref/wire/parse.go",
		Old:      "	if size > uint64(lim.maxFrame()) {\n",
		New:      "	if uint64(payLen) > uint64(lim.maxFrame()) {\n",
	},
	{
		Name: "total-in-32-bits", Requirement: "LIM-2",
		Sentence: "The total is computed in 32 bits and wraps.",
		File:     "ref/wire/parse.go",
		Old:      "	size := Overhead + uint64(hdrLen) + uint64(payLen)\n",
		New:      "	size := uint64(Overhead + uint32(hdrLen) + payLen)\n",
	},
	{
		Name: "memory-reserved-as-declared", Requirement: "LIM-5",
		Sentence: "Memory for an eighth of a frame is reserved as soon as its length is known.",
		File:     "ref/wire/reader.go",
		Old:      "		if err := r.fill(n); err != nil {\n",
		New: `		if room := n / 8; room > len(r.buf) {
			r.resize(room)
			for i := r.end; i < len(r.buf); i += 1024 {
				r.buf[i] = 1
			}
		}
		if err := r.fill(n); err != nil {
`,
	},
	{
		Name: "two-octets-crash", Requirement: "SEC-1",
		Sentence: "A datagram of two octets is read beyond its end.",
		File:     "ref/session/endpoint.go",
		Old:      "	f, n, err := wire.Parse(b, lim)\n",
		New: `	if len(b) >= 2 && b[2] != wire.Version {
		return wire.Frame{}, refusal(wire.InvalidVersion, "version %d", b[2])
	}
	f, n, err := wire.Parse(b, lim)
`,
	},
	{
		Name: "partial-frame-holds-everybody-up", Requirement: "SEC-1",
		Sentence: "While one connection is in the middle of a frame no other is read from.",
		File:     "ref/tcp/read.go",
		Old: `	if !s.c.partial() {
		return 0, errInputOver
	}
	return s.c.nc.Read(p)
}
`,
		New: `	if !s.c.partial() {
		return 0, errInputOver
	}
	turn <- struct{}{}
	within := s.c.frames.Buffered() > 0
	if !within {
		<-turn
	}
	n, err := s.c.nc.Read(p)
	if within {
		<-turn
	}
	return n, err
}

var turn = make(chan struct{}, 1)
`,
	},

	// What a server sends, whatever it is about

	{
		Name: "unknown-type-answered-by-another", Requirement: "TYP-2",
		Sentence: "A frame of an unknown type is answered by one of TYPE 0xFF.",
		File:     "ref/session/server.go",
		Old:      "		s.send(errFrame(fault.Reason, \"\")) // [TYP-4]\n",
		New:      "		s.send(wire.Frame{Type: 0xff})\n",
	},
	{
		Name: "pong-compressed-as-its-ping", Requirement: "FLG-8",
		Sentence: "A PONG has the COMP flag of its PING.",
		File:     "ref/session/reply.go",
		Old:      "	return wire.Frame{Type: wire.TypePong, Payload: ping.Payload}\n",
		New:      "	return wire.Frame{Type: wire.TypePong, Flags: ping.Flags & wire.FlagComp, Payload: ping.Payload}\n",
	},
	{
		Name: "err-closes", Requirement: "ERR-4",
		Sentence: "An ERR ends the connection.",
		File:     "ref/session/server.go",
		Old:      "		s.report(NewPeerError(f)) // and nothing else [ERR-3] [ERR-4]\n",
		New:      "		s.endInput(0)\n",
	},
	{
		Name: "err-of-internal-kind-closes", Requirement: "ERR-4",
		Sentence: "An ERR that reports a damaged frame ends the connection, for what follows it may be damaged too.",
		File:     "ref/session/server.go",
		Old:      "		s.report(NewPeerError(f)) // and nothing else [ERR-3] [ERR-4]\n",
		New: `		if NewPeerError(f).Code == wire.CrcMismatch {
			s.endInput(0)
		}
`,
	},
	{
		Name: "urgent-err-put-in-front", Requirement: "PRI-3",
		Sentence: "The ERR that ends a connection is sent ahead of the answers that are queued.",
		File:     "ref/session/server.go",
		Old:      "	s.fault = fault\n	s.state = StateDraining\n",
		New: `	if fault.OnWire() {
		s.send(errFrame(fault, ""))
	}
	s.state = StateDraining
`,
	},
	{
		Name: "long-batches-sent-on-the-side", Requirement: "PRI-4",
		Sentence: "What has more than 64 KiB is sent by a goroutine of its own, so that it holds nothing up.",
		File:     "ref/tcp/write.go",
		Old:      "		if err := c.writeAll(out.Octets()); err != nil {\n",
		New: `		if b := out.Octets(); len(b) > writeChunk && c.state() == session.StateOpen {
			c.written(len(b))
			time.AfterFunc(20*time.Millisecond, func() { c.nc.Write(b) })
			continue
		}
		if err := c.writeAll(out.Octets()); err != nil {
`,
	},
	{
		Name: "batches-sent-side-by-side", Requirement: "TCP-21",
		Sentence: "Whatever waits to be sent is sent by a goroutine of its own, in pieces.",
		File:     "ref/tcp/write.go",
		Old:      "		if err := c.writeAll(out.Octets()); err != nil {\n",
		New: `		if c.state() == session.StateOpen {
			go func() {
				for b := out.Octets(); len(b) > 0; {
					n, _ := c.nc.Write(b[:min(len(b), 4096)])
					if n == 0 {
						return
					}
					c.written(n)
					b = b[n:]
					time.Sleep(10 * time.Microsecond)
				}
			}()
			continue
		}
		if err := c.writeAll(out.Octets()); err != nil {
`,
	},
	{
		Name: "long-frames-flagged", Requirement: "FRG-16",
		Sentence: "A frame of more than 64 KiB has the FRAG flag, for TCP sends it in several segments.",
		File:     "ref/tcp/outbox.go",
		Old:      "	if inOrder {\n",
		New: `	if f.EncodedLen() > 64<<10 {
		f.Flags |= wire.FlagFrag
	}
	if inOrder {
`,
	},
	{
		Name: "refusals-flagged-as-fragments", Requirement: "FRG-16",
		Sentence: "The ERR that refuses a frame of a wrong role has the FRAG flag.",
		File:     "ref/session/action.go",
		Old:      "	default:\n		s.send(errFrame(reason, \"\"))\n",
		New: `	default:
		refused := errFrame(reason, "")
		refused.Flags |= wire.FlagFrag
		s.send(refused)
`,
	},
}
