package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance/forge"
	"github.com/vstp-project/vstp/netem"
	"github.com/vstp-project/vstp/netem/relay"
	"github.com/vstp-project/vstp/ref/peer"
	"github.com/vstp-project/vstp/ref/udp"
	"github.com/vstp-project/vstp/ref/wire"
)

// A running is a command that runs until its standard input is closed.
type running struct {
	ready  []byte // the first line
	in     *io.PipeWriter
	stderr bytes.Buffer
	code   chan int
}

// startCommand runs a command and waits for its first line.
func startCommand(t *testing.T, execute func(streams) int) *running {
	t.Helper()
	r := &running{code: make(chan int, 1)}
	in, stdin := io.Pipe()
	stdout, out := io.Pipe()
	r.in = stdin
	t.Cleanup(func() { stdin.Close() })
	go func() {
		code := execute(streams{in: in, out: out, err: &r.stderr})
		out.Close()
		r.code <- code
	}()
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	if err != nil {
		t.Fatalf("no first line: exit status %d, %s", <-r.code, &r.stderr)
	}
	r.ready = line
	return r
}

// stop closes the standard input and returns the exit status and what was said.
func (r *running) stop() (code int, stderr string) {
	r.in.Close()
	code = <-r.code
	return code, r.stderr.String()
}

func startNetem(t *testing.T, args ...string) (r *running, udp, tcp []string) {
	t.Helper()
	r = startCommand(t, func(s streams) int {
		return run(t.Context(), append([]string{"netem"}, args...), s)
	})
	var line struct {
		Ready    bool
		UDP, TCP []string
	}
	require.NoError(t, json.Unmarshal(r.ready, &line))
	require.True(t, line.Ready)
	return r, line.UDP, line.TCP
}

// startPeer runs the reference peer.
func startPeer(t *testing.T) (udp, tcp string) {
	t.Helper()
	r := startCommand(t, func(s streams) int {
		o := peer.Options{UDP: "127.0.0.1:0", TCP: "127.0.0.1:0", TimeScale: testScale}
		if err := peer.Run(t.Context(), o, s.in, s.out); err != nil {
			fmt.Fprintln(s.err, err)
			return 1
		}
		return 0
	})
	var line struct{ UDP, TCP string }
	require.NoError(t, json.Unmarshal(r.ready, &line))
	t.Cleanup(func() {
		code, stderr := r.stop()
		assert.Zero(t, code, stderr)
	})
	return line.UDP, line.TCP
}

func writeFile(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(content), 0o644))
	return path
}

// A message and its answer cross a link on which the first transmission of the one
// and the first ACK of it are lost.
func TestNetemCarriesAnExchange(t *testing.T) {
	target, _ := startPeer(t)
	scenario := writeFile(t, "first.netem.json", `{"netem": 1, "seed": 42, "rules": [
		{"dir": "ab", "match": "DATA *", "occurrence": "1", "do": "drop"},
		{"dir": "ba", "match": "ACK *", "occurrence": "1", "do": "drop"}]}`)
	link, at, _ := startNetem(t, "--link", scenario, "--udp", "127.0.0.1:0="+target)
	require.Len(t, at, 1)

	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	conn, err := udp.Dial(ctx, at[0], udp.Config{RetryDelay: 20 * time.Millisecond})
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.SendReliable(ctx, netip.AddrPort{}, wire.Frame{Type: wire.TypeData, Payload: []byte("across")}))
	answer, err := conn.Receive(ctx)
	require.NoError(t, err)
	assert.Equal(t, "across", string(answer.Frame.Payload))

	code, stderr := link.stop()
	assert.Zero(t, code)
	assert.Contains(t, stderr, "udp "+at[0]+" to "+target+", flow relay\n  clients 1, ")
	assert.Regexp(t, `  ab: sent \d+, dropped 1 \(script 1\)`, stderr)
	assert.Regexp(t, `  ba: sent \d+, dropped 1 \(script 1\)`, stderr)
	assert.Contains(t, stderr, "seed 42\n")
	assert.Contains(t, stderr, " netem --link "+quote(scenario)+" --udp "+quote("127.0.0.1:0="+target)+" --seed 42\n")
	assert.NotContains(t, stderr, "INCONCLUSIVE")
}

// Every octet of a stream leaves alone, both ways.
func TestNetemCutsStreams(t *testing.T) {
	_, target := startPeer(t)
	link, _, at := startNetem(t, "--link", "tcp-1byte", "--tcp", "127.0.0.1:0="+target)
	conn, err := net.Dial("tcp", at[0])
	require.NoError(t, err)
	defer conn.Close()
	hello := forge.Frame{Type: 1}.Bytes()
	_, err = conn.Write(hello)
	require.NoError(t, err)
	welcome, err := wire.NewReader(conn, wire.Limits{}).ReadFrame()
	require.NoError(t, err)
	assert.Equal(t, wire.TypeWelcome, welcome.Type)

	code, stderr := link.stop()
	assert.Zero(t, code)
	assert.Contains(t, stderr, "  connections 1, refused by the target 0\n")
	assert.Contains(t, stderr, fmt.Sprintf("  ab: octets %d, slices %[1]d, ", len(hello)))
	assert.Contains(t, stderr, fmt.Sprintf("  ba: octets %d, slices %[1]d, ", welcome.EncodedLen()))
	assert.Contains(t, stderr, "  boundaries: ")
}

// pings are as many different datagrams as make a share of drops certain.
func pings() [][]byte {
	var all [][]byte
	for i := range 100 {
		all = append(all, forge.Frame{Type: 4, Payload: fmt.Appendf(nil, "ping %d", i)}.Bytes())
	}
	return all
}

// askAll sends datagrams and then HELLO, which no link here loses. Its WELCOME comes
// after everything else has crossed or was dropped, for on a link without delay
// nothing overtakes.
func askAll(t *testing.T, addr string, datagrams [][]byte) {
	t.Helper()
	conn, err := net.Dial("udp", addr)
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.SetDeadline(time.Now().Add(time.Minute)))
	for _, d := range append(slices.Clone(datagrams), forge.Frame{Type: 1}.Bytes()) {
		_, err := conn.Write(d)
		require.NoError(t, err)
	}
	buf := make([]byte, 2048)
	for buf[3] != 2 {
		_, err := conn.Read(buf)
		require.NoError(t, err)
	}
}

// fates are the events of a record without order and time.
func fates(t *testing.T, path string) (header netem.Header, by map[string]netem.Fate) {
	t.Helper()
	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	log, err := netem.ReadLog(f)
	require.NoError(t, err)
	by = map[string]netem.Fate{}
	for _, e := range log.Events {
		by[fmt.Sprintf("%s %s %s #%d", e.Flow, e.Dir, e.Label, e.Occurrence)] = e.Fate
	}
	require.Len(t, by, len(log.Events))
	return log.Header, by
}

func dropped(by map[string]netem.Fate) int {
	n := 0
	for _, f := range by {
		if f.Verdict == netem.Drop {
			n++
		}
	}
	return n
}

// A record replays the same fates, whatever the order of datagrams; so does the seed,
// and another seed does not.
func TestNetemReplaysARecord(t *testing.T) {
	target, _ := startPeer(t)
	dir := t.TempDir()
	scenario := writeFile(t, "third.netem.json", `{"netem": 1, "both": {"loss": "30%"}, "rules": [
		{"match": "HELLO", "do": "deliver"}, {"match": "WELCOME*", "do": "deliver"}]}`)
	record := func(name string, datagrams [][]byte, args ...string) (netem.Header, map[string]netem.Fate, string) {
		path := filepath.Join(dir, name)
		link, at, _ := startNetem(t, append(args, "--udp", "127.0.0.1:0="+target, "--record", path)...)
		askAll(t, at[0], datagrams)
		code, stderr := link.stop()
		require.Zero(t, code, stderr)
		header, by := fates(t, path)
		return header, by, stderr
	}

	header, first, stderr := record("first", pings(), "--link", scenario, "--seed", "7", "--flow", "one")
	assert.Equal(t, uint64(7), header.Seed)
	lost := dropped(first)
	assert.NotZero(t, lost)
	assert.Less(t, lost, len(first)/2)
	assert.Contains(t, stderr, "--flow one --udp "+quote("127.0.0.1:0="+target)+" --replay "+quote(filepath.Join(dir, "first"))+"\n")

	backwards := pings()
	slices.Reverse(backwards)
	again, replayed, stderr := record("again", backwards, "--replay", filepath.Join(dir, "first"))
	assert.Equal(t, first, replayed)
	assert.Equal(t, header, again)
	assert.NotContains(t, stderr, "not in the record")
	assert.Contains(t, stderr, " --flow one\n", "the flow was taken from the record")

	_, seeded, _ := record("seeded", backwards, "--link", scenario, "--seed", "7", "--flow", "one")
	assert.Equal(t, first, seeded)
	_, other, _ := record("other", pings(), "--link", scenario, "--seed", "8", "--flow", "one")
	assert.NotEqual(t, first, other)

	// What the record does not know is let through, and said.
	strange := append(pings(), forge.Frame{Type: 4, Payload: []byte("another")}.Bytes())
	_, _, stderr = record("strange", strange, "--replay", filepath.Join(dir, "first"), "--flow", "one")
	assert.Contains(t, stderr, "  ab: not in the record, and so let through: 1\n")
	assert.Contains(t, stderr, "  ba: not in the record, and so let through: 1\n")
}

// Relays of one run have flows of their own, so that a record tells them apart.
func TestNetemRelaysHaveFlows(t *testing.T) {
	target, _ := startPeer(t)
	path := filepath.Join(t.TempDir(), "fates")
	via := "127.0.0.1:0=" + target
	link, at, _ := startNetem(t, "--link", "clean", "--record", path, "--udp", via, "--udp", via)
	require.Len(t, at, 2)
	for _, addr := range at {
		askAll(t, addr, nil)
	}
	code, stderr := link.stop()
	require.Zero(t, code, stderr)
	_, by := fates(t, path)
	assert.Contains(t, by, "relay ab HELLO #1")
	assert.Contains(t, by, "relay/2 ab HELLO #1")
}

func TestNetemFlowsOfARecord(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fates")
	lines := []string{`{"netem_record":1,"seed":1,"labeler":"vstp/1","profile":{"netem":1}}`}
	for i := range 7 {
		lines = append(lines, fmt.Sprintf(`{"t":"0s","f":"case/%d","d":"ab","n":1,"l":"PING","o":1,"len":15,"v":"drop","r":"loss"}`, i))
	}
	require.NoError(t, os.WriteFile(path, []byte(strings.Join(lines, "\n")), 0o644))
	for want, args := range map[string][]string{
		"--flow is missing: the record " + path + ` has several: there are ["case/0" "case/1" "case/2" "case/3" "case/4"] and 2 more`: nil,
		`--flow "case/9" is not in the record ` + path + `: did you mean "case/0"?`:                                                   {"--flow", "case/9"},
		"--replay " + path + ": the record was made with seed 1 and cannot be replayed with seed 2":                                   {"--flow", "case/3", "--seed", "2"},
		"--record and --replay name the same file":                                                                                    {"--flow", "case/3", "--record", path},
	} {
		var stdout, stderr bytes.Buffer
		args = append([]string{"netem", "--replay", path, "--udp", "127.0.0.1:0=127.0.0.1:9"}, args...)
		assert.Equal(t, 2, run(t.Context(), args, streams{out: &stdout, err: &stderr}))
		assert.Contains(t, stderr.String(), want)
		assert.Empty(t, stdout.String())
	}
}

// A drop that the link did not decide is not passed over in silence.
func TestNetemInconclusive(t *testing.T) {
	var out strings.Builder
	printUDP(&out, relay.UDPStats{Undecided: relay.Undecided{Known: true}})
	assert.NotContains(t, out.String(), "INCONCLUSIVE")
	printUDP(&out, relay.UDPStats{Undecided: relay.Undecided{Known: true, Target: 3}})
	assert.Contains(t, out.String(), "  INCONCLUSIVE: datagrams were lost that the link did not drop: 3 found no room in the target's receive buffer\n")
	assert.NotContains(t, out.String(), "this host does not tell")
	printUDP(&out, relay.UDPStats{Strangers: 2})
	assert.Contains(t, out.String(), "this host does not tell")
	assert.Contains(t, out.String(), "from elsewhere than the target, and not passed on: 2\n")
}

// An interrupt is the way to end it.
func TestNetemInterrupted(t *testing.T) {
	for _, sig := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		t.Run(sig.String(), func(t *testing.T) {
			t.Parallel()
			record := filepath.Join(t.TempDir(), "fates")
			cmd, stdout := startProgram(t, "netem", "--link", "lossy-5", "--record", record, "--udp", "127.0.0.1:0=127.0.0.1:9")
			line, err := bufio.NewReader(stdout).ReadString('\n')
			require.NoError(t, err)
			assert.Regexp(t, `^\{"ready":true,"udp":\["127\.0\.0\.1:\d+"\]\}\n$`, line)
			require.NoError(t, cmd.Process.Signal(sig))
			require.NoError(t, cmd.Wait())
			header, _ := fates(t, record)
			assert.Equal(t, "lossy-5", header.Profile.Name)
		})
	}
}

// A record that cannot be written is said, even where the run was interrupted.
func TestNetemFullDisk(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("not tried: only Linux has /dev/full")
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r := startCommand(t, func(s streams) int {
		return run(ctx, []string{"netem", "--link", "clean", "--record", "/dev/full", "--udp", "127.0.0.1:0=127.0.0.1:9"}, s)
	})
	cancel()
	assert.Equal(t, 4, <-r.code)
	assert.Contains(t, r.stderr.String(), "writing the record")
}
