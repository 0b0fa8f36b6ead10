package session_test

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/compress"
	"github.com/vstp-project/vstp/ref/session"
	"github.com/vstp-project/vstp/ref/wire"
	"github.com/vstp-project/vstp/vectors"
)

// The trace vectors say what happens to an endpoint at what time and what it does.
// Those of the machines that exist here are played in virtual time, the TCP ones
// several times, with the octets of the peer cut in different ways.

// beyond are the requirements of what Endpoint does not offer: fragments and the
// suppression of duplicates. A trace that is for one of them is passed over, and so
// is one in which the application of a server ends the conversation.
var beyond = map[string][]string{
	vectors.MachineUDPServer: {"RAS-3", "ACK-5", "ACK-6"},
}

// offered tells whether a trace is about what exists here.
func offered(v vectors.Vector) bool {
	for _, e := range v.Events {
		if e.In != nil && e.In.Kind == vectors.InClose && v.Machine != vectors.MachineTCPClient {
			return false
		}
	}
	return !slices.ContainsFunc(v.Requirements, func(id string) bool { return slices.Contains(beyond[v.Machine], id) })
}

func eachTrace(t *testing.T, machine string, run func(*testing.T, vectors.Vector)) {
	t.Helper()
	set, err := vectors.Load()
	require.NoError(t, err)
	ran, passed := 0, []string{}
	for _, v := range set.All() {
		switch {
		case v.Family != vectors.FamilyTrace || v.Machine != machine:
		case offered(v):
			ran++
			t.Run(v.Name, func(t *testing.T) { run(t, v) })
		default:
			passed = append(passed, v.Name)
		}
	}
	require.Positive(t, ran, "traces of machine %s", machine)
	t.Logf("%d traces ran; not tried, for what is not offered here: %s", ran, strings.Join(passed, ", "))
}

// unpackOf is the decompression of a trace's endpoint, up to the limit of the trace;
// nil where the trace is about an endpoint that does not offer compression.
func unpackOf(v vectors.Vector) session.Unpack {
	return compress.Config{Off: v.Has(vectors.TagNoCompression)}.Incoming(v.Limit)
}

// happening is one thing that a machine was seen to do.
type happening struct {
	at   time.Duration
	lane string // what is sent and what is delivered have an order each
	text string
}

const (
	laneWire = "wire"
	laneApp  = "application"
)

func TestTraceVectorsOfTCPServer(t *testing.T) {
	eachTCPTrace(t, vectors.MachineTCPServer, newServerTrace)
}

func TestTraceVectorsOfTCPClient(t *testing.T) {
	eachTCPTrace(t, vectors.MachineTCPClient, newClientTrace)
}

func eachTCPTrace(t *testing.T, machine string, newTCPTrace func(*testing.T, vectors.Vector) *tcpTrace) {
	eachTrace(t, machine, func(t *testing.T, v vectors.Vector) {
		for name, cut := range map[string]func([]byte) [][]byte{
			"as it comes":    func(b []byte) [][]byte { return [][]byte{b} },
			"octet by octet": func(b []byte) [][]byte { return slices.Collect(slices.Chunk(b, 1)) },
			"by threes":      func(b []byte) [][]byte { return slices.Collect(slices.Chunk(b, 3)) },
			"by elevens":     func(b []byte) [][]byte { return slices.Collect(slices.Chunk(b, 11)) },
		} {
			t.Run(name, func(t *testing.T) { newTCPTrace(t, v).play(cut) })
		}
		t.Run("in two at every place", func(t *testing.T) {
			for place := range longest(v) {
				newTCPTrace(t, v).play(func(b []byte) [][]byte {
					at := min(place, len(b))
					return [][]byte{b[:at], b[at:]}
				})
			}
		})
	})
}

// longest returns the number of octets that arrive at once at most.
func longest(v vectors.Vector) int {
	most := 1
	for _, e := range v.Events {
		if e.In != nil {
			most = max(most, len(e.In.Octets))
		}
	}
	return most
}

// machine is what Server and Client have in common.
type machine interface {
	NextTimeout() time.Time
	Frame(time.Time, wire.Frame) []session.Action
	Fault(time.Time, *wire.DecodeError) []session.Action
	Partial(time.Time, int) []session.Action
	EndOfStream(time.Time) []session.Action
	Flushed(time.Time) []session.Action
	Lost(time.Time) []session.Action
	Advance(time.Time) []session.Action
}

// tcpTrace plays a trace to a Server or a Client, as its transport and its
// application.
type tcpTrace struct {
	t       *testing.T
	v       vectors.Vector
	machine machine
	server  *session.Server // machine, if it is one
	client  *session.Client // machine, if it is one
	buf     []byte          // octets that have arrived and are not yet consumed
	deaf    bool            // no more octets are looked at
	gone    bool            // the connection has been reset
	ended   bool            // the peer has seen the end of the stream
	seen    []happening
}

func newServerTrace(t *testing.T, v vectors.Vector) *tcpTrace {
	s := session.NewServer(session.ServerConfig{Unpack: unpackOf(v)}, id)
	return &tcpTrace{t: t, v: v, machine: s, server: s}
}

func newClientTrace(t *testing.T, v vectors.Vector) *tcpTrace {
	cfg := session.ClientConfig{Limits: wire.Limits{MaxFrame: v.Limit}, Unpack: unpackOf(v)}
	for _, e := range v.Events {
		if e.In != nil && e.In.Kind == vectors.InSendAck && cfg.FirstMsgID == 0 {
			id, ok := wire.ParseDecimal([]byte(e.In.MsgID))
			require.True(t, ok)
			cfg.FirstMsgID = id
		}
	}
	c := session.NewClient(cfg)
	return &tcpTrace{t: t, v: v, machine: c, client: c}
}

func (p *tcpTrace) play(cut func([]byte) [][]byte) {
	for _, e := range p.v.Events {
		if e.In == nil {
			p.pass(e.At)
			continue
		}
		p.pass(e.At - 1)
		p.input(e.At, *e.In, cut)
	}
	expectHappenings(p.t, p.v, p.seen)
}

// pass lets time pass up to and including a moment.
func (p *tcpTrace) pass(until time.Duration) {
	for {
		due := p.machine.NextTimeout()
		if due.IsZero() || due.After(start.Add(until)) {
			return
		}
		p.do(due.Sub(start), p.machine.Advance(due))
	}
}

func (p *tcpTrace) input(at time.Duration, in vectors.Input, cut func([]byte) [][]byte) {
	now := start.Add(at)
	switch in.Kind {
	case vectors.InConnected:
		if p.client != nil {
			p.do(at, p.client.Open(now))
		}
	case vectors.InOctets:
		for _, piece := range cut(in.Octets) {
			p.arrive(at, piece)
		}
	case vectors.InEnd:
		p.do(at, p.machine.EndOfStream(now))
	case vectors.InReset:
		p.gone = true
		p.do(at, p.machine.Lost(now))
	case vectors.InAnswer:
		actions, err := p.server.Answer(now, uint64(in.Of), toWire(p.t, in.Frame))
		require.NoError(p.t, err)
		p.do(at, actions)
		p.do(at, p.server.Done(now, uint64(in.Of)))
	case vectors.InSend:
		actions, err := p.client.Send(toWire(p.t, in.Frame))
		p.do(at, actions)
		p.refused(at, err)
	case vectors.InSendAck:
		_, actions, err := p.client.SendReliable(toWire(p.t, in.Frame))
		p.do(at, actions)
		p.refused(at, err)
	case vectors.InReceive: // what comes is taken at once
	case vectors.InClose:
		p.do(at, p.client.Close(now))
	default:
		p.t.Fatalf("input %s", in.Kind)
	}
}

// refused notes that a send was refused, if it was.
func (p *tcpTrace) refused(at time.Duration, err error) {
	if err != nil {
		p.see(at, laneApp, "report "+blame(p.t, err))
	}
}

// blame writes the kind of an error, and whose it is.
func blame(t *testing.T, err error) string {
	var reason wire.Reason
	require.ErrorAs(t, err, &reason)
	var remote *session.PeerError
	if errors.As(err, &remote) {
		return reason.String() + " remote"
	}
	return reason.String()
}

// arrive is what a transport does with octets: it tells of every frame, of a fault
// and of what is left.
func (p *tcpTrace) arrive(at time.Duration, octets []byte) {
	now := start.Add(at)
	p.buf = append(p.buf, octets...)
	for !p.deaf {
		f, n, err := wire.Parse(p.buf, wire.Limits{MaxFrame: p.v.Limit})
		var fault *wire.DecodeError
		switch {
		case errors.As(err, &fault):
			p.deaf = fault.Reason != wire.InvalidFrameType
			p.do(at, p.machine.Fault(now, fault))
		case err != nil:
			require.ErrorIs(p.t, err, wire.ErrShort)
			p.do(at, p.machine.Partial(now, len(p.buf)))
			return
		default:
			p.do(at, p.machine.Frame(now, f.Clone()))
		}
		p.buf = p.buf[n:]
	}
}

// do carries out actions and notes what can be seen of them.
func (p *tcpTrace) do(at time.Duration, actions []session.Action) {
	flushed := false
	for _, a := range slices.Clone(actions) {
		switch a.Kind {
		case session.ActionSend:
			p.see(at, laneWire, sent(p.t, a.Frame, ""))
			if a.Acknowledged {
				p.do(at, p.client.Sent(start.Add(at), a.Message))
			}
		case session.ActionDeliver:
			p.see(at, laneApp, delivered(a.Frame, ""))
		case session.ActionShutdownWrite:
			p.end(at)
			flushed = true
		case session.ActionClose:
			p.end(at)
			p.see(at, laneWire, vectors.OutClose)
		case session.ActionReport: // for the log
		case session.ActionNotify, session.ActionEnd:
			p.see(at, laneApp, "report "+blame(p.t, a.Err))
		case session.ActionSettle:
			if a.Err == nil {
				p.see(at, laneApp, fmt.Sprintf("success %d", a.Message))
			} else {
				p.see(at, laneApp, fmt.Sprintf("failure %d %s", a.Message, blame(p.t, a.Err)))
			}
		default:
			p.t.Fatalf("action %v", a.Kind)
		}
	}
	if flushed {
		p.do(at, p.machine.Flushed(start.Add(at)))
	}
}

func (p *tcpTrace) end(at time.Duration) {
	if !p.ended {
		p.see(at, laneWire, vectors.OutEnd)
	}
	p.ended = true
}

func (p *tcpTrace) see(at time.Duration, lane, text string) {
	// After a reset there is nobody left to see anything.
	if !p.gone || lane == laneApp {
		p.seen = append(p.seen, happening{at, lane, text})
	}
}

func TestTraceVectorsOfUDPServer(t *testing.T) {
	eachTrace(t, vectors.MachineUDPServer, func(t *testing.T, v vectors.Vector) {
		endpoint := session.NewEndpoint(session.EndpointConfig{Limits: wire.Limits{MaxFrame: v.Limit}, Unpack: unpackOf(v)})
		var seen []happening
		sources := []string{} // of the messages delivered
		for _, e := range v.Events {
			if e.In == nil {
				continue // an Endpoint has no timers
			}
			switch e.In.Kind {
			case vectors.InDatagram:
				r := endpoint.Datagram(e.In.Octets)
				for _, f := range r.Replies {
					seen = append(seen, happening{e.At, laneWire, sent(t, f, e.In.From)})
				}
				if r.Deliver {
					sources = append(sources, e.In.From)
					seen = append(seen, happening{e.At, laneApp, delivered(r.Message, e.In.From)})
				}
			case vectors.InAnswer:
				answer := toWire(t, e.In.Frame)
				require.NoError(t, endpoint.CheckAnswer(answer))
				seen = append(seen, happening{e.At, laneWire, sent(t, answer, sources[e.In.Of-1])})
			case vectors.InUnreachable: // it concerns the socket
			default:
				t.Fatalf("input %s", e.In.Kind)
			}
		}
		expectHappenings(t, v, seen)
	})
}

// expectHappenings holds what was seen against what a trace expects: in each lane
// the same in the same order, outputs that are free being there or not, and a
// close behind the end of the stream counting only where the trace speaks of it.
func expectHappenings(t *testing.T, v vectors.Vector, seen []happening) {
	t.Helper()
	labels := map[string]string{} // session identifiers by label
	speaksOfClose := false
	for _, e := range v.Events {
		speaksOfClose = speaksOfClose || slices.ContainsFunc(e.Out, func(o vectors.Output) bool { return o.Kind == vectors.OutClose })
	}
	if !speaksOfClose {
		seen = slices.DeleteFunc(seen, func(h happening) bool { return h.text == vectors.OutClose })
	}
	udp := v.Machine == vectors.MachineUDPServer
	for _, lane := range []string{laneWire, laneApp} {
		rest := slices.Collect(func(yield func(happening) bool) {
			for _, h := range seen {
				if h.lane == lane && !yield(h) {
					return
				}
			}
		})
		for i, e := range v.Events {
			for _, o := range e.Out {
				if laneOf(o) != lane {
					continue
				}
				at := slices.IndexFunc(rest, func(h happening) bool {
					return h.at >= e.At-e.Early && h.at <= e.At+e.Late && matches(t, o, h.text, labels)
				})
				switch {
				case at == 0, at > 0 && udp && rest[at].at == rest[0].at:
					rest = slices.Delete(rest, at, at+1)
				case o.Free == "":
					assert.Fail(t, "missing", "event %d at %v: %s is missing; what comes next is %v", i, e.At, expected(o), rest[:min(3, len(rest))])
					return
				}
			}
		}
		assert.Empty(t, rest, "more than the trace expects in lane %s", lane)
	}
}

func laneOf(o vectors.Output) string {
	switch o.Kind {
	case vectors.OutDeliver, vectors.OutReport, vectors.OutSuccess, vectors.OutFailure:
		return laneApp
	}
	return laneWire
}

// matches compares an output with what was seen. A session identifier is whatever
// it was the first time.
func matches(t *testing.T, o vectors.Output, text string, labels map[string]string) bool {
	t.Helper()
	want := expected(o)
	if o.Kind != vectors.OutWelcome {
		return want == text
	}
	prefix, value, ok := strings.Cut(text, "session-id=")
	if !ok || prefix != want {
		return false
	}
	known, again := labels[o.Label]
	labels[o.Label] = cmp.Or(known, value)
	return !again || known == value
}

// expected writes an output as sent and delivered write what was seen.
func expected(o vectors.Output) string {
	switch o.Kind {
	case vectors.OutDeliver:
		return "deliver " + message(o.Frame.Flags, o.Frame.Headers, o.Frame.Payload) + from(o.From)
	case vectors.OutData:
		return "data " + message(o.Frame.Flags&^uint8(wire.FlagCRC), o.Frame.Headers, o.Frame.Payload) + to(o.To)
	case vectors.OutWelcome:
		return "welcome" + to(o.To) + " "
	case vectors.OutAck:
		return "ack " + strconv.Quote(o.MsgID) + to(o.To)
	case vectors.OutPong:
		return fmt.Sprintf("pong %x", o.Octets) + to(o.To)
	case vectors.OutErr:
		return fmt.Sprintf("err %d %q", o.Code, o.MsgID) + to(o.To)
	case vectors.OutReport:
		return "report " + o.Error + remote(o)
	case vectors.OutSuccess:
		return "success " + o.MsgID
	case vectors.OutFailure:
		return "failure " + o.MsgID + " " + o.Error + remote(o)
	}
	return o.Kind
}

func remote(o vectors.Output) string {
	if o.Remote {
		return " remote"
	}
	return ""
}

// sent writes a frame that was sent, and asserts what holds for it by its type.
func sent(t *testing.T, f wire.Frame, destination string) string {
	t.Helper()
	assertSendable(t, f)
	id, _ := f.Headers.Get(wire.KeyMsgID)
	if f.Type != wire.TypeData {
		require.Zero(t, f.Flags)
	}
	switch f.Type {
	case wire.TypeData:
		return "data " + message(uint8(f.Flags&^wire.FlagCRC), pairs(f), f.Payload) + to(destination)
	case wire.TypeWelcome:
		require.Equal(t, 1, f.Headers.Len())
		value, _ := f.Headers.Get(wire.KeySessionID)
		return "welcome" + to(destination) + " session-id=" + string(value)
	case wire.TypeAck:
		require.LessOrEqual(t, f.Headers.Len(), 1)
		require.Empty(t, f.Payload)
		return "ack " + strconv.Quote(string(id)) + to(destination)
	case wire.TypePong:
		require.Zero(t, f.Headers.Len())
		return fmt.Sprintf("pong %x", f.Payload) + to(destination)
	case wire.TypeErr:
		code, _ := f.Headers.Get(wire.KeyErrCode)
		return fmt.Sprintf("err %s %q", code, id) + to(destination)
	case wire.TypeHello:
		require.Zero(t, f.Headers.Len())
		return vectors.OutHello
	case wire.TypeBye:
		require.Zero(t, f.Headers.Len())
		return vectors.OutBye
	}
	return f.String()
}

func delivered(f wire.Frame, source string) string {
	return "deliver " + message(uint8(f.Flags)&vectors.DefinedFlags, pairs(f), f.Payload) + from(source)
}

func message(flags uint8, headers [][2][]byte, payload []byte) string {
	words := []string{fmt.Sprintf("%02x", flags)}
	for _, h := range headers {
		words = append(words, fmt.Sprintf("%x=%x", h[0], h[1]))
	}
	return strings.Join(append(words, fmt.Sprintf("%x", payload)), " ")
}

func from(label string) string {
	if label == "" {
		return ""
	}
	return " from " + label
}

func to(label string) string {
	if label == "" {
		return ""
	}
	return " to " + label
}

func pairs(f wire.Frame) [][2][]byte {
	var headers [][2][]byte
	for k, v := range f.Headers.All() {
		headers = append(headers, [2][]byte{k, v})
	}
	return headers
}

func toWire(t *testing.T, f *vectors.Frame) wire.Frame {
	t.Helper()
	b := wire.NewBuilder(wire.Type(f.Type)).Flags(wire.Flags(f.Flags)).Payload(f.Payload)
	for _, h := range f.Headers {
		b.Binary(h[0], h[1])
	}
	frame, err := b.Build()
	require.NoError(t, err)
	return frame
}
