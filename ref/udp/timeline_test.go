package udp_test

import (
	"context"
	"fmt"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/netem"
	"github.com/vstp-project/vstp/netem/memnet"
	"github.com/vstp-project/vstp/ref/udp"
	"github.com/vstp-project/vstp/ref/wire"
)

// bothSenders runs a test in which a Conn sends and one in which a Server does. send
// sends message m with so many octets and returns how that ended; its time begins
// when it is called. What is delivered is known to the oracle.
func bothSenders(t *testing.T, p netem.Profile, cfg udp.Config, size int, f func(t *testing.T, w *wired, send func() (time.Duration, error))) {
	t.Run("client", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newWired(t, p, cfg, udp.Config{})
			f(t, w, func() (time.Duration, error) {
				err := w.send(t.Context(), "m", size)
				return time.Since(w.start), err
			})
			w.close(t)
		})
	})
	t.Run("server", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			var w *wired
			ended := make(chan error, 1)
			cfg.Handler = func(ctx context.Context, r *udp.Request) { w.answerer("m", size, ended)(ctx, r) }
			w = newWired(t, p, udp.Config{}, cfg)
			// The question arrives a little later, and its time is taken off.
			payload := w.oracle.send("question", 9)
			require.NoError(t, w.conn.Send(t.Context(), w.at, wire.Frame{Type: wire.TypeData, Payload: payload}))
			go w.oracle.receive(t.Context(), w.conn)
			f(t, w, func() (time.Duration, error) {
				err := <-ended
				return time.Since(w.start) - lag, err
			})
			w.close(t)
		})
	})
}

// sent returns when datagrams of a label were sent, counted from the first of all
// that belong to message m.
func (w *wired) sent(label string) []time.Duration {
	at := w.times(label)
	first := w.times("DATA m")
	if first == nil {
		first = w.times("DATA m frag 0")
	}
	for i := range at {
		at[i] -= first[0]
	}
	return at
}

func milliseconds(n ...int) []time.Duration {
	var all []time.Duration
	for _, n := range n {
		all = append(all, time.Duration(n)*ms)
	}
	return all
}

// The timeline of section 17.1 to the nanosecond, whatever is lost: a link with 10 ms
// each way and scripted losses. [RTX-2] [RTX-4] [RTX-5] [RTX-6] [RTX-8] [RTX-9] [ACK-5]
// [ACK-6] [ACK-9]
func TestTimelineOverALink(t *testing.T) {
	type want struct {
		data, acks []int // when they were sent, in ms
		end        time.Duration
		timeout    bool
		delivered  int
	}
	for name, c := range map[string]struct {
		rules []netem.Rule
		want  want
	}{
		"nothing is lost":             {nil, want{[]int{0}, []int{10}, 20 * ms, false, 1}},
		"the first":                   {[]netem.Rule{drops("DATA m", 1, 1)}, want{[]int{0, 100}, []int{110}, 120 * ms, false, 1}},
		"two":                         {[]netem.Rule{drops("DATA m", 1, 2)}, want{[]int{0, 100, 300}, []int{310}, 320 * ms, false, 1}},
		"three":                       {[]netem.Rule{drops("DATA m", 1, 3)}, want{[]int{0, 100, 300, 700}, []int{710}, 720 * ms, false, 1}},
		"all":                         {[]netem.Rule{drops("DATA m", 1, 9)}, want{[]int{0, 100, 300, 700}, nil, 2700 * ms, true, 0}},
		"the first ACK":               {[]netem.Rule{drops("ACK *", 1, 1)}, want{[]int{0, 100}, []int{10, 110}, 120 * ms, false, 1}},
		"two ACKs":                    {[]netem.Rule{drops("ACK *", 1, 2)}, want{[]int{0, 100, 300}, []int{10, 110, 310}, 320 * ms, false, 1}},
		"three ACKs":                  {[]netem.Rule{drops("ACK *", 1, 3)}, want{[]int{0, 100, 300, 700}, []int{10, 110, 310, 710}, 720 * ms, false, 1}},
		"all ACKs":                    {[]netem.Rule{drops("ACK *", 1, 9)}, want{[]int{0, 100, 300, 700}, []int{10, 110, 310, 710}, 2700 * ms, true, 1}},
		"one of each":                 {[]netem.Rule{drops("DATA m", 1, 1), drops("ACK *", 1, 1)}, want{[]int{0, 100, 300}, []int{110, 310}, 320 * ms, false, 1}},
		"the ACK in the first pause":  {[]netem.Rule{delays("ACK *", 1, 1, 60*ms)}, want{[]int{0}, []int{10}, 70 * ms, false, 1}},
		"the ACK in the second pause": {[]netem.Rule{delays("ACK *", 1, 1, 250*ms), drops("ACK *", 2, 9)}, want{[]int{0, 100}, []int{10, 110}, 260 * ms, false, 1}},
		"the ACK in the last wait":    {[]netem.Rule{delays("ACK *", 1, 1, 2500*ms), drops("ACK *", 2, 9)}, want{[]int{0, 100, 300, 700}, []int{10, 110, 310, 710}, 2510 * ms, false, 1}},
		"the last moment":             {[]netem.Rule{delays("ACK *", 1, 1, 2690*ms-1), drops("ACK *", 2, 9)}, want{[]int{0, 100, 300, 700}, []int{10, 110, 310, 710}, 2700*ms - 1, false, 1}},
		"the ACK too late":            {[]netem.Rule{delays("ACK *", 1, 1, 2800*ms), drops("ACK *", 2, 9)}, want{[]int{0, 100, 300, 700}, []int{10, 110, 310, 710}, 2700 * ms, true, 1}},
		"a message that comes late":   {[]netem.Rule{delays("DATA m", 1, 1, 350*ms), drops("DATA m", 2, 9)}, want{[]int{0, 100, 300}, []int{350}, 360 * ms, false, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			bothSenders(t, exact(c.rules...), udp.Config{}, 100, func(t *testing.T, w *wired, send func() (time.Duration, error)) {
				end, err := send()
				if c.want.timeout {
					local(t, err, wire.Timeout)
				} else {
					require.NoError(t, err)
				}
				assert.Equal(t, c.want.end, end)
				time.Sleep(time.Hour) // nothing more happens
				assert.Equal(t, milliseconds(c.want.data...), w.sent("DATA m"))
				assert.Equal(t, milliseconds(c.want.acks...), w.sent("ACK of DATA m"))
				assert.Equal(t, c.want.delivered, w.deliveries("m"))
			})
		})
	}
}

// An ACK that comes after Timeout belongs to nobody: the next send is not taken in by
// it. [ACK-9]
func TestLateAckEndsNoOtherSend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWired(t, exact(delays("ACK of DATA m1", 1, 4, 2850*ms), drops("DATA m2", 1, 2)), udp.Config{}, udp.Config{})
		local(t, w.send(t.Context(), "m1", 10), wire.Timeout)
		require.NoError(t, w.send(t.Context(), "m2", 10))
		assert.Equal(t, 2700*ms+320*ms, time.Since(w.start))
		w.close(t)
	})
}

// pause is what a sender leaves between 16 fragments and the next 16.
const pause = 2750 * time.Microsecond

// leaves is when a fragment of the first transmission leaves.
func leaves(index int) time.Duration { return time.Duration(index/16) * pause }

// The longest message, 255 fragments with 284,325 octets: paced, repeated after a
// pause that begins with its last fragment, and completed by the one fragment that
// was lost. [FRG-6] [FRG-7] [FRG-13] [RTX-4] [RTX-7] [RTX-10] [ACK-2]
func TestLongestMessageOverALink(t *testing.T) {
	const octets, second = 284_325, 254/16*pause + 100*ms
	for name, c := range map[string]struct {
		rules []netem.Rule
		end   time.Duration
		sent  int // fragments
	}{
		"nothing is lost":   {nil, leaves(254) + 2*lag, 255},
		"the last fragment": {[]netem.Rule{drops("DATA m frag 254", 1, 1)}, second + leaves(254) + 2*lag, 510},
		// It completes the message, whose ACK stops the rest. What left before the ACK
		// came is four bursts.
		"the first fragment": {[]netem.Rule{drops("DATA m frag 0", 1, 1)}, second + 2*lag, 255 + 8*16},
		"the first ACK":      {[]netem.Rule{drops("ACK *", 1, 1)}, second + leaves(254) + 2*lag, 510},
		"one for ever":       {[]netem.Rule{drops("DATA m frag 99", 1, 9)}, 4*leaves(254) + 2700*ms, 4 * 255},
	} {
		t.Run(name, func(t *testing.T) {
			bothSenders(t, exact(c.rules...), udp.Config{FirstMsgID: 1 << 63}, octets, func(t *testing.T, w *wired, send func() (time.Duration, error)) {
				end, err := send()
				if name == "one for ever" {
					local(t, err, wire.Timeout)
					assert.Zero(t, w.deliveries("m"))
				} else {
					require.NoError(t, err)
					assert.Equal(t, 1, w.deliveries("m"))
				}
				assert.Equal(t, c.end, end)
				time.Sleep(time.Hour)
				var all []time.Duration
				for i := range 255 {
					at := w.sent("DATA m frag " + strconv.Itoa(i))
					assert.Equal(t, leaves(i), at[0])
					if len(at) > 1 {
						assert.Equal(t, second+leaves(i), at[1])
					}
					all = append(all, at...)
				}
				assert.Empty(t, w.sent("DATA m frag 255"))
				assert.Len(t, all, c.sent)
				for _, from := range all {
					within := 0
					for _, at := range all {
						if at >= from && at < from+10*ms {
							within++
						}
					}
					require.LessOrEqual(t, within, 64)
				}
				assert.Zero(t, w.server.Sessions()+w.conn.Sessions())
			})
		})
	}
}

// raw is a client that sends octets as they are.
type raw struct {
	*memnet.PacketConn
	to *memnet.PacketConn
}

func (r raw) send(t *testing.T, b []byte) {
	t.Helper()
	_, err := r.WriteTo(b, r.to.LocalAddr())
	require.NoError(t, err)
}

// Reassembly ends 30 s after the first fragment and not a nanosecond later, whatever
// comes in between; until then the last one completes the message, at 27 s at any
// rate. [RAS-8] [RAS-9] [RAS-10] [RAS-16]
func TestReassemblyDeadlineOverALink(t *testing.T) {
	for _, c := range []struct {
		after    time.Duration
		complete bool
	}{{27 * time.Second, true}, {30*time.Second - 2, true}, {30 * time.Second, false}, {31 * time.Second, false}} {
		t.Run(fmt.Sprint(c.after), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWired(t, exact(), udp.Config{}, udp.Config{})
				peer := raw{w.net.Client(), w.net.Server()}
				payload := w.oracle.send("m", 30)
				part := func(i int) []byte {
					return fragment(t, wire.FlagReqAck, 1, i, 3, string(payload[10*i:10*i+10]), "msg-id", "5")
				}
				peer.send(t, part(0))
				time.Sleep(15 * time.Second)
				peer.send(t, part(1))
				time.Sleep(c.after - 15*time.Second)
				peer.send(t, part(2))
				time.Sleep(lag + 1)
				synctest.Wait()
				assert.Equal(t, c.complete, w.deliveries("m") == 1)
				assert.Len(t, w.times("ACK of DATA m"), w.deliveries("m"))
				if c.complete {
					assert.Zero(t, w.server.Sessions())
				} else {
					assert.Equal(t, 1, w.server.Sessions(), "the late one has opened a session of its own")
				}
				time.Sleep(30 * time.Second)
				synctest.Wait()
				assert.Zero(t, w.server.Sessions())
				require.NoError(t, peer.Close())
				w.close(t)
			})
		})
	}
}

// Half a message is let go of by timer, with no datagram to remind of it. [RAS-16]
func TestSessionIsReleasedOnTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWired(t, exact(), udp.Config{}, udp.Config{})
		peer := raw{w.net.Client(), w.net.Server()}
		peer.send(t, fragment(t, 0, 1, 0, 3, "A"))
		time.Sleep(20 * time.Second)
		peer.send(t, fragment(t, 0, 1, 1, 3, "B"))
		time.Sleep(10*time.Second + lag - 1)
		synctest.Wait()
		assert.Equal(t, [2]int{1, 2}, [2]int{w.server.Sessions(), udp.HeldBy(w.server).Octets})
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		assert.Zero(t, udp.HeldBy(w.server))
		require.NoError(t, peer.Close())
		w.close(t)
	})
}

// With all 256 frag-ids taken the next message waits until the first has rested 30 s
// from its last fragment on, and no frag-id is used earlier. [FRG-8] [FRG-9]
func TestFragIDsRestOverALink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		link, err := netem.New(exact(), netem.Options{ExactTime: true})
		require.NoError(t, err)
		// One goroutine writes, and the order of its fragments is looked at.
		n := memnet.New(link, memnet.Options{AsWritten: true})
		client, server := n.Client(), n.Server()
		conn, err := udp.NewConn(client, udp.Config{})
		require.NoError(t, err)
		start := time.Now()
		const messages = 300
		for range messages {
			go conn.Send(t.Context(), addrOf(t, server), dataFrame(string(make([]byte, 2_000))))
		}
		last := map[string]time.Duration{} // by frag-id
		b := make([]byte, 2_048)
		var before string
		for i := range 2 * messages {
			n, _, err := server.ReadFrom(b)
			require.NoError(t, err)
			f, _, err := wire.Parse(b[:n], wire.Limits{})
			require.NoError(t, err)
			value, _ := f.Headers.Get("frag-id")
			id, now := string(value), time.Since(start)-lag
			if i%2 == 0 {
				require.NotEqual(t, before, id, "of consecutive messages")
				if i/2 < 256 {
					require.Equal(t, leaves(i), now)
					require.NotContains(t, last, id)
				} else {
					require.Equal(t, 30*time.Second+last[id], now, "as early as it may be")
				}
			} else {
				require.Equal(t, before, id)
			}
			before = id
			last[id] = now
		}
		require.NoError(t, conn.Close())
		require.NoError(t, server.Close())
	})
}
