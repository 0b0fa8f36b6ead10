package tap

import "time"

const (
	// maxRetransmissions is the most that can be configured. [RTX-11]
	maxRetransmissions = 5
	// defaultRetransmissions are made by default. [RTX-2]
	defaultRetransmissions = 3

	firstDelay = 100 * time.Millisecond // [RTX-4]
	maxDelay   = 7 * time.Second        // [RTX-3]
	fixedDelay = 20 * time.Millisecond  // [RTX-4]
	// early and lateMargin are what the host of the sender may take between its clock
	// and the wire, beyond what the requirements allow for.
	early      = 20 * time.Millisecond
	lateMargin = 500 * time.Millisecond
	// ackNoticed is by when an ACK that has arrived has been taken notice of.
	ackNoticed = 500 * time.Millisecond
)

// transmission follows the transmissions of a message, of which a datagram is sent.
func (c *udpConversation) transmission(now time.Time, by Side, m *message, g Datagram, index int, known bool, at place) {
	whole := len(m.current) >= m.total
	next := !known || m.transmissions == 0 || m.current[index]
	if next {
		if m.transmissions > 0 && m.asked && c.tap.o.Complete {
			if !whole && m.acked.IsZero() {
				c.find(now, by, "FRG-4", at, "a transmission of the message with msg-id %s begins when %d of %d fragments of the one before have been sent", m.id, len(m.current), m.total)
			}
			c.again(now, by, m, g, at)
		}
		m.transmissions++
		clear(m.current)
	}
	m.current[index] = true
	m.last, m.exact = now, g.Exact
}

// again judges that a message is transmitted once more.
func (c *udpConversation) again(now time.Time, by Side, m *message, g Datagram, at place) {
	t := c.tap
	if !m.acked.IsZero() {
		if since := now.Sub(m.acked); since > ackNoticed {
			c.find(now, by, "RTX-8", at, "the message with msg-id %s is sent again %v after its ACK has arrived", m.id, since.Round(time.Millisecond))
		}
		return
	}
	n := m.transmissions // the number of this retransmission
	switch {
	case n > maxRetransmissions:
		c.find(now, by, "RTX-1", at, "retransmission %d of the message with msg-id %s", n, m.id)
		return
	case t.o.Defaults && n > defaultRetransmissions:
		c.find(now, by, "RTX-2", at, "retransmission %d of the message with msg-id %s", n, m.id)
	}
	if !t.o.Defaults || !g.Exact || !m.exact {
		return
	}
	interval, nominal := now.Sub(m.last), t.scaled(firstDelay<<(n-1))
	least, most := nominal*95/100-early, nominal*120/100+fixedDelay+lateMargin
	shown := interval.Round(100 * time.Microsecond)
	switch {
	case interval < least || interval > t.scaled(maxDelay)+lateMargin:
		c.find(now, by, "RTX-3", at, "retransmission %d of the message with msg-id %s comes %v after the transmission before, and its interval is %v", n, m.id, shown, nominal)
	case interval > most && n <= defaultRetransmissions:
		c.find(now, by, "RTX-4", at, "retransmission %d of the message with msg-id %s comes %v after the transmission before, and its interval is %v", n, m.id, shown, nominal)
	}
}
