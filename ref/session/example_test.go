package session_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/vstp-project/vstp/ref/session"
	"github.com/vstp-project/vstp/ref/wire"
)

// show prints what a state machine asks of its transport.
func show(actions []session.Action) {
	for _, a := range actions {
		switch a.Kind {
		case session.ActionSend, session.ActionDeliver:
			fmt.Println(" ", a.Kind, a.Frame)
		default:
			fmt.Println(" ", a.Kind)
		}
	}
}

// The life of a connection at its server, without a socket: events go in, and what is to
// be done comes out.
func ExampleServer() {
	id, _ := session.ParseSessionID([]byte("7"))
	s := session.NewServer(session.ServerConfig{}, id)
	now := time.Now()
	fmt.Println("HELLO")
	show(s.Frame(now, wire.Frame{Type: wire.TypeHello}))
	fmt.Println("DATA")
	show(s.Frame(now, wire.Frame{Type: wire.TypeData, Payload: []byte("question")}))
	fmt.Println("PING, while the application thinks")
	show(s.Frame(now, wire.Frame{Type: wire.TypePing, Payload: []byte("p")}))
	fmt.Println("BYE")
	show(s.Frame(now, wire.Frame{Type: wire.TypeBye}))
	fmt.Println("the application answers")
	actions, err := s.Answer(now, 1, wire.Frame{Type: wire.TypeData, Payload: []byte("answer")})
	if err != nil {
		fmt.Println(err)
		return
	}
	show(actions)
	show(s.Done(now, 1))
	fmt.Println(s.State())

	// Output:
	// HELLO
	//   send WELCOME session-id=7 (28 octets)
	// DATA
	//   deliver DATA "question" (23 octets)
	// PING, while the application thinks
	//   send PONG "p" (16 octets)
	// BYE
	// the application answers
	//   send DATA "answer" (21 octets)
	//   shut down writing
	// flushing
}

// A client greets, and matches what comes to what it has sent.
func ExampleClient() {
	c := session.NewClient(session.ClientConfig{FirstMsgID: 1})
	now := time.Now()
	fmt.Println("connected")
	show(c.Open(now))
	fmt.Println("a message that is to be acknowledged")
	id, actions, err := c.SendReliable(wire.Frame{Type: wire.TypeData, Payload: []byte("order")})
	if err != nil {
		fmt.Println(err)
		return
	}
	show(actions)
	show(c.Sent(now, id))
	fmt.Println("without an ACK it fails after", c.NextTimeout().Sub(now))
	ack, err := wire.NewBuilder(wire.TypeAck).Text(wire.KeyMsgID, "1").Build()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("ACK")
	show(c.Frame(now, ack))
	fmt.Println("timer running:", !c.NextTimeout().IsZero())

	// Output:
	// connected
	//   send HELLO (15 octets)
	// a message that is to be acknowledged
	//   send DATA REQ_ACK msg-id=1 "order" (29 octets)
	// without an ACK it fails after 2s
	// ACK
	//   settle
	// timer running: false
}

// Over UDP each datagram is taken by itself.
func ExampleEndpoint() {
	e := session.NewEndpoint(session.EndpointConfig{})
	ping, err := wire.Frame{Type: wire.TypePing, Payload: []byte("p")}.AppendBinary(nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(e.Datagram(ping).Replies)

	ask, err := wire.NewBuilder(wire.TypeData).Text(wire.KeyMsgID, "5").Flags(wire.FlagReqAck).Payload([]byte("x")).Build()
	if err != nil {
		fmt.Println(err)
		return
	}
	octets, err := ask.AppendBinary(nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	r := e.Datagram(octets)
	fmt.Println(r.Deliver, r.Replies)

	octets[len(octets)-1] ^= 1
	r = e.Datagram(octets)
	fmt.Println(r.Deliver, r.Replies, errors.Is(r.Err, wire.CrcMismatch))

	// Output:
	// [PONG "p" (16 octets)]
	// true [ACK msg-id=5 (24 octets)]
	// false [] true
}

// What the peer reports, and what is refused here, are errors of different types with the
// same names.
func ExamplePeerError() {
	f, err := wire.NewBuilder(wire.TypeErr).Text(wire.KeyErrCode, "16").Payload([]byte("come back later")).Build()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(session.NewPeerError(f))
	e := session.NewEndpoint(session.EndpointConfig{})
	fmt.Println(e.CheckMessage(wire.Frame{Type: wire.TypeData, Flags: wire.FlagFrag}))

	// Output:
	// the peer reports RateLimited: "come back later"
	// Unsupported: a message cannot be sent with the flags FRAG, leave them out
}
