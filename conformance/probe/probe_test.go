package probe_test

import (
	"encoding/json"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/vstp-project/vstp/conformance/forge"
	"github.com/vstp-project/vstp/conformance/probe"
	"github.com/vstp-project/vstp/conformance/target"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// soon bounds waits for what has to come; never is for what has to stay away.
const (
	soon  = 5 * time.Second
	never = 20 * time.Millisecond
)

var (
	hello = forge.Frame{Type: 1}.Bytes()
	data  = forge.Frame{Type: 3, Headers: forge.KV("a", "1"), Payload: []byte("x")}.Bytes()
)

// peer lets serve have each connection; what it leaves open is closed.
func peer(t *testing.T, serve func(net.Conn)) *probe.T {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			serve(c)
			_ = c.Close()
		}
	}()
	p := probe.New(probe.Config{Case: "a/b", Addrs: target.Addrs{TCP: l.Addr().String()}})
	t.Cleanup(func() {
		p.Close()
		_ = l.Close()
		<-done
	})
	return p
}

func write(octets ...[]byte) func(net.Conn) {
	return func(c net.Conn) {
		for _, o := range octets {
			_, _ = c.Write(o)
		}
		// Held open until the probe closes.
		_, _ = c.Read(make([]byte, 1))
	}
}

func dial(t *testing.T, p *probe.T) *probe.Stream {
	t.Helper()
	s, err := p.Dial(t.Context(), "A")
	require.NoError(t, err)
	return s
}

func TestStreamNextReturnsFrames(t *testing.T) {
	s := dial(t, peer(t, write(hello, data[:5], data[5:])))
	for _, want := range []byte{1, 3} {
		a, err := s.Next(t.Context(), soon)
		require.NoError(t, err)
		assert.Equal(t, want, a.Frame.Type)
	}
	_, err := s.Next(t.Context(), never)
	assert.ErrorIs(t, err, probe.ErrNothing)
}

func TestStreamNextAtTheEnd(t *testing.T) {
	s := dial(t, peer(t, func(c net.Conn) { _, _ = c.Write(hello) }))
	_, err := s.Next(t.Context(), soon)
	require.NoError(t, err)
	_, err = s.Next(t.Context(), soon)
	assert.ErrorIs(t, err, probe.ErrEnded)
	_, err = s.Ended(t.Context(), soon)
	assert.NoError(t, err)
}

func TestStreamNextOfWhatIsNoFrame(t *testing.T) {
	for name, tc := range map[string]struct {
		octets      []byte
		requirement string
	}{
		"magic":   {[]byte("HTTP/1.1 400 Bad Request\r\n\r\n"), "FRM-2"},
		"version": {forge.Reseal(append([]byte{0x56, 0x54, 2}, data[3:]...)), "FRM-2"},
		"crc":     {append(append([]byte(nil), data[:len(data)-1]...), data[len(data)-1]^1), "CRC-1"},
	} {
		t.Run(name, func(t *testing.T) {
			s := dial(t, peer(t, write(tc.octets)))
			_, err := s.Next(t.Context(), soon)
			var v *probe.Violation
			require.ErrorAs(t, err, &v)
			assert.Equal(t, tc.requirement, v.Requirement)
		})
	}
}

func TestStreamNextOfAFrameThatIsCut(t *testing.T) {
	s := dial(t, peer(t, func(c net.Conn) { _, _ = c.Write(data[:12]) }))
	_, err := s.Ended(t.Context(), soon)
	require.NoError(t, err)
	_, err = s.Next(t.Context(), soon)
	var v *probe.Violation
	require.ErrorAs(t, err, &v)
	assert.Equal(t, "FRM-1", v.Requirement)
}

func TestDialRefusedIsAViolation(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	p := probe.New(probe.Config{Addrs: target.Addrs{TCP: l.Addr().String()}})
	defer p.Close()
	_, err = p.Dial(t.Context(), "A")
	var v *probe.Violation
	require.ErrorAs(t, err, &v)
	assert.Contains(t, v.Got, "refused")
}

func TestTransportThatIsNotOffered(t *testing.T) {
	p := probe.New(probe.Config{})
	defer p.Close()
	var not *probe.NotApplicable
	_, err := p.Dial(t.Context(), "A")
	assert.ErrorAs(t, err, &not)
	_, err = p.Listen(t.Context(), "A", nil)
	assert.ErrorAs(t, err, &not)
}

// udpPeer answers each datagram with answers.
func udpPeer(t *testing.T, answers ...[]byte) *probe.T {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 2000)
		for {
			_, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			for _, a := range answers {
				_, _ = conn.WriteTo(a, from)
			}
		}
	}()
	p := probe.New(probe.Config{Case: "a/b", Addrs: target.Addrs{UDP: conn.LocalAddr().String()}, Sources: probe.NewSources()})
	t.Cleanup(func() {
		p.Close()
		_ = conn.Close()
		<-done
	})
	return p
}

func TestSocketNext(t *testing.T) {
	p := udpPeer(t, data, append(append([]byte(nil), data...), 0), data[:9])
	s, err := p.Listen(t.Context(), "A", nil)
	require.NoError(t, err)
	require.NoError(t, s.Send(hello, "HELLO"))

	d, err := s.Next(t.Context(), soon)
	require.NoError(t, err)
	assert.Equal(t, byte(3), d.Frame.Type)
	assert.Equal(t, s.Target(), d.From)

	for range 2 { // octets behind the frame, and a frame that is cut
		_, err = s.Next(t.Context(), soon)
		var v *probe.Violation
		require.ErrorAs(t, err, &v)
		assert.Equal(t, "UDP-1", v.Requirement)
	}
	_, err = s.Next(t.Context(), never)
	assert.ErrorIs(t, err, probe.ErrNothing)
}

func TestSocketsHaveSourcesOfTheirOwn(t *testing.T) {
	p := udpPeer(t)
	a, err := p.Listen(t.Context(), "A", nil)
	require.NoError(t, err)
	b, err := p.Listen(t.Context(), "B", nil)
	require.NoError(t, err)
	c, err := p.Listen(t.Context(), "C", a)
	require.NoError(t, err)
	assert.NotEqual(t, a.Local(), b.Local())
	assert.Equal(t, a.Local().Addr(), c.Local().Addr())
	assert.NotEqual(t, a.Local().Port(), c.Local().Port())
	if p.SeveralSources() {
		assert.NotEqual(t, a.Local().Addr(), b.Local().Addr())
	}
}

func TestSourcesAreDifferentAndOnLoopback(t *testing.T) {
	s := probe.NewSources()
	if !s.Several() {
		assert.Equal(t, "127.0.0.1", s.Take().String())
		return
	}
	seen := map[string]bool{}
	for range 70000 {
		a := s.Take()
		require.True(t, a.IsLoopback(), a)
		require.False(t, seen[a.String()], a)
		seen[a.String()] = true
	}
}

func TestDrawDependsOnSeedCaseAndTurn(t *testing.T) {
	draw := func(seed uint64, id string, n int) uint64 {
		p := probe.New(probe.Config{Seed: seed, Case: id})
		var v uint64
		for range n {
			v = p.Draw()
		}
		return v
	}
	assert.Equal(t, draw(1, "a/b", 1), draw(1, "a/b", 1))
	assert.NotEqual(t, draw(1, "a/b", 1), draw(2, "a/b", 1))
	assert.NotEqual(t, draw(1, "a/b", 1), draw(1, "a/c", 1))
	assert.NotEqual(t, draw(1, "a/b", 1), draw(1, "a/b", 2))
}

func TestRecordIsBounded(t *testing.T) {
	p := probe.New(probe.Config{})
	for range 5000 {
		p.Note("again")
	}
	events := p.Events()
	assert.Less(t, len(events), 3000)
	assert.Contains(t, events[len(events)-1].Text, "not recorded")
}

func TestEventSurvivesJSON(t *testing.T) {
	e := probe.Event{At: 1500 * time.Microsecond, Channel: "tcp A", Kind: probe.EventSend, Octets: data, Length: len(data), Text: "DATA"}
	b, err := json.Marshal(e)
	require.NoError(t, err)
	assert.True(t, strings.Contains(string(b), `"at_ms":1.5`), string(b))
	var back probe.Event
	require.NoError(t, json.Unmarshal(b, &back))
	assert.Equal(t, e, back)
	require.Len(t, back.Frames(), 1)
	assert.Equal(t, byte(3), back.Frames()[0].Type)
}

func TestServes(t *testing.T) {
	echo := forge.Frame{Type: 3}
	p := peer(t, func(c net.Conn) {
		// The payload is not known beforehand: it is cut out of the request, which
		// is a HELLO and a DATA with one header of eleven octets.
		buf := make([]byte, 4096)
		n, _ := c.Read(buf)
		echo.Payload = buf[15+11+9 : n-4]
		_, _ = c.Write(echo.Bytes())
		_, _ = c.Read(buf)
	})
	assert.NoError(t, p.Serves(t.Context(), "tcp"))

	raw := peer(t, func(c net.Conn) {
		buf := make([]byte, 4096)
		n, _ := c.Read(buf)
		_, _ = c.Write(buf[:n])
		_, _ = c.Read(buf)
	})
	assert.Error(t, raw.Serves(t.Context(), "tcp"), "an echo of octets is no server")
}
