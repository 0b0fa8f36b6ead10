package udp

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/internal/bench"
	"github.com/vstp-project/vstp/ref/wire"
)

// interleaved runs the ways of doing the same thing in turns and returns the processor
// time of each that is the median of all rounds, and the median of each one's share in
// the time of the way before it in the same round.
func interleaved(b *testing.B, rounds int, ways ...func()) (median []time.Duration, gain []float64) {
	times := make([][]time.Duration, len(ways))
	gains := make([][]float64, len(ways))
	for range rounds {
		for i, way := range ways {
			began := bench.CPUTime()
			way()
			times[i] = append(times[i], bench.CPUTime()-began)
			if i > 0 {
				gains[i] = append(gains[i], float64(times[i-1][len(times[i-1])-1])/float64(times[i][len(times[i])-1]))
			}
		}
	}
	for i := range ways {
		slices.Sort(times[i])
		slices.Sort(gains[i])
		median = append(median, times[i][rounds/2])
		if i == 0 {
			gain = append(gain, 1)
		} else {
			gain = append(gain, gains[i][rounds/2])
		}
	}
	return median, gain
}

// BenchmarkOneWay measures what 1,200-octet datagrams cost from one socket to another
// on the loopback interface: with nothing but WriteTo and ReadFrom; as frames, built
// and parsed with their CRC32, one datagram in a call; and the same with several in a
// call. All three take turns in one process and one goroutine. x-bare and x-plain are
// how many times as fast as the way before each of the two is, by processor time.
func BenchmarkOneWay(b *testing.B) {
	const datagrams, together = 212, 53
	cfg, err := Config{}.withDefaults()
	require.NoError(b, err)
	open := func(cfg Config) *udpSocket {
		s, err := listen(b.Context(), "127.0.0.1:0", cfg)
		require.NoError(b, err)
		b.Cleanup(func() { s.close() })
		return s.(*udpSocket)
	}
	from, to := open(cfg), open(cfg)
	if receive, send := from.offloads(); !receive || !send {
		b.Skip("not tried: this kernel has no UDP_SEGMENT or no UDP_GRO")
	}
	cfg.NoOffload = true
	plainFrom, plainTo := open(cfg), open(cfg)
	bareFrom, err := net.ListenPacket("udp4", "127.0.0.1:0")
	require.NoError(b, err)
	defer bareFrom.Close()
	bareTo, err := net.ListenPacket("udp4", "127.0.0.1:0")
	require.NoError(b, err)
	defer bareTo.Close()
	require.NoError(b, bareTo.(*net.UDPConn).SetReadBuffer(DefaultBuffer))

	f := wire.Frame{Type: wire.TypeData, Payload: make([]byte, 1200-wire.Overhead)}
	out, in := make([]byte, 0, together*1200), make([]byte, 1<<16)
	parse := func(octets []byte) {
		if _, n, err := wire.Parse(octets, wire.Limits{}); err != nil || n != 1200 {
			b.Fatal(n, err)
		}
	}
	whole, err := f.AppendBinary(nil)
	require.NoError(b, err)
	bare := func() {
		for range datagrams {
			if _, err := bareFrom.WriteTo(whole, bareTo.LocalAddr()); err != nil {
				b.Fatal(err)
			}
		}
		for range datagrams {
			if _, _, err := bareTo.ReadFrom(in); err != nil {
				b.Fatal(err)
			}
		}
	}
	toPlain := path{peer: plainTo.localAddr().(*net.UDPAddr).AddrPort()}
	plain := func() {
		for range datagrams {
			out, _ = f.AppendBinary(out[:0])
			if err := plainFrom.send(out, toPlain); err != nil {
				b.Fatal(err)
			}
		}
		for range datagrams {
			n, _, _, err := plainTo.receive(in)
			if err != nil {
				b.Fatal(err)
			}
			parse(in[:n])
		}
	}
	toOffload := path{peer: to.localAddr().(*net.UDPAddr).AddrPort()}
	offload := func() {
		for sent := 0; sent < datagrams; sent += together {
			out = out[:0]
			for range together {
				out, _ = f.AppendBinary(out)
			}
			if !from.sendTogether(out, 1200, toOffload) {
				b.Fatal("not sent in one call")
			}
		}
		for got := 0; got < datagrams; {
			n, _, _, err := to.receive(in)
			if err != nil {
				b.Fatal(err)
			}
			for at := 0; at < n; at += 1200 {
				parse(in[at:min(at+1200, n)])
				got++
			}
		}
	}
	var median []time.Duration
	var gain []float64
	for b.Loop() {
		median, gain = interleaved(b, 101, bare, plain, offload)
	}
	for i, name := range []string{"bare-cpu-ns", "plain-cpu-ns", "offload-cpu-ns"} {
		b.ReportMetric(float64(median[i].Nanoseconds())/datagrams, name)
	}
	b.ReportMetric(gain[1], "x-bare")
	b.ReportMetric(gain[2], "x-plain")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkBulk measures acknowledged messages that fill a datagram, from a Conn to a
// Server on the loopback interface, with and without several datagrams in a call, in
// turns: processor time for each message at both ends, ACK and application included.
func BenchmarkBulk(b *testing.B) {
	const messages = 5_000
	send := func(off bool) func() {
		var delivered atomic.Int64
		server, err := Listen(b.Context(), "127.0.0.1:0", Config{
			NoOffload: off, QueueMessages: 8192, QueuePerSource: 8192, QueueOctets: 64 << 20,
			Handler: func(context.Context, *Request) { delivered.Add(1) },
		})
		require.NoError(b, err)
		b.Cleanup(func() { server.Close() })
		conn, err := Dial(b.Context(), server.Addr().String(), Config{Local: "127.0.0.1:0", NoOffload: off})
		require.NoError(b, err)
		b.Cleanup(func() { conn.Close() })
		f := wire.Frame{Type: wire.TypeData, Payload: make([]byte, 1200-wire.Overhead-2-len(wire.KeyMsgID)-20)}
		return func() {
			err := conn.SendBulk(b.Context(), netip.AddrPort{}, func(yield func(wire.Frame) bool) {
				for range messages {
					if !yield(f) {
						return
					}
				}
			})
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	plain, offload := send(true), send(false)
	var median []time.Duration
	var gain []float64
	for b.Loop() {
		median, gain = interleaved(b, 21, plain, offload)
	}
	b.ReportMetric(float64(median[0].Nanoseconds())/messages, "plain-cpu-ns")
	b.ReportMetric(float64(median[1].Nanoseconds())/messages, "offload-cpu-ns")
	b.ReportMetric(gain[1], "x-plain")
	b.ReportMetric(0, "ns/op")
}
