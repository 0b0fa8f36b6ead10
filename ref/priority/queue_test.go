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

// drain takes out what waits, as "TYPE payload".
func drain(q *priority.Queue) []string {
	var out []string
	for {
		f, ok := q.Pop()
		if !ok {
			return out
		}
		out = append(out, strings.TrimSpace(f.Type.String()+" "+string(f.Payload)))
	}
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
			first, ok := q.Pop()
			require.True(t, ok)
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
	}, drain(q))
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
	assert.Equal(t, []string{"PONG 2", "DATA 1", "DATA 3", "BYE"}, drain(q))
	assert.True(t, q.Ended())
}

func TestLastErrIsLast(t *testing.T) {
	q := priority.NewQueue(priority.Config{})
	push(t, q, frame(wire.TypeData, 1), frame(wire.TypeErr, "urgent"))
	require.NoError(t, q.PushLast(frame(wire.TypeErr, "last")))
	assert.Equal(t, []string{"ERR urgent", "DATA 1", "ERR last"}, drain(q))
}

// An ERR in the place of an answer stays in that place, and others still overtake
// it.
func TestEasyErrKeepsItsPlace(t *testing.T) {
	q := priority.NewQueue(priority.Config{})
	push(t, q, frame(wire.TypeData, "answer 1"), frame(wire.TypePong, ""))
	require.NoError(t, q.PushInOrder(frame(wire.TypeErr, "answer 2")))
	push(t, q, frame(wire.TypeData, "answer 3"), frame(wire.TypeAck, ""))
	assert.Equal(t, []string{"ACK", "PONG", "DATA answer 1", "ERR answer 2", "DATA answer 3"}, drain(q))
}

// Neither does it overtake a control frame when it is the turn of the oldest.
func TestInOrderWaitsForOlderControlFrames(t *testing.T) {
	q := priority.NewQueue(priority.Config{Burst: 1})
	push(t, q, frame(wire.TypePing, 1), frame(wire.TypePing, 2))
	require.NoError(t, q.PushInOrder(frame(wire.TypeErr, "in order")))
	push(t, q, frame(wire.TypeAck, 1), frame(wire.TypeAck, 2), frame(wire.TypeAck, 3))
	assert.Equal(t, []string{"ACK 1", "PING 1", "ACK 2", "PING 2", "ACK 3", "ERR in order"}, drain(q))
}

// A flood of what is more urgent slows DATA down to its share and does not stop it.
func TestFloodDoesNotStarveData(t *testing.T) {
	q := priority.NewQueue(priority.Config{Burst: 4})
	for i := range 3 {
		push(t, q, frame(wire.TypeData, i))
	}
	var at []int
	for pops := 1; len(at) < 3; pops++ {
		require.Less(t, pops, 100)
		push(t, q, frame(wire.TypePong, ""))
		f, ok := q.Pop()
		require.True(t, ok)
		if f.Type == wire.TypeData {
			assert.Equal(t, fmt.Sprint(len(at)), string(f.Payload))
			at = append(at, pops)
		}
	}
	// The second DATA waits for the four PONGs that are older than it: each is the
	// oldest or overtakes, and those pushed meanwhile wait for their turn.
	assert.Equal(t, 5, at[0])
	assert.LessOrEqual(t, at[1], 10)
	assert.LessOrEqual(t, at[2], 15)
}

func TestQueueIsBounded(t *testing.T) {
	q := priority.NewQueue(priority.Config{MaxFrames: 3})
	for i := range 3 {
		assert.False(t, q.Full(wire.TypeData))
		push(t, q, frame(wire.TypeData, i))
	}
	for _, typ := range []wire.Type{wire.TypeData, 0x10} {
		assert.True(t, q.Full(typ))
		require.Equal(t, priority.ErrFull, q.Push(frame(typ, "")))
	}
	require.Equal(t, priority.ErrFull, q.PushInOrder(frame(wire.TypeErr, "")))
	assert.Equal(t, 3, q.Len())

	// Control frames have as much room again.
	for range 3 {
		assert.False(t, q.Full(wire.TypeAck))
		push(t, q, frame(wire.TypeAck, ""))
	}
	for _, typ := range all {
		assert.Equal(t, typ != wire.TypeBye, q.Full(typ), "%v", typ)
	}
	require.Equal(t, priority.ErrFull, q.Push(frame(wire.TypeErr, "")))

	// The last frame always has.
	push(t, q, frame(wire.TypeBye, ""))
	assert.Equal(t, 7, q.Len())
	assert.Equal(t, []string{"ACK", "ACK", "ACK", "DATA 0", "DATA 1", "DATA 2", "BYE"}, drain(q))
}

func TestQueueIsBoundedByOctets(t *testing.T) {
	q := priority.NewQueue(priority.Config{MaxOctets: 100})
	large := wire.Frame{Type: wire.TypeData, Payload: make([]byte, 1000)}
	push(t, q, frame(wire.TypeData, "")) // 15 octets
	push(t, q, large)                    // reaches the bound and goes beyond
	assert.Equal(t, 1030, q.Octets())
	require.Equal(t, priority.ErrFull, q.Push(frame(wire.TypeData, "")))
	require.Equal(t, priority.ErrFull, q.Push(frame(wire.TypeAck, "")))
	q.Pop()
	q.Pop()
	assert.Zero(t, q.Octets())
	push(t, q, large) // of any size when nothing else waits
}

func TestQueueDefaults(t *testing.T) {
	q := priority.NewQueue(priority.Config{})
	for range priority.DefaultMaxFrames {
		push(t, q, frame(wire.TypeData, ""))
	}
	require.Equal(t, priority.ErrFull, q.Push(frame(wire.TypeData, "")))

	q = priority.NewQueue(priority.Config{})
	push(t, q, wire.Frame{Type: wire.TypeData, Payload: make([]byte, priority.DefaultMaxOctets-wire.Overhead-1)})
	assert.False(t, q.Full(wire.TypeData))
	push(t, q, frame(wire.TypeData, ""))
	assert.True(t, q.Full(wire.TypeData))

	q = priority.NewQueue(priority.Config{})
	push(t, q, frame(wire.TypeData, ""))
	for range 10 {
		push(t, q, frame(wire.TypeAck, ""))
	}
	assert.Equal(t, priority.DefaultBurst, slices.Index(drain(q), "DATA"))
}

// A connection that sends one frame after the other does not allocate for it.
func TestQueueDoesNotAllocate(t *testing.T) {
	q := priority.NewQueue(priority.Config{})
	f := frame(wire.TypeData, "payload")
	push(t, q, f)
	assert.Zero(t, testing.AllocsPerRun(1000, func() {
		if q.Push(f) != nil {
			panic("refused")
		}
		if _, ok := q.Pop(); !ok {
			panic("lost")
		}
	}))
}
