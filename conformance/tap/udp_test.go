package tap_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance/dissect"
	"github.com/vstp-project/vstp/conformance/forge"
	"github.com/vstp-project/vstp/conformance/tap"
)

func TestUDPConversations(t *testing.T) {
	text := strings.Repeat("0123456789", 300) // 3,000 octets
	three := fragments("1", "1", text, 1000)
	timeline := func(waits ...time.Duration) func(w *watched) {
		return func(w *watched) {
			w.lost(client, asking("1", "x"))
			for _, d := range waits {
				w.wait(d)
				w.lost(client, asking("1", "x"))
			}
		}
	}
	relaxed := func(o *tap.Options) { o.Complete = false }
	anySettings := func(o *tap.Options) { o.Defaults = false }
	fast := func(o *tap.Options) { o.TimeScale = 0.1 }
	for _, e := range []example{
		{"everything as it should be", func(w *watched) {
			w.udp(client, hello, ping("p"), asking("1", "x"))
			w.udp(server, welcome("7"), pong("p"), ack("1"), data("x"))
			w.udp(client, fragments("2", "1", text, 1000)...)
			w.udp(server, ack("2"))
			w.udp(server, fragments("9", "3", text, 1100)...)
			w.udp(client, ack("9"))
			w.udp(client, bye, frame(dissect.TypePing, dissect.FlagReqAck, "q", "msg-id", "3"))
			w.udp(server, pong("q"), ack("3"))
		}, "", nil},
		{"retransmission until the ACK comes through", func(w *watched) {
			timeline(100*ms, 200*ms)(w)
			w.wait(400 * ms)
			w.udp(client, asking("1", "x"))
			w.udp(server, ack("1"))
		}, "", nil},
		{"a copy is acknowledged again [ACK-5]", func(w *watched) {
			w.udp(client, asking("1", "x"))
			w.lost(server, ack("1"))
			w.wait(100 * ms)
			w.udp(client, asking("1", "x"))
			w.udp(server, ack("1"))
		}, "", nil},
		{"two frames in a datagram [UDP-1]", func(w *watched) { w.udp(client, forge.Concat(hello, hello)) }, "UDP-1 client", nil},
		{"half a frame in a datagram [UDP-1]", func(w *watched) { w.udp(client, data("abc")[:12]) }, "UDP-1 client", nil},
		{"an empty datagram [UDP-1]", func(w *watched) { w.udp(client, nil) }, "UDP-1 client", nil},
		{"a datagram that is too long [UDP-9], and not split [FRG-1]", func(w *watched) {
			w.udp(client, data(text[:1186]))
			w.udp(client, data(text[:1201]))
		}, "UDP-9 client, UDP-9 client, FRG-1 client", nil},
		{"an answer to invalid datagrams [UDP-5]", func(w *watched) {
			w.udp(client, forge.FlipBit(data("x"), 90))
			w.udp(server, errFrame("16"))
		}, "CRC-1 client, UDP-5 server", nil},
		{"an ERR that is not for UDP [UDP-18]", func(w *watched) {
			w.udp(client, data("x"))
			w.udp(server, errFrame("6"))
		}, "UDP-18 server", nil},
		{"more than three times a HELLO [UDP-11]", func(w *watched) {
			w.udp(client, data(text[:500]), hello)
			w.udp(server, welcome(strings.Repeat("9", 38)))
		}, "UDP-11 server", nil},
		{"more than three times everything [UDP-11]", func(w *watched) {
			w.udp(client, data("x"))
			for range 5 {
				w.udp(server, errFrame("16"))
			}
		}, "UDP-11 server", nil},
		{"PONG with another payload [UDP-13]", func(w *watched) {
			w.udp(client, ping("a"), ping("b"))
			w.udp(server, pong("b"), pong("A"))
		}, "UDP-13 server", nil},
		{"PONG with headers [UDP-13]", func(w *watched) {
			w.udp(client, ping("a"))
			w.udp(server, frame(dissect.TypePong, 0, "a", "k", "v"))
		}, "UDP-13 server", nil},

		{"an ACK for nothing [ACK-3]", func(w *watched) {
			w.udp(client, asking("1", "x"))
			w.udp(server, ack("2"))
		}, "ACK-3 server", nil},
		{"an ACK for nothing, where not everything is seen", func(w *watched) {
			w.udp(client, asking("1", "x"))
			w.udp(server, ack("2"))
		}, "", relaxed},
		{"an ACK for what has not arrived [ACK-3]", func(w *watched) {
			w.lost(client, asking("1", "x"))
			w.udp(server, ack("1"))
		}, "ACK-3 server", nil},
		{"an ACK that nobody asked for [ACK-3]", func(w *watched) {
			w.udp(client, data("x", "msg-id", "1"))
			w.udp(server, ack("1"))
		}, "ACK-3 server", nil},
		{"an ACK for a msg-id that is not valid [ACK-4]", func(w *watched) {
			w.udp(client, asking("007", "x"))
			w.udp(server, ack("007"))
		}, "HDR-9 client, HDR-9 server, ACK-4 server", nil},
		{"an ACK for a PONG [ACK-7]", func(w *watched) {
			w.udp(client, ping(""))
			w.udp(server, frame(dissect.TypePong, dissect.FlagReqAck, "", "msg-id", "4"))
			w.udp(client, ack("4"))
		}, "UDP-13 server, ACK-7 client", nil},
		{"an ACK for a fragment [ACK-2]", func(w *watched) {
			w.udp(client, three[:2]...)
			w.udp(server, ack("1"))
		}, "ACK-2 server", nil},
		{"two ACKs for one copy [ACK-1]", func(w *watched) {
			w.udp(client, asking("1", "x"))
			w.udp(server, ack("1"), ack("1"))
		}, "ACK-1 server", nil},
		{"two ACKs for one set of fragments [ACK-1]", func(w *watched) {
			w.udp(client, three...)
			w.udp(server, ack("1"), ack("1"))
		}, "ACK-1 server", nil},
		{"an ACK that comes late [ACK-12]", func(w *watched) {
			w.udp(client, asking("1", "x"))
			w.wait(1600 * ms)
			w.udp(server, ack("1"))
		}, "ACK-12 server", nil},
		{"an ACK with a header of its own [ACK-18]", func(w *watched) {
			w.udp(client, asking("1", "x"))
			w.udp(server, frame(dissect.TypeAck, 0, "", "msg-id", "1", "k", "v"))
		}, "ACK-18 server", nil},
		{"an ACK for COMP that is no gzip [CMP-6]", func(w *watched) {
			w.udp(client, frame(3, dissect.FlagReqAck|dissect.FlagComp, "x", "msg-id", "1"))
			w.udp(server, ack("1"))
		}, "CMP-1 client, CMP-6 server", nil},

		{"a msg-id for other content [ACK-11]", func(w *watched) {
			w.udp(client, asking("1", "x"), asking("1", "y"))
		}, "ACK-11 client", nil},
		{"a msg-id for other content much later", func(w *watched) {
			w.udp(client, asking("1", "x"))
			w.udp(server, ack("1"))
			w.wait(time.Minute)
			w.udp(client, asking("1", "y"))
			w.udp(server, ack("1"))
		}, "", nil},
		{"a retransmission with other octets around the payload [RTX-10]", func(w *watched) {
			w.lost(client, asking("1", "x"))
			w.wait(100 * ms)
			w.lost(client, frame(3, dissect.FlagReqAck|dissect.FlagCRC, "x", "msg-id", "1"))
		}, "RTX-10 client", nil},
		{"a fragment sent again with other octets [RTX-10]", func(w *watched) {
			w.udp(client, three...)
			w.wait(100 * ms)
			w.udp(client, fragments("1", "1", strings.ToUpper(strings.Repeat("abcdefghij", 300)), 1000)[0])
		}, "RTX-10 client", nil},
		{"fragments with other boundaries [RTX-7]", func(w *watched) {
			w.lost(client, fragments("1", "1", text, 1000)[0])
			w.lost(client, fragments("1", "1", text, 1000)[1])
			w.lost(client, fragments("1", "1", text, 1000)[2])
			w.wait(100 * ms)
			w.lost(client, fragments("1", "1", text, 1100)[0])
		}, "RTX-7 client", nil},
		{"the same message under another frag-id [RTX-7]", func(w *watched) {
			w.udp(client, three...)
			w.wait(100 * ms)
			w.udp(client, fragments("1", "2", text, 1000)[0])
		}, "RTX-7 client", nil},
		{"another frag-total [FRG-4]", func(w *watched) {
			w.udp(client, three[0])
			w.udp(client, fragments("1", "1", text, 1100)[1], fragments("1", "1", text+text, 1100)[2])
		}, "FRG-4 client", nil},
		{"a fragment left out [FRG-4]", func(w *watched) {
			w.lost(client, three[0])
			w.lost(client, three[2])
			w.wait(100 * ms)
			w.lost(client, three[0])
		}, "FRG-4 client", nil},
		{"fragments left out because of the ACK", func(w *watched) {
			w.udp(client, three...)
			w.wait(100 * ms)
			w.udp(client, three[0])
			w.udp(server, ack("1"))
			w.udp(client, fragments("2", "2", text, 1000)...)
		}, "", nil},
		{"another flag in one fragment [FRG-10]", func(w *watched) {
			w.udp(client, three[0])
			w.udp(client, frame(3, dissect.FlagFrag, text[1000:2000], "msg-id", "1", "frag-id", "1", "frag-index", "1", "frag-total", "3"))
		}, "FRG-10 client", nil},
		{"cut for nothing [FRG-2]", func(w *watched) {
			w.udp(client, fragments("1", "1", text[:1000], 500)...)
		}, "FRG-2 client", nil},
		{"the same frag-id twice in a row [FRG-8]", func(w *watched) {
			w.udp(client, three...)
			w.udp(server, ack("1"))
			w.udp(client, fragments("2", "1", text, 1000)...)
		}, "FRG-8 client", nil},
		{"a frag-id too soon [FRG-9]", func(w *watched) {
			w.udp(client, three...)
			w.udp(client, fragments("2", "2", text, 1000)...)
			w.wait(20 * time.Second)
			w.udp(client, fragments("3", "1", text, 1000)...)
		}, "FRG-9 client", nil},
		{"a frag-id after its time, or after the ACK", func(w *watched) {
			w.udp(client, three...)
			w.udp(server, ack("1"))
			w.udp(client, fragments("2", "2", text, 1000)...)
			w.udp(client, fragments("3", "1", text, 1000)...)
			w.wait(30 * time.Second)
			w.udp(client, fragments("4", "2", text, 1000)...)
		}, "", nil},
		{"a frag-id after its scaled time", func(w *watched) {
			w.udp(client, three...)
			w.udp(client, fragments("2", "2", text, 1000)...)
			w.wait(3 * time.Second)
			w.udp(client, fragments("3", "1", text, 1000)...)
		}, "", fast},
		{"a fragment without msg-id [FRG-11]", func(w *watched) {
			w.udp(client, frame(3, dissect.FlagFrag, "x", "frag-id", "1", "frag-index", "0", "frag-total", "2"))
		}, "FRG-11 client", nil},
		{"many fragments at once [FRG-13]", func(w *watched) {
			w.udp(client, fragments("1", "1", strings.Repeat(text, 5), 80)...) // 188 of them
		}, "FRG-13 client", nil},
		{"many fragments in good time", func(w *watched) {
			for i, f := range fragments("1", "1", strings.Repeat(text, 5), 80) {
				if i%60 == 0 {
					w.wait(10 * ms)
				}
				w.udp(client, f)
			}
		}, "", nil},

		{"the timeline of the specification", timeline(100*ms, 200*ms, 400*ms), "", nil},
		{"four retransmissions [RTX-2]", timeline(100*ms, 200*ms, 400*ms, 800*ms), "RTX-2 client", nil},
		{"five retransmissions with other settings", timeline(50*ms, 100*ms, 200*ms, 400*ms, 800*ms), "", anySettings},
		{"six retransmissions [RTX-1]", timeline(50*ms, 100*ms, 200*ms, 400*ms, 800*ms, 900*ms), "RTX-1 client", anySettings},
		{"too soon [RTX-3]", timeline(50 * ms), "RTX-3 client", nil},
		{"too late [RTX-4]", timeline(700 * ms), "RTX-4 client", nil},
		{"far too late [RTX-3]", timeline(8 * time.Second), "RTX-3 client", nil},
		{"too late for a scaled timer [RTX-4]", timeline(600 * ms), "RTX-4 client", fast},
		{"sent again after the ACK [RTX-8]", func(w *watched) {
			w.udp(client, asking("1", "x"))
			w.udp(server, ack("1"))
			w.wait(700 * ms)
			w.udp(client, asking("1", "x"))
		}, "RTX-8 client", nil},
		{"sent again because the ACK was lost", func(w *watched) {
			w.udp(client, asking("1", "x"))
			w.lost(server, ack("1"))
			w.wait(100 * ms)
			w.udp(client, asking("1", "x"))
		}, "", nil},
	} {
		e.check(t)
	}
}

// A tap that is late judges no interval.
func TestIntervalsNeedExactTimes(t *testing.T) {
	w := newWatched(t, all)
	for range 2 {
		w.tap.DatagramSent(w.now, tap.Datagram{Conversation: udpName, From: client, Octets: asking("1", "x")})
		w.wait(10 * ms)
	}
	assert.Empty(t, w.findings)
}

func TestUDPMemoryIsBounded(t *testing.T) {
	o := all
	o.MaxMemory = 2 << 20
	w := newWatched(t, o)
	for i := range 20_000 {
		w.udp(client, asking(fmt.Sprint(i), "x"))
		w.udp(server, ack(fmt.Sprint(i)))
	}
	assert.Empty(t, w.findings)
	assert.Empty(t, w.notes, "old messages are forgotten")

	o.MaxMemory = 100 << 10
	w = newWatched(t, o)
	for i := range 5000 {
		w.udp(client, asking(fmt.Sprint(i), "x"))
	}
	require.Len(t, w.notes, 1)
	assert.Contains(t, w.notes[0].Text, "watched no further")

	// Conversations that are idle make room.
	o.MaxConversations = 2
	w = newWatched(t, o)
	for i := range 10 {
		w.tap.DatagramSent(w.now, tap.Datagram{Conversation: fmt.Sprint(i), From: client, Octets: data("x")})
		w.wait(31 * time.Second)
	}
	assert.Equal(t, 10, w.tap.Summary().Conversations)
	assert.Zero(t, w.tap.Summary().Unwatched)
}
