package selftest

import "github.com/vstp-project/vstp/conformance"

const (
	fileEasyText     = "ref/easy/text.go"
	fileEasyServer   = "ref/easy/server.go"
	fileEasyClient   = "ref/easy/client.go"
	fileEasyDatagram = "ref/easy/datagram.go"
	fileRefusal      = "ref/session/refusal.go"
)

// easyMutants break the rules of Easy endpoints, as a server and as a client.
var easyMutants = []Mutant{
	{
		Name: "easy-answer-begins-with-a-mark", Requirement: "EASY-1",
		Sentence: "Responses begin with a byte order mark.",
		File:     fileEasyText,
		Old:      `Payload: text}`,
		New:      `Payload: append([]byte("\ufeff"), text...)}`,
	},
	{
		Name: "easy-answer-in-latin-1", Requirement: "EASY-1",
		Sentence: "Responses are written in ISO 8859-1 where that has the characters.",
		File:     fileEasyText,
		Old:      `Payload: text}`,
		New:      `Payload: bytes.ReplaceAll(text, []byte("ä"), []byte{0xe4})}`,
	},
	{
		Name: "easy-null-is-no-payload", Requirement: "EASY-1",
		Sentence: "A response that is null is sent as an empty payload.",
		File:     fileEasyText,
		Old:      `Payload: text}`,
		New:      `Payload: bytes.TrimPrefix(text, []byte("null"))}`,
	},
	{
		Name: "easy-objects-and-arrays-alone", Requirement: "EASY-1",
		Sentence: "A request that is neither an object nor a text is not read, as in the first JSON.",
		File:     fileEasyText,
		Old:      `utf8.Valid(f.Payload) {`,
		New:      `utf8.Valid(f.Payload) && len(f.Payload) > 6 {`,
	},
	{
		Name: "easy-request-ends-with-a-zero", Requirement: "EASY-1", Role: conformance.RoleClient,
		Sentence: "A client ends every text with a zero octet.",
		File:     fileEasyText,
		Old:      `Payload: text}`,
		New:      `Payload: append(text, 0)}`,
	},
	{
		Name: "easy-request-within-an-envelope", Requirement: "EASY-1", Role: conformance.RoleClient,
		Sentence: "A client wraps every value into an object with its own member.",
		File:     fileEasyText,
		Old:      `Payload: text}`,
		New:      `Payload: append(append([]byte("{\"value\":"), text...), '}')}`,
	},
	{
		Name: "easy-answers-are-text", Requirement: "EASY-2",
		Sentence: "Responses are labelled text/json, a type that nobody has registered.",
		File:     fileEasyText,
		Old:      `contentTypeJSON = "application/json"`,
		New:      `contentTypeJSON = "text/json"`,
	},
	{
		Name: "easy-requests-without-a-label", Requirement: "EASY-2", Role: conformance.RoleClient,
		Sentence: "A client leaves the label out.",
		File:     fileEasyText,
		Old:      `Headers: label, `,
		New:      ``,
	},
	{
		Name: "easy-label-demanded-over-tcp", Requirement: "EASY-3",
		Sentence: "A request over TCP without the label is not answered.",
		File:     fileEasyServer,
		Old:      `	return func(ctx context.Context, r *tcp.Request) {`,
		New: `	return func(ctx context.Context, r *tcp.Request) {
		if v, _ := r.Message.Headers.Get(keyContentType); string(v) != contentTypeJSON {
			return
		}`,
	},
	{
		Name: "easy-label-demanded-over-udp", Requirement: "EASY-3",
		Sentence: "A request over UDP without the label is not answered.",
		File:     fileEasyServer,
		Old:      `	return func(ctx context.Context, r *udp.Request) {`,
		New: `	return func(ctx context.Context, r *udp.Request) {
		if v, _ := r.Message.Headers.Get(keyContentType); string(v) != contentTypeJSON {
			return
		}`,
	},
	{
		Name: "easy-answers-come-twice", Requirement: "EASY-3",
		Sentence: "Every response is sent twice, to be sure.",
		File:     fileEasyServer,
		Old:      `		if err = answer(response); err == nil`,
		New: `		_ = answer(response)
		if err = answer(response); err == nil`,
	},
	{
		Name: "easy-slow-answer-is-dropped", Requirement: "EASY-3",
		Sentence: "A response that took its handler more than 50 ms is not sent any more.",
		File:     fileEasyServer,
		Old:      `	return work(ctx)`,
		New: `	timely, late := context.WithTimeout(ctx, 50_000_000)
	defer late()
	defer func() {
		if timely.Err() != nil {
			err = net.ErrClosed
		}
	}()
	return work(ctx)`,
	},
	{
		Name: "easy-unreadable-met-by-silence", Requirement: "EASY-4",
		Sentence: "A request that cannot be read is not answered.",
		File:     fileEasyServer,
		Old:      `		reason, text = wire.DeserializationError, "payload is not JSON of the form expected"`,
		New:      `		return`,
	},
	{
		Name: "easy-unreadable-is-a-failure", Requirement: "EASY-4",
		Sentence: "A request that cannot be read is answered as a failed handler is, with ERR 15.",
		File:     fileEasyServer,
		Old:      `		reason, text = wire.DeserializationError, "payload is not JSON of the form expected"`,
		New:      `		text = "payload is not JSON of the form expected"`,
	},
	{
		Name: "easy-encoding-not-looked-at", Requirement: "EASY-4",
		Sentence: "Octets that are not UTF-8 are replaced, and the request taken.",
		File:     fileEasyText,
		Old:      `utf8.Valid(f.Payload) {`,
		New:      `utf8.Valid(f.Payload) || true {`,
	},
	{
		Name: "easy-unreadable-ends-the-server", Requirement: "EASY-4",
		Sentence: "A request that cannot be read ends the program.",
		File:     fileEasyServer,
		Old:      `		log.Info("easy: a request could not be read", "err", err)`,
		New:      `		go panic(err)`,
	},
	{
		Name: "easy-failure-met-by-silence", Requirement: "EASY-5",
		Sentence: "A request whose handler fails is not answered, as in the Rust crate.",
		File:     fileEasyServer,
		Old: `	err = answerError(reason, text)
	if err != nil && !ended(err) && text`,
		New: `	if reason == wire.ServerError {
		return
	}
	err = answerError(reason, text)
	if err != nil && !ended(err) && text`,
	},
	{
		Name: "easy-failure-is-a-value", Requirement: "EASY-5",
		Sentence: "A request whose handler fails is answered with an object that says so.",
		File:     fileEasyServer,
		Old: `	response, err := h(ctx, request)
	if err != nil {
		return wire.Frame{}, err
	}`,
		New: `	response, err := h(ctx, request)
	if err != nil {
		return message(map[string]string{"error": err.Error()}, cfg)
	}`,
	},
	{
		Name: "easy-failure-is-unreadable", Requirement: "EASY-5",
		Sentence: "A request whose handler fails is answered with ERR 12.",
		File:     fileEasyServer,
		Old:      `	reason, text := wire.ServerError, "the request could not be served"`,
		New:      `	reason, text := wire.DeserializationError, "the request could not be served"`,
	},
	{
		Name: "easy-ping-is-a-request-over-tcp", Requirement: "EASY-6",
		Sentence: "The payload of a PING over TCP is answered by PONG and handed to the application as well.",
		File:     "ref/session/server.go",
		Old:      `		s.send(pong(f)) // [TCP-6]`,
		New: `		s.send(pong(f)) // [TCP-6]
		s.do(Action{Kind: ActionDeliver, Frame: f, Message: s.owed.deliver()})`,
	},
	{
		Name: "easy-bye-is-a-request-over-udp", Requirement: "EASY-6",
		Sentence: "Over UDP, where BYE ends nothing, its payload is handed to the application.",
		File:     fileEndpoint,
		Old: `	case wire.TypeData:
		r.Deliver`,
		New: `	case wire.TypeData, wire.TypeBye:
		r.Deliver`,
	},
	{
		Name: "easy-ping-is-a-response-over-tcp", Requirement: "EASY-6", Role: conformance.RoleClient,
		Sentence: "A client over TCP answers PING and takes its payload for a response as well.",
		File:     "ref/session/client.go",
		Old:      `		c.send(pong(f)) // [TCP-24] [TCP-7]`,
		New: `		c.send(pong(f)) // [TCP-24] [TCP-7]
		c.do(Action{Kind: ActionDeliver, Frame: f})`,
	},
	{
		Name: "easy-pong-is-a-response-over-udp", Requirement: "EASY-6", Role: conformance.RoleClient,
		Sentence: "A client over UDP takes the payload of an unsolicited PONG for a response.",
		File:     fileEndpoint,
		Old: `	case wire.TypeData:
		r.Deliver`,
		New: `	case wire.TypeData, wire.TypePong:
		r.Deliver`,
	},
	{
		Name: "easy-one-handler-at-a-time", Requirement: "EASY-7",
		Sentence: "Over UDP one request is worked on at a time.",
		File:     fileEasyServer,
		Old:      `	return func(ctx context.Context, r *udp.Request) {`,
		New: `	turn := make(chan struct{}, 1)
	return func(ctx context.Context, r *udp.Request) {
		turn <- struct{}{}
		defer func() { <-turn }()`,
	},
	{
		Name: "easy-four-handlers-at-a-time", Requirement: "EASY-7",
		Sentence: "Over UDP there are four workers, and a fifth request waits for one of them.",
		File:     fileEasyServer,
		Old:      `	return func(ctx context.Context, r *udp.Request) {`,
		New: `	turn := make(chan struct{}, 4)
	return func(ctx context.Context, r *udp.Request) {
		turn <- struct{}{}
		defer func() { <-turn }()`,
	},
	{
		Name: "easy-receive-waits-for-ever", Requirement: "EASY-8", Role: conformance.RoleClient,
		Sentence: "A receive ends when a response comes and not before.",
		File:     fileEasyClient,
		Old:      `	f, err := c.exchange.receive(ctx)`,
		New:      `	f, err := c.exchange.receive(context.WithoutCancel(ctx))`,
	},
	{
		Name: "easy-receive-does-not-wait", Requirement: "EASY-8", Role: conformance.RoleClient,
		Sentence: "A receive reports Timeout as soon as it is found that there is no response yet.",
		File:     fileEasyClient,
		Old:      `	f, err := c.exchange.receive(ctx)`,
		New: `	soon, done := context.WithTimeout(ctx, 100_000_000)
	defer done()
	f, err := c.exchange.receive(soon)`,
	},
	{
		Name: "easy-timeout-is-the-end", Requirement: "EASY-8", Role: conformance.RoleClient,
		Sentence: "A receive that got nothing in time reports that the connection is closed.",
		File:     fileEasyClient,
		Old:      `	return fmt.Errorf("%w (%w)", &session.LocalError{Reason: wire.Timeout,`,
		New:      `	return fmt.Errorf("%w (%v)", &session.LocalError{Reason: wire.ConnectionClosed,`,
	},
	{
		Name: "easy-any-source-is-the-server", Requirement: "EASY-9", Role: conformance.RoleClient,
		Sentence: "A client takes responses from whomever they come.",
		File:     fileEasyDatagram,
		Old:      `		if m.Peer.IsValid() && m.Peer != d.to {`,
		New:      `		if false {`,
	},
	{
		Name: "easy-any-port-is-the-server", Requirement: "EASY-9", Role: conformance.RoleClient,
		Sentence: "A client compares the address of a response and not the port.",
		File:     fileEasyDatagram,
		Old:      `		if m.Peer.IsValid() && m.Peer != d.to {`,
		New:      `		if m.Peer.IsValid() && m.Peer.Addr() != d.to.Addr() {`,
	},
	{
		Name: "easy-error-names-no-request", Requirement: "ERR-9",
		Sentence: "An ERR that the application asks for has no msg-id.",
		File:     fileRefusal,
		Old:      `	f := errFrame(reason, id)`,
		New:      `	f := errFrame(reason, id[:0])`,
	},
	{
		Name: "easy-error-says-all-there-is-to-say", Requirement: "UDP-11",
		Sentence: "The text of an ERR that the application asks for is sent whatever the size of the request.",
		File:     fileRefusal,
		Old: `	if size := f.EncodedLen(); size > r.budget || size > MaxDatagram {
		f.Payload = nil
	}
	size := f.EncodedLen()
	if size > r.budget {`,
		New: `	size := 0
	if size > r.budget {`,
	},
}
