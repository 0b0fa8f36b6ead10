package tcp

import "github.com/vstp-project/vstp/ref/wire"

// message is one that waits for the application, or an error in its place.
type message struct {
	number uint64 // the session's
	frame  wire.Frame
	err    error
	octets int
}

// inbox holds the messages that wait for the application, oldest first.
type inbox struct {
	waiting []message
	octets  int
}

func (b *inbox) push(m message) {
	b.waiting = append(b.waiting, m)
	b.octets += m.octets
}

func (b *inbox) pop() message {
	m := b.waiting[0]
	b.waiting[0] = message{} // so that its memory is free once it is done with
	b.waiting = b.waiting[1:]
	b.octets -= m.octets
	return m
}

func (b *inbox) empty() bool { return len(b.waiting) == 0 }

// full reports whether no further frame is to be read for now.
func (b *inbox) full(cfg *Config) bool {
	return len(b.waiting) >= cfg.QueueMessages || b.octets >= cfg.QueueOctets
}
