package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"

	"github.com/hashicorp/yamux"

	"github.com/vstp-project/vstp/ref/tcp"
	"github.com/vstp-project/vstp/ref/udp"
	"github.com/vstp-project/vstp/ref/wire"
)

const anyPort = "127.0.0.1:0"

// What the first octet of a VSTP message asks for.
const (
	ignore = iota
	confirm
	echo
)

// serve is the other side of every contender, until standard input ends. It prints
// the addresses: bare TCP, yamux, VSTP over TCP, bare UDP, VSTP over UDP.
func serve(ctx context.Context) error {
	bare, err := net.Listen("tcp", anyPort)
	if err != nil {
		return err
	}
	go accept(bare, func(c net.Conn) { listen(c) })
	muxed, err := net.Listen("tcp", anyPort)
	if err != nil {
		return err
	}
	go accept(muxed, func(c net.Conn) {
		session, err := yamux.Server(c, nil)
		if err != nil {
			return
		}
		if s, err := session.Accept(); err == nil {
			listen(s)
		}
	})
	vstp, err := tcp.Listen(ctx, anyPort, tcp.Config{Handler: func(_ context.Context, r *tcp.Request) {
		switch r.Message.Payload[0] {
		case confirm:
			r.Answer(wire.Frame{Type: wire.TypeData, Payload: r.Message.Payload[:1]})
		case echo:
			r.Answer(wire.Frame{Type: wire.TypeData, Payload: r.Message.Payload})
		}
	}})
	if err != nil {
		return err
	}
	defer vstp.Close()
	bareUDP, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return err
	}
	go func() {
		b := make([]byte, 65535)
		for {
			n, from, err := bareUDP.ReadFromUDPAddrPort(b)
			if err != nil {
				return
			}
			bareUDP.WriteToUDPAddrPort(b[:n], from)
		}
	}()
	vstpUDP, err := udp.Listen(ctx, anyPort, udp.Config{Handler: func(_ context.Context, r *udp.Request) {
		r.Answer(wire.Frame{Type: wire.TypeData, Payload: r.Message.Payload})
	}})
	if err != nil {
		return err
	}
	defer vstpUDP.Close()
	fmt.Println(bare.Addr(), muxed.Addr(), vstp.Addr(), bareUDP.LocalAddr(), vstpUDP.Addr())
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// accept serves connections, each until it ends.
func accept(l net.Listener, serve func(net.Conn)) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			serve(c)
		}()
	}
}
