package easy_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/netem"
	"github.com/vstp-project/vstp/netem/memnet"
	"github.com/vstp-project/vstp/ref/easy"
	"github.com/vstp-project/vstp/ref/tcp"
	"github.com/vstp-project/vstp/ref/udp"
	"github.com/vstp-project/vstp/ref/wire"
)

// [EASY-3] [PRI-3] [ERR-7]
func TestAnswersKeepTheOrderOfRequests(t *testing.T) {
	addr := serve(t, "tcp", easy.Config{}, func(_ context.Context, q number) (number, error) {
		if q.N%3 == 1 {
			return number{}, easy.Failure(fmt.Sprint("no ", q.N%3))
		}
		return double(t.Context(), q)
	})
	c := dial[any, number](t, "tcp", addr, easy.Config{})
	for i := range 100 {
		if i%3 == 2 {
			require.NoError(t, c.Send(t.Context(), "no object"))
		} else {
			require.NoError(t, c.Send(t.Context(), number{i}))
		}
	}
	for i := range 100 {
		response, err := c.Receive(t.Context())
		switch i % 3 {
		case 0:
			require.NoError(t, err)
			assert.Equal(t, 2*i, response.N)
		case 1:
			wantError(t, err, wire.ServerError, true)
		case 2:
			wantError(t, err, wire.DeserializationError, true)
		}
	}
}

// Calls of many goroutines share one client, and Send and Receive go on beside them.
func TestConcurrentCallsGetTheirOwnAnswers(t *testing.T) {
	for _, network := range networks {
		t.Run(network, func(t *testing.T) {
			addr := serve(t, network, easy.Config{}, func(_ context.Context, n int) (int, error) {
				if n%5 == 4 {
					return 0, errors.New("no")
				}
				return -n, nil
			})
			c := dial[int, int](t, network, addr, easy.Config{})
			var all sync.WaitGroup
			for i := 1; i <= 50; i++ {
				all.Go(func() {
					response, err := c.Call(t.Context(), i)
					if i%5 == 4 {
						assert.ErrorIs(t, err, wire.ServerError)
					} else if assert.NoError(t, err) {
						assert.Equal(t, -i, response)
					}
				})
				if network == "tcp" {
					require.NoError(t, c.Send(t.Context(), 1000))
				}
			}
			all.Wait()
			if network == "tcp" {
				for range 50 {
					response, err := c.Receive(t.Context())
					require.NoError(t, err)
					assert.Equal(t, -1000, response)
				}
			}
		})
	}
}

// [EASY-8]
func TestTimeoutComesAtItsTime(t *testing.T) {
	const timeout, late = 5 * time.Second, 8 * time.Second
	slow := func(ctx context.Context, n int) (int, error) {
		if n == 1 {
			time.Sleep(late)
		}
		return n, nil
	}
	cfg := easy.Config{Timeout: timeout}
	run := func(t *testing.T, c *easy.Client[int, int]) {
		start := time.Now()
		_, err := c.Call(t.Context(), 1)
		wantError(t, err, wire.Timeout, false)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, timeout, time.Since(start))
		_, err = c.Receive(t.Context())
		wantError(t, err, wire.Timeout, false)
		assert.Equal(t, 2*timeout, time.Since(start), "the answer to a call is not for Receive")
	}
	t.Run("tcp", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c := overTCP[int, int](t, netem.Profile{}, cfg, easy.TCPHandler(easy.Config{}, slow))
			run(t, c)
			response, err := c.Call(t.Context(), 2)
			require.NoError(t, err)
			assert.Equal(t, 2, response, "not the late answer to the first")
		})
	})
	t.Run("udp", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c := overUDP[int, int](t, netem.Profile{}, cfg, easy.UDPHandler(easy.Config{}, func(ctx context.Context, n int) (int, error) {
				<-ctx.Done()
				return 0, ctx.Err()
			}))
			run(t, c)
		})
	})
}

// What arrives after a Timeout of Receive is not lost.
func TestReceiveAfterItsTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := func(_ context.Context, n int) (int, error) { time.Sleep(3 * time.Second); return n, nil }
		c := overTCP[int, int](t, netem.Profile{}, easy.Config{Timeout: 2 * time.Second}, easy.TCPHandler(easy.Config{}, slow))
		require.NoError(t, c.Send(t.Context(), 7))
		_, err := c.Receive(t.Context())
		wantError(t, err, wire.Timeout, false)
		response, err := c.Receive(t.Context())
		require.NoError(t, err)
		assert.Equal(t, 7, response)
	})
}

// One who waits for an answer reads for the others; when it gives up, another goes on.
func TestGivingUpLeavesTheOthersTheirAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := func(_ context.Context, n int) (int, error) { time.Sleep(time.Second); return n, nil }
		c := overTCP[int, int](t, netem.Profile{}, easy.Config{}, easy.TCPHandler(easy.Config{}, slow))
		var all sync.WaitGroup
		for i := range 10 {
			all.Go(func() {
				ctx := t.Context()
				if i%2 == 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, 500*time.Millisecond)
					defer cancel()
				}
				response, err := c.Call(ctx, i)
				if i%2 == 0 {
					assert.ErrorIs(t, err, wire.Timeout)
				} else if assert.NoError(t, err) {
					assert.Equal(t, i, response)
				}
			})
		}
		all.Wait()
	})
}

// A request whose sending was given up is sent or not; the calls behind it get their own
// answers in either case.
func TestGivingUpWhileSending(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var slow netem.Profile
		slow.AB.Rate = netem.Rate{Bandwidth: 8_000}
		c := overTCP[string, int](t, slow, easy.Config{TCP: tcp.Config{StalledWrite: time.Hour}},
			easy.TCPHandler(easy.Config{}, func(_ context.Context, s string) (int, error) { return len(s), nil }))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := c.Call(ctx, string(make([]byte, 5_000)))
		wantError(t, err, wire.Timeout, false)
		canceled, stop := context.WithCancel(t.Context())
		stop()
		_, err = c.Call(canceled, "never sent")
		require.ErrorIs(t, err, context.Canceled)
		response, err := c.Call(t.Context(), "abc")
		require.NoError(t, err)
		assert.Equal(t, 3, response)
	})
}

// [EASY-9]
func TestResponsesOfOthersAreIgnored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New(link(t, netem.Profile{}), memnet.Options{})
		at, err := netip.ParseAddrPort(n.Server().LocalAddr().String())
		require.NoError(t, err)
		release := make(chan struct{})
		s, err := udp.Serve(t.Context(), n.Server(), udp.Config{Handler: easy.UDPHandler(easy.Config{}, func(_ context.Context, q int) (int, error) {
			<-release
			return q, nil
		})})
		require.NoError(t, err)
		defer s.Close()
		conn, err := udp.NewConn(n.Client(), udp.Config{})
		require.NoError(t, err)
		// The client takes another address for that of the server.
		c := easy.OverUDP[int, int](conn, netip.AddrPortFrom(at.Addr(), at.Port()+1), easy.Config{Timeout: time.Second})
		defer c.Close()
		require.NoError(t, conn.Send(t.Context(), at, wire.Frame{Type: wire.TypeData, Payload: []byte("5")}))
		close(release)
		_, err = c.Receive(t.Context())
		wantError(t, err, wire.Timeout, false)
	})
}

// After a call without an answer a client asks from another port, so that a late answer
// does not pass for that of the next.
func TestLateAnswerOverUDP(t *testing.T) {
	release := make(chan struct{})
	served := make(chan struct{})
	addr := serve(t, "udp", easy.Config{}, func(_ context.Context, n int) (int, error) {
		if n == 1 {
			close(served)
			<-release
		}
		return n, nil
	})
	c := dial[int, int](t, "udp", addr, easy.Config{})
	before := c.LocalAddr().String()
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-served; cancel() }()
	_, err := c.Call(ctx, 1)
	require.ErrorIs(t, err, context.Canceled)
	close(release)
	response, err := c.Call(t.Context(), 2)
	require.NoError(t, err)
	assert.Equal(t, 2, response)
	assert.NotEqual(t, before, c.LocalAddr().String())
}

// Reliable repeats requests and responses, and each is taken once: over a link that loses
// a third and doubles a third, every call succeeds or says that it does not know.
func TestReliableOverALossyLink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bad := netem.Impairments{Delay: 20 * time.Millisecond, Loss: 0.2, Duplicate: netem.Duplicate{Chance: 0.3}}
		cfg := easy.Config{Reliable: true, Timeout: time.Minute, UDP: udp.Config{Retries: 5, FirstMsgID: 1}}
		served := map[int]int{}
		var mu sync.Mutex
		c := overUDP[int, int](t, netem.Profile{AB: bad, BA: bad}, cfg, easy.UDPHandler(cfg, func(_ context.Context, n int) (int, error) {
			mu.Lock()
			defer mu.Unlock()
			served[n]++
			return -n, nil
		}))
		succeeded := 0
		for i := 1; i <= 200; i++ {
			response, err := c.Call(t.Context(), i)
			if err != nil {
				wantError(t, err, wire.Timeout, false)
				continue
			}
			assert.Equal(t, -i, response)
			succeeded++
		}
		assert.Greater(t, succeeded, 195)
		mu.Lock()
		defer mu.Unlock()
		for n, times := range served {
			assert.Equal(t, 1, times, "request %d", n)
		}
	})
}

func TestValuesThatAreNone(t *testing.T) {
	for _, network := range networks {
		t.Run(network, func(t *testing.T) {
			var calls atomic.Int32
			addr := serve(t, network, easy.Config{}, func(_ context.Context, q any) (any, error) { calls.Add(1); return q, nil })
			c := dial[any, number](t, network, addr, easy.Config{})
			_, err := c.Call(t.Context(), math.NaN())
			wantError(t, err, wire.SerializationError, false)
			wantError(t, c.Send(t.Context(), func() {}), wire.SerializationError, false)
			_, err = c.Call(t.Context(), "text")
			wantError(t, err, wire.DeserializationError, false)
			require.NoError(t, c.Send(t.Context(), "text"))
			_, err = c.Receive(t.Context())
			wantError(t, err, wire.DeserializationError, false)
			response, err := c.Call(t.Context(), number{3})
			require.NoError(t, err)
			assert.Equal(t, 3, response.N)
			assert.EqualValues(t, 3, calls.Load(), "nothing is sent of what cannot become JSON")
		})
	}
}

// A request that is refused for its size takes no turn.
func TestRequestTooLong(t *testing.T) {
	for _, network := range networks {
		t.Run(network, func(t *testing.T) {
			c := dial[string, int](t, network, serve(t, network, easy.Config{}, func(_ context.Context, q string) (int, error) { return len(q), nil }), easy.Config{})
			_, err := c.Call(t.Context(), string(make([]byte, wire.DefaultMaxFrame)))
			wantError(t, err, wire.FrameTooLarge, false)
			response, err := c.Call(t.Context(), "ab")
			require.NoError(t, err)
			assert.Equal(t, 2, response)
		})
	}
}

// rawServer is a tcp.Server whose application is told what to do by each message.
func rawServer(t *testing.T, app tcp.Handler) string {
	t.Helper()
	s, err := tcp.Listen(t.Context(), "127.0.0.1:0", tcp.Config{Handler: app})
	require.NoError(t, err)
	t.Cleanup(func() { s.Close() })
	return s.Addr().String()
}

// An ERR that keeps no order is about the one request under way, or about nobody knows
// which of several.
func TestErrorOfAnotherKind(t *testing.T) {
	limited := func(hold <-chan struct{}) tcp.Handler {
		return func(_ context.Context, r *tcp.Request) {
			<-hold
			assert.NoError(t, r.AnswerError(wire.RateLimited, "slow down"))
		}
	}
	t.Run("one under way", func(t *testing.T) {
		open := make(chan struct{})
		close(open)
		c := dial[int, int](t, "tcp", rawServer(t, limited(open)), easy.Config{})
		for range 2 {
			_, err := c.Call(t.Context(), 1)
			wantError(t, err, wire.RateLimited, true)
		}
	})
	t.Run("two under way", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			hold := make(chan struct{})
			c := overTCP[int, int](t, netem.Profile{}, easy.Config{}, limited(hold))
			failed := make(chan error, 2)
			for i := range 2 {
				go func() {
					_, err := c.Call(t.Context(), i)
					failed <- err
				}()
			}
			synctest.Wait()
			close(hold)
			for range 2 {
				wantError(t, <-failed, wire.RateLimited, true)
			}
			_, err := c.Call(t.Context(), 3)
			require.ErrorIs(t, err, net.ErrClosed)
		})
	})
	t.Run("none for a call", func(t *testing.T) {
		open := make(chan struct{})
		close(open)
		c := dial[int, int](t, "tcp", rawServer(t, limited(open)), easy.Config{})
		require.NoError(t, c.Send(t.Context(), 1))
		require.NoError(t, c.Send(t.Context(), 2))
		for range 2 {
			_, err := c.Receive(t.Context())
			wantError(t, err, wire.RateLimited, true)
		}
	})
}

func TestEndOfTheConnection(t *testing.T) {
	addr := rawServer(t, func(_ context.Context, r *tcp.Request) {
		assert.NoError(t, r.Answer(wire.Frame{Type: wire.TypeData, Payload: []byte("1")}))
	})
	c := dial[int, int](t, "tcp", addr, easy.Config{})
	_, err := c.Call(t.Context(), 1)
	require.NoError(t, err)

	s, err := tcp.Listen(t.Context(), "127.0.0.1:0", tcp.Config{Handler: func(ctx context.Context, _ *tcp.Request) { <-ctx.Done() }})
	require.NoError(t, err)
	c = dial[int, int](t, "tcp", s.Addr().String(), easy.Config{})
	ended := make(chan error, 2)
	for range 2 {
		go func() {
			_, err := c.Call(t.Context(), 1)
			ended <- err
		}()
	}
	s.Close()
	for range 2 {
		assert.ErrorIs(t, <-ended, net.ErrClosed)
	}
	for range 2 {
		_, err = c.Receive(t.Context())
		wantError(t, err, wire.ConnectionClosed, false)
	}
	_, err = c.Call(t.Context(), 1)
	wantError(t, err, wire.ConnectionClosed, false)
}

func TestCloseEndsWhatIsUnderWay(t *testing.T) {
	for _, network := range networks {
		t.Run(network, func(t *testing.T) {
			begun := make(chan struct{})
			addr := serve(t, network, easy.Config{}, func(ctx context.Context, _ int) (int, error) {
				close(begun)
				<-ctx.Done()
				return 0, ctx.Err()
			})
			c := dial[int, int](t, network, addr, easy.Config{TCP: tcp.Config{CloseTimeout: time.Millisecond}})
			ended := make(chan error, 1)
			go func() {
				_, err := c.Call(t.Context(), 1)
				ended <- err
			}()
			<-begun
			require.NoError(t, c.Close())
			require.NoError(t, c.Close())
			assert.ErrorIs(t, <-ended, net.ErrClosed)
			_, err := c.Call(t.Context(), 1)
			assert.ErrorIs(t, err, net.ErrClosed)
			assert.ErrorIs(t, c.Send(t.Context(), 1), net.ErrClosed)
		})
	}
}

// A client whose server is not there fails with Timeout, and asks again when it is.
func TestServerThatComesLater(t *testing.T) {
	addr := freeAddr(t, "udp")
	c := dial[number, number](t, "udp", addr, easy.Config{Reliable: true, UDP: udp.Config{Retries: -1, AckTimeout: time.Millisecond}})
	_, err := c.Call(t.Context(), number{1})
	wantError(t, err, wire.Timeout, false)
	s, err := easy.Listen(t.Context(), "udp", addr, easy.Config{}, double)
	require.NoError(t, err)
	defer s.Close()
	c = dial[number, number](t, "udp", addr, easy.Config{Reliable: true})
	response, err := c.Call(t.Context(), number{1})
	require.NoError(t, err)
	assert.Equal(t, 2, response.N)
}
