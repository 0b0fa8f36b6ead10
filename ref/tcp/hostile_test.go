package tcp_test

import (
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/tcp"
	"github.com/vstp-project/vstp/ref/wire"
)

// alive proves that the server takes a new connection and serves it.
func alive(t *testing.T, s *tcp.Server) {
	t.Helper()
	c := dial(t, s)
	c.send(t, encode(t, wire.TypeHello, 0, ""), data(t, "alive"))
	c.want(t, wire.TypeWelcome, "")
	c.want(t, wire.TypeData, "alive")
	c.Close()
}

// [SEC-1] [TCP-19]
func TestRandomOctets(t *testing.T) {
	s := serve(t, tcp.Config{})
	bystander := dial(t, s)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 200 {
		c := dial(t, s)
		b := make([]byte, random.IntN(300))
		for j := range b {
			b[j] = byte(random.Uint32())
		}
		// Half of them pass for a frame at first.
		if i%2 == 0 {
			b = append([]byte("VT\x01"), b...)
		}
		c.Write(b)
		if i%4 < 2 {
			c.Close()
		}
	}
	bystander.send(t, data(t, "unharmed"))
	bystander.want(t, wire.TypeData, "unharmed")
	alive(t, s)
}

// [SEC-1]: valid frames with single octets changed.
func TestMutatedFrames(t *testing.T) {
	s := serve(t, tcp.Config{})
	good := encode(t, wire.TypeData, wire.FlagReqAck, "payload", "msg-id", "5", "a", "1")
	for i := range good {
		c := dial(t, s)
		bad := append([]byte(nil), good...)
		bad[i] ^= 0xff
		c.send(t, bad)
		c.closeWrite(t)
		for {
			f, err := c.frames.ReadFrame()
			if err != nil {
				break
			}
			require.Equal(t, wire.TypeErr, f.Type, "octet %d changed", i)
		}
	}
	alive(t, s)
}

// [TCP-19]: many connections, each a frame that never ends.
func TestSlowPeersDoNotHoldUpOthers(t *testing.T) {
	s := serve(t, tcp.Config{})
	frame := data(t, "so slow")
	slow := make([]*client, 100)
	for i := range slow {
		slow[i] = dial(t, s)
	}
	for _, octet := range frame[:len(frame)-1] {
		for _, c := range slow {
			c.send(t, []byte{octet})
		}
	}
	alive(t, s)
	for _, c := range slow {
		c.send(t, frame[len(frame)-1:])
	}
	for _, c := range slow {
		c.want(t, wire.TypeData, "so slow")
	}
}

func TestManyConnectionsAtOnce(t *testing.T) {
	s := serve(t, tcp.Config{})
	var all sync.WaitGroup
	failures := make(chan error, 100)
	for i := range 100 {
		c := dial(t, s)
		all.Go(func() {
			for j := range 20 {
				want := fmt.Sprint(i, " ", j)
				c.Write(data(t, want))
				f, err := c.frames.ReadFrame()
				if err != nil || string(f.Payload) != want {
					failures <- fmt.Errorf("connection %d: %q, %w", i, f.Payload, err)
					return
				}
			}
		})
	}
	all.Wait()
	close(failures)
	for err := range failures {
		t.Error(err)
	}
}

// A reset in the middle of whatever happens.
func TestResets(t *testing.T) {
	s := serve(t, tcp.Config{})
	for _, octets := range [][]byte{
		nil,
		[]byte("V"),
		data(t, "cut")[:14],
		data(t, "answered into the void"),
		append(data(t, "x"), []byte("XX")...),
		encode(t, wire.TypeBye, 0, ""),
		append(encode(t, wire.TypeBye, 0, ""), make([]byte, 100_000)...),
		[]byte("VT\x01\x03\x00\x00\x00\xff\xff\xff\xff"),
	} {
		for range 10 {
			c := dial(t, s)
			c.send(t, octets)
			require.NoError(t, c.Conn.(*net.TCPConn).SetLinger(0))
			c.Close()
		}
	}
	alive(t, s)
}

// Closing the server while its connections are in every state.
func TestCloseAtAnyTime(t *testing.T) {
	s := serve(t, tcp.Config{})
	for range 10 {
		for _, octets := range [][]byte{
			nil,
			[]byte("VT"),
			data(t, "x"),
			encode(t, wire.TypeBye, 0, ""),
			corrupt(data(t, "x")),
		} {
			dial(t, s).send(t, octets)
		}
	}
	require.NoError(t, s.Close())
}
