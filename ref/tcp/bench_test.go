package tcp_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/internal/bench"
	"github.com/vstp-project/vstp/ref/tcp"
	"github.com/vstp-project/vstp/ref/wire"
)

// The benchmarks here measure what they are about and its floor, a bare socket that
// carries the same octets, in turns of one run, and report the median of the ratios: that
// stays the same whatever else the machine does. Nothing is asserted. On one processor:
//
//	taskset -c 0 go test -run XXX -bench . ./ref/tcp

// sink is a server of one connection that takes octets and does nothing with them.
type sink struct {
	addr    string
	mu      sync.Mutex
	changed sync.Cond
	got     int
}

func newSink(b *testing.B) *sink {
	b.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(b, err)
	s := &sink{addr: listener.Addr().String()}
	s.changed.L = &s.mu
	done := make(chan struct{})
	go func() {
		defer close(done)
		nc, err := listener.Accept()
		if err != nil {
			return
		}
		defer nc.Close()
		io.Copy(s, struct{ io.Reader }{nc})
	}()
	b.Cleanup(func() {
		listener.Close()
		<-done
	})
	return s
}

// ReadFrom makes io.Copy read into a buffer of this size.
func (s *sink) ReadFrom(r io.Reader) (int64, error) {
	buffer := make([]byte, 256<<10)
	for {
		n, err := r.Read(buffer)
		s.mu.Lock()
		s.got += n
		s.changed.Broadcast()
		s.mu.Unlock()
		if err != nil {
			return int64(s.got), nil
		}
	}
}

func (s *sink) Write(p []byte) (int, error) { return len(p), nil }

// await waits until as many octets have come in all.
func (s *sink) await(octets int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.got < octets {
		s.changed.Wait()
	}
}

// cost is what something took: of the clock on the wall, and of the processors.
type cost struct{ wall, cpu time.Duration }

func costOf(f func()) cost {
	start, used := time.Now(), bench.CPUTime()
	f()
	return cost{time.Since(start), bench.CPUTime() - used}
}

// compare runs both in turns and returns the medians of how many times as much op takes
// as the floor, and of what op takes. The first turn does not count.
func compare(turns int, op, floor func()) (wall, cpu float64, took time.Duration) {
	op()
	floor()
	walls, cpus := make([]float64, turns), make([]float64, turns)
	times := make([]time.Duration, turns)
	for i := range turns {
		before, during, after := costOf(floor), costOf(op), costOf(floor)
		walls[i] = 2 * float64(during.wall) / float64(before.wall+after.wall)
		cpus[i] = 2 * float64(during.cpu) / float64(before.cpu+after.cpu)
		times[i] = during.wall
	}
	slices.Sort(walls)
	slices.Sort(cpus)
	slices.Sort(times)
	return walls[turns/2], cpus[turns/2], times[turns/2]
}

// BenchmarkStream measures how fast the messages of one caller leave a Conn, against a
// write for each on a bare socket: as a multiple of its rate.
func BenchmarkStream(b *testing.B) {
	for _, c := range []struct{ payload, frames int }{{64, 20_000}, {1024, 5_000}, {64 << 10, 400}} {
		b.Run(fmt.Sprint(c.payload), func(b *testing.B) { stream(b, c.payload, c.frames) })
	}
}

func stream(b *testing.B, payload, frames int) {
	ctx := context.Background()
	f := wire.Frame{Type: wire.TypeData, Payload: make([]byte, payload)}
	octets, err := f.AppendBinary(nil)
	require.NoError(b, err)

	ours := newSink(b)
	conn, err := tcp.Dial(ctx, ours.addr, tcp.Config{})
	require.NoError(b, err)
	defer conn.Close()
	sent := wire.Overhead // HELLO
	op := func() {
		for range frames {
			if err := conn.Send(ctx, f); err != nil {
				b.Fatal(err)
			}
		}
		sent += frames * len(octets)
		ours.await(sent)
	}

	theirs := newSink(b)
	raw, err := net.Dial("tcp", theirs.addr)
	require.NoError(b, err)
	defer raw.Close()
	written := 0
	floor := func() {
		for range frames {
			if _, err := raw.Write(octets); err != nil {
				b.Fatal(err)
			}
		}
		written += frames * len(octets)
		theirs.await(written)
	}

	b.ReportAllocs()
	for b.Loop() {
		wall, cpu, took := compare(15, op, floor)
		b.ReportMetric(1/wall, "x-write-per-frame")
		b.ReportMetric(1/cpu, "x-write-per-frame-cpu")
		b.ReportMetric(float64(took.Nanoseconds())/float64(frames), "ns/frame")
		b.ReportMetric(float64(frames*payload)*8e-9/took.Seconds(), "Gbit/s")
	}
}

// peerVariable makes the test binary serve the round trips of BenchmarkRoundTrip: both
// ends in one process would be a measurement of nothing but the scheduler.
const peerVariable = "VSTP_TEST_BENCH_PEER"

// runPeer serves an echo of octets and one of messages until its input ends, and says
// where.
func runPeer() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	s, err := tcp.Listen(context.Background(), "127.0.0.1:0", tcp.Config{Handler: echo})
	if err != nil {
		panic(err)
	}
	go func() {
		for {
			nc, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer nc.Close()
				buffer := make([]byte, 256<<10)
				for {
					n, err := nc.Read(buffer)
					if err != nil {
						return
					}
					nc.Write(buffer[:n])
				}
			}()
		}
	}()
	fmt.Println(listener.Addr(), s.Addr())
	io.Copy(io.Discard, os.Stdin)
	listener.Close()
	s.Close()
}

// startPeer starts a process that serves, and returns where.
func startPeer(b *testing.B) (octets, messages string) {
	b.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), peerVariable+"=1")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	require.NoError(b, err)
	out, err := cmd.StdoutPipe()
	require.NoError(b, err)
	require.NoError(b, cmd.Start())
	b.Cleanup(func() {
		in.Close()
		require.NoError(b, cmd.Wait())
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(b, err)
	octets, messages, _ = strings.Cut(strings.TrimSpace(line), " ")
	return octets, messages
}

// BenchmarkRoundTrip measures a message and its echo, client and server in a process
// each, as a multiple of what the same octets and their echo take on bare sockets; and
// two messages of which the answer to the second is waited for, as a multiple of a round
// trip, which takes a multiple of 40 ms where small segments are delayed.
func BenchmarkRoundTrip(b *testing.B) {
	octetsAt, messagesAt := startPeer(b)
	for _, payload := range []int{64, 1024, 64 << 10} {
		b.Run(fmt.Sprint(payload), func(b *testing.B) { roundTrip(b, octetsAt, messagesAt, payload) })
	}
}

func roundTrip(b *testing.B, octetsAt, messagesAt string, payload int) {
	ctx := context.Background()
	f := wire.Frame{Type: wire.TypeData, Payload: make([]byte, payload)}
	octets, err := f.AppendBinary(nil)
	require.NoError(b, err)
	raw, err := net.Dial("tcp", octetsAt)
	require.NoError(b, err)
	defer raw.Close()
	conn, err := tcp.Dial(ctx, messagesAt, tcp.Config{})
	require.NoError(b, err)
	defer conn.Close()

	back := make([]byte, len(octets))
	bare := func() {
		if _, err := raw.Write(octets); err != nil {
			b.Fatal(err)
		}
		if _, err := io.ReadFull(raw, back); err != nil {
			b.Fatal(err)
		}
	}
	send := func() {
		if err := conn.Send(ctx, f); err != nil {
			b.Fatal(err)
		}
	}
	receive := func() {
		if _, err := conn.Receive(ctx); err != nil {
			b.Fatal(err)
		}
	}
	single := func() { send(); receive() }
	times := func(n int, f func()) func() {
		return func() {
			for range n {
				f()
			}
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		ratio, _, took := compare(101, times(20, single), times(20, bare))
		b.ReportMetric(ratio, "x-raw-echo")
		b.ReportMetric(float64(took.Nanoseconds())/20/1000, "µs/trip")
		ratio, _, _ = compare(21, times(10, func() { send(); send(); receive(); receive() }), times(10, single))
		b.ReportMetric(ratio, "write-write-read/trip")
	}
}

// BenchmarkIdleConnections measures the memory of connections at a Server on which
// nothing happens, after a message and its answer on each.
func BenchmarkIdleConnections(b *testing.B) {
	const conns = 2000
	for b.Loop() {
		s, err := tcp.Listen(b.Context(), "127.0.0.1:0", tcp.Config{Handler: echo})
		require.NoError(b, err)
		message, err := wire.Frame{Type: wire.TypeData, Payload: make([]byte, 1000)}.AppendBinary(nil)
		require.NoError(b, err)
		before := memory()
		clients := make([]net.Conn, conns)
		back := make([]byte, len(message))
		for i := range clients {
			clients[i], err = net.Dial("tcp", s.Addr().String())
			require.NoError(b, err)
			_, err = clients[i].Write(message)
			require.NoError(b, err)
			_, err = io.ReadFull(clients[i], back)
			require.NoError(b, err)
		}
		b.ReportMetric(float64(memory()-before)/conns, "B/connection")
		b.ReportMetric(float64(runtime.NumGoroutine())/conns, "goroutines/connection")
		for _, nc := range clients {
			nc.Close()
		}
		require.NoError(b, s.Close())
	}
}

// memory returns the octets of heap and stacks that are in use.
func memory() uint64 {
	runtime.GC()
	runtime.GC() // what was kept for later in the first
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}
