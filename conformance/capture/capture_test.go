package capture_test

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance/capture"
)

var (
	begin  = time.Date(2025, 10, 20, 12, 0, 0, 123456789, time.UTC)
	client = netip.MustParseAddrPort("127.0.0.1:40000")
	server = netip.MustParseAddrPort("127.0.0.1:7000")
)

// sample has a datagram and a small TCP connection.
func sample() []byte {
	w := capture.NewWriter("test", "about the file")
	w.Datagram(begin, capture.Ends(capture.UDP, client, server), []byte("hello"), 5, "first\nof all")
	f := capture.Ends(capture.TCP, client, server)
	w.Segment(begin.Add(time.Second), f, capture.Syn, 99, 0, nil, 0, "")
	w.Segment(begin.Add(time.Second), f, capture.Psh|capture.Ack, 100, 1, []byte("abc"), 3, "octets")
	w.Segment(begin.Add(2*time.Second), f, capture.Fin|capture.Ack, 103, 1, nil, 0, "")
	return w.Bytes()
}

func TestWriterIsReadBack(t *testing.T) {
	packets, err := capture.Read(sample())
	require.NoError(t, err)
	require.Len(t, packets, 4)
	first := packets[0]
	assert.Equal(t, 1, first.Number)
	assert.Equal(t, begin, first.Time)
	assert.Equal(t, capture.LinkRaw, first.Link)
	assert.Equal(t, []string{"first\nof all"}, first.Comments)
	in, reason := first.Decode()
	require.Empty(t, reason)
	assert.Equal(t, capture.Flow{Protocol: capture.UDP, From: client, To: server}, in.Flow)
	assert.Equal(t, "hello", string(in.Payload))
	assert.Zero(t, in.Missing)
	assert.Equal(t, "udp 127.0.0.1:40000 → 127.0.0.1:7000", in.Flow.String())

	// The checksums are right: the sum over what they cover is all ones.
	assert.Equal(t, uint16(0xffff), onesSum(first.Octets[:20]))
	pseudo := append(slices.Clone(first.Octets[12:20]), 0, 17, 0, 13)
	assert.Equal(t, uint16(0xffff), onesSum(append(pseudo, first.Octets[20:]...)))

	items, skipped := capture.Items(packets)
	assert.Empty(t, skipped)
	require.Len(t, items, 2)
	s := items[1].Stream
	assert.Equal(t, "abc", string(s.Octets))
	assert.True(t, s.Begun)
	assert.True(t, s.Ended)
	assert.Zero(t, s.Gap)
	assert.Equal(t, 2, s.At(2))
}

func onesSum(b []byte) uint16 {
	if len(b)%2 != 0 {
		b = append(slices.Clone(b), 0)
	}
	var sum uint32
	for i := 0; i < len(b); i += 2 {
		sum += uint32(binary.BigEndian.Uint16(b[i:]))
	}
	for sum > 0xffff {
		sum = sum&0xffff + sum>>16
	}
	return uint16(sum)
}

func TestWriterCutsWhatWasNotKept(t *testing.T) {
	w := capture.NewWriter("test", "")
	w.Datagram(begin, capture.Ends(capture.UDP, client, server), []byte("abc"), 1000, "")
	w.Datagram(begin, capture.Ends(capture.UDP, client, server), nil, 1<<20, "")
	w.Segment(begin, capture.Ends(capture.TCP, client, server), capture.Ack, 1, 1, []byte("abc"), 5000, "")
	packets, err := capture.Read(w.Bytes())
	require.NoError(t, err)
	for i, want := range []struct{ length, missing int }{{1028, 997}, {65535, capture.MaxDatagram}, {5040, 4997}} {
		assert.Equal(t, want.length, packets[i].Length)
		in, reason := packets[i].Decode()
		require.Empty(t, reason)
		assert.Equal(t, want.missing, in.Missing)
	}
}

func TestWriterIPv6(t *testing.T) {
	six := netip.MustParseAddrPort("[::1]:7000")
	w := capture.NewWriter("test", "")
	w.Datagram(begin, capture.Ends(capture.UDP, six, netip.MustParseAddrPort("[::1%lo]:7001")), []byte("x"), 1, "")
	w.Datagram(begin, capture.Ends(capture.UDP, client, six), []byte("y"), 1, "")
	w.Segment(begin, capture.Ends(capture.TCP, six, six), capture.Ack, 5, 6, []byte("zz"), 2, "")
	packets, err := capture.Read(w.Bytes())
	require.NoError(t, err)
	in, reason := packets[0].Decode()
	require.Empty(t, reason)
	assert.Equal(t, "udp [::1]:7000 → [::1]:7001", in.Flow.String())
	in, _ = packets[1].Decode()
	assert.Equal(t, "[::ffff:127.0.0.1]:40000", in.From.String())
	in, _ = packets[2].Decode()
	assert.Equal(t, "zz", string(in.Payload))
}

// pcap writes a packet in the classic format.
func pcap(order binary.AppendByteOrder, magic uint32, link capture.LinkType, octets []byte) []byte {
	b := order.AppendUint32(nil, magic)
	b = order.AppendUint16(order.AppendUint16(b, 2), 4)
	b = append(b, make([]byte, 8)...)
	b = order.AppendUint32(order.AppendUint32(b, 65535), uint32(link))
	b = order.AppendUint32(order.AppendUint32(b, 1), 5)
	b = order.AppendUint32(order.AppendUint32(b, uint32(len(octets))), uint32(len(octets)+1))
	return append(b, octets...)
}

func TestReadPcap(t *testing.T) {
	for _, c := range []struct {
		order binary.AppendByteOrder
		magic uint32
		want  time.Time
	}{
		{binary.LittleEndian, 0xa1b2c3d4, time.Unix(1, 5000).UTC()},
		{binary.BigEndian, 0xa1b2c3d4, time.Unix(1, 5000).UTC()},
		{binary.LittleEndian, 0xa1b23c4d, time.Unix(1, 5).UTC()},
		{binary.BigEndian, 0xa1b23c4d, time.Unix(1, 5).UTC()},
	} {
		file := pcap(c.order, c.magic, capture.LinkEthernet, []byte("octets"))
		packets, err := capture.Read(file)
		require.NoError(t, err)
		require.Len(t, packets, 1)
		assert.Equal(t, capture.Packet{Number: 1, Time: c.want, Link: capture.LinkEthernet, Octets: []byte("octets"), Length: 7}, packets[0])
		for n := range file {
			packets, err := capture.Read(file[:n])
			if n == 24 {
				assert.NoError(t, err)
				assert.Empty(t, packets)
				continue
			}
			assert.ErrorAs(t, err, new(*capture.FormatError), "%d octets", n)
		}
	}
}

func TestReadPcapngFaults(t *testing.T) {
	whole := sample()
	for n := range whole {
		packets, err := capture.Read(whole[:n])
		if err != nil {
			assert.ErrorAs(t, err, new(*capture.FormatError))
		}
		assert.Less(t, len(packets), 4)
	}
	change := func(at int, value byte) error {
		b := slices.Clone(whole)
		b[at] = value
		_, err := capture.Read(b)
		return err
	}
	assert.ErrorContains(t, change(8, 0), "octet 8: a section whose byte order cannot be told")
	assert.ErrorContains(t, change(4, 3), "octet 4: a block of 3 octets")
	assert.ErrorContains(t, change(0, 1), "neither a pcap nor a pcapng file")
	_, err := capture.Read(pcap(binary.LittleEndian, 0xa1b2c3d4, 1, make([]byte, 70<<20)))
	assert.ErrorContains(t, err, "which no packet has")

	var fault *capture.FormatError
	packets, err := capture.Read(whole[:len(whole)-1])
	require.True(t, errors.As(err, &fault))
	assert.Len(t, packets, 3, "what comes before the fault is there")
	assert.Contains(t, fault.Problem, "cut short")
}

// No octets make the reader panic.
func TestReadOfChangedFiles(t *testing.T) {
	whole := sample()
	for at := range whole {
		for _, value := range []byte{0, 1, 0x7f, 0x80, 0xff} {
			b := slices.Clone(whole)
			b[at] = value
			packets, _ := capture.Read(b)
			capture.Items(packets)
		}
	}
}

// ip is a packet with a datagram, without link layer.
func ip(t *testing.T) []byte {
	packets, err := capture.Read(sample())
	require.NoError(t, err)
	return packets[0].Octets
}

func TestLinkLayers(t *testing.T) {
	b := ip(t)
	after := func(head ...byte) []byte { return append(head, b...) }
	mac := make([]byte, 12)
	for name, p := range map[string]capture.Packet{
		"ethernet": {Link: capture.LinkEthernet, Octets: after(append(slices.Clone(mac), 8, 0)...)},
		"padded":   {Link: capture.LinkEthernet, Octets: append(after(append(slices.Clone(mac), 8, 0)...), 0, 0, 0)},
		"vlan":     {Link: capture.LinkEthernet, Octets: after(append(slices.Clone(mac), 0x81, 0, 0, 7, 8, 0)...)},
		"cooked":   {Link: capture.LinkSLL, Octets: after(append(make([]byte, 14), 8, 0)...)},
		"cooked 2": {Link: capture.LinkSLL2, Octets: after(append([]byte{8, 0}, make([]byte, 18)...)...)},
		"null":     {Link: capture.LinkNull, Octets: after(2, 0, 0, 0)},
		"loop":     {Link: capture.LinkLoop, Octets: after(0, 0, 0, 2)},
		"raw":      {Link: capture.LinkRawBSD, Octets: b},
	} {
		in, reason := p.Decode()
		assert.Empty(t, reason, name)
		assert.Equal(t, "hello", string(in.Payload), name)
	}
	for _, c := range []struct {
		reason capture.Reason
		packet capture.Packet
	}{
		{capture.OtherLink, capture.Packet{Link: 127, Octets: b}},
		{capture.OtherNetwork, capture.Packet{Link: capture.LinkEthernet, Octets: after(append(slices.Clone(mac), 8, 6)...)}},
		{capture.OtherNetwork, capture.Packet{Link: capture.LinkRaw, Octets: []byte{0}}},
		{capture.Malformed, capture.Packet{Link: capture.LinkRaw}},
		{capture.Malformed, capture.Packet{Link: capture.LinkEthernet, Octets: mac}},
		{capture.Malformed, capture.Packet{Link: capture.LinkRaw, Octets: b[:22]}},
		{capture.OtherProtocol, capture.Packet{Link: capture.LinkRaw, Octets: with(b, 9, 1)}},
		{capture.IPFragment, capture.Packet{Link: capture.LinkRaw, Octets: with(b, 6, 0x20)}},
	} {
		_, reason := c.packet.Decode()
		assert.Equal(t, c.reason, reason)
	}
}

func with(b []byte, at int, value byte) []byte {
	b = slices.Clone(b)
	b[at] = value
	return b
}

// stream is what comes of segments that are given as sequence number and octets.
func stream(t *testing.T, segments ...any) *capture.Stream {
	w := capture.NewWriter("test", "")
	f := capture.Ends(capture.TCP, client, server)
	for i := 0; i < len(segments); i += 2 {
		octets := []byte(segments[i+1].(string))
		w.Segment(begin, f, capture.Ack, uint32(segments[i].(int)), 0, octets, len(octets), "")
	}
	packets, err := capture.Read(w.Bytes())
	require.NoError(t, err)
	items, _ := capture.Items(packets)
	require.Len(t, items, 1)
	return items[0].Stream
}

func TestReassembly(t *testing.T) {
	for _, c := range []struct {
		name     string
		segments []any
		want     string
		gap      int
	}{
		{"in order", []any{10, "ab", 12, "cd"}, "abcd", 0},
		{"out of order", []any{10, "ab", 14, "ef", 12, "cd"}, "abcdef", 0},
		{"sent again", []any{10, "ab", 10, "ab", 12, "cd", 10, "ab"}, "abcd", 0},
		{"overlapping", []any{10, "ab", 11, "bcd"}, "abcd", 0},
		{"with a gap", []any{10, "ab", 15, "fg"}, "ab", 3},
		{"past the last number", []any{0xffffffff, "a", 0, "bc", 2, "d"}, "abcd", 0},
		{"backwards", []any{10, "a", 13, "d", 12, "c", 11, "b"}, "abcd", 0},
	} {
		s := stream(t, c.segments...)
		assert.Equal(t, c.want, string(s.Octets), c.name)
		assert.Equal(t, c.gap, s.Gap, c.name)
		assert.False(t, s.Begun, c.name)
		assert.Equal(t, 0, s.At(0), c.name)
	}
	assert.Equal(t, 2, stream(t, 10, "ab", 14, "ef", 12, "cd").At(3))
}

func TestReassemblyOfSegmentsThatWereCut(t *testing.T) {
	w := capture.NewWriter("test", "")
	f := capture.Ends(capture.TCP, client, server)
	w.Segment(begin, f, capture.Syn, 0, 0, nil, 0, "")
	w.Segment(begin, f, capture.Ack, 1, 0, []byte("abc"), 10, "")
	w.Segment(begin, f, capture.Ack, 11, 0, []byte("more"), 4, "")
	w.Segment(begin, f, capture.Syn, 500, 0, nil, 0, "")
	w.Segment(begin, f, capture.Ack, 501, 0, []byte("anew"), 4, "")
	packets, err := capture.Read(w.Bytes())
	require.NoError(t, err)
	items, _ := capture.Items(packets)
	require.Len(t, items, 2, "a connection that begins anew is another")
	assert.Equal(t, "abc", string(items[0].Stream.Octets))
	assert.Equal(t, 7, items[0].Stream.Gap)
	assert.Equal(t, "anew", string(items[1].Stream.Octets))
}
