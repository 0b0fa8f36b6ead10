package udp

import (
	"context"
	"fmt"
	"net/netip"

	"github.com/vstp-project/vstp/ref/session"
	"github.com/vstp-project/vstp/ref/wire"
)

// Request is one message for the application.
type Request struct {
	// Message is a DATA frame, or one of Config.MessageTypes, complete, checked and as
	// the extensions have left it. It owns its memory: the handler
	// may keep and change it.
	Message wire.Frame

	// Peer is where the message comes from, an IPv4-mapped IPv6 address being given
	// as the IPv4 address. Anyone can send with this address [SEC-2].
	Peer netip.AddrPort

	server    *Server
	path      path
	refusable *session.Refusable
}

// Answer sends a frame back, DATA or of Config.MessageTypes, in a datagram of its own or cut into fragments. It
// may be used again when Answer returns, and must not be changed before: fragments
// are paced, and a long answer takes its time. That it was sent does not mean that
// it will arrive.
//
// If an extension fails, the answer is dropped and the error matches an
// *extension.DropError.
//
// It refuses with a *session.LocalError what session.Endpoint.CheckAnswer refuses:
// other types, flags other than CRC and COMP, which asks for compression, and the
// protocol's headers; and frames that take more than 255 fragments, or more than one
// datagram where fragmentation is switched off; and, as wire.Unsupported, COMP where
// compression is not offered. What the system refuses is returned as it is; once the
// server is closed it matches net.ErrClosed.
func (r *Request) Answer(f wire.Frame) error { return r.answer(r.server.ctx, f, false) }

// AnswerReliable is Answer, repeated until it is acknowledged. It returns nil when
// an ACK has come, and otherwise the error that Conn.SendReliable gives.
func (r *Request) AnswerReliable(ctx context.Context, f wire.Frame) error {
	if err := r.server.acknowledged(f.Type); err != nil {
		return fmt.Errorf("udp: answering %v: %w", r.Peer, err)
	}
	return r.answer(ctx, f, true)
}

// AnswerError sends an ERR back in place of an answer: that the message could not be
// read as what is expected here, DeserializationError, that serving it has failed,
// ServerError, or that it is too much, RateLimited. text is for people and may be empty;
// it repeats nothing of the message, and is left out where the message was so short that
// more would be sent back than its source may be sent. That the ERR was sent does not mean
// that it will arrive.
//
// It refuses with a *session.LocalError what session.Refusable.AnswerError refuses. What
// the system refuses is returned as it is; once the server is closed it matches
// net.ErrClosed.
//
// "An ERR that answers a DATA message with a valid msg-id MUST carry that msg-id."
// [ERR-9]
func (r *Request) AnswerError(reason wire.Reason, text string) error {
	f, err := r.refusable.AnswerError(reason, text)
	if err == nil {
		err = r.server.send(f, r.path)
	}
	if err != nil {
		return fmt.Errorf("udp: answering %v: %w", r.Peer, err)
	}
	return nil
}

func (r *Request) answer(ctx context.Context, f wire.Frame, acknowledged bool) error {
	f, err := r.server.outgoing(ctx, f, r.Peer)
	if err == nil {
		err = r.server.endpoint.CheckAnswer(f)
	}
	if err == nil {
		err = r.server.message(ctx, f, r.path, acknowledged)
	}
	if err != nil {
		return fmt.Errorf("udp: answering %v: %w", r.Peer, err)
	}
	return nil
}
