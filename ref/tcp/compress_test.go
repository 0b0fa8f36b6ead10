package tcp_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/compress"
	"github.com/vstp-project/vstp/ref/tcp"
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

// wantPacked reads the next frame, which must be this payload, compressed.
func (c *client) wantPacked(t *testing.T, payload string) wire.Frame {
	t.Helper()
	f, err := c.frames.ReadFrame()
	require.NoError(t, err)
	require.Equal(t, wire.TypeData, f.Type)
	require.True(t, f.Flags.Has(wire.FlagComp))
	plain, err := compress.Gunzip(f.Payload, 0)
	require.NoError(t, err)
	require.Equal(t, payload, string(plain))
	return f
}

// [CMP-1] [CMP-2] [CMP-5]
func TestWhatIsSentCompressed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn, server := pair(t, tcp.Config{FirstMsgID: 5})
		defer conn.Close()
		f := asking(repetitive(1_024))
		h, err := f.Headers.AppendText("key", "value")
		require.NoError(t, err)
		f.Headers = h
		require.NoError(t, conn.Send(t.Context(), f))
		sent := server.wantPacked(t, repetitive(1_024))
		assert.Equal(t, wire.FlagComp, sent.Flags)
		value, _ := sent.Headers.Get("key")
		assert.Equal(t, "value", string(value))
		assert.Equal(t, 1, sent.Headers.Len())

		require.NoError(t, conn.Send(t.Context(), asking(repetitive(1_023))))
		assert.Zero(t, server.want(t, wire.TypeData, repetitive(1_023)).Flags, "below the threshold")
		require.NoError(t, conn.Send(t.Context(), dataFrame(repetitive(2_000))))
		assert.Zero(t, server.want(t, wire.TypeData, repetitive(2_000)).Flags, "nobody asked")

		wait := async(func() error { return conn.SendReliable(t.Context(), asking(repetitive(5_000))) })
		sent = server.wantPacked(t, repetitive(5_000))
		assert.Equal(t, wire.FlagComp|wire.FlagReqAck, sent.Flags)
		server.send(t, ackOf(t, "5"))
		_, err = wait()
		require.NoError(t, err)
	})
}

// [CMP-4] [CMP-6] [CMP-8]
func TestCompressedMessagesAtAClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn, server := pair(t, tcp.Config{Limits: wire.Limits{MaxFrame: 2_000}})
		defer conn.Close()
		server.send(t, encode(t, wire.TypeData, wire.FlagComp, gzipped(t, "abc")))
		f, err := conn.Receive(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "abc", string(f.Payload))
		assert.Zero(t, f.Flags)

		server.send(t, encode(t, wire.TypeData, wire.FlagComp|wire.FlagReqAck, "notgzip", "msg-id", "7"))
		server.wantErr(t, "18")
		server.send(t, encode(t, wire.TypeData, wire.FlagComp|wire.FlagReqAck, gzipped(t, strings.Repeat("x", 2_001)), "msg-id", "8"))
		server.wantErr(t, "8")
		server.send(t, data(t, "next"))
		receive(t, conn, "next")
	})
}

// [CMP-4] [CMP-1]
func TestCompressedRoundTrip(t *testing.T) {
	s := serve(t, tcp.Config{Handler: func(_ context.Context, r *tcp.Request) {
		assert.Zero(t, r.Message.Flags&^wire.FlagReqAck)
		assert.NoError(t, r.Answer(asking(string(r.Message.Payload))))
	}})
	conn, err := tcp.Dial(t.Context(), s.Addr().String(), tcp.Config{})
	require.NoError(t, err)
	defer conn.Close()
	for _, octets := range []int{0, 1_023, 1_024, 30_000, 8_000_000} {
		payload := repetitive(octets)
		require.NoError(t, conn.SendReliable(t.Context(), asking(payload)))
		f, err := conn.Receive(t.Context())
		require.NoError(t, err)
		assert.True(t, payload == string(f.Payload), "%d octets", octets)
		assert.Zero(t, f.Flags)
	}
}

// [CMP-6] [CMP-7] [CMP-9] [CMP-10] [ERR-9]
func TestWhatIsNoMember(t *testing.T) {
	c := dial(t, serve(t, tcp.Config{}))
	member := gzipped(t, "abc")
	for name, payload := range map[string]string{
		"empty": "", "no gzip": "notgzip", "cut": member[:len(member)-1], "octet behind it": member + "\x00", "two members": member + member,
	} {
		t.Run(name, func(t *testing.T) {
			c.send(t, encode(t, wire.TypeData, wire.FlagComp|wire.FlagReqAck, payload, "msg-id", "7"))
			f, err := c.frames.ReadFrame()
			require.NoError(t, err)
			require.Equal(t, wire.TypeErr, f.Type)
			code, _ := f.Headers.Get(wire.KeyErrCode)
			assert.Equal(t, "18", string(code))
			assert.Equal(t, "7", msgIDOf(t, f))
			c.send(t, data(t, "sentinel"))
			c.want(t, wire.TypeData, "sentinel")
		})
	}
}

// The flag decides, and not the content. [CMP-1]
func TestUnflaggedMembersStayAsTheyAre(t *testing.T) {
	c := dial(t, serve(t, tcp.Config{}))
	member := gzipped(t, repetitive(2_000))
	c.send(t, data(t, member))
	assert.Zero(t, c.want(t, wire.TypeData, member).Flags)
}

// "A receiver MUST stop decompressing and reject the message, on TCP with ERR code 8,
// as soon as the output exceeds its maximum frame size." [CMP-8]: 64 MiB out of 65,000
// octets cost next to nothing. [CMP-9]
func TestBombs(t *testing.T) {
	bomb := encode(t, wire.TypeData, wire.FlagComp, bombVector(t))
	c := dial(t, serve(t, tcp.Config{}))
	c.send(t, data(t, "warm"))
	c.want(t, wire.TypeData, "warm")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 3 {
		c.send(t, bomb)
		c.wantErr(t, "8")
	}
	runtime.ReadMemStats(&after)
	assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(8<<20))
	c.send(t, data(t, "alive"))
	c.want(t, wire.TypeData, "alive")
}

// Without compression nothing is compressed either, and what comes compressed is
// refused.
func TestCompressionThatIsNotOffered(t *testing.T) {
	off := tcp.Config{Compression: compress.Config{Off: true}}
	synctest.Test(t, func(t *testing.T) {
		conn, server := pair(t, off)
		defer conn.Close()
		require.ErrorIs(t, conn.Send(t.Context(), asking("x")), wire.Unsupported)
		require.ErrorIs(t, conn.SendReliable(t.Context(), asking("x")), wire.Unsupported)
		server.send(t, encode(t, wire.TypeData, wire.FlagComp, gzipped(t, "abc")))
		server.wantErr(t, "19") // the first frame of all behind HELLO
		server.send(t, data(t, "next"))
		receive(t, conn, "next")
	})
	refused := make(chan error, 1)
	off.Handler = func(_ context.Context, r *tcp.Request) { refused <- r.Answer(asking("x")) }
	c := dial(t, serve(t, off))
	c.send(t, data(t, "x"))
	assert.ErrorIs(t, <-refused, wire.Unsupported)
}
