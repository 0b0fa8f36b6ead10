package udp_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/netem"
	"github.com/vstp-project/vstp/ref/reliable"
	"github.com/vstp-project/vstp/ref/session"
	"github.com/vstp-project/vstp/ref/udp"
	"github.com/vstp-project/vstp/ref/wire"
)

// bottleneck is a link of 10 Mbit/s and 20 ms there and back that loses a share of
// what is sent in either direction.
const linkRate = 10_000_000

func bottleneck(loss float64) netem.Profile {
	i := netem.Impairments{Delay: lag, Loss: loss, Rate: netem.Rate{Bandwidth: linkRate, Queue: 128 << 10}}
	return netem.Profile{Name: "bottleneck", AB: i, BA: i}
}

// roomy is a server's settings for more messages at once than its application has
// by default.
func roomy() udp.Config { return udp.Config{QueuePerSource: 4096, QueueMessages: 4096} }

// frames yields messages of the oracle's with the given sizes.
func (w *wired) frames(sizes iter.Seq[int]) iter.Seq[wire.Frame] {
	return func(yield func(wire.Frame) bool) {
		n := 0
		for size := range sizes {
			n++
			if !yield(wire.Frame{Type: wire.TypeData, Payload: w.oracle.send(fmt.Sprint("m", n), size)}) {
				return
			}
		}
	}
}

// repeated yields a size so many times.
func repeated(n, size int) iter.Seq[int] { return slices.Values(slices.Repeat([]int{size}, n)) }

// endAll says that all messages were acknowledged.
func (w *wired) endAll(n int) {
	for i := range n {
		w.end(fmt.Sprint("m", i+1), nil)
	}
}

// 2 MB over links that lose up to a twentieth each way: everything arrives once,
// nothing ends with Timeout, the link is used and little is sent twice.
func TestBulkOverALossyLink(t *testing.T) {
	for _, c := range []struct{ loss, goodput, wire float64 }{{0, 0.85, 1.05}, {0.01, 0.7, 1.1}, {0.05, 0.5, 1.2}} {
		t.Run(fmt.Sprint(c.loss), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const messages, size = 1_754, 1_140
				w := newWired(t, bottleneck(c.loss), udp.Config{Retries: 5}, roomy())
				require.NoError(t, w.conn.SendBulk(t.Context(), w.at, w.frames(repeated(messages, size))))
				took := time.Since(w.start)
				w.endAll(messages)
				s := w.link.Stats().AB
				goodput := messages * size * 8 / took.Seconds() / linkRate
				ratio := float64(s.Octets) / (messages * size)
				t.Logf("goodput %.3f of the link, wire %.3f, %v", goodput, ratio, s)
				// The last messages that are lost come as late as their timers say, which for so
				// short a transfer is much of the time.
				assert.GreaterOrEqual(t, goodput, c.goodput)
				assert.LessOrEqual(t, ratio, c.wire)
				assert.Zero(t, s.ByReason[netem.ReasonQueue.String()])
				w.close(t)
			})
		})
	}
}

// Messages of all sizes, in fragments and not, in one bulk.
func TestBulkOfAllSizes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sizes := []int{8, 1_140, 1_176, 1_177, 5_000, 20_000}
		all := slices.Values(slices.Repeat(sizes, 20))
		w := newWired(t, bottleneck(0.02), udp.Config{Retries: 5, CRCFlag: true}, roomy())
		require.NoError(t, w.conn.SendBulk(t.Context(), w.at, w.frames(all)))
		w.endAll(20 * len(sizes))
		w.close(t)
	})
}

// Several bulks and single messages share the window to their destination.
func TestBulksAtTheSameTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWired(t, bottleneck(0.01), udp.Config{Retries: 5}, roomy())
		sends := func() error { return w.conn.SendBulk(t.Context(), w.at, plainFrames(500, 1_100)) }
		waits := []func() (time.Time, error){async(sends), async(sends)}
		for range 50 {
			waits = append(waits, async(func() error { return w.conn.SendReliable(t.Context(), w.at, dataFrame("single")) }))
		}
		for _, wait := range waits {
			_, err := wait()
			require.NoError(t, err)
		}
		w.shut(t)
		assert.Zero(t, udp.HeldByConn(w.conn).Sends)
	})
}

// plainFrames yields messages that the oracle knows nothing about.
func plainFrames(n, size int) iter.Seq[wire.Frame] {
	return func(yield func(wire.Frame) bool) {
		for range n {
			if !yield(wire.Frame{Type: wire.TypeData, Payload: make([]byte, size)}) {
				return
			}
		}
	}
}

// The first failure ends the whole bulk: no more frames are asked for, and nothing
// more is sent.
func TestBulkEndsWithTheFirstFailure(t *testing.T) {
	errStop := errors.New("enough")
	for name, c := range map[string]struct {
		frame wire.Frame // the hundredth
		act   func(cancel context.CancelCauseFunc, conn *udp.Conn)
		check func(t *testing.T, err error)
	}{
		"refused": {
			frame: wire.Frame{Type: wire.TypeData, Payload: make([]byte, 400_000)},
			check: func(t *testing.T, err error) { local(t, err, wire.FrameTooLarge) },
		},
		"context": {
			frame: dataFrame("x"),
			act:   func(cancel context.CancelCauseFunc, _ *udp.Conn) { cancel(errStop) },
			check: func(t *testing.T, err error) { require.ErrorIs(t, err, context.Canceled) },
		},
		"closed": {
			frame: dataFrame("x"),
			act:   func(_ context.CancelCauseFunc, conn *udp.Conn) { go conn.Close() },
			check: func(t *testing.T, err error) { require.ErrorIs(t, err, net.ErrClosed) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWired(t, bottleneck(0), udp.Config{}, roomy())
				ctx, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				asked := 0
				err := w.conn.SendBulk(ctx, w.at, func(yield func(wire.Frame) bool) {
					for {
						f := dataFrame("x")
						if asked++; asked == 100 {
							f = c.frame
							if c.act != nil {
								c.act(cancel, w.conn)
								synctest.Wait()
							}
						}
						if !yield(f) {
							return
						}
					}
				})
				c.check(t, err)
				assert.ErrorContains(t, err, "udp: sending to ")
				assert.LessOrEqual(t, asked, 101)
				assert.Zero(t, udp.HeldByConn(w.conn).Sends)
				time.Sleep(ms)
				sent := w.link.Stats().AB.Sent
				time.Sleep(10 * time.Second)
				assert.Equal(t, sent, w.link.Stats().AB.Sent, "nothing more is sent")
				w.shut(t)
			})
		})
	}
}

func TestBulkThatFails(t *testing.T) {
	t.Run("no ACK", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			n := newNetwork()
			conn, _ := n.conn(t, 1, udp.Config{})
			defer conn.Close()
			began := time.Now()
			err := conn.SendBulk(t.Context(), n.node(2, 4000).addr, plainFrames(5_000, 10))
			local(t, err, wire.Timeout)
			assert.InDelta(t, 2_700, time.Since(began).Milliseconds(), 20)
		})
	})
	t.Run("ERR", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			n := newNetwork()
			conn, c := n.conn(t, 1, udp.Config{})
			defer conn.Close()
			peer := n.node(2, 4000)
			wait := async(func() error { return conn.SendBulk(t.Context(), peer.addr, plainFrames(1, 10)) })
			f, _ := peer.next(t)
			peer.send(t, c.addr, encode(t, wire.TypeErr, 0, "no", "error-code", "12", "msg-id", msgID(t, f)))
			_, err := wait()
			var refused *session.PeerError
			require.ErrorAs(t, err, &refused)
		})
	})
	t.Run("no destination", func(t *testing.T) {
		conn, err := udp.Dial(t.Context(), "127.0.0.1:9", udp.Config{})
		require.NoError(t, err)
		require.NoError(t, conn.Close())
		require.ErrorIs(t, conn.SendBulk(t.Context(), conn.Peer(), plainFrames(1, 1)), net.ErrClosed)
		n := newNetwork()
		without, _ := n.conn(t, 1, udp.Config{})
		defer without.Close()
		local(t, without.SendBulk(t.Context(), netip.AddrPort{}, plainFrames(1, 1)), wire.InvalidAddress)
	})
	t.Run("nothing to send", func(t *testing.T) {
		conn := connect(t, serve(t, loopback, udp.Config{}), udp.Config{})
		require.NoError(t, conn.SendBulk(t.Context(), netip.AddrPort{}, plainFrames(0, 0)))
	})
}

// Two Conns that send bulks through one bottleneck come to equal shares.
func TestBulksShareALink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		counts := map[netip.AddrPort]int{}
		server := roomy()
		server.Handler = func(_ context.Context, r *udp.Request) {
			mu.Lock()
			defer mu.Unlock()
			counts[r.Peer]++
		}
		w := newWired(t, bottleneck(0.01), udp.Config{Retries: 5}, server)
		other, err := udp.NewConn(w.net.Client(), udp.Config{Retries: 5})
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
		defer cancel()
		sends := func(conn *udp.Conn) func() error {
			return func() error { return conn.SendBulk(ctx, w.at, plainFrames(1_000_000, 1_140)) }
		}
		one, two := async(sends(w.conn)), async(sends(other))
		_, err = one()
		require.ErrorIs(t, err, context.DeadlineExceeded)
		_, err = two()
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.NoError(t, other.Close())
		w.shut(t)
		shares := slices.Collect(maps.Values(counts))
		require.Len(t, shares, 2)
		assert.InDelta(t, 1, float64(shares[0])/float64(shares[1]), 0.25)
	})
}

// A window of one makes SendBulk wait for each ACK.
func TestBulkOneByOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWired(t, exact(), udp.Config{Window: reliable.WindowConfig{Max: 1}}, udp.Config{})
		require.NoError(t, w.conn.SendBulk(t.Context(), w.at, w.frames(repeated(10, 100))))
		w.endAll(10)
		assert.Equal(t, 10*2*lag, time.Since(w.start).Truncate(ms))
		w.close(t)
	})
}
