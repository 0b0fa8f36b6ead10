package memnet

import "net/netip"

// datagram is one that has arrived.
type datagram struct {
	data []byte
	from netip.AddrPort
}

// queue holds datagrams in the order of their arrival. It uses its space anew. The
// zero value is empty.
type queue struct {
	list []datagram // from head on
	head int
}

func (q *queue) len() int { return len(q.list) - q.head }

func (q *queue) push(d datagram) { q.list = append(q.list, d) }

// pop takes out the first; there has to be one.
func (q *queue) pop() datagram {
	d := q.list[q.head]
	q.list[q.head] = datagram{}
	if q.head++; 2*q.head >= len(q.list) {
		n := copy(q.list, q.list[q.head:])
		clear(q.list[n:])
		q.list, q.head = q.list[:n], 0
	}
	return d
}
