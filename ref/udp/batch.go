package udp

import (
	"slices"

	"github.com/vstp-project/vstp/ref/reliable"
	"github.com/vstp-project/vstp/ref/session"
)

// batch is what leaves at one time: datagrams that were due already. Nothing waits
// for others to leave with.
type batch struct {
	sock  socket
	limit int // octets that may leave in one call, 0 for one datagram
	b     []byte
	list  []departure
}

// departure is one datagram of a batch.
type departure struct {
	t        *reliable.Transfer
	path     path
	last     bool // of a message that is not acknowledged
	at, size int  // where its octets are
}

// maxBatch is how many datagrams a batch has at most, so that short ones do not keep
// the transmitting goroutine from others for long.
const maxBatch = 64

func newBatch(sock socket) *batch {
	return &batch{sock: sock, b: make([]byte, 0, max(sock.together(), session.MaxDatagram))}
}

// reset empties the batch.
func (b *batch) reset() {
	clear(b.list)
	b.limit, b.b, b.list = b.sock.together(), b.b[:0], b.list[:0]
}

// room reports whether there is room for another datagram.
func (b *batch) room() bool {
	return len(b.list) == 0 || len(b.list) < maxBatch && len(b.b)+session.MaxDatagram <= b.limit
}

// space returns where the next datagram can be written.
func (b *batch) space() []byte { return b.b[len(b.b):] }

// add adds a datagram, which may have been written to space.
func (b *batch) add(t *reliable.Transfer, datagram []byte) {
	b.list = append(b.list, departure{
		t: t, path: t.Owner.(*outgoing).path, last: t.Ended(), at: len(b.b), size: len(datagram),
	})
	b.b = append(b.b, datagram...)
}

// octets returns those of n datagrams from the given one on, which follow each other.
func (b *batch) octets(from, n int) []byte {
	last := b.list[from+n-1]
	return b.b[b.list[from].at : last.at+last.size]
}

// alike returns how many datagrams from the given one on can leave in one call: along
// the same path, one behind the other, and of one size but for the last, which may be
// shorter.
func (b *batch) alike(from int) int {
	n := 1
	for first := b.list[from]; from+n < len(b.list); n++ {
		before, d := b.list[from+n-1], b.list[from+n]
		if d.path != first.path || d.at != before.at+before.size || before.size < first.size || d.size > first.size {
			break
		}
	}
	return n
}

// drop takes out the datagrams of a transfer that come behind the given one.
func (b *batch) drop(t *reliable.Transfer, behind int) {
	rest := slices.DeleteFunc(b.list[behind+1:], func(d departure) bool { return d.t == t })
	b.list = b.list[:behind+1+len(rest)]
}
