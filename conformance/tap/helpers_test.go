package tap_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance/dissect"
	"github.com/vstp-project/vstp/conformance/forge"
	"github.com/vstp-project/vstp/conformance/tap"
	"github.com/vstp-project/vstp/spec"
)

const (
	client = tap.Client
	server = tap.Server
	ms     = time.Millisecond
)

// all judges everything.
var all = tap.Options{Profile: tap.Strict, Complete: true, Defaults: true}

var begin = time.Date(2025, 10, 20, 12, 0, 0, 0, time.UTC)

// watched is a tap with what it has found, and a clock.
type watched struct {
	t        testing.TB
	tap      *tap.Tap
	now      time.Time
	findings []tap.Finding
	notes    []tap.Note
}

func newWatched(t testing.TB, o tap.Options) *watched {
	w := &watched{t: t, now: begin}
	w.tap = tap.New(o, tap.Handler{
		Finding: func(f tap.Finding) { w.findings = append(w.findings, f) },
		Note:    func(n tap.Note) { w.notes = append(w.notes, n) },
	})
	return w
}

func (w *watched) wait(d time.Duration) { w.now = w.now.Add(d) }

// broken is what was found: each requirement with its side, in order.
func (w *watched) broken() []string {
	var out []string
	for _, f := range w.findings {
		out = append(out, fmt.Sprintf("%s %v", f.Requirement, f.By))
	}
	return out
}

const (
	tcpName = "tcp 127.0.0.1:40000 → 127.0.0.1:9000"
	udpName = "udp 127.0.0.1:40000 → 127.0.0.1:9000"
	served  = "127.0.0.1:9000"
)

// tcp sends octets that arrive at once.
func (w *watched) tcp(by tap.Side, frames ...[]byte) {
	for _, octets := range frames {
		w.tap.Sent(w.now, tcpName, served, by, octets)
		w.tap.Arrived(w.now, tcpName, by.Other(), len(octets))
	}
}

func (w *watched) fin(by tap.Side) {
	w.tap.Ended(w.now, tcpName, by)
	w.tap.EndArrived(w.now, tcpName, by.Other())
}

// lost sends a datagram that does not arrive.
func (w *watched) lost(by tap.Side, octets []byte) {
	w.tap.DatagramSent(w.now, tap.Datagram{Conversation: udpName, From: by, Octets: octets, Exact: true})
}

// udp sends datagrams that arrive at once.
func (w *watched) udp(by tap.Side, datagrams ...[]byte) {
	for _, octets := range datagrams {
		w.lost(by, octets)
		w.tap.DatagramArrived(w.now, tap.Datagram{Conversation: udpName, From: by, Octets: octets})
	}
}

func frame(typ, flags byte, payload string, kv ...string) []byte {
	return forge.Frame{Type: typ, Flags: flags, Headers: forge.KV(kv...), Payload: []byte(payload)}.Bytes()
}

func data(payload string, kv ...string) []byte { return frame(dissect.TypeData, 0, payload, kv...) }

// asking is a DATA frame that asks for an ACK.
func asking(id, payload string) []byte {
	return frame(dissect.TypeData, dissect.FlagReqAck, payload, "msg-id", id)
}

func ack(id string) []byte { return frame(dissect.TypeAck, 0, "", "msg-id", id) }

func errFrame(code string) []byte { return frame(dissect.TypeErr, 0, "", "err-code", code) }

func welcome(id string) []byte { return frame(dissect.TypeWelcome, 0, "", "session-id", id) }

func ping(payload string) []byte { return frame(dissect.TypePing, 0, payload) }

func pong(payload string) []byte { return frame(dissect.TypePong, 0, payload) }

var (
	hello = frame(dissect.TypeHello, 0, "")
	bye   = frame(dissect.TypeBye, 0, "")
)

// fragments cuts a payload, with REQ_ACK.
func fragments(msgID, fragID, payload string, chunk int) [][]byte {
	var out [][]byte
	pieces := slices.Collect(slices.Chunk([]byte(payload), chunk))
	for i, p := range pieces {
		out = append(out, frame(dissect.TypeData, dissect.FlagFrag|dissect.FlagReqAck, string(p),
			"msg-id", msgID, "frag-id", fragID, "frag-index", fmt.Sprint(i), "frag-total", fmt.Sprint(len(pieces))))
	}
	return out
}

func compressed(t testing.TB, text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write([]byte(text))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.String()
}

// A conversation with what is broken in it, one entry for each finding.
type example struct {
	name  string
	run   func(w *watched)
	wants string // requirements with their sides, separated by commas
	with  func(o *tap.Options)
}

func (e example) check(t *testing.T) {
	t.Run(e.name, func(t *testing.T) {
		o := all
		if e.with != nil {
			e.with(&o)
		}
		w := newWatched(t, o)
		e.run(w)
		var want []string
		if e.wants != "" {
			want = strings.Split(e.wants, ", ")
		}
		assert.Equal(t, want, w.broken(), "%+v", w.findings)
		for _, f := range w.findings {
			r := slices.IndexFunc(spec.Requirements(), func(r spec.Requirement) bool { return r.ID == f.Requirement })
			require.GreaterOrEqual(t, r, 0)
			assert.Equal(t, spec.Requirements()[r].Level, f.Level)
			assert.NotEmpty(t, f.Text)
			assert.LessOrEqual(t, f.Offset+f.Length, len(f.Octets))
		}
	})
}
