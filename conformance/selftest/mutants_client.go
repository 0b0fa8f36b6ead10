package selftest

import "github.com/vstp-project/vstp/conformance"

const (
	fileClient   = "ref/session/client.go"
	fileReply    = "ref/session/reply.go"
	fileErrors   = "ref/session/errors.go"
	fileSendable = "ref/session/application.go"
	fileConn     = "ref/tcp/conn.go"
	fileWrite    = "ref/tcp/write.go"
	fileReader   = "ref/wire/reader.go"
	fileHeaders  = "ref/wire/headers.go"
	fileUDPConn  = "ref/udp/conn.go"
	fileConfig   = "ref/reliable/config.go"
)

// inClient are mutants of what a client has in common with a server or a codec.
var inClient = []string{
	"payload-before-headers", "data-padded-to-even-length",
	"version-zero-accepted", "magic-judged-by-its-first-octet",
	"header-length-read-as-signed-octets", "payload-length-read-in-16-bits",
	"encoder-cuts-long-header-sections",
	"next-frame-found-by-magic", "cut-fixed-part-is-an-error",
	"type-checked-before-crc", "headers-checked-before-crc",
	"empty-key-ends-the-section", "empty-key-refused",
	"malformed-header-left-out", "headers-read-out-of-the-payload",
	"single-octet-ignored", "largest-section-refused",
	"headers-converted-to-utf8", "values-end-at-nul",
	"repeated-keys-merged", "headers-sorted", "keys-found-in-any-case",
	"crc-without-final-xor-accepted", "crc-over-headers-and-payload-accepted",
	"crc-does-not-cover-flags", "crc-accepted-in-either-order", "zero-crc-means-none",
	"crc-checked-only-with-the-flag", "crc-checked-only-without-the-flag",
	"type-read-from-four-bits", "unknown-type-is-data",
	"flags-cleared-with-a-reserved-bit", "reserved-bit-refused-over-udp",
	"frag-headers-make-a-fragment",
	"fragment-without-headers-is-a-message", "frag-ignored-on-control-frames",
	"compressed-ping-discarded-over-udp", "pong-compressed-as-its-ping",
	"err-code-misspelt", "err-text-in-latin-1", "err-without-msg-id",
	"long-batches-sent-on-the-side", "batches-sent-side-by-side",
	"frame-behind-bye-taken", "cut-frame-taken-at-the-end",
	"frame-of-another-version-skipped", "body-awaited-before-size-is-refused",
	"damaged-frame-skipped", "malformed-section-skipped",
	"magic-judged-on-three-octets", "version-judged-on-the-fixed-part",
	"large-frames-in-two-datagrams", "line-end-behind-the-frame",
	"short-datagram-ends-in-the-buffer", "short-payload-ends-with-its-datagram",
	"octets-behind-the-frame-ignored", "datagram-read-as-a-stream",
	"empty-datagram-ends-the-server", "crc-fault-reported", "unknown-type-reported",
	"acknowledged-before-the-crc", "takes-only-what-may-be-sent", "buffer-of-9000-octets",
	"pong-repeats-headers", "pong-ends-at-a-zero", "welcome-refused-aloud",
	"long-frames-flagged", "frag-index-with-a-leading-zero",
	"frag-index-from-one", "frag-id-of-each-fragment", "frag-total-is-the-last-index",
	"fragments-overlap", "fragments-of-1400-octets", "frag-id-always-zero",
	"own-headers-once", "last-fragment-flagged", "fragments-without-msg-id", "fragments-not-paced",
	"copies-delivered", "ack-acknowledged", "err-acknowledged", "pong-acknowledged",
	"welcome-acknowledged", "ack-repeats-flags", "ack-repeats-headers",
	"two-octets-crash",
}

// clientMutants break the rules of clients, and those rules of both ends that are
// carried out by code of the client's own.
var clientMutants = []Mutant{
	// Frames and headers

	{
		Name: "empty-data-is-no-message", Requirement: "FRM-5", Role: conformance.RoleClient,
		Sentence: "A DATA without headers and payload is taken for a keepalive and not delivered.",
		File:     fileReader,
		Old:      "			r.start += n\n			return f, nil\n",
		New: `			r.start += n
			if f.Type == TypeData && n == Overhead {
				continue
			}
			return f, nil
`,
	},
	{
		Name: "keys-of-127-octets-at-most", Requirement: "HDR-1", Role: conformance.RoleClient,
		Sentence: "Of a longer key the first 127 octets are handed over.",
		File:     fileHeaders,
		Old:      "			if !yield(key, value) {\n",
		New:      "			if !yield(key[:min(len(key), 127)], value) {\n",
	},
	{
		Name: "long-keys-cut", Requirement: "HDR-2", Role: conformance.RoleClient,
		Sentence: "Of a key above 255 octets the first 255 are sent.",
		File:     fileHeaders,
		Old:      "	if len(key) > MaxKeyLen {\n",
		New:      "	if key = key[:min(len(key), MaxKeyLen)]; len(key) > MaxKeyLen {\n",
	},
	{
		Name: "long-values-cut", Requirement: "HDR-2", Role: conformance.RoleClient,
		Sentence: "Of a value above 255 octets the first 255 are sent.",
		File:     fileHeaders,
		Old:      "	if len(value) > MaxValueLen {\n",
		New:      "	if value = value[:min(len(value), MaxValueLen)]; len(value) > MaxValueLen {\n",
	},
	{
		Name: "err-code-with-a-leading-zero", Requirement: "HDR-9", Role: conformance.RoleClient,
		Sentence: "An err-code is written with a zero before it.",
		File:     fileReply,
		Old:      "	code := wire.AppendDecimal(nil, uint64(reason.Code()))\n",
		New:      "	code := wire.AppendDecimal([]byte{'0'}, uint64(reason.Code()))\n",
	},
	{
		Name: "frag-total-in-three-digits", Requirement: "HDR-9", Role: conformance.RoleClient,
		Sentence: "A frag-total is written in three digits.",
		File:     fileSplit,
		Old:      `wire.AppendDecimal(digits[:0], uint64(s.total))`,
		New:      `fmt.Sprintf("%03d", s.total)`,
	},
	{
		Name: "session-id-left-to-applications", Requirement: "HDR-11", Role: conformance.RoleClient,
		Sentence: "An application may send a header session-id.",
		File:     fileSendable,
		Old:      "wire.KeyFragTotal, wire.KeySessionID, wire.KeyErrCode:",
		New:      "wire.KeyFragTotal, wire.KeyErrCode:",
	},
	{
		Name: "frag-id-left-to-applications", Requirement: "HDR-11", Role: conformance.RoleClient,
		Sentence: "An application may send a header frag-id.",
		File:     fileSendable,
		Old:      "wire.KeyMsgID, wire.KeyFragID, wire.KeyFragIndex,",
		New:      "wire.KeyMsgID, wire.KeyFragIndex,",
	},
	{
		Name: "limit-on-the-payload-sent", Requirement: "LIM-4", Role: conformance.RoleClient,
		Sentence: "The size limit of what is sent is applied to the payload alone.",
		File:     fileSendable,
		Old:      "if size := f.EncodedLen(); size > limit {",
		New:      "if size := len(f.Payload); size > limit {",
	},
	{
		Name: "large-message-cut-off", Requirement: "LIM-4", Role: conformance.RoleClient,
		Sentence: "Of a message above the limit as much is sent as the limit allows.",
		File:     fileClient,
		Old:      "	if err := c.sendable(f); err != nil {\n		return nil, err\n	}\n	c.greet()\n",
		New: `	if over := f.EncodedLen() - c.cfg.Limits.MaxFrame; 0 < over && over < len(f.Payload) {
		f.Payload = f.Payload[:len(f.Payload)-over]
	}
	if err := c.sendable(f); err != nil {
		return nil, err
	}
	c.greet()
`,
	},

	// Types and flags

	{
		Name: "any-type-sent", Requirement: "TYP-2", Role: conformance.RoleClient,
		Sentence: "A type of the range that is open for allocation is sent, allocated or not.",
		File:     fileSendable,
		Old:      "		if !lim.Types.Has(f.Type) {\n",
		New:      "		if f.Type < 0x10 {\n",
	},
	{
		Name: "unknown-type-ignored-by-a-client", Requirement: "TYP-4", Role: conformance.RoleClient,
		Sentence: "A frame of an unknown type is skipped in silence.",
		File:     fileClient,
		Old:      "		c.send(errFrame(fault.Reason, \"\")) // [TYP-4]\n",
		New:      "",
	},
	{
		Name: "unknown-type-closes-a-client", Requirement: "TYP-4", Role: conformance.RoleClient,
		Sentence: "A frame of an unknown type is reported and ends the connection.",
		File:     fileClient,
		Old:      "		c.report(err)\n		c.send(errFrame(fault.Reason, \"\")) // [TYP-4]\n",
		New:      "		c.endInput(now, err, fault.Reason)\n",
	},
	{
		Name: "req-ack-read-as-frag", Requirement: "FLG-1", Role: conformance.RoleClient,
		Sentence: "The flag 0x01 is taken for FRAG.",
		File:     "ref/wire/flags.go",
		Old:      "FlagFrag   Flags = 0x10",
		New:      "FlagFrag   Flags = 0x01",
	},
	{
		Name: "messages-marked", Requirement: "FLG-2", Role: conformance.RoleClient,
		Sentence: "The reserved bit 0x40 marks messages of applications that are sent.",
		File:     "ref/wire/frame.go",
		Old:      "	b = append(b, magic0, magic1, Version, byte(f.Type), byte(f.Flags))\n",
		New: `	if f.Type == TypeData {
		f.Flags |= 0x40
	}
	b = append(b, magic0, magic1, Version, byte(f.Type), byte(f.Flags))
`,
	},
	{
		Name: "fragment-over-tcp-delivered-by-a-client", Requirement: "FLG-6", Role: conformance.RoleClient,
		Sentence: "A fragment that comes over TCP is delivered as a message.",
		File:     fileClient,
		Old:      "	if f.Flags.Has(wire.FlagFrag) {\n",
		New:      "	if f.Flags.Has(wire.FlagFrag) && f.Type != wire.TypeData {\n",
	},
	{
		Name: "fragment-over-tcp-closes-a-client", Requirement: "FLG-6", Role: conformance.RoleClient,
		Sentence: "A fragment that comes over TCP ends the connection.",
		File:     fileClient,
		Old:      "		c.refuse(f, wire.BadFragment) // [FLG-6]\n",
		New:      "		c.endInput(now, refusal(wire.BadFragment, \"a fragment\"), wire.BadFragment)\n",
	},
	{
		Name: "compressed-ping-refused-by-a-client", Requirement: "FLG-7", Role: conformance.RoleClient,
		Sentence: "A frame of any type with COMP is refused over TCP.",
		File:     fileClient,
		Old:      "	if f.Flags.Has(wire.FlagFrag) {\n",
		New:      "	if f.Flags.Has(wire.FlagFrag) || f.Flags.Has(wire.FlagComp) {\n",
	},
	{
		Name: "frag-sent-over-tcp", Requirement: "FRG-16", Role: conformance.RoleClient,
		Sentence: "An application may set the flag FRAG.",
		File:     fileSendable,
		Old:      "	allowed := wire.FlagCRC\n",
		New:      "	allowed := wire.FlagCRC | wire.FlagFrag\n",
	},

	// Errors

	{
		Name: "ack-of-nothing-reported-by-a-client", Requirement: "ERR-3", Role: conformance.RoleClient,
		Sentence: "An ACK whose msg-id is that of no message is answered with an ERR.",
		File:     fileClient,
		Old:      "		c.settle(f, nil)\n",
		New: `		if !c.settle(f, nil) {
			c.send(errFrame(wire.Protocol, ""))
		}
`,
	},
	{
		Name: "ack-of-nothing-reported-over-udp", Requirement: "ERR-3", Role: conformance.RoleClient,
		Sentence: "An ACK without a msg-id is answered with an ERR over UDP.",
		File:     fileEndpoint,
		Old:      "	case wire.TypeAck:\n		r.settle(f)\n",
		New: `	case wire.TypeAck:
		if r.settle(f); !r.Settles {
			refused := errFrame(wire.Protocol, "")
			refused.Payload = nil
			r.reply(refused, &budget)
		}
`,
	},
	{
		Name: "err-ends-a-client", Requirement: "ERR-4", Role: conformance.RoleClient,
		Sentence: "An ERR ends the connection.",
		File:     fileClient,
		Old:      "		c.do(Action{Kind: ActionNotify, Err: err}) // [ERR-7]\n",
		New: `		c.do(Action{Kind: ActionNotify, Err: err})
		c.endInput(time.Now(), refusal(wire.ConnectionClosed, "the peer reports an error"), 0)
`,
	},
	{
		Name: "err-delivered-as-a-message", Requirement: "ERR-7", Role: conformance.RoleClient,
		Sentence: "The text of an ERR is handed over as a message.",
		File:     fileClient,
		Old:      "		c.do(Action{Kind: ActionNotify, Err: err}) // [ERR-7]\n",
		New:      "		c.do(Action{Kind: ActionDeliver, Frame: wire.Frame{Type: wire.TypeData, Payload: f.Payload}})\n",
	},
	{
		Name: "err-code-not-read", Requirement: "ERR-7", Role: conformance.RoleClient,
		Sentence: "Every ERR is reported as ServerError.",
		File:     fileErrors,
		Old:      "&PeerError{Code: errCode(f.Headers), ",
		New:      "&PeerError{Code: wire.ServerError, ",
	},
	{
		Name: "err-not-reported-over-udp", Requirement: "ERR-7", Role: conformance.RoleClient,
		Sentence: "An ERR that comes over UDP and ends no send is dropped.",
		File:     fileTransmit,
		Old:      "	if refusal != nil {\n		s.report(refusal, p)\n	}\n",
		New:      "",
	},
	{
		Name: "hello-to-a-client-ignored", Requirement: "ERR-8", Role: conformance.RoleClient,
		Sentence: "A HELLO that reaches the client is ignored.",
		File:     fileClient,
		Old:      "		c.refuse(f, wire.UnexpectedFrameType) // [ERR-8]\n",
		New:      "",
	},
	{
		Name: "hello-to-a-client-closes", Requirement: "ERR-8", Role: conformance.RoleClient,
		Sentence: "A HELLO that reaches the client is reported and ends the connection.",
		File:     fileClient,
		Old:      "		c.refuse(f, wire.UnexpectedFrameType) // [ERR-8]\n",
		New:      "		c.endInput(now, refusal(wire.UnexpectedFrameType, \"HELLO\"), wire.UnexpectedFrameType)\n",
	},

	// TCP

	{
		Name: "bye-put-in-front", Requirement: "PRI-3", Role: conformance.RoleClient,
		Sentence: "What is handed over to be sent waits 50 ms for more to travel with it, and a BYE among that is put in front.",
		File:     fileWrite,
		Old:      "		if err := c.writeAll(out.Octets()); err != nil {\n",
		New: `		octets := out.Octets()
		c.written(len(octets))
		time.Sleep(50 * time.Millisecond)
		c.mu.Lock()
		if c.outbox.shut {
			if bye := c.outbox.take(); bye != nil {
				octets = append(append([]byte(nil), bye.Octets()...), octets...)
			}
		}
		c.mu.Unlock()
		if err := c.writeAll(octets); err != nil {
`,
	},
	{
		Name: "frames-read-in-whole-segments", Requirement: "TCP-5", Role: conformance.RoleClient,
		Sentence: "A payload of which only some octets have arrived is thrown away with its frame.",
		File:     fileReader,
		Old:      "		if err := r.fill(n); err != nil {\n",
		New: `		if had := r.Buffered(); FixedLen < had && had < 64 {
			r.start = r.end
		}
		if err := r.fill(n); err != nil {
`,
	},
	{
		Name: "newer-message-first", Requirement: "TCP-20", Role: conformance.RoleClient,
		Sentence: "A message overtakes the one before it if that has not been received yet.",
		File:     "ref/tcp/inbox.go",
		Old:      "	b.waiting = append(b.waiting, m)\n",
		New: `	if n := len(b.waiting); n > 0 {
		m, b.waiting[n-1] = b.waiting[n-1], m
	}
	b.waiting = append(b.waiting, m)
`,
	},
	{
		Name: "frames-held-while-more-comes", Requirement: "TCP-22", Role: conformance.RoleClient,
		Sentence: "A frame is held back while the one behind it has arrived in part.",
		File:     fileReader,
		Old:      "			r.start += n\n			return f, nil\n",
		New: `			rest := r.buf[r.start+n : r.end]
			if _, _, err := Parse(rest, r.lim); len(rest) == 0 || err != ErrShort {
				r.start += n
				return f, nil
			}
			n += FixedLen
`,
	},
	{
		Name: "no-hello", Requirement: "TCP-2", Role: conformance.RoleClient,
		Sentence: "No HELLO is sent.",
		File:     fileClient,
		Old:      "		c.send(wire.Frame{Type: wire.TypeHello})\n",
		New:      "",
	},
	{
		Name: "hello-behind-the-first-data", Requirement: "TCP-2", Role: conformance.RoleClient,
		Sentence: "HELLO waits for the first message, and travels behind it.",
		File:     fileWrite,
		Old:      "	for {\n		out, last, ok := c.takeOutbox()\n",
		New: `	var hello []byte
	c.mu.Lock()
	if b := c.outbox.take(); b != nil {
		hello = append(hello, b.Octets()...)
	}
	for c.outbox.idle() && c.sess.State() != session.StateClosed && len(hello) > 3 && hello[3] == 1 {
		c.changed.Wait()
	}
	c.mu.Unlock()
	for {
		if hello != nil {
			c.mu.Lock()
			first := c.outbox.take()
			c.mu.Unlock()
			if first != nil && hello[3] == 1 {
				hello = append(append([]byte(nil), first.Octets()...), hello...)
			}
			if c.writeAll(hello) != nil {
				return
			}
			hello = nil
		}
		out, last, ok := c.takeOutbox()
`,
	},
	{
		Name: "data-waits-for-welcome", Requirement: "TCP-27", Role: conformance.RoleClient,
		Sentence: "The first message waits until WELCOME has come.",
		File:     fileConn,
		Old:      "	err := c.wait(ctx, func() bool { return !c.outbox.full() || c.sess.State() != session.StateOpen })\n",
		New: `	err := c.wait(ctx, func() bool {
		_, welcome := c.life.ID()
		return !c.outbox.full() && welcome || c.sess.State() != session.StateOpen
	})
`,
	},
	{
		Name: "pong-ends-at-a-zero-in-a-client", Requirement: "TCP-7", Role: conformance.RoleClient,
		Sentence: "The payload of a PING is copied as text, up to the first zero octet.",
		File:     fileClient,
		Old:      "		c.send(pong(f)) // [TCP-24] [TCP-7]\n",
		New: `		for i, octet := range f.Payload {
			if octet == 0 {
				f.Payload = f.Payload[:i]
				break
			}
		}
		c.send(pong(f))
`,
	},
	{
		Name: "ping-ignored-by-a-client", Requirement: "TCP-24", Role: conformance.RoleClient,
		Sentence: "A client takes PING for something that only servers answer.",
		File:     fileClient,
		Old:      "		c.send(pong(f)) // [TCP-24] [TCP-7]\n",
		New:      "",
	},
	{
		Name: "pong-of-a-client-without-payload", Requirement: "TCP-24", Role: conformance.RoleClient,
		Sentence: "The PONG of a client has no payload.",
		File:     fileClient,
		Old:      "		c.send(pong(f)) // [TCP-24] [TCP-7]\n",
		New:      "		c.send(pong(wire.Frame{}))\n",
	},
	{
		Name: "no-bye", Requirement: "TCP-10", Role: conformance.RoleClient,
		Sentence: "A client ends a connection without a word.",
		File:     fileClient,
		Old:      "		c.sendInOrder(wire.Frame{Type: wire.TypeBye})\n		c.shutdown(now.Add(c.cfg.CloseTimeout))\n",
		New:      "		c.shutdown(now.Add(c.cfg.CloseTimeout))\n",
	},
	{
		Name: "bye-lost-in-a-hasty-close", Requirement: "TCP-10", Role: conformance.RoleClient,
		Sentence: "A client that has queued BYE closes at once, and drops what is queued.",
		File:     fileClient,
		Old:      "		c.shutdown(now.Add(c.cfg.CloseTimeout))\n",
		New:      "		c.close(\"closed\")\n",
	},
	{
		Name: "bye-drops-what-a-client-owes", Requirement: "TCP-9", Role: conformance.RoleClient,
		Sentence: "BYE closes the connection at once, whatever is queued.",
		File:     fileClient,
		Old:      "		c.endInput(now, refusal(wire.ConnectionClosed, \"the peer has said BYE\"), 0) // [TCP-25]\n",
		New:      "		c.close(\"the peer has said BYE\")\n",
	},
	{
		Name: "bye-ignored-by-a-client", Requirement: "TCP-25", Role: conformance.RoleClient,
		Sentence: "BYE is ignored.",
		File:     fileClient,
		Old:      "		c.endInput(now, refusal(wire.ConnectionClosed, \"the peer has said BYE\"), 0) // [TCP-25]\n",
		New:      "",
	},
	{
		Name: "bye-waits-for-the-server-to-close", Requirement: "TCP-25", Role: conformance.RoleClient,
		Sentence: "After BYE the client waits for the server to close first.",
		File:     fileClient,
		Old:      "		c.endInput(now, refusal(wire.ConnectionClosed, \"the peer has said BYE\"), 0) // [TCP-25]\n",
		New:      "		c.silence(refusal(wire.ConnectionClosed, \"the peer has said BYE\"))\n",
	},
	{
		Name: "fault-drops-what-waits", Requirement: "TCP-15", Role: conformance.RoleClient,
		Sentence: "A fault of the peer's drops the messages that have not been received yet.",
		File:     fileConn,
		Old:      "		c.fault = err\n",
		New:      "		c.fault, c.inbox = err, inbox{}\n",
	},
	{
		Name: "client-closes-without-err", Requirement: "TCP-16", Role: conformance.RoleClient,
		Sentence: "A fault ends the connection without an ERR.",
		File:     fileClient,
		Old:      "		c.sendInOrder(errFrame(fault, \"\")) // as the last frame [TCP-16]\n	}\n	c.shutdown(end)\n",
		New:      "	}\n	c.shutdown(end)\n",
	},
	{
		Name: "err-and-then-bye", Requirement: "TCP-16", Role: conformance.RoleClient,
		Sentence: "The ERR that reports a fault is followed by a BYE.",
		File:     fileClient,
		Old:      "		c.sendInOrder(errFrame(fault, \"\")) // as the last frame [TCP-16]\n	}\n	c.shutdown(end)\n",
		New:      "		c.sendInOrder(errFrame(fault, \"\"), wire.Frame{Type: wire.TypeBye})\n	}\n	c.shutdown(end)\n",
	},
	{
		Name: "end-of-stream-drops-what-waits", Requirement: "TCP-26", Role: conformance.RoleClient,
		Sentence: "The end of the stream drops the messages that have not been received yet.",
		File:     fileConn,
		Old:      "	case c.fault == nil && !c.closing:\n",
		New:      "	case c.fault == nil && !c.closing:\n		c.inbox = inbox{}\n",
	},
	{
		Name: "end-of-stream-is-told-first", Requirement: "TCP-26", Role: conformance.RoleClient,
		Sentence: "The end of the stream is reported before the messages that came ahead of it.",
		File:     fileConn,
		Old:      "	case !c.inbox.empty():\n		m := c.inbox.pop()\n",
		New: `	case c.over != nil && !c.inbox.empty() && c.cause == nil:
		err, c.cause = c.over, io.EOF
	case !c.inbox.empty():
		m := c.inbox.pop()
`,
	},
	{
		Name: "one-operation-at-a-time", Requirement: "TCP-31", Role: conformance.RoleClient,
		Sentence: "A connection is locked while one of its operations is under way, a receive that waits included.",
		File:     "ref/peer/adapter_client.go",
		Old:      "	return conn, nil\n}\n",
		New: `	return taken{conn}, nil
}

type taken struct{ client }

var turns sync.Map

func (t taken) begin() *sync.Mutex {
	turn, _ := turns.LoadOrStore(t.client, new(sync.Mutex))
	turn.(*sync.Mutex).Lock()
	return turn.(*sync.Mutex)
}

func (t taken) send(ctx context.Context, f wire.Frame, destination string, acknowledged bool) error {
	defer t.begin().Unlock()
	return t.client.send(ctx, f, destination, acknowledged)
}

func (t taken) receive(ctx context.Context) (wire.Frame, string, error) {
	defer t.begin().Unlock()
	return t.client.receive(ctx)
}
`,
	},

	// UDP

	{
		Name: "message-limit-on-the-payload", Requirement: "UDP-9", Role: conformance.RoleClient,
		Sentence: "The 1,200 octets limit the payload of a message and not its datagram.",
		File:     fileTransmit,
		Old:      `f.EncodedLen() <= session.MaxDatagram`,
		New:      `len(f.Payload) <= session.MaxDatagram`,
	},
	{
		Name: "messages-wait-for-incomplete-ones", Requirement: "UDP-16", Role: conformance.RoleClient,
		Sentence: "A message waits while fragments of another are missing, so that none overtakes it.",
		File:     fileUDP,
		Old:      "		s.deliver(r.Message.Clone(), p, octets, r.Budget)\n",
		New: `		m := r.Message.Clone()
		s.all.Go(func() {
			for s.Sessions() > 0 && s.ctx.Err() == nil {
				time.Sleep(time.Millisecond)
			}
			s.deliver(m, p, octets, r.Budget)
		})
`,
	},
	{
		Name: "hello-to-a-client-refused-aloud", Requirement: "UDP-18", Role: conformance.RoleClient,
		Sentence: "HELLO at a client draws ERR 13, as on TCP.",
		File:     fileEndpoint,
		Old:      "		return Reaction{Type: f.Type, Err: refusal(wire.UnexpectedFrameType, \"HELLO has nothing to say to a client [UDP-18]\")}\n",
		New:      "		return Reaction{Replies: []wire.Frame{errFrame(wire.UnexpectedFrameType, \"\")}}\n",
	},
	{
		Name: "one-destination-only", Requirement: "UDP-17", Role: conformance.RoleClient,
		Sentence: "Whatever destination is given, messages go to the one given first.",
		File:     fileUDPConn,
		Old:      "	if !to.IsValid() {\n		to = c.peer\n	}\n",
		New:      "	to = c.peer\n",
	},
	{
		Name: "source-is-the-usual-peer", Requirement: "UDP-17", Role: conformance.RoleClient,
		Sentence: "The source of every message is said to be the peer given first.",
		File:     fileUDPConn,
		Old:      "Message{Frame: m, Peer: p.peer}, octets",
		New:      "Message{Frame: m, Peer: c.peer}, octets",
	},
	{
		Name: "ping-over-udp-ignored-by-a-client", Requirement: "UDP-14", Role: conformance.RoleClient,
		Sentence: "A client answers no PING over UDP.",
		File:     fileEndpoint,
		Old:      "		r.reply(pong(f), &budget) // [UDP-8]\n",
		New:      "		if !e.client {\n			r.reply(pong(f), &budget)\n		}\n",
	},
	{
		Name: "no-pong-while-an-ack-is-awaited", Requirement: "UDP-14", Role: conformance.RoleClient,
		Sentence: "A client that waits for an ACK answers no PING.",
		File:     fileUDP,
		Old:      "	for _, f := range r.Replies {\n",
		New: `	s.mu.Lock()
	busy := s.sender.Outstanding() > 0
	s.mu.Unlock()
	for _, f := range r.Replies {
		if busy && f.Type == wire.TypePong {
			continue
		}
`,
	},

	// Fragments

	{
		Name: "messages-never-split", Requirement: "FRG-1", Role: conformance.RoleClient,
		Sentence: "A message travels in one datagram, however long it is.",
		File:     fileTransmit,
		Old:      `if !acknowledged && f.EncodedLen() <= session.MaxDatagram {`,
		New:      `if !acknowledged {`,
	},
	{
		Name: "messages-split-early", Requirement: "FRG-2", Role: conformance.RoleClient,
		Sentence: "A message with more than 600 octets of payload is split.",
		File:     fileUDP,
		Old:      `	b, err := f.AppendBinary(make([]byte, 0, f.EncodedLen()))`,
		New: `	if f.Type == wire.TypeData && !f.Flags.Has(wire.FlagFrag) && len(f.Payload) > 600 {
		f.Headers, _ = f.Headers.AppendText(wire.KeyMsgID, "1")
		pieces, err := frag.Split(f, 7, 700)
		for i := 0; err == nil && i < pieces.Len(); i++ {
			err = s.send(pieces.Frame(i), p)
		}
		return err
	}
	b, err := f.AppendBinary(make([]byte, 0, f.EncodedLen()))`,
	},
	{
		Name: "long-ping-split", Requirement: "FRG-12", Role: conformance.RoleClient,
		Sentence: "A PING that does not fit a datagram is split like a message.",
		File:     fileSplit,
		Old:      "	if m.Type != wire.TypeData {\n",
		New:      "	if m.Type != wire.TypeData && m.Type != wire.TypePing {\n",
	},
	{
		Name: "long-message-cut-off", Requirement: "FRG-7", Role: conformance.RoleClient,
		Sentence: "Of a message that is too long as much is sent as 255 fragments hold.",
		File:     fileUDPConn,
		Old:      "	f, err := c.server.outgoing(ctx, f, to)",
		New:      "	f.Payload = f.Payload[:min(len(f.Payload), 270_000)]\n	f, err := c.server.outgoing(ctx, f, to)",
	},
	{
		Name: "long-message-sent-in-two", Requirement: "FRG-7", Role: conformance.RoleClient,
		Sentence: "A message that is too long is sent as two.",
		File:     fileUDPConn,
		Old:      "	return c.send(ctx, to, f, false)\n",
		New: `	const most = 270_000
	if len(f.Payload) > most {
		rest := f
		f.Payload, rest.Payload = f.Payload[:most], f.Payload[most:]
		if err := c.send(ctx, to, f, false); err != nil {
			return err
		}
		f = rest
	}
	return c.send(ctx, to, f, false)
`,
	},
	{
		Name: "room-left-in-every-fragment", Requirement: "FRG-14", Role: conformance.RoleClient,
		Sentence: "Every fragment leaves eight octets of its datagram free.",
		File:     fileSplit,
		Old:      `chunk := min(limit-wire.Overhead-own-fragmentHeaders, MaxPayload)`,
		New:      `chunk := min(limit-wire.Overhead-own-fragmentHeaders-8, MaxPayload)`,
	},
	{
		Name: "messages-of-200-fragments", Requirement: "FRG-14", Role: conformance.RoleClient,
		Sentence: "A message is cut into 200 fragments at most.",
		File:     fileSplit,
		Old:      "	if total > MaxFragments {\n",
		New:      "	if total > 200 {\n",
	},
	{
		Name: "frag-ids-do-not-rest", Requirement: "FRG-9", Role: conformance.RoleClient,
		Sentence: "A frag-id is free again as soon as the last fragment has been sent.",
		File:     "ref/frag/ids.go",
		Old:      "	until := sent.Add(window)\n",
		New:      "	until := sent\n",
	},
	{
		Name: "frag-ids-rest-10-s", Requirement: "FRG-9", Role: conformance.RoleClient,
		Sentence: "A frag-id rests for 10 s.",
		File:     "ref/frag/ids.go",
		Old:      "	until := sent.Add(window)\n",
		New:      "	until := sent.Add(window / 3)\n",
	},
	{
		Name: "fragments-are-for-servers", Requirement: "RAS-22", Role: conformance.RoleClient,
		Sentence: "A client discards fragments.",
		File:     fileEndpoint,
		Old:      "	if f.Flags.Has(wire.FlagFrag) {\n		return Reaction{Fragment: true, Message: f, Type: f.Type}\n",
		New: `	if f.Flags.Has(wire.FlagFrag) {
		if e.client {
			return Reaction{}
		}
		return Reaction{Fragment: true, Message: f}
`,
	},
	{
		Name: "client-takes-fragments-in-order-only", Requirement: "RAS-22", Role: conformance.RoleClient,
		Sentence: "A fragment that does not follow the ones before it is ignored.",
		File:     fileReassembler,
		Old:      `	case s.has(p.index):`,
		New:      `	case s.has(p.index) || p.index != s.total-s.missing:`,
	},

	// Acknowledgement

	{
		Name: "tcp-welcome-acknowledged-by-a-client", Requirement: "ACK-7", Role: conformance.RoleClient,
		Sentence: "Over TCP a WELCOME with REQ_ACK is acknowledged.",
		File:     fileClient,
		Old:      "		c.welcome(f)\n",
		New: `		if f.Flags.Has(wire.FlagReqAck) {
			c.send(ack(msgID(f)))
		}
		c.welcome(f)
`,
	},
	{
		Name: "client-acknowledges-nothing", Requirement: "ACK-16", Role: conformance.RoleClient,
		Sentence: "A client acknowledges nothing.",
		File:     fileEndpoint,
		Old:      "wantsAck(f) && id != \"\"",
		New:      "!e.client && wantsAck(f) && id != \"\"",
	},
	{
		Name: "no-ack-while-an-ack-is-awaited", Requirement: "ACK-16", Role: conformance.RoleClient,
		Sentence: "A client that waits for an ACK acknowledges nothing.",
		File:     fileUDP,
		Old:      "	for _, f := range r.Replies {\n",
		New: `	s.mu.Lock()
	busy := s.sender.Outstanding() > 0
	s.mu.Unlock()
	for _, f := range r.Replies {
		if busy && f.Type == wire.TypeAck {
			continue
		}
`,
	},
	{
		Name: "client-does-not-acknowledge-what-was-split", Requirement: "ACK-16", Role: conformance.RoleClient,
		Sentence: "A client does not acknowledge a message that came in fragments.",
		File:     fileIncoming,
		Old:      "		return s.endpoint.Message(m, octets)\n",
		New: `		r := s.endpoint.Message(m, octets)
		r.Replies = nil
		return r
`,
	},
	{
		Name: "one-msg-id-for-all", Requirement: "ACK-11", Role: conformance.RoleClient,
		Sentence: "Every message over UDP has the same msg-id.",
		File:     fileSender,
		Old:      "		s.msgID++\n",
		New:      "",
	},
	{
		Name: "msg-ids-of-four-bits", Requirement: "ACK-11", Role: conformance.RoleClient,
		Sentence: "A msg-id comes back with every sixteenth message over UDP.",
		File:     fileSender,
		Old:      "		s.msgID++\n",
		New:      "		s.msgID = (s.msgID + 1) % 16\n",
	},
	{
		Name: "one-msg-id-for-all-over-tcp", Requirement: "ACK-11", Role: conformance.RoleClient,
		Sentence: "Every message over TCP has the same msg-id.",
		File:     fileClient,
		Old:      "	c.nextID++\n",
		New:      "",
	},
	{
		Name: "ack-from-anywhere", Requirement: "ACK-8", Role: conformance.RoleClient,
		Sentence: "An ACK counts wherever it comes from.",
		File:     fileSender,
		Old:      "	if t == nil || t.lastSent.IsZero() { // nothing answers what has not been sent\n",
		New: `	for m, other := range s.outstanding {
		if success && m.msgID == msgID {
			t = other
		}
	}
	if t == nil || t.lastSent.IsZero() {
`,
	},
	{
		Name: "ack-from-any-port", Requirement: "ACK-8", Role: conformance.RoleClient,
		Sentence: "An ACK counts whatever port of the destination it comes from.",
		File:     fileSender,
		Old:      "	if t == nil || t.lastSent.IsZero() { // nothing answers what has not been sent\n",
		New: `	for m, other := range s.outstanding {
		if success && m.msgID == msgID && m.to.Addr() == from.Addr().Unmap() {
			t = other
		}
	}
	if t == nil || t.lastSent.IsZero() {
`,
	},
	{
		Name: "any-ack-counts-over-tcp", Requirement: "ACK-8", Role: conformance.RoleClient,
		Sentence: "Over TCP an ACK with a msg-id that is not known ends the oldest send.",
		File:     fileClient,
		Old:      "	if !ok || !c.waits.end(id) {\n",
		New: `	if ok && !c.waits.has(id) && len(c.waits.timed) > 0 {
		id = c.waits.timed[0].id
	}
	if !ok || !c.waits.end(id) {
`,
	},
	{
		Name: "ack-with-a-leading-zero-counts", Requirement: "ACK-9", Role: conformance.RoleClient,
		Sentence: "Zeros before the msg-id of an ACK are skipped.",
		File:     fileEndpoint,
		Old:      "	r.MsgID, r.Settles = wire.ParseDecimal(value)\n",
		New: `	for len(value) > 1 && value[0] == '0' {
		value = value[1:]
	}
	r.MsgID, r.Settles = wire.ParseDecimal(value)
`,
	},
	{
		Name: "unknown-ack-counts", Requirement: "ACK-9", Role: conformance.RoleClient,
		Sentence: "An ACK with an unknown msg-id from the right place ends the send that waits there.",
		File:     fileSender,
		Old:      "	if t == nil || t.lastSent.IsZero() { // nothing answers what has not been sent\n",
		New: `	for m, other := range s.outstanding {
		if success && m.to.Port() == from.Port() {
			t = other
		}
	}
	if t == nil || t.lastSent.IsZero() {
`,
	},
	{
		Name: "malformed-ack-fails-the-sends", Requirement: "ACK-9", Role: conformance.RoleClient,
		Sentence: "An ACK without a valid msg-id fails every send that waits.",
		File:     fileClient,
		Old:      "		c.settle(f, nil)\n",
		New: `		if !c.settle(f, nil) && msgID(f) == "" {
			for _, id := range c.waits.rest() {
				c.do(Action{Kind: ActionSettle, Message: id, Err: refusal(wire.Protocol, "a malformed ACK")})
			}
		}
`,
	},
	{
		Name: "messages-dropped-while-an-ack-is-awaited", Requirement: "ACK-10", Role: conformance.RoleClient,
		Sentence: "A client that waits for an ACK over UDP drops the messages that come meanwhile.",
		File:     fileUDP,
		Old:      "	if deliver {\n",
		New: `	s.mu.Lock()
	deliver = deliver && s.sender.Outstanding() == 0
	s.mu.Unlock()
	if deliver {
`,
	},
	{
		Name: "messages-dropped-while-an-ack-is-awaited-over-tcp", Requirement: "ACK-10", Role: conformance.RoleClient,
		Sentence: "A client that waits for an ACK over TCP drops the messages that come meanwhile.",
		File:     fileClient,
		Old:      "	c.do(Action{Kind: ActionDeliver, Frame: m})\n",
		New:      "	if len(c.waits.open) == 0 {\n		c.do(Action{Kind: ActionDeliver, Frame: m})\n	}\n",
	},
	{
		Name: "err-ends-no-send", Requirement: "ACK-17", Role: conformance.RoleClient,
		Sentence: "Over UDP an ERR ends no send.",
		File:     fileTransmit,
		Old:      "			t = s.sender.Refuse(time.Now(), p.peer, r.MsgID)\n",
		New:      "",
	},
	{
		Name: "err-ends-no-send-over-tcp", Requirement: "ACK-17", Role: conformance.RoleClient,
		Sentence: "Over TCP an ERR ends no send.",
		File:     fileClient,
		Old:      "	if !c.settle(f, err) { // [ACK-17]\n",
		New:      "	{\n",
	},
	{
		Name: "err-from-anywhere-ends-a-send", Requirement: "ACK-17", Role: conformance.RoleClient,
		Sentence: "An ERR ends a send wherever it comes from.",
		File:     fileSender,
		Old:      "	if t == nil || t.lastSent.IsZero() { // nothing answers what has not been sent\n",
		New: `	for m, other := range s.outstanding {
		if !success && m.msgID == msgID {
			t = other
		}
	}
	if t == nil || t.lastSent.IsZero() {
`,
	},
	{
		Name: "err-ends-a-send-well", Requirement: "ACK-17", Role: conformance.RoleClient,
		Sentence: "An ERR with the msg-id of a send is as good as an ACK.",
		File:     fileTransmit,
		Old:      "			t.Owner.(*outgoing).done <- errorOf(refusal)\n",
		New:      "			t.Owner.(*outgoing).done <- errorOf(nil)\n",
	},

	// Retransmission

	{
		Name: "two-retransmissions", Requirement: "RTX-1", Role: conformance.RoleClient,
		Sentence: "A message is transmitted again twice.",
		File:     fileConfig,
		Old:      "		c.Retries = DefaultRetries\n",
		New:      "		c.Retries = 2\n",
	},
	{
		Name: "six-retransmissions", Requirement: "RTX-1", Role: conformance.RoleClient,
		Sentence: "A message is transmitted again six times.",
		File:     fileConfig,
		Old:      "		c.Retries = DefaultRetries\n",
		New:      "		c.Retries = 6\n",
	},
	{
		Name: "four-retransmissions", Requirement: "RTX-2", Role: conformance.RoleClient,
		Sentence: "A message is transmitted again four times.",
		File:     fileConfig,
		Old:      "		c.Retries = DefaultRetries\n",
		New:      "		c.Retries = 4\n",
	},
	{
		Name: "fragments-transmitted-once-more", Requirement: "RTX-2", Role: conformance.RoleClient,
		Sentence: "A message in fragments is transmitted once more before it is given up.",
		File:     fileSender,
		Old:      "		case t.transmission <= s.cfg.Retries:\n			s.schedule(now, t)\n",
		New:      "		case t.transmission <= s.cfg.Retries || t.pieces != nil && t.transmission == s.cfg.Retries+1:\n			s.schedule(now, t)\n",
	},
	{
		Name: "retransmission-after-50-ms", Requirement: "RTX-3", Role: conformance.RoleClient,
		Sentence: "The first interval is 50 ms, and the others follow from it.",
		File:     fileSender,
		Old:      "	d := s.cfg.RetryDelay\n",
		New:      "	d := s.cfg.RetryDelay / 2\n",
	},
	{
		Name: "retransmission-after-10-s", Requirement: "RTX-3", Role: conformance.RoleClient,
		Sentence: "The third interval is 10 s.",
		File:     fileSender,
		Old:      "	return min(d, s.cfg.MaxRetryDelay)\n",
		New:      "	if n == 1 && d == 4*s.cfg.RetryDelay {\n		return 100 * s.cfg.RetryDelay\n	}\n	return min(d, s.cfg.MaxRetryDelay)\n",
	},
	{
		Name: "intervals-triple", Requirement: "RTX-4", Role: conformance.RoleClient,
		Sentence: "Each interval is three times as long as the one before.",
		File:     fileSender,
		Old:      "		d *= 2\n",
		New:      "		d *= 3\n",
	},
	{
		Name: "intervals-from-the-first-fragment", Requirement: "RTX-4", Role: conformance.RoleClient,
		Sentence: "The intervals count from the first fragment of a transmission.",
		File:     fileSender,
		Old:      "	t.lastSent = now\n",
		New:      "	if t.next == 0 {\n		t.lastSent = now\n	}\n	now = t.lastSent\n",
	},
	{
		Name: "timeout-is-success", Requirement: "RTX-5", Role: conformance.RoleClient,
		Sentence: "A send that is never acknowledged ends as if it had been.",
		File:     fileTransmit,
		Old:      "			s.cfg.Log.Info(\"udp: a message was not acknowledged\", \"peer\", p.peer, \"err\", err)\n",
		New:      "			return nil\n",
	},
	{
		Name: "timeout-with-the-last-transmission", Requirement: "RTX-5", Role: conformance.RoleClient,
		Sentence: "A send ends with Timeout 100 ms after its last transmission.",
		File:     fileSender,
		Old:      "		s.wait(t, now.Add(s.cfg.AckTimeout))\n",
		New:      "		s.wait(t, now.Add(s.cfg.RetryDelay))\n",
	},
	{
		Name: "msg-id-of-each-transmission", Requirement: "RTX-6", Role: conformance.RoleClient,
		Sentence: "Each transmission has a msg-id of its own.",
		File:     fileSender,
		Old:      "	t.transmission++\n",
		New: `	if t.transmission++; t.transmission > 1 && t.whole != nil {
		f, _, _ := wire.Parse(t.whole, wire.Limits{})
		f.Headers, s.msgID = wire.Headers{}, s.msgID+1
		f, _ = s.name(f)
		t.whole, _ = f.AppendBinary(nil)
	}
`,
	},
	{
		Name: "frag-id-of-each-transmission", Requirement: "RTX-7", Role: conformance.RoleClient,
		Sentence: "Each transmission has a frag-id of its own.",
		File:     fileSender,
		Old:      "	t.transmission++\n",
		New: `	if t.transmission++; t.transmission > 1 && t.pieces != nil {
		t.pieces.SetID(t.pieces.ID() + 1)
	}
`,
	},
	{
		Name: "smaller-fragments-the-second-time", Requirement: "RTX-7", Role: conformance.RoleClient,
		Sentence: "A message is cut into smaller fragments when it is transmitted again.",
		File:     fileSender,
		Old:      "	t.transmission++\n",
		New: `	if t.transmission++; t.transmission > 1 && t.pieces != nil {
		m := t.pieces.Frame(0)
		m.Payload = slices.Clone(m.Payload)
		for i := 1; i < t.pieces.Len(); i++ {
			m.Payload = append(m.Payload, t.pieces.Frame(i).Payload...)
		}
		m.Flags &^= wire.FlagFrag
		m.Headers, _ = wire.ParseHeaders(frag.AppendOwnHeaders(nil, m.Headers))
		t.pieces, _ = frag.Split(m, t.pieces.ID(), frag.MaxDatagram-20*t.transmission)
	}
`,
	},
	{
		Name: "retransmissions-flagged", Requirement: "RTX-10", Role: conformance.RoleClient,
		Sentence: "A retransmission has the CRC flag set.",
		File:     fileSender,
		Old:      "	t.transmission++\n",
		New: `	if t.transmission++; t.transmission > 1 && t.whole != nil {
		f, _, _ := wire.Parse(t.whole, wire.Limits{})
		f.Flags |= wire.FlagCRC
		t.whole, _ = f.AppendBinary(nil)
	}
`,
	},
	{
		Name: "retransmissions-counted", Requirement: "RTX-10", Role: conformance.RoleClient,
		Sentence: "A retransmission has one more header, which counts it.",
		File:     fileSender,
		Old:      "	t.transmission++\n",
		New: `	if t.transmission++; t.transmission > 1 && t.whole != nil {
		f, _, _ := wire.Parse(t.whole, wire.Limits{})
		f.Headers, _ = f.Headers.AppendText("attempt", "again")
		t.whole, _ = f.AppendBinary(nil)
	}
`,
	},
	{
		Name: "sent-twice-over-tcp", Requirement: "RTX-12", Role: conformance.RoleClient,
		Sentence: "A message that is to be acknowledged is sent twice over TCP, for safety.",
		File:     fileConn,
		Old:      "	case session.ActionSend: // to be acknowledged\n",
		New:      "	case session.ActionSend:\n		c.send(a.Frame, true)\n",
	},
	{
		Name: "retransmission-over-tcp", Requirement: "RTX-12", Role: conformance.RoleClient,
		Sentence: "A message that has not been acknowledged within 100 ms is sent again over TCP.",
		File:     fileConn,
		Old:      "	case session.ActionSend: // to be acknowledged\n",
		New: `	case session.ActionSend:
		again := a.Frame.Clone()
		time.AfterFunc(100*time.Millisecond, func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.send(again, true)
			c.flush()
		})
`,
	},
	{
		Name: "ack-does-not-stop-retransmission", Requirement: "RTX-8", Role: conformance.RoleClient,
		Sentence: "After the ACK all retransmissions are sent all the same.",
		File:     fileSender,
		Old:      "	s.end(now, t, success)\n	return t\n",
		New:      "	if !success {\n		s.end(now, t, success)\n	}\n	return t\n",
	},
	{
		Name: "ack-of-the-last-transmission-ignored", Requirement: "RTX-8", Role: conformance.RoleClient,
		Sentence: "An ACK that comes after the last transmission is too late.",
		File:     fileSender,
		Old:      "	if t == nil || t.lastSent.IsZero() { // nothing answers what has not been sent\n",
		New:      "	if t == nil || t.lastSent.IsZero() || t.transmission > s.cfg.Retries {\n",
	},
	{
		Name: "gives-up-after-three-losses", Requirement: "RTX-9", Role: conformance.RoleClient,
		Sentence: "A send fails when its third transmission has gone unanswered for 100 ms.",
		File:     fileSender,
		Old:      "		case t.transmission <= s.cfg.Retries:\n			s.schedule(now, t)\n",
		New:      "		case t.transmission < s.cfg.Retries:\n			s.schedule(now, t)\n",
	},
	{
		Name: "ack-of-a-retransmission-ignored", Requirement: "RTX-9", Role: conformance.RoleClient,
		Sentence: "Only an ACK of the first two transmissions counts.",
		File:     fileSender,
		Old:      "	if t == nil || t.lastSent.IsZero() { // nothing answers what has not been sent\n",
		New:      "	if t == nil || t.lastSent.IsZero() || t.transmission > 2 {\n",
	},
	{
		Name: "closed-port-ends-a-send", Requirement: "RTX-13", Role: conformance.RoleClient,
		Sentence: "A send ends when the system says that nothing listens at the port.",
		File:     fileTransmit,
		Old:      "	case t.Acknowledged():\n",
		New: `	case t.Acknowledged():
		go func() {
			probe, err := net.Dial("udp", t.To().String())
			if err != nil {
				return
			}
			defer probe.Close()
			probe.SetDeadline(time.Now().Add(20 * time.Millisecond))
			probe.Write(nil)
			_, err = probe.Read(make([]byte, 1))
			if failed := (*net.OpError)(nil); errors.As(err, &failed) && !failed.Timeout() {
				s.mu.Lock()
				s.sender.Cancel(time.Now(), t)
				s.mu.Unlock()
				t.Owner.(*outgoing).done <- err
			}
		}()
`,
	},

	// Robustness

	{
		Name: "wrong-magic-ends-the-client", Requirement: "SEC-1", Role: conformance.RoleClient,
		Sentence: "A wrong MAGIC over TCP ends the program.",
		File:     fileClient,
		Old:      "	err := &LocalError{Reason: fault.Reason, Detail: fault.Error()}\n",
		New: `	if fault.Reason == wire.InvalidMagic {
		panic("wrong MAGIC")
	}
	err := &LocalError{Reason: fault.Reason, Detail: fault.Error()}
`,
	},
}
