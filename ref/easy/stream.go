package easy

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"

	"github.com/vstp-project/vstp/ref/session"
	"github.com/vstp-project/vstp/ref/tcp"
	"github.com/vstp-project/vstp/ref/wire"
)

// stream is an exchange over TCP. Answers come in the order of the requests, so each is
// for the oldest request that has none yet. Whoever waits for an answer reads for all
// others too: nothing is read while nobody waits, and TCP makes the server wait then.
type stream struct {
	conn    *tcp.Conn
	sending chan struct{} // has room for one: requests are sent in the order of their turns
	all     sync.WaitGroup

	mu      sync.Mutex
	turns   []*turn // of the requests that have been sent and not answered
	mail    []reply // for receive
	reading bool    // somebody reads
	broken  error   // why it is not known any more which answers belong to which requests
	changed chan struct{}
}

// turn is the place of a request among those whose answers are to come.
type turn struct {
	whose  whose
	done   bool
	answer reply
}

// whose says for whom an answer is.
type whose uint8

const (
	forCall whose = iota
	forMail
	forNobody
)

// reply is what was received.
type reply struct {
	frame wire.Frame
	err   error
}

func newStream(conn *tcp.Conn) *stream {
	return &stream{conn: conn, sending: make(chan struct{}, 1), changed: make(chan struct{})}
}

func (s *stream) call(ctx context.Context, f wire.Frame) (wire.Frame, error) {
	t := &turn{whose: forCall}
	if err := s.submit(ctx, f, t); err != nil {
		return wire.Frame{}, err
	}
	answer, err := s.await(ctx, func() (reply, bool) { return t.answer, t.done })
	if err != nil {
		s.abandon(t)
		return wire.Frame{}, err
	}
	return answer.frame, answer.err
}

func (s *stream) send(ctx context.Context, f wire.Frame) error {
	return s.submit(ctx, f, &turn{whose: forMail})
}

func (s *stream) receive(ctx context.Context) (wire.Frame, error) {
	answer, err := s.await(ctx, func() (reply, bool) {
		if len(s.mail) == 0 {
			return reply{}, false
		}
		first := s.mail[0]
		s.mail = s.mail[1:]
		return first, true
	})
	if err != nil {
		return wire.Frame{}, err
	}
	return answer.frame, answer.err
}

// submit sends a request whose answer is for t. If ctx is done while it is being sent,
// sending goes on, since nothing could say whether it has been sent, and its answer is
// for nobody.
func (s *stream) submit(ctx context.Context, f wire.Frame, t *turn) error {
	select {
	case s.sending <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	s.mu.Lock()
	err := s.broken
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		s.mu.Unlock()
		<-s.sending
		return err
	}
	s.turns = append(s.turns, t) // ahead of sending: the answer may be quick
	s.mu.Unlock()
	sent := make(chan error, 1)
	s.all.Go(func() {
		err := s.conn.Send(context.Background(), f)
		if err != nil {
			s.withdraw(t)
		}
		<-s.sending
		sent <- err
	})
	select {
	case err := <-sent:
		return err
	case <-ctx.Done():
		s.abandon(t)
		return ctx.Err()
	}
}

// withdraw takes back the turn of a request that was not sent.
func (s *stream) withdraw(t *turn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, other := range s.turns {
		if other == t {
			s.turns = append(s.turns[:i:i], s.turns[i+1:]...)
			return
		}
	}
}

// abandon has an answer dropped when it comes.
func (s *stream) abandon(t *turn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t.whose = forNobody
}

// await waits until something is there, and reads while nobody else does. mine is called
// with the lock.
func (s *stream) await(ctx context.Context, mine func() (reply, bool)) (reply, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		if r, ok := mine(); ok {
			return r, nil
		}
		if s.reading {
			changed := s.changed
			s.mu.Unlock()
			select {
			case <-changed:
				s.mu.Lock()
				continue
			case <-ctx.Done():
				s.mu.Lock()
				return reply{}, ctx.Err()
			}
		}
		s.reading = true
		s.mu.Unlock()
		f, err := s.conn.Receive(ctx)
		s.mu.Lock()
		s.reading = false
		gaveUp := ctx.Err() != nil && errors.Is(err, ctx.Err())
		if !gaveUp {
			s.take(reply{f, err})
		}
		close(s.changed) // someone else reads on
		s.changed = make(chan struct{})
		if gaveUp {
			return reply{}, err
		}
	}
}

// take hands over what was received. The lock is held.
func (s *stream) take(r reply) {
	var reported *session.PeerError
	switch {
	case r.err != nil && !errors.As(r.err, &reported):
		s.fail(r.err) // of all, for it is the end of the connection
		s.mail = append(s.mail, r)
	case reported != nil && !answers(reported.Code) && s.ambiguous():
		s.broken = fmt.Errorf("%w: it was closed, since it cannot be told which request this is about: %w", net.ErrClosed, r.err)
		s.fail(r.err)
		s.mail = append(s.mail, r)
		s.all.Go(func() { s.conn.Close() })
	case len(s.turns) == 0:
		s.mail = append(s.mail, r) // nobody has asked for it
	default:
		t := s.turns[0]
		s.turns = s.turns[1:]
		switch t.whose {
		case forCall:
			t.answer, t.done = r, true
		case forMail:
			s.mail = append(s.mail, r)
		}
	}
}

// answers reports whether an ERR of this kind stands for the answer to a request, and so
// keeps its place in the order.
func answers(reason wire.Reason) bool {
	return reason == wire.DeserializationError || reason == wire.ServerError
}

// ambiguous reports whether an ERR that keeps no order may be about one request or
// another, so that the calls under way would be given each other's answers.
func (s *stream) ambiguous() bool {
	if len(s.turns) < 2 {
		return false
	}
	for _, t := range s.turns {
		if t.whose == forCall {
			return true
		}
	}
	return false
}

// fail ends all calls under way.
func (s *stream) fail(err error) {
	for _, t := range s.turns {
		t.answer, t.done = reply{err: err}, true
	}
	s.turns = nil
}

// usable looks for the end of the connection without waiting for it.
func (s *stream) usable() bool {
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := s.conn.Receive(gone)
	return errors.Is(err, context.Canceled)
}

func (s *stream) localAddr() net.Addr { return s.conn.LocalAddr() }

func (s *stream) close() {
	s.conn.Close()
	s.all.Wait()
}
