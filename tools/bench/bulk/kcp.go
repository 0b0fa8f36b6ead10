package main

import (
	"context"
	"time"

	"github.com/xtaci/kcp-go/v5"
)

// overKCP sends over kcp-go in its fast mode, without encryption and redundancy, with
// windows of so many packets.
func overKCP(window int) func(ctx context.Context, l *lossyLink, octets int) error {
	return func(ctx context.Context, l *lossyLink, octets int) error {
		listener, err := kcp.ListenWithOptions("127.0.0.1:0", nil, 0, 0)
		if err != nil {
			return err
		}
		defer listener.Close()
		listener.SetReadBuffer(4 << 20)
		addr, err := l.toward(listener.Addr().String())
		if err != nil {
			return err
		}
		tune := func(s *kcp.UDPSession) {
			s.SetNoDelay(1, 10, 2, 1)
			s.SetWindowSize(window, window)
			s.SetMtu(1200)
			s.SetACKNoDelay(true)
			deadline, _ := ctx.Deadline()
			s.SetDeadline(deadline)
		}
		received := make(chan error, 1)
		go func() {
			s, err := listener.AcceptKCP()
			if err != nil {
				received <- err
				return
			}
			tune(s)
			err = receiveStream(s, l, octets)
			if err == nil {
				_, err = s.Write([]byte{1})
			}
			received <- err
		}()
		s, err := kcp.DialWithOptions(addr, nil, 0, 0)
		if err != nil {
			return err
		}
		defer s.Close()
		s.SetReadBuffer(4 << 20)
		tune(s)
		began := time.Now()
		err = sendStream(s, l, octets, received)
		l.took = time.Since(began)
		return err
	}
}
