package udp_test

import (
	"net/netip"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/netem"
	"github.com/vstp-project/vstp/netem/memnet"
	"github.com/vstp-project/vstp/ref/udp"
	"github.com/vstp-project/vstp/ref/wire"
)

// BenchmarkLossyTransfers measures how many acknowledged messages of ten fragments
// get over a link that loses one datagram in twenty, in virtual time and on as many
// processors as there are: through Conn, Server and a network in memory under
// testing/synctest, and with the same frames through the event loop, which has
// neither goroutines nor sockets. The second is also given as a multiple of the
// first, of the same process.
func BenchmarkLossyTransfers(b *testing.B) {
	profile, err := netem.ProfileByName("lossy-5")
	require.NoError(b, err)
	var under float64
	b.Run("udp-synctest", func(b *testing.B) {
		b.ReportAllocs()
		inBubbles(b, func(t *testing.T, seed uint64, next func() bool) { lossyConn(t, profile, seed, next) })
		under = float64(b.N) / b.Elapsed().Seconds()
		b.ReportMetric(under, "transfers/s")
	})
	b.Run("event-loop", func(b *testing.B) {
		b.ReportAllocs()
		var begun atomic.Int64
		var workers sync.WaitGroup
		for range runtime.GOMAXPROCS(0) {
			l := newLoop(b, profile)
			workers.Go(func() {
				for i := begun.Add(1); i <= int64(b.N); i = begun.Add(1) {
					l.begin(uint64(i))
					l.transfer(l.client, "m", tenFragments)
					if err := l.run(); err != nil {
						b.Error(err)
						return
					}
				}
			})
		}
		workers.Wait()
		rate := float64(b.N) / b.Elapsed().Seconds()
		b.ReportMetric(rate, "transfers/s")
		if under > 0 {
			b.ReportMetric(rate/under, "x-synctest")
		}
	})
}

// tenFragments is the octets of a payload that takes ten fragments.
const tenFragments = 11_000

// perBubble is how many transfers one bubble carries, so that the cost of a Conn and
// a Server is shared.
const perBubble = 100

// inBubbles runs f in bubbles, on every processor, as often as it takes for next to
// have been true b.N times. A benchmark has no *testing.T, which a bubble needs: the
// testing package makes one.
func inBubbles(b *testing.B, f func(t *testing.T, seed uint64, next func() bool)) {
	var begun, seeds atomic.Int64
	processors := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(processors) // RunTests sets it
	var workers sync.WaitGroup
	work := func(t *testing.T) {
		for begun.Load() < int64(b.N) && !t.Failed() {
			synctest.Test(t, func(t *testing.T) {
				left := perBubble
				f(t, uint64(seeds.Add(1)), func() bool {
					left--
					return left >= 0 && begun.Add(1) <= int64(b.N)
				})
			})
		}
	}
	all := func(string, string) (bool, error) { return true, nil }
	ok := testing.RunTests(all, []testing.InternalTest{{Name: b.Name(), F: func(t *testing.T) {
		runtime.GOMAXPROCS(processors)
		for range processors {
			workers.Go(func() { work(t) })
		}
		workers.Wait()
	}}})
	require.True(b, ok)
}

// lossyConn sends messages one after the other for as long as there is a next one.
func lossyConn(t *testing.T, p netem.Profile, seed uint64, next func() bool) {
	o := newOracle()
	link, err := netem.New(p, netem.Options{Seed: seed, Labeler: newLabels(), Recorder: o})
	require.NoError(t, err)
	client, server := memnet.PacketPair(link)
	s, err := udp.Serve(t.Context(), server, udp.Config{Handler: o.handle})
	require.NoError(t, err)
	conn, err := udp.NewConn(client, udp.Config{})
	require.NoError(t, err)
	to := netip.MustParseAddrPort(server.LocalAddr().String())
	for i := 0; next(); i++ {
		name := "m" + strconv.Itoa(i)
		payload := o.send(name, tenFragments)
		o.end(name, conn.SendReliable(t.Context(), to, wire.Frame{Type: wire.TypeData, Payload: payload}))
	}
	time.Sleep(time.Second)
	require.NoError(t, conn.Close())
	require.NoError(t, s.Close())
	require.NoError(t, o.verdict())
}
