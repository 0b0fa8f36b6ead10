package priority_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/priority"
	"github.com/vstp-project/vstp/ref/wire"
	"github.com/vstp-project/vstp/vectors"
)

var all = []wire.Type{
	wire.TypeHello, wire.TypeWelcome, wire.TypeData, wire.TypePing, wire.TypePong, wire.TypeBye, wire.TypeAck, wire.TypeErr,
}

// frame returns a frame that can be told from others.
func frame(t wire.Type, mark any) wire.Frame {
	return wire.Frame{Type: t, Payload: fmt.Append(nil, mark)}
}

// take takes out frames that have at least the given octets together.
func take(t require.TestingT, q *priority.Queue, octets int) (frames []wire.Frame) {
	b := q.Take(octets)
	if b == nil {
		return nil
	}
	ahead := 0
	for rest := b.Octets(); len(rest) > 0; {
		f, n, err := wire.Parse(rest, wire.Limits{Types: wire.NewTypeSet(0x10, 0xff)})
		require.NoError(t, err)
		frames, rest = append(frames, f.Clone()), rest[n:]
		if f.Type.Priority() > wire.TypeData.Priority() {
			ahead += n
		}
	}
	require.LessOrEqual(t, b.Ahead(), ahead)
	b.Free()
	return frames
}

// drain takes out what waits, as "TYPE payload".
func drain(t require.TestingT, q *priority.Queue) []string {
	var out []string
	for frames := take(t, q, 1); len(frames) > 0; frames = take(t, q, 1) {
		for _, f := range frames {
			out = append(out, strings.TrimSpace(f.Type.String()+" "+string(f.Payload)))
		}
	}
	return out
}

func push(t testing.TB, q *priority.Queue, frames ...wire.Frame) {
	t.Helper()
	for _, f := range frames {
		require.NoError(t, q.Push(f))
	}
}

// Whatever the order of pushing, the numbers of the table decide. [PRI-1] [PRI-2]
func TestPopFollowsTheTable(t *testing.T) {
	set, err := vectors.Load()
	require.NoError(t, err)
	priorities := map[wire.Type]int{}
	for _, v := range set.All() {
		if v.Family == vectors.FamilyPriority && v.Expect.Kind != nil && v.Octets[0] < 0x10 {
			priorities[wire.Type(v.Octets[0])] = v.Expect.Kind.Priority
		}
	}
	require.ElementsMatch(t, slices.Collect(maps.Keys(priorities)), all)
	for a := range priorities {
		for b := range priorities {
			if a == wire.TypeBye || b == wire.TypeBye || priorities[a] == priorities[b] {
				continue
			}
			q := priority.NewQueue(priority.Config{})
			push(t, q, frame(a, "first"), frame(b, "second"))
			first := take(t, q, 1)[0]
			want := a
			if priorities[b] > priorities[a] {
				want = b
			}
			assert.Equal(t, want, first.Type, "%v before %v", a, b)
		}
	}
}

func TestPopByPriorityAndThenByAge(t *testing.T) {
	q := priority.NewQueue(priority.Config{Burst: 100})
	for i := range 2 {
		for _, typ := range all {
			if typ != wire.TypeBye {
				push(t, q, frame(typ, i))
			}
		}
		push(t, q, frame(0x10, i))
	}
	assert.Equal(t, []string{
		"ERR 0", "ERR 1", "ACK 0", "ACK 1", "HELLO 0", "WELCOME 0", "HELLO 1", "WELCOME 1",
		"PING 0", "PONG 0", "PING 1", "PONG 1", "DATA 0", "TYPE(0x10) 0", "DATA 1", "TYPE(0x10) 1",
	}, drain(t, q))
	assert.Zero(t, q.Len())
	assert.Zero(t, q.Octets())
}

// "A sender MUST NOT let a BYE, an ERR that ends the connection or an ERR that
// answers an Easy request overtake a frame queued before it on the same
// connection." [PRI-3]
func TestByeIsLast(t *testing.T) {
	q := priority.NewQueue(priority.Config{})
	push(t, q, frame(wire.TypeData, 1), frame(wire.TypePong, 2), frame(wire.TypeData, 3), frame(wire.TypeBye, ""))
	assert.True(t, q.Ended())
	for _, typ := range all {
		require.Equal(t, priority.ErrEnded, q.Push(frame(typ, "late")))
	}
	require.Equal(t, priority.ErrEnded, q.PushInOrder(frame(wire.TypeErr, "late")))
	require.Equal(t, priority.ErrEnded, q.PushLast(frame(wire.TypeErr, "late")))
	assert.Equal(t, []string{"PONG 2", "DATA 1", "DATA 3", "BYE"}, drain(t, q))
	assert.True(t, q.Ended())
}

func TestLastErrIsLast(t *testing.T) {
	q := priority.NewQueue(priority.Config{})
	push(t, q, frame(wire.TypeData, 1), frame(wire.TypeErr, "urgent"))
	require.NoError(t, q.PushLast(frame(wire.TypeErr, "last")))
	assert.Equal(t, []string{"ERR urgent", "DATA 1", "ERR last"}, drain(t, q))
}

// An ERR in the place of an answer stays in that place, and others still overtake
// it.
func TestEasyErrKeepsItsPlace(t *testing.T) {
	q := priority.NewQueue(priority.Config{})
	push(t, q, frame(wire.TypeData, "answer 1"), frame(wire.TypePong, ""))
	require.NoError(t, q.PushInOrder(frame(wire.TypeErr, "answer 2")))
	push(t, q, frame(wire.TypeData, "answer 3"), frame(wire.TypeAck, ""))
	assert.Equal(t, []string{"ACK", "PONG", "DATA answer 1", "ERR answer 2", "DATA answer 3"}, drain(t, q))
}

// Neither does it overtake a control frame when it is the turn of the oldest.
func TestInOrderWaitsForOlderControlFrames(t *testing.T) {
	q := priority.NewQueue(priority.Config{Burst: 1})
	push(t, q, frame(wire.TypePing, 1), frame(wire.TypePing, 2))
	require.NoError(t, q.PushInOrder(frame(wire.TypeErr, "in order")))
	push(t, q, frame(wire.TypeAck, 1), frame(wire.TypeAck, 2), frame(wire.TypeAck, 3))
	assert.Equal(t, []string{"ACK 1", "PING 1", "ACK 2", "PING 2", "ACK 3", "ERR in order"}, drain(t, q))
}

// A flood of what is more urgent slows DATA down to its share and does not stop it.
func TestFloodDoesNotStarveData(t *testing.T) {
	q := priority.NewQueue(priority.Config{Burst: 4})
	for i := range 3 {
		push(t, q, frame(wire.TypeData, i))
	}
	var at []int
	push(t, q, frame(wire.TypePong, ""))
	for out := 1; len(at) < 3; out++ {
		require.Less(t, out, 100)
		push(t, q, frame(wire.TypePong, ""))
		frames := take(t, q, 1)
		require.Len(t, frames, 1)
		if frames[0].Type == wire.TypeData {
			assert.Equal(t, fmt.Sprint(len(at)), string(frames[0].Payload))
			at = append(at, out)
		}
	}
	// The second DATA waits for the PONGs that are older than it: each is the oldest or
	// overtakes, and those pushed meanwhile wait for their turn.
	assert.Equal(t, 5, at[0])
	assert.LessOrEqual(t, at[1], 10)
	assert.LessOrEqual(t, at[2], 15)
}

// Nothing that waits is refused for want of room: whoever pushes asks before.
func TestQueueFull(t *testing.T) {
	q := priority.NewQueue(priority.Config{MaxOctets: 100})
	for _, c := range []struct {
		payload       int
		full, control bool
	}{
		{0, false, false}, // 15 octets
		{69, false, false},
		{0, true, false}, // 114: what reaches the bound may go beyond
		{70, true, false},
		{0, true, true}, // 214
		{1000, true, true},
	} {
		push(t, q, wire.Frame{Type: wire.TypeAck, Payload: make([]byte, c.payload)})
		assert.Equal(t, c.full, q.Full(), "%d octets", q.Octets())
		assert.Equal(t, c.control, q.FullForControl(), "%d octets", q.Octets())
	}
	require.Len(t, take(t, q, 1), 6)
	assert.False(t, q.Full())
	assert.Zero(t, q.Octets())
}

func TestQueueDefaults(t *testing.T) {
	q := priority.NewQueue(priority.Config{})
	push(t, q, wire.Frame{Type: wire.TypeData, Payload: make([]byte, priority.DefaultMaxOctets-wire.Overhead-1)})
	assert.False(t, q.Full())
	push(t, q, frame(wire.TypeData, ""))
	assert.True(t, q.Full())
	assert.False(t, q.FullForControl())

	q = priority.NewQueue(priority.Config{})
	push(t, q, frame(wire.TypeData, ""))
	for range 10 {
		push(t, q, frame(wire.TypeAck, ""))
	}
	assert.Equal(t, priority.DefaultBurst, slices.Index(drain(t, q), "DATA"))
}

// A batch ends with the frame that makes it long enough, while there is something to
// decide; where there is nothing, it is everything.
func TestTakeOctets(t *testing.T) {
	q := priority.NewQueue(priority.Config{})
	require.Nil(t, q.Take(1))
	for i := range 4 {
		push(t, q, frame(wire.TypeData, i), frame(wire.TypePong, i)) // 16 octets each
	}
	for _, c := range []struct{ octets, frames, ahead int }{
		{16, 1, 16}, {17, 2, 32}, {40, 3, 16}, {1, 2, 0},
	} {
		b := q.Take(c.octets)
		require.Len(t, b.Octets(), 16*c.frames)
		require.Equal(t, c.ahead, b.Ahead())
		b.Free()
	}
	require.Nil(t, q.Take(1))
	push(t, q, frame(wire.TypeAck, 1), frame(wire.TypeAck, 2))
	b := q.Take(1)
	require.Len(t, b.Octets(), 32)
	require.Equal(t, 32, b.Ahead())
	assert.Equal(t, int64(64), q.Ordered())
}

// Where there is nothing to decide, frames come out by the buffer; one that has come out
// in part is no exception.
func TestTakeOfOneUrgency(t *testing.T) {
	q := priority.NewQueue(priority.Config{Burst: 1})
	large := wire.Frame{Type: wire.TypeData, Payload: make([]byte, 30_000-wire.Overhead)}
	push(t, q, frame(wire.TypeAck, 1), large, large, large, large, large, frame(wire.TypeAck, 2))
	require.Len(t, take(t, q, 1), 1) // the ACK, the oldest of all
	require.Len(t, take(t, q, 1), 1) // the second, ahead of DATA
	for _, frames := range []int{3, 2} {
		require.Len(t, take(t, q, 1), frames)
	}
	push(t, q, large, frame(wire.TypeAck, 3), large, large, large)
	require.Len(t, take(t, q, 30_001), 2) // the ACK and one DATA
	for _, octets := range []int{60_000, 30_000} {
		b := q.Take(1)
		require.Len(t, b.Octets(), octets)
		require.Zero(t, b.Ahead())
		b.Free()
	}
	require.Nil(t, q.Take(1))
	assert.Zero(t, q.Len())
	assert.Zero(t, q.Octets())
}

// What is pushed may be changed at once, and what cannot be encoded leaves nothing
// behind.
func TestPushEncodes(t *testing.T) {
	q := priority.NewQueue(priority.Config{})
	f := frame(wire.TypeData, "before")
	push(t, q, f)
	copy(f.Payload, "AFTER!")
	for _, typ := range []wire.Type{wire.TypeData, wire.TypePong} {
		require.Error(t, q.Push(wire.Frame{Type: typ, Flags: 0xff}))
		require.Error(t, q.PushLast(wire.Frame{Type: typ, Flags: 0xff}))
	}
	assert.False(t, q.Ended())
	assert.Equal(t, 1, q.Len())
	assert.Equal(t, []string{"DATA before"}, drain(t, q))
}

// A connection that sends one frame after the other does not allocate for it.
func TestQueueDoesNotAllocate(t *testing.T) {
	q := priority.NewQueue(priority.Config{})
	f := frame(wire.TypeData, "payload")
	assert.Less(t, testing.AllocsPerRun(1000, func() {
		if q.Push(f) != nil {
			panic("refused")
		}
		q.Take(1).Free()
	}), 0.5) // a collection of garbage may take what is kept
}
