package soak

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"syscall"
	"time"

	"github.com/vstp-project/vstp/conformance/forge"
)

// Frame types, for the frames that this package builds and looks at itself.
const (
	typeHello   = 0x01
	typeWelcome = 0x02
	typeData    = 0x03
	typePing    = 0x04
	typePong    = 0x05
	typeErr     = 0x08

	flagFrag = 0x10
	flagComp = 0x20
)

// fixed is the octets of a frame ahead of its headers, trailer that of its CRC32.
const (
	fixed   = 11
	trailer = 4
)

// dialers is how many connections are made at a time: the system's queue of those that
// wait to be accepted is bounded.
const dialers = 64

// hello is what every connection begins with.
var hello = forge.Frame{Type: typeHello}.Bytes()

// crowd is many connections that have been greeted.
type crowd []net.Conn

// gather connects and greets n times.
func gather(ctx context.Context, addr string, n int) (crowd, error) {
	all := make(crowd, n)
	err := each(n, dialers, func(i int) (err error) {
		var d net.Dialer
		if all[i], err = d.DialContext(ctx, "tcp", addr); err != nil {
			return err
		}
		if _, err := all[i].Write(hello); err != nil {
			return err
		}
		f, err := readFrame(all[i], exchangePatience)
		if err == nil && f.kind != typeWelcome {
			err = fmt.Errorf("the answer to HELLO is a frame of type 0x%02x", f.kind)
		}
		return err
	})
	if err == nil {
		return all, nil
	}
	all.close()
	if errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) || errors.Is(err, syscall.EADDRNOTAVAIL) {
		return nil, notRun("%d connections are more than this host gives: %v", n, err)
	}
	return nil, fmt.Errorf("making %d connections: %w", n, err)
}

// close hangs up on all.
func (c crowd) close() {
	for _, conn := range c {
		if conn != nil {
			conn.Close()
		}
	}
}

// write sends the same octets on all.
func (c crowd) write(b []byte) error {
	for i, conn := range c {
		if _, err := conn.Write(b); err != nil {
			return fmt.Errorf("connection %d: %w", i, err)
		}
	}
	return nil
}

// count reads a frame from each connection, for at most the given time in all, and
// returns how many there are for which ok is true.
func (c crowd) count(limit time.Duration, ok func(conn net.Conn, f received) bool) int {
	deadline := time.Now().Add(limit)
	var lock sync.Mutex
	n := 0
	each(len(c), len(c), func(i int) error {
		f, err := readFrame(c[i], time.Until(deadline))
		if err == nil && ok(c[i], f) {
			lock.Lock()
			defer lock.Unlock()
			n++
		}
		return nil
	})
	return n
}

// received is what counts of a frame from the server.
type received struct {
	kind             byte
	headers, payload []byte
}

// refuses reports whether a frame is an ERR with the given code.
func (f received) refuses(code string) bool {
	return f.kind == typeErr && bytes.Contains(f.headers, forge.Section(forge.KV("err-code", code)))
}

// readFrame reads one frame, without looking at its CRC32: what comes from the server is
// not what is tried.
func readFrame(conn net.Conn, limit time.Duration) (f received, err error) {
	conn.SetReadDeadline(time.Now().Add(limit))
	defer conn.SetReadDeadline(time.Time{})
	var head [fixed]byte
	if _, err := io.ReadFull(conn, head[:]); err != nil {
		return f, err
	}
	headers := int(binary.LittleEndian.Uint16(head[5:]))
	rest := make([]byte, headers+int(binary.BigEndian.Uint32(head[7:]))+trailer)
	if _, err := io.ReadFull(conn, rest); err != nil {
		return f, err
	}
	return received{kind: head[3], headers: rest[:headers], payload: rest[headers : len(rest)-trailer]}, nil
}

// ended reports whether a connection ends within the limit, whatever comes before.
func ended(conn net.Conn, limit time.Duration) bool {
	conn.SetReadDeadline(time.Now().Add(limit))
	_, err := io.Copy(io.Discard, bufio.NewReader(conn))
	var timeout net.Error
	return !errors.As(err, &timeout) || !timeout.Timeout()
}

// each calls do for 0 to n-1, so many at a time, and returns the first error, after
// which it begins no more.
func each(n, atATime int, do func(i int) error) error {
	var (
		lock  sync.Mutex
		next  int
		first error
		all   sync.WaitGroup
	)
	take := func() (i int, more bool) {
		lock.Lock()
		defer lock.Unlock()
		next++
		return next - 1, next <= n && first == nil
	}
	for range min(atATime, n) {
		all.Go(func() {
			for i, more := take(); more; i, more = take() {
				if err := do(i); err != nil {
					lock.Lock()
					if first == nil {
						first = err
					}
					lock.Unlock()
				}
			}
		})
	}
	all.Wait()
	return first
}
