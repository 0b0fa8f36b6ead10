package reliable_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/reliable"
	"github.com/vstp-project/vstp/ref/wire"
)

// start is when the virtual time of every test begins.
var start = time.Date(2025, 10, 20, 12, 0, 0, 0, time.UTC)

func at(d time.Duration) time.Time { return start.Add(d) }

var (
	alice = netip.MustParseAddrPort("192.0.2.1:4000")
	bob   = netip.MustParseAddrPort("192.0.2.2:4000")
)

// data makes a DATA frame. Headers are "key=value".
func data(t require.TestingT, payload string, headers ...string) wire.Frame {
	f := wire.Frame{Type: wire.TypeData, Payload: []byte(payload)}
	for _, h := range headers {
		key, value, found := strings.Cut(h, "=")
		require.True(t, found, "not a header: %s", h)
		var err error
		f.Headers, err = f.Headers.AppendText(key, value)
		require.NoError(t, err)
	}
	return f
}

// long makes a message of the given octets.
func long(n int) wire.Frame {
	return wire.Frame{Type: wire.TypeData, Payload: []byte(strings.Repeat("x", n))}
}

// parse reads a datagram of one frame.
func parse(t require.TestingT, b []byte) wire.Frame {
	f, n, err := wire.Parse(b, wire.Limits{})
	require.NoError(t, err)
	require.Equal(t, len(b), n)
	return f
}

// headersOf writes the headers of a frame as "key=value".
func headersOf(f wire.Frame) []string {
	out := []string{}
	for k, v := range f.Headers.All() {
		out = append(out, string(k)+"="+string(v))
	}
	return out
}

// sent is one datagram that a driver has seen leave.
type sent struct {
	at       time.Duration
	transfer *reliable.Transfer
	octets   string
}

// driver drives a Sender through virtual time and sees to it that NextTimeout keeps
// its promise: nothing happens before it, something at it.
type driver struct {
	*reliable.Sender
	t   *testing.T
	now time.Time

	sent   []sent
	failed []*reliable.Transfer // with Timeout
}

func newDriver(t *testing.T, cfg reliable.Config) *driver {
	if cfg.FirstMsgID == 0 {
		cfg.FirstMsgID = 1
	}
	return &driver{Sender: reliable.NewSender(cfg), t: t, now: start}
}

// send begins a transfer that is not refused.
func (d *driver) send(to netip.AddrPort, f wire.Frame, acknowledged bool) *reliable.Transfer {
	d.t.Helper()
	t, err := d.Sender.Send(d.now, to, f, acknowledged)
	require.NoError(d.t, err)
	return t
}

// pump does what is due now.
func (d *driver) pump() {
	d.failed = append(d.failed, d.Advance(d.now)...)
	for {
		t, datagram := d.Poll(d.now, nil)
		if t == nil {
			break
		}
		d.sent = append(d.sent, sent{d.now.Sub(start), t, string(datagram)})
	}
	if next := d.NextTimeout(); !next.IsZero() {
		require.True(d.t, next.After(d.now), "NextTimeout is %v at %v, and nothing is due", next.Sub(start), d.now.Sub(start))
	}
}

// until lets time pass to a moment, that moment excluded.
func (d *driver) until(end time.Duration) {
	d.pump()
	for {
		next := d.NextTimeout()
		if next.IsZero() || !next.Before(at(end)) {
			break
		}
		// A moment earlier there is nothing to do.
		d.now = next.Add(-1)
		seen, lost := len(d.sent), len(d.failed)
		d.pump()
		require.Len(d.t, d.sent, seen)
		require.Len(d.t, d.failed, lost)
		d.now = next
		d.pump()
	}
	d.now = at(end)
}

// times returns when each datagram left.
func (d *driver) times() []time.Duration {
	var out []time.Duration
	for _, s := range d.sent {
		out = append(out, s.at)
	}
	return out
}

// ms are moments, in milliseconds after the start.
func ms(moments ...int) []time.Duration {
	var out []time.Duration
	for _, m := range moments {
		out = append(out, time.Duration(m)*time.Millisecond)
	}
	return out
}
