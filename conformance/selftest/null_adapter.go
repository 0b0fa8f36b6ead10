package selftest

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vstp-project/vstp/conformance/forge"
	"github.com/vstp-project/vstp/conformance/target"
)

// A NullAdapter is an adapter with no client and no codec behind it.
type NullAdapter struct {
	Name  string
	Title string // what it does, in words

	// ClientOnly is one that answers what a codec is asked like another that is there.
	ClientOnly bool

	run func(ctx context.Context, in io.Reader, out io.Writer) error
}

// NullAdapters are the built-in ones.
func NullAdapters() []NullAdapter {
	return append([]NullAdapter{
		{Name: "exits-0", Title: "ends with success before it says anything", run: func(context.Context, io.Reader, io.Writer) error { return nil }},
		{Name: "exits-1", Title: "fails before it says anything", run: func(context.Context, io.Reader, io.Writer) error { return errors.New("exit status 1") }},
		{Name: "prints-nothing", Title: "reads every request and answers none", run: func(_ context.Context, in io.Reader, _ io.Writer) error {
			_, err := io.Copy(io.Discard, in)
			return err
		}},
		{Name: "bare-ok", Title: "answers that everything is well, and nothing more", run: pretence{bare: true}.run},
		{Name: "refuses-all", Title: "answers every request with the error Protocol", run: pretence{refusal: "Protocol"}.run},
		{Name: "incomplete-all", Title: "answers every request with the error Incomplete", run: pretence{refusal: "Incomplete"}.run},
		{Name: "closed-all", Title: "answers every request with the error ConnectionClosed", run: pretence{refusal: "ConnectionClosed"}.run},
		{Name: "unsupported-all", Title: "answers every request with the error Unsupported", run: pretence{refusal: "Unsupported"}.run},
		{Name: "all-is-well", Title: "answers as if it had sent, received and been acknowledged, and opens no connection", run: pretence{}.run},
		{Name: "repeats-last", Title: "sends the last valid frame again whatever comes, and answers with what it last saw", run: pretence{dials: true, reflex: repeater, repeats: true}.run},
		{Name: "random-answers", Title: "answers at random, in the right form", run: pretence{random: true}.run},
		{Name: "returns-the-request", Title: "answers each request with what is in it", run: pretence{returns: true}.run},
		{Name: "web-server", Title: "speaks HTTP where the adapter protocol is spoken", run: func(_ context.Context, in io.Reader, out io.Writer) error {
			if _, err := bufio.NewReader(in).ReadBytes('\n'); err != nil {
				return err
			}
			_, err := io.WriteString(out, badRequest+"\n")
			return err
		}},
		{Name: "starts-then-ends", Title: "introduces itself and ends with success at the first request", run: pretence{ends: true}.run},
	}, nullClients()...)
}

// nullClients differ from the others by what they do over the network.
func nullClients() []NullAdapter {
	clients := []NullAdapter{
		{Name: "connects-only", Title: "connects and never sends", run: pretence{dials: true}.run},
		{Name: "noise", Title: "connects, and sends random octets for each message", run: pretence{dials: true, sends: func() []byte { return noise(100) }}.run},
		{Name: "echo", Title: "connects and sends every octet back", run: pretence{dials: true, echoes: true}.run},
		{Name: "hello-only", Title: "connects, sends HELLO and then nothing", run: pretence{dials: true, opens: forge.Frame{Type: 1}.Bytes()}.run},
		{Name: "greets-then-dead", Title: "sends and receives one message, and then only says that it does", run: pretence{dials: true, greets: true}.run},
		{Name: "greets-then-closes", Title: "sends and receives one message, and then closes", run: pretence{dials: true, greets: true, closes: true}.run},
		{Name: "greets-then-refuses", Title: "sends and receives one message, and then refuses everything", run: pretence{dials: true, greets: true, refusal: "Protocol"}.run},
		{Name: "hangs-up", Title: "connects and hangs up at once", run: pretence{dials: true, hangsUp: true}.run},
		{Name: "acknowledges-all", Title: "connects, acknowledges every frame and does nothing else", run: pretence{dials: true, reflex: func() reflex { return forEachFrame(acknowledgement) }}.run},
		{Name: "errs-at-all", Title: "connects and answers every frame with ERR", run: pretence{dials: true, reflex: func() reflex { return forEachFrame(complaint) }}.run},
		{Name: "web-browser", Title: "connects and asks for a page", run: pretence{dials: true, opens: webRequest}.run},
		{Name: "tls-client", Title: "connects and offers TLS", run: pretence{dials: true, offersTLS: true}.run},
	}
	for i := range clients {
		clients[i].ClientOnly = true
	}
	return clients
}

// A pretence is an adapter that gives answers of the right form, which are true by
// chance.
type pretence struct {
	bare    bool          // "ok" is all that it says
	refusal string        // the error that it answers with, if any
	dials   bool          // a connection is really made
	opens   []byte        // what it begins with, over both transports
	sends   func() []byte // what goes out for a message; nil: nothing
	echoes  bool          // what comes in goes out
	greets  bool          // the first message in each direction is what it should be
	closes  bool          // the connection ends after that

	hangsUp   bool          // a connection is closed as soon as it is made
	reflex    func() reflex // what goes out for what comes in, on each connection
	offersTLS bool          // a connection begins with a ClientHello
	repeats   bool          // a codec answers with the frame, octets or value of the request before
	random    bool          // a codec answers with frames, octets and values at random
	returns   bool          // a codec answers with what it was asked about
	ends      bool          // it ends at the first request after start
}

// A nullRequest is what a pretence looks at in a request.
type nullRequest struct {
	Op        string `json:"op"`
	ID        int64  `json:"id"`
	Conn      int64  `json:"conn"`
	Transport string `json:"transport"`
	Addr      string `json:"addr"`
	Frame     struct {
		Payload string `json:"payload"`
	} `json:"frame"`

	members map[string]json.RawMessage // all there are
}

// run answers every request, each as soon as it is read.
func (p pretence) run(ctx context.Context, in io.Reader, out io.Writer) error {
	s := &pretending{pretence: p, out: out, conns: map[int64]*pretendedConn{}}
	defer s.end()
	defer context.AfterFunc(ctx, s.hangUp)()
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return nil // the judge has had enough
		}
		var r nullRequest
		if err := errors.Join(json.Unmarshal(line, &r), json.Unmarshal(line, &r.members)); err != nil {
			return err
		}
		if s.ends && r.Op != "start" {
			return nil
		}
		if r.Op == "recv" {
			s.running.Go(func() { s.answer(r, s.receive(r)) })
			continue
		}
		s.answer(r, s.perform(r))
	}
}

// pretending is a pretence in a conversation.
type pretending struct {
	pretence
	running sync.WaitGroup

	writing sync.Mutex
	out     io.Writer

	mu    sync.Mutex
	conns map[int64]*pretendedConn

	before map[string]json.RawMessage // the members of the request before
}

// A pretendedConn is a connection of a pretence.
type pretendedConn struct {
	net.Conn
	sent     bool        // it has done its one good deed in that direction
	received atomic.Bool // and in the other
	frames   chan []byte
}

type members map[string]any

func (s *pretending) answer(r nullRequest, m members) {
	m["id"] = r.ID
	if _, refused := m["error"]; !refused {
		m["ok"] = true
	} else {
		m["ok"] = false
	}
	line, err := json.Marshal(m)
	if err != nil {
		panic(err) // strings and numbers
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	_, _ = s.out.Write(append(line, '\n')) // the judge may have stopped reading
}

// sound is a frame, and what a codec says of it.
var sound = forge.Frame{Type: 3}.Bytes()

func soundFrame() target.Frame { return target.Frame{Version: 1, Type: 3} }

func (s *pretending) perform(r nullRequest) members {
	if r.Op == "start" {
		return members{
			"name": "null", "version": "0", "roles": []string{"client", "codec"},
			"capabilities": []string{"tcp", "udp", "varint", "string"},
		}
	}
	c := s.conn(r.Conn)
	switch {
	case s.bare:
		return members{}
	case s.repeats || s.random || s.returns:
		if m := s.parrot(r); m != nil {
			return m
		}
	case s.greets && (r.Op == "connect" || r.Op == "send" && c != nil && !c.sent):
	case s.refusal != "":
		return members{"error": s.refusal}
	}
	switch r.Op {
	case "connect":
		return s.connect(r)
	case "send":
		s.send(c, r)
	case "decode":
		return members{"frame": soundFrame(), "consumed": len(sound)}
	case "encode":
		return members{"hex": hex.EncodeToString(sound)}
	case "varint_decode":
		return members{"value": "0", "consumed": 1}
	case "varint_encode":
		return members{"hex": "00"}
	case "string_decode":
		return members{"value": "", "consumed": 2}
	case "string_encode":
		return members{"hex": "0000"}
	}
	return members{}
}

func (s *pretending) conn(n int64) *pretendedConn {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conns[n]
}

func (s *pretending) connect(r nullRequest) members {
	if !s.dials {
		return members{"conn": r.ID}
	}
	nc, err := net.Dial(r.Transport, r.Addr)
	if err != nil {
		return members{"error": "Io"}
	}
	c := &pretendedConn{Conn: nc, frames: make(chan []byte, 64)}
	s.mu.Lock()
	s.conns[r.ID] = c
	s.mu.Unlock()
	switch {
	case s.hangsUp:
		_ = c.Close()
	case s.offersTLS:
		// The reader of the handshake takes what listen would.
		s.running.Go(func() { _ = tls.Client(nc, &tls.Config{InsecureSkipVerify: true}).Handshake() }) // nobody shakes hands
		close(c.frames)
		return members{"conn": r.ID}
	case len(s.opens) > 0:
		_, _ = c.Write(s.opens)
	}
	s.running.Go(func() { s.listen(c) })
	return members{"conn": r.ID}
}

// listen takes in what comes: a segment is a frame, or several, but never part of
// one as long as the judge sends little.
func (s *pretending) listen(c *pretendedConn) {
	defer close(c.frames)
	b := make([]byte, 1<<16)
	answer := func([]byte) []byte { return nil }
	if s.reflex != nil {
		answer = s.reflex()
	}
	for {
		n, err := c.Read(b)
		if err != nil {
			return
		}
		if reply := answer(b[:n]); len(reply) > 0 {
			_, _ = c.Write(reply)
		}
		if s.echoes {
			_, _ = c.Write(b[:n])
		}
		select {
		case c.frames <- append([]byte(nil), b[:n]...):
		default: // it is not listening that closely
		}
	}
}

func (s *pretending) send(c *pretendedConn, r nullRequest) {
	switch {
	case c == nil:
	case s.greets && !c.sent:
		c.sent = true
		payload, _ := hex.DecodeString(r.Frame.Payload)
		_, _ = c.Write(forge.Frame{Type: 3, Payload: payload}.Bytes())
	case s.sends != nil:
		_, _ = c.Write(s.sends())
	}
}

// receive is the answer to a recv: no message but the first.
func (s *pretending) receive(r nullRequest) members {
	c := s.conn(r.Conn)
	if !s.greets || c == nil || c.received.Swap(true) {
		switch {
		case s.bare:
			return members{}
		case s.refusal != "":
			return members{"error": s.refusal}
		case s.closes:
			return members{"error": "ConnectionClosed"}
		case s.dials:
			return members{"error": "Timeout"}
		}
		return members{"frame": soundFrame(), "source": "127.0.0.1:1"}
	}
	patience := time.NewTimer(time.Second)
	defer patience.Stop()
	for {
		select {
		case segment, ok := <-c.frames:
			if !ok {
				return members{"error": "ConnectionClosed"}
			}
			payload, ok := firstData(segment)
			if !ok {
				continue
			}
			if s.closes {
				defer c.Close()
			}
			return members{"frame": target.Frame{Version: 1, Type: 3, Payload: payload}, "source": c.RemoteAddr().String()}
		case <-patience.C:
			return members{"error": "Timeout"}
		}
	}
}

// firstData is the payload of the first DATA in octets that begin with a frame.
func firstData(b []byte) (payload []byte, ok bool) {
	const fixed, trailer = 11, 4
	for len(b) >= fixed+trailer {
		headers := int(binary.LittleEndian.Uint16(b[5:]))
		end := fixed + headers + int(binary.BigEndian.Uint32(b[7:]))
		if len(b) < end+trailer {
			return nil, false
		}
		if b[3] == 3 {
			return b[fixed+headers : end], true
		}
		b = b[end+trailer:]
	}
	return nil, false
}

// hangUp closes all connections.
func (s *pretending) hangUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.conns {
		_ = c.Close()
	}
}

// end closes all connections and waits for everything that was begun.
func (s *pretending) end() {
	s.hangUp()
	s.running.Wait()
}
