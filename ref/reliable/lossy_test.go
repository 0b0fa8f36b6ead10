package reliable_test

import (
	"bytes"
	"container/heap"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vstp-project/vstp/ref/frag"
	"github.com/vstp-project/vstp/ref/reliable"
	"github.com/vstp-project/vstp/ref/wire"
)

// world is a sender, a receiver and a link between them that loses, repeats and
// delays, in one event loop.
type world struct {
	t   require.TestingT
	now time.Time

	// The link: what fate does to each datagram, ACKs included.
	fate  func(octets []byte) (copies []time.Duration)
	queue flights

	// The receiver, as a transport would put it together.
	fragments  *frag.Reassembler
	duplicates *reliable.Duplicates
	complete   map[uint64]bool // messages that have been complete, by msg-id
	delivered  map[uint64]int  // how often

	sender  *reliable.Sender
	sent    map[uint64][]byte // payloads
	ended   map[*reliable.Transfer]string
	highest int // of sessions
}

// flight is a datagram on its way.
type flight struct {
	at     time.Time
	order  int
	toward netip.AddrPort
	octets []byte
}

type flights struct {
	list []flight
	n    int
}

func (f *flights) Len() int { return len(f.list) }
func (f *flights) Less(i, j int) bool {
	a, b := f.list[i], f.list[j]
	return a.at.Before(b.at) || a.at.Equal(b.at) && a.order < b.order
}
func (f *flights) Swap(i, j int) { f.list[i], f.list[j] = f.list[j], f.list[i] }
func (f *flights) Push(x any)    { f.list = append(f.list, x.(flight)) }
func (f *flights) Pop() any {
	last := f.list[len(f.list)-1]
	f.list = f.list[:len(f.list)-1]
	return last
}

func newWorld(t require.TestingT, cfg reliable.Config, fate func([]byte) []time.Duration) *world {
	return &world{
		t: t, now: start, fate: fate,
		fragments:  frag.NewReassembler(frag.Config{}),
		duplicates: reliable.NewDuplicates(reliable.DuplicatesConfig{}),
		complete:   map[uint64]bool{},
		delivered:  map[uint64]int{},
		sender:     reliable.NewSender(cfg),
		sent:       map[uint64][]byte{},
		ended:      map[*reliable.Transfer]string{},
	}
}

// send begins a transfer.
func (w *world) send(payload []byte, acknowledged bool) *reliable.Transfer {
	transfer, err := w.sender.Send(w.now, bob, wire.Frame{Type: wire.TypeData, Payload: payload}, acknowledged)
	require.NoError(w.t, err)
	if id, named := transfer.MsgID(); named {
		require.NotContains(w.t, w.sent, id, "msg-ids are distinct")
		w.sent[id] = payload
	}
	return transfer
}

// post puts a datagram on the link.
func (w *world) post(toward netip.AddrPort, octets []byte) {
	for _, delay := range w.fate(octets) {
		w.queue.n++
		heap.Push(&w.queue, flight{w.now.Add(delay), w.queue.n, toward, bytes.Clone(octets)})
	}
}

// run goes on until nothing is left to do.
func (w *world) run() {
	b := make([]byte, 0, frag.MaxDatagram)
	for {
		for _, failed := range w.sender.Advance(w.now) {
			w.ended[failed] = "Timeout"
		}
		w.fragments.Advance(w.now)
		w.duplicates.Advance(w.now)
		for {
			transfer, datagram := w.sender.Poll(w.now, b)
			if transfer == nil {
				break
			}
			require.LessOrEqual(w.t, len(datagram), frag.MaxDatagram)
			w.post(bob, datagram)
			if transfer.Ended() {
				w.ended[transfer] = "sent"
			}
		}
		for len(w.queue.list) > 0 && !w.queue.list[0].at.After(w.now) {
			w.arrive(heap.Pop(&w.queue).(flight))
		}
		w.highest = max(w.highest, w.fragments.Sessions())
		next := w.sender.NextTimeout()
		for _, t := range []time.Time{w.fragments.NextTimeout(), w.duplicates.NextTimeout()} {
			if next.IsZero() || !t.IsZero() && t.Before(next) {
				next = t
			}
		}
		if len(w.queue.list) > 0 && (next.IsZero() || w.queue.list[0].at.Before(next)) {
			next = w.queue.list[0].at
		}
		if next.IsZero() {
			return
		}
		if next.After(w.now) {
			w.now = next
		}
	}
}

// arrive takes a datagram at its destination.
func (w *world) arrive(f flight) {
	frame := parse(w.t, f.octets)
	if f.toward == alice {
		id, ok := frag.MsgID(frame.Headers)
		require.True(w.t, ok)
		require.True(w.t, w.complete[id], "nothing is acknowledged that was not complete")
		if transfer := w.sender.Acknowledge(w.now, bob, id); transfer != nil {
			w.ended[transfer] = "acknowledged"
		}
		return
	}
	if frame.Flags.Has(wire.FlagFrag) {
		m, complete, err := w.fragments.Add(w.now, alice, frame)
		require.NoError(w.t, err)
		if !complete {
			return
		}
		frame = m
	}
	id, named := frag.MsgID(frame.Headers)
	if !named {
		return
	}
	require.True(w.t, bytes.Equal(w.sent[id], frame.Payload), "nothing is corrupted")
	w.complete[id] = true
	digest, _ := w.duplicates.Digest(alice, frame)
	if !w.duplicates.Has(w.now, digest) {
		w.duplicates.Add(w.now, digest)
		w.delivered[id]++
	}
	if frame.Flags.Has(wire.FlagReqAck) {
		ack, err := wire.NewBuilder(wire.TypeAck).Text(wire.KeyMsgID, fmt.Sprint(id)).Build()
		require.NoError(w.t, err)
		octets, err := ack.AppendBinary(nil)
		require.NoError(w.t, err)
		w.post(alice, octets)
	}
}

// clear checks that nothing is left of anything.
func (w *world) clear() {
	require.Zero(w.t, w.sender.Outstanding())
	require.Zero(w.t, w.fragments.Sessions())
	require.Zero(w.t, w.fragments.Octets())
	require.Zero(w.t, w.duplicates.Len())
}

// payload returns n octets that no other message has.
func payload(random *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(random.Uint32())
	}
	return b
}

// Whatever a link does: nothing corrupted, nothing delivered twice, nothing
// acknowledged that was not complete, success only of what was delivered, and in the
// end nothing left. [ACK-1] [ACK-2] [ACK-5] [ACK-6] [RTX-8]
func TestAnyLink(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		loss := rapid.SampledFrom([]int{0, 5, 20, 50, 90, 100}).Draw(t, "loss")
		repeat := rapid.SampledFrom([]int{0, 10, 50}).Draw(t, "repeat")
		jitter := rapid.SampledFrom([]int{0, 5, 500}).Draw(t, "jitter in ms")
		w := newWorld(t, reliable.Config{FirstMsgID: rapid.Uint64Min(1).Draw(t, "first msg-id")}, func([]byte) (copies []time.Duration) {
			for {
				if random.IntN(100) >= loss {
					copies = append(copies, time.Millisecond+time.Duration(random.IntN(jitter+1))*time.Millisecond)
				}
				if random.IntN(100) >= repeat {
					return copies
				}
			}
		})
		acknowledged := map[*reliable.Transfer]uint64{}
		for range rapid.IntRange(1, 8).Draw(t, "messages") {
			size := rapid.SampledFrom([]int{0, 1, 1_176, 1_177, 3_000, 20_000}).Draw(t, "size")
			ack := rapid.Bool().Draw(t, "acknowledged")
			transfer := w.send(payload(random, size), ack)
			if ack {
				acknowledged[transfer], _ = transfer.MsgID()
			}
		}
		w.run()
		for id, n := range w.delivered {
			require.Equal(t, 1, n, "message %d", id)
		}
		for transfer, id := range acknowledged {
			require.True(t, transfer.Ended())
			switch w.ended[transfer] {
			case "acknowledged":
				require.Equal(t, 1, w.delivered[id])
			case "Timeout":
				require.NotZero(t, loss+jitter, "a good link fails nobody")
			default:
				t.Fatalf("ended with %q", w.ended[transfer])
			}
			if loss == 0 && jitter <= 5 {
				require.Equal(t, "acknowledged", w.ended[transfer])
			}
		}
		require.LessOrEqual(t, w.highest, 64)
		w.clear()
	})
}

// [RTX-9]: any three of the transmissions, or of the ACKs that they draw, may be
// lost.
func TestAnyThreeLosses(t *testing.T) {
	for lost := range 256 {
		// The low four bits lose transmissions, the high four the ACKs of the others.
		losses := 0
		for bit := range 4 {
			if lost>>bit&1 == 1 || lost>>(4+bit)&1 == 1 {
				losses++
			}
		}
		transmission, acks := -1, 0
		w := newWorld(t, reliable.Config{}, nil)
		w.fate = func(octets []byte) []time.Duration {
			if parse(t, octets).Type == wire.TypeData {
				transmission++
				if lost>>transmission&1 == 1 {
					return nil
				}
			} else {
				acks++
				if lost>>(4+transmission)&1 == 1 {
					return nil
				}
			}
			return []time.Duration{10 * time.Millisecond}
		}
		transfer := w.send([]byte("x"), true)
		w.run()
		want := "acknowledged"
		if losses == 4 {
			want = "Timeout"
		}
		require.Equal(t, want, w.ended[transfer], "losses %08b", lost)
		id, _ := transfer.MsgID()
		require.LessOrEqual(t, w.delivered[id], 1)
		w.clear()
	}
}

// [RTX-7]: the receiver keeps what it has, so that the gaps of one transmission are
// closed by the next.
func TestGapsCloseFromTransmissionToTransmission(t *testing.T) {
	seen := map[string]int{}
	w := newWorld(t, reliable.Config{}, nil)
	w.fate = func(octets []byte) []time.Duration {
		f := parse(t, octets)
		value, _ := f.Headers.Get(wire.KeyFragIndex)
		index, _ := wire.ParseDecimal(value)
		n := seen[string(value)]
		seen[string(value)]++
		if f.Type == wire.TypeData && index/10 == uint64(n) {
			return nil // 0 to 9 of the first transmission, 10 to 19 of the second
		}
		return []time.Duration{time.Millisecond}
	}
	transfer := w.send(payload(rand.New(rand.NewPCG(1, 2)), 50_000), true)
	w.run()
	require.Equal(t, "acknowledged", w.ended[transfer])
	require.Equal(t, 2, seen["0"], "transmissions")
}

// Brute force: many transfers of ten fragments over a link that loses one datagram
// in twenty, one world each, so that every one is a run of its own.
func TestThousandsOfLossyTransfers(t *testing.T) {
	const runs = 3000
	ended := map[string]int{}
	for seed := range uint64(runs) {
		random := rand.New(rand.NewPCG(seed, 5))
		w := newWorld(t, reliable.Config{}, func([]byte) []time.Duration {
			if random.IntN(20) == 0 {
				return nil
			}
			return []time.Duration{20*time.Millisecond + time.Duration(random.IntN(4000))*time.Microsecond}
		})
		transfer := w.send(payload(random, 11_000), true)
		w.run()
		ended[w.ended[transfer]]++
		id, _ := transfer.MsgID()
		require.LessOrEqual(t, w.delivered[id], 1)
		w.clear()
	}
	// All ten fragments within four transmissions, and one ACK of what is left: one
	// transfer in more than ten thousand fails.
	require.GreaterOrEqual(t, ended["acknowledged"], runs-3)
	require.Equal(t, runs, ended["acknowledged"]+ended["Timeout"])
}

func BenchmarkLossyTransfer(b *testing.B) {
	random := rand.New(rand.NewPCG(1, 5))
	body := payload(random, 11_000)
	b.ReportAllocs()
	for b.Loop() {
		w := newWorld(b, reliable.Config{}, func([]byte) []time.Duration {
			if random.IntN(20) == 0 {
				return nil
			}
			return []time.Duration{20 * time.Millisecond}
		})
		w.send(body, true)
		w.run()
	}
}
