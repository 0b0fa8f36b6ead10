package reliable_test

import (
	"fmt"
	"math"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/frag"
	"github.com/vstp-project/vstp/ref/reliable"
	"github.com/vstp-project/vstp/ref/wire"
)

const forever = time.Hour

// [RTX-1] [RTX-2] [RTX-4] [RTX-5] [RTX-11]
func TestTimeline(t *testing.T) {
	for name, c := range map[string]struct {
		cfg     reliable.Config
		want    []time.Duration
		timeout time.Duration
	}{
		"default":           {reliable.Config{}, ms(0, 100, 300, 700), 2700 * time.Millisecond},
		"five":              {reliable.Config{Retries: 5}, ms(0, 100, 300, 700, 1500, 3100), 5100 * time.Millisecond},
		"one":               {reliable.Config{Retries: 1}, ms(0, 100), 2100 * time.Millisecond},
		"none":              {reliable.Config{Retries: -1}, ms(0), 2 * time.Second},
		"cap":               {reliable.Config{Retries: 5, RetryDelay: time.Second}, ms(0, 1000, 3000, 7000, 12000, 17000), 19 * time.Second},
		"lower cap":         {reliable.Config{Retries: 5, MaxRetryDelay: 250 * time.Millisecond}, ms(0, 100, 300, 550, 800, 1050), 3050 * time.Millisecond},
		"cap below delay":   {reliable.Config{RetryDelay: time.Second, MaxRetryDelay: 10 * time.Millisecond}, ms(0, 10, 20, 30), 2030 * time.Millisecond},
		"timeout":           {reliable.Config{AckTimeout: time.Millisecond}, ms(0, 100, 300, 700), 701 * time.Millisecond},
		"scaled by a tenth": {reliable.Config{RetryDelay: 10 * time.Millisecond, MaxRetryDelay: 500 * time.Millisecond, AckTimeout: 200 * time.Millisecond}, ms(0, 10, 30, 70), 270 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, c.cfg.Check())
			d := newDriver(t, c.cfg)
			transfer := d.send(bob, data(t, "x"), true)
			d.until(c.timeout)
			assert.Equal(t, c.want, d.times(), "to the nanosecond")
			assert.Empty(t, d.failed)
			assert.False(t, transfer.Ended())
			assert.Equal(t, 1, d.Outstanding())
			d.pump()
			assert.Equal(t, []*reliable.Transfer{transfer}, d.failed)
			assert.True(t, transfer.Ended())
			assert.Zero(t, d.Outstanding())
			assert.True(t, d.NextTimeout().IsZero())
			for _, s := range d.sent {
				assert.Equal(t, d.sent[0].octets, s.octets, "octet for octet [RTX-10]")
			}
		})
	}
}

func TestMoreThanFiveRetriesAreRefused(t *testing.T) {
	assert.NoError(t, reliable.Config{Retries: reliable.MaxRetries}.Check())
	assert.ErrorContains(t, reliable.Config{Retries: 6}.Check(), "6")
}

// Each interval runs from the last fragment of a transmission to the first of the
// next. [RTX-4] [RTX-7] [RTX-10] [FRG-4] [FRG-13]
func TestTimelineOfFragments(t *testing.T) {
	d := newDriver(t, reliable.Config{})
	transfer := d.send(bob, long(284_325), true)
	const fragments = 251 // a msg-id of one digit leaves more room than one of twenty
	const transmission = (fragments - 1) / 16 * 2750 * time.Microsecond
	const timeout = 4*transmission + 2700*time.Millisecond
	d.until(timeout)
	require.Len(t, d.sent, 4*fragments)
	assert.Empty(t, d.failed)
	d.pump()
	assert.Equal(t, []*reliable.Transfer{transfer}, d.failed)
	begin := time.Duration(0)
	for n, interval := range append(ms(100, 200, 400), 2*time.Second) {
		first, last := d.sent[n*fragments], d.sent[(n+1)*fragments-1]
		assert.Equal(t, begin, first.at, "transmission %d", n+1)
		assert.Equal(t, begin+transmission, last.at, "transmission %d", n+1)
		begin = last.at + interval
		for i := range fragments {
			require.Equal(t, d.sent[i].octets, d.sent[n*fragments+i].octets)
			require.LessOrEqual(t, len(d.sent[i].octets), 1200)
		}
	}
	assert.Equal(t, timeout, begin)
}

// [ACK-8] [ACK-9] [RTX-8]
func TestAck(t *testing.T) {
	for _, when := range []time.Duration{0, 1, 99 * time.Millisecond, 100 * time.Millisecond, 299 * time.Millisecond, 700 * time.Millisecond, 2700*time.Millisecond - 1} {
		d := newDriver(t, reliable.Config{FirstMsgID: 5})
		transfer := d.send(bob, data(t, "x"), true)
		d.until(when)
		d.pump()
		before := len(d.sent)
		assert.Nil(t, d.Acknowledge(d.now, alice, 5), "from elsewhere")
		assert.Nil(t, d.Acknowledge(d.now, netip.AddrPortFrom(bob.Addr(), 4001), 5), "from another port")
		assert.Nil(t, d.Acknowledge(d.now, bob, 6), "for no message")
		assert.False(t, transfer.Ended())
		mapped := netip.AddrPortFrom(netip.AddrFrom16(bob.Addr().As16()), bob.Port())
		assert.Same(t, transfer, d.Acknowledge(d.now, mapped, 5))
		assert.True(t, transfer.Ended())
		assert.Nil(t, d.Acknowledge(d.now, bob, 5), "a second time")
		d.until(forever)
		assert.Len(t, d.sent, before, "nothing more is sent")
		assert.Empty(t, d.failed)
	}
}

func TestAckAfterTimeoutIsIgnored(t *testing.T) {
	d := newDriver(t, reliable.Config{})
	d.send(bob, data(t, "x"), true)
	d.until(forever)
	require.Len(t, d.failed, 1)
	assert.Nil(t, d.Acknowledge(d.now, bob, 1))
}

// Nothing can have been acknowledged that has not been sent.
func TestAckOfWhatHasNotBeenSent(t *testing.T) {
	d := newDriver(t, reliable.Config{})
	transfer := d.send(bob, data(t, "x"), true)
	assert.Nil(t, d.Acknowledge(d.now, bob, 1))
	assert.Nil(t, d.Refuse(d.now, bob, 1))
	d.pump()
	assert.Same(t, transfer, d.Acknowledge(d.now, bob, 1))
}

// [RTX-8]: an ACK cuts a transmission short.
func TestAckWithinATransmission(t *testing.T) {
	d := newDriver(t, reliable.Config{})
	transfer := d.send(bob, long(100_000), true)
	d.pump()
	assert.Len(t, d.sent, 16)
	assert.Same(t, transfer, d.Acknowledge(d.now, bob, 1))
	d.until(forever)
	assert.Len(t, d.sent, 16)
	assert.Empty(t, d.failed)
}

// [ACK-17]
func TestErrEndsASend(t *testing.T) {
	d := newDriver(t, reliable.Config{})
	transfer := d.send(bob, data(t, "x"), true)
	other := d.send(bob, data(t, "x"), true)
	d.pump()
	assert.Nil(t, d.Refuse(d.now, alice, 1), "from elsewhere")
	assert.Nil(t, d.Refuse(d.now, bob, 3), "for no message")
	assert.Same(t, transfer, d.Refuse(d.now, bob, 1))
	assert.True(t, transfer.Ended())
	d.until(forever)
	assert.Equal(t, []*reliable.Transfer{other}, d.failed)
	assert.Len(t, d.sent, 1+4)
}

// [RTX-6]: several at once, each with its own timers, each ending by its own msg-id.
func TestSeveralOutstanding(t *testing.T) {
	d := newDriver(t, reliable.Config{})
	a := d.send(bob, data(t, "a"), true)
	d.until(30 * time.Millisecond)
	b := d.send(bob, data(t, "b"), true)
	d.until(50 * time.Millisecond)
	c := d.send(alice, data(t, "c"), true)
	d.until(320 * time.Millisecond)
	assert.Same(t, b, d.Acknowledge(d.now, bob, 2))
	d.until(forever)
	assert.Equal(t, ms(0, 30, 50, 100, 130, 150, 300, 350, 700, 750), d.times())
	assert.Equal(t, []*reliable.Transfer{a, c}, d.failed)
	for i, want := range []string{"a", "b", "c", "a", "b", "c", "a", "c", "a", "c"} {
		assert.Equal(t, want, string(parse(t, []byte(d.sent[i].octets)).Payload))
	}
}

func TestOneDatagramUnacknowledged(t *testing.T) {
	d := newDriver(t, reliable.Config{})
	transfer := d.send(bob, data(t, "x", "a=1"), false)
	assert.False(t, transfer.Ended())
	d.until(forever)
	require.Len(t, d.sent, 1)
	assert.True(t, transfer.Ended())
	assert.False(t, transfer.Acknowledged())
	assert.Equal(t, bob, transfer.To())
	_, named := transfer.MsgID()
	assert.False(t, named)
	assert.Equal(t, []string{"a=1"}, headersOf(parse(t, []byte(d.sent[0].octets))))
	assert.True(t, d.NextTimeout().IsZero())
}

// [FRG-1] [FRG-2] [FRG-11] [UDP-9] [ACK-11]
func TestWhatIsCut(t *testing.T) {
	for name, c := range map[string]struct {
		f            wire.Frame
		acknowledged bool
		fragments    int // 0: whole
		octets       int // of the first datagram
	}{
		"largest whole":                 {long(1_185), false, 0, 1_200},
		"one more":                      {long(1_186), false, 2, 1_200},
		"largest whole, acknowledged":   {long(1_176), true, 0, 1_200},
		"one more, acknowledged":        {long(1_177), true, 2, 1_200},
		"largest whole, with a header":  {data(t, strings.Repeat("x", 1_181), "a=1"), false, 0, 1_200},
		"one more, with a header":       {data(t, strings.Repeat("x", 1_182), "a=1"), false, 2, 1_200},
		"the guaranteed largest of all": {long(284_325), true, 251, 1_200},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDriver(t, reliable.Config{Retries: -1, FirstMsgID: 5})
			transfer := d.send(bob, c.f, c.acknowledged)
			d.until(forever)
			require.Len(t, d.sent, max(c.fragments, 1))
			for i, s := range d.sent {
				f := parse(t, []byte(s.octets))
				assert.Equal(t, c.acknowledged, f.Flags.Has(wire.FlagReqAck))
				assert.Equal(t, c.fragments > 0, f.Flags.Has(wire.FlagFrag))
				want := headersOf(c.f)
				if c.acknowledged || c.fragments > 0 {
					want = append(want, "msg-id=5")
				}
				if c.fragments > 0 {
					want = append(want, "frag-id=5", fmt.Sprint("frag-index=", i), fmt.Sprint("frag-total=", c.fragments))
				}
				assert.Equal(t, want, headersOf(f))
			}
			if c.fragments == 0 {
				assert.Len(t, d.sent[0].octets, c.octets)
			}
			id, named := transfer.MsgID()
			assert.Equal(t, c.acknowledged || c.fragments > 0, named)
			if named {
				assert.Equal(t, uint64(5), id)
			}
		})
	}
}

// [FRG-7] [FRG-12] [FRG-15] [HDR-11]
func TestRefusals(t *testing.T) {
	ping := func(n int) wire.Frame { return wire.Frame{Type: wire.TypePing, Payload: make([]byte, n)} }
	for name, c := range map[string]struct {
		cfg          reliable.Config
		f            wire.Frame
		acknowledged bool
		want         wire.Reason
	}{
		"too long":                         {reliable.Config{FirstMsgID: math.MaxUint64}, long(284_326), false, wire.FrameTooLarge},
		"too long, acknowledged":           {reliable.Config{FirstMsgID: math.MaxUint64}, long(284_326), true, wire.FrameTooLarge},
		"PING":                             {reliable.Config{}, ping(1_186), false, wire.FrameTooLarge},
		"PING, acknowledged":               {reliable.Config{}, ping(1_177), true, wire.FrameTooLarge},
		"fragmentation off":                {reliable.Config{NoFragmentation: true}, long(1_186), false, wire.FrameTooLarge},
		"fragmentation off, acknowledged":  {reliable.Config{NoFragmentation: true}, long(1_177), true, wire.FrameTooLarge},
		"msg-id":                           {reliable.Config{}, data(t, "x", "msg-id=5"), false, wire.Protocol},
		"fragment header":                  {reliable.Config{}, data(t, strings.Repeat("x", 1_200), "frag-id=5"), false, wire.Protocol},
		"reserved flag":                    {reliable.Config{}, wire.Frame{Type: wire.TypeData, Flags: 0x80}, true, wire.Protocol},
		"reserved flag of a long message":  {reliable.Config{}, wire.Frame{Type: wire.TypeData, Flags: 0x80, Payload: make([]byte, 2000)}, true, wire.Protocol},
		"reserved type":                    {reliable.Config{}, wire.Frame{Type: 9}, true, wire.Protocol},
		"FRAG":                             {reliable.Config{}, wire.Frame{Type: wire.TypeData, Flags: wire.FlagFrag, Payload: make([]byte, 2000)}, true, wire.Protocol},
		"header section that is too large": {reliable.Config{}, wire.Frame{Type: wire.TypeData, Headers: largestSection(t)}, true, wire.FrameTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDriver(t, c.cfg)
			transfer, err := d.Send(d.now, bob, c.f, c.acknowledged)
			assert.Nil(t, transfer)
			var refused *wire.EncodeError
			require.ErrorAs(t, err, &refused)
			assert.Equal(t, c.want, refused.Reason)
			assert.Zero(t, d.Outstanding())
			d.until(forever)
			assert.Empty(t, d.sent)
		})
	}
}

func TestFragmentationOffLeavesTheRestAlone(t *testing.T) {
	d := newDriver(t, reliable.Config{NoFragmentation: true})
	d.send(bob, long(1_185), false)
	d.send(bob, long(1_176), true)
	d.pump()
	assert.Len(t, d.sent, 2)
}

// largestSection is a header section to which no header can be added.
func largestSection(t *testing.T) wire.Headers {
	section := make([]byte, wire.MaxHeaderSection)
	for at := 0; at < len(section); at += 257 {
		section[at+1] = 255
	}
	h, err := wire.ParseHeaders(section)
	require.NoError(t, err)
	return h
}

// [ACK-11] [HDR-9]
func TestMsgIDs(t *testing.T) {
	d := newDriver(t, reliable.Config{FirstMsgID: math.MaxUint64 - 1})
	for range 4 {
		d.send(bob, data(t, "x"), true)
	}
	d.send(bob, data(t, "not named"), false)
	d.send(bob, long(2_000), false)
	d.pump()
	var got []string
	for _, s := range d.sent {
		got = append(got, fmt.Sprint(headersOf(parse(t, []byte(s.octets)))))
	}
	assert.Equal(t, []string{
		"[msg-id=18446744073709551614]", "[msg-id=18446744073709551615]", "[msg-id=0]", "[msg-id=1]", "[]",
		"[msg-id=2 frag-id=2 frag-index=0 frag-total=2]", "[msg-id=2 frag-id=2 frag-index=1 frag-total=2]",
	}, got)
	assert.Same(t, d.sent[2].transfer, d.Acknowledge(d.now, bob, 0), "modulo 2^64")
}

// A program that is started again does not begin where the one before did.
func TestFirstMsgIDIsRandom(t *testing.T) {
	seen := map[uint64]bool{}
	for range 10 {
		transfer, err := reliable.NewSender(reliable.Config{}).Send(start, bob, data(t, "x"), true)
		require.NoError(t, err)
		id, _ := transfer.MsgID()
		seen[id] = true
	}
	assert.Len(t, seen, 10)
}

// [FRG-8] [FRG-9]: more than 256 messages within 30 s wait.
func TestAllFragIDsTaken(t *testing.T) {
	d := newDriver(t, reliable.Config{})
	for range 258 {
		d.send(bob, long(1_200), false)
	}
	elsewhere := d.send(alice, long(1_200), false)
	d.until(30 * time.Second)
	seen := map[uint8]bool{}
	for _, s := range d.sent {
		seen[fragID(t, s)] = true
	}
	assert.Len(t, seen, 256)
	assert.Len(t, d.sent, 2*256+2)
	assert.True(t, elsewhere.Ended(), "another destination has frag-ids of its own")

	d.pump()
	require.Len(t, d.sent, 2*258+2)
	var ids []uint8
	for _, s := range d.sent {
		if s.transfer.To() == bob {
			ids = append(ids, fragID(t, s))
		}
	}
	assert.Equal(t, ids[:4], ids[2*256:], "those that left first are free first")
	d.until(forever)
	assert.True(t, d.NextTimeout().IsZero())
}

func fragID(t *testing.T, s sent) uint8 {
	value, ok := parse(t, []byte(s.octets)).Headers.Get(wire.KeyFragID)
	require.True(t, ok)
	id, ok := wire.ParseDecimal(value)
	require.True(t, ok)
	return uint8(id)
}

// [FRG-9]: an ACK frees a frag-id, a Timeout does not before its time.
func TestFragIDsOfAcknowledgedMessages(t *testing.T) {
	d := newDriver(t, reliable.Config{})
	for range 256 {
		d.send(bob, long(1_200), true)
	}
	d.until(90 * time.Millisecond)
	require.Len(t, d.sent, 512)
	waits := d.send(bob, long(1_200), true)
	d.until(95 * time.Millisecond)
	require.Len(t, d.sent, 512)
	require.NotNil(t, d.Acknowledge(d.now, bob, 200))
	d.until(96 * time.Millisecond)
	require.Len(t, d.sent, 514)
	assert.Same(t, waits, d.sent[512].transfer)
	assert.Equal(t, uint8(200), fragID(t, d.sent[512]))
	cancelled := d.send(bob, long(1_200), true)
	last := d.send(bob, long(1_200), false)
	d.until(10 * time.Second)
	assert.Len(t, d.failed, 256, "those that nothing has acknowledged")
	d.Cancel(d.now, cancelled)
	sentBefore := len(d.sent)
	d.until(30 * time.Second)
	assert.Len(t, d.sent, sentBefore, "all frag-ids rest")
	d.until(forever)
	assert.True(t, last.Ended())
	assert.Len(t, d.sent, sentBefore+2)
	lastFragment := time.Duration(0)
	for _, s := range d.sent[:sentBefore] {
		if fragID(t, s) == fragID(t, d.sent[sentBefore]) {
			lastFragment = s.at
		}
	}
	assert.Equal(t, lastFragment+frag.DefaultIDWindow, d.sent[sentBefore].at)
}

// [FRG-13]: for each destination, whatever the messages.
func TestPacing(t *testing.T) {
	d := newDriver(t, reliable.Config{})
	for range 40 {
		d.send(bob, long(5_000), false)
		d.send(alice, long(5_000), false)
	}
	small := d.send(bob, data(t, "x"), true)
	d.pump()
	require.Len(t, d.sent, 1+16+16)
	assert.Same(t, small, d.sent[0].transfer, "what is not cut is not held up")
	d.until(forever)
	for _, to := range []netip.AddrPort{alice, bob} {
		var times []time.Duration
		for _, s := range d.sent {
			if s.transfer.To() == to && s.transfer != small {
				times = append(times, s.at)
			}
		}
		require.Len(t, times, 200)
		for i := range len(times) - 64 {
			require.Greater(t, times[i+64]-times[i], 10*time.Millisecond)
		}
		assert.Equal(t, 12*2750*time.Microsecond, times[199], "and no slower than that")
	}
}

// A message that has begun is finished before the next begins: both arrive earlier
// than if they took turns.
func TestMessagesToOneDestinationFollowEachOther(t *testing.T) {
	d := newDriver(t, reliable.Config{})
	a, b := d.send(bob, long(50_000), false), d.send(bob, long(50_000), false)
	d.until(forever)
	half := len(d.sent) / 2
	for i, s := range d.sent {
		assert.Same(t, map[bool]*reliable.Transfer{true: a, false: b}[i < half], s.transfer)
	}
}

func TestCancel(t *testing.T) {
	d := newDriver(t, reliable.Config{})
	before := d.send(bob, data(t, "never sent"), true)
	d.Cancel(d.now, before)
	within := d.send(bob, long(100_000), false)
	waiting := d.send(bob, data(t, "x"), true)
	d.pump()
	assert.Len(t, d.sent, 1+16)
	d.Cancel(d.now, within)
	d.Cancel(d.now, waiting)
	d.Cancel(d.now, waiting)
	for _, transfer := range []*reliable.Transfer{before, within, waiting} {
		assert.True(t, transfer.Ended())
		id, _ := transfer.MsgID()
		assert.Nil(t, d.Acknowledge(d.now, bob, id))
	}
	d.until(forever)
	assert.Len(t, d.sent, 1+16)
	assert.Empty(t, d.failed)
	assert.Zero(t, d.Outstanding())
}

// [FRG-9]: a frag-id under which nothing was sent need not rest.
func TestCancelBeforeAnyFragment(t *testing.T) {
	d := newDriver(t, reliable.Config{})
	for range 1000 {
		d.Cancel(d.now, d.send(bob, long(2_000), false))
	}
	d.send(bob, long(2_000), false)
	d.until(time.Second)
	assert.Len(t, d.sent, 2)
}

// [FRG-9]: a destination with a frag-id that rests is not forgotten for others.
func TestManyDestinations(t *testing.T) {
	d := newDriver(t, reliable.Config{})
	d.send(bob, long(1_200), false)
	for i := range 2*4096 - 1 {
		d.send(netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 1, byte(i >> 8), byte(i)}), 4000), long(1_200), false)
	}
	d.pump()
	again := d.send(bob, long(1_200), false)
	id, _ := again.MsgID()
	require.Equal(t, uint64(2*4096+1), id, "it would have the same frag-id")
	d.pump()
	assert.Equal(t, uint8(1), fragID(t, d.sent[0]))
	assert.Equal(t, uint8(2), fragID(t, d.sent[len(d.sent)-1]))
}

// Destinations that nothing is on its way to are forgotten, the oldest first.
func TestMemoryOfDestinations(t *testing.T) {
	heap := func() int {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int(m.HeapAlloc)
	}
	s := reliable.NewSender(reliable.Config{})
	message := long(1_200)
	now, b := start, make([]byte, 0, frag.MaxDatagram)
	before := heap()
	for i := range 50_000 {
		to := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 1, byte(i >> 8), byte(i)}), 4000)
		_, err := s.Send(now, to, message, false)
		require.NoError(t, err)
		for transfer, _ := s.Poll(now, b); transfer != nil; transfer, _ = s.Poll(now, b) {
			assert.Equal(t, to, transfer.To())
		}
		now = now.Add(10 * time.Millisecond) // 3,000 rest at a time
	}
	grown := heap() - before
	assert.Less(t, grown, 4096*1000)
	t.Logf("%d octets for each destination remembered", grown/4096)
	runtime.KeepAlive(s)
}
