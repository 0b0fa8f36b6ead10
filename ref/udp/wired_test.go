package udp_test

import (
	"context"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/netem"
	"github.com/vstp-project/vstp/netem/memnet"
	"github.com/vstp-project/vstp/ref/udp"
	"github.com/vstp-project/vstp/ref/wire"
)

const (
	ms  = time.Millisecond
	lag = 10 * ms // of the links on which times are exact, one way
)

// exact is a link on which every datagram takes the same time, but for what the
// rules say.
func exact(rules ...netem.Rule) netem.Profile {
	i := netem.Impairments{Delay: lag}
	return netem.Profile{Name: "exact", AB: i, BA: i, Rules: rules}
}

// drops loses what matches a pattern, from one transmission of it to another.
func drops(match string, from, to int) netem.Rule {
	return netem.Rule{Match: match, Occurrence: netem.Range{From: from, To: to}}
}

// delays lets what matches a pattern arrive later.
func delays(match string, from, to int, by time.Duration) netem.Rule {
	return netem.Rule{Match: match, Occurrence: netem.Range{From: from, To: to}, Do: netem.DoDeliver, Delay: &by}
}

// wired is a Conn and a Server with an emulated link between them.
type wired struct {
	*oracle
	net    *memnet.Net
	link   *netem.Link
	server *udp.Server
	conn   *udp.Conn
	at     netip.AddrPort // the server's
	events *netem.Memory
	start  time.Time
}

// newWired makes a Server, whose application takes messages and answers none if cfg does
// not say otherwise, and a Conn.
func newWired(t *testing.T, p netem.Profile, client, server udp.Config) *wired {
	t.Helper()
	w := &wired{oracle: newOracle(), events: &netem.Memory{}, start: time.Now()}
	if server.Handler == nil {
		server.Handler = w.oracle.handle
	}
	var err error
	w.link, err = netem.New(p, netem.Options{Labeler: newLabels(), Recorder: w, Start: w.start, ExactTime: true})
	require.NoError(t, err)
	w.net = memnet.New(w.link, memnet.Options{})
	w.at = addrOf(t, w.net.Server())
	w.server, err = udp.Serve(t.Context(), w.net.Server(), server)
	require.NoError(t, err)
	w.conn, err = udp.NewConn(w.net.Client(), client)
	require.NoError(t, err)
	t.Cleanup(func() { w.shut(t) }) // no goroutine may be left, or the bubble hides why the test failed
	return w
}

func addrOf(t *testing.T, c *memnet.PacketConn) netip.AddrPort {
	t.Helper()
	a, err := netip.ParseAddrPort(c.LocalAddr().String())
	require.NoError(t, err)
	return a
}

// Begin and Record give the events to the oracle and to the memory.
func (w *wired) Begin(h netem.Header) error { return w.events.Begin(h) }

func (w *wired) Record(e netem.Event) {
	w.oracle.Record(e)
	w.events.Record(e)
}

// times returns when datagrams of a label were sent.
func (w *wired) times(label string) []time.Duration {
	var at []time.Duration
	for _, e := range w.events.Log().Events {
		if e.Label == label {
			at = append(at, e.At)
		}
	}
	return at
}

// send sends a message of the oracle's with acknowledgement.
func (w *wired) send(ctx context.Context, name string, size int) error {
	err := w.conn.SendReliable(ctx, w.at, wire.Frame{Type: wire.TypeData, Payload: w.oracle.send(name, size)})
	w.end(name, err)
	return err
}

// shut ends both ends. It may be called more than once.
func (w *wired) shut(t *testing.T) {
	require.NoError(t, w.conn.Close())
	require.NoError(t, w.server.Close())
}

// close ends both ends and asks the oracle.
func (w *wired) close(t *testing.T) {
	t.Helper()
	w.shut(t)
	require.NoError(t, w.verdict())
}

// answerer is the application of a server that sends a message of its own for each
// that it gets, with acknowledgement, and tells how that ended.
func (w *wired) answerer(name string, size int, ended chan<- error) udp.Handler {
	return func(ctx context.Context, r *udp.Request) {
		w.delivered(r.Message.Payload)
		err := r.AnswerReliable(ctx, wire.Frame{Type: wire.TypeData, Payload: w.oracle.send(name, size)})
		w.end(name, err)
		ended <- err
	}
}
