package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance/forge"
	"github.com/vstp-project/vstp/ref/tcp"
	"github.com/vstp-project/vstp/ref/udp"
	"github.com/vstp-project/vstp/ref/wire"
)

// A runningTap is the command tap at work.
type runningTap struct {
	udp, tcp []string // where it listens
	in       io.Closer
	rest     chan []byte // what it printed after the first line
	code     chan int
	stderr   bytes.Buffer
}

func startTap(t *testing.T, args ...string) *runningTap {
	t.Helper()
	in, stdin := io.Pipe()
	stdout, out := io.Pipe()
	r := &runningTap{in: stdin, rest: make(chan []byte, 1), code: make(chan int, 1)}
	t.Cleanup(func() { stdin.Close() })
	go func() {
		code := run(t.Context(), append([]string{"tap"}, args...), streams{in: in, out: out, err: &r.stderr})
		out.Close()
		r.code <- code
	}()
	lines := bufio.NewReader(stdout)
	first, err := lines.ReadBytes('\n')
	if err != nil {
		t.Fatalf("no first line: exit status %d, %s", <-r.code, &r.stderr)
	}
	go func() {
		rest, _ := io.ReadAll(lines)
		r.rest <- rest
	}()
	fits(t, schemaNamed(t, "tap"), string(first))
	var ready struct{ UDP, TCP []string }
	require.NoError(t, json.Unmarshal(first, &ready))
	r.udp, r.tcp = ready.UDP, ready.TCP
	return r
}

// stop ends the tap and returns its exit status and what it printed.
func (r *runningTap) stop() (code int, stdout string) {
	r.in.Close()
	stdout = string(<-r.rest)
	return <-r.code, stdout
}

// Random traffic of the reference client and the reference server has no fault.
func TestTapFindsNothingInTheReference(t *testing.T) {
	udpTarget, tcpTarget := startPeer(t)
	for _, link := range [][]string{nil, {"--link", "lossy-5", "--seed", "3"}} {
		args := append([]string{
			"--udp", "127.0.0.1:0=" + udpTarget, "--tcp", "127.0.0.1:0=" + tcpTarget,
			"--profile", "strict", "--time-scale", "0.1", "--warnings-fail",
		}, link...)
		watch := startTap(t, args...)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		rng := rand.New(rand.NewPCG(1, 2))
		message := func() wire.Frame {
			payload := make([]byte, 1<<rng.IntN(14))
			for i := range payload {
				payload[i] = byte(rng.Uint32())
			}
			return wire.Frame{Type: wire.TypeData, Payload: payload}
		}

		stream, err := tcp.Dial(ctx, watch.tcp[0], tcp.Config{})
		require.NoError(t, err)
		for range 30 {
			if rng.IntN(3) == 0 {
				require.NoError(t, stream.Ping(ctx, []byte{byte(rng.Uint32())}))
			}
			send := stream.Send
			if rng.IntN(2) == 0 {
				send = stream.SendReliable
			}
			require.NoError(t, send(ctx, message()))
			_, err := stream.Receive(ctx)
			require.NoError(t, err)
		}
		require.NoError(t, stream.Close())

		conn, err := udp.Dial(ctx, watch.udp[0], udp.Config{Retries: 5})
		require.NoError(t, err)
		for range 30 {
			require.NoError(t, conn.SendReliable(ctx, netip.AddrPort{}, message()))
		}
		require.NoError(t, conn.Close())

		code, stdout := watch.stop()
		assert.Zero(t, code, "%s\n%s", stdout, &watch.stderr)
		assert.Regexp(t, `conversations 2, frames \d\d+, violations 0, warnings 0\n`, stdout)
		assert.NotContains(t, watch.stderr.String(), "not all was seen")
	}
}

// What is wrong is said with the side and the octets, in text and in JSON, and the
// octets are passed on as they are.
func TestTapSaysWhatIsWrong(t *testing.T) {
	udpTarget, tcpTarget := startPeer(t)
	dir := filepath.Join(t.TempDir(), "found")
	watch := startTap(t, "--udp", "127.0.0.1:0="+udpTarget, "--tcp", "127.0.0.1:0="+tcpTarget, "--out", dir)
	odd := forge.Frame{Type: 3, Flags: 0x80, Payload: []byte("odd")}.Bytes()

	c, err := net.Dial("tcp", watch.tcp[0])
	require.NoError(t, err)
	_, err = c.Write(odd) // without HELLO, too
	require.NoError(t, err)
	require.NoError(t, c.(*net.TCPConn).CloseWrite())
	answer, err := io.ReadAll(c)
	require.NoError(t, err)
	assert.Contains(t, string(answer), "odd")
	require.NoError(t, c.Close())

	u, err := net.Dial("udp", watch.udp[0])
	require.NoError(t, err)
	defer u.Close()
	require.NoError(t, u.SetDeadline(time.Now().Add(20*time.Second)))
	_, err = u.Write(odd)
	require.NoError(t, err)
	buf := make([]byte, 1500)
	n, err := u.Read(buf)
	require.NoError(t, err)
	assert.Contains(t, string(buf[:n]), "odd")

	code, stdout := watch.stop()
	assert.Equal(t, 1, code)
	assert.Regexp(t, `tcp 127\.0\.0\.1:\d+ → `+tcpTarget+`  MUST FLG-2 by the client, its frame 1 at octet 0: reserved FLAGS bits 0x80 are set\n    56 54 01 03 \[80\] 00 00`, stdout)
	assert.Contains(t, stdout, "MUST TCP-2 by the client, its frame 1 at octet 0: DATA is sent before any HELLO\n")
	assert.Contains(t, stdout, "MUST TCP-10 by the client: ")
	assert.Regexp(t, `udp 127\.0\.0\.1:\d+ → `+udpTarget+`  MUST FLG-2 by the client, its frame 1: `, stdout)
	assert.Contains(t, stdout, "FLG-2   MUST  client  2\n")
	assert.Contains(t, stdout, "conversations 2, frames 4, violations 4, warnings 0\n")

	text, err := os.ReadFile(filepath.Join(dir, "tap.txt"))
	require.NoError(t, err)
	assert.Equal(t, stdout, string(text))
	lines, err := os.ReadFile(filepath.Join(dir, "tap.jsonl"))
	require.NoError(t, err)
	var kinds []string
	for line := range strings.Lines(string(lines)) {
		var l struct{ Kind, Requirement string }
		require.NoError(t, json.Unmarshal([]byte(line), &l))
		fits(t, schemaNamed(t, "tap"), line)
		kinds = append(kinds, l.Kind)
	}
	assert.Equal(t, []string{"violation", "violation", "violation", "violation", "summary"}, kinds)
}
