package udp_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/compress"
	"github.com/vstp-project/vstp/ref/udp"
	"github.com/vstp-project/vstp/ref/wire"
	"github.com/vstp-project/vstp/vectors"
)

func gzipped(t *testing.T, plain string) string {
	t.Helper()
	member, err := compress.Gzip([]byte(plain), 0)
	require.NoError(t, err)
	return string(member)
}

// repetitive is a payload that gzip makes much smaller, and differs from place to place.
func repetitive(octets int) string {
	var b strings.Builder
	for i := 0; b.Len() < octets; i++ {
		fmt.Fprintf(&b, "line %d of a long report\n", i)
	}
	return b.String()[:octets]
}

// bombVector is 64 MiB of zeros in one gzip member.
func bombVector(t *testing.T) string {
	t.Helper()
	set, err := vectors.Load()
	require.NoError(t, err)
	v, ok := set.Lookup("gzip/bomb")
	require.True(t, ok)
	require.Less(t, len(v.Octets), 70_000)
	return string(v.Octets)
}

// asking is a DATA frame that asks for compression.
func asking(payload string) wire.Frame {
	f := dataFrame(payload)
	f.Flags = wire.FlagComp
	return f
}

// "A sender MUST compress before it fragments and compute each CRC32 over the
// compressed octets." [CMP-3] [CMP-1] [CMP-2] [CMP-5]
func TestWhatIsSentCompressed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		conn, _ := n.conn(t, 1, udp.Config{})
		defer conn.Close()
		peer := n.node(2, 4000)

		short := strings.Repeat("x", 1_023)
		require.NoError(t, conn.Send(t.Context(), peer.addr, asking(short)))
		assert.Zero(t, peer.want(t, wire.TypeData, short).Flags, "below the threshold")

		member := gzipped(t, repetitive(3_000))
		require.NoError(t, conn.Send(t.Context(), peer.addr, dataFrame(member)))
		assert.Zero(t, peer.want(t, wire.TypeData, member).Flags, "nobody asked")

		// 5,000 octets that travel in one datagram, and 200,000 that take fragments.
		f := asking(repetitive(5_000))
		h, err := f.Headers.AppendText("key", "value")
		require.NoError(t, err)
		f.Headers = h
		require.NoError(t, conn.Send(t.Context(), peer.addr, f))
		sent, _ := peer.next(t)
		assert.Equal(t, wire.FlagComp, sent.Flags)
		assert.Equal(t, 1, sent.Headers.Len())
		plain, err := compress.Gunzip(sent.Payload, 0)
		require.NoError(t, err)
		assert.Equal(t, repetitive(5_000), string(plain))

		require.NoError(t, conn.Send(t.Context(), peer.addr, asking(repetitive(200_000))))
		m, fragments := peer.collect(t)
		for _, f := range fragments {
			assert.Equal(t, wire.FlagComp|wire.FlagFrag, f.Flags)
		}
		assert.Less(t, len(fragments), 100)
		plain, err = compress.Gunzip(m.Payload, 0)
		require.NoError(t, err)
		assert.Equal(t, repetitive(200_000), string(plain))
	})
}

// "A receiver MUST deliver the payload of a COMP message decompressed, and decompress
// it only after reassembly." [CMP-4]
func TestCompressedRoundTrip(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		s, c := n.server(t, 1, udp.Config{Handler: func(_ context.Context, r *udp.Request) {
			m := r.Message
			assert.Zero(t, m.Flags&^wire.FlagReqAck)
			assert.NoError(t, r.Answer(asking(string(m.Payload))))
		}})
		defer s.Close()
		conn, _ := n.conn(t, 2, udp.Config{})
		defer conn.Close()
		for _, octets := range []int{0, 1_023, 1_024, 30_000, 300_000} {
			payload := repetitive(octets)
			require.NoError(t, conn.SendReliable(t.Context(), c.addr, asking(payload)))
			m, err := conn.Receive(t.Context())
			require.NoError(t, err)
			assert.True(t, payload == string(m.Frame.Payload), "%d octets", octets)
			assert.Zero(t, m.Frame.Flags)
		}
		assert.Zero(t, s.Sessions())
	})
}

// A compressed message in fragments is decompressed once it is whole, whatever the
// order; where it cannot be, it is neither delivered nor acknowledged, and no ERR
// says so. [CMP-4] [CMP-6] [CMP-7] [CMP-8] [CMP-11] [UDP-18]
func TestCompressedFragments(t *testing.T) {
	member := gzipped(t, "abc")
	for name, c := range map[string]struct {
		cfg     udp.Config
		payload string
		plain   string // empty if it is refused
	}{
		"good":        {udp.Config{}, member, "abc"},
		"no gzip":     {udp.Config{}, "notgzip", ""},
		"two members": {udp.Config{}, member + member, ""},
		"bomb":        {udp.Config{Limits: wire.Limits{MaxFrame: 2_000}}, gzipped(t, strings.Repeat("x", 2_001)), ""},
		"not offered": {udp.Config{Compression: compress.Config{Off: true}}, member, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNetwork()
				s, node := n.server(t, 1, c.cfg)
				defer s.Close()
				peer := n.node(2, 4000)
				half := len(c.payload) / 2
				for i, part := range []string{c.payload[half:], c.payload[:half]} {
					synctest.Wait()
					peer.idle(t)
					peer.send(t, node.addr, fragment(t, wire.FlagReqAck|wire.FlagComp, 1, 1-i, 2, part, "msg-id", "5"))
				}
				if c.plain != "" {
					assert.Equal(t, "5", msgID(t, peer.want(t, wire.TypeAck, "")))
					peer.want(t, wire.TypeData, c.plain)
				}
				synctest.Wait()
				peer.idle(t)
				assert.Zero(t, s.Sessions())
			})
		})
	}
}

// What makes a message another one is what was transmitted: the same octets under COMP
// and without are two messages, the same member twice is one. [ACK-5] [ACK-6]
func TestCopiesOfCompressedMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		s, c := n.server(t, 1, udp.Config{})
		defer s.Close()
		peer := n.node(2, 4000)
		packed := encode(t, wire.TypeData, wire.FlagReqAck|wire.FlagComp, gzipped(t, "abc"), "msg-id", "5")
		peer.send(t, c.addr, packed)
		assert.Equal(t, "5", msgID(t, peer.want(t, wire.TypeAck, "")))
		peer.want(t, wire.TypeData, "abc")
		peer.send(t, c.addr, packed)
		assert.Equal(t, "5", msgID(t, peer.want(t, wire.TypeAck, "")))
		synctest.Wait()
		peer.idle(t)
		peer.send(t, c.addr, encode(t, wire.TypeData, wire.FlagReqAck, "abc", "msg-id", "5"))
		assert.Equal(t, "5", msgID(t, peer.want(t, wire.TypeAck, "")))
		peer.want(t, wire.TypeData, "abc")
	})
}

// Without compression nothing is compressed either.
func TestCompressionThatIsNotOffered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		conn, _ := n.conn(t, 1, udp.Config{Compression: compress.Config{Off: true}})
		defer conn.Close()
		peer := n.node(2, 4000)
		require.ErrorIs(t, conn.Send(t.Context(), peer.addr, asking("x")), wire.Unsupported)
		require.ErrorIs(t, conn.SendReliable(t.Context(), peer.addr, asking("x")), wire.Unsupported)
		time.Sleep(time.Hour)
		peer.idle(t)
	})
}

// "A receiver MUST stop decompressing and reject the message, on TCP with ERR code 8,
// as soon as the output exceeds its maximum frame size." [CMP-8]: 64 MiB out of 65,000
// octets cost next to nothing.
func TestBombs(t *testing.T) {
	bomb := bombVector(t)
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		s, c := n.server(t, 1, udp.Config{})
		defer s.Close()
		peer := n.node(2, 4000)
		const pieces = 60
		size := (len(bomb) + pieces - 1) / pieces
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for i := range pieces {
			piece := bomb[i*size : min((i+1)*size, len(bomb))]
			peer.send(t, c.addr, fragment(t, wire.FlagReqAck|wire.FlagComp, 1, i, pieces, piece, "msg-id", "5"))
		}
		synctest.Wait()
		runtime.ReadMemStats(&after)
		peer.idle(t)
		assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(8<<20))
		peer.send(t, c.addr, message(t, "6", "alive"))
		peer.want(t, wire.TypeAck, "")
		peer.want(t, wire.TypeData, "alive")
	})
}
