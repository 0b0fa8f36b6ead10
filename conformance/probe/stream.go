package probe

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"syscall"
	"time"

	"github.com/vstp-project/vstp/conformance/dissect"
)

// ErrNothing says that nothing came within the time allowed.
var ErrNothing = errors.New("nothing came")

// ErrEnded says that the target ended the stream, by FIN or by RST: both are a
// close [TCP-8].
var ErrEnded = errors.New("the connection was closed")

// An Arrival is a frame that came from the target, and when its last octet did.
type Arrival struct {
	Frame dissect.Frame
	At    time.Duration // since the case began
}

// A Stream is a TCP connection to the target, with or without TLS inside of it.
type Stream struct {
	Name string

	t    *T
	raw  *net.TCPConn
	conn duplex        // raw itself, or TLS on it
	done chan struct{} // the reader has returned

	mu      sync.Mutex
	octets  []byte // received, not yet taken as frames
	at      time.Duration
	total   int
	tail    []byte        // octets sent of a frame that is not whole yet
	refused bool          // a write found the connection closed by the target
	ended   error         // why the stream ended; nil while it is open
	endedAt time.Duration // when
	wake    chan struct{} // has room for one: something changed
}

// A duplex is a connection of which one direction can be ended.
type duplex interface {
	net.Conn
	CloseWrite() error
}

// Dial opens a TCP connection to the target. A connection that is refused is a
// violation: the case runner only starts cases against a target that listens.
func (t *T) Dial(ctx context.Context, name string) (*Stream, error) {
	return t.DialPlain(ctx, name, "tcp")
}

// DialEasy is Dial to the Easy endpoint.
func (t *T) DialEasy(ctx context.Context, name string) (*Stream, error) {
	return t.DialPlain(ctx, name, "easy-tcp")
}

// DialPlain opens a TCP connection to the listener of a transport, "tcp", "easy-tcp",
// "tls" or "tls-verify", and goes no further.
func (t *T) DialPlain(ctx context.Context, name, transport string) (*Stream, error) {
	c, err := t.connect(ctx, name, transport)
	if err != nil {
		return nil, err
	}
	return t.stream("tcp "+name, c, c), nil
}

// connect opens a TCP connection to the listener of a transport.
func (t *T) connect(ctx context.Context, name, transport string) (*net.TCPConn, error) {
	addr := map[string]string{
		"tcp": t.cfg.Addrs.TCP, "easy-tcp": t.cfg.Addrs.EasyTCP, "tls": t.cfg.Addrs.TLS, "tls-verify": t.cfg.Addrs.TLSVerify,
	}[transport]
	if addr == "" {
		return nil, &NotApplicable{Reason: fmt.Sprintf("the target offers no %s listener", transport)}
	}
	if transport == "tcp" { // where there may be a link in between
		var err error
		if addr, err = t.TCPWay(t.cfg.Addrs.TCP); err != nil {
			return nil, err
		}
	}
	d := net.Dialer{Timeout: t.Bound("close")}
	began := time.Now()
	c, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		t.record(transport+" "+name, EventNote, nil, "connecting failed: "+err.Error())
		return nil, &Violation{
			Want: fmt.Sprintf("a TCP connection to %s within %v", addr, t.Bound("close")),
			Got:  err.Error(), Timing: time.Since(began) >= t.Bound("close"),
		}
	}
	return c.(*net.TCPConn), nil
}

// stream starts to read a connection, raw itself or TLS on it.
func (t *T) stream(name string, raw *net.TCPConn, conn duplex) *Stream {
	s := &Stream{
		Name: name, t: t, raw: raw, conn: conn,
		done: make(chan struct{}), wake: make(chan struct{}, 1),
	}
	t.record(s.Name, EventOpen, nil, fmt.Sprintf("%v → %v", raw.LocalAddr(), raw.RemoteAddr()))
	t.streams = append(t.streams, s)
	go s.read()
	return s
}

// read moves octets from the socket to the stream as they come, so that their
// times are those of the network and not of the case that looks at them later.
func (s *Stream) read() {
	defer close(s.done)
	buf := make([]byte, 64<<10)
	for {
		n, err := s.conn.Read(buf)
		s.mu.Lock()
		now := s.t.Elapsed()
		if n > 0 {
			s.octets = append(s.octets, buf[:n]...)
			s.total += n
			s.at = now
		}
		if err == nil && s.total > maxReceived {
			err = fmt.Errorf("the target sent more than %d octets", maxReceived)
		}
		if err != nil {
			s.ended, s.endedAt = err, now
		}
		s.mu.Unlock()
		select {
		case s.wake <- struct{}{}:
		default:
		}
		if err != nil {
			return
		}
	}
}

// Send writes octets, all or a violation: a target that stops reading cannot be
// judged any further on this connection.
func (s *Stream) Send(octets []byte, text string) error {
	s.t.record(s.Name, EventSend, octets, text)
	s.sent(octets)
	_ = s.conn.SetWriteDeadline(time.Now().Add(5 * s.t.Bound("close")))
	n, err := s.conn.Write(octets)
	switch {
	case err == nil:
		return nil
	case goneAway(err):
		// The target closed before all was sent. Whether that is right is for the
		// expectations that follow, which will see the end of the stream.
		s.mu.Lock()
		s.refused = true
		s.mu.Unlock()
		s.t.record(s.Name, EventNote, nil, fmt.Sprintf("closed by the target after %d of %d octets were sent", n, len(octets)))
		return nil
	}
	return &Violation{
		Want:   fmt.Sprintf("the target to take %d octets", len(octets)),
		Got:    fmt.Sprintf("it took %d, then: %v", n, err),
		Timing: errors.Is(err, context.DeadlineExceeded),
	}
}

// sent keeps what has been sent of a frame that is not whole yet.
func (s *Stream) sent(octets []byte) {
	const fixed, lengths = 15, 11 // octets beside headers and payload, and up to where both lengths are
	s.tail = append(s.tail, octets...)
	for len(s.tail) >= lengths {
		total := fixed + uint64(binary.LittleEndian.Uint16(s.tail[5:])) + uint64(binary.BigEndian.Uint32(s.tail[7:]))
		if uint64(len(s.tail)) < total {
			return
		}
		s.tail = s.tail[total:]
	}
	if len(s.tail) == 0 {
		s.tail = nil
	}
}

// Midway says whether what has been sent ends within a frame, or in octets that are
// none.
func (s *Stream) Midway() bool { return len(s.tail) > 0 }

// Next returns the next frame that the target sends. It fails with ErrNothing
// when none is complete within the time allowed, with ErrEnded when the stream
// ends first, and with a *Violation when the octets are no frame.
func (s *Stream) Next(ctx context.Context, within time.Duration) (Arrival, error) {
	timer := time.NewTimer(within)
	defer timer.Stop()
	for {
		a, done, err := s.take()
		if done {
			return a, err
		}
		select {
		case <-s.wake:
		case <-timer.C:
			if a, done, err := s.take(); done {
				return a, err
			}
			return Arrival{}, ErrNothing
		case <-ctx.Done():
			return Arrival{}, ctx.Err()
		}
	}
}

// take cuts the next frame off what was received; done is false while more
// octets are needed.
func (s *Stream) take() (a Arrival, done bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.octets) > 0 {
		f := dissect.Decode(s.octets, s.t.dissectOptions())
		switch class := f.Class(); class {
		case "Incomplete":
			if s.ended != nil {
				rest := s.octets
				s.octets = nil
				s.t.record(s.Name, EventRecv, rest, "a frame that is cut short by the end of the stream")
				return Arrival{}, true, &Violation{
					Requirement: "FRM-1", Want: "whole frames up to the end of the stream",
					Got: fmt.Sprintf("%d octets of a frame that is cut short", len(rest)),
				}
			}
		case "", "InvalidFrameType":
			raw := append([]byte(nil), s.octets[:f.Total]...)
			s.octets = s.octets[f.Total:]
			f = dissect.Decode(raw, s.t.dissectOptions())
			s.t.record(s.Name, EventRecv, raw, f.String())
			return Arrival{Frame: f, At: s.at}, true, nil
		default:
			rest := s.octets
			s.octets = nil
			s.t.record(s.Name, EventRecv, rest, "octets that are no frame")
			return Arrival{}, true, notAFrame(f)
		}
	}
	if s.ended != nil {
		return Arrival{}, true, ErrEnded
	}
	return Arrival{}, false, nil
}

// notAFrame is the violation of a target that sends what cannot be decoded.
func notAFrame(f dissect.Frame) *Violation {
	v := &Violation{Requirement: "FRM-1", Want: "a frame", Got: "octets that are no frame"}
	for _, fault := range f.Violations {
		if fault.Class != "" {
			v.Requirement, v.Got = fault.Requirement, fault.Text
			break
		}
	}
	return v
}

// Ended waits until the target has closed the connection, reading and keeping
// whatever still comes. It returns the time of the end.
func (s *Stream) Ended(ctx context.Context, within time.Duration) (time.Duration, error) {
	timer := time.NewTimer(within)
	defer timer.Stop()
	for {
		s.mu.Lock()
		ended, at := s.ended, s.endedAt
		s.mu.Unlock()
		if ended != nil {
			how := "the target closed the connection"
			if !errors.Is(ended, io.EOF) {
				how += " (" + ended.Error() + ")"
			}
			s.t.record(s.Name, EventClose, nil, how)
			return at, nil
		}
		select {
		case <-s.wake:
		case <-timer.C:
			return 0, ErrNothing
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}

// Pending is how many octets have come that were not taken as frames.
func (s *Stream) Pending() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.octets)
}

// Octets is everything that has come and was not taken as a frame, for a connection
// on which something else is spoken. It will not be taken any more.
func (s *Stream) Octets() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	octets := s.octets
	s.octets = nil
	if len(octets) > 0 {
		s.t.record(s.Name, EventRecv, octets, "octets, not looked at as frames")
	}
	return octets
}

// Refused says whether the target has refused octets by closing its receiving
// direction, which a reset shows.
func (s *Stream) Refused() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refused
}

// CloseWrite shuts down our sending direction: the target sees the end of the
// stream and may still answer. Inside TLS a close_notify says so first.
func (s *Stream) CloseWrite() error {
	if s.conn != duplex(s.raw) {
		s.t.record(s.Name, EventClose, nil, "we send close_notify")
		if err := s.conn.CloseWrite(); err != nil && !goneAway(err) {
			return fmt.Errorf("sending close_notify: %w", err)
		}
	}
	return s.Cut()
}

// Cut shuts down our sending direction without a word, inside TLS as well.
func (s *Stream) Cut() error {
	s.t.record(s.Name, EventClose, nil, "we end our sending direction")
	if err := s.raw.CloseWrite(); err != nil && !goneAway(err) {
		return fmt.Errorf("closing our sending direction: %w", err)
	}
	return nil
}

// goneAway says whether an error means that the target has closed already.
func goneAway(err error) bool {
	return errors.Is(err, syscall.ENOTCONN) || errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET)
}

// Reset closes the connection with RST.
func (s *Stream) Reset() {
	s.t.record(s.Name, EventClose, nil, "we reset the connection")
	_ = s.raw.SetLinger(0)
	s.Close()
}

// Close closes the connection and waits for its reader.
func (s *Stream) Close() {
	_ = s.raw.Close()
	<-s.done
}
