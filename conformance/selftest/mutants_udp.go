package selftest

const (
	fileEndpoint = "ref/session/endpoint.go"
	fileUDP      = "ref/udp/server.go"
	fileRequest  = "ref/udp/request.go"
)

// udpMutants break the rules of UDP and of acknowledgement over UDP. Where what
// is broken has to remember something from one datagram to the next, it does so
// in package variables: the receiving goroutine alone looks at them, unless a
// lock stands beside them.
var udpMutants = []Mutant{
	{
		Name: "replies-share-a-datagram", Requirement: "UDP-1",
		Sentence: "What one datagram draws, an ACK and a PONG for instance, travels in one datagram.",
		File:     fileUDP,
		Old: `	for _, f := range r.Replies {
		if err := s.send(f, p); err != nil {`,
		New: `	var together []byte
	for _, f := range r.Replies {
		together, _ = f.AppendBinary(together)
	}
	for _, f := range r.Replies[:min(1, len(r.Replies))] {
		if err := s.sock.send(together, p); err != nil {`,
	},
	{
		Name: "large-frames-in-two-datagrams", Requirement: "UDP-1",
		Sentence: "A frame above 508 octets, which any IPv4 path carries, is cut into two datagrams.",
		File:     fileUDP,
		Old:      `	return s.sock.send(b, p)`,
		New: `	if len(b) > 508 {
		if err := s.sock.send(b[:508], p); err != nil {
			return err
		}
		b = b[508:]
	}
	return s.sock.send(b, p)`,
	},
	{
		Name: "line-end-behind-the-frame", Requirement: "UDP-1",
		Sentence: "Every datagram sent ends with a line end behind its frame.",
		File:     fileUDP,
		Old:      `	return s.sock.send(b, p)`,
		New:      `	return s.sock.send(append(b, '\n'), p)`,
	},

	{
		Name: "short-datagram-ends-in-the-buffer", Requirement: "UDP-2",
		Sentence: "The whole receive buffer is parsed, so that a short datagram goes on with what is left of an earlier one.",
		File:     fileEndpoint,
		Old:      `	f, n, err := wire.Parse(b, lim)`,
		New: `	f, n, err := wire.Parse(b[:cap(b)], lim)
	n = min(n, len(b))`,
	},
	{
		Name: "short-payload-ends-with-its-datagram", Requirement: "UDP-2",
		Sentence: "Where PAY_LEN promises more than the datagram holds, the payload ends where the datagram does.",
		File:     fileEndpoint,
		Old:      `	f, n, err := wire.Parse(b, lim)`,
		New:      payloadToTheEnd("pay < declared"),
	},
	{
		Name: "trailer-may-be-left-out", Requirement: "UDP-2",
		Sentence: "A datagram that lacks its trailer, and has the CRC flag clear, is taken without one.",
		File:     fileEndpoint,
		Old:      `	f, n, err := wire.Parse(b, lim)`,
		New: `	f, n, err := wire.Parse(b, lim)
	if errors.Is(err, wire.ErrShort) && n == len(b)+wire.TrailerLen && !wire.Flags(b[4]).Has(wire.FlagCRC) {
		crc := wire.Checksum(b)
		b = append(append([]byte(nil), b...), byte(crc>>24), byte(crc>>16), byte(crc>>8), byte(crc))
		f, n, err = wire.Parse(b, lim)
	}`,
	},

	{
		Name: "octets-behind-the-frame-ignored", Requirement: "UDP-3",
		Sentence: "The first frame of a datagram is taken and what follows it ignored.",
		File:     fileEndpoint,
		Old:      `	if err == nil && n == len(b) {`,
		New:      `	if err == nil {`,
	},
	{
		Name: "zeros-behind-the-frame-ignored", Requirement: "UDP-3",
		Sentence: "Zero octets behind the frame are taken for padding.",
		File:     fileEndpoint,
		Old:      `	if err == nil && n == len(b) {`,
		New:      `	if err == nil && string(b[n:]) == string(make([]byte, len(b)-n)) {`,
	},
	{
		Name: "long-payload-ends-with-its-datagram", Requirement: "UDP-3",
		Sentence: "Where PAY_LEN promises less than the datagram holds, the payload ends where the datagram does.",
		File:     fileEndpoint,
		Old:      `	f, n, err := wire.Parse(b, lim)`,
		New:      payloadToTheEnd("pay > declared"),
	},
	{
		Name: "datagram-read-as-a-stream", Requirement: "UDP-3",
		Sentence: "A datagram may hold several frames, which are taken one after the other.",
		File:     fileUDP,
		Old:      `			s.datagrams(b[:n], size, p)`,
		New: `			for rest := b[:n]; len(rest) > 0; {
				_, k, err := wire.Parse(rest, s.cfg.Limits)
				if err != nil {
					k = len(rest)
				}
				s.datagram(rest[:k], p)
				rest = rest[k:]
			}`,
	},

	{
		Name: "empty-datagram-ends-the-server", Requirement: "UDP-4",
		Sentence: "An empty datagram is taken for the end of input, as on a stream.",
		File:     fileUDP,
		Old: `		switch {
		case err == nil:`,
		New: `		switch {
		case err == nil && n == 0:
			return
		case err == nil:`,
	},
	{
		Name: "flags-read-before-the-length", Requirement: "UDP-4",
		Sentence: "The FLAGS octet is looked at before it is known to be there.",
		File:     fileEndpoint,
		Old:      `	f, err := parseDatagram(b, e.limits)`,
		New: `	if wire.Flags(b[4]).Has(wire.FlagFrag) {
		return Reaction{}
	}
	f, err := parseDatagram(b, e.limits)`,
	},
	{
		Name: "source-banned-after-ten-faults", Requirement: "UDP-4",
		Sentence: "A source that has sent ten invalid datagrams is not listened to any more.",
		File:     fileUDP,
		Old:      `func (s *Server) datagram(b []byte, p path) {`,
		New: `var faults = map[netip.AddrPort]int{}

func (s *Server) datagram(b []byte, p path) {
	if _, n, err := wire.Parse(b, s.cfg.Limits); err != nil || n != len(b) {
		faults[p.peer]++
	}
	if faults[p.peer] >= 10 {
		return
	}`,
	},
	{
		Name: "pause-after-each-fault", Requirement: "UDP-4",
		Sentence: "After an invalid datagram the server rests for 30 ms, to slow attackers down.",
		File:     fileUDP,
		Old:      `func (s *Server) datagram(b []byte, p path) {`,
		New: `func (s *Server) datagram(b []byte, p path) {
	if _, n, err := wire.Parse(b, s.cfg.Limits); err != nil || n != len(b) {
		time.Sleep(30 * time.Millisecond)
	}`,
	},

	{
		Name: "crc-fault-reported", Requirement: "UDP-5",
		Sentence: "A datagram whose CRC32 does not match draws ERR 6, as on TCP.",
		File:     fileEndpoint,
		Old: `	if err != nil {
		return Reaction{Err: err}
	}
	if f.Flags.Has(wire.FlagFrag) {`,
		New: reportFault("CrcMismatch"),
	},
	{
		Name: "unknown-type-reported", Requirement: "UDP-5",
		Sentence: "A datagram of an unknown TYPE draws ERR 4, as on TCP.",
		File:     fileEndpoint,
		Old: `	if err != nil {
		return Reaction{Err: err}
	}
	if f.Flags.Has(wire.FlagFrag) {`,
		New: reportFault("InvalidFrameType"),
	},
	{
		Name: "unknown-version-reported", Requirement: "UDP-5",
		Sentence: "A datagram of another VERSION draws ERR 3, so that the peer learns which is spoken.",
		File:     fileEndpoint,
		Old: `	if err != nil {
		return Reaction{Err: err}
	}
	if f.Flags.Has(wire.FlagFrag) {`,
		New: reportFault("InvalidVersion"),
	},
	{
		Name: "acknowledged-before-the-crc", Requirement: "UDP-5",
		Sentence: "A datagram is acknowledged as soon as its headers are read, whether or not its CRC32 matches.",
		File:     fileEndpoint,
		Old: `	if err != nil {
		return Reaction{Err: err}
	}
	if f.Flags.Has(wire.FlagFrag) {`,
		New: `	if errors.Is(err, wire.CrcMismatch) {
		r := Reaction{Err: err}
		whole := append([]byte(nil), b...)
		end := len(whole) - wire.TrailerLen
		crc := wire.Checksum(whole[:end])
		copy(whole[end:], []byte{byte(crc >> 24), byte(crc >> 16), byte(crc >> 8), byte(crc)})
		if f, err := parseDatagram(whole, e.limits); err == nil && wantsAck(f) && msgID(f) != "" {
			r.Replies = []wire.Frame{ack(msgID(f))}
		}
		return r
	}
	if err != nil {
		return Reaction{Err: err}
	}
	if f.Flags.Has(wire.FlagFrag) {`,
	},

	{
		Name: "hello-comes-first", Requirement: "UDP-6",
		Sentence: "DATA is served only from a source that has said HELLO.",
		File:     fileUDP,
		Old:      `func (s *Server) datagram(b []byte, p path) {`,
		New: `var greeted = map[netip.AddrPort]bool{}

func (s *Server) datagram(b []byte, p path) {
	if f, _, err := wire.Parse(b, s.cfg.Limits); err == nil && f.Type == wire.TypeHello {
		greeted[p.peer] = true
	}
	if !greeted[p.peer] {
		return
	}`,
	},

	{
		Name: "replies-from-another-port", Requirement: "UDP-7",
		Sentence: "Each reply leaves from a socket of its own, and so from another port than the one that was asked.",
		File:     fileUDP,
		Old:      `	return s.sock.send(b, p)`,
		New: `	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(p.peer))
	if err != nil {
		return err
	}
	defer conn.Close()
	_, err = conn.Write(b)
	return err`,
	},
	{
		Name: "acks-to-the-first-port-of-an-address", Requirement: "UDP-7",
		Sentence: "A client is known by its address, and acknowledged at the port at which it was first seen.",
		File:     fileUDP,
		Old:      `func (s *Server) send(f wire.Frame, p path) error {`,
		New: `var (
	clientsMu sync.Mutex
	clients   = map[netip.Addr]path{}
)

func (s *Server) send(f wire.Frame, p path) error {
	clientsMu.Lock()
	if _, ok := clients[p.peer.Addr()]; !ok {
		clients[p.peer.Addr()] = p
	}
	if f.Type == wire.TypeAck {
		p = clients[p.peer.Addr()]
	}
	clientsMu.Unlock()`,
	},
	{
		Name: "answers-to-the-latest-port-of-an-address", Requirement: "UDP-7",
		Sentence: "A client is known by its address, and answered at the port that it has used last.",
		File:     fileUDP,
		Old: `func (s *Server) apply(m wire.Frame, p path, octets, budget int) {
	r := &Request{Message: m, Peer: p.peer, server: s, path: p, refusable: session.NewRefusable(m, budget)}
`,
		New: `var requests []*Request

func (s *Server) apply(m wire.Frame, p path, octets, budget int) {
	r := &Request{Message: m, Peer: p.peer, server: s, path: p, refusable: session.NewRefusable(m, budget)}
	requests = append(requests, r)
	for _, other := range requests {
		if other.Peer.Addr() == p.peer.Addr() {
			other.path = p
		}
	}
`,
	},

	{
		Name: "empty-ping-ignored", Requirement: "UDP-8",
		Sentence: "A PING without a payload is taken for a keepalive that needs no answer.",
		File:     fileEndpoint,
		Old: `	case wire.TypePing:
		r.reply(pong(f), &budget)`,
		New: `	case wire.TypePing:
		if len(f.Payload) == 0 {
			break
		}
		r.reply(pong(f), &budget)`,
	},
	{
		Name: "ping-of-1200-octets-ignored", Requirement: "UDP-8",
		Sentence: "A PING is answered in datagrams of up to 1,199 octets only.",
		File:     fileEndpoint,
		Old:      `size > MaxDatagram ||`,
		New:      `size >= MaxDatagram ||`,
	},

	{
		Name: "answer-limit-on-the-payload", Requirement: "UDP-9",
		Sentence: "The 1,200 octets limit the payload of an answer and not its datagram.",
		File:     "ref/udp/transmit.go",
		Old:      `f.EncodedLen() <= session.MaxDatagram`,
		New:      `len(f.Payload) <= session.MaxDatagram`,
	},
	{
		Name: "answer-limit-of-ethernet", Requirement: "UDP-9",
		Sentence: "An answer may fill an Ethernet frame, 1,472 octets.",
		File:     "ref/udp/transmit.go",
		Old:      `f.EncodedLen() <= session.MaxDatagram`,
		New:      `f.EncodedLen() <= 1472`,
	},
	{
		Name: "pong-of-any-size", Requirement: "UDP-9",
		Sentence: "A PONG is sent whatever its size.",
		File:     fileEndpoint,
		Old:      `size > MaxDatagram || size > *budget`,
		New:      `size > *budget`,
	},

	{
		Name: "takes-only-what-may-be-sent", Requirement: "UDP-10",
		Sentence: "Datagrams above 1,200 octets are discarded.",
		File:     fileUDP,
		Old:      `	if len(b) > session.MaxDatagramReceived {`,
		New:      `	if len(b) > session.MaxDatagram {`,
	},
	{
		Name: "buffer-of-2400-octets-never-full", Requirement: "UDP-10",
		Sentence: "A datagram that fills the receive buffer of 2,400 octets is taken for a cut one.",
		File:     fileUDP,
		Old:      `	if len(b) > session.MaxDatagramReceived {`,
		New:      `	if len(b) >= 2400 {`,
	},

	{
		Name: "replies-counted-one-by-one", Requirement: "UDP-11",
		Sentence: "Each reply may be three times as long as the datagram, and session identifiers have up to 39 digits.",
		File:     fileEndpoint,
		Old: `		r.reply(ack(id), &budget) // [ACK-1] [ACK-4] [ACK-15]
	}
	switch f.Type {
	case wire.TypeHello:
		r.reply(welcome(newShortSessionID()), &budget)`,
		New: `		r.reply(ack(id), &budget) // [ACK-1] [ACK-4] [ACK-15]
	}
	budget = amplification * octets
	switch f.Type {
	case wire.TypeHello:
		r.reply(welcome(NewSessionID()), &budget)`,
	},
	{
		Name: "welcome-of-any-size", Requirement: "UDP-11",
		Sentence: "WELCOME is sent with a session identifier of up to 39 digits, however short the HELLO was.",
		File:     fileEndpoint,
		Old:      `		r.reply(welcome(newShortSessionID()), &budget)`,
		New:      `		r.Replies = append(r.Replies, welcome(NewSessionID()))`,
	},
	{
		Name: "pong-sent-four-times", Requirement: "UDP-11",
		Sentence: "A PONG is sent four times, because datagrams get lost.",
		File:     fileEndpoint,
		Old:      `		r.reply(pong(f), &budget)`,
		New:      `		r.Replies = append(r.Replies, pong(f), pong(f), pong(f), pong(f))`,
	},
	{
		Name: "pong-sent-three-times-beside-an-ack", Requirement: "UDP-11",
		Sentence: "A PONG that comes with an ACK is sent as often as it would fit without one.",
		File:     fileEndpoint,
		Old:      `		r.reply(pong(f), &budget)`,
		New: `		r.reply(pong(f), &budget)
		if len(r.Replies) > 1 {
			r.Replies = append(r.Replies, pong(f), pong(f), pong(f))
		}`,
	},
	{
		Name: "ack-sent-five-times", Requirement: "UDP-11",
		Sentence: "An ACK is sent five times, because datagrams get lost.",
		File:     fileEndpoint,
		Old:      `		r.reply(ack(id), &budget)`,
		New:      `		r.Replies = append(r.Replies, ack(id), ack(id), ack(id), ack(id), ack(id))`,
	},

	{
		Name: "largest-datagram-taken-for-a-cut-one", Requirement: "UDP-12",
		Sentence: "A datagram of 65,507 octets is discarded, the limit being one octet too low.",
		File:     fileUDP,
		Old:      `	if len(b) > session.MaxDatagramReceived {`,
		New:      `	if len(b) >= session.MaxDatagramReceived {`,
	},
	{
		Name: "buffer-of-9000-octets", Requirement: "UDP-12",
		Sentence: "The receive buffer has 9,000 octets, and cuts what is longer.",
		File:     fileUDP,
		Old:      `make([]byte, session.MaxDatagramReceived+1)`,
		New:      `make([]byte, 9000)`,
	},

	{
		Name: "pong-repeats-headers", Requirement: "UDP-13",
		Sentence: "A PONG has the headers of its PING.",
		File:     fileEndpoint,
		Old:      `		r.reply(pong(f), &budget)`,
		New:      `		r.reply(wire.Frame{Type: wire.TypePong, Headers: f.Headers, Payload: f.Payload}, &budget)`,
	},
	{
		Name: "pong-of-125-octets", Requirement: "UDP-13",
		Sentence: "A PONG carries at most 125 octets of the payload, as a WebSocket's does.",
		File:     fileEndpoint,
		Old:      `		r.reply(pong(f), &budget)`,
		New: `		f.Payload = f.Payload[:min(125, len(f.Payload))]
		r.reply(pong(f), &budget)`,
	},
	{
		Name: "pong-ends-at-a-zero", Requirement: "UDP-13",
		Sentence: "The payload of a PING is copied as text, up to the first zero octet.",
		File:     fileEndpoint,
		Old:      `		r.reply(pong(f), &budget)`,
		New: `		for i, c := range f.Payload {
			if c == 0 {
				f.Payload = f.Payload[:i]
				break
			}
		}
		r.reply(pong(f), &budget)`,
	},

	{
		Name: "bye-ends-the-source", Requirement: "UDP-15",
		Sentence: "After BYE nothing is taken from that source any more.",
		File:     fileUDP,
		Old:      `func (s *Server) datagram(b []byte, p path) {`,
		New: `var gone = map[netip.AddrPort]bool{}

func (s *Server) datagram(b []byte, p path) {
	if gone[p.peer] {
		return
	}
	if f, _, err := wire.Parse(b, s.cfg.Limits); err == nil && f.Type == wire.TypeBye {
		gone[p.peer] = true
	}`,
	},
	{
		Name: "bye-stops-answers-under-way", Requirement: "UDP-15",
		Sentence: "BYE cancels the work on all earlier messages of its source.",
		File:     fileUDP,
		Old: `		s.deliver(r.Message.Clone(), p, octets, r.Budget)
	}
}

// apply runs the application on a message for which there is room.
func (s *Server) apply(m wire.Frame, p path, octets, budget int) {
	r := &Request{Message: m, Peer: p.peer, server: s, path: p, refusable: session.NewRefusable(m, budget)}
	s.all.Go(func() {
		defer s.room.give(p.peer, octets)
		if f, ok := s.incoming(s.ctx, m, p.peer); ok {
			r.Message = f
			s.cfg.Handler(s.ctx, `,
		New: `		s.deliver(r.Message.Clone(), p, octets, r.Budget)
	}
	if f, _, err := wire.Parse(b, s.cfg.Limits); err == nil && f.Type == wire.TypeBye {
		for _, cancel := range underWay[p.peer] {
			cancel()
		}
		delete(underWay, p.peer)
	}
}

var underWay = map[netip.AddrPort][]context.CancelFunc{}

func (s *Server) apply(m wire.Frame, p path, octets, budget int) {
	r := &Request{Message: m, Peer: p.peer, server: s, path: p, refusable: session.NewRefusable(m, budget)}
	ctx, cancel := context.WithCancel(s.ctx)
	underWay[p.peer] = append(underWay[p.peer], cancel)
	s.all.Go(func() {
		defer s.room.give(p.peer, octets)
		if f, ok := s.incoming(s.ctx, m, p.peer); ok {
			s.cfg.Handler(ctx, `,
	},

	{
		Name: "older-messages-dropped", Requirement: "UDP-16",
		Sentence: "A message whose msg-id is below one seen from its source is dropped as out of order.",
		File:     fileUDP,
		Old:      `func (s *Server) datagram(b []byte, p path) {`,
		New: `var newest = map[netip.AddrPort]uint64{}

func (s *Server) datagram(b []byte, p path) {
	if f, _, err := wire.Parse(b, s.cfg.Limits); err == nil && f.Type == wire.TypeData {
		value, _ := f.Headers.Get(wire.KeyMsgID)
		if id, ok := wire.ParseDecimal(value); ok {
			if id < newest[p.peer] {
				return
			}
			newest[p.peer] = id
		}
	}`,
	},
	{
		Name: "one-message-at-a-time", Requirement: "UDP-16",
		Sentence: "The next datagram is read when the application is done with the one before.",
		File:     fileUDP,
		Old: `	s.all.Go(func() {
		defer s.room.give(p.peer, octets)`,
		New: `	func(work func()) { work() }(func() {
		defer s.room.give(p.peer, octets)`,
	},

	{
		Name: "welcome-refused-aloud", Requirement: "UDP-18",
		Sentence: "WELCOME at a server draws ERR 13, as on TCP.",
		File:     fileEndpoint,
		Old:      `	case wire.TypeErr:`,
		New: `	case wire.TypeWelcome:
		r.reply(errFrame(wire.UnexpectedFrameType, ""), &budget)
	case wire.TypeErr:`,
	},
	{
		Name: "compression-refused-aloud", Requirement: "UDP-18",
		Sentence: "A message that cannot be decompressed draws ERR 18, as on TCP.",
		File:     fileEndpoint,
		Old:      `		return Reaction{Type: f.Type, Err: refusal(fault,`,
		New:      `		return Reaction{Replies: []wire.Frame{errFrame(fault, msgID(f))}, Err: refusal(fault,`,
	},
	{
		Name: "fragment-refused-aloud", Requirement: "UDP-18",
		Sentence: "A fragment without fragment headers draws ERR 17, as on TCP.",
		File:     fileEndpoint,
		Old: `	if f.Flags.Has(wire.FlagFrag) {
		return Reaction{`,
		New: `	if f.Flags.Has(wire.FlagFrag) {
		return Reaction{Replies: []wire.Frame{errFrame(wire.BadFragment, msgID(f))}, `,
	},
	{
		Name: "answer-too-long-reported", Requirement: "UDP-18",
		Sentence: "In place of an answer that is too long ERR 8 goes to the peer.",
		File:     fileRequest,
		Old:      `		err = r.server.endpoint.CheckAnswer(f)`,
		New: `		if err = r.server.endpoint.CheckAnswer(f); err != nil {
			f, err = wire.NewBuilder(wire.TypeErr).Text(wire.KeyErrCode, "8").Build()
		}`,
	},

	{
		Name: "msg-id-zero-is-none", Requirement: "ACK-1",
		Sentence: "The msg-id 0 is taken for no msg-id.",
		File:     fileEndpoint,
		Old:      `wantsAck(f) && id != ""`,
		New:      `wantsAck(f) && id != "" && id != "0"`,
	},
	{
		Name: "msg-id-of-63-bits", Requirement: "ACK-1",
		Sentence: "A msg-id is read as a signed number of 64 bits; from 2^63 on there is no ACK.",
		File:     fileEndpoint,
		Old:      `wantsAck(f) && id != ""`,
		New:      `wantsAck(f) && id != "" && !(len(id) > 19 || len(id) == 19 && id > "9223372036854775807")`,
	},
	{
		Name: "empty-message-not-acknowledged", Requirement: "ACK-1",
		Sentence: "A message without a payload is not acknowledged.",
		File:     fileEndpoint,
		Old:      `wantsAck(f) && id != ""`,
		New:      `wantsAck(f) && id != "" && len(f.Payload) > 0`,
	},
	{
		Name: "ack-on-receipt-and-on-delivery", Requirement: "ACK-1",
		Sentence: "A message is acknowledged when it arrives and again when it is delivered.",
		File:     fileEndpoint,
		Old:      `		r.Deliver, r.Message, r.Received = true, m, f`,
		New: `		r.Deliver, r.Message, r.Received = true, m, f
		r.Replies = append(r.Replies, r.Replies...)`,
	},

	{
		Name: "fragment-acknowledged", Requirement: "ACK-2",
		Sentence: "Each fragment is acknowledged as a frame of its own.",
		File:     fileEndpoint,
		Old: `	if f.Flags.Has(wire.FlagFrag) {
		return Reaction{`,
		New: `	if f.Flags.Has(wire.FlagFrag) && wantsAck(f) && msgID(f) != "" {
		return Reaction{Replies: []wire.Frame{ack(msgID(f))}}
	}
	if f.Flags.Has(wire.FlagFrag) {
		return Reaction{`,
	},

	{
		Name: "data-acknowledged-unasked", Requirement: "ACK-3",
		Sentence: "Every DATA with a msg-id is acknowledged, asked for or not.",
		File:     fileEndpoint,
		Old:      `wantsAck(f) && id != ""`,
		New:      `(wantsAck(f) || f.Type == wire.TypeData) && id != ""`,
	},
	{
		Name: "bye-acknowledged-unasked", Requirement: "ACK-3",
		Sentence: "Every BYE with a msg-id is acknowledged, asked for or not.",
		File:     fileEndpoint,
		Old:      `wantsAck(f) && id != ""`,
		New:      `(wantsAck(f) || f.Type == wire.TypeBye) && id != ""`,
	},

	{
		Name: "ack-without-a-msg-id", Requirement: "ACK-4",
		Sentence: "A DATA without a valid msg-id is acknowledged without one, as on TCP.",
		File:     fileEndpoint,
		Old:      `wantsAck(f) && id != ""`,
		New:      `wantsAck(f) && (id != "" || f.Type == wire.TypeData)`,
	},
	{
		Name: "ack-of-ping-without-a-msg-id", Requirement: "ACK-4",
		Sentence: "A PING without a valid msg-id is acknowledged without one.",
		File:     fileEndpoint,
		Old:      `wantsAck(f) && id != ""`,
		New:      `wantsAck(f) && (id != "" || f.Type == wire.TypePing)`,
	},
	{
		Name: "msg-id-with-leading-zeros", Requirement: "ACK-4",
		Sentence: "Zeros before a msg-id are skipped.",
		File:     fileEndpoint,
		Old:      `	if id := msgID(f); wantsAck(f)`,
		New:      lenientMsgID(`len(value) > 1 && value[0] == '0'`, `value = value[1:]`),
	},
	{
		Name: "msg-id-with-a-sign", Requirement: "ACK-4",
		Sentence: "A plus sign before a msg-id is skipped.",
		File:     fileEndpoint,
		Old:      `	if id := msgID(f); wantsAck(f)`,
		New:      lenientMsgID(`len(value) > 1 && value[0] == '+'`, `value = value[1:]`),
	},
	{
		Name: "msg-id-with-white-space", Requirement: "ACK-4",
		Sentence: "A line end behind a msg-id is skipped.",
		File:     fileEndpoint,
		Old:      `	if id := msgID(f); wantsAck(f)`,
		New:      lenientMsgID(`len(value) > 1 && value[len(value)-1] == '\n'`, `value = value[:len(value)-1]`),
	},
	{
		Name: "msg-id-of-any-length", Requirement: "ACK-4",
		Sentence: "A msg-id beyond 2^64 - 1 is acknowledged as it came.",
		File:     fileEndpoint,
		Old:      `	if id := msgID(f); wantsAck(f)`,
		New:      lenientMsgID(`len(value) == 20`, `return string(value)`),
	},

	{
		Name: "copies-not-acknowledged", Requirement: "ACK-5",
		Sentence: "A second copy of a message is dropped without an ACK.",
		File:     fileUDP,
		Old:      `func (s *Server) datagram(b []byte, p path) {`,
		New: `var copies = map[netip.AddrPort]map[string]bool{}

func (s *Server) datagram(b []byte, p path) {
	if copies[p.peer] == nil {
		copies[p.peer] = map[string]bool{}
	}
	if copies[p.peer][string(b)] {
		return
	}
	copies[p.peer][string(b)] = true`,
	},
	{
		Name: "two-acks-at-most", Requirement: "ACK-5",
		Sentence: "Of the copies of a message only the first two are acknowledged.",
		File:     fileUDP,
		Old:      `func (s *Server) datagram(b []byte, p path) {`,
		New: `var copies = map[netip.AddrPort]map[string]int{}

func (s *Server) datagram(b []byte, p path) {
	if copies[p.peer] == nil {
		copies[p.peer] = map[string]int{}
	}
	if copies[p.peer][string(b)]++; copies[p.peer][string(b)] > 2 {
		return
	}`,
	},

	{
		Name: "ack-acknowledged", Requirement: "ACK-7",
		Sentence: "An ACK that has REQ_ACK set is acknowledged.",
		File:     fileEndpoint,
		Old:      `wantsAck(f) && id != ""`,
		New:      `(wantsAck(f) || f.Type == wire.TypeAck && f.Flags.Has(wire.FlagReqAck)) && id != ""`,
	},
	{
		Name: "err-acknowledged", Requirement: "ACK-7",
		Sentence: "An ERR that has REQ_ACK set is acknowledged.",
		File:     fileEndpoint,
		Old:      `wantsAck(f) && id != ""`,
		New:      `(wantsAck(f) || f.Type == wire.TypeErr && f.Flags.Has(wire.FlagReqAck)) && id != ""`,
	},
	{
		Name: "pong-acknowledged", Requirement: "ACK-7",
		Sentence: "A PONG that has REQ_ACK set is acknowledged.",
		File:     fileEndpoint,
		Old:      `wantsAck(f) && id != ""`,
		New:      `(wantsAck(f) || f.Type == wire.TypePong && f.Flags.Has(wire.FlagReqAck)) && id != ""`,
	},
	{
		Name: "welcome-acknowledged", Requirement: "ACK-7",
		Sentence: "A WELCOME that has REQ_ACK set is acknowledged.",
		File:     fileEndpoint,
		Old:      `wantsAck(f) && id != ""`,
		New:      `(wantsAck(f) || f.Type == wire.TypeWelcome && f.Flags.Has(wire.FlagReqAck)) && id != ""`,
	},

	{
		Name: "ack-after-the-application", Requirement: "ACK-12",
		Sentence: "A message is acknowledged when the application is done with it.",
		File:     fileUDP,
		Old:      `	r := s.endpoint.Datagram(b)`,
		New: `	r := s.endpoint.Datagram(b)
	if r.Deliver && s.room.take(p.peer, len(b)) {
		m, octets := r.Message.Clone(), len(b)
		s.all.Go(func() {
			defer s.room.give(p.peer, octets)
			s.cfg.Handler(s.ctx, &Request{Message: m, Peer: p.peer, server: s, path: p})
			for _, f := range r.Replies {
				s.send(f, p)
			}
		})
		return
	}`,
	},
	{
		Name: "ack-when-the-application-begins", Requirement: "ACK-12",
		Sentence: "A message is acknowledged when the application turns to it, which is after all earlier ones of its source.",
		File:     fileUDP,
		Old:      `func (s *Server) datagram(b []byte, p path) {`,
		New: `var turns = map[netip.AddrPort]chan struct{}{}

func (s *Server) datagram(b []byte, p path) {
	if r := s.endpoint.Datagram(b); r.Deliver && s.room.take(p.peer, len(b)) {
		m, octets := r.Message.Clone(), len(b)
		before, done := turns[p.peer], make(chan struct{})
		turns[p.peer] = done
		s.all.Go(func() {
			defer close(done)
			defer s.room.give(p.peer, octets)
			if before != nil {
				<-before
			}
			for _, f := range r.Replies {
				s.send(f, p)
			}
			s.cfg.Handler(s.ctx, &Request{Message: m, Peer: p.peer, server: s, path: p})
		})
		return
	}`,
	},
	{
		Name: "acks-collected-for-800-ms", Requirement: "ACK-12",
		Sentence: "An ACK is held back for 800 ms, in case an answer can carry it.",
		File:     fileUDP,
		Old:      `	for _, f := range r.Replies {`,
		New: `	for _, f := range r.Replies {
		if f.Type == wire.TypeAck {
			time.AfterFunc(800*time.Millisecond, func() { s.send(f, p) })
			continue
		}`,
	},

	{
		Name: "welcome-instead-of-an-ack", Requirement: "ACK-15",
		Sentence: "WELCOME is thought to acknowledge a HELLO well enough.",
		File:     fileEndpoint,
		Old:      `wantsAck(f) && id != ""`,
		New:      `wantsAck(f) && f.Type != wire.TypeHello && id != ""`,
	},
	{
		Name: "pong-instead-of-an-ack", Requirement: "ACK-15",
		Sentence: "PONG is thought to acknowledge a PING well enough.",
		File:     fileEndpoint,
		Old:      `wantsAck(f) && id != ""`,
		New:      `wantsAck(f) && f.Type != wire.TypePing && id != ""`,
	},
	{
		Name: "bye-not-acknowledged", Requirement: "ACK-15",
		Sentence: "BYE is not acknowledged, because it ends nothing.",
		File:     fileEndpoint,
		Old:      `wantsAck(f) && id != ""`,
		New:      `wantsAck(f) && f.Type != wire.TypeBye && id != ""`,
	},

	{
		Name: "ack-repeats-flags", Requirement: "ACK-18",
		Sentence: "An ACK has the FLAGS of the message.",
		File:     fileEndpoint,
		Old:      `		r.reply(ack(id), &budget)`,
		New:      `		r.reply(wire.Frame{Type: wire.TypeAck, Flags: f.Flags, Headers: ack(id).Headers}, &budget)`,
	},
	{
		Name: "ack-repeats-headers", Requirement: "ACK-18",
		Sentence: "An ACK has all headers of the message.",
		File:     fileEndpoint,
		Old:      `		r.reply(ack(id), &budget)`,
		New:      `		r.reply(wire.Frame{Type: wire.TypeAck, Headers: f.Headers}, &budget)`,
	},
	{
		Name: "ack-repeats-the-payload", Requirement: "ACK-18",
		Sentence: "An ACK has the payload of the message.",
		File:     fileEndpoint,
		Old:      `		r.reply(ack(id), &budget)`,
		New:      `		r.reply(wire.Frame{Type: wire.TypeAck, Headers: ack(id).Headers, Payload: f.Payload}, &budget)`,
	},

	{
		Name: "one-source-may-fill-the-queue", Requirement: "SEC-1",
		Sentence: "The application's queue has a limit, but no share of it for each source.",
		File:     "ref/udp/room.go",
		Old:      ` || r.sources[source] >= r.maxPerSource`,
		New:      ``,
	},
	{
		Name: "table-of-sources-never-emptied", Requirement: "SEC-1",
		Sentence: "Sources are kept in a table of 512, and no more are served once it is full.",
		File:     fileUDP,
		Old:      `func (s *Server) datagram(b []byte, p path) {`,
		New: `var known = map[netip.AddrPort]bool{}

func (s *Server) datagram(b []byte, p path) {
	if !known[p.peer] && len(known) >= 512 {
		return
	}
	known[p.peer] = true`,
	},
	{
		Name: "discarded-datagrams-hold-room", Requirement: "SEC-1",
		Sentence: "The room that a discarded datagram takes in the application's queue is never given back.",
		File:     fileUDP,
		Old:      `	r := s.endpoint.Datagram(b)`,
		New: `	r := s.endpoint.Datagram(b)
	if r.Err != nil {
		s.room.take(p.peer, len(b))
	}`,
	},
}

// payloadToTheEnd takes the length of a payload from that of the datagram, in the
// case given, where CRC32 fits the octets that are there.
func payloadToTheEnd(when string) string {
	return `	if end := len(b) - wire.TrailerLen; end >= wire.FixedLen {
		pay := end - wire.FixedLen - (int(b[5]) | int(b[6])<<8)
		declared := int(b[7])<<24 | int(b[8])<<16 | int(b[9])<<8 | int(b[10])
		crc := wire.Checksum(b[:end])
		fits := string(b[end:]) == string([]byte{byte(crc >> 24), byte(crc >> 16), byte(crc >> 8), byte(crc)})
		if pay >= 0 && fits && ` + when + ` {
			b = append([]byte(nil), b...)
			copy(b[7:], []byte{byte(pay >> 24), byte(pay >> 16), byte(pay >> 8), byte(pay)})
			crc = wire.Checksum(b[:end])
			copy(b[end:], []byte{byte(crc >> 24), byte(crc >> 16), byte(crc >> 8), byte(crc)})
		}
	}
	f, n, err := wire.Parse(b, lim)`
}

// reportFault answers one kind of invalid datagram.
func reportFault(reason string) string {
	return `	if err != nil {
		r := Reaction{Err: err}
		if errors.Is(err, wire.` + reason + `) {
			r.Replies = []wire.Frame{errFrame(wire.` + reason + `, "")}
		}
		return r
	}
	if f.Flags.Has(wire.FlagFrag) {`
}

// lenientMsgID reads a msg-id, changing it while a condition holds.
func lenientMsgID(while, do string) string {
	return `	lenient := func(f wire.Frame) string {
		value, _ := f.Headers.Get(wire.KeyMsgID)
		for ` + while + ` {
			` + do + `
		}
		if _, ok := wire.ParseDecimal(value); !ok {
			return ""
		}
		return string(value)
	}
	if id := lenient(f); wantsAck(f)`
}
