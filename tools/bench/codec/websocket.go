package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/gorilla/websocket"
)

// newWebSocket writes as a server and reads as a client, so that no octet is masked.
// A WebSocket message has no headers.
func newWebSocket(m message) (codec, bool) {
	if len(m.headers) > 0 {
		return codec{}, false
	}
	server, client, line := webSockets()
	encode := func() {
		line.toClient.Reset()
		must(server.WriteMessage(websocket.BinaryMessage, m.payload))
	}
	encode()
	source := &endless{octets: bytes.Clone(line.toClient.Bytes())}
	line.clientReads = source
	buf := make([]byte, len(m.payload))
	decode := func() (payload []byte, headers int) {
		_, r, err := client.NextReader()
		must(err)
		n, err := io.ReadFull(r, buf)
		must(err)
		// To the end, as a reader that does not know the length has to go.
		if _, err := r.Read(buf[:1]); !errors.Is(err, io.EOF) {
			panic("more than was written")
		}
		return buf[:n], 0
	}
	return codec{encode, decode}, true
}

// line is the connection between a server and a client of which only one does
// something at a time.
type line struct {
	toClient    bytes.Buffer
	clientReads io.Reader
}

type end struct {
	r io.Reader
	w io.Writer
}

func (e end) Read(b []byte) (int, error)     { return e.r.Read(b) }
func (e end) Write(b []byte) (int, error)    { return e.w.Write(b) }
func (end) Close() error                     { return nil }
func (end) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (end) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (end) SetDeadline(time.Time) error      { return nil }
func (end) SetReadDeadline(time.Time) error  { return nil }
func (end) SetWriteDeadline(time.Time) error { return nil }
func (l *line) Read(b []byte) (int, error)   { return l.clientReads.Read(b) }
func (h hijacked) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return h.conn, bufio.NewReadWriter(bufio.NewReader(h.conn), bufio.NewWriter(h.conn)), nil
}

type hijacked struct {
	http.ResponseWriter
	conn net.Conn
}

// answering gives a client's request to the server as soon as the client waits for
// the answer.
type answering struct {
	serve func() *websocket.Conn
	conn  *websocket.Conn
	from  io.Reader
}

func (a *answering) Read(b []byte) (int, error) {
	if a.conn == nil {
		a.conn = a.serve()
	}
	return a.from.Read(b)
}

// webSockets shakes hands without a network.
func webSockets() (server, client *websocket.Conn, l *line) {
	l = &line{}
	var request bytes.Buffer
	answer := &answering{from: &l.toClient, serve: func() *websocket.Conn {
		r, err := http.ReadRequest(bufio.NewReader(&request))
		must(err)
		var upgrader websocket.Upgrader
		conn, err := upgrader.Upgrade(hijacked{httptest.NewRecorder(), end{&request, &l.toClient}}, r, nil)
		must(err)
		return conn
	}}
	l.clientReads = answer
	dialer := websocket.Dialer{NetDial: func(string, string) (net.Conn, error) { return end{l, &request}, nil }}
	client, _, err := dialer.Dial("ws://bench", nil)
	must(err)
	return answer.conn, client, l
}
