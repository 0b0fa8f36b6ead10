package selftest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"time"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/conformance/target"
)

// A NullPeer is a peer that implements nothing of VSTP.
type NullPeer struct {
	Name  string
	Title string // what it does, in words

	tcp func(net.Conn)                                            // serves one connection; nil: refused
	udp func(conn net.PacketConn, datagram []byte, from net.Addr) // answers one datagram; nil: silent
	tls func(net.Conn)                                            // serves one connection there; nil: no such listener
	// closed means that the addresses are given although nothing listens there.
	closed bool
	// command, if any, is what is run in place of listening.
	command string
}

// NullPeers are the built-in ones.
func NullPeers() []NullPeer {
	return append([]NullPeer{
		{Name: "refused", Title: "nothing listens", closed: true},
		{Name: "accept-close", Title: "accepts and closes at once", tcp: func(net.Conn) {}},
		{Name: "black-hole", Title: "reads everything and never answers", tcp: func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }},
		{
			Name: "raw-echo", Title: "sends every octet back",
			tcp: func(c net.Conn) { _, _ = io.Copy(c, c) },
			udp: func(conn net.PacketConn, d []byte, from net.Addr) { _, _ = conn.WriteTo(d, from) },
		},
		{
			Name: "random", Title: "answers with random octets",
			tcp: func(c net.Conn) {
				buf := make([]byte, 4096)
				for {
					n, err := c.Read(buf)
					if err != nil {
						return
					}
					if _, err := c.Write(noise(n)); err != nil {
						return
					}
				}
			},
			udp: func(conn net.PacketConn, d []byte, from net.Addr) { _, _ = conn.WriteTo(noise(len(d)), from) },
		},
	}, reflexPeers()...)
}

// noise is random octets. A null peer need not be repeatable: it must pass
// nothing whatever it sends.
func noise(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rand.Uint32())
	}
	return b
}

// Start lets the peer listen on loopback. The returned function stops it and
// waits for everything it started.
func (p NullPeer) Start() (target.Addrs, func(), error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return target.Addrs{}, nil, err
	}
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		_ = l.Close()
		return target.Addrs{}, nil, err
	}
	addrs := target.Addrs{TCP: l.Addr().String(), UDP: pc.LocalAddr().String()}
	addrs.EasyTCP, addrs.EasyUDP = addrs.TCP, addrs.UDP
	listeners := []net.Listener{l}
	if p.tls != nil {
		secure, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return target.Addrs{}, nil, errors.Join(err, l.Close(), pc.Close())
		}
		addrs.TLS = secure.Addr().String()
		listeners = append(listeners, secure)
	}
	if p.closed {
		_ = l.Close()
		_ = pc.Close()
		return addrs, func() {}, nil
	}
	var (
		running sync.WaitGroup
		mu      sync.Mutex
		open    = map[net.Conn]bool{}
	)
	for i, serve := range []func(net.Conn){p.tcp, p.tls}[:len(listeners)] {
		running.Go(func() {
			for {
				c, err := listeners[i].Accept()
				if err != nil {
					return
				}
				mu.Lock()
				open[c] = true
				mu.Unlock()
				running.Go(func() {
					serve(c)
					_ = c.Close()
					mu.Lock()
					delete(open, c)
					mu.Unlock()
				})
			}
		})
	}
	running.Go(func() {
		buf := make([]byte, 64<<10)
		for {
			n, from, err := pc.ReadFrom(buf)
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err == nil && p.udp != nil {
				p.udp(pc, buf[:n], from)
			}
		}
	})
	stop := func() {
		for _, l := range listeners {
			_ = l.Close()
		}
		_ = pc.Close()
		mu.Lock()
		for c := range open {
			_ = c.Close()
		}
		mu.Unlock()
		running.Wait()
	}
	return addrs, stop, nil
}

// A NullResult is what the suite made of a null peer or adapter in one role.
type NullResult struct {
	Name, Title string
	Role        string
	Report      *conformance.Report // nil where it was never reached
	// Unreached is the sentence with which the run was refused.
	Unreached string
	// Passed are the cases of a MUST that it passed and that NullAllowed does not
	// have: each is a defect of the case.
	Passed []conformance.Result
	// Allowed are those that NullAllowed has.
	Allowed []conformance.Result
}

// Null judges a null peer with every case of a server.
func Null(ctx context.Context, p NullPeer, opts conformance.Options) (NullResult, error) {
	opts.Role = conformance.RoleServer
	result := NullResult{Name: p.Name, Title: p.Title}
	if p.command != "" {
		return judgeNull(ctx, target.Exec{Command: p.command, Wait: nullWait, TimeScale: opts.TimeScale}, result, opts)
	}
	addrs, stop, err := p.Start()
	if err != nil {
		return NullResult{}, fmt.Errorf("starting the null peer %s: %w", p.Name, err)
	}
	defer stop()
	return judgeNull(ctx, target.Running{Addrs: addrs}, result, opts)
}

// nullWait is how long a command that says nothing is waited for.
const nullWait = 2 * time.Second

// NullAdapted judges a null adapter with every case of a client or codec, as
// opts.Role says.
func NullAdapted(ctx context.Context, a NullAdapter, opts conformance.Options) (NullResult, error) {
	peer := target.InProcessAdapter{Name: a.Name, Serve: a.run, Wait: nullWait, TimeScale: opts.TimeScale}
	return judgeNull(ctx, peer, NullResult{Name: a.Name, Title: a.Title}, opts)
}

func judgeNull(ctx context.Context, peer target.Target, result NullResult, opts conformance.Options) (NullResult, error) {
	opts.Profile = "strict"
	result.Role = opts.Role
	var err error
	result.Report, err = conformance.Run(ctx, peer, opts)
	if unreachable := (*target.UnreachableError)(nil); errors.As(err, &unreachable) {
		result.Unreached = unreachable.Error()
		return result, nil
	}
	if err != nil {
		return result, err
	}
	for _, res := range result.Report.Results {
		must := res.Level == "MUST" || res.Level == "MUST NOT"
		if !must || res.Verdict != conformance.Pass {
			continue
		}
		if _, ok := NullAllowed(result.Name, res.ID); ok {
			result.Allowed = append(result.Allowed, res)
		} else {
			result.Passed = append(result.Passed, res)
		}
	}
	return result, nil
}
