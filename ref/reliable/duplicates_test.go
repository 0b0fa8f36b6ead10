package reliable_test

import (
	"fmt"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/reliable"
	"github.com/vstp-project/vstp/ref/wire"
)

// digest returns the digest of a message that has a valid msg-id.
func digest(t *testing.T, d *reliable.Duplicates, from netip.AddrPort, m wire.Frame) reliable.Digest {
	t.Helper()
	sum, ok := d.Digest(from, m)
	require.True(t, ok)
	return sum
}

// What makes two messages the same, and what does not. [ACK-6]
func TestDigest(t *testing.T) {
	d := reliable.NewDuplicates(reliable.DuplicatesConfig{})
	with := func(flags wire.Flags, m wire.Frame) wire.Frame {
		m.Flags |= flags
		return m
	}
	m := with(wire.FlagReqAck, data(t, "x", "a=1", "msg-id=5"))
	want := digest(t, d, alice, m)
	for name, c := range map[string]struct {
		from netip.AddrPort
		m    wire.Frame
	}{
		"itself":           {alice, m},
		"mapped address":   {netip.AddrPortFrom(netip.AddrFrom16(alice.Addr().As16()), alice.Port()), m},
		"reserved flags":   {alice, with(0xCC, m)},
		"was in fragments": {alice, with(wire.FlagFrag|wire.FlagReqAck, data(t, "x", "frag-id=1", "a=1", "frag-index=0", "msg-id=5", "frag-total=1"))},
	} {
		assert.Equal(t, want, digest(t, d, c.from, c.m), name)
	}
	for name, c := range map[string]struct {
		from netip.AddrPort
		m    wire.Frame
	}{
		"another address":   {bob, m},
		"another port":      {netip.AddrPortFrom(alice.Addr(), 4001), m},
		"IPv6":              {netip.MustParseAddrPort("[::c000:201]:4000"), m},
		"another type":      {alice, wire.Frame{Type: wire.TypePing, Flags: m.Flags, Headers: m.Headers, Payload: m.Payload}},
		"other flags":       {alice, data(t, "x", "a=1", "msg-id=5")},
		"the CRC flag":      {alice, with(wire.FlagCRC, m)},
		"another msg-id":    {alice, with(wire.FlagReqAck, data(t, "x", "a=1", "msg-id=6"))},
		"another value":     {alice, with(wire.FlagReqAck, data(t, "x", "a=2", "msg-id=5"))},
		"another order":     {alice, with(wire.FlagReqAck, data(t, "x", "msg-id=5", "a=1"))},
		"one header more":   {alice, with(wire.FlagReqAck, data(t, "x", "a=1", "msg-id=5", "="))},
		"one header less":   {alice, with(wire.FlagReqAck, data(t, "x", "msg-id=5"))},
		"another payload":   {alice, with(wire.FlagReqAck, data(t, "y", "a=1", "msg-id=5"))},
		"a longer payload":  {alice, with(wire.FlagReqAck, data(t, "xx", "a=1", "msg-id=5"))},
		"header in payload": {alice, with(wire.FlagReqAck, data(t, "\x01\x01b2x", "a=1", "msg-id=5"))},
		"payload in header": {alice, with(wire.FlagReqAck, data(t, "", "a=1", "msg-id=5", "x="))},
	} {
		assert.NotEqual(t, want, digest(t, d, c.from, c.m), name)
	}
	zone := func(z string) netip.AddrPort { return netip.MustParseAddrPort("[fe80::1%" + z + "]:4000") }
	assert.NotEqual(t, digest(t, d, zone("a"), m), digest(t, d, zone("b"), m))
	assert.Zero(t, testing.AllocsPerRun(10, func() { d.Digest(alice, m) }))
}

// A message without a valid msg-id is never a copy.
func TestDigestWithoutMsgID(t *testing.T) {
	d := reliable.NewDuplicates(reliable.DuplicatesConfig{})
	for _, headers := range [][]string{nil, {"msg-id="}, {"msg-id=007"}, {"msg-id=18446744073709551616"}, {"msg-id=x", "msg-id=5"}, {"Msg-Id=5"}} {
		_, ok := d.Digest(alice, data(t, "x", headers...))
		assert.False(t, ok, "%v", headers)
	}
}

// [ACK-6]
func TestDuplicateWindow(t *testing.T) {
	d := reliable.NewDuplicates(reliable.DuplicatesConfig{})
	a, b := digest(t, d, alice, data(t, "x", "msg-id=5")), digest(t, d, bob, data(t, "x", "msg-id=5"))
	assert.False(t, d.Has(start, a))
	d.Add(start, a)
	d.Add(at(10*time.Second), b)
	assert.True(t, d.Has(at(30*time.Second-1), a))
	assert.False(t, d.Has(at(30*time.Second), a))
	assert.True(t, d.Has(at(30*time.Second), b))
	assert.Equal(t, at(40*time.Second), d.NextTimeout())
	d.Advance(at(40 * time.Second))
	assert.Zero(t, d.Len())
	assert.True(t, d.NextTimeout().IsZero())
}

// [ACK-6]: 65,535 newer messages make nothing forgotten, 65,536 may.
func TestDuplicateRecords(t *testing.T) {
	d := reliable.NewDuplicates(reliable.DuplicatesConfig{})
	first := digest(t, d, alice, data(t, "x", "msg-id=0"))
	d.Add(start, first)
	for i := range 65_535 {
		d.Add(start, digest(t, d, alice, data(t, "x", fmt.Sprint("msg-id=", i+1))))
	}
	assert.Equal(t, 65_536, d.Len())
	assert.True(t, d.Has(start, first))
	d.Add(start, digest(t, d, alice, data(t, "x", "msg-id=65536")))
	assert.Equal(t, 65_536, d.Len())
	assert.False(t, d.Has(start, first))
	assert.True(t, d.Has(start, digest(t, d, alice, data(t, "x", "msg-id=1"))))

	var full, empty runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&full)
	d.Advance(at(time.Minute))
	runtime.GC()
	runtime.ReadMemStats(&empty)
	freed := int(full.HeapAlloc) - int(empty.HeapAlloc)
	assert.Greater(t, freed, 65_536*64, "memory is given back")
	t.Logf("%d octets for each message remembered", freed/65_536)
}
