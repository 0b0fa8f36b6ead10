package relay

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/vstp-project/vstp/netem"
)

// held is how many octets a direction holds at most before it stops reading.
const held = 64 << 10

// session is one connection of a client with the one to the target.
type session struct {
	relay  *TCP
	number int
	client netip.AddrPort
	pumps  [2]*pump
	over   chan struct{}
	once   sync.Once
}

// pump is one direction of a session.
type pump struct {
	session *session
	dir     netem.Direction
	from    *net.TCPConn
	to      *net.TCPConn
	sent    uint64 // octets to the reader

	mu     sync.Mutex
	shaper *netem.Shaper
	filled chan struct{} // there may be something to send
	room   chan struct{} // there may be room to read into
}

func newSession(t *TCP, number int, client, target *net.TCPConn) *session {
	s := &session{relay: t, number: number, client: plain(client.RemoteAddr().(*net.TCPAddr).AddrPort()), over: make(chan struct{})}
	ends := [2]*net.TCPConn{client, target}
	for i, d := range []netem.Direction{netem.AB, netem.BA} {
		s.pumps[i] = &pump{
			session: s, dir: d, from: ends[i], to: ends[1-i], shaper: t.link.NewShaper(d, number),
			filled: make(chan struct{}, 1), room: make(chan struct{}, 1),
		}
	}
	return s
}

// run relays until both directions have ended or one is reset.
func (s *session) run() {
	t := s.relay
	t.mu.Lock()
	closed := t.closed
	if !closed {
		t.sessions[s] = true
	}
	t.mu.Unlock()
	if closed {
		s.reset()
		return
	}
	var readers, writers sync.WaitGroup
	for _, p := range s.pumps {
		readers.Go(p.read)
		writers.Go(p.write)
	}
	writers.Wait()
	s.end(func(c *net.TCPConn) { _ = c.Close() })
	readers.Wait()
	s.see(Over, Octets, netem.AB, nil)
	t.mu.Lock()
	delete(t.sessions, s)
	t.mu.Unlock()
}

// reset ends both connections with a reset.
func (s *session) reset() { s.end(abort) }

func (s *session) end(closeConn func(*net.TCPConn)) {
	s.once.Do(func() {
		close(s.over)
		for _, p := range s.pumps {
			closeConn(p.to)
		}
	})
}

// read brings what is sent onto the link.
func (p *pump) read() {
	buf := make([]byte, 32<<10)
	for {
		if !p.waitForRoom() {
			return
		}
		n, err := p.from.Read(buf)
		p.cameIn(buf[:n], err)
		p.mu.Lock()
		p.shaper.Write(time.Now(), buf[:n])
		if errors.Is(err, io.EOF) {
			p.shaper.CloseWrite(time.Now())
		}
		p.mu.Unlock()
		poke(p.filled)
		switch {
		case errors.Is(err, io.EOF):
			return
		case err != nil:
			p.session.reset()
			return
		}
	}
}

// cameIn tells of what a read has yielded.
func (p *pump) cameIn(octets []byte, err error) {
	if len(octets) > 0 {
		p.session.see(Came, Octets, p.dir, octets)
	}
	switch {
	case errors.Is(err, io.EOF):
		p.session.see(Came, Fin, p.dir, nil)
	case err != nil:
		p.session.see(Came, Reset, p.dir, nil)
	}
}

func (p *pump) waitForRoom() bool {
	for {
		p.mu.Lock()
		full := p.shaper.Buffered() >= held
		p.mu.Unlock()
		if !full {
			return true
		}
		select {
		case <-p.room:
		case <-p.session.over:
			return false
		}
	}
}

// write takes the steps of the link as they become due.
func (p *pump) write() {
	sleeper := time.NewTimer(time.Hour)
	defer sleeper.Stop()
	for {
		p.mu.Lock()
		step, ok := p.shaper.Step(time.Now())
		next := p.shaper.NextTimeout()
		p.mu.Unlock()
		if ok {
			if !p.take(step) {
				return
			}
			continue
		}
		var rings <-chan time.Time
		if !next.IsZero() {
			sleeper.Reset(time.Until(next))
			rings = sleeper.C
		}
		select {
		case <-rings:
		case <-p.filled:
		case <-p.session.over:
			return
		}
	}
}

// take takes a step, and says whether there are more to come.
func (p *pump) take(step netem.Step) bool {
	switch step.Kind {
	case netem.StepFin:
		p.count(func(c *StreamCounts) { c.Fins++ })
		p.session.see(Passing, Fin, p.dir, nil)
		_ = p.to.CloseWrite()
		return false
	case netem.StepReset:
		p.count(func(c *StreamCounts) { c.Resets++ })
		p.session.see(Passing, Reset, p.dir, nil)
		p.session.drain(p)
		p.session.reset()
		return false
	}
	p.session.see(Passing, Octets, p.dir, step.Data)
	if _, err := p.to.Write(step.Data); err != nil {
		p.session.reset()
		return false
	}
	p.sent += uint64(len(step.Data))
	p.count(func(c *StreamCounts) {
		c.Octets += len(step.Data)
		c.Slices++
	})
	if step.Boundary {
		p.boundary()
	}
	poke(p.room)
	return true
}

func (p *pump) count(change func(*StreamCounts)) {
	p.session.relay.count(func(s *TCPStats) {
		if p.dir == netem.AB {
			change(&s.AB)
		} else {
			change(&s.BA)
		}
	})
}

func poke(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
