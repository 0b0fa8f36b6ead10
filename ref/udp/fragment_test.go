package udp_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/frag"
	"github.com/vstp-project/vstp/ref/session"
	"github.com/vstp-project/vstp/ref/udp"
	"github.com/vstp-project/vstp/ref/wire"
)

// collect puts the fragments of one message together that come to a node. It returns
// the message and the fragments.
func (c *node) collect(t *testing.T) (wire.Frame, []wire.Frame) {
	t.Helper()
	r := frag.NewReassembler(frag.Config{})
	var fragments []wire.Frame
	for {
		f, p := c.next(t)
		require.LessOrEqual(t, len(p.octets), session.MaxDatagram)
		require.True(t, f.Flags.Has(wire.FlagFrag))
		fragments = append(fragments, f.Clone())
		m, complete, err := r.Add(time.Now(), p.from, f)
		require.NoError(t, err)
		if complete {
			return m, fragments
		}
	}
}

// [FRG-1] [FRG-3] [FRG-4] [FRG-5] [FRG-8] [FRG-10] [FRG-11] [FRG-13] [RAS-3] [ACK-2]
func TestFragmentedEcho(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		s, c := n.server(t, 1, udp.Config{})
		defer s.Close()
		peer := n.node(2, 4000)
		for _, flags := range []wire.Flags{wire.FlagReqAck, 0} {
			var last wire.Frame
			for id := range 2 {
				payload := []byte(strings.Repeat(fmt.Sprint(id), 3_000))
				for i := range 3 {
					peer.send(t, c.addr, fragment(t, flags, id, i, 3, string(payload[1_000*i:1_000*i+1_000]), "msg-id", fmt.Sprint(id)))
				}
				if flags != 0 {
					assert.Equal(t, fmt.Sprint(id), msgID(t, peer.want(t, wire.TypeAck, "")))
				}
				m, fragments := peer.collect(t)
				assert.Equal(t, payload, m.Payload)
				assert.Zero(t, m.Flags)
				assert.Len(t, fragments, 3)
				assert.Equal(t, 1, m.Headers.Len())
				if last.Type != 0 {
					was, _ := last.Headers.Get(wire.KeyFragID)
					is, _ := fragments[0].Headers.Get(wire.KeyFragID)
					assert.NotEqual(t, was, is, "frag-id")
					assert.NotEqual(t, msgID(t, last), msgID(t, fragments[0]))
				}
				last = fragments[0]
			}
		}
		synctest.Wait()
		peer.idle(t)
		assert.Zero(t, s.Sessions())
	})
}

// [FRG-2] [FRG-7] [FRG-15] [UDP-9]
func TestAnswerSizes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		refused := make(chan error, 3)
		answer := func(r *udp.Request, size int) error {
			return r.Answer(wire.Frame{Type: wire.TypeData, Payload: make([]byte, size)})
		}
		s, c := n.server(t, 1, udp.Config{Handler: func(_ context.Context, r *udp.Request) {
			refused <- answer(r, 306_000)
			refused <- answer(r, 306_001)
			assert.NoError(t, answer(r, 1_185))
			assert.NoError(t, answer(r, 1_186))
			assert.NoError(t, answer(r, 284_325))
		}})
		defer s.Close()
		peer := n.node(2, 4000)
		peer.send(t, c.addr, encode(t, wire.TypeData, 0, "x"))
		f, p := peer.next(t)
		assert.Len(t, p.octets, 1_200)
		assert.Zero(t, f.Flags)
		assert.Zero(t, f.Headers.Len())
		for _, size := range []int{1_186, 284_325} {
			m, _ := peer.collect(t)
			assert.Len(t, m.Payload, size)
		}
		for range 2 {
			local(t, <-refused, wire.FrameTooLarge)
		}

		whole, c := n.server(t, 3, udp.Config{NoFragmentation: true, Handler: func(_ context.Context, r *udp.Request) {
			refused <- answer(r, 1_186)
			assert.NoError(t, answer(r, 1_185))
		}})
		defer whole.Close()
		peer.send(t, c.addr, fragment(t, 0, 1, 0, 2, "x"))
		peer.send(t, c.addr, fragment(t, 0, 1, 1, 2, "x"))
		peer.want(t, wire.TypeData, string(make([]byte, 1_185)))
		local(t, <-refused, wire.FrameTooLarge)
		synctest.Wait()
		peer.idle(t)
	})
}

// [ACK-5] [ACK-6]: two ACKs, one answer.
func TestServerDeliversOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		s, c := n.server(t, 1, udp.Config{})
		defer s.Close()
		peer, other := n.node(2, 4000), n.node(3, 4000)
		for i := range 3 {
			peer.send(t, c.addr, message(t, "5", "x"))
			peer.want(t, wire.TypeAck, "")
			if i == 0 {
				peer.want(t, wire.TypeData, "x")
			}
		}
		peer.send(t, c.addr, message(t, "5", "y"))
		peer.want(t, wire.TypeAck, "")
		peer.want(t, wire.TypeData, "y")
		other.send(t, c.addr, message(t, "5", "x"))
		other.want(t, wire.TypeAck, "")
		other.want(t, wire.TypeData, "x")
		// Without a msg-id nothing is a copy.
		for range 2 {
			peer.send(t, c.addr, encode(t, wire.TypeData, 0, "reading"))
			peer.want(t, wire.TypeData, "reading")
		}
		// PING is no message.
		for range 2 {
			peer.send(t, c.addr, encode(t, wire.TypePing, wire.FlagReqAck, "p", "msg-id", "6"))
			peer.want(t, wire.TypeAck, "")
			peer.want(t, wire.TypePong, "p")
		}
		synctest.Wait()
		peer.idle(t)
		other.idle(t)
	})
}

// [RAS-23]: stragglers do not lock their source out.
func TestStragglers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		s, c := n.server(t, 1, udp.Config{})
		defer s.Close()
		peer := n.node(2, 4000)
		for i := range 100 {
			id := fmt.Sprint(i)
			first := fragment(t, wire.FlagReqAck, i, 0, 2, "A", "msg-id", id)
			last := fragment(t, wire.FlagReqAck, i, 1, 2, "B", "msg-id", id)
			peer.send(t, c.addr, first)
			peer.send(t, c.addr, last)
			assert.Equal(t, id, msgID(t, peer.want(t, wire.TypeAck, "")))
			peer.want(t, wire.TypeData, "AB")
			peer.send(t, c.addr, first)
		}
		// The second copy is acknowledged, and not delivered.
		peer.send(t, c.addr, fragment(t, wire.FlagReqAck, 99, 1, 2, "B", "msg-id", "99"))
		assert.Equal(t, "99", msgID(t, peer.want(t, wire.TypeAck, "")))
		synctest.Wait()
		peer.idle(t)
	})
}

// [UDP-15]: BYE leaves half-received messages alone.
func TestByeBetweenFragments(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		s, c := n.server(t, 1, udp.Config{})
		defer s.Close()
		peer := n.node(2, 4000)
		peer.send(t, c.addr, fragment(t, 0, 1, 0, 2, "A"))
		peer.send(t, c.addr, encode(t, wire.TypeBye, 0, ""))
		peer.send(t, c.addr, fragment(t, 0, 1, 1, 2, "B"))
		peer.want(t, wire.TypeData, "AB")
	})
}

// [ACK-12]: what was put together and finds no room is as if it had never come.
func TestFragmentedMessageWithoutRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		release := make(chan struct{})
		size := len(message(t, "5", strings.Repeat("x", 2_000)))
		s, c := n.server(t, 1, udp.Config{QueueOctets: size, Handler: func(ctx context.Context, r *udp.Request) {
			<-release
			echo(ctx, r)
		}})
		defer s.Close()
		peer, _ := n.conn(t, 2, udp.Config{Retries: 1})
		defer peer.Close()
		long := dataFrame(strings.Repeat("x", 1_980))
		require.NoError(t, peer.SendReliable(t.Context(), c.addr, long))
		local(t, peer.SendReliable(t.Context(), c.addr, long), wire.Timeout)
		wait := async(func() error { return peer.SendReliable(t.Context(), c.addr, long) })
		synctest.Wait()
		close(release)
		_, err := wait()
		require.NoError(t, err, "the second transmission finds room")
		for range 2 {
			m, err := peer.Receive(t.Context())
			require.NoError(t, err)
			assert.Len(t, m.Frame.Payload, 1_980)
		}
	})
}

// A server that sends with acknowledgement obeys every rule for senders.
func TestAnswerReliable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		results := make(chan error, 1)
		s, c := n.server(t, 1, udp.Config{Handler: func(ctx context.Context, r *udp.Request) {
			results <- r.AnswerReliable(ctx, r.Message)
		}})
		defer s.Close()
		peer := n.node(2, 4000)

		peer.send(t, c.addr, encode(t, wire.TypeData, 0, "acknowledged"))
		peer.want(t, wire.TypeData, "acknowledged")
		m := peer.want(t, wire.TypeData, "acknowledged")
		assert.Equal(t, wire.FlagReqAck, m.Flags)
		peer.ack(t, c.addr, m)
		require.NoError(t, <-results)

		peer.send(t, c.addr, encode(t, wire.TypeData, 0, "refused"))
		m = peer.want(t, wire.TypeData, "refused")
		peer.send(t, c.addr, encode(t, wire.TypeErr, 0, "no", "err-code", "12", "msg-id", msgID(t, m)))
		var remote *session.PeerError
		require.ErrorAs(t, <-results, &remote)
		assert.Equal(t, wire.DeserializationError, remote.Code)

		peer.send(t, c.addr, encode(t, wire.TypeData, 0, "unheard"))
		local(t, <-results, wire.Timeout)
		for range 4 {
			peer.want(t, wire.TypeData, "unheard")
		}
		peer.idle(t)

		peer.send(t, c.addr, encode(t, wire.TypeData, 0, "x", "msg-id", "5"))
		local(t, <-results, wire.Protocol)
	})
}

// A server says what it discards and what is not acknowledged. [OBS-3]
func TestFragmentLog(t *testing.T) {
	var log bytes.Buffer // read after Close
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		s, c := n.server(t, 1, udp.Config{
			Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
			Handler: func(ctx context.Context, r *udp.Request) {
				r.AnswerReliable(ctx, r.Message)
			},
		})
		peer := n.node(2, 4000)
		peer.send(t, c.addr, fragment(t, 0, 1, 2, 2, "x"))
		peer.send(t, c.addr, encode(t, wire.TypeData, 0, "x"))
		synctest.Wait()
		c.fails(errBroken)
		time.Sleep(time.Minute)
		require.NoError(t, s.Close())
	})
	assert.Contains(t, log.String(), "RAS-6")
	assert.Contains(t, log.String(), "not acknowledged")
	assert.Contains(t, log.String(), "broken")
}

// Transfers in both directions over links that lose, repeat and reorder: what a send
// reports is what has happened, and nothing comes twice. [ACK-6] [RTX-9]
func TestLossyLinks(t *testing.T) {
	for seed := range uint64(60) {
		synctest.Test(t, func(t *testing.T) { lossyTransfers(t, seed) })
	}
}

func lossyTransfers(t *testing.T, seed uint64) {
	n := newNetwork()
	random := rand.New(rand.NewPCG(seed, 1))
	n.fate = func(_, _ netip.AddrPort, b []byte) (copies []time.Duration) {
		n.mu.Lock() // of the generator as well
		defer n.mu.Unlock()
		for {
			if random.IntN(100) >= int(seed%4)*10 {
				copies = append(copies, time.Duration(random.IntN(30_000_000)))
			}
			if random.IntN(100) >= 10 {
				return copies
			}
		}
	}
	delivered := make(chan string, 100)
	s, c := n.server(t, 1, udp.Config{Handler: func(ctx context.Context, r *udp.Request) {
		delivered <- string(r.Message.Payload)
		r.AnswerReliable(ctx, wire.Frame{Type: wire.TypeData, Payload: r.Message.Payload})
	}})
	conn, _ := n.conn(t, 2, udp.Config{})
	const messages = 6
	succeeded := make(chan string, messages)
	for i := range messages {
		body := fmt.Sprint(i, " ") + strings.Repeat("x", []int{1, 1_500, 12_000}[i%3])
		go func() {
			if conn.SendReliable(t.Context(), c.addr, dataFrame(body)) == nil {
				succeeded <- body
			} else {
				succeeded <- ""
			}
		}()
	}
	times, answers := map[string]int{}, map[string]int{}
	sent := map[string]bool{}
	for range messages {
		if body := <-succeeded; body != "" {
			sent[body] = true
		}
	}
	time.Sleep(time.Minute)
	close(delivered)
	for body := range delivered {
		times[body]++
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	for {
		m, err := conn.Receive(ctx)
		if err != nil {
			assert.ErrorIs(t, err, context.DeadlineExceeded)
			break
		}
		answers[string(m.Frame.Payload)]++
	}
	for body, n := range times {
		assert.Equal(t, 1, n, "seed %d: %.5s", seed, body)
	}
	for body, n := range answers {
		assert.Equal(t, 1, n, "seed %d: %.5s", seed, body)
		assert.Equal(t, 1, times[body], "seed %d: answered unasked: %.5s", seed, body)
	}
	for body := range sent {
		assert.Equal(t, 1, times[body], "seed %d: acknowledged and not delivered: %.5s", seed, body)
	}
	if seed%4 == 0 {
		assert.Len(t, sent, messages, "seed %d: nothing is lost", seed)
		assert.Len(t, answers, messages, "seed %d: nothing is lost", seed)
	}
	assert.Zero(t, s.Sessions())
	assert.Zero(t, conn.Sessions())
	require.NoError(t, conn.Close())
	require.NoError(t, s.Close())
}

// One client that floods a server with fragments of every kind, while another is
// served as if nothing were. [SEC-1]
func TestFragmentFloods(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		s, c := n.server(t, 1, udp.Config{})
		defer s.Close()
		honest, _ := n.conn(t, 2, udp.Config{})
		defer honest.Close()
		served := func(what string) {
			t.Helper()
			body := what + strings.Repeat("x", 3_000)
			require.NoError(t, honest.SendReliable(t.Context(), c.addr, dataFrame(body)), what)
			m, err := honest.Receive(t.Context())
			require.NoError(t, err)
			require.Equal(t, body, string(m.Frame.Payload))
			synctest.Wait()
		}
		served("before")

		half := n.node(100, 1)
		half.send(t, c.addr, fragment(t, 0, 1, 0, 2, "A"))

		// One source with a thousand sessions.
		hostile := n.node(101, 1)
		for i := range 1_000 {
			hostile.send(t, c.addr, fragment(t, 0, i%256, 0, 2, "x", "msg-id", fmt.Sprint(i)))
			if i%500 == 0 {
				synctest.Wait()
			}
		}
		synctest.Wait()
		assert.Equal(t, 1+64, s.Sessions())
		served("one source with many sessions")

		// Contradictions and wrong numbers.
		for i := range 500 {
			hostile.send(t, c.addr, fragment(t, 0, 1, 0, 2+i%3, fmt.Sprint(i), "msg-id", "1"))
			hostile.send(t, c.addr, fragment(t, 0, 1, i%256, i%3, "x", "msg-id", "1"))
			if i%200 == 0 {
				synctest.Wait()
			}
		}
		synctest.Wait()
		served("contradictions")

		// As many sources as fill the table.
		for i := range 16 {
			spoofed := n.node(byte(110+i), 1)
			for k := range 64 {
				spoofed.send(t, c.addr, fragment(t, 0, k, 0, 2, "x", "msg-id", fmt.Sprint(k)))
			}
		}
		synctest.Wait()
		assert.Equal(t, 1_000, s.Sessions())
		require.NoError(t, honest.SendReliable(t.Context(), c.addr, dataFrame("whole messages are not affected")))
		_, err := honest.Receive(t.Context())
		require.NoError(t, err)
		half.send(t, c.addr, fragment(t, 0, 1, 1, 2, "B"))
		half.want(t, wire.TypeData, "AB")
		err = honest.SendReliable(t.Context(), c.addr, dataFrame(strings.Repeat("x", 3_000)))
		require.NoError(t, err, "one session has become free, and is enough")

		time.Sleep(30 * time.Second)
		synctest.Wait()
		assert.Zero(t, s.Sessions())
		_, err = honest.Receive(t.Context())
		require.NoError(t, err)
		served("afterwards")
	})
}

// One client that asks for more than it takes: the others get their answers.
func TestLongAnswersHoldUpNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		s, c := n.server(t, 1, udp.Config{Handler: func(ctx context.Context, r *udp.Request) {
			if string(r.Message.Payload) == "long" {
				r.Answer(dataFrame(strings.Repeat("x", 284_325)))
				return
			}
			echo(ctx, r)
		}})
		defer s.Close()
		greedy, other := n.node(2, 4000), n.node(3, 4000)
		for range 200 {
			greedy.send(t, c.addr, encode(t, wire.TypeData, 0, "long"))
		}
		synctest.Wait()
		start := time.Now()
		other.send(t, c.addr, fragment(t, 0, 1, 0, 2, strings.Repeat("x", 1_200), "msg-id", "1"))
		other.send(t, c.addr, fragment(t, 0, 1, 1, 2, strings.Repeat("x", 1_200), "msg-id", "1"))
		m, _ := other.collect(t)
		assert.Len(t, m.Payload, 2_400)
		assert.Zero(t, time.Since(start))
	})
}
