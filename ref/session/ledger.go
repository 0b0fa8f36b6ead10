package session

import "github.com/vstp-project/vstp/ref/wire"

// ledger holds the messages that were delivered to the application and are not
// yet done with, oldest first. Only the oldest may answer: what others say before
// their turn is held back, so that answers leave in the order of delivery.
type ledger struct {
	last uint64 // the number of the latest message, 0 before the first
	open []entry
}

// entry is one message. Its number follows from its place: open ends with last.
type entry struct {
	msgID string // empty if it has none
	held  []wire.Frame
	done  bool
}

// deliver enters a new message and returns its number.
func (l *ledger) deliver() uint64 {
	l.open = append(l.open, entry{})
	l.last++
	return l.last
}

// name keeps the msg-id of the latest message.
func (l *ledger) name(msgID string) { l.open[len(l.open)-1].msgID = msgID }

// find returns the place of message n, or false if it is not open.
func (l *ledger) find(n uint64) (int, bool) {
	first := l.last - uint64(len(l.open)) + 1
	if n < first || n > l.last || l.open[n-first].done {
		return 0, false
	}
	return int(n - first), true
}

// msgID returns the msg-id of message n, empty if it has none or is not open.
func (l *ledger) msgID(n uint64) string {
	i, ok := l.find(n)
	if !ok {
		return ""
	}
	return l.open[i].msgID
}

// answer takes an answer to message n. It returns the frames that may leave now;
// ok is false if n is not open.
func (l *ledger) answer(n uint64, f wire.Frame) (leave []wire.Frame, ok bool) {
	i, ok := l.find(n)
	if !ok {
		return nil, false
	}
	if i == 0 {
		return []wire.Frame{f}, true
	}
	l.open[i].held = append(l.open[i].held, f)
	return nil, true
}

// done closes message n. It returns the frames that may leave now because of it.
func (l *ledger) done(n uint64) (leave []wire.Frame) {
	i, ok := l.find(n)
	if !ok {
		return nil
	}
	l.open[i].done = true
	for len(l.open) > 0 && l.open[0].done {
		l.open = l.open[1:]
		if len(l.open) > 0 {
			leave = append(leave, l.open[0].held...)
			l.open[0].held = nil
		}
	}
	return leave
}

// settled reports whether nothing is open.
func (l *ledger) settled() bool { return len(l.open) == 0 }
