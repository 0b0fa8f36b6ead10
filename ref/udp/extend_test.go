package udp_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/extension"
	"github.com/vstp-project/vstp/ref/metrics"
	"github.com/vstp-project/vstp/ref/udp"
	"github.com/vstp-project/vstp/ref/wire"
)

var errBad = errors.New("bad word")

// picky is an extension that fails for messages with "bad" in them and adds a text to
// the others.
func picky(text string) extension.Handler {
	return extension.ForType(wire.TypeData, func(_ context.Context, f wire.Frame) (wire.Frame, error) {
		if bytes.Contains(f.Payload, []byte("bad")) {
			return f, errBad
		}
		f.Payload = append(bytes.Clone(f.Payload), text...)
		return f, nil
	})
}

func extensions(t *testing.T, receive, send extension.Handler) *extension.Set {
	t.Helper()
	var set extension.Set
	require.NoError(t, set.Receive.Register("receive", receive))
	require.NoError(t, set.Send.Register("send", send))
	return &set
}

// "An endpoint MUST take inbound frames through decoding, reassembly, decompression,
// extensions and the application's handler in that order." [EXT-1]
//
// "An error from an extension MUST lead to the frame being dropped, while the
// connection and the receive loop carry on." [EXT-4]
func TestExtensions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m, clientMetrics metrics.Metrics
		var log bytes.Buffer
		refused := make(chan error, 10)
		w := newWired(t, exact(), udp.Config{
			Metrics: &clientMetrics, Extensions: extensions(t, picky(" 4"), picky(" 1")),
		}, udp.Config{
			Metrics: &m, Log: slog.New(slog.NewTextHandler(&log, nil)), Extensions: extensions(t, picky(" 2"), picky(" 3")),
			Handler: func(ctx context.Context, r *udp.Request) {
				refused <- r.Answer(dataFrame("bad answer"))
				refused <- r.AnswerReliable(ctx, dataFrame("bad answer"))
				echo(ctx, r)
			},
		})
		long := strings.Repeat("x", 5000)
		for _, f := range []wire.Frame{
			dataFrame("x"), dataFrame(long), {Type: wire.TypeData, Flags: wire.FlagComp, Payload: []byte(long)},
		} {
			require.NoError(t, w.conn.SendReliable(t.Context(), w.at, f))
			m, err := w.conn.Receive(t.Context())
			require.NoError(t, err)
			require.Equal(t, string(f.Payload)+" 1 2 3 4", string(m.Frame.Payload))
			for range 2 {
				err := <-refused
				require.ErrorAs(t, err, new(*extension.DropError))
				require.ErrorIs(t, err, errBad)
			}
		}
		for _, send := range []func(context.Context, netip.AddrPort, wire.Frame) error{w.conn.Send, w.conn.SendReliable} {
			err := send(t.Context(), w.at, dataFrame("bad"))
			require.ErrorAs(t, err, new(*extension.DropError))
		}
		assert.EqualValues(t, 2, clientMetrics.Snapshot().SendDrops)
		assert.EqualValues(t, 6, m.Snapshot().SendDrops)
		assert.Zero(t, m.Snapshot().ReceiveDrops)
		assert.Contains(t, log.String(), `level=WARN msg="udp: extension \"send\" has dropped a frame of type DATA: bad word"`)
	})
}

// What an extension drops is no fault of its sender's: it is acknowledged, and what comes
// after is received.
func TestReceiveExtensionDrops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m metrics.Metrics
		w := newWired(t, exact(), udp.Config{}, udp.Config{
			Metrics: &m, Extensions: extensions(t, picky(""), picky("")), Handler: echo,
		})
		require.NoError(t, w.conn.SendReliable(t.Context(), w.at, dataFrame("bad")))
		require.NoError(t, w.conn.SendReliable(t.Context(), w.at, dataFrame("good")))
		got, err := w.conn.Receive(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "good", string(got.Frame.Payload))
		assert.EqualValues(t, 1, m.Snapshot().ReceiveDrops)

		n := newNetwork()
		conn, node := n.conn(t, 1, udp.Config{Metrics: &m, Extensions: extensions(t, picky(""), picky(""))})
		defer conn.Close()
		peer := n.node(2, 4000)
		peer.send(t, node.addr, encode(t, wire.TypeData, 0, "bad"))
		peer.send(t, node.addr, encode(t, wire.TypeData, 0, "good"))
		got, err = conn.Receive(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "good", string(got.Frame.Payload))
		assert.EqualValues(t, 2, m.Snapshot().ReceiveDrops)
	})
}

// [TYP-5] [TYP-3]: a type of one's own goes both ways, where both know it.
func TestMessageTypes(t *testing.T) {
	const note wire.Type = 0x20
	synctest.Test(t, func(t *testing.T) {
		cfg := udp.Config{MessageTypes: []wire.Type{note}, Handler: func(ctx context.Context, r *udp.Request) {
			r.Answer(r.Message)
			assert.ErrorIs(t, r.AnswerReliable(ctx, r.Message), wire.Unsupported)
		}}
		w := newWired(t, exact(), cfg, cfg)
		require.NoError(t, w.conn.Send(t.Context(), w.at, wire.Frame{Type: note, Payload: []byte("milk")}))
		m, err := w.conn.Receive(t.Context())
		require.NoError(t, err)
		assert.Equal(t, `TYPE(0x20) "milk" (19 octets)`, m.Frame.String())
		local(t, w.conn.SendReliable(t.Context(), w.at, wire.Frame{Type: note}), wire.Unsupported)
		local(t, w.conn.Send(t.Context(), w.at, wire.Frame{Type: note, Payload: make([]byte, 2000)}), wire.FrameTooLarge)
		local(t, w.conn.Send(t.Context(), w.at, wire.Frame{Type: 0x21}), wire.InvalidFrameType)

		ignorant := newWired(t, exact(), cfg, udp.Config{Handler: echo})
		require.NoError(t, ignorant.conn.Send(t.Context(), ignorant.at, wire.Frame{Type: note}))
		synctest.Wait()
		time.Sleep(time.Minute)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err = ignorant.conn.Receive(ctx)
		require.ErrorIs(t, err, context.Canceled)
	})
}

// The extensions of a server over UDP: what is received is logged, what is sent is
// compressed.
func ExampleConfig_extensions() {
	var logged bytes.Buffer
	log := slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		},
	}))
	var set extension.Set
	if err := errors.Join(
		set.Receive.Register("logging", extension.Logging{Log: log, Message: "received"}),
		set.Send.Register("compression", extension.Compression{}),
	); err != nil {
		fmt.Println(err)
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	server, err := udp.Listen(ctx, "127.0.0.1:0", udp.Config{
		Extensions: &set,
		Handler: func(_ context.Context, r *udp.Request) {
			r.Answer(wire.Frame{Type: wire.TypeData, Payload: bytes.Repeat(r.Message.Payload, 100)})
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	conn, err := udp.Dial(ctx, server.Addr().String(), udp.Config{FirstMsgID: 7})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer conn.Close()
	question := wire.Frame{Type: wire.TypeData, Payload: []byte("All work and no play. ")}
	if err := conn.SendReliable(ctx, netip.AddrPort{}, question); err != nil {
		fmt.Println(err)
		return
	}
	m, err := conn.Receive(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	server.Close() // and the handlers have ended
	fmt.Print(logged.String())
	fmt.Println(len(m.Frame.Payload), "octets")
	// Output:
	// level=INFO msg=received type=DATA flags=REQ_ACK headers=1 payload=22 octets=46
	// 2200 octets
}
