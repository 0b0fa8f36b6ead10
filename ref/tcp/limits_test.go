package tcp_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/metrics"
	"github.com/vstp-project/vstp/ref/rate"
	"github.com/vstp-project/vstp/ref/tcp"
	"github.com/vstp-project/vstp/ref/wire"
)

// [SEC-3]
func TestConnectionLimitPerPeer(t *testing.T) {
	s := serve(t, tcp.Config{MaxConnsPerPeer: 2})
	exchange := func(c *client) {
		t.Helper()
		c.send(t, data(t, "x"))
		c.want(t, wire.TypeData, "x")
	}
	first, second := dial(t, s), dial(t, s)
	exchange(first)
	exchange(second)
	dial(t, s).wantEnd(t, true)
	exchange(first)
	first.Close()
	// The place becomes free once the server has noticed.
	for {
		c := dial(t, s)
		c.Write(data(t, "next"))
		if f, err := c.frames.ReadFrame(); err == nil {
			assert.Equal(t, "next", string(f.Payload))
			break
		}
	}
}

// limited serves in virtual time; all connections are of one peer.
func limited(t *testing.T, cfg tcp.Config) (connect func() *client) {
	t.Helper()
	cfg.Handler = echo
	listener := newPipes()
	s := tcp.Serve(t.Context(), listener, cfg)
	var open []net.Conn
	t.Cleanup(func() {
		for _, nc := range open {
			nc.Close()
		}
		s.Close()
	})
	return func() *client {
		nc := listener.dial()
		open = append(open, nc)
		return &client{nc, wire.NewReader(nc, wire.Limits{})}
	}
}

// [SEC-3]: frames beyond the rate are discarded aloud, on whichever connection they
// come, and the connection goes on.
func TestFrameRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		connect := limited(t, tcp.Config{PeerRate: rate.Limit{Frames: 4}})
		a, b := connect(), connect()
		for i := range 3 {
			a.send(t, data(t, fmt.Sprint(i)))
			a.want(t, wire.TypeData, fmt.Sprint(i))
		}
		b.send(t, encode(t, wire.TypePing, 0, "the fourth"))
		b.want(t, wire.TypePong, "the fourth")
		b.send(t, encode(t, wire.TypeHello, 0, ""))
		b.wantErr(t, "16")
		a.send(t, encode(t, wire.TypeData, wire.FlagReqAck, "too much", "msg-id", "7"))
		f, err := a.frames.ReadFrame()
		require.NoError(t, err)
		assert.Equal(t, wire.TypeErr, f.Type, "and no ACK")
		assert.Equal(t, "7", msgIDOf(t, f))

		time.Sleep(time.Second)
		a.send(t, data(t, "later"))
		a.want(t, wire.TypeData, "later")
		b.send(t, encode(t, wire.TypeHello, 0, ""))
		_, err = b.frames.ReadFrame()
		require.NoError(t, err)
	})
}

func TestOctetRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := limited(t, tcp.Config{PeerRate: rate.Limit{Octets: 1000}})()
		large := string(make([]byte, 3000))
		c.send(t, data(t, large))
		c.want(t, wire.TypeData, large)
		c.send(t, data(t, "x"))
		c.wantErr(t, "16")
		time.Sleep(3 * time.Second)
		c.send(t, data(t, "x"))
		c.want(t, wire.TypeData, "x")
	})
}

// A client that only wants to go is let go.
func TestByeBeyondTheRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := limited(t, tcp.Config{PeerRate: rate.Limit{Frames: 1}})()
		c.send(t, data(t, "x"))
		c.want(t, wire.TypeData, "x")
		c.send(t, encode(t, wire.TypeBye, 0, ""))
		c.wantEnd(t, true)
	})
}

// counts is a snapshot without zeros.
func counts(m *metrics.Metrics) map[string]uint64 {
	s := m.Snapshot()
	out := map[string]uint64{}
	for name, n := range s.FramesSent {
		out["sent "+name] = n
	}
	for name, n := range s.FramesReceived {
		out["received "+name] = n
	}
	out["crc errors"], out["reconnections"] = s.CRCErrors, s.Reconnections
	for name, n := range out {
		if n == 0 {
			delete(out, name)
		}
	}
	return out
}

func TestMetrics(t *testing.T) {
	var ours, theirs metrics.Metrics
	s := serve(t, tcp.Config{Metrics: &theirs})
	c, err := tcp.Dial(t.Context(), s.Addr().String(), tcp.Config{Metrics: &ours})
	require.NoError(t, err)
	require.NoError(t, c.SendReliable(t.Context(), dataFrame("x")))
	receive(t, c, "x")
	require.NoError(t, c.Ping(t.Context(), nil))
	require.NoError(t, c.Close())
	raw := dial(t, s)
	raw.send(t, corrupt(data(t, "x")))
	raw.wantErr(t, "6")
	require.NoError(t, s.Close())
	assert.Equal(t, map[string]uint64{
		"sent hello": 1, "sent data": 1, "sent ping": 1, "sent bye": 1,
		"received welcome": 1, "received ack": 1, "received data": 1, "received pong": 1,
	}, counts(&ours))
	assert.Equal(t, map[string]uint64{
		"received hello": 1, "received data": 1, "received ping": 1, "received bye": 1,
		"sent welcome": 1, "sent ack": 1, "sent data": 1, "sent pong": 1, "sent err": 1, "crc errors": 1,
	}, counts(&theirs))
}

// [OBS-3]: frames, also those that the application does not see, and waits for an ACK
// that have expired.
func TestLogOfFramesAndWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer // read after Close
		handler := slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})
		c, server := pair(t, tcp.Config{Log: slog.New(handler)})
		local(t, c.SendReliable(t.Context(), dataFrame("x")), wire.Timeout)
		server.want(t, wire.TypeData, "x")
		server.send(t, encode(t, wire.TypePing, 0, ""))
		server.want(t, wire.TypePong, "")
		require.NoError(t, server.Close())
		require.NoError(t, c.Close())
		assert.Contains(t, log.String(), "a message was not acknowledged")
		assert.Contains(t, log.String(), `msg="tcp: frame received" peer=192.0.2.1:4000 type=PING`)
	})
}

func TestMetricsOfReconnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m metrics.Metrics
		d := newDialed(t)
		r := tcp.NewRedial("server:1", tcp.RedialConfig{Config: tcp.Config{Metrics: &m}, Connect: d.connect})
		for n := range uint64(3) {
			server := d.next(t)
			synctest.Wait()
			assert.Equal(t, n, m.Snapshot().Reconnections)
			require.NoError(t, server.Close())
		}
		require.NoError(t, r.Close())
	})
}
