package tcp_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/compress"
	"github.com/vstp-project/vstp/ref/extension"
	"github.com/vstp-project/vstp/ref/metrics"
	"github.com/vstp-project/vstp/ref/tcp"
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
func TestServerExtensions(t *testing.T) {
	var m metrics.Metrics
	var log bytes.Buffer
	var refused []error
	s := serve(t, tcp.Config{
		Metrics: &m, Log: slog.New(slog.NewTextHandler(&log, nil)),
		Extensions: extensions(t, picky(" in"), picky(" out")),
		Handler: func(ctx context.Context, r *tcp.Request) {
			refused = append(refused, r.Answer(dataFrame("bad answer")))
			echo(ctx, r)
		},
	})
	c := dial(t, s)
	packed, err := compress.Compress(dataFrame(strings.Repeat("x", 2000)), compress.Config{})
	require.NoError(t, err)
	octets, err := packed.AppendBinary(nil)
	require.NoError(t, err)
	c.send(t, data(t, "one"), encode(t, wire.TypeData, wire.FlagReqAck, "bad", "msg-id", "5"), octets)
	answers := []string{"one in out", strings.Repeat("x", 2000) + " in out"}
	acked := false
	for len(answers) > 0 {
		f, err := c.frames.ReadFrame()
		require.NoError(t, err)
		if f.Type == wire.TypeAck {
			acked = true
			continue
		}
		require.Equal(t, answers[0], string(f.Payload))
		answers = answers[1:]
	}
	assert.True(t, acked, "it has arrived, whatever becomes of it")
	c.send(t, encode(t, wire.TypePing, 0, "bad"), encode(t, wire.TypeBye, 0, ""))
	c.want(t, wire.TypePong, "bad") // is none of the application's
	c.wantEnd(t, false)
	require.NoError(t, s.Close())

	snapshot := m.Snapshot()
	assert.EqualValues(t, 1, snapshot.ReceiveDrops)
	assert.EqualValues(t, 2, snapshot.SendDrops)
	require.Len(t, refused, 2)
	for _, err := range refused {
		require.ErrorAs(t, err, new(*extension.DropError))
		require.ErrorIs(t, err, errBad)
	}
	assert.Contains(t, log.String(), `level=WARN msg="tcp: extension \"receive\" has dropped a frame of type DATA: bad word"`)
	assert.Contains(t, log.String(), `level=WARN msg="tcp: extension \"send\" has dropped a frame of type DATA: bad word"`)
}

// [EXT-1] [EXT-4]
func TestConnExtensions(t *testing.T) {
	s := serve(t, tcp.Config{Handler: func(ctx context.Context, r *tcp.Request) {
		r.Answer(dataFrame("bad"))
		echo(ctx, r)
	}})
	ctx, cancel := context.WithTimeout(t.Context(), guard)
	defer cancel()
	var m metrics.Metrics
	c, err := tcp.Dial(ctx, s.Addr().String(), tcp.Config{Metrics: &m, Extensions: extensions(t, picky(" in"), picky(" out"))})
	require.NoError(t, err)
	defer c.Close()
	for _, send := range []func(context.Context, wire.Frame) error{c.Send, c.SendReliable} {
		require.NoError(t, send(ctx, dataFrame("x")))
		err := send(ctx, dataFrame("bad"))
		require.ErrorAs(t, err, new(*extension.DropError))
		require.ErrorIs(t, err, errBad)
	}
	require.NoError(t, c.Ping(ctx, []byte("bad")))
	receive(t, c, "x out in")
	receive(t, c, "x out in")
	snapshot := m.Snapshot()
	assert.EqualValues(t, 2, snapshot.ReceiveDrops)
	assert.EqualValues(t, 2, snapshot.SendDrops)
}

// What is received is not lost because the caller has no more time.
func TestReceiveExtensionIsNotCancelled(t *testing.T) {
	s := serve(t, tcp.Config{})
	ctx, cancel := context.WithTimeout(t.Context(), guard)
	defer cancel()
	asked, stop := context.WithCancel(ctx)
	c, err := tcp.Dial(ctx, s.Addr().String(), tcp.Config{Extensions: extensions(t,
		extension.ForType(wire.TypeData, func(ctx context.Context, f wire.Frame) (wire.Frame, error) {
			stop()
			return f, ctx.Err()
		}), picky(""))})
	require.NoError(t, err)
	defer c.Close()
	require.NoError(t, c.Send(ctx, dataFrame("x")))
	f, err := c.Receive(asked)
	require.NoError(t, err)
	assert.Equal(t, "x", string(f.Payload))
}

// [TYP-5] [TYP-3]: a type of one's own goes both ways, where both know it.
func TestMessageTypes(t *testing.T) {
	const note, other wire.Type = 0x20, 0x21
	s := serve(t, tcp.Config{
		MessageTypes: []wire.Type{note}, Limits: wire.Limits{Types: wire.NewTypeSet(other)},
		Handler: func(_ context.Context, r *tcp.Request) {
			r.Answer(wire.Frame{Type: r.Message.Type, Headers: r.Message.Headers, Payload: append([]byte("re: "), r.Message.Payload...)})
		},
	})
	ctx, cancel := context.WithTimeout(t.Context(), guard)
	defer cancel()
	cfg := tcp.Config{MessageTypes: []wire.Type{note, 0x09, wire.TypePing}, Limits: wire.Limits{Types: wire.NewTypeSet(other)}}
	c, err := tcp.Dial(ctx, s.Addr().String(), cfg)
	require.NoError(t, err)
	defer c.Close()
	require.NoError(t, c.Send(ctx, wire.Frame{Type: other, Payload: []byte("known, and nobody's")}))
	require.NoError(t, c.Send(ctx, wire.Frame{Type: note, Payload: []byte("milk")}))
	f, err := c.Receive(ctx)
	require.NoError(t, err)
	assert.Equal(t, note, f.Type)
	assert.Equal(t, "re: milk", string(f.Payload))
	local(t, c.Send(ctx, wire.Frame{Type: 0x22}), wire.InvalidFrameType)
	local(t, c.Send(ctx, wire.Frame{Type: 0x09}), wire.InvalidFrameType)
	local(t, c.Send(ctx, wire.Frame{Type: wire.TypePing}), wire.UnexpectedFrameType)
	local(t, c.SendReliable(ctx, wire.Frame{Type: note}), wire.Unsupported)

	stranger := dial(t, serve(t, tcp.Config{}))
	stranger.send(t, encode(t, note, 0, "milk"), data(t, "goes on"))
	stranger.wantErr(t, "4") // [TYP-4]
	stranger.want(t, wire.TypeData, "goes on")
}
