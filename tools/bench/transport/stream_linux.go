package main

import (
	"context"
	"encoding/binary"
	"io"
	"math/rand/v2"
)

// Over bare TCP and over a yamux stream a conversation is: way, size and number of the
// messages, 4 octets each, then the messages and what is sent back.

// talk is a client's side of one.
func talk(s io.ReadWriter, w way, n, size int) error {
	var head [12]byte
	binary.BigEndian.PutUint32(head[0:], uint32(w))
	binary.BigEndian.PutUint32(head[4:], uint32(size))
	binary.BigEndian.PutUint32(head[8:], uint32(n))
	if _, err := s.Write(head[:]); err != nil {
		return err
	}
	b := noise(size)
	for range n {
		if _, err := s.Write(b); err != nil {
			return err
		}
		if w == roundTrip {
			if _, err := io.ReadFull(s, b); err != nil {
				return err
			}
		}
	}
	if w == oneWay {
		_, err := io.ReadFull(s, b[:1])
		return err
	}
	return nil
}

// listen is a server's side of any number of them.
func listen(s io.ReadWriter) error {
	buf := make([]byte, 64<<10)
	for {
		var head [12]byte
		if _, err := io.ReadFull(s, head[:]); err != nil {
			return err
		}
		size := int(binary.BigEndian.Uint32(head[4:]))
		n := int(binary.BigEndian.Uint32(head[8:]))
		if way(binary.BigEndian.Uint32(head[0:])) == oneWay {
			// Whatever has come at a time, messages or parts.
			for left := n * size; left > 0; {
				m, err := s.Read(buf[:min(left, len(buf))])
				if err != nil {
					return err
				}
				left -= m
			}
			if _, err := s.Write(buf[:1]); err != nil {
				return err
			}
			continue
		}
		for range n {
			if _, err := io.ReadFull(s, buf[:size]); err != nil {
				return err
			}
			if _, err := s.Write(buf[:size]); err != nil {
				return err
			}
		}
	}
}

// noise returns octets that do not compress, the same each time.
func noise(n int) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{}).Read(b)
	return b
}

func overStream(name string, s io.ReadWriter) contender {
	return contender{name, func(_ context.Context, w way, n, size int) error { return talk(s, w, n, size) }}
}
