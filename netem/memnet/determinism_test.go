package memnet_test

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/netem"
	"github.com/vstp-project/vstp/netem/memnet"
)

// resend sends a message of four parts and sends it again after 100, 200 and 400 ms,
// as long as no acknowledgement has come.
func resend(client *memnet.PacketConn, server *memnet.PacketConn, name string, acked <-chan struct{}) (sends []time.Duration, ok bool) {
	began := time.Now()
	for _, wait := range []time.Duration{100 * ms, 200 * ms, 400 * ms, 800 * ms} {
		sends = append(sends, time.Since(began))
		for part := range 4 {
			_, _ = client.WriteTo(fmt.Appendf(nil, "DATA %s frag %d", name, part), server.LocalAddr())
		}
		timer := time.NewTimer(wait)
		select {
		case <-acked:
			timer.Stop()
			return sends, true
		case <-timer.C:
		}
	}
	return sends, false
}

// receive acknowledges messages of which all four parts have come.
func receive(server *memnet.PacketConn) {
	parts := map[string]map[string]bool{}
	b := make([]byte, 64)
	for {
		n, from, err := server.ReadFrom(b)
		if err != nil {
			return
		}
		name, part, _ := strings.Cut(strings.TrimPrefix(string(b[:n]), "DATA "), " frag ")
		if parts[name] == nil {
			parts[name] = map[string]bool{}
		}
		parts[name][part] = true
		if len(parts[name]) == 4 {
			_, _ = server.WriteTo([]byte("ACK "+name), from)
		}
	}
}

// exchange lets senders send one message each at once, and returns the record of it.
func exchange(t *testing.T, p netem.Profile, seed uint64, senders int, replayed bool) string {
	var record bytes.Buffer
	synctest.Test(t, func(t *testing.T) {
		memory := &netem.Memory{}
		if replayed {
			seed = 0
		}
		client, server := memnet.PacketPair(newLink(t, p, netem.Options{Seed: seed, Recorder: memory}))
		acked := make([]chan struct{}, senders)
		for i := range acked {
			acked[i] = make(chan struct{}, 100)
		}
		var background, sending sync.WaitGroup
		background.Go(func() { receive(server) })
		background.Go(func() {
			b := make([]byte, 64)
			for {
				n, _, err := client.ReadFrom(b)
				if err != nil {
					return
				}
				if i, err := strconv.Atoi(strings.TrimPrefix(string(b[:n]), "ACK m")); err == nil {
					acked[i] <- struct{}{}
				}
			}
		})
		for i := range senders {
			sending.Go(func() { resend(client, server, fmt.Sprint("m", i), acked[i]) })
		}
		sending.Wait()
		time.Sleep(time.Second)
		require.NoError(t, client.Close())
		require.NoError(t, server.Close())
		background.Wait()
		_, err := memory.Log().WriteTo(&record)
		require.NoError(t, err)
	})
	return record.String()
}

func lossy() netem.Profile {
	return both(netem.Impairments{
		Delay: 20 * ms, Jitter: 2 * ms, Loss: 0.2, Duplicate: netem.Duplicate{Chance: 0.1, Lag: 5 * ms},
		// Both depend on the order of datagrams.
		Burst: netem.Burst{Loss: 0.05, Mean: 3, Along: netem.AlongOrder}, Reorder: netem.Reorder{Every: 9, Shift: 5 * ms},
	})
}

// Eight goroutines send at the same instants, and yet the ordered record is the same
// octet for octet, 25 times for each of 40 seeds.
func TestOrderedTraceIsTheSameInEveryRun(t *testing.T) {
	const parts, seeds, runs = 4, 40, 25
	for part := range parts {
		t.Run(fmt.Sprint("part ", part+1), func(t *testing.T) {
			t.Parallel()
			distinct := map[string]bool{}
			for seed := 1 + part; seed <= seeds; seed += parts {
				first := exchange(t, lossy(), uint64(seed), 8, false)
				require.Greater(t, strings.Count(first, "\n"), 40)
				distinct[first] = true
				for range runs - 1 {
					require.Equal(t, first, exchange(t, lossy(), uint64(seed), 8, false), "seed %d", seed)
				}
			}
			assert.Len(t, distinct, seeds/parts)
		})
	}
}

// The record of a run, the replay of the record and the record of the replay.
func TestReplayInVirtualTime(t *testing.T) {
	for seed := range uint64(5) {
		first := exchange(t, lossy(), seed+1, 8, false)
		log, err := netem.ReadLog(strings.NewReader(first))
		require.NoError(t, err)
		assert.Equal(t, first, exchange(t, netem.Replay(log), 0, 8, true))
	}
}

// Transmissions at 0, 0.1, 0.3 and 0.7 s, to the nanosecond, and the end at 1.5 s.
func TestRetransmissionTimelineIsExact(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := memnet.PacketPair(newLink(t, both(netem.Impairments{Loss: 1}), netem.Options{}))
		began := time.Now()
		sends, ok := resend(client, server, "m", nil)
		assert.False(t, ok)
		assert.Equal(t, []time.Duration{0, 100 * ms, 300 * ms, 700 * ms}, sends)
		assert.Equal(t, 1500*ms, time.Since(began))
	})
}

// One goroutine's bursts of one instant arrive in its order: as parts of a message
// always, as different messages with AsWritten.
func TestFixedDelayKeepsTheOrderOfOneInstant(t *testing.T) {
	for _, asWritten := range []bool{false, true} {
		t.Run(fmt.Sprint(asWritten), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := memnet.New(newLink(t, both(netem.Impairments{Delay: 5 * ms}), netem.Options{}), memnet.Options{AsWritten: asWritten})
				client, server := n.Client(), n.Server()
				var want []string
				for i := range 200 {
					text := fmt.Sprintf("DATA m frag %d", i)
					if asWritten {
						text = fmt.Sprintf("DATA %d", 1000-i)
					}
					want = append(want, text)
					write(t, client, server.LocalAddr(), text)
				}
				var got []string
				for range want {
					text, _ := read(t, server)
					got = append(got, text)
				}
				assert.Equal(t, want, got)
			})
		})
	}
}

// A timer and a delivery of the same millisecond never meet: the phase decides.
func TestDeliveryNeverTiesWithATimer(t *testing.T) {
	for seed := range uint64(50) {
		synctest.Test(t, func(t *testing.T) {
			client, server := memnet.PacketPair(newLink(t, both(netem.Impairments{Delay: 100 * ms}), netem.Options{Seed: seed}))
			require.NoError(t, server.SetReadDeadline(time.Now().Add(100*ms)))
			write(t, client, server.LocalAddr(), "DATA")
			_, _, err := server.ReadFrom(make([]byte, 10))
			assert.True(t, timedOut(err), "the timer comes first, in every run")
		})
	}
}
