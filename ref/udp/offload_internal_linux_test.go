package udp

import (
	"bytes"
	"context"
	"encoding/binary"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/wire"
)

// word writes a number in the order of this machine and returns b.
func word(b []byte, v uint64) []byte {
	if len(b) >= 8 && levelAt == 8 {
		binary.NativeEndian.PutUint64(b, v)
	} else {
		binary.NativeEndian.PutUint32(b, uint32(v))
	}
	return b
}

func TestParseControl(t *testing.T) {
	var oob []byte
	oob = packetInfo{}.appendControl(oob, local{addr: netip.MustParseAddr("127.0.0.1")})
	whole := len(oob)
	oob = append(oob, make([]byte, syscall.CmsgSpace(udpGROLen))...)
	binary.NativeEndian.PutUint32(controlMessage(oob[whole:], solUDP, udpGRO, udpGROLen), 1200)
	t.Run("cut anywhere", func(t *testing.T) {
		for n := range len(oob) + 1 {
			l, size := parseControl(bytes.Clone(oob[:n]))
			// The padding behind a message is not needed.
			assert.Equal(t, n >= syscall.CmsgLen(pktinfo4Len), l.addr.IsValid(), "%d octets", n)
			assert.Equal(t, n >= whole+syscall.CmsgLen(udpGROLen), size == 1200, "%d octets", n)
			assert.Contains(t, []int{0, 1200}, size)
		}
	})
	t.Run("lengths that lie", func(t *testing.T) {
		for _, length := range []uint64{0, 1, uint64(syscall.CmsgLen(0)) - 1, uint64(len(oob)) + 1, 1 << 40, 1<<64 - 1} {
			lie := bytes.Clone(oob)
			word(lie, length)
			l, size := parseControl(lie)
			assert.Zero(t, l)
			assert.Zero(t, size)
		}
	})
	t.Run("others between", func(t *testing.T) {
		other := make([]byte, syscall.CmsgSpace(5))
		controlMessage(other, syscall.SOL_SOCKET, syscall.SO_TIMESTAMP, 5)
		l, size := parseControl(append(other, oob...))
		assert.True(t, l.addr.IsValid())
		assert.Equal(t, 1200, size)
	})
	t.Run("no size", func(t *testing.T) {
		for _, value := range []uint32{0, 1 << 31, 1<<32 - 1} {
			data := make([]byte, udpGROLen)
			binary.NativeEndian.PutUint32(data, value)
			assert.Zero(t, parseSegment(solUDP, udpGRO, data))
		}
		assert.Zero(t, parseSegment(solUDP, udpGRO, make([]byte, 3)))
	})
}

// broken is a socket that fails to send what is to be cut.
type broken struct {
	messageConn
	err   error
	tried atomic.Int32
}

func (b *broken) WriteMsgUDPAddrPort(p, oob []byte, addr netip.AddrPort) (n, oobn int, err error) {
	if bytes.Contains(oob, appendSegment(nil, 1200)[syscall.SizeofCmsghdr-8:syscall.SizeofCmsghdr]) {
		b.tried.Add(1)
		return 0, 0, b.err
	}
	return b.messageConn.WriteMsgUDPAddrPort(p, oob, addr)
}

// loopbackSocket opens a socket of the system.
func loopbackSocket(t *testing.T, cfg Config) *udpSocket {
	t.Helper()
	cfg, err := cfg.withDefaults()
	require.NoError(t, err)
	s, err := listen(t.Context(), "127.0.0.1:0", cfg)
	require.NoError(t, err)
	t.Cleanup(func() { s.close() })
	return s.(*udpSocket)
}

func toward(s *udpSocket) path {
	return path{peer: s.localAddr().(*net.UDPAddr).AddrPort()}
}

// pieces makes so many datagrams of one size, and one behind them.
func pieces(n, size, last int) []byte {
	b := make([]byte, n*size+last)
	for i := range b {
		b[i] = byte(i / size)
	}
	return b
}

// needOffload skips a test where the kernel has nothing of the kind.
func needOffload(t *testing.T, s *udpSocket) {
	t.Helper()
	if receive, send := s.offloads(); !receive || !send {
		t.Skip("not tried: this kernel has no UDP_SEGMENT or no UDP_GRO")
	}
}

func TestSeveralDatagramsInOneCall(t *testing.T) {
	from, to := loopbackSocket(t, Config{}), loopbackSocket(t, Config{})
	needOffload(t, from)
	for _, c := range []struct{ n, size, last int }{{2, 1200, 0}, {53, 1200, 700}, {54, 1200, 0}, {63, 10, 1}, {64, 1, 0}, {1, 1200, 1}} {
		sent := pieces(c.n, c.size, c.last)
		require.True(t, from.sendTogether(sent, c.size, toward(to)), "%+v", c)
		var got []byte
		b := make([]byte, 1<<16)
		for len(got) < len(sent) {
			n, size, p, err := to.receive(b)
			require.NoError(t, err)
			assert.Equal(t, toward(from).peer, p.peer)
			assert.Equal(t, "127.0.0.1", p.local.addr.String())
			if len(sent) > c.size && n > c.size {
				assert.Equal(t, c.size, size)
			}
			got = append(got, b[:n]...)
		}
		assert.Equal(t, sent, got)
	}
}

// A receiver that takes one datagram at a time gets each for itself.
func TestSenderAloneHasOffload(t *testing.T) {
	from, to := loopbackSocket(t, Config{}), loopbackSocket(t, Config{NoOffload: true})
	needOffload(t, from)
	require.True(t, from.sendTogether(pieces(3, 1200, 5), 1200, toward(to)))
	for _, want := range []int{1200, 1200, 1200, 5} {
		n, size, _, err := to.receive(make([]byte, 1<<16))
		require.NoError(t, err)
		assert.Equal(t, want, n)
		assert.Zero(t, size)
	}
}

func TestWhatIsNotSentInOneCall(t *testing.T) {
	from, to := loopbackSocket(t, Config{}), loopbackSocket(t, Config{})
	needOffload(t, from)
	assert.False(t, from.sendTogether(pieces(65, 10, 0), 10, toward(to)), "too many")
	assert.False(t, from.sendTogether(pieces(55, 1200, 0), 1200, toward(to)), "too long")
	off := loopbackSocket(t, Config{NoOffload: true})
	assert.False(t, off.sendTogether(pieces(2, 1200, 0), 1200, toward(to)), "switched off")
	assert.Zero(t, off.together())
}

// EIO says that a device cannot do its part and never will; other errors are about
// one destination.
func TestFailureOfOffload(t *testing.T) {
	for err, off := range map[error]bool{syscall.EIO: true, syscall.EINVAL: false, syscall.EMSGSIZE: false} {
		s := loopbackSocket(t, Config{})
		needOffload(t, s)
		device := &broken{messageConn: s.conn, err: &net.OpError{Op: "write", Err: err}}
		s.conn = device
		for range 3 {
			assert.False(t, s.sendTogether(pieces(2, 1200, 0), 1200, toward(s)))
		}
		_, send := s.offloads()
		assert.Equal(t, !off, send, "%v", err)
		assert.EqualValues(t, map[bool]int{true: 1, false: 3}[off], device.tried.Load())
	}
}

// Nothing is lost and nothing repeated when a device turns out not to do its part.
func TestMessagesWhileOffloadFails(t *testing.T) {
	for _, failure := range []error{nil, syscall.EIO, syscall.EINVAL} {
		var mu sync.Mutex
		got := map[string]int{}
		server, err := Listen(t.Context(), "127.0.0.1:0", Config{QueuePerSource: 1000, Handler: func(_ context.Context, r *Request) {
			mu.Lock()
			defer mu.Unlock()
			got[string(r.Message.Payload)]++
		}})
		require.NoError(t, err)
		cfg, err := Config{}.withDefaults()
		require.NoError(t, err)
		sock := loopbackSocket(t, cfg)
		device := &broken{messageConn: sock.conn, err: failure}
		if failure != nil {
			sock.conn = device
		}
		conn := newConn(sock, server.Addr().(*net.UDPAddr).AddrPort(), cfg)
		var want []string
		for i := range 600 {
			want = append(want, string(bytes.Repeat([]byte{byte(i), byte(i >> 8)}, 1+i)))
		}
		require.NoError(t, conn.SendBulk(t.Context(), netip.AddrPort{}, func(yield func(wire.Frame) bool) {
			for _, payload := range want {
				if !yield(wire.Frame{Type: wire.TypeData, Payload: []byte(payload)}) {
					return
				}
			}
		}))
		long := string(pieces(200, 1100, 17))
		require.NoError(t, conn.Send(t.Context(), netip.AddrPort{}, wire.Frame{Type: wire.TypeData, Payload: []byte(long)}))
		require.NoError(t, conn.SendReliable(t.Context(), netip.AddrPort{}, wire.Frame{Type: wire.TypeData, Payload: []byte(long + "again")}))
		require.NoError(t, conn.Close())
		require.NoError(t, server.Close())
		for _, payload := range append(want, long, long+"again") {
			assert.Equal(t, 1, got[payload], "%d octets, %v", len(payload), failure)
		}
		if failure != nil {
			assert.Positive(t, device.tried.Load(), "a batch was tried")
		}
	}
}
