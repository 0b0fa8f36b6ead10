package tap_test

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance/dissect"
	"github.com/vstp-project/vstp/conformance/forge"
	"github.com/vstp-project/vstp/conformance/tap"
)

func greet(w *watched) {
	w.tcp(client, hello)
	w.tcp(server, welcome("7"))
}

// part ends a connection as it should end.
func part(w *watched) {
	w.tcp(client, bye)
	w.fin(client)
	w.fin(server)
}

func TestTCPConversations(t *testing.T) {
	broken := forge.FlipBit(data("x"), 8*12)
	relaxed := func(o *tap.Options) { o.Complete = false }
	for _, e := range []example{
		{"everything as it should be", func(w *watched) {
			w.tcp(client, hello, data("early"))
			w.tcp(server, welcome("7"), data("early"))
			w.tcp(client, hello, ping("a"), ping(""), ping("b"), asking("1", "m"))
			w.tcp(server, welcome("7"), pong("a"), pong(""), pong("b"), ack("1"), data("m"))
			w.tcp(server, ping("s"))
			w.tcp(client, pong("s"))
			part(w)
		}, "", nil},
		{"octet by octet", func(w *watched) {
			for _, octet := range forge.Concat(hello, ping("a"), bye) {
				w.tcp(client, []byte{octet})
			}
			w.tcp(server, forge.Concat(welcome("1"), pong("a")))
			w.fin(client)
			w.fin(server)
		}, "", nil},
		{"DATA before HELLO [TCP-2]", func(w *watched) {
			w.tcp(client, data("x"), data("y"), hello)
			w.tcp(server, welcome("7"))
			part(w)
		}, "TCP-2 client", nil},
		{"the server speaks first [TCP-4]", func(w *watched) {
			w.tcp(server, data("banner"))
			greet(w)
			part(w)
		}, "TCP-4 server", nil},
		{"the server speaks before the first frame is whole [TCP-4]", func(w *watched) {
			w.tcp(client, hello[:10])
			w.tcp(server, data("banner"))
			w.tcp(client, hello[10:])
			w.tcp(server, welcome("1"))
			part(w)
		}, "TCP-4 server", nil},
		{"the frame was sent, and has not arrived [TCP-4]", func(w *watched) {
			w.tap.Sent(w.now, tcpName, served, client, hello)
			w.tcp(server, welcome("1"))
		}, "TCP-4 server, TCP-1 server", nil},
		{"an early ERR that is the end [TCP-18]", func(w *watched) {
			w.tcp(client, hello[:4])
			w.tcp(server, errFrame("9"))
			w.fin(server)
		}, "", nil},
		{"an early ERR that is not the end [TCP-4]", func(w *watched) {
			w.tcp(server, errFrame("16"), data("x"))
		}, "TCP-4 server", nil},
		{"a WELCOME for nothing [TCP-1]", func(w *watched) {
			greet(w)
			w.tcp(server, welcome("7"))
			part(w)
		}, "TCP-1 server", nil},
		{"no WELCOME [TCP-1]", func(w *watched) {
			w.tcp(client, hello)
			part(w)
		}, "TCP-1 server", nil},
		{"no WELCOME, where the end and the HELLO can cross", func(w *watched) {
			w.tcp(client, hello)
			part(w)
		}, "", relaxed},
		{"no WELCOME, and a BYE in return [TCP-1]", func(w *watched) {
			w.tcp(client, hello, bye)
			w.tcp(server, bye)
			w.fin(client)
			w.fin(server)
		}, "TCP-1 server", nil},
		{"a server that leaves in the middle", func(w *watched) {
			w.tcp(client, hello, ping("a"))
			w.tcp(server, bye)
			w.tcp(client, bye)
			w.fin(client)
			w.fin(server)
		}, "", nil},
		{"PONG ahead of WELCOME [TCP-1]", func(w *watched) {
			w.tcp(client, hello, ping("a"))
			w.tcp(server, pong("a"), welcome("1"))
			part(w)
		}, "TCP-1 server", nil},
		{"another session-id [SES-3]", func(w *watched) {
			greet(w)
			w.tcp(client, hello)
			w.tcp(server, welcome("8"))
			part(w)
		}, "SES-3 server", nil},
		{"no session-id [SES-2]", func(w *watched) {
			w.tcp(client, hello)
			w.tcp(server, frame(dissect.TypeWelcome, 0, ""))
			part(w)
		}, "SES-2 server", nil},
		{"session_id in strict [SES-2]", func(w *watched) {
			w.tcp(client, hello)
			w.tcp(server, frame(dissect.TypeWelcome, 0, "", "session_id", "5"))
			part(w)
		}, "SES-2 server", nil},
		{"session_id in core", func(w *watched) {
			w.tcp(client, hello)
			w.tcp(server, frame(dissect.TypeWelcome, 0, "", "session_id", "5"))
			part(w)
		}, "", func(o *tap.Options) { o.Profile = tap.Core }},
		{"PONG out of order [TCP-6]", func(w *watched) {
			greet(w)
			w.tcp(client, ping("a"), ping("b"))
			w.tcp(server, pong("b"), pong("a"))
			part(w)
		}, "TCP-6 server", nil},
		{"PONG left out [TCP-6]", func(w *watched) {
			greet(w)
			w.tcp(client, ping("a"))
			part(w)
		}, "TCP-6 server", nil},
		{"PONG twice [TCP-6]", func(w *watched) {
			greet(w)
			w.tcp(client, ping("a"))
			w.tcp(server, pong("a"), pong("a"))
			part(w)
		}, "TCP-6 server", nil},
		{"PONG with another payload [TCP-7]", func(w *watched) {
			greet(w)
			w.tcp(client, ping("a"))
			w.tcp(server, pong("A"))
			w.tcp(server, ping("b"))
			w.tcp(client, pong(""))
			part(w)
		}, "TCP-7 server, TCP-7 client", nil},
		{"a client need not answer", func(w *watched) {
			greet(w)
			w.tcp(server, ping("a"), ping("b"), ping("c"))
			w.tcp(client, pong("b"))
			part(w)
		}, "", nil},
		{"a PONG that nothing asks for", func(w *watched) {
			greet(w)
			w.tcp(client, pong("u"))
			w.tcp(server, pong("v"))
			part(w)
		}, "", nil},
		{"the client goes on after BYE [TCP-10]", func(w *watched) {
			greet(w)
			w.tcp(client, bye, data("x"))
			w.fin(client)
			w.fin(server)
		}, "TCP-10 client", nil},
		{"the server goes on after BYE [PRI-3]", func(w *watched) {
			greet(w)
			w.tcp(server, bye, data("x"))
		}, "PRI-3 server", nil},
		{"answers after the client's BYE", func(w *watched) {
			greet(w)
			w.tcp(client, data("x"), ping("p"), bye)
			w.fin(client)
			w.tcp(server, data("x"), pong("p"), bye)
			w.fin(server)
		}, "", nil},
		{"no BYE [TCP-10]", func(w *watched) {
			greet(w)
			w.fin(client)
			w.fin(server)
		}, "TCP-10 client", nil},
		{"no BYE because the server has ended it", func(w *watched) {
			greet(w)
			w.tcp(server, bye)
			w.fin(server)
			w.fin(client)
		}, "", nil},
		{"no BYE because the connection is reset", func(w *watched) {
			greet(w)
			w.tap.Reset(w.now, tcpName)
			w.fin(client)
			w.fin(server)
		}, "", nil},
		{"a connection that says nothing", func(w *watched) {
			w.tcp(client, nil)
			w.fin(client)
			w.fin(server)
		}, "", nil},
		{"a frame broken off [FRM-1]", func(w *watched) {
			greet(w)
			w.tcp(client, data("abc")[:14])
			w.fin(client)
			w.fin(server)
		}, "FRM-1 client", nil},
		{"ERR for a CRC fault is the last frame [TCP-16]", func(w *watched) {
			greet(w)
			w.tcp(client, broken)
			w.tcp(server, errFrame("6"))
			w.fin(server)
			w.fin(client)
		}, "CRC-1 client", nil},
		{"ERR for a CRC fault is not the last frame [TCP-16]", func(w *watched) {
			greet(w)
			w.tcp(client, broken)
			w.tcp(server, errFrame("6"), data("more"))
			w.fin(server)
		}, "CRC-1 client, TCP-16 server", nil},
		{"no ERR for a CRC fault [TCP-16]", func(w *watched) {
			greet(w)
			w.tcp(client, broken)
			w.fin(server)
		}, "CRC-1 client, TCP-16 server", nil},
		{"the client sends no ERR for a wrong version [TCP-16]", func(w *watched) {
			greet(w)
			version := data("x")
			version[2] = 2
			w.tcp(server, version)
			w.fin(client)
			w.fin(server)
		}, "FRM-2 server, TCP-16 client", nil},
		{"no ERR for a wrong MAGIC", func(w *watched) {
			greet(w)
			w.tcp(client, []byte("GET / HTTP/1.0\r\n\r\n"))
			w.fin(server)
			w.fin(client)
		}, "FRM-2 client", nil},
		{"a PING after a fatal error is answered [TCP-14]", func(w *watched) {
			greet(w)
			w.tcp(client, broken, ping("ghost"))
			w.tcp(server, pong("ghost"), errFrame("6"))
			w.fin(server)
		}, "CRC-1 client, TCP-14 server", nil},
		{"malformed headers [HDR-1]", func(w *watched) {
			greet(w)
			w.tcp(client, forge.Raw{Type: 3, HeaderSection: []byte{9, 9, 'k'}}.Bytes())
			w.tcp(server, errFrame("2"))
			w.fin(server)
			w.fin(client)
		}, "HDR-1 client", nil},
		{"FRAG [FRG-16]", func(w *watched) {
			greet(w)
			w.tcp(client, frame(dissect.TypeData, dissect.FlagFrag, "x", "msg-id", "1"))
			part(w)
		}, "FRG-16 client", nil},
		{"reserved flags and unknown TYPE, unanswered [TYP-4]", func(w *watched) {
			greet(w)
			w.tcp(client, frame(3, 0x80, ""), frame(9, 0, ""))
			part(w)
		}, "FLG-2 client, TYP-2 client, TYP-4 server", nil},
		{"unknown TYPE, answered", func(w *watched) {
			greet(w)
			w.tcp(client, frame(9, 0, ""))
			w.tcp(server, errFrame("4"))
			part(w)
		}, "TYP-2 client", nil},
		{"WELCOME by the client, unanswered [ERR-5]", func(w *watched) {
			greet(w)
			w.tcp(client, welcome("1"))
			part(w)
		}, "ERR-5 server", nil},
		{"an ACK for nothing [ACK-3]", func(w *watched) {
			greet(w)
			w.tcp(server, ack("5"))
			w.tcp(client, data("x", "msg-id", "6"))
			w.tcp(server, ack("6"), frame(dissect.TypeAck, 0, ""))
			part(w)
		}, "ACK-3 server, ACK-3 server, ACK-3 server", nil},
		{"an ACK without msg-id for a frame without one", func(w *watched) {
			greet(w)
			w.tcp(client, frame(dissect.TypeData, dissect.FlagReqAck, "x"))
			w.tcp(server, frame(dissect.TypeAck, 0, ""))
			part(w)
		}, "", nil},
		{"an ACK for an ERR [ACK-7]", func(w *watched) {
			greet(w)
			w.tcp(client, frame(dissect.TypeErr, dissect.FlagReqAck, "", "err-code", "15", "msg-id", "3"))
			w.tcp(server, ack("3"))
			part(w)
		}, "ACK-7 server", nil},
		{"an ACK for an unknown TYPE [TYP-3]", func(w *watched) {
			greet(w)
			w.tcp(client, frame(9, dissect.FlagReqAck, "", "msg-id", "3"))
			w.tcp(server, ack("3"), errFrame("4"))
			part(w)
		}, "TYP-2 client, TYP-3 server", nil},
		{"an ACK for COMP that is no gzip [CMP-6]", func(w *watched) {
			greet(w)
			w.tcp(client, frame(3, dissect.FlagReqAck|dissect.FlagComp, "x", "msg-id", "3"))
			w.tcp(server, ack("3"), errFrame("18"))
			part(w)
		}, "CMP-1 client, CMP-6 server", nil},
		{"COMP that is gzip", func(w *watched) {
			greet(w)
			w.tcp(client, frame(3, dissect.FlagComp, compressed(t, strings.Repeat("a", 2000))))
			part(w)
		}, "", nil},
		{"COMP with something after the gzip member [CMP-1], unanswered [CMP-10]", func(w *watched) {
			greet(w)
			w.tcp(client, frame(3, dissect.FlagComp, compressed(t, "a")+"b"))
			part(w)
		}, "CMP-1 client, CMP-10 server", nil},
		{"a frame sent twice [RTX-12]", func(w *watched) {
			greet(w)
			w.tcp(client, asking("1", "x"), asking("1", "x"))
			part(w)
		}, "RTX-12 client", nil},
		{"a msg-id used twice [ACK-11]", func(w *watched) {
			greet(w)
			w.tcp(client, asking("1", "x"), asking("1", "y"))
			part(w)
		}, "ACK-11 client", nil},
		{"an ACK with a payload [ACK-18]", func(w *watched) {
			greet(w)
			w.tcp(client, asking("1", "x"))
			w.tcp(server, frame(dissect.TypeAck, 0, "x", "msg-id", "1"))
			part(w)
		}, "ACK-18 server", nil},
	} {
		e.check(t)
	}
}

func TestSessionIdentifierOfAnotherConnection(t *testing.T) {
	for name, ended := range map[string]bool{"live [SES-1]": false, "ended": true} {
		w := newWatched(t, all)
		for _, conn := range []string{"first", "second"} {
			w.tap.Sent(w.now, conn, served, client, hello)
			w.tap.Arrived(w.now, conn, server, len(hello))
			w.tap.Sent(w.now, conn, served, server, welcome("99"))
			if ended {
				w.tap.Ended(w.now, conn, server)
			}
		}
		if ended {
			assert.NotContains(t, w.broken(), "SES-1 server", name)
		} else {
			assert.Equal(t, []string{"SES-1 server"}, w.broken(), name)
		}
	}
}

func TestFindingSaysWhere(t *testing.T) {
	w := newWatched(t, all)
	greet(w)
	w.wait(ms)
	w.tcp(client, frame(3, 0x80, "x"))
	require.Len(t, w.findings, 1)
	f := w.findings[0]
	assert.Equal(t, tap.Finding{
		Time: begin.Add(ms), Conversation: tcpName, Transport: "tcp", By: client,
		Requirement: "FLG-2", Level: "MUST", Profile: "core", Text: "reserved FLAGS bits 0x80 are set",
		Number: 2, Position: 15, Octets: frame(3, 0x80, "x"), Offset: 4, Length: 1,
	}, f)
	s := w.tap.Summary()
	assert.Equal(t, 3, s.Frames)
	assert.Equal(t, 1, s.Sent(server, dissect.TypeWelcome))
	assert.Equal(t, 0, s.Sent(client, dissect.TypeWelcome))
	assert.Equal(t, 1, s.Flagged(client, 0x80))
	assert.Equal(t, 0, s.Flagged(client, dissect.FlagReqAck))
	assert.Equal(t, 1, s.Violations)
	assert.Equal(t, []tap.Count{{Requirement: "FLG-2", Level: "MUST", By: client, Times: 1}}, s.Counts())
}

func TestCoreLeavesStrictOut(t *testing.T) {
	w := newWatched(t, tap.Options{Complete: true})
	w.tcp(server, data("banner"))
	w.tcp(client, data("x"))
	assert.Equal(t, []string{"TCP-2 client"}, w.broken())
	assert.Equal(t, 1, w.tap.Summary().Strict)
}

func TestTLSIsNotJudged(t *testing.T) {
	w := newWatched(t, all)
	w.tcp(client, []byte{0x16, 3, 1, 0, 5})
	w.tcp(server, []byte{0x16, 3, 3})
	assert.Empty(t, w.findings)
	require.Len(t, w.notes, 1)
	assert.Contains(t, w.notes[0].Text, "TLS")
}

func TestLateBeginning(t *testing.T) {
	w := newWatched(t, all)
	w.tap.Late(w.now, tcpName, served)
	w.tcp(server, pong("?"), ack("5"))
	w.tcp(client, data("x"), frame(3, 0x40, ""))
	w.fin(server)
	assert.Equal(t, []string{"FLG-2 client"}, w.broken())

	w = newWatched(t, all)
	w.tap.Late(w.now, tcpName, served)
	w.tcp(client, []byte("in the middle of something"))
	assert.Empty(t, w.findings)
	assert.Len(t, w.notes, 2)
}

// A frame that nobody wants to hold is passed over, and the next one is found.
func TestLargeFrameIsPassedOver(t *testing.T) {
	o := all
	o.MaxFrame = 1000
	w := newWatched(t, o)
	greet(w)
	large := data(strings.Repeat("x", 5000))
	w.tcp(client, large[:12])
	for rest := large[12:]; len(rest) > 0; rest = rest[min(700, len(rest)):] {
		w.tcp(client, rest[:min(700, len(rest))])
	}
	w.tcp(client, frame(3, 0x80, ""))
	assert.Equal(t, []string{"FLG-2 client"}, w.broken())
	assert.Equal(t, int64(15+len(large)), w.findings[0].Position)
	require.Len(t, w.notes, 1)
	assert.Contains(t, w.notes[0].Text, "5015 octets")
}

func TestMemoryIsBounded(t *testing.T) {
	o := all
	o.MaxMemory = 10_000
	w := newWatched(t, o)
	greet(w)
	declared := binary.BigEndian.AppendUint32([]byte{'V', 'T', 1, 3, 0, 0, 0}, 1<<20)
	w.tcp(client, declared)
	for range 100 {
		w.tcp(client, make([]byte, 1000))
	}
	require.Len(t, w.notes, 1)
	assert.Contains(t, w.notes[0].Text, "watched no further")
	assert.Equal(t, 1, w.tap.Summary().GivenUp)
	w.tap.Closed(tcpName)

	// What was given up or closed takes no memory.
	for range 100 {
		greet(w)
		w.tcp(client, asking("1", strings.Repeat("x", 3000)))
		w.tap.Closed(tcpName)
	}
	assert.Len(t, w.notes, 1)

	o.MaxConversations = 1
	w = newWatched(t, o)
	greet(w)
	w.tap.Sent(w.now, "another", served, client, frame(3, 0x80, ""))
	assert.Empty(t, w.findings)
	assert.Equal(t, 1, w.tap.Summary().Unwatched)
}

// A connection that lives long does not use memory up.
func TestLongConnection(t *testing.T) {
	o := all
	o.MaxMemory = 1 << 20
	w := newWatched(t, o)
	greet(w)
	for range 20_000 {
		w.tcp(client, data("x"), ping("y"))
		w.tcp(server, data("x"), pong("y"))
	}
	part(w)
	assert.Empty(t, w.findings)
	assert.Empty(t, w.notes)
}
