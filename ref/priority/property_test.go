package priority_test

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vstp-project/vstp/ref/priority"
	"github.com/vstp-project/vstp/ref/wire"
)

// queued is a frame that waits, as the model sees it.
type queued struct {
	frame   wire.Frame
	urgency int  // its priority, or that of DATA for what overtakes nothing
	inOrder bool // overtakes nothing
	last    bool // nothing follows it
	due     int  // the number of the pop by which it is out
}

// model keeps what waits, oldest first, and looks for what is wrong with each answer
// of the queue. It does not know how the queue decides.
type model struct {
	cfg     priority.Config
	queue   *priority.Queue
	waiting []queued
	octets  int
	pushed  int
	pops    int
	ahead   int // pops in a row that were ahead of an older frame
	ended   bool
}

func (m *model) push(t *rapid.T, typ wire.Type, inOrder, last bool, size int) {
	last = last || typ == wire.TypeBye
	f := wire.Frame{Type: typ, Payload: append(strconv.AppendInt(nil, int64(m.pushed), 10), make([]byte, size)...)}
	w := queued{frame: f, inOrder: inOrder || last || typ.Priority() == 50, last: last}
	if w.urgency = int(typ.Priority()); w.inOrder {
		w.urgency = 50
	}
	var want error
	switch {
	case m.ended:
		want = priority.ErrEnded
	case last:
		m.ended = true
	}
	var err error
	switch {
	case inOrder:
		err = m.queue.PushInOrder(f)
	case last && typ != wire.TypeBye:
		err = m.queue.PushLast(f)
	default:
		err = m.queue.Push(f)
	}
	require.Equal(t, want, err)
	if err != nil {
		return
	}
	w.due = m.pops + (m.cfg.Burst+1)*(len(m.waiting)+1)
	m.waiting = append(m.waiting, w)
	m.octets += f.EncodedLen()
	m.pushed++
}

// take takes out a batch and looks at every frame of it.
func (m *model) take(t *rapid.T, octets int) {
	frames := take(t, m.queue, octets)
	require.Equal(t, len(m.waiting) > 0, len(frames) > 0)
	size, decided := 0, false
	for _, f := range frames {
		require.True(t, size < octets || !decided, "a frame more than was asked for")
		for _, w := range m.waiting {
			decided = decided || w.urgency != m.waiting[0].urgency
		}
		size += f.EncodedLen()
		m.out(t, f)
	}
	require.True(t, size >= octets || len(m.waiting) == 0, "a frame less than was asked for")
}

// out looks at a frame that has come out.
func (m *model) out(t *rapid.T, f wire.Frame) {
	m.pops++
	at := -1
	for i, w := range m.waiting {
		if string(w.frame.Payload) == string(f.Payload) {
			at = i
		}
	}
	require.GreaterOrEqual(t, at, 0, "%v did not wait", f)
	w := m.waiting[at]
	require.Equal(t, w.frame, f)
	require.LessOrEqual(t, m.pops, w.due, "%v has waited for too long [PRI-2]", f)

	most := 0
	for _, other := range m.waiting {
		most = max(most, other.urgency)
	}
	for _, older := range m.waiting[:at] {
		require.False(t, w.inOrder, "%v has overtaken %v [PRI-3] [PRI-4]", f, older.frame)
		require.Less(t, older.urgency, w.urgency, "%v has overtaken %v", f, older.frame)
	}
	if w.urgency < most {
		require.Equal(t, m.cfg.Burst, m.ahead, "the less urgent %v came out of its turn [PRI-2]", f)
	}
	if m.ahead++; at == 0 {
		m.ahead = 0
	}
	require.LessOrEqual(t, m.ahead, m.cfg.Burst)

	m.waiting = append(m.waiting[:at], m.waiting[at+1:]...)
	m.octets -= f.EncodedLen()
	if w.last {
		require.Empty(t, m.waiting, "%v is the last frame [PRI-3]", f)
	}
}

func TestPropertyQueue(t *testing.T) {
	overtaken, full := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		cfg := priority.Config{
			MaxOctets: rapid.SampledFrom([]int{1, 100, 1000}).Draw(t, "octets"),
			Burst:     rapid.IntRange(1, 5).Draw(t, "burst"),
		}
		m := &model{cfg: cfg, queue: priority.NewQueue(cfg)}
		types := rapid.SampledFrom([]wire.Type{
			wire.TypeHello, wire.TypeWelcome, wire.TypeData, wire.TypeData, wire.TypePing, wire.TypePong,
			wire.TypeAck, wire.TypeAck, wire.TypeErr, 0x10, 0xff,
		})
		t.Repeat(map[string]func(*rapid.T){
			"push": func(t *rapid.T) {
				m.push(t, types.Draw(t, "type"), false, false, rapid.SampledFrom([]int{0, 0, 50, 500}).Draw(t, "size"))
			},
			"push in order": func(t *rapid.T) { m.push(t, types.Draw(t, "type"), true, false, 0) },
			"flood": func(t *rapid.T) {
				typ := types.Draw(t, "type")
				for range rapid.IntRange(1, 20).Draw(t, "frames") {
					m.push(t, typ, false, false, 0)
					m.take(t, 1)
				}
			},
			"take": func(t *rapid.T) {
				m.take(t, 1)
				overtaken += m.ahead
			},
			"take many": func(t *rapid.T) {
				m.take(t, rapid.SampledFrom([]int{16, 17, 40, 100, 1000}).Draw(t, "octets"))
			},
			"": func(t *rapid.T) {
				require.Equal(t, len(m.waiting), m.queue.Len())
				require.Equal(t, m.octets, m.queue.Octets())
				require.False(t, m.queue.Ended())
				require.Equal(t, m.octets >= cfg.MaxOctets, m.queue.Full())
				require.Equal(t, m.octets >= 2*cfg.MaxOctets, m.queue.FullForControl())
				if m.queue.Full() {
					full++
				}
			},
		})
		end := rapid.SampledFrom([]wire.Type{0, wire.TypeBye, wire.TypeErr}).Draw(t, "end")
		if end != 0 {
			m.push(t, end, end == wire.TypeBye && rapid.Bool().Draw(t, "in order"), end != wire.TypeBye, 0)
			for _, late := range []wire.Type{wire.TypeData, wire.TypeErr, wire.TypeBye} {
				m.push(t, late, false, false, 0)
				m.push(t, late, true, false, 0)
				m.push(t, late, false, true, 0)
			}
		}
		for len(m.waiting) > 0 {
			m.take(t, 1)
		}
	})
	require.Positive(t, overtaken)
	require.Positive(t, full)
}
