package frag_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/frag"
	"github.com/vstp-project/vstp/ref/wire"
)

// receiver is a Reassembler at a time, for tests in which little of it passes.
type receiver struct {
	*frag.Reassembler
	now time.Time
}

func newReceiver(cfg frag.Config) *receiver {
	return &receiver{frag.NewReassembler(cfg), start}
}

// keeps adds a fragment that completes nothing and is not discarded.
func (r *receiver) keeps(t *testing.T, from netip.AddrPort, f wire.Frame) {
	t.Helper()
	_, complete, err := r.Add(r.now, from, f)
	require.NoError(t, err)
	require.False(t, complete)
}

// completes adds a fragment that completes a message with the given payload.
func (r *receiver) completes(t *testing.T, from netip.AddrPort, f wire.Frame, payload string) wire.Frame {
	t.Helper()
	m, complete, err := r.Add(r.now, from, f)
	require.NoError(t, err)
	require.True(t, complete)
	require.Equal(t, payload, string(m.Payload))
	return m
}

// discards adds a fragment that is discarded.
func (r *receiver) discards(t *testing.T, from netip.AddrPort, f wire.Frame, want frag.Discard) {
	t.Helper()
	_, complete, err := r.Add(r.now, from, f)
	require.ErrorIs(t, err, want)
	require.False(t, complete)
}

// [RAS-1] [RAS-3] [FLG-3]
func TestReassembly(t *testing.T) {
	r := newReceiver(frag.Config{})
	parts := []wire.Frame{
		data(t, wire.FlagFrag|wire.FlagReqAck|wire.FlagCRC, "AAAA", "frag-total=3", "a=1", "frag-index=0", "msg-id=5", "b=2", "frag-id=7", "a=3"),
		data(t, wire.FlagFrag|wire.FlagReqAck|wire.FlagCRC|0x80, "BB", "a=1", "msg-id=5", "b=2", "a=3", "frag-id=7", "frag-index=1", "frag-total=3"),
		data(t, wire.FlagFrag|wire.FlagReqAck|wire.FlagCRC, "C", "frag-id=7", "a=1", "frag-index=2", "msg-id=5", "frag-total=3", "b=2", "a=3"),
	}
	for _, order := range [][]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}} {
		r.keeps(t, alice, parts[order[0]])
		r.keeps(t, alice, parts[order[1]])
		assert.Equal(t, 1, r.Sessions())
		m := r.completes(t, alice, parts[order[2]], "AAAABBC")
		assert.Equal(t, wire.TypeData, m.Type)
		assert.Equal(t, wire.FlagReqAck|wire.FlagCRC, m.Flags, "without FRAG and without reserved bits")
		assert.Equal(t, []string{"a=1", "msg-id=5", "b=2", "a=3"}, headersOf(m))
		assert.Zero(t, r.Sessions())
		assert.Zero(t, r.Octets())
	}
}

// [RAS-17] [RAS-21]
func TestReassemblyOfAnySizes(t *testing.T) {
	large := strings.Repeat("x", 1200)
	for name, sizes := range map[string][]int{
		"unequal":      {1, 1200, 0, 7},
		"empty":        {0, 0, 0},
		"empty last":   {1200, 0},
		"growing":      {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1200},
		"255 octets":   repeat(1, 255),
		"255 of 1,200": repeat(1200, 255),
	} {
		t.Run(name, func(t *testing.T) {
			r := newReceiver(frag.Config{})
			var want strings.Builder
			for i, size := range sizes {
				fmt.Fprintf(&want, "%s", large[:size])
				f := fragment(t, 1, i, len(sizes), large[:size], "msg-id=5")
				if i < len(sizes)-1 {
					r.keeps(t, alice, f)
					assert.Equal(t, want.Len(), r.Octets())
				} else {
					r.completes(t, alice, f, want.String())
				}
			}
			// And the other way round.
			for i := len(sizes) - 1; i > 0; i-- {
				r.keeps(t, alice, fragment(t, 1, i, len(sizes), large[:sizes[i]], "msg-id=5"))
			}
			r.completes(t, alice, fragment(t, 1, 0, len(sizes), large[:sizes[0]], "msg-id=5"), want.String())
		})
	}
}

func repeat(size, n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = size
	}
	return out
}

// [RAS-2] [RAS-19]
func TestWhatIsKeptApart(t *testing.T) {
	otherPort := netip.AddrPortFrom(alice.Addr(), 4001)
	for name, c := range map[string]struct {
		from    netip.AddrPort
		id      int
		headers []string
	}{
		"another address":   {bob, 1, []string{"msg-id=5"}},
		"another port":      {otherPort, 1, []string{"msg-id=5"}},
		"another frag-id":   {alice, 2, []string{"msg-id=5"}},
		"another msg-id":    {alice, 1, []string{"msg-id=6"}},
		"no msg-id":         {alice, 1, nil},
		"malformed msg-id":  {alice, 1, []string{"msg-id=05"}},
		"first msg-id good": {alice, 1, []string{"msg-id=7", "msg-id=5"}},
		"first msg-id bad":  {alice, 1, []string{"msg-id=x", "msg-id=5"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := newReceiver(frag.Config{})
			r.keeps(t, alice, fragment(t, 1, 0, 2, "A", "msg-id=5"))
			r.keeps(t, c.from, fragment(t, c.id, 1, 2, "b", c.headers...))
			assert.Equal(t, 2, r.Sessions())
			r.completes(t, alice, fragment(t, 1, 1, 2, "B", "msg-id=5"), "AB")
			r.completes(t, c.from, fragment(t, c.id, 0, 2, "a", c.headers...), "ab")
		})
	}
}

// "No valid msg-id" is a value: fragments that have none belong together, but only
// if their headers are the same.
func TestWithoutMsgID(t *testing.T) {
	r := newReceiver(frag.Config{})
	r.keeps(t, alice, fragment(t, 1, 0, 2, "A"))
	r.completes(t, alice, fragment(t, 1, 1, 2, "B"), "AB")
	r.keeps(t, alice, fragment(t, 1, 0, 2, "A", "msg-id=+1"))
	r.keeps(t, alice, fragment(t, 1, 1, 2, "B", "msg-id=+2"))
	assert.Equal(t, 1, r.Sessions(), "the second contradicts the first")
	r.completes(t, alice, fragment(t, 1, 0, 2, "A", "msg-id=+2"), "AB")
}

// An IPv4-mapped IPv6 address is the IPv4 address.
func TestMappedAddresses(t *testing.T) {
	r := newReceiver(frag.Config{})
	r.keeps(t, alice, fragment(t, 1, 0, 2, "A"))
	mapped := netip.AddrPortFrom(netip.AddrFrom16(alice.Addr().As16()), alice.Port())
	require.True(t, mapped.Addr().Is4In6())
	r.completes(t, mapped, fragment(t, 1, 1, 2, "B"), "AB")
}

// [FLG-5] [RAS-6] [RAS-18]
func TestDiscards(t *testing.T) {
	for name, c := range map[string]struct {
		f    wire.Frame
		want frag.Discard
	}{
		"not DATA":         {wire.Frame{Type: wire.TypePing, Flags: wire.FlagFrag, Headers: fragment(t, 1, 0, 2, "").Headers}, frag.Malformed},
		"no headers":       {data(t, wire.FlagFrag, "x"), frag.Malformed},
		"no frag-id":       {data(t, wire.FlagFrag, "x", "frag-index=0", "frag-total=2"), frag.Malformed},
		"no frag-index":    {data(t, wire.FlagFrag, "x", "frag-id=1", "frag-total=2"), frag.Malformed},
		"no frag-total":    {data(t, wire.FlagFrag, "x", "frag-id=1", "frag-index=0"), frag.Malformed},
		"two frag-ids":     {fragment(t, 1, 1, 2, "x", "frag-id=1"), frag.Malformed},
		"two frag-indexes": {fragment(t, 1, 1, 2, "x", "frag-index=1"), frag.Malformed},
		"two frag-totals":  {fragment(t, 1, 1, 2, "x", "frag-total=2"), frag.Malformed},
		"frag-id 256":      {fragment(t, 256, 1, 2, "x"), frag.Malformed},
		"frag-index 256":   {fragment(t, 1, 256, 2, "x"), frag.Malformed},
		"frag-total 256":   {fragment(t, 1, 1, 256, "x"), frag.Malformed},
		"zeros":            {data(t, wire.FlagFrag, "x", "frag-id=01", "frag-index=1", "frag-total=2"), frag.Malformed},
		"sign":             {data(t, wire.FlagFrag, "x", "frag-id=1", "frag-index=+1", "frag-total=2"), frag.Malformed},
		"empty":            {data(t, wire.FlagFrag, "x", "frag-id=1", "frag-index=1", "frag-total="), frag.Malformed},
		"total 0":          {fragment(t, 1, 0, 0, "x"), frag.OutOfRange},
		"index is total":   {fragment(t, 1, 2, 2, "x"), frag.OutOfRange},
		"index above":      {fragment(t, 1, 255, 2, "x"), frag.OutOfRange},
		"1,201 octets":     {fragment(t, 1, 1, 2, strings.Repeat("x", 1201)), frag.TooLong},
	} {
		t.Run(name, func(t *testing.T) {
			r := newReceiver(frag.Config{})
			r.discards(t, alice, c.f, c.want)
			assert.Zero(t, r.Sessions())
			r.keeps(t, alice, fragment(t, 1, 0, 2, "A"))
			r.discards(t, alice, c.f, c.want)
			r.completes(t, alice, fragment(t, 1, 1, 2, "B"), "AB")
		})
	}
}

func TestDiscardReasons(t *testing.T) {
	for d, want := range map[frag.Discard]wire.Reason{
		frag.Malformed:       wire.BadFragment,
		frag.OutOfRange:      wire.BadFragment,
		frag.TooLong:         wire.BadFragment,
		frag.MessageTooLarge: wire.FrameTooLarge,
		frag.TableFull:       wire.RateLimited,
		frag.SourceFull:      wire.RateLimited,
		frag.BudgetFull:      wire.RateLimited,
	} {
		assert.ErrorIs(t, d, want)
		assert.NotEqual(t, frag.Discard(0).Error(), d.Error())
	}
	assert.NoError(t, frag.Discard(0).Unwrap())
	assert.NoError(t, (frag.BudgetFull + 1).Unwrap())
	assert.Equal(t, frag.Discard(0).Error(), (frag.BudgetFull + 1).Error())
}

// [RAS-7]
func TestSingleFragment(t *testing.T) {
	r := newReceiver(frag.Config{MaxSessions: 1})
	r.completes(t, alice, fragment(t, 1, 0, 1, "x", "msg-id=5"), "x")
	r.completes(t, alice, fragment(t, 1, 0, 1, "", "msg-id=5"), "")
	r.keeps(t, bob, fragment(t, 1, 0, 2, "A"))
	m := r.completes(t, alice, fragment(t, 1, 0, 1, "x", "a=1", "msg-id=6"), "x")
	assert.Equal(t, []string{"a=1", "msg-id=6"}, headersOf(m), "at the session limit: it opens none")
	// It contradicts a session with its key.
	r.completes(t, bob, fragment(t, 1, 0, 1, "x"), "x")
	assert.Zero(t, r.Sessions())
}

// [RAS-4]
func TestDuplicateFragments(t *testing.T) {
	r := newReceiver(frag.Config{})
	for range 3 {
		r.keeps(t, alice, fragment(t, 8, 0, 2, "AA"))
		r.now = r.now.Add(time.Second)
	}
	assert.Equal(t, 2, r.Octets())
	assert.Equal(t, at(30*time.Second), r.NextTimeout(), "the deadline is left alone")
	r.completes(t, alice, fragment(t, 8, 1, 2, "BB"), "AABB")
}

// [RAS-5]
func TestContradictions(t *testing.T) {
	base := fragment(t, 9, 0, 3, "AAAA", "msg-id=5", "a=1")
	for name, c := range map[string]struct{ contrary, second, third wire.Frame }{
		"other octets": {
			fragment(t, 9, 0, 3, "BBBB", "msg-id=5", "a=1"), fragment(t, 9, 1, 3, "b", "msg-id=5", "a=1"), fragment(t, 9, 2, 3, "b", "msg-id=5", "a=1"),
		},
		"fewer octets": {
			fragment(t, 9, 0, 3, "AAA", "msg-id=5", "a=1"), fragment(t, 9, 1, 3, "b", "msg-id=5", "a=1"), fragment(t, 9, 2, 3, "b", "msg-id=5", "a=1"),
		},
		"no octets": {
			fragment(t, 9, 0, 3, "", "msg-id=5", "a=1"), fragment(t, 9, 1, 3, "b", "msg-id=5", "a=1"), fragment(t, 9, 2, 3, "b", "msg-id=5", "a=1"),
		},
		"another total": {
			fragment(t, 9, 0, 2, "AAAA", "msg-id=5", "a=1"), fragment(t, 9, 1, 2, "b", "msg-id=5", "a=1"), wire.Frame{},
		},
		"other flags": {
			data(t, wire.FlagFrag|wire.FlagReqAck, "AAAA", headersOf(base)...),
			data(t, wire.FlagFrag|wire.FlagReqAck, "b", headersOf(fragment(t, 9, 1, 3, "", "msg-id=5", "a=1"))...),
			data(t, wire.FlagFrag|wire.FlagReqAck, "b", headersOf(fragment(t, 9, 2, 3, "", "msg-id=5", "a=1"))...),
		},
		"the CRC flag": {
			data(t, wire.FlagFrag|wire.FlagCRC, "AAAA", headersOf(base)...),
			data(t, wire.FlagFrag|wire.FlagCRC, "b", headersOf(fragment(t, 9, 1, 3, "", "msg-id=5", "a=1"))...),
			data(t, wire.FlagFrag|wire.FlagCRC, "b", headersOf(fragment(t, 9, 2, 3, "", "msg-id=5", "a=1"))...),
		},
		"another value": {
			fragment(t, 9, 0, 3, "AAAA", "msg-id=5", "a=2"), fragment(t, 9, 1, 3, "b", "msg-id=5", "a=2"), fragment(t, 9, 2, 3, "b", "msg-id=5", "a=2"),
		},
		"one header more": {
			fragment(t, 9, 0, 3, "AAAA", "msg-id=5", "a=1", "="), fragment(t, 9, 1, 3, "b", "msg-id=5", "a=1", "="), fragment(t, 9, 2, 3, "b", "msg-id=5", "a=1", "="),
		},
		"another order": {
			fragment(t, 9, 0, 3, "AAAA", "a=1", "msg-id=5"), fragment(t, 9, 1, 3, "b", "a=1", "msg-id=5"), fragment(t, 9, 2, 3, "b", "a=1", "msg-id=5"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newReceiver(frag.Config{})
			r.keeps(t, alice, base)
			r.keeps(t, alice, fragment(t, 9, 1, 3, "old", "msg-id=5", "a=1"))
			r.now = at(20 * time.Second)
			r.keeps(t, alice, c.contrary)
			assert.Equal(t, 1, r.Sessions())
			assert.Equal(t, len(c.contrary.Payload), r.Octets(), "everything else is gone")
			assert.Equal(t, at(50*time.Second), r.NextTimeout(), "with a new deadline")

			r.now = at(45 * time.Second)
			want := string(c.contrary.Payload) + string(c.second.Payload) + string(c.third.Payload)
			if c.third.Type == 0 {
				r.completes(t, alice, c.second, want)
				return
			}
			r.keeps(t, alice, c.second)
			r.completes(t, alice, c.third, want)
		})
	}
}

// The old one back again contradicts as well: nothing is ever spliced.
func TestTwoMessagesThatContradictEachOther(t *testing.T) {
	r := newReceiver(frag.Config{})
	for range 5 {
		r.keeps(t, alice, fragment(t, 9, 0, 2, "AAAA"))
		r.keeps(t, alice, fragment(t, 9, 0, 2, "BBBB"))
	}
	r.completes(t, alice, fragment(t, 9, 1, 2, "bbbb"), "BBBBbbbb")
}

// Reserved flags do not contradict anything. [FLG-3]
func TestReservedFlagsDoNotContradict(t *testing.T) {
	r := newReceiver(frag.Config{})
	first := fragment(t, 1, 0, 2, "A")
	first.Flags |= 0xCC
	r.keeps(t, alice, first)
	r.completes(t, alice, fragment(t, 1, 1, 2, "B"), "AB")
}

// [RAS-8] [RAS-9] [RAS-10] [RAS-16]
func TestDeadline(t *testing.T) {
	r := newReceiver(frag.Config{})
	assert.True(t, r.NextTimeout().IsZero())
	r.keeps(t, alice, fragment(t, 1, 0, 3, "A"))
	r.now = at(20 * time.Second)
	r.keeps(t, alice, fragment(t, 1, 1, 3, "B"))
	r.keeps(t, alice, fragment(t, 2, 0, 2, "A"))
	assert.Equal(t, at(30*time.Second), r.NextTimeout())
	r.Advance(at(30*time.Second - 1))
	assert.Equal(t, 2, r.Sessions())
	r.Advance(at(30 * time.Second))
	assert.Equal(t, 1, r.Sessions())
	assert.Equal(t, 1, r.Octets())
	assert.Equal(t, at(50*time.Second), r.NextTimeout())

	r.now = at(35 * time.Second)
	r.keeps(t, alice, fragment(t, 1, 2, 3, "C"))
	assert.Equal(t, 2, r.Sessions(), "a new one: the old one was not completed")
	r.now = at(50*time.Second - 1)
	r.completes(t, alice, fragment(t, 2, 1, 2, "B"), "AB")
	r.Advance(at(time.Hour))
	assert.Zero(t, r.Sessions())
	assert.True(t, r.NextTimeout().IsZero())
}

// Without Advance, too, a session is over when its time is. [RAS-8]
func TestExpiredSessionIsNone(t *testing.T) {
	r := newReceiver(frag.Config{Lifetime: time.Second})
	r.keeps(t, alice, fragment(t, 1, 0, 2, "A"))
	r.now = at(time.Second)
	r.keeps(t, alice, fragment(t, 1, 1, 2, "B"))
	assert.Equal(t, 1, r.Sessions())
	assert.Equal(t, at(2*time.Second), r.NextTimeout())
}

// host returns the address of a host of its own and a port on it.
func host(n int) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{198, 51, byte(n >> 8), byte(n)}), 4000)
}

// [RAS-11] [RAS-12] [RAS-13] [RAS-14]
func TestSessionLimit(t *testing.T) {
	r := newReceiver(frag.Config{})
	for i := range 1000 {
		r.keeps(t, host(i/63), fragment(t, i%256, 0, 2, "A", fmt.Sprint("msg-id=", i)))
	}
	assert.Equal(t, 1000, r.Sessions())
	for i := range 50 {
		r.discards(t, host(1000+i), fragment(t, 1, 0, 2, "A", "msg-id=5"), frag.TableFull)
	}
	assert.Equal(t, 1000, r.Sessions())
	for i := range 1000 {
		r.completes(t, host(i/63), fragment(t, i%256, 1, 2, "B", fmt.Sprint("msg-id=", i)), "AB")
	}
	assert.Zero(t, r.Sessions())
	r.keeps(t, host(1000), fragment(t, 1, 0, 2, "A", "msg-id=5"))
}

// [RAS-15]: per address, whatever the port.
func TestSourceLimit(t *testing.T) {
	r := newReceiver(frag.Config{})
	for i := range 64 {
		from := netip.AddrPortFrom(alice.Addr(), uint16(4000+i))
		r.keeps(t, from, fragment(t, 1, 0, 2, "A"))
	}
	r.discards(t, netip.AddrPortFrom(alice.Addr(), 5000), fragment(t, 1, 0, 2, "A"), frag.SourceFull)
	r.keeps(t, bob, fragment(t, 1, 0, 2, "A"))
	r.completes(t, alice, fragment(t, 1, 1, 2, "B"), "AB")
	r.keeps(t, netip.AddrPortFrom(alice.Addr(), 5000), fragment(t, 1, 0, 2, "A"))
	r.discards(t, netip.AddrPortFrom(alice.Addr(), 5001), fragment(t, 1, 0, 2, "A"), frag.SourceFull)
	// What expires makes room as well.
	r.now = at(30 * time.Second)
	r.keeps(t, netip.AddrPortFrom(alice.Addr(), 5001), fragment(t, 1, 0, 2, "A"))
}

// A host with an IPv6 network to itself is one source, two hosts on one link are two.
func TestSourceLimitOverIPv6(t *testing.T) {
	r := newReceiver(frag.Config{MaxPerSource: 1})
	add := func(addr string) error {
		_, _, err := r.Add(start, netip.MustParseAddrPort(addr), fragment(t, 1, 0, 2, "A"))
		return err
	}
	require.NoError(t, add("[2001:db8::1]:1"))
	require.ErrorIs(t, add("[2001:db8::2]:1"), frag.SourceFull)
	require.NoError(t, add("[2001:db8:0:1::1]:1"))
	require.NoError(t, add("[fe80::1%eth0]:1"))
	require.ErrorIs(t, add("[fe80::1%eth0]:2"), frag.SourceFull)
	require.NoError(t, add("[fe80::1%eth1]:1"))
	require.NoError(t, add("[fe80::2%eth0]:1"))
	require.NoError(t, add("[::1]:1"))
}

// [RAS-20]
func TestByteBudget(t *testing.T) {
	r := newReceiver(frag.Config{MaxOctets: 10})
	r.keeps(t, alice, fragment(t, 1, 0, 3, "AAAA"))
	r.keeps(t, bob, fragment(t, 1, 0, 2, "BBBB"))
	r.keeps(t, alice, fragment(t, 1, 1, 3, "AA"))
	assert.Equal(t, 10, r.Octets())
	r.discards(t, host(1), fragment(t, 1, 0, 2, "x"), frag.BudgetFull)
	r.keeps(t, host(1), fragment(t, 1, 0, 3, ""))
	r.discards(t, host(1), fragment(t, 1, 1, 3, "x"), frag.BudgetFull)
	assert.Equal(t, 10, r.Octets())
	r.completes(t, bob, fragment(t, 1, 1, 2, "B"), "BBBBB")
	assert.Equal(t, 6, r.Octets())
	r.keeps(t, host(1), fragment(t, 1, 1, 3, "xxxx"))
	r.completes(t, alice, fragment(t, 1, 2, 3, "A"), "AAAAAAA")
	// A contradiction drops what is stored before the newcomer needs room.
	r.keeps(t, alice, fragment(t, 1, 0, 3, "AAAAAA"))
	r.keeps(t, alice, fragment(t, 1, 0, 3, "BBBBBB"))
	r.discards(t, alice, fragment(t, 1, 0, 3, "BBBBBBB"), frag.BudgetFull)
	assert.Equal(t, 4, r.Octets())
}

// 64 MiB to the octet, by default.
func TestByteBudgetByDefault(t *testing.T) {
	r := newReceiver(frag.Config{})
	full := strings.Repeat("x", 1200)
	for left, i := 64<<20, 0; left > 0; i++ {
		size := min(left, 1200)
		r.keeps(t, host(i/254/60), fragment(t, i/254%60, i%254, 255, full[:size]))
		left -= size
	}
	assert.Equal(t, 64<<20, r.Octets())
	r.discards(t, bob, fragment(t, 1, 0, 2, "x"), frag.BudgetFull)
}

// [LIM-3]: the limit of a frame is that of a message as well.
func TestMessageLimit(t *testing.T) {
	// 15 octets, a header of 9, and 6 of payload.
	r := newReceiver(frag.Config{MaxMessage: 30})
	r.keeps(t, alice, fragment(t, 1, 0, 3, "AA", "msg-id=5"))
	r.keeps(t, alice, fragment(t, 1, 1, 3, "BB", "msg-id=5"))
	r.discards(t, alice, fragment(t, 1, 2, 3, "CCC", "msg-id=5"), frag.MessageTooLarge)
	r.completes(t, alice, fragment(t, 1, 2, 3, "CC", "msg-id=5"), "AABBCC")
}

// [RAS-23]
func TestStragglersDoNotCount(t *testing.T) {
	r := newReceiver(frag.Config{})
	message := func(i int) (first, last wire.Frame) {
		id := fmt.Sprint("msg-id=", i)
		return fragment(t, i%256, 0, 2, "A", id), fragment(t, i%256, 1, 2, "B", id)
	}
	for i := range 100 {
		first, last := message(i)
		r.keeps(t, alice, first)
		r.completes(t, alice, last, "AB")
		r.keeps(t, alice, first)
		r.now = r.now.Add(100 * time.Millisecond)
	}
	assert.Equal(t, 64, r.Sessions(), "the oldest stragglers have made room")
	// A second full set is put together like the first. [ACK-5]
	for i := 36; i < 100; i++ {
		_, last := message(i)
		r.completes(t, alice, last, "AB")
	}
	first, last := message(3)
	r.keeps(t, alice, first)
	r.completes(t, alice, last, "AB")
	// Stragglers leave the 64 of their source alone, and those the stragglers.
	for i := 100; i < 164; i++ {
		first, _ := message(i)
		r.keeps(t, alice, first)
	}
	first, _ = message(164)
	r.discards(t, alice, first, frag.SourceFull)
	first, last = message(50)
	r.keeps(t, alice, first)
	r.completes(t, alice, last, "AB")
}

// [RAS-23]: for 30 s from the delivery, and no longer.
func TestStragglersCountInTheEnd(t *testing.T) {
	for _, c := range []struct {
		after time.Duration
		want  error
	}{{30*time.Second - 1, nil}, {30 * time.Second, frag.SourceFull}} {
		r := newReceiver(frag.Config{})
		first := fragment(t, 1, 0, 2, "A", "msg-id=1")
		r.keeps(t, alice, first)
		r.completes(t, alice, fragment(t, 1, 1, 2, "B", "msg-id=1"), "AB")
		r.now = at(10 * time.Second)
		for i := range 64 {
			r.keeps(t, alice, fragment(t, i, 0, 2, "A", fmt.Sprint("msg-id=", 100+i)))
		}
		_, _, err := r.Add(at(c.after), alice, first)
		assert.Equal(t, c.want, err)
	}
}

// Stragglers make room for others of their source only, and only among themselves.
func TestStragglersAtTheSessionLimit(t *testing.T) {
	r := newReceiver(frag.Config{MaxSessions: 3, MaxPerSource: 2})
	for i := range 3 {
		id := fmt.Sprint("msg-id=", i)
		r.keeps(t, alice, fragment(t, i, 0, 2, "A", id))
		r.completes(t, alice, fragment(t, i, 1, 2, "B", id), "AB")
	}
	r.keeps(t, alice, fragment(t, 0, 0, 2, "A", "msg-id=0"))
	r.keeps(t, alice, fragment(t, 1, 0, 2, "A", "msg-id=1"))
	r.keeps(t, bob, fragment(t, 0, 0, 2, "A", "msg-id=0"))
	r.discards(t, bob, fragment(t, 1, 0, 2, "A", "msg-id=1"), frag.TableFull)
	r.discards(t, alice, fragment(t, 7, 0, 2, "A", "msg-id=7"), frag.TableFull)
	r.keeps(t, alice, fragment(t, 2, 0, 2, "A", "msg-id=2"))
	assert.Equal(t, 3, r.Sessions())
	r.completes(t, alice, fragment(t, 1, 1, 2, "B", "msg-id=1"), "AB")
	r.keeps(t, alice, fragment(t, 0, 1, 2, "B", "msg-id=0"))
	r.completes(t, alice, fragment(t, 2, 1, 2, "B", "msg-id=2"), "AB")
}

// The straggler that makes room makes room for octets as well.
func TestStragglersAtTheByteBudget(t *testing.T) {
	r := newReceiver(frag.Config{MaxOctets: 6, MaxPerSource: 1})
	for i := range 2 {
		id := fmt.Sprint("msg-id=", i)
		r.keeps(t, alice, fragment(t, i, 0, 2, "AAAA", id))
		r.completes(t, alice, fragment(t, i, 1, 2, "B", id), "AAAAB")
	}
	r.keeps(t, alice, fragment(t, 0, 0, 2, "AAAA", "msg-id=0"))
	r.keeps(t, bob, fragment(t, 0, 0, 2, "AA", "msg-id=0"))
	r.discards(t, alice, fragment(t, 1, 0, 2, "AAAAA", "msg-id=1"), frag.BudgetFull)
	assert.Equal(t, 2, r.Sessions())
	r.keeps(t, alice, fragment(t, 1, 0, 2, "AAAA", "msg-id=1"))
	assert.Equal(t, 2, r.Sessions())
	assert.Equal(t, 6, r.Octets())
}

// Of the headers nothing is kept but a digest: large ones cost a stranger more than
// they cost us.
func TestLargeHeadersAreNotKept(t *testing.T) {
	r := newReceiver(frag.Config{})
	headers := []string{"msg-id=5"}
	for range 200 {
		headers = append(headers, "h="+strings.Repeat("x", 255))
	}
	r.keeps(t, alice, fragment(t, 1, 0, 2, "A", headers...))
	assert.Equal(t, 1, r.Octets())
	m := r.completes(t, alice, fragment(t, 1, 1, 2, "B", headers...), "AB")
	assert.Equal(t, headers, headersOf(m))
}

// Fragments of many messages in any order. [RAS-1]
func TestManyMessagesMixed(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	r := newReceiver(frag.Config{})
	var fragments []wire.Frame
	for id := range 60 {
		total := 1 + random.IntN(20)
		for i := range total {
			fragments = append(fragments, fragment(t, id, i, total, fmt.Sprintf("<%d.%d>", id, i), fmt.Sprint("msg-id=", id)))
		}
	}
	random.Shuffle(len(fragments), func(i, j int) { fragments[i], fragments[j] = fragments[j], fragments[i] })
	done := map[string]bool{}
	for _, f := range fragments {
		m, complete, err := r.Add(start, alice, f)
		require.NoError(t, err)
		if !complete {
			continue
		}
		id := strings.TrimPrefix(headersOf(m)[0], "msg-id=")
		done[id] = true
		var want strings.Builder
		for i := range strings.Count(string(m.Payload), "<") {
			fmt.Fprintf(&want, "<%s.%d>", id, i)
		}
		require.Equal(t, want.String(), string(m.Payload))
	}
	assert.Len(t, done, 60)
	assert.Zero(t, r.Sessions())
	assert.Zero(t, r.Octets())
}
