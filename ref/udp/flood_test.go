package udp_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/udp"
)

// honest sends a message of every length each 100 ms for a while and returns how long
// each took.
func (w *wired) honest(t *testing.T, prefix string, lasts time.Duration, sizes ...int) []time.Duration {
	t.Helper()
	var took []time.Duration
	for begin := time.Now(); time.Since(begin) < lasts; {
		for _, size := range sizes {
			start := time.Now()
			name := fmt.Sprint(prefix, len(took))
			require.NoError(t, w.send(t.Context(), name, size))
			took = append(took, time.Since(start))
		}
		time.Sleep(100 * ms)
	}
	return took
}

// attack lets sources send what strike makes, one datagram each millisecond, until the
// function that it returns is called.
func (w *wired) attack(t *testing.T, sources []raw, strike func(i int, from raw)) (stop func()) {
	t.Helper()
	var attackers sync.WaitGroup
	done := make(chan struct{})
	attackers.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-done:
				return
			case <-time.After(ms):
				strike(i, sources[i%len(sources)])
			}
		}
	})
	stop = sync.OnceFunc(func() {
		close(done)
		attackers.Wait()
	})
	t.Cleanup(stop)
	return stop
}

// spoofed returns clients with addresses of their own, as a forger uses them.
func (w *wired) spoofed(n int) []raw {
	var all []raw
	for range n {
		all = append(all, raw{w.net.Client(), w.net.Server()})
	}
	return all
}

// Floods of fragments of every hostile kind, a thousand a second for ten seconds
// each. In virtual time "is served" can be put sharply: each message of an honest
// client takes as long, to the nanosecond, as without any flood. [SEC-1] [RAS-4]
// [RAS-5] [RAS-6] [RAS-12] [RAS-15] [RAS-18]
func TestFloodsHoldNobodyUp(t *testing.T) {
	sizes := []int{10, 1_300, tenFragments, 40_000}
	large := strings.Repeat("x", 1_300)
	random := rand.New(rand.NewPCG(1, 2))
	const each = 10 * time.Second
	for name, c := range map[string]struct {
		sources, most int // sources, sessions
		strike        func(t *testing.T, i int) []byte
	}{
		"no flood": {1, 0, func(t *testing.T, _ int) []byte { return nil }},
		"wrong totals": {1, 0, func(t *testing.T, i int) []byte {
			return fragment(t, 0, i%256, i%256, i%256%7, "x", "msg-id", "1")
		}},
		"too long": {1, 0, func(t *testing.T, i int) []byte { return fragment(t, 0, i%256, 0, 2, large) }},
		"conflicting duplicates": {1, 3, func(t *testing.T, i int) []byte {
			return fragment(t, 0, i%3, i%2, 3+i%5, fmt.Sprint(i), "msg-id", "1")
		}},
		"conflicting headers": {1, 3, func(t *testing.T, i int) []byte {
			return fragment(t, 0, i%3, i%2, 3, "x", "msg-id", "1", "other", fmt.Sprint(i))
		}},
		"identical duplicates": {1, 1, func(t *testing.T, i int) []byte { return fragment(t, 0, 1, 0, 2, "x") }},
		"one source, as many sessions as it likes": {1, 64, func(t *testing.T, i int) []byte {
			return fragment(t, 0, i%256, 0, 255, "x", "msg-id", fmt.Sprint(i))
		}},
		"15 sources, as many sessions as they like": {15, 15 * 64, func(t *testing.T, i int) []byte {
			return fragment(t, 0, i%256, 0, 255, "x", "msg-id", fmt.Sprint(i))
		}},
		"900 spoofed sources": {900, 900, func(t *testing.T, i int) []byte { return fragment(t, 0, 1, 1, 2, "x") }},
		"messages of one fragment": {1, 0, func(t *testing.T, i int) []byte {
			return fragment(t, 0, i%256, 0, 1, fmt.Sprint("x", i, " "), "msg-id", fmt.Sprint(i))
		}},
		"octets": {1, 0, func(t *testing.T, i int) []byte {
			b := make([]byte, random.IntN(2_000))
			for i := range b {
				b[i] = byte(random.Uint32())
			}
			return append([]byte("VT\x01\x03"), b...)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWired(t, exact(), udp.Config{FirstMsgID: 1 << 63}, udp.Config{})
				sources := w.spoofed(c.sources)
				stop := w.attack(t, sources, func(i int, from raw) {
					if b := c.strike(t, i); b != nil {
						from.send(t, b)
					}
				})
				took := w.honest(t, "m", each, sizes...)
				require.Greater(t, len(took), 200)
				for i, d := range took {
					require.Equal(t, 2*lag+leaves(fragmentsOf(sizes[i%len(sizes)])-1), d, "message %d", i)
				}
				synctest.Wait()
				assert.Equal(t, c.most, w.server.Sessions(), "at the height of it")
				stop()
				time.Sleep(30*time.Second + lag)
				synctest.Wait()
				assert.Zero(t, udp.HeldBy(w.server))
				for _, s := range sources {
					require.NoError(t, s.Close())
				}
				w.close(t)
			})
		})
	}
}

// fragmentsOf returns how many datagrams a payload takes.
func fragmentsOf(octets int) int {
	if octets < 1_150 {
		return 1
	}
	const chunk = 1_115 // with REQ_ACK and a msg-id of 19 digits there is one octet more
	return (octets + chunk - 1) / chunk
}

// A table that forgers keep full: no message in fragments can begin, and all others
// go on: those in one datagram and those that had begun before. When the flood is over
// everything is as it was. [RAS-12] [RAS-13] [RAS-14] [RAS-16]
func TestTableThatForgersKeepFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWired(t, exact(), udp.Config{Retries: -1}, udp.Config{})
		begun := raw{w.net.Client(), w.net.Server()}
		payload := w.oracle.send("begun", 20)
		begun.send(t, fragment(t, 0, 1, 0, 2, string(payload[:10])))
		sources := w.spoofed(1_500)
		for i, from := range sources {
			from.send(t, fragment(t, 0, 1, 0, 2, fmt.Sprint(i)))
		}
		stop := w.attack(t, sources, func(i int, from raw) { from.send(t, fragment(t, 0, i%256, 0, 2, "x", "msg-id", fmt.Sprint(i))) })
		time.Sleep(2 * lag)
		for _, d := range w.honest(t, "m", 10*time.Second, 10, 1_100) {
			require.Equal(t, 2*lag, d)
		}
		synctest.Wait()
		assert.Equal(t, 1_000, w.server.Sessions())
		assert.Error(t, w.send(t.Context(), "refused", tenFragments))
		begun.send(t, fragment(t, 0, 1, 1, 2, string(payload[10:])))
		time.Sleep(2 * lag)
		assert.Equal(t, 1, w.deliveries("begun"))
		stop()
		time.Sleep(30*time.Second + lag)
		synctest.Wait()
		assert.Zero(t, w.server.Sessions())
		require.NoError(t, w.send(t.Context(), "afterwards", tenFragments))
		require.NoError(t, begun.Close())
		for _, s := range sources {
			require.NoError(t, s.Close())
		}
		w.close(t)
	})
}
