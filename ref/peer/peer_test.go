package peer_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"math"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/peer"
	"github.com/vstp-project/vstp/ref/udp"
	"github.com/vstp-project/vstp/ref/wire"
)

// guard is how long a test waits for what must come. It only keeps a broken peer
// from hanging the test.
const guard = 20 * time.Second

// running is a peer at work.
type running struct {
	tcp, udp       string
	tls, tlsVerify string
	easy           map[string]string // by network
	metrics        string
	ready          string // the line itself
	stdin          *io.PipeWriter
	ended          chan error // what Run has returned
}

// run starts a peer and waits until it is ready.
func run(t *testing.T, ctx context.Context, o peer.Options) *running {
	t.Helper()
	in, stdin := io.Pipe()
	stdout, out := io.Pipe()
	r := &running{stdin: stdin, ended: make(chan error, 1)}
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		r.ended <- peer.Run(ctx, o, in, out)
		out.Close()
	}()
	t.Cleanup(func() {
		stdin.Close()
		<-finished
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	require.NoError(t, err)
	r.ready = line
	var ready struct {
		Ready         bool
		TCP, UDP, TLS string
		TLSVerify     string `json:"tls-verify"`
		EasyTCP       string `json:"easy-tcp"`
		EasyUDP       string `json:"easy-udp"`
		Metrics       string
	}
	require.NoError(t, json.Unmarshal([]byte(line), &ready))
	require.True(t, ready.Ready)
	r.tcp, r.udp, r.tls, r.tlsVerify = ready.TCP, ready.UDP, ready.TLS, ready.TLSVerify
	r.easy = map[string]string{"tcp": ready.EasyTCP, "udp": ready.EasyUDP}
	r.metrics = ready.Metrics
	return r
}

func both() peer.Options { return peer.Options{TCP: "127.0.0.1:0", UDP: "127.0.0.1:0"} }

// dial opens a connection, or a socket, and a reader for its frames. A datagram is
// read at once, so that the same reader serves both.
func dial(t *testing.T, network, addr string) (net.Conn, *wire.Reader) {
	t.Helper()
	c, err := net.DialTimeout(network, addr, guard)
	require.NoError(t, err)
	t.Cleanup(func() { c.Close() })
	require.NoError(t, c.SetDeadline(time.Now().Add(guard)))
	return c, wire.NewReader(bufio.NewReaderSize(c, 65_536), wire.Limits{})
}

// send sends a frame. Headers are "key=value".
func send(t *testing.T, w io.Writer, typ wire.Type, payload string, headers ...string) {
	t.Helper()
	b := wire.NewBuilder(typ).Payload([]byte(payload))
	for _, h := range headers {
		key, value, _ := strings.Cut(h, "=")
		b.Text(key, value)
	}
	f, err := b.Build()
	require.NoError(t, err)
	require.NoError(t, wire.NewWriter(w, wire.Limits{}).WriteFrame(f))
}

func want(t *testing.T, r *wire.Reader, typ wire.Type, payload string) {
	t.Helper()
	f, err := r.ReadFrame()
	require.NoError(t, err, "waiting for %v %q", typ, payload)
	require.Equal(t, typ, f.Type)
	require.Equal(t, payload, string(f.Payload))
}

func TestReadyLine(t *testing.T) {
	r := run(t, t.Context(), both())
	assert.Equal(t, `{"ready":true,"tcp":"`+r.tcp+`","udp":"`+r.udp+`"}`+"\n", r.ready)
	r = run(t, t.Context(), peer.Options{TCP: "127.0.0.1:0"})
	assert.Equal(t, `{"ready":true,"tcp":"`+r.tcp+`"}`+"\n", r.ready)
	r = run(t, t.Context(), peer.Options{UDP: "127.0.0.1:0"})
	assert.Equal(t, `{"ready":true,"udp":"`+r.udp+`"}`+"\n", r.ready)
	r = run(t, t.Context(), peer.Options{EasyTCP: "127.0.0.1:0"})
	assert.Equal(t, `{"ready":true,"easy-tcp":"`+r.easy["tcp"]+`"}`+"\n", r.ready)
	r = run(t, t.Context(), peer.Options{EasyUDP: "127.0.0.1:0"})
	assert.Equal(t, `{"ready":true,"easy-udp":"`+r.easy["udp"]+`"}`+"\n", r.ready)
}

func TestEchoOverBothTransports(t *testing.T) {
	p := run(t, t.Context(), both())
	for network, addr := range map[string]string{"tcp": p.tcp, "udp": p.udp} {
		t.Run(network, func(t *testing.T) {
			c, frames := dial(t, network, addr)
			send(t, c, wire.TypeData, "x", "b=2", "msg-id=5", "a=1")
			f, err := frames.ReadFrame()
			require.NoError(t, err)
			assert.Equal(t, wire.TypeData, f.Type)
			assert.Zero(t, f.Flags)
			assert.Equal(t, "x", string(f.Payload))
			assert.Equal(t, "\x01\x01b2\x01\x01a1", string(f.Headers.Bytes()))

			send(t, c, wire.TypeData, "x", "x-reply-size=4")
			want(t, frames, wire.TypeData, "xxxx")

			// An answer too large is dropped and nothing else happens.
			send(t, c, wire.TypeData, "x", "x-reply-size=8388608")
			send(t, c, wire.TypeData, "next")
			want(t, frames, wire.TypeData, "next")

			send(t, c, wire.TypePing, "p")
			want(t, frames, wire.TypePong, "p")
		})
	}
}

// An answer put off holds up later answers on its connection, and nothing else.
func TestDelay(t *testing.T) {
	p := run(t, t.Context(), both())
	c, frames := dial(t, "tcp", p.tcp)
	send(t, c, wire.TypeData, "late", "x-delay-ms=50")
	send(t, c, wire.TypeData, "behind it")
	want(t, frames, wire.TypeData, "late")
	want(t, frames, wire.TypeData, "behind it")

	// Ten minutes, which nobody awaits: neither others, nor the end.
	send(t, c, wire.TypeData, "never", "x-delay-ms=600000")
	send(t, c, wire.TypePing, "p")
	want(t, frames, wire.TypePong, "p")
	other, otherFrames := dial(t, "tcp", p.tcp)
	send(t, other, wire.TypeData, "other")
	want(t, otherFrames, wire.TypeData, "other")

	u, datagrams := dial(t, "udp", p.udp)
	send(t, u, wire.TypeData, "never", "x-delay-ms=600000")
	send(t, u, wire.TypeData, "late", "x-delay-ms=50")
	want(t, datagrams, wire.TypeData, "late")

	require.NoError(t, p.stdin.Close())
	require.NoError(t, <-p.ended)
}

// Asking for a large answer over UDP costs the peer nothing, however often: it is
// not made only to be refused, and one that is sent is cut as it goes.
func TestLargeRepliesOverUDPCostNothing(t *testing.T) {
	p := run(t, t.Context(), both())
	u, datagrams := dial(t, "udp", p.udp)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 200 {
		send(t, u, wire.TypeData, "", "x-reply-size=8000000")
	}
	for range 50 {
		send(t, u, wire.TypeData, "", "x-reply-size=280000", "x-delay-ms=600000")
	}
	send(t, u, wire.TypeData, "sentinel")
	want(t, datagrams, wire.TypeData, "sentinel")
	require.NoError(t, p.stdin.Close())
	require.NoError(t, <-p.ended, "with all its handlers")
	runtime.ReadMemStats(&after)
	assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(100<<20), "1.6 GB if they were made")
}

// [FRG-1] [RAS-3]: messages too long for a datagram, in both directions.
func TestLongMessagesOverUDP(t *testing.T) {
	p := run(t, t.Context(), both())
	ctx, cancel := context.WithTimeout(t.Context(), guard)
	defer cancel()
	conn, err := udp.Dial(ctx, p.udp, udp.Config{})
	require.NoError(t, err)
	defer conn.Close()
	for _, c := range []struct {
		payload string
		header  string
		want    string
	}{
		{strings.Repeat("long ", 2_000), "a=1", strings.Repeat("long ", 2_000)},
		{"", "x-reply-size=100000", strings.Repeat("x", 100_000)},
		{strings.Repeat("long ", 2_000), "x-reply-size=3", "xxx"},
	} {
		key, value, _ := strings.Cut(c.header, "=")
		f, err := wire.NewBuilder(wire.TypeData).Text(key, value).Payload([]byte(c.payload)).Build()
		require.NoError(t, err)
		require.NoError(t, conn.SendReliable(ctx, conn.Peer(), f))
		m, err := conn.Receive(ctx)
		require.NoError(t, err)
		assert.Equal(t, c.want, string(m.Frame.Payload))
		echoed, _ := m.Frame.Headers.Get(key)
		assert.Equal(t, value, string(echoed))
	}
}

// [OBS-2]: a copy is a copy for 30 s, here 30 ms.
func TestTimeScaleOverUDP(t *testing.T) {
	o := both()
	o.TimeScale = 0.001
	p := run(t, t.Context(), o)
	u, datagrams := dial(t, "udp", p.udp)
	for echoes := 0; echoes < 2; {
		send(t, u, wire.TypeData, "x", "msg-id=5")
		send(t, u, wire.TypePing, "")
		for pong := false; !pong; {
			f, err := datagrams.ReadFrame()
			require.NoError(t, err)
			switch f.Type {
			case wire.TypeData:
				echoes++
			case wire.TypePong:
				pong = true
			}
		}
	}
}

func TestEndOfStdinEndsIt(t *testing.T) {
	p := run(t, t.Context(), both())
	c, frames := dial(t, "tcp", p.tcp)
	send(t, c, wire.TypeHello, "")
	want(t, frames, wire.TypeWelcome, "")
	require.NoError(t, p.stdin.Close())
	require.NoError(t, <-p.ended)
	_, err := net.Dial("tcp", p.tcp)
	assert.Error(t, err)
}

func TestContextEndsIt(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	p := run(t, ctx, both())
	cancel()
	require.NoError(t, <-p.ended)
}

// [TCP-18] [OBS-2]
func TestTimeScale(t *testing.T) {
	o := both()
	o.TimeScale = 0.001
	p := run(t, t.Context(), o)
	c, frames := dial(t, "tcp", p.tcp)
	_, err := c.Write([]byte("VT\x01\x03"))
	require.NoError(t, err)
	f, err := frames.ReadFrame()
	require.NoError(t, err)
	code, _ := f.Headers.Get(wire.KeyErrCode)
	assert.Equal(t, "9", string(code))
	_, err = frames.ReadFrame()
	assert.ErrorIs(t, err, io.EOF)
}

func TestLogMentionsDroppedAnswers(t *testing.T) {
	var log bytes.Buffer // read after Run has returned
	o := peer.Options{TCP: "127.0.0.1:0", Log: slog.New(slog.NewTextHandler(&log, nil))}
	p := run(t, t.Context(), o)
	c, frames := dial(t, "tcp", p.tcp)
	send(t, c, wire.TypeData, "x", "x-reply-size=8388608")
	send(t, c, wire.TypeData, "sentinel")
	want(t, frames, wire.TypeData, "sentinel")
	require.NoError(t, p.stdin.Close())
	require.NoError(t, <-p.ended)
	assert.Contains(t, log.String(), "FrameTooLarge")
}

func TestOptionsRefused(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	for name, o := range map[string]peer.Options{
		"no address":     {},
		"negative scale": {TCP: "127.0.0.1:0", TimeScale: -0.1},
		"large scale":    {TCP: "127.0.0.1:0", TimeScale: 1.1},
		"no number":      {TCP: "127.0.0.1:0", TimeScale: math.NaN()},
		"taken":          {TCP: taken.Addr().String()},
		"no udp address": {TCP: "127.0.0.1:0", UDP: "127.0.0.1:none"},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			require.Error(t, peer.Run(t.Context(), o, strings.NewReader(""), &out))
			assert.Empty(t, out.String())
		})
	}
}

func TestStdoutFailureEndsIt(t *testing.T) {
	broken := errors.New("broken")
	err := peer.Run(t.Context(), both(), strings.NewReader(""), writerFunc(func([]byte) (int, error) { return 0, broken }))
	assert.ErrorIs(t, err, broken)
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }
