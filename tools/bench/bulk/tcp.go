package main

import (
	"context"
	"net"
	"time"
)

// noStreamLoss is why there is no TCP with loss.
const noStreamLoss = "not tried: a relay of streams cannot lose a segment"

// overTCP sends over the kernel's TCP, through a relay that gives the stream the
// link's rate and delay. The relay holds 64 KB in each direction at most, which with
// 10 ms of delay is a limit of its own, at half of the link's rate.
func overTCP(ctx context.Context, l *lossyLink, octets int) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer listener.Close()
	addr, err := l.towardStream(listener.Addr().String())
	if err != nil {
		return err
	}
	received := make(chan error, 1)
	go func() {
		conn, err := listener.Accept()
		if err == nil {
			defer conn.Close()
			err = receiveStream(conn, l, octets)
		}
		if err == nil {
			_, err = conn.Write([]byte{1})
		}
		received <- err
	}()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	deadline, _ := ctx.Deadline()
	if err := conn.SetDeadline(deadline); err != nil {
		return err
	}
	began := time.Now()
	err = sendStream(conn, l, octets, received)
	l.took = time.Since(began)
	return err
}
