package main

import "io"

// piece is how much is written to a stream at a time.
const piece = 32 << 10

// sendStream writes so many octets and waits for the one that says that all have
// arrived. received has the receiver's error.
func sendStream(s io.ReadWriter, l *lossyLink, octets int, received <-chan error) error {
	c, b := content{l.seed}, make([]byte, piece)
	for n := uint64(0); octets > 0; n++ {
		part := b[:min(piece, octets)]
		c.fill(part, n)
		if _, err := s.Write(part); err != nil {
			return err
		}
		octets -= len(part)
	}
	var done [1]byte
	if _, err := io.ReadFull(s, done[:]); err != nil {
		select {
		case cause := <-received:
			if cause != nil {
				return cause
			}
		default:
		}
		return err
	}
	return nil
}

// receiveStream reads what sendStream writes.
func receiveStream(s io.Reader, l *lossyLink, octets int) error {
	c, b, scratch := content{l.seed}, make([]byte, piece), make([]byte, piece)
	for octets > 0 {
		part := b[:min(piece, octets)]
		if _, err := io.ReadFull(s, part); err != nil {
			return err
		}
		if _, ok := c.right(part, scratch); !ok {
			return errContent
		}
		octets -= len(part)
		l.arrived.Add(int64(len(part)))
	}
	return nil
}
