package relay

import (
	"errors"
	"net"
	"net/netip"
	"runtime"
	"time"
)

const (
	// patience is how long a reader may take to read a slice before its boundary counts
	// as not verified.
	patience = time.Second
	// pause is waited after a slice where the host does not tell what the reader did: an
	// idle reader has read by then, a busy one may not have.
	pause = time.Millisecond
	// spins is how often the kernel is asked at once before there are waits in between.
	spins = 200
)

// errNoWatch says that the host does not tell.
var errNoWatch = errors.New("this host does not tell what a reader has read")

// watcher tells the state of TCP sockets on this host.
type watcher interface {
	// state looks up the socket with these addresses.
	state(local, remote netip.AddrPort) (socketState, error)
	close()
}

type socketState struct {
	received uint64 // octets that have ever arrived
	unread   uint32 // of them that the program has not read
	unsent   uint32 // octets that the other end has not acknowledged
}

// boundary waits until the reader has read everything that was sent.
func (p *pump) boundary() {
	watch := p.session.relay.watcher
	local, remote := addrs(p.to)
	err := p.poll(func() (bool, error) {
		s, err := watch.state(remote, local) // the reader's socket has the addresses the other way round
		return s.unread == 0 && s.received >= p.sent, err
	})
	if err != nil {
		time.Sleep(pause)
	}
	p.session.relay.count(func(s *TCPStats) {
		s.Boundaries++
		if err == nil {
			s.Verified++
		} else if s.Unverified == "" {
			s.Unverified = err.Error()
		}
	})
}

// drain waits until everything that was sent has been acknowledged: a reset throws
// away what has not.
func (s *session) drain(p *pump) {
	local, remote := addrs(p.to)
	err := p.poll(func() (bool, error) {
		state, err := s.relay.watcher.state(local, remote)
		return state.unsent == 0, err
	})
	if err != nil {
		time.Sleep(pause)
	}
}

// poll asks until the answer is yes or there is an error.
func (p *pump) poll(ask func() (bool, error)) error {
	began := time.Now()
	for i := 0; ; i++ {
		yes, err := ask()
		switch {
		case err != nil:
			return err
		case yes:
			return nil
		case time.Since(began) > patience:
			return errors.New("a reader did not read for " + patience.String())
		case i < spins:
			runtime.Gosched()
			continue
		}
		select {
		case <-time.After(pause / 10):
		case <-p.session.over:
			return net.ErrClosed
		}
	}
}

func addrs(c *net.TCPConn) (local, remote netip.AddrPort) {
	return plain(c.LocalAddr().(*net.TCPAddr).AddrPort()), plain(c.RemoteAddr().(*net.TCPAddr).AddrPort())
}

// blind is the watcher of a host that does not tell.
type blind struct{}

func (blind) state(netip.AddrPort, netip.AddrPort) (socketState, error) {
	return socketState{}, errNoWatch
}
func (blind) close() {}
