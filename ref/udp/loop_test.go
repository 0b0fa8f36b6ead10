package udp_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/netem"
	"github.com/vstp-project/vstp/netem/des"
	"github.com/vstp-project/vstp/ref/frag"
	"github.com/vstp-project/vstp/ref/reliable"
	"github.com/vstp-project/vstp/ref/session"
	"github.com/vstp-project/vstp/ref/wire"
)

// loopEnd is an endpoint of the event loop: what a Server and a Conn make their
// decisions with, without sockets and goroutines.
type loopEnd struct {
	peer       netip.AddrPort
	endpoint   *session.Endpoint
	fragments  *frag.Reassembler
	duplicates *reliable.Duplicates
	sender     *reliable.Sender
	replies    [][]byte
	sent, used int    // replies that have left, octets of the slab in use
	slab       []byte // of the datagrams of one run

	delivered func(payload []byte)
	ended     func(t *reliable.Transfer, err error)
	highest   struct{ sessions, octets, records int }
}

var _ des.Core = (*loopEnd)(nil)

func newLoopEnd(peer netip.AddrPort, client bool) *loopEnd {
	return &loopEnd{
		peer:       peer,
		endpoint:   session.NewEndpoint(session.EndpointConfig{Client: client}),
		fragments:  frag.NewReassembler(frag.Config{}),
		duplicates: reliable.NewDuplicates(reliable.DuplicatesConfig{}),
		sender:     reliable.NewSender(reliable.Config{FirstMsgID: firstMsgID}), // of one length in all runs
		slab:       make([]byte, 1<<16),
	}
}

// space returns memory for a datagram that belongs to the link until the run ends.
func (e *loopEnd) space(octets int) []byte {
	if e.used+octets > len(e.slab) {
		e.slab, e.used = make([]byte, 2*len(e.slab)), 0
	}
	b := e.slab[e.used : e.used : e.used+octets]
	e.used += octets
	return b
}

// renew prepares for another run, when nothing of the last one is in flight.
func (e *loopEnd) renew() { e.replies, e.sent, e.used = e.replies[:0], 0, 0 }

func (e *loopEnd) Receive(now time.Time, datagram []byte) {
	r := e.endpoint.Datagram(datagram)
	if r.Fragment {
		m, complete, err := e.fragments.Add(now, e.peer, r.Message)
		e.highest.sessions = max(e.highest.sessions, e.fragments.Sessions())
		e.highest.octets = max(e.highest.octets, e.fragments.Octets())
		if !complete || err != nil {
			return
		}
		r = e.endpoint.Message(m, len(datagram))
	}
	if r.Settles {
		if t := e.sender.Acknowledge(now, e.peer, r.MsgID); t != nil {
			e.ended(t, nil)
		}
	}
	if r.Deliver {
		digest, named := e.duplicates.Digest(e.peer, r.Received)
		if !named || !e.duplicates.Has(now, digest) {
			e.delivered(r.Message.Payload)
		}
		if named {
			e.duplicates.Add(now, digest)
			e.highest.records = max(e.highest.records, e.duplicates.Len())
		}
	}
	for _, f := range r.Replies {
		b, err := f.AppendBinary(e.space(f.EncodedLen()))
		if err != nil {
			panic(err) // the endpoint makes frames that can be sent
		}
		e.replies = append(e.replies, b)
	}
}

func (e *loopEnd) Advance(now time.Time) {
	e.fragments.Advance(now)
	e.duplicates.Advance(now)
	for _, t := range e.sender.Advance(now) {
		e.ended(t, wire.Timeout)
	}
}

func (e *loopEnd) NextTimeout() time.Time {
	next := e.sender.NextTimeout()
	for _, t := range []time.Time{e.fragments.NextTimeout(), e.duplicates.NextTimeout()} {
		if next.IsZero() || !t.IsZero() && t.Before(next) {
			next = t
		}
	}
	return next
}

func (e *loopEnd) Transmit(now time.Time) ([]byte, bool) {
	if e.sent < len(e.replies) {
		e.sent++
		return e.replies[e.sent-1], true
	}
	used := e.used
	t, datagram := e.sender.Poll(now, e.space(frag.MaxDatagram))
	if t == nil {
		e.used = used
	}
	return datagram, t != nil
}

// loop is two ends and a link between them, for many runs of the event loop one
// after the other.
type loop struct {
	*oracle
	labels         *labels
	link           *netem.Link
	client, server *loopEnd
	now            time.Time
	names          map[*reliable.Transfer]string
	failed         error // what kept the run from beginning
}

func newLoop(t require.TestingT, p netem.Profile) *loop {
	l := &loop{
		oracle: newOracle(), labels: newLabels(), names: map[*reliable.Transfer]string{},
		client: newLoopEnd(netip.MustParseAddrPort("192.0.2.1:4000"), true),
		server: newLoopEnd(netip.MustParseAddrPort("198.18.0.1:40000"), false),
		now:    time.Date(2000, time.January, 1, 0, 0, 0, 0, time.UTC),
	}
	l.oracle.slab = make([]byte, 1<<17)
	var err error
	l.link, err = netem.New(p, netem.Options{Labeler: l.labels, Recorder: l.oracle, Start: l.now})
	require.NoError(t, err)
	for _, e := range []*loopEnd{l.client, l.server} {
		e.delivered = l.oracle.delivered
		e.ended = func(t *reliable.Transfer, err error) {
			l.oracle.end(l.names[t], err)
			delete(l.names, t)
		}
	}
	return l
}

// begin prepares for a run with fates of its own.
func (l *loop) begin(seed uint64) {
	l.failed = l.link.Restart(seed)
	l.labels.forget()
	l.oracle.forget()
	l.client.renew()
	l.server.renew()
}

// transfer begins to send a message that asks for an ACK.
func (l *loop) transfer(from *loopEnd, name string, size int) {
	f := wire.Frame{Type: wire.TypeData, Payload: l.oracle.send(name, size)}
	transfer, err := from.sender.Send(l.now, from.peer, f, true)
	if err != nil {
		l.failed = err
		return
	}
	l.names[transfer] = name
}

// run goes on until nothing is to come and checks that nothing is left. It returns
// what went wrong since begin.
func (l *loop) run() error {
	if l.failed != nil {
		return l.failed
	}
	end, err := des.Run(l.link, l.client, l.server, des.Options{Start: l.now})
	if err != nil {
		return err
	}
	l.now = end.Add(time.Millisecond)
	for _, e := range []*loopEnd{l.client, l.server} {
		if left := e.fragments.Sessions() + e.fragments.Octets() + e.duplicates.Len() + e.sender.Outstanding(); left > 0 {
			return fmt.Errorf("%d sessions, %d octets of payload, %d records and %d sends are left",
				e.fragments.Sessions(), e.fragments.Octets(), e.duplicates.Len(), e.sender.Outstanding())
		}
	}
	if len(l.names) > 0 {
		return fmt.Errorf("%d sends have never ended", len(l.names))
	}
	return l.oracle.verdict()
}

// nightly returns a number for a run of every day, or the larger one for a run at
// night: with VSTP_NIGHTLY in the environment.
func nightly(day, night int) int {
	if os.Getenv("VSTP_NIGHTLY") != "" {
		return night
	}
	return day
}

// Brute force: messages of one to 21 fragments in both directions over links that
// lose, repeat, delay, reorder and damage, 20,000 of them or, with VSTP_NIGHTLY in
// the environment, a million. [ACK-1] [ACK-2] [ACK-5] [ACK-6] [RTX-5] [RTX-8]
func TestLossyTransfersInTheEventLoop(t *testing.T) {
	total := nightly(20_000, 1_000_000)
	bad := netem.Impairments{
		Delay: 20 * time.Millisecond, Jitter: 15 * time.Millisecond, Loss: 0.1,
		Duplicate: netem.Duplicate{Chance: 0.1, Lag: 200 * time.Millisecond},
		Corrupt:   netem.Corrupt{Chance: 0.02}, Reorder: netem.Reorder{Chance: 0.1, Shift: 30 * time.Millisecond},
	}
	profiles := []netem.Profile{{Name: "everything", AB: bad, BA: bad}}
	for _, name := range []string{"lossy-5", "lossy-20", "bursty", "wifi-weak", "dup", "satellite"} {
		p, err := netem.ProfileByName(name)
		require.NoError(t, err)
		profiles = append(profiles, p)
	}
	var begun, failed atomic.Int64
	began := time.Now()
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		var loops []*loop
		for _, p := range profiles {
			loops = append(loops, newLoop(t, p))
		}
		workers.Go(func() {
			for !t.Failed() {
				seed := int(begun.Add(4)) / 4
				if 4*(seed-1) >= total {
					return
				}
				l := loops[seed%len(loops)]
				l.begin(uint64(seed))
				random := rand.New(rand.NewPCG(uint64(seed), 1))
				for i, size := range []int{random.IntN(1_200), 1_190 + random.IntN(20), 11_000, random.IntN(24_000)} {
					l.transfer([]*loopEnd{l.client, l.server}[(seed+i)%2], "m"+strconv.Itoa(i), size)
				}
				if err := l.run(); err != nil {
					t.Errorf("profile %s, seed %d: %v", l.link.Profile().Name, seed, err)
				}
				failed.Add(int64(l.oracle.count(timedOut)))
				for _, e := range []*loopEnd{l.client, l.server} {
					if e.highest.sessions > 4 || e.highest.octets > 60_000 || e.highest.records > 4 {
						t.Errorf("seed %d: a high-water mark of %+v", seed, e.highest)
					}
				}
			}
		})
	}
	workers.Wait()
	t.Logf("%d transfers in %v, %d of them ended with Timeout", total, time.Since(began).Round(time.Millisecond), failed.Load())
	assert.Positive(t, failed.Load(), "bad links fail some")
	assert.Less(t, failed.Load(), int64(total/10), "and not many")
}
