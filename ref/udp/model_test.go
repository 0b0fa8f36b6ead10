package udp_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vstp-project/vstp/netem"
	"github.com/vstp-project/vstp/netem/memnet"
	"github.com/vstp-project/vstp/ref/session"
	"github.com/vstp-project/vstp/ref/udp"
	"github.com/vstp-project/vstp/ref/wire"
)

// machine is a Server, some Conns and a hostile client on one link, and what is known
// of them.
type machine struct {
	*oracle
	net     *memnet.Net
	at      netip.AddrPort // the Server's
	server  *udp.Server
	conns   []*udp.Conn
	hostile raw
	cfg     udp.Config // the limits of all of them
	made    int        // names
	running []int      // sends of each Conn that ask for an ACK and have not ended
	sends   sync.WaitGroup
}

func newMachine(t *testing.T, p netem.Profile, seed uint64, conns int, cfg udp.Config) *machine {
	m := &machine{oracle: newOracle(), cfg: cfg, running: make([]int, conns)}
	link, err := netem.New(p, netem.Options{Seed: seed, Labeler: newLabels(), Recorder: m.oracle})
	require.NoError(t, err)
	m.net = memnet.New(link, memnet.Options{})
	m.at = addrOf(t, m.net.Server())
	cfg.Handler = m.answer
	m.server, err = udp.Serve(t.Context(), m.net.Server(), cfg)
	require.NoError(t, err)
	for range conns {
		conn, err := udp.NewConn(m.net.Client(), cfg)
		require.NoError(t, err)
		m.conns = append(m.conns, conn)
		go m.oracle.receive(t.Context(), conn)
	}
	m.hostile = raw{m.net.Client(), m.net.Server()}
	return m
}

// answer is the application of the Server: a question gets a message in return, with
// acknowledgement, of as many octets.
func (m *machine) answer(ctx context.Context, r *udp.Request) {
	m.delivered(r.Message.Payload)
	if number, ok := strings.CutPrefix(nameOf(r.Message.Payload), "q"); ok {
		m.settled("a"+number, r.AnswerReliable(ctx, wire.Frame{Type: wire.TypeData, Payload: m.oracle.send("a"+number, len(r.Message.Payload))}))
	}
}

// settled takes note of how a send has ended.
func (m *machine) settled(name string, err error) {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		m.abandon(name)
	} else {
		m.end(name, err)
	}
}

// send begins to send a message whose name has the given first letter.
func (m *machine) send(ctx context.Context, conn int, letter string, size int, acknowledged bool) {
	m.made++
	name := letter + strconv.Itoa(m.made)
	f := wire.Frame{Type: wire.TypeData, Payload: m.oracle.send(name, size)}
	to := m.conns[conn]
	if !acknowledged {
		if f.EncodedLen() <= session.MaxDatagram {
			m.mayRepeat(name) // it has no msg-id
		}
		m.sends.Go(func() {
			if err := to.Send(ctx, m.at, f); err != nil {
				m.mu.Lock()
				defer m.mu.Unlock()
				m.fault("%s could not be sent: %v", name, err)
			}
		})
		return
	}
	m.mu.Lock()
	m.running[conn]++
	m.mu.Unlock()
	m.sends.Go(func() {
		m.settled(name, to.SendReliable(ctx, m.at, f))
		m.mu.Lock()
		defer m.mu.Unlock()
		m.running[conn]--
	})
}

// check holds everything against what it has to be.
func (m *machine) check(t require.TestingT) {
	synctest.Wait()
	require.NoError(t, m.verdict())
	for i, held := range append([]udp.Held{udp.HeldBy(m.server)}, m.heldByConns()...) {
		require.LessOrEqual(t, held.Sessions, m.cfg.MaxSessions, "end %d", i)
		require.LessOrEqual(t, held.Octets, m.cfg.MaxSessionOctets, "end %d", i)
		require.LessOrEqual(t, held.Records, m.cfg.MaxDuplicates, "end %d", i)
		if i > 0 {
			m.mu.Lock()
			running := m.running[i-1]
			m.mu.Unlock()
			require.Equal(t, running, held.Sends, "end %d", i)
		}
	}
}

func (m *machine) heldByConns() (all []udp.Held) {
	for _, conn := range m.conns {
		all = append(all, udp.HeldByConn(conn))
	}
	return all
}

// settle waits until every send has ended and every memory is over.
func (m *machine) settle(t require.TestingT) {
	m.sends.Wait()
	time.Sleep(2 * time.Minute)
	m.check(t)
	require.Zero(t, udp.HeldBy(m.server))
	for _, held := range m.heldByConns() {
		require.Zero(t, held)
	}
}

func (m *machine) close() {
	for _, conn := range m.conns {
		conn.Close()
	}
	m.server.Close()
	m.hostile.Close()
	m.sends.Wait()
}

// drawLink draws a named profile or a link of any faults. A rebinding is not among
// them: the second half of a message and its repetitions come from another source
// then, and are another message.
func drawLink(t *rapid.T) netem.Profile {
	names := []string{"clean", "lan", "cable", "wifi", "wifi-weak", "lte", "3g-slow", "leo", "satellite", "interop", "loss-1", "lossy-5", "lossy-20", "bursty", "reorder-heavy", "reorder-gap5", "dup", "corrupt", "blackhole-1s", "blackhole-31s", "mtu-1280", "swizzle", ""}
	name := rapid.SampledFrom(names).Draw(t, "profile")
	if name == "" {
		percent := rapid.SampledFrom([]float64{0, 0.05, 0.2, 0.5})
		draw := func(dir string) netem.Impairments {
			delay := rapid.IntRange(0, 300).Draw(t, dir+": delay in ms")
			jitter := rapid.SampledFrom([]int{0, 3, 200}).Draw(t, dir+": jitter in ms")
			return netem.Impairments{
				Delay:     time.Duration(delay) * ms,
				Jitter:    time.Duration(min(jitter, delay)) * ms,
				Loss:      percent.Draw(t, dir+": loss"),
				Duplicate: netem.Duplicate{Chance: percent.Draw(t, dir+": duplicates"), Lag: time.Second},
				Corrupt:   netem.Corrupt{Chance: percent.Draw(t, dir+": corrupted"), Octets: 3},
			}
		}
		return netem.Profile{Name: "any", AB: draw("ab"), BA: draw("ba")}
	}
	p, err := netem.ProfileByName(name)
	require.NoError(t, err)
	// A queue without an end would keep copies longer than they are remembered.
	for _, r := range []*netem.Rate{&p.AB.Rate, &p.BA.Rate} {
		if r.Bandwidth > 0 && r.Queue == 0 {
			r.Queue = 200_000
		}
	}
	return p
}

// Any use of Conns and a Server over any link, with a hostile client beside them:
// nothing corrupted, nothing delivered twice, nothing acknowledged that was not
// complete, every failure reported as Timeout, memory within its bounds at every
// moment and in the end none in use. [ACK-1] [ACK-2] [ACK-5] [ACK-6] [RAS-12]
// [RAS-16] [RAS-20] [RTX-5] [RTX-8]
func TestConnsAgainstAModel(t *testing.T) {
	var ended [4]int // messages, by how
	rapid.Check(t, func(rt *rapid.T) {
		p := drawLink(rt)
		seed := rapid.Uint64Min(1).Draw(rt, "seed")
		conns := rapid.IntRange(1, 3).Draw(rt, "Conns")
		cfg := udp.Config{MaxSessions: 40, MaxSessionsPerSource: 30, MaxSessionOctets: 400_000, MaxDuplicates: 5_000}
		var failure any
		synctest.Test(t, func(t *testing.T) {
			m := newMachine(t, p, seed, conns, cfg)
			defer func() {
				failure = recover() // rapid's own way to end a check, which has to leave the bubble
				m.close()
				for e := range ended {
					ended[e] += m.count(ending(e))
				}
			}()
			size := rapid.SampledFrom([]int{0, 100, 1_170, 1_190, 2_000, 11_000, 24_000})
			rt.Repeat(map[string]func(*rapid.T){
				"": func(rt *rapid.T) { m.check(rt) },
				"send": func(rt *rapid.T) {
					letter := rapid.SampledFrom([]string{"m", "q"}).Draw(rt, "message or question")
					for range rapid.IntRange(1, 4).Draw(rt, "number") {
						m.send(t.Context(), rapid.IntRange(0, conns-1).Draw(rt, "Conn"), letter, size.Draw(rt, "size"), true)
					}
				},
				"send without acknowledgement": func(rt *rapid.T) {
					m.send(t.Context(), rapid.IntRange(0, conns-1).Draw(rt, "Conn"), "m", size.Draw(rt, "size"), false)
				},
				"abandon": func(rt *rapid.T) {
					ctx, cancel := context.WithCancel(t.Context())
					m.send(ctx, rapid.IntRange(0, conns-1).Draw(rt, "Conn"), "m", size.Draw(rt, "size"), true)
					time.AfterFunc(time.Duration(rapid.IntRange(0, 3_000).Draw(rt, "after ms"))*ms, cancel)
				},
				"pass time": func(rt *rapid.T) {
					time.Sleep(time.Duration(rapid.SampledFrom([]int{0, 1, 15, 100, 700, 5_000, 31_000}).Draw(rt, "ms")) * ms)
				},
				"attack": func(rt *rapid.T) {
					index, total := rapid.IntRange(0, 4), rapid.IntRange(0, 4)
					for range rapid.IntRange(1, 50).Draw(rt, "fragments") {
						m.hostile.send(t, fragment(t, 0, rapid.IntRange(0, 255).Draw(rt, "frag-id"), index.Draw(rt, "index"), total.Draw(rt, "total"),
							"x "+strings.Repeat("x", size.Draw(rt, "size")%1_400)))
					}
					m.hostile.send(t, rapid.SliceOf(rapid.Byte()).Draw(rt, "octets"))
				},
			})
			m.settle(rt)
		})
		// Rapid tells one failure from another by the place of its panic.
		if fmt.Sprintf("%T", failure) == "rapid.invalidData" {
			panic(failure)
		}
		if failure != nil {
			rt.Fatalf("%v", failure)
		}
	})
	t.Logf("%d messages acknowledged, %d ended with Timeout, %d abandoned, %d that asked for no ACK", ended[succeeded], ended[timedOut], ended[abandoned], ended[unended])
	assert.Positive(t, ended[succeeded])
	assert.Positive(t, ended[timedOut])
}
