package soak

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"time"

	"github.com/vstp-project/vstp/ref/tcp"
	"github.com/vstp-project/vstp/ref/udp"
	"github.com/vstp-project/vstp/ref/wire"
)

const (
	victims = 200 // connections of the client that is killed
	waiters = 20  // clients of the server that is killed
)

// kill ends a client process in the middle of frames, and then a server process in the
// middle of its answers.
func kill(ctx context.Context, r *run) error {
	r.says("a process with %d connections, each in the middle of a frame, was killed with SIGKILL; then a server, in the middle of answers of 8 MB to %d clients", victims, waiters)
	before, err := r.peer.usage(ctx)
	if err != nil {
		return err
	}
	if err := killClient(ctx, r, before); err != nil {
		return err
	}
	began := time.Now()
	after, err := r.peer.settled(ctx, before)
	if err != nil {
		return err
	}
	r.exactly("of them left after the client was killed", "", max(after.Descriptors-before.Descriptors, 0), 0)
	r.figure("until that was so", seconds, inSeconds(time.Since(began)))
	return killServer(ctx, r)
}

// killClient starts a process that is in the middle of frames, and kills it.
func killClient(ctx context.Context, r *run, before usage) error {
	cmd := exec.CommandContext(ctx, r.opts.Exe, "soak", "victim", r.peer.TCP, strconv.Itoa(victims))
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	defer stdin.Close()
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting a client to be killed: %w", err)
	}
	_, err = bufio.NewReader(stdout).ReadString('\n')
	var during usage
	if err == nil {
		during, err = r.peer.usage(ctx)
	}
	if killed := cmd.Process.Kill(); err == nil {
		err = killed
	}
	cmd.Wait() // it was killed, which is an error, and the right one
	if err != nil {
		return fmt.Errorf("a client that was to be killed: %w", err)
	}
	r.exactly("connections of the client at the server", "", during.Descriptors-before.Descriptors, victims)
	return nil
}

// Victim is what the process does that is killed: it opens n connections, sends half of
// a frame on each, says so in one line and waits to be killed, or for the end of stdin.
func Victim(ctx context.Context, addr string, n int, stdin io.Reader, stdout io.Writer) error {
	all, err := gather(ctx, addr, n)
	if err != nil {
		return err
	}
	defer all.close()
	if err := all.write(begun(4096)); err != nil {
		return err
	}
	fmt.Fprintln(stdout, "in the middle of a frame on", n, "connections")
	_, err = io.Copy(io.Discard, stdin)
	return err
}

// killServer kills a server of its own while clients of the reference implementation are
// in the middle of its answers.
func killServer(ctx context.Context, r *run) error {
	doomed, err := startPeer(ctx, r.opts)
	if err != nil {
		return err
	}
	defer doomed.stop()
	clients := make([]*waiter, waiters)
	defer func() {
		for _, w := range clients {
			if w != nil {
				w.conn.Close()
			}
		}
	}()
	for i := range clients {
		if clients[i], err = newWaiter(ctx, doomed.TCP); err != nil {
			return err
		}
	}
	socket, err := udp.Dial(ctx, doomed.UDP, udp.Config{})
	if err != nil {
		return err
	}
	defer socket.Close()
	for _, w := range clients {
		select {
		case <-w.gate.reached:
		case <-time.After(exchangePatience):
			return errors.New("a client is not getting its answer")
		}
	}
	if err := doomed.kill(); err != nil {
		return err
	}
	began := time.Now()
	var all sync.WaitGroup
	told := make([]bool, len(clients))
	for i, w := range clients {
		close(w.gate.open)
		all.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, exchangePatience)
			defer cancel()
			_, err := w.conn.Receive(ctx)
			told[i] = err != nil && ctx.Err() == nil
		})
	}
	all.Wait()
	n := 0
	for _, yes := range told {
		if yes {
			n++
		}
	}
	r.exactly("clients over TCP that were told", "", float64(n), waiters)
	r.figure("until the last of them was", seconds, inSeconds(time.Since(began)))
	began = time.Now()
	if err := socket.SendReliable(ctx, netip.AddrPort{}, wire.Frame{Type: wire.TypeData}); err == nil {
		return errors.New("a message to a server that is dead was acknowledged")
	}
	r.atMost("until a send over UDP had failed", seconds, inSeconds(time.Since(began)), 4)
	return nil
}

// waiter is a client in the middle of an answer.
type waiter struct {
	conn *tcp.Conn
	gate *gate
}

// newWaiter connects a client and asks for an answer of which it will read a part.
func newWaiter(ctx context.Context, addr string) (*waiter, error) {
	var d net.Dialer
	nc, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	if tc, ok := nc.(*net.TCPConn); ok {
		tc.SetReadBuffer(64 << 10) // so that the rest of the answer is still at the server
	}
	g := &gate{Conn: nc, reached: make(chan struct{}), open: make(chan struct{})}
	c, err := tcp.NewConn(ctx, g, tcp.Config{})
	if err != nil {
		nc.Close()
		return nil, err
	}
	f, err := wire.NewBuilder(wire.TypeData).Text("x-reply-size", "8000000").Build()
	if err == nil {
		err = c.Send(ctx, f)
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	return &waiter{conn: c, gate: g}, nil
}

// gate is a connection that lets so many octets through and then waits until it is
// opened.
type gate struct {
	net.Conn
	passed  int
	reached chan struct{}
	open    chan struct{}
}

// passes is how many octets are read while a gate is closed, at least.
const passes = 100_000

func (g *gate) Read(b []byte) (int, error) {
	if g.passed >= passes {
		<-g.open
	}
	n, err := g.Conn.Read(b)
	if g.passed < passes && g.passed+n >= passes {
		close(g.reached)
	}
	g.passed += n
	return n, err
}
