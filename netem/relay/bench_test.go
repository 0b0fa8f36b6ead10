package relay_test

import (
	"net"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/netem"
)

// The benchmarks compare an exchange through the relay with the same exchange without
// it, in turns, so that what else the host does hits both alike. They report medians.

const benchOctets = 1200

// BenchmarkRate has one sender fill a sink, never more than a window ahead, so that no
// datagram is lost; "relayed/direct" is the rate through the relay divided by that
// without it.
func BenchmarkRate(b *testing.B) {
	const batch, window, batches, rounds = 64, 8, 200, 9 // the window in batches
	sink := listenUDP(b)
	require.NoError(b, sink.SetReadBuffer(4<<20))
	arrived, ended := make(chan struct{}, batches), make(chan struct{})
	go func() {
		defer close(ended)
		buf := make([]byte, 2*benchOctets)
		for n := 1; ; n++ {
			if _, _, err := sink.ReadFromUDPAddrPort(buf); err != nil {
				return
			}
			if n%batch == 0 {
				arrived <- struct{}{}
			}
		}
	}()
	defer func() {
		sink.Close()
		<-ended
	}()
	u := relayUDP(b, newLink(b, netem.Profile{}, netem.Options{}), sink)
	sender, datagram := listenUDP(b), make([]byte, benchOctets)
	fill := func(to net.Addr) float64 {
		at, began, guard := to.(*net.UDPAddr).AddrPort(), time.Now(), time.After(time.Minute)
		for n := range batches + window {
			if n >= window {
				select {
				case <-arrived:
				case <-guard:
					require.FailNow(b, "datagrams were lost")
				}
			}
			for range batch {
				if n < batches {
					_, err := sender.WriteToUDPAddrPort(datagram, at)
					require.NoError(b, err)
				}
			}
		}
		return batch * batches / time.Since(began).Seconds()
	}
	for b.Loop() {
		var ratios, direct []float64
		for range rounds {
			d := fill(sink.LocalAddr())
			direct, ratios = append(direct, d), append(ratios, fill(addrOf(u))/d)
		}
		b.ReportMetric(median(ratios), "relayed/direct")
		b.ReportMetric(median(direct), "direct-datagrams/s")
	}
	require.Empty(b, u.Stats().Inconclusive())
}

// BenchmarkAdded exchanges a datagram and its echo; "added-µs" is how much longer one
// way takes through the relay, "direct-µs" how long it takes without.
func BenchmarkAdded(b *testing.B) {
	const exchanges = 2000
	echo := listenUDP(b)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		buf := make([]byte, 2*benchOctets)
		for {
			n, from, err := echo.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			_, _ = echo.WriteToUDPAddrPort(buf[:n], from)
		}
	}()
	defer func() {
		echo.Close()
		<-ended
	}()
	u := relayUDP(b, newLink(b, netem.Profile{}, netem.Options{}), echo)
	client, buf := listenUDP(b), make([]byte, 2*benchOctets)
	exchange := func(to net.Addr) float64 {
		began := time.Now()
		_, err := client.WriteToUDPAddrPort(buf[:benchOctets], to.(*net.UDPAddr).AddrPort())
		require.NoError(b, err)
		require.NoError(b, client.SetReadDeadline(began.Add(10*time.Second)))
		_, _, err = client.ReadFromUDPAddrPort(buf)
		require.NoError(b, err)
		return float64(time.Since(began).Microseconds()) / 2
	}
	for b.Loop() {
		var direct, relayed []float64
		for range exchanges {
			direct, relayed = append(direct, exchange(echo.LocalAddr())), append(relayed, exchange(addrOf(u)))
		}
		b.ReportMetric(median(relayed)-median(direct), "added-µs")
		b.ReportMetric(median(direct), "direct-µs")
	}
}

func median(of []float64) float64 {
	slices.Sort(of)
	return of[len(of)/2]
}
