package relay_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/netem"
	"github.com/vstp-project/vstp/netem/relay"
)

const frame = "VT\x01\x03\x00\x00\x00\x00\x00\x00\x05Hello1234"

func echo(c *net.TCPConn) {
	_, _ = io.Copy(c, c)
	_ = c.CloseWrite()
}

// readSlices returns what each Read of a connection gets until it ends.
func readSlices(c net.Conn) (all []string, err error) {
	b := make([]byte, 4096)
	for {
		n, err := c.Read(b)
		if err != nil {
			return all, err
		}
		all = append(all, string(b[:n]))
	}
}

// collector is a target that reports what its reads got, and how they ended.
type collected struct {
	slices []string
	err    error
}

func collector(t testing.TB) (net.Addr, <-chan collected) {
	results := make(chan collected, 100)
	return listenTCP(t, func(c *net.TCPConn) {
		got, err := readSlices(c)
		results <- collected{got, err}
	}), results
}

func TestTCPRelaysBothWays(t *testing.T) {
	r := relayTCP(t, netem.Profile{}, listenTCP(t, echo))
	data := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	c := dialTCP(t, r)
	go func() {
		_, _ = c.Write(data)
		_ = c.CloseWrite()
	}()
	got, err := io.ReadAll(c)
	require.NoError(t, err)
	assert.True(t, bytes.Equal(data, got))
	s := r.Stats()
	assert.Equal(t, len(data), s.AB.Octets)
	assert.Equal(t, len(data), s.BA.Octets)
	assert.Equal(t, 1, s.Connections)
	assert.Equal(t, 1, s.AB.Fins)
	assert.Zero(t, s.Boundaries)
}

// verified says whether this host tells what a reader has read, and skips if not.
func verified(t *testing.T) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("not tried: this host does not tell what a reader has read")
	}
}

// The reader's reads are exactly the slices of the plan, in every run, also when it
// is slower than the relay.
func TestReaderSeesEveryBoundary(t *testing.T) {
	verified(t)
	for name, plan := range map[string]netem.StreamPlan{
		"one octet": {Every: 1}, "every 7": {Every: 7}, "places": {At: []int64{1, 2, 3, 11, 12}},
	} {
		t.Run(name, func(t *testing.T) {
			target, results := collector(t)
			r := relayTCP(t, netem.Profile{StreamAB: plan}, target)
			const connections = 20
			boundaries := 0
			for range connections {
				c := dialTCP(t, r)
				_, err := c.Write([]byte(strings.Repeat(frame, 5)))
				require.NoError(t, err)
				require.NoError(t, c.Close())
				got := <-results
				require.Equal(t, io.EOF, got.err)
				require.Equal(t, strings.Repeat(frame, 5), strings.Join(got.slices, ""))
				switch name {
				case "one octet":
					require.Len(t, got.slices, 5*len(frame))
					boundaries += 5 * len(frame)
				case "every 7":
					for _, slice := range got.slices[:len(got.slices)-1] {
						require.Len(t, slice, 7)
					}
					boundaries += 5 * len(frame) / 7
				case "places":
					require.Equal(t, []string{frame[:1], frame[1:2], frame[2:3], frame[3:11], frame[11:12]}, got.slices[:5])
					boundaries += 5
				}
			}
			s := r.Stats()
			assert.Equal(t, boundaries, s.Boundaries)
			assert.Equal(t, boundaries, s.Verified)
			assert.Empty(t, s.Unverified)
		})
	}
}

// Every way to cut a frame in two, each on its connection.
func TestSweepCutsAtEveryBoundary(t *testing.T) {
	verified(t)
	target, results := collector(t)
	r := relayTCP(t, netem.Profile{StreamAB: netem.StreamPlan{Sweep: len(frame) - 1}}, target)
	for cut := 1; cut < len(frame); cut++ {
		c := dialTCP(t, r)
		_, err := c.Write([]byte(frame))
		require.NoError(t, err)
		require.NoError(t, c.Close())
		got := <-results
		assert.Equal(t, []string{frame[:cut], frame[cut:]}, got.slices)
	}
	assert.Equal(t, len(frame)-1, r.Stats().Verified)
}

// A socket that listens on all addresses of both families is found as well.
func TestBoundariesAreVerifiedOnADualStackListener(t *testing.T) {
	verified(t)
	l, err := net.ListenTCP("tcp", &net.TCPAddr{})
	require.NoError(t, err)
	results := make(chan []string, 1)
	serveTCP(t, l, func(c *net.TCPConn) {
		got, _ := readSlices(c)
		results <- got
	})
	target := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: l.Addr().(*net.TCPAddr).Port}
	r := relayTCP(t, netem.Profile{StreamAB: netem.StreamPlan{Every: 1}}, target)
	c := dialTCP(t, r)
	_, err = c.Write([]byte(frame))
	require.NoError(t, err)
	require.NoError(t, c.Close())
	assert.Len(t, <-results, len(frame))
	assert.Equal(t, len(frame), r.Stats().Verified)
}

// A reader that stops reading leaves its boundary unverified, and the relay says so.
func TestBoundaryThatNobodyReads(t *testing.T) {
	verified(t)
	release := make(chan struct{})
	target := listenTCP(t, func(c *net.TCPConn) {
		<-release
		_, _ = io.Copy(io.Discard, c)
	})
	r := relayTCP(t, netem.Profile{StreamAB: netem.StreamPlan{At: []int64{3}}}, target)
	c := dialTCP(t, r)
	_, err := c.Write([]byte(frame))
	require.NoError(t, err)
	deadline := time.Now().Add(guard)
	for r.Stats().AB.Octets < len(frame) {
		require.True(t, time.Now().Before(deadline), "the relay waits for a reader for ever")
		runtime.Gosched()
	}
	close(release)
	s := r.Stats()
	assert.Equal(t, 1, s.Boundaries)
	assert.Zero(t, s.Verified)
	assert.Equal(t, "a reader did not read for 1s", s.Unverified)
}

// What came before a reset arrives, and nothing else does.
func TestResetAfterSoManyOctets(t *testing.T) {
	target, results := collector(t)
	at := int64(20_000)
	r := relayTCP(t, netem.Profile{StreamAB: netem.StreamPlan{Reset: &at}}, target)
	for range 20 {
		c := dialTCP(t, r)
		_, err := c.Write(make([]byte, 50_000))
		require.NoError(t, err)
		got := <-results
		assert.ErrorIs(t, got.err, syscall.ECONNRESET)
		assert.Equal(t, 20_000, len(strings.Join(got.slices, "")))
		_, err = io.Copy(io.Discard, c)
		assert.ErrorIs(t, err, syscall.ECONNRESET, "the client is reset too")
	}
	assert.Equal(t, 20, r.Stats().AB.Resets)
}

// The other direction goes on after one has ended.
func TestHalfCloseAfterSoManyOctets(t *testing.T) {
	at := int64(3)
	r := relayTCP(t, netem.Profile{StreamAB: netem.StreamPlan{HalfClose: &at}}, listenTCP(t, func(c *net.TCPConn) {
		got, _ := io.ReadAll(c)
		_, _ = c.Write(append([]byte("got "), got...))
	}))
	c := dialTCP(t, r)
	_, err := c.Write([]byte("abcdef"))
	require.NoError(t, err)
	got := make([]byte, 7)
	_, err = io.ReadFull(c, got)
	require.NoError(t, err)
	assert.Equal(t, "got abc", string(got))
	assert.Equal(t, 1, r.Stats().AB.Fins)
}

func TestResetsArePassedOn(t *testing.T) {
	target, results := collector(t)
	r := relayTCP(t, netem.Profile{}, target)
	c := dialTCP(t, r)
	_, err := c.Write([]byte(frame))
	require.NoError(t, err)
	require.NoError(t, c.SetLinger(0))
	require.NoError(t, c.Close())
	assert.ErrorIs(t, (<-results).err, syscall.ECONNRESET)
}

func TestStallAndDelayOfAStream(t *testing.T) {
	target, results := collector(t)
	r := relayTCP(t, netem.Profile{
		AB:       netem.Impairments{Delay: 20 * ms},
		StreamAB: netem.StreamPlan{Stall: &netem.Stall{After: 3, For: 30 * ms}},
	}, target)
	c := dialTCP(t, r)
	_, err := c.Write([]byte(frame))
	require.NoError(t, err)
	require.NoError(t, c.Close())
	got := <-results
	assert.Equal(t, frame, strings.Join(got.slices, ""))
	assert.Equal(t, 2, r.Stats().AB.Slices, "what comes before the stall, and the rest")
}

func TestCoalescedWritesArriveTogether(t *testing.T) {
	target, results := collector(t)
	r := relayTCP(t, netem.Profile{StreamAB: netem.StreamPlan{Coalesce: netem.Coalesce{Octets: 1000, For: guard}}}, target)
	c := dialTCP(t, r)
	for range 10 {
		_, err := c.Write([]byte(frame))
		require.NoError(t, err)
	}
	require.NoError(t, c.Close())
	got := <-results
	assert.Equal(t, strings.Repeat(frame, 10), strings.Join(got.slices, ""))
	assert.Equal(t, 1, r.Stats().AB.Slices)
}

// A stream that stands still for ever stops the sender in the end, and Close ends it.
func TestStallForEver(t *testing.T) {
	target, _ := collector(t)
	r := relayTCP(t, netem.Profile{StreamAB: netem.StreamPlan{Stall: &netem.Stall{}}}, target)
	c := dialTCP(t, r)
	require.NoError(t, c.SetWriteDeadline(time.Now().Add(100*ms)))
	n, err := c.Write(make([]byte, 64<<20))
	var timeout net.Error
	require.ErrorAs(t, err, &timeout)
	assert.True(t, timeout.Timeout())
	assert.Less(t, n, 64<<20)
	assert.Equal(t, 1, r.Stats().Open)
	require.NoError(t, r.Close())
	assert.Zero(t, r.Stats().Open)
	assert.Zero(t, r.Stats().AB.Octets)
}

func TestTargetThatIsNotThere(t *testing.T) {
	l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	require.NoError(t, l.Close())
	r := relayTCP(t, netem.Profile{}, l.Addr())
	c, err := net.Dial("tcp", r.Addr().String())
	if err == nil { // else the reset came while the host was still connecting
		_, err = io.ReadAll(c)
		require.NoError(t, c.Close())
	}
	assert.ErrorIs(t, err, syscall.ECONNRESET)
	require.NoError(t, r.Close())
	assert.Equal(t, 1, r.Stats().Refused)
}

func TestTCPCloseAndContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	r, err := relay.ListenTCP(ctx, newLink(t, netem.Profile{}, netem.Options{}), "127.0.0.1:0", listenTCP(t, echo).String())
	require.NoError(t, err)
	c := dialTCP(t, r)
	_, err = c.Write([]byte("x"))
	require.NoError(t, err)
	_, err = io.ReadFull(c, make([]byte, 1))
	require.NoError(t, err)
	cancel()
	_, err = io.ReadAll(c)
	assert.ErrorIs(t, err, syscall.ECONNRESET)
	require.NoError(t, r.Close())
	require.NoError(t, r.Close())
}
