package tcp

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/vstp-project/vstp/ref/session"
	"github.com/vstp-project/vstp/ref/wire"
)

// Request is one message for the application.
type Request struct {
	// Message is a DATA frame, or one of Config.MessageTypes, complete, checked and as
	// the extensions have left it. It owns its memory: the handler
	// may keep and change it.
	Message wire.Frame

	// Peer is the address that the connection comes from, an IPv4-mapped IPv6 address
	// being given as the IPv4 address. It does not say who the peer is [SEC-2].
	Peer netip.AddrPort

	conn   *served
	number uint64
}

// TLS says what is known of the connection that the message came over, the verified
// certificates of the client among it. It is nil without TLS.
func (r *Request) TLS() *tls.ConnectionState {
	secured, ok := r.conn.nc.(*tls.Conn)
	if !ok {
		return nil
	}
	state := secured.ConnectionState()
	return &state
}

// Answer sends a frame back, DATA or of Config.MessageTypes, behind all answers given
// before. A message may have any number of answers, until the handler returns. Answer
// waits while the peer does not take what is queued for it; f may be used again when it
// returns.
//
// If an extension fails, the answer is dropped and the error matches an
// *extension.DropError; the connection goes on.
//
// It refuses with a *session.LocalError what session.Server.Answer refuses: other
// types, flags other than CRC and COMP, which asks for compression, the protocol's
// headers, frames above the limit, and answers after the handler has returned; and
// where compression is not offered, as wire.Unsupported, COMP. Once the connection is
// closed the error matches net.ErrClosed as well.
func (r *Request) Answer(f wire.Frame) error {
	c := r.conn
	f, err := c.outgoing(c.ctx, f)
	if err != nil {
		return fmt.Errorf("tcp: %w", err)
	}
	return r.answer(func(now time.Time) ([]session.Action, error) { return c.life.Answer(now, r.number, f) })
}

// AnswerError sends an ERR back, behind all answers given before and in place of one:
// that the message could not be read as what is expected here, DeserializationError,
// that serving it has failed, ServerError, or that it is too much, RateLimited. text is
// for people and may be empty; it repeats nothing of the message. The connection goes
// on.
//
// It refuses with a *session.LocalError what session.Server.AnswerError refuses. Once
// the connection is closed the error matches net.ErrClosed as well.
//
// "An ERR frame MUST carry an err-code header whose value is the code that the table in
// section 8.1 gives for the error." [ERR-1]
func (r *Request) AnswerError(reason wire.Reason, text string) error {
	return r.answer(func(now time.Time) ([]session.Action, error) {
		return r.conn.life.AnswerError(now, r.number, reason, text)
	})
}

// answer has something sent as soon as there is room for it.
func (r *Request) answer(event func(now time.Time) ([]session.Action, error)) error {
	c := r.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.outbox.full() && c.sess.State() != session.StateClosed {
		c.changed.Wait()
	}
	actions, err := event(time.Now())
	if errors.Is(err, wire.ConnectionClosed) {
		return fmt.Errorf("tcp: %w", c.closedBy(err))
	}
	if err != nil {
		return fmt.Errorf("tcp: %w", err)
	}
	c.do(actions)
	return nil
}
