package tcp

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/vstp-project/vstp/ref/session"
	"github.com/vstp-project/vstp/ref/wire"
)

// Request is one message for the application.
type Request struct {
	// Message is a DATA frame, complete and checked. It owns its memory: the handler
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

// Answer sends a DATA frame back, behind all answers given before. A message may
// have any number of answers, until the handler returns. Answer waits while the
// peer does not take what is queued for it; f may be used again when it returns.
//
// It refuses with a *session.LocalError what session.Server.Answer refuses: other
// types, flags other than CRC and COMP, which asks for compression, the protocol's
// headers, frames above the limit, and answers after the handler has returned; and
// where compression is not offered, as wire.Unsupported, COMP. Once the connection is
// closed the error matches net.ErrClosed as well.
func (r *Request) Answer(f wire.Frame) error {
	c := r.conn
	f, err := c.cfg.Compression.Outgoing(f)
	if err != nil {
		return fmt.Errorf("tcp: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.outbox.full() && c.sess.State() != session.StateClosed {
		c.changed.Wait()
	}
	actions, err := c.life.Answer(time.Now(), r.number, f)
	if errors.Is(err, wire.ConnectionClosed) {
		return fmt.Errorf("tcp: %w: %w", net.ErrClosed, err)
	}
	if err != nil {
		return fmt.Errorf("tcp: %w", err)
	}
	c.do(actions)
	return nil
}
