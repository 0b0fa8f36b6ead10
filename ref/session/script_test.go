package session_test

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/session"
	"github.com/vstp-project/vstp/ref/wire"
)

// start is the virtual time at which every script begins.
var start = time.Date(2025, 10, 20, 12, 0, 0, 0, time.UTC)

// at returns a virtual time, seconds after start.
func at(seconds float64) time.Time {
	return start.Add(time.Duration(seconds * float64(time.Second)))
}

// unhex returns octets written in hex, spaces being free.
func unhex(s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err)
	}
	return b
}

// frame makes a frame. Headers are "key=value" words, a last word with a leading
// quote is the payload.
func frame(t wire.Type, flags wire.Flags, words ...string) wire.Frame {
	f := wire.Frame{Type: t, Flags: flags}
	for _, w := range words {
		if payload, ok := strings.CutPrefix(w, "'"); ok {
			f.Payload = []byte(payload)
			continue
		}
		key, value, ok := strings.Cut(w, "=")
		if !ok {
			panic("not a header: " + w)
		}
		h, err := f.Headers.AppendText(key, value)
		if err != nil {
			panic(err)
		}
		f.Headers = h
	}
	return f
}

func data(words ...string) wire.Frame { return frame(wire.TypeData, 0, words...) }

// dataAck is a DATA frame that asks for an ACK.
func dataAck(words ...string) wire.Frame { return frame(wire.TypeData, wire.FlagReqAck, words...) }

// describe writes a frame as one line: TYPE, flags if any, headers, payload.
func describe(f wire.Frame) string {
	words := []string{f.Type.String()}
	if f.Flags != 0 {
		words = append(words, f.Flags.String())
	}
	for k, v := range f.Headers.All() {
		words = append(words, fmt.Sprintf("%s=%s", k, v))
	}
	if len(f.Payload) > 0 {
		words = append(words, fmt.Sprintf("%q", f.Payload))
	}
	return strings.Join(words, " ")
}

// lines writes actions as one line each.
func lines(t *testing.T, actions []session.Action) []string {
	t.Helper()
	out := []string{}
	for _, a := range actions {
		switch a.Kind {
		case session.ActionSend:
			out = append(out, "send "+describe(a.Frame))
		case session.ActionDeliver:
			out = append(out, fmt.Sprintf("deliver %d %s", a.Message, describe(a.Frame)))
		case session.ActionReport:
			var reason wire.Reason
			require.ErrorAs(t, a.Err, &reason)
			out = append(out, "report "+reason.String())
		default:
			out = append(out, a.Kind.String())
		}
	}
	return out
}

// event is something that happens to a server.
type event func(s *session.Server) []session.Action

// step is an event and all that must come of it.
type step struct {
	do   event
	want []string
}

func on(e event, want ...string) step { return step{e, want} }

func recv(f wire.Frame) event { return recvAt(0, f) }

func recvAt(seconds float64, f wire.Frame) event {
	return func(s *session.Server) []session.Action { return s.Frame(at(seconds), f) }
}

func fault(r wire.Reason) event {
	return func(s *session.Server) []session.Action { return s.Fault(at(0), &wire.DecodeError{Reason: r}) }
}

func partial(seconds float64, octets int) event {
	return func(s *session.Server) []session.Action { return s.Partial(at(seconds), octets) }
}

func advance(seconds float64) event {
	return func(s *session.Server) []session.Action { return s.Advance(at(seconds)) }
}

func flushed(seconds float64) event {
	return func(s *session.Server) []session.Action { return s.Flushed(at(seconds)) }
}

func endOfStream(s *session.Server) []session.Action { return s.EndOfStream(at(0)) }

func lost(s *session.Server) []session.Action { return s.Lost(at(0)) }

// reply gives one answer to message n; a refusal panics, for scripts with refusals
// call Answer themselves.
func reply(n uint64, f wire.Frame) event {
	return func(s *session.Server) []session.Action {
		actions, err := s.Answer(at(0), n, f)
		if err != nil {
			panic(err)
		}
		return actions
	}
}

func done(n uint64) event {
	return func(s *session.Server) []session.Action { return s.Done(at(0), n) }
}

// id is the session identifier in every script.
var id = session.SessionID{15: 7}

// play runs a script on a new server with the default configuration and returns
// the server.
func play(t *testing.T, script ...step) *session.Server {
	t.Helper()
	s := session.NewServer(session.ServerConfig{}, id)
	for i, step := range script {
		want := step.want
		if want == nil {
			want = []string{}
		}
		require.Equal(t, want, lines(t, step.do(s)), "step %d", i)
	}
	return s
}

// assertSendable asserts that f can be encoded, and decoded again.
func assertSendable(t *testing.T, f wire.Frame) {
	t.Helper()
	b, err := f.AppendBinary(nil)
	require.NoError(t, err)
	_, n, err := wire.Parse(b, wire.Limits{Types: wire.NewTypeSet(f.Type)})
	assert.NoError(t, err)
	assert.Equal(t, len(b), n)
}
