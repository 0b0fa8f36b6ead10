package tap_test

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance/capture"
	"github.com/vstp-project/vstp/conformance/forge"
	"github.com/vstp-project/vstp/conformance/tap"
)

var (
	clientAddr = netip.MustParseAddrPort("127.0.0.1:40000")
	serverAddr = netip.MustParseAddrPort("127.0.0.1:9000")
)

// recording is a capture in the making.
type recording struct {
	w    *capture.Writer
	now  int // ms
	next [2]uint32
}

func newRecording() *recording {
	return &recording{w: capture.NewWriter("test", ""), next: [2]uint32{100, 900}}
}

func flow(p capture.Protocol, by tap.Side) capture.Flow {
	f := capture.Ends(p, clientAddr, serverAddr)
	if by == server {
		f = f.Reverse()
	}
	return f
}

func (r *recording) segment(by tap.Side, flags byte, octets []byte) {
	r.now++
	r.w.Segment(r.time(), flow(capture.TCP, by), flags, r.next[by], r.next[by.Other()], octets, len(octets), "")
	r.next[by] += uint32(len(octets))
	if flags&(capture.Syn|capture.Fin) != 0 {
		r.next[by]++
	}
}

// time is that of the next packet.
func (r *recording) time() time.Time { return begin.Add(time.Duration(r.now) * ms) }

func (r *recording) open() {
	r.segment(client, capture.Syn, nil)
	r.segment(server, capture.Syn|capture.Ack, nil)
}

func (r *recording) datagram(by tap.Side, octets []byte) {
	r.now++
	r.w.Datagram(r.time(), flow(capture.UDP, by), octets, len(octets), "")
}

// read judges the capture.
func (r *recording) read(t *testing.T, ports ...uint) *watched {
	t.Helper()
	packets, err := capture.Read(r.w.Bytes())
	require.NoError(t, err)
	w := newWatched(t, tap.Options{Profile: tap.Strict})
	w.tap.Read(packets, ports)
	return w
}

func TestReadOfConnections(t *testing.T) {
	r := newRecording()
	r.open()
	r.segment(client, capture.Ack, hello[:7])
	r.segment(client, capture.Ack, forge.Concat(hello[7:], frame(3, 0x80, "x")))
	r.segment(server, capture.Ack, welcome("5"))
	r.segment(client, capture.Fin|capture.Ack, nil)
	r.segment(server, capture.Fin|capture.Ack, nil)
	w := r.read(t)
	assert.Equal(t, []string{"FLG-2 client", "TCP-10 client"}, w.broken())
	assert.Empty(t, w.notes)
	assert.Equal(t, "tcp 127.0.0.1:40000 → 127.0.0.1:9000", w.findings[0].Conversation)

	// A reset is no end.
	r = newRecording()
	r.open()
	r.segment(client, capture.Ack, hello)
	r.segment(server, capture.Rst|capture.Ack, nil)
	r.segment(client, capture.Fin|capture.Ack, nil)
	assert.Empty(t, r.read(t).broken())

	// The server speaks first.
	r = newRecording()
	r.open()
	r.segment(server, capture.Ack, data("banner"))
	r.segment(client, capture.Ack, hello)
	assert.Equal(t, []string{"TCP-4 server"}, r.read(t).broken())
}

func TestReadFromTheMiddle(t *testing.T) {
	r := newRecording()
	r.segment(server, capture.Ack, forge.Concat(ack("7"), pong("x")))
	r.segment(client, capture.Ack, frame(3, 0x80, "x"))
	for _, ports := range [][]uint{nil, {9000}} {
		w := r.read(t, ports...)
		assert.Equal(t, []string{"FLG-2 client"}, w.broken(), "the rest depends on what was not captured")
		require.Len(t, w.notes, 1)
		assert.Contains(t, w.notes[0].Text, "beginning was not seen")
	}
	w := r.read(t, 40000)
	assert.Equal(t, []string{"FLG-2 server"}, w.broken(), "whose port is said is the server")
}

func TestReadWithAHole(t *testing.T) {
	r := newRecording()
	r.open()
	r.segment(client, capture.Ack, hello)
	r.segment(server, capture.Ack, welcome("1"))
	r.next[client] += 50
	r.segment(client, capture.Ack, data("x", "msg-id", "0"))
	r.segment(client, capture.Fin|capture.Ack, nil)
	w := r.read(t)
	assert.Empty(t, w.findings)
	require.Len(t, w.notes, 1)
	assert.Contains(t, w.notes[0].Text, "50 octets of the client were not captured")
}

func TestReadOfDatagrams(t *testing.T) {
	r := newRecording()
	r.datagram(client, asking("1", "x"))
	r.datagram(client, asking("1", "y"))
	r.datagram(server, ack("4")) // for what came before the capture
	r.datagram(server, forge.Concat(ack("1"), ack("1")))
	assert.Equal(t, []string{"ACK-11 client", "UDP-1 server"}, r.read(t).broken())
	assert.Equal(t, []string{"ACK-11 server", "UDP-1 client"}, r.read(t, 40000).broken())
}

func TestReadLeavesOthersOut(t *testing.T) {
	r := newRecording()
	r.datagram(client, []byte("something else"))
	assert.Zero(t, r.read(t).tap.Summary().Conversations)
	assert.Equal(t, []string{"FRM-2 client"}, r.read(t, 9000).broken())
}

// No capture makes the tap panic.
func TestReadOfChangedCaptures(t *testing.T) {
	r := newRecording()
	r.open()
	r.segment(client, capture.Ack, forge.Concat(hello, data("x")))
	r.segment(server, capture.Ack, welcome("5"))
	r.datagram(client, asking("1", "x"))
	r.segment(client, capture.Fin|capture.Ack, nil)
	whole := r.w.Bytes()
	for at := range whole {
		b := slices.Clone(whole)
		b[at] ^= 0xff
		packets, _ := capture.Read(b)
		tap.New(all, tap.Handler{}).Read(packets, []uint{9000})
	}
}
