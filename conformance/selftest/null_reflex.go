package selftest

import (
	"bytes"
	"crypto/tls"
	"io"
	"net"
	"strings"
	"sync"

	"github.com/vstp-project/vstp/conformance/dissect"
	"github.com/vstp-project/vstp/conformance/forge"
	"github.com/vstp-project/vstp/conformance/pki"
)

// A reflex makes octets from octets that came in one read or datagram, which mostly
// hold whole frames. It understands no more of them than what a frame is.
type reflex func(octets []byte) (answer []byte)

// forEachFrame is the reflex that answers each whole frame.
func forEachFrame(answer func(dissect.Frame) forge.Frame) reflex {
	return func(octets []byte) []byte {
		frames, _ := dissect.Split(octets, dissect.Options{})
		var b []byte
		for _, f := range frames {
			b = append(b, answer(f).Bytes()...)
		}
		return b
	}
}

// acknowledgement acknowledges a frame of whatever type, asked or not.
func acknowledgement(f dissect.Frame) forge.Frame {
	ack := forge.Frame{Type: dissect.TypeAck}
	if id, ok := f.Header(dissect.KeyMsgID); ok {
		ack.Headers = forge.KV(dissect.KeyMsgID, string(id))
	}
	return ack
}

// complaint reports a frame of whatever type as a violation of the protocol.
func complaint(f dissect.Frame) forge.Frame {
	e := forge.Frame{Type: dissect.TypeErr, Headers: forge.KV(dissect.KeyErrCode, "2")}
	if id, ok := f.Header(dissect.KeyMsgID); ok {
		e.Headers = append(e.Headers, forge.KV(dissect.KeyMsgID, string(id))...)
	}
	return e
}

// repeater is a reflex that sends the last valid frame that it has seen, whatever comes.
func repeater() reflex {
	var last []byte
	return func(octets []byte) []byte {
		frames, _ := dissect.Split(octets, dissect.Options{})
		for _, f := range frames {
			if f.Class() == "" {
				last = bytes.Clone(f.Raw)
			}
		}
		return last
	}
}

// welcome answers a HELLO at the beginning of octets, and nothing else.
func welcome(octets []byte) []byte {
	if frames, _ := dissect.Split(octets, dissect.Options{}); len(frames) == 0 || frames[0].Type != dissect.TypeHello {
		return nil
	}
	return forge.Frame{Type: dissect.TypeWelcome, Headers: forge.KV(dissect.KeySessionID, "1")}.Bytes()
}

// badRequest is what a web server makes of a frame.
const badRequest = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n400 Bad Request"

// reflexPeers are the null peers that answer by reflex, over both transports, and those
// that speak another protocol.
func reflexPeers() []NullPeer {
	return []NullPeer{
		{Name: "greets-then-closes", Title: "answers HELLO by WELCOME and then hangs up", tcp: once(welcome), udp: byReflex(welcome)},
		reflexPeer("acknowledges-all", "acknowledges every frame and does nothing else", func() reflex { return forEachFrame(acknowledgement) }),
		reflexPeer("errs-at-all", "answers every frame with ERR", func() reflex { return forEachFrame(complaint) }),
		reflexPeer("repeats-last-frame", "sends the last valid frame again, whatever comes", repeater),
		{Name: "http-server", Title: "is a web server", tcp: once(func([]byte) []byte { return []byte(badRequest) })},
		{Name: "tls-server", Title: "is a TLS server, at the address for TCP as well", tcp: secured(swallow), tls: secured(swallow)},
		{Name: "tls-black-hole", Title: "shakes hands where TLS is spoken, and never answers anywhere", tcp: swallow, tls: secured(swallow)},
		{Name: "exits-0", Title: "ends with success before it listens", command: exits(0)},
		{Name: "exits-1", Title: "fails before it listens", command: exits(1)},
	}
}

func reflexPeer(name, title string, reflex func() reflex) NullPeer {
	return NullPeer{
		Name: name, Title: title, udp: byReflex(reflex()),
		tcp: func(c net.Conn) {
			answer := reflex()
			for octets := range reads(c) {
				if _, err := c.Write(answer(octets)); err != nil {
					return
				}
			}
		},
	}
}

// byReflex answers datagrams.
func byReflex(answer reflex) func(net.PacketConn, []byte, net.Addr) {
	return func(conn net.PacketConn, datagram []byte, from net.Addr) {
		if b := answer(datagram); len(b) > 0 {
			_, _ = conn.WriteTo(b, from) // a datagram may be lost
		}
	}
}

// once answers what comes first on a connection; then that is closed.
func once(answer reflex) func(net.Conn) {
	return func(c net.Conn) {
		for octets := range reads(c) {
			_, _ = c.Write(answer(octets)) // it is closed in any case
			return
		}
	}
}

// reads are what a connection yields, read by read, until it ends. The octets are valid
// until the next.
func reads(c net.Conn) func(yield func([]byte) bool) {
	return func(yield func([]byte) bool) {
		b := make([]byte, 1<<16)
		for {
			n, err := c.Read(b)
			if err != nil || !yield(b[:n]) {
				return
			}
		}
	}
}

// secured serves a connection inside TLS, in the form that the judge takes.
func secured(serve func(net.Conn)) func(net.Conn) {
	config := sync.OnceValues(func() (*tls.Config, error) {
		root, err := pki.NewRoot("a null peer")
		if err != nil {
			return nil, err
		}
		certificate, err := root.Issue(pki.Leaf{Hosts: []string{"127.0.0.1"}})
		return &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS13}, err
	})
	return func(c net.Conn) {
		cfg, err := config()
		if err != nil {
			return // it hangs up, which is no better
		}
		inside := tls.Server(c, cfg)
		if inside.Handshake() == nil {
			serve(inside)
		}
	}
}

func swallow(c net.Conn) { _, _ = io.Copy(io.Discard, c) }

// webRequest is what a web browser sends first.
var webRequest = []byte(strings.Join([]string{"GET / HTTP/1.1", "Host: localhost", "Accept: */*", "", ""}, "\r\n"))
