package easy_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/netem"
	"github.com/vstp-project/vstp/netem/memnet"
	"github.com/vstp-project/vstp/ref/compress"
	"github.com/vstp-project/vstp/ref/easy"
	"github.com/vstp-project/vstp/ref/session"
	"github.com/vstp-project/vstp/ref/tcp"
	"github.com/vstp-project/vstp/ref/udp"
	"github.com/vstp-project/vstp/ref/wire"
)

// exchangeRaw sends one payload as it is and returns what comes back.
func exchangeRaw(t *testing.T, network, addr string, payload string) (wire.Frame, error) {
	t.Helper()
	f := wire.Frame{Type: wire.TypeData, Payload: []byte(payload)}
	if network == "udp" {
		conn, err := udp.Dial(t.Context(), addr, udp.Config{})
		require.NoError(t, err)
		defer conn.Close()
		require.NoError(t, conn.SendReliable(t.Context(), netip.AddrPort{}, f), "what is complete and valid is acknowledged")
		m, err := conn.Receive(t.Context())
		return m.Frame, err
	}
	conn, err := tcp.Dial(t.Context(), addr, tcp.Config{})
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.Send(t.Context(), f))
	return conn.Receive(t.Context())
}

// [EASY-1] [EASY-2] [EASY-3]
func TestResponseIsLabelledJSON(t *testing.T) {
	for _, network := range networks {
		t.Run(network, func(t *testing.T) {
			addr := serve(t, network, easy.Config{}, func(_ context.Context, q json.RawMessage) (json.RawMessage, error) { return q, nil })
			for request, want := range map[string]string{
				`42`: `42`, `null`: `null`, `"<&>"`: `"<&>"`, ` [ 1, 2 ] `: `[1,2]`, `{"n":1e400}`: `{"n":1e400}`, `"ä𝄞"`: `"ä𝄞"`, `"\ud800"`: `"\ud800"`,
			} {
				f, err := exchangeRaw(t, network, addr, request)
				require.NoError(t, err, request)
				assert.Equal(t, want, string(f.Payload))
				value, _ := f.Headers.Get("content-type")
				assert.Equal(t, "application/json", string(value))
				assert.Equal(t, 1, f.Headers.Len())
			}
		})
	}
}

// [EASY-4]
func TestUnreadableRequestIsAnsweredAndServingGoesOn(t *testing.T) {
	for _, network := range networks {
		t.Run(network, func(t *testing.T) {
			addr := serve(t, network, easy.Config{}, double)
			for _, payload := range []string{"", "nope", `{"n":"text"}`, `{"n":1} 2`, "\ufeff{}", "{\"n\":1,\"x\":\"\xff\"}", `[1]`} {
				_, err := exchangeRaw(t, network, addr, payload)
				wantError(t, err, wire.DeserializationError, true)
			}
			f, err := exchangeRaw(t, network, addr, `{"n":21}`)
			require.NoError(t, err)
			assert.Equal(t, `{"n":42}`, string(f.Payload))
		})
	}
}

// [EASY-5]
func TestFailingHandlerIsAnswered(t *testing.T) {
	handler := func(_ context.Context, q string) (any, error) {
		switch q {
		case "error":
			return nil, errors.New("the database says: secret")
		case "failure":
			return nil, fmt.Errorf("while asleep: %w", easy.Failure("try again tomorrow"))
		case "long failure":
			return nil, easy.Failure(strings.Repeat("sorry ", 1000))
		case "panic":
			panic("at the disco")
		case "no JSON":
			return make(chan int), nil
		case "no UTF-8":
			return json.RawMessage("\"\xff\""), nil
		case "foreign":
			return nil, &session.LocalError{Reason: wire.DeserializationError, Detail: "of someone else"}
		}
		return q, nil
	}
	for _, network := range networks {
		t.Run(network, func(t *testing.T) {
			c := dial[string, any](t, network, serve(t, network, easy.Config{}, handler), easy.Config{})
			for request, text := range map[string]string{
				"error": "the request could not be served", "failure": "try again tomorrow",
				"long failure": "the message could not be worked on", "panic": "the request could not be served",
				"no JSON": "the request could not be served", "no UTF-8": "the request could not be served",
				"foreign": "the request could not be served",
			} {
				_, err := c.Call(t.Context(), request)
				wantError(t, err, wire.ServerError, true)
				var peer *session.PeerError
				require.ErrorAs(t, err, &peer)
				if network == "tcp" { // over UDP a text goes with what there is room for
					assert.Equal(t, text, peer.Text, request)
				}
				response, err := c.Call(t.Context(), "well")
				require.NoError(t, err)
				assert.Equal(t, "well", response)
			}
		})
	}
}

// A response that is too long for the transport draws an answer all the same.
func TestResponseThatCannotBeSent(t *testing.T) {
	handler := func(_ context.Context, octets int) (string, error) { return strings.Repeat("x", octets), nil }
	for network, most := range map[string]int{"tcp": wire.DefaultMaxFrame - 47, "udp": 270_000} {
		t.Run(network, func(t *testing.T) {
			c := dial[int, string](t, network, serve(t, network, easy.Config{}, handler), easy.Config{})
			response, err := c.Call(t.Context(), most)
			require.NoError(t, err)
			assert.Len(t, response, most)
			_, err = c.Call(t.Context(), wire.DefaultMaxFrame)
			wantError(t, err, wire.ServerError, true)
		})
	}
}

// A response that nobody has acknowledged may have arrived: no ERR follows that would
// be taken for the answer to something else.
func TestUnacknowledgedResponseIsNotFollowedByAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New(link(t, netem.Profile{}), memnet.Options{})
		s, err := udp.Serve(t.Context(), n.Server(), udp.Config{Handler: easy.UDPHandler(easy.Config{Reliable: true}, double)})
		require.NoError(t, err)
		defer s.Close()
		client := n.Client()
		defer client.Close()
		request, err := wire.Frame{Type: wire.TypeData, Payload: []byte(`{"n":1}`)}.AppendBinary(nil)
		require.NoError(t, err)
		_, err = client.WriteTo(request, n.Server().LocalAddr())
		require.NoError(t, err)
		require.NoError(t, client.SetReadDeadline(time.Now().Add(time.Minute)))
		b, came := make([]byte, 1500), 0
		for {
			octets, _, err := client.ReadFrom(b)
			if err != nil {
				require.ErrorIs(t, err, os.ErrDeadlineExceeded)
				break
			}
			f, _, err := wire.Parse(b[:octets], wire.Limits{})
			require.NoError(t, err)
			assert.Equal(t, wire.TypeData, f.Type)
			came++
		}
		assert.Equal(t, 4, came, "the response, and three times again")
	})
}

// [EASY-7], and over TCP between connections.
func TestSlowHandlerHoldsUpNobodyElse(t *testing.T) {
	for _, network := range networks {
		t.Run(network, func(t *testing.T) {
			release := make(chan struct{})
			addr := serve(t, network, easy.Config{}, func(ctx context.Context, slow bool) (bool, error) {
				if slow {
					<-release
				}
				return slow, nil
			})
			slow := dial[bool, bool](t, network, addr, easy.Config{})
			require.NoError(t, slow.Send(t.Context(), true))
			for range 3 {
				quick := dial[bool, bool](t, network, addr, easy.Config{})
				response, err := quick.Call(t.Context(), false)
				require.NoError(t, err)
				assert.False(t, response)
			}
			close(release)
			response, err := slow.Receive(t.Context())
			require.NoError(t, err)
			assert.True(t, response)
		})
	}
}

func TestHandlerContext(t *testing.T) {
	for _, network := range networks {
		t.Run(network, func(t *testing.T) {
			peers := make(chan netip.AddrPort, 1)
			addr := serve(t, network, easy.Config{Timeout: time.Millisecond}, func(ctx context.Context, _ int) (int, error) {
				peer, ok := easy.PeerOf(ctx)
				assert.True(t, ok)
				peers <- peer
				<-ctx.Done()
				return 0, ctx.Err()
			})
			c := dial[int, int](t, network, addr, easy.Config{})
			_, err := c.Call(t.Context(), 1)
			wantError(t, err, wire.ServerError, true)
			_, port, err := net.SplitHostPort(c.LocalAddr().String())
			require.NoError(t, err)
			assert.Equal(t, "127.0.0.1:"+port, (<-peers).String())
		})
	}
	_, ok := easy.PeerOf(t.Context())
	assert.False(t, ok)
}

func TestCloseEndsHandlers(t *testing.T) {
	for _, network := range networks {
		t.Run(network, func(t *testing.T) {
			begun := make(chan struct{})
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			addr := freeAddr(t, network)
			go func() {
				ended <- easy.Serve(ctx, network, addr, easy.Config{}, func(ctx context.Context, _ int) (int, error) {
					close(begun)
					<-ctx.Done()
					return 0, ctx.Err()
				})
			}()
			c := dialUntil[int, int](t, network, addr)
			go c.Call(t.Context(), 1)
			<-begun
			cancel()
			require.NoError(t, <-ended)
			c.Close()
		})
	}
}

// freeAddr returns an address that was free a moment ago.
func freeAddr(t *testing.T, network string) string {
	t.Helper()
	s, err := easy.Listen(t.Context(), network, "127.0.0.1:0", easy.Config{}, double)
	require.NoError(t, err)
	defer s.Close()
	return s.Addr().String()
}

// dialUntil dials a server that is being started, until it can be reached.
func dialUntil[Req, Resp any](t *testing.T, network, addr string) *easy.Client[Req, Resp] {
	t.Helper()
	for {
		c, err := easy.Dial[Req, Resp](t.Context(), network, addr, easy.Config{Reliable: true})
		if err == nil {
			return c
		}
		require.NoError(t, t.Context().Err())
	}
}

func TestWrongSettings(t *testing.T) {
	for name, c := range map[string]struct {
		network string
		cfg     easy.Config
		want    wire.Reason
	}{
		"network":     {"unix", easy.Config{}, wire.InvalidAddress},
		"no network":  {"", easy.Config{}, wire.InvalidAddress},
		"compression": {"tcp", easy.Config{Compress: true, TCP: tcp.Config{Compression: compress.Config{Off: true}}}, wire.Unsupported},
		"and UDP":     {"udp", easy.Config{Compress: true, UDP: udp.Config{Compression: compress.Config{Off: true}}}, wire.Unsupported},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := easy.Listen(t.Context(), c.network, "127.0.0.1:0", c.cfg, double)
			wantError(t, err, c.want, false)
			_, err = easy.Dial[int, int](t.Context(), c.network, "127.0.0.1:1", c.cfg)
			wantError(t, err, c.want, false)
			_, err = easy.NewPool[int, int](c.network, "127.0.0.1:1", c.cfg, 1)
			wantError(t, err, c.want, false)
			assert.Error(t, easy.Serve(t.Context(), c.network, "127.0.0.1:0", c.cfg, double))
		})
	}
	for _, network := range networks {
		_, err := easy.Listen(t.Context(), network, "127.0.0.1:no", easy.Config{}, double)
		assert.Error(t, err)
		_, err = easy.Dial[int, int](t.Context(), network, "127.0.0.1:no", easy.Config{})
		assert.Error(t, err)
	}
}

func TestCompression(t *testing.T) {
	for _, network := range networks {
		t.Run(network, func(t *testing.T) {
			cfg := easy.Config{Compress: true}
			handler := func(_ context.Context, q string) (string, error) { return q + q, nil }
			c := dial[string, string](t, network, serve(t, network, cfg, handler), cfg)
			// Neither of the two could be sent over UDP if it were not compressed.
			request := strings.Repeat("again and ", 50_000)
			response, err := c.Call(t.Context(), request)
			require.NoError(t, err)
			assert.Equal(t, request+request, response)
		})
	}
}

// Many clients at a time, each with its own requests, some of which fail.
func TestManyClients(t *testing.T) {
	for _, network := range networks {
		t.Run(network, func(t *testing.T) {
			addr := serve(t, network, easy.Config{}, func(_ context.Context, q number) (number, error) {
				if q.N%7 == 3 {
					return number{}, errors.New("no")
				}
				return number{2 * q.N}, nil
			})
			var all sync.WaitGroup
			for i := range 20 {
				all.Go(func() {
					c, err := easy.Dial[number, number](t.Context(), network, addr, easy.Config{Reliable: true})
					if !assert.NoError(t, err) {
						return
					}
					defer c.Close()
					for j := range 20 {
						n := 100*i + j
						response, err := c.Call(t.Context(), number{n})
						if n%7 == 3 {
							assert.ErrorIs(t, err, wire.ServerError)
						} else if assert.NoError(t, err) {
							assert.Equal(t, 2*n, response.N)
						}
					}
				})
			}
			all.Wait()
		})
	}
}
