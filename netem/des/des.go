// Package des runs two protocol cores against each other over an emulated link, in
// an event loop without goroutines and without waiting: the fastest way to try a
// protocol on a million seeds. The same run gives the same record every time.
package des

import (
	"errors"
	"time"

	"github.com/vstp-project/vstp/netem"
)

// A Core is one end of a protocol without sockets and clocks.
type Core interface {
	// Receive takes a datagram that has arrived. It may be shared with further copies
	// of the same datagram, so that the core must not change it.
	Receive(now time.Time, datagram []byte)
	// Advance does what is due by now.
	Advance(now time.Time)
	// NextTimeout is when Advance has something to do; the zero time is never.
	NextTimeout() time.Time
	// Transmit returns the next datagram that is to be sent, until there is none. The
	// datagram belongs to the link from then on.
	Transmit(now time.Time) (datagram []byte, ok bool)
}

// Options are the circumstances of a run. The zero value will do.
type Options struct {
	Start time.Time     // of the run; zero is the beginning of 2000
	Limit time.Duration // of simulated time; 0 is an hour
	Steps int           // of the loop; 0 is a million
	Done  func() bool   // says that the run can end; nil lets it run until nothing is to come
}

var (
	// ErrTime says that the run had not ended by its limit.
	ErrTime = errors.New("the run has not ended within its limit of simulated time")
	// ErrSteps says that the run has had more steps than it may have: a core whose next
	// timeout does not move on, for instance.
	ErrSteps = errors.New("the run has not ended within its limit of steps")
)

// start is where a bubble of testing/synctest begins as well.
var start = time.Date(2000, time.January, 1, 0, 0, 0, 0, time.UTC)

// Run lets client and server talk over the link until nothing is to come, and
// returns when that was. Of what is due at one time datagrams are received before
// timers run, and the client comes before the server.
func Run(link *netem.Link, client, server Core, o Options) (end time.Time, err error) {
	if o.Start.IsZero() {
		o.Start = start
	}
	if o.Limit == 0 {
		o.Limit = time.Hour
	}
	if o.Steps == 0 {
		o.Steps = 1_000_000
	}
	now, last := o.Start, o.Start.Add(o.Limit)
	var due []netem.Delivery
	generation := 0 // of the address from which the server has heard last
	for range o.Steps {
		transmit(link, client, netem.Packet{Dir: netem.AB}, now)
		transmit(link, server, netem.Packet{Dir: netem.BA, Generation: generation}, now)
		if o.Done != nil && o.Done() {
			return now, nil
		}
		next := earliest(earliest(link.NextTimeout(), client.NextTimeout()), server.NextTimeout())
		if next.IsZero() {
			return now, nil
		}
		if next.After(now) {
			now = next
		}
		if now.After(last) {
			return last, ErrTime
		}
		due = link.Due(now, due[:0])
		for _, d := range due {
			if d.Dir == netem.AB {
				generation = d.Generation
				server.Receive(now, d.Data)
			} else {
				client.Receive(now, d.Data)
			}
		}
		client.Advance(now)
		server.Advance(now)
	}
	return now, ErrSteps
}

func transmit(link *netem.Link, c Core, p netem.Packet, now time.Time) {
	for {
		datagram, ok := c.Transmit(now)
		if !ok {
			return
		}
		p.Data = datagram
		link.Send(now, p)
	}
}

// earliest is the earlier of two times, of which the zero time is never.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
