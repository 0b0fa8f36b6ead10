package udp_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/metrics"
	"github.com/vstp-project/vstp/ref/rate"
	"github.com/vstp-project/vstp/ref/udp"
	"github.com/vstp-project/vstp/ref/wire"
)

// [SEC-3]: what is beyond the rate of a source is dropped, but for one answer in a
// second; other sources are not affected.
func TestPeerRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		server, flooder, other := n.node(1, 4000), n.node(2, 4000), n.node(3, 4000)
		s, err := udp.Serve(t.Context(), server, udp.Config{Handler: echo, PeerRate: rate.Limit{Frames: 5}})
		require.NoError(t, err)
		defer s.Close()
		beyond := func() (answered int, refused []wire.Frame) {
			t.Helper()
			for i := range 20 {
				flooder.send(t, server.addr, encode(t, wire.TypeData, wire.FlagReqAck, "x", "msg-id", fmt.Sprint(i)))
				synctest.Wait()
			}
			for len(flooder.inbox) > 0 {
				switch f, _ := flooder.next(t); f.Type {
				case wire.TypeData:
					answered++
				case wire.TypeErr:
					refused = append(refused, f)
				}
			}
			return answered, refused
		}
		answered, refused := beyond()
		assert.Equal(t, 5, answered)
		require.Len(t, refused, 1)
		code, _ := refused[0].Headers.Get(wire.KeyErrCode)
		assert.Equal(t, "16", string(code))
		assert.Equal(t, "5", msgID(t, refused[0]))

		other.send(t, server.addr, encode(t, wire.TypeData, 0, "y"))
		other.want(t, wire.TypeData, "y")

		time.Sleep(500 * time.Millisecond)
		synctest.Wait()
		for i := range 5 { // two of them, but that is a copy for one
			flooder.send(t, server.addr, encode(t, wire.TypePing, 0, fmt.Sprint(i)))
		}
		synctest.Wait()
		assert.Len(t, flooder.inbox, 2, "and nothing is said so soon again")
	})
}

// What is not a complete message is dropped in silence.
func TestPeerRateIsSilentAboutRubbish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		server, peer := n.node(1, 4000), n.node(2, 4000)
		s, err := udp.Serve(t.Context(), server, udp.Config{PeerRate: rate.Limit{Octets: 10}})
		require.NoError(t, err)
		defer s.Close()
		for _, b := range [][]byte{
			[]byte("a datagram of 23 octets"), []byte("rubbish"),
			fragment(t, 0, 1, 0, 2, "x"), encode(t, wire.TypeErr, 0, "", "err-code", "16"),
		} {
			peer.send(t, server.addr, b)
			time.Sleep(100 * time.Millisecond)
		}
		synctest.Wait()
		peer.idle(t)
		assert.Zero(t, s.Sessions())
	})
}

func TestMetrics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m metrics.Metrics
		var log bytes.Buffer // read after Close
		n := newNetwork()
		server, peer := n.node(1, 4000), n.node(2, 4000)
		s, err := udp.Serve(t.Context(), server, udp.Config{Handler: echo, Metrics: &m, Log: slog.New(slog.NewTextHandler(&log, nil))})
		require.NoError(t, err)
		good := encode(t, wire.TypeData, wire.FlagReqAck, "x", "msg-id", "1")
		bad := encode(t, wire.TypeData, 0, "x")
		bad[len(bad)-1] ^= 1
		for _, b := range [][]byte{
			good, good, bad, []byte("nonsense"),
			encode(t, wire.TypePing, 0, ""), encode(t, wire.TypeErr, 0, "", "err-code", "6"),
			fragment(t, 0, 1, 0, 2, "a"), fragment(t, 0, 1, 1, 2, "b"), fragment(t, 0, 2, 0, 2, "c"), fragment(t, 0, 3, 0, 2, "d"),
		} {
			peer.send(t, server.addr, b)
		}
		synctest.Wait()
		got := m.Snapshot()
		assert.Equal(t, uint64(6), got.FramesReceived["data"])
		assert.Equal(t, uint64(1), got.FramesReceived["ping"])
		assert.Equal(t, uint64(1), got.FramesReceived["err"])
		assert.Equal(t, uint64(1), got.CRCErrors)
		assert.Equal(t, uint64(2), got.FramesSent["ack"])
		assert.Equal(t, uint64(2), got.FramesSent["data"], "one for the message, one for that in fragments")
		assert.Equal(t, uint64(1), got.FramesSent["pong"])
		assert.Equal(t, int64(2), got.FragmentationSessions)
		assert.Equal(t, s.Sessions(), int(got.FragmentationSessions))

		time.Sleep(31 * time.Second)
		synctest.Wait()
		assert.Zero(t, m.Snapshot().FragmentationSessions, "they have expired")
		peer.send(t, server.addr, fragment(t, 0, 4, 0, 2, "e"))
		synctest.Wait()
		assert.Equal(t, int64(1), m.Snapshot().FragmentationSessions)
		require.NoError(t, s.Close())
		assert.Zero(t, m.Snapshot().FragmentationSessions, "they went with the server")
		assert.Contains(t, log.String(), "fragments did not come in time\" messages=2", "[OBS-3]")
	})
}

// What is sent again, or in fragments, counts each time.
func TestMetricsOfASender(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m metrics.Metrics
		n := newNetwork()
		conn, _ := n.conn(t, 1, udp.Config{Metrics: &m})
		defer conn.Close()
		peer := n.node(2, 4000)
		local(t, conn.SendReliable(t.Context(), peer.addr, dataFrame("x")), wire.Timeout)
		assert.Equal(t, uint64(4), m.Snapshot().FramesSent["data"])
		require.NoError(t, conn.Send(t.Context(), peer.addr, dataFrame(string(make([]byte, 3000)))))
		assert.Equal(t, uint64(len(peer.inbox)), m.Snapshot().FramesSent["data"])
	})
}
