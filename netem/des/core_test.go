package des_test

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/vstp-project/vstp/netem"
)

const ms = time.Millisecond

// plain labels a datagram with its own text.
type plain struct{}

func (plain) Name() string { return "plain/1" }

func (plain) Label(_ netem.Direction, _ int, datagram []byte) netem.Label {
	return netem.Label{Text: string(datagram)}
}

// sender sends messages, one every 10 ms, and each again 100, 200 and 400 ms after
// the time before, until it is acknowledged.
type sender struct {
	messages []*message
	out      [][]byte
	// wrong is the number of the transmission that goes wrong: the planted fault.
	wrong int
}

type message struct {
	name  string
	next  time.Time // when it is sent next; zero is never again
	sent  int
	acked bool
}

var waits = []time.Duration{100 * ms, 200 * ms, 400 * ms}

func newSender(start time.Time, n, wrong int) *sender {
	s := &sender{wrong: wrong}
	for i := range n {
		s.messages = append(s.messages, &message{name: fmt.Sprint("m", i), next: start.Add(time.Duration(i+1) * 10 * ms)})
	}
	return s
}

func (s *sender) Receive(_ time.Time, datagram []byte) {
	name, _ := strings.CutPrefix(string(datagram), "ACK ")
	for _, m := range s.messages {
		if m.name == name {
			m.acked, m.next = true, time.Time{}
		}
	}
}

func (s *sender) Advance(now time.Time) {
	for _, m := range s.messages {
		if m.next.IsZero() || m.next.After(now) {
			continue
		}
		m.sent++
		text := "DATA " + m.name
		if m.sent == s.wrong {
			text = "DATA x" + m.name
		}
		s.out = append(s.out, []byte(text))
		if m.sent <= len(waits) {
			m.next = now.Add(waits[m.sent-1])
		} else {
			m.next = time.Time{}
		}
	}
}

func (s *sender) NextTimeout() time.Time {
	var next time.Time
	for _, m := range s.messages {
		if !m.next.IsZero() && (next.IsZero() || m.next.Before(next)) {
			next = m.next
		}
	}
	return next
}

func (s *sender) Transmit(time.Time) ([]byte, bool) { return shift(&s.out) }

func (s *sender) acked() int {
	n := 0
	for _, m := range s.messages {
		if m.acked {
			n++
		}
	}
	return n
}

// receiver acknowledges every message and delivers it; each only once, unless it is
// naive.
type receiver struct {
	naive     bool
	delivered []string
	seen      map[string]bool
	out       [][]byte
}

func (r *receiver) Receive(_ time.Time, datagram []byte) {
	name, ok := bytes.CutPrefix(datagram, []byte("DATA "))
	if !ok {
		return
	}
	r.out = append(r.out, fmt.Append(nil, "ACK ", string(name)))
	if r.seen == nil {
		r.seen = map[string]bool{}
	}
	if r.naive || !r.seen[string(name)] {
		r.delivered = append(r.delivered, string(name))
	}
	r.seen[string(name)] = true
}

func (r *receiver) Advance(time.Time)                 {}
func (r *receiver) NextTimeout() time.Time            { return time.Time{} }
func (r *receiver) Transmit(time.Time) ([]byte, bool) { return shift(&r.out) }

func shift(queue *[][]byte) ([]byte, bool) {
	if len(*queue) == 0 {
		return nil, false
	}
	first := (*queue)[0]
	*queue = (*queue)[1:]
	return first, true
}
