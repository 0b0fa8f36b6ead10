package target

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"time"
)

const (
	dialTimeout = 2 * time.Second
	firstPause  = 10 * time.Millisecond // between two attempts; doubles
	lastPause   = 200 * time.Millisecond

	// settle is how long a server that already accepts connections is asked for
	// an answer over UDP, so that its first case does not come too early.
	settle = time.Second
)

// Two datagrams that any server answers: a PING without headers and payload,
// and the same as DATA, which the application of the test contract returns.
var datagrams = [][]byte{
	{0x56, 0x54, 0x01, 0x04, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xd8, 0x42, 0x9a, 0x00},
	{0x56, 0x54, 0x01, 0x03, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xd2, 0x87, 0x93, 0x19},
}

// probe returns nil once the addresses answer: every TCP address accepts a
// connection, and every UDP address returns anything at all. Where there is a
// TCP address, a UDP address that stays silent is believed after a second; where
// there is none, when the context ends.
func probe(ctx context.Context, addrs Addrs) error {
	streams := false
	for _, l := range addrs.listeners() {
		if l.datagram {
			continue
		}
		streams = true
		if err := connect(ctx, l); err != nil {
			return err
		}
	}
	for _, l := range addrs.listeners() {
		if !l.datagram {
			continue
		}
		patience := ctx
		if streams {
			var cancel context.CancelFunc
			patience, cancel = context.WithTimeout(ctx, settle)
			defer cancel()
		}
		refused, err := exchange(patience, l)
		for err != nil && refused && ctx.Err() == nil {
			// Nothing is bound there yet: that is no silence to be believed.
			refused, err = exchange(ctx, l)
		}
		if err != nil && refused {
			return err
		}
	}
	return nil
}

// connect opens a connection and closes it again, trying until that succeeds or
// the context ends.
func connect(ctx context.Context, l listener) error {
	dial := (&net.Dialer{Timeout: dialTimeout}).DialContext
	attempts, err := retry(ctx, func(ctx context.Context) error { return touch(ctx, dial, l.addr) })
	if err != nil {
		return fmt.Errorf("connecting to %s %s failed in %s: %w", l.name, l.addr, times(attempts), err)
	}
	return nil
}

type dialFunc func(ctx context.Context, network, addr string) (net.Conn, error)

// touch opens a TCP connection and closes it again.
func touch(ctx context.Context, dial dialFunc, addr string) error {
	c, err := dial(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	return c.Close()
}

// exchange sends datagrams until anything comes back or the context ends.
// refused says that the last that was heard is that nothing is bound there.
func exchange(ctx context.Context, l listener) (refused bool, err error) {
	c, err := (&net.Dialer{}).DialContext(ctx, "udp", l.addr)
	if err != nil {
		return true, fmt.Errorf("%s %s cannot be used: %w", l.name, l.addr, err)
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { _ = c.SetDeadline(time.Now()) })()

	buf := make([]byte, 64<<10)
	pause := firstPause
	for i := 0; ctx.Err() == nil; i++ {
		_, err := c.Write(datagrams[i%len(datagrams)])
		if err == nil {
			if err = c.SetReadDeadline(time.Now().Add(pause)); ctx.Err() != nil {
				break
			}
		}
		if err == nil {
			_, err = c.Read(buf)
		}
		switch {
		case err == nil:
			return false, nil
		case errors.Is(err, os.ErrDeadlineExceeded):
			if ctx.Err() == nil {
				refused = false
			}
		default:
			refused = true
			sleep(ctx, pause)
		}
		pause = min(2*pause, lastPause)
	}
	if refused {
		return true, fmt.Errorf("nothing listens at %s %s", l.name, l.addr)
	}
	return false, fmt.Errorf("nothing came back from %s %s", l.name, l.addr)
}

// retry calls try until it succeeds or the context ends. It returns how often it
// tried and the last error that was not due to the end itself.
func retry(ctx context.Context, try func(context.Context) error) (attempts int, err error) {
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		attempts++
		now := try(ctx)
		if now == nil {
			return attempts, nil
		}
		if err == nil || ctx.Err() == nil {
			err = now
		}
		if !sleep(ctx, pause) {
			return attempts, err
		}
	}
}

// sleep waits for d, and says whether it could do so before the context ended.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

// times says how often in words.
func times(n int) string {
	if n == 1 {
		return "1 attempt"
	}
	return fmt.Sprintf("%d attempts", n)
}
