package easy_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/easy"
	"github.com/vstp-project/vstp/ref/tcp"
	"github.com/vstp-project/vstp/ref/wire"
)

func newPool[Req, Resp any](t *testing.T, network, addr string, most int) *easy.Pool[Req, Resp] {
	t.Helper()
	p, err := easy.NewPool[Req, Resp](network, addr, easy.Config{TCP: tcp.Config{CloseTimeout: 10 * time.Millisecond}}, most)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.Close()) })
	return p
}

// Handlers for one connection run one after another; a pool has several run at a time,
// and no more than it may.
func TestPoolCallsAtTheSameTime(t *testing.T) {
	for _, network := range networks {
		t.Run(network, func(t *testing.T) {
			const most = 4
			var running, highest atomic.Int32
			var first sync.WaitGroup
			first.Add(most)
			addr := serve(t, network, easy.Config{}, func(_ context.Context, n int) (int, error) {
				now := running.Add(1)
				defer running.Add(-1)
				for old := highest.Load(); now > old && !highest.CompareAndSwap(old, now); old = highest.Load() {
				}
				if n < most { // these wait for each other
					first.Done()
					first.Wait()
				}
				return -n, nil
			})
			p := newPool[int, int](t, network, addr, most)
			var all sync.WaitGroup
			for i := range 40 {
				all.Go(func() {
					response, err := p.Call(t.Context(), i)
					assert.NoError(t, err)
					assert.Equal(t, -i, response)
				})
			}
			all.Wait()
			assert.EqualValues(t, most, highest.Load())
		})
	}
}

// Clients are used again, errors of the server's notwithstanding.
func TestPoolKeepsItsClients(t *testing.T) {
	for _, network := range networks {
		t.Run(network, func(t *testing.T) {
			var mu sync.Mutex
			peers := map[netip.AddrPort]bool{}
			addr := serve(t, network, easy.Config{}, func(ctx context.Context, n int) (int, error) {
				peer, _ := easy.PeerOf(ctx)
				mu.Lock()
				peers[peer] = true
				mu.Unlock()
				if n%2 == 1 {
					return 0, errors.New("no")
				}
				return n, nil
			})
			p := newPool[int, int](t, network, addr, 0)
			for i := range 20 {
				_, err := p.Call(t.Context(), i)
				if i%2 == 1 {
					wantError(t, err, wire.ServerError, true)
				} else {
					require.NoError(t, err)
				}
			}
			mu.Lock()
			defer mu.Unlock()
			assert.Len(t, peers, 1)
		})
	}
}

// A server that was started again while nobody called costs nothing but the dialing.
func TestPoolDialsAgain(t *testing.T) {
	s, err := easy.Listen(t.Context(), "tcp", "127.0.0.1:0", easy.Config{}, double)
	require.NoError(t, err)
	addr := s.Addr().String()
	p := newPool[number, number](t, "tcp", addr, 2)
	_, err = p.Call(t.Context(), number{1})
	require.NoError(t, err)
	s.Close()
	// Until the end of the connection has been noticed, or a new one is refused.
	_, err = p.Call(t.Context(), number{1})
	require.Error(t, err)
	s, err = easy.Listen(t.Context(), "tcp", addr, easy.Config{}, double)
	require.NoError(t, err)
	defer s.Close()
	response, err := p.Call(t.Context(), number{1})
	require.NoError(t, err)
	assert.Equal(t, 2, response.N)
}

// A call that is given up does not leave its answer to the next.
func TestPoolForgetsCallsGivenUp(t *testing.T) {
	for _, network := range networks {
		t.Run(network, func(t *testing.T) {
			served, release := make(chan struct{}), make(chan struct{})
			addr := serve(t, network, easy.Config{}, func(ctx context.Context, n int) (int, error) {
				if n == 1 {
					close(served)
					select {
					case <-release:
					case <-ctx.Done():
					}
				}
				return n, nil
			})
			p := newPool[int, int](t, network, addr, 1)
			ctx, cancel := context.WithCancel(t.Context())
			waiting := make(chan error, 1)
			go func() {
				<-served
				// Another call waits for the one client.
				soon, stop := context.WithCancel(t.Context())
				stop()
				_, err := p.Call(soon, 2)
				waiting <- err
				cancel()
			}()
			_, err := p.Call(ctx, 1)
			require.ErrorIs(t, err, context.Canceled)
			close(release)
			require.ErrorIs(t, <-waiting, context.Canceled)
			response, err := p.Call(t.Context(), 3)
			require.NoError(t, err)
			assert.Equal(t, 3, response)
		})
	}
}

func TestPoolClose(t *testing.T) {
	begun := make(chan struct{})
	addr := serve(t, "tcp", easy.Config{}, func(ctx context.Context, _ int) (int, error) {
		close(begun)
		<-ctx.Done()
		return 0, ctx.Err()
	})
	p := newPool[int, int](t, "tcp", addr, 1)
	ended := make(chan error, 1)
	go func() {
		_, err := p.Call(t.Context(), 1)
		ended <- err
	}()
	<-begun
	require.NoError(t, p.Close())
	assert.ErrorIs(t, <-ended, net.ErrClosed)
	_, err := p.Call(t.Context(), 1)
	assert.ErrorIs(t, err, net.ErrClosed)
}
