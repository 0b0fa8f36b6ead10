package fuzz

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/vstp-project/vstp/conformance/dissect"
	"github.com/vstp-project/vstp/conformance/forge"
	"github.com/vstp-project/vstp/conformance/tap"
	"github.com/vstp-project/vstp/spec"
	"github.com/vstp-project/vstp/vectors"
)

const (
	tapTCP    = "tcp 127.0.0.1:40000 → 127.0.0.1:9000"
	tapUDP    = "udp 127.0.0.1:40000 → 127.0.0.1:9000"
	tapServed = "127.0.0.1:9000"
)

// A tapPlay shows a tap what a script says.
type tapPlay struct {
	tap             *tap.Tap
	now             time.Time
	findings, notes int
}

// play reads a script: an octet for what happens, one for how many octets it is about,
// and these.
func (p *tapPlay) play(script []byte) {
	for len(script) >= 2 {
		what, n := script[0], min(int(script[1]), len(script)-2)
		octets := script[2 : 2+n]
		script = script[2+n:]
		by := tap.Side(what & 1)
		if what&2 != 0 && n >= 15 { // as a frame that gets through
			octets = forge.Reseal(octets)
		}
		switch what >> 4 {
		case 0, 1, 2, 3:
			p.tap.Sent(p.now, tapTCP, tapServed, by, octets)
			p.tap.Arrived(p.now, tapTCP, by.Other(), len(octets))
		case 4:
			p.tap.Sent(p.now, tapTCP, tapServed, by, octets)
		case 5:
			p.tap.Arrived(p.now, tapTCP, by, n)
		case 6:
			p.tap.Ended(p.now, tapTCP, by)
			p.tap.EndArrived(p.now, tapTCP, by.Other())
		case 7:
			p.tap.Reset(p.now, tapTCP)
		case 8:
			p.tap.Closed(tapTCP)
		case 9:
			p.tap.Late(p.now, tapTCP, tapServed)
		case 10:
			p.tap.DatagramSent(p.now, tap.Datagram{Conversation: tapUDP, From: by, Octets: octets, Exact: true})
		case 11:
			p.now = p.now.Add(time.Millisecond << (n % 17))
		default:
			p.tap.DatagramSent(p.now, tap.Datagram{Conversation: tapUDP, From: by, Octets: octets, Exact: true})
			p.tap.DatagramArrived(p.now, tap.Datagram{Conversation: tapUDP, From: by, Octets: octets})
		}
	}
}

// tapScript says that frames are sent, each in the same way.
func tapScript(what byte, frames ...[]byte) []byte {
	var script []byte
	for _, f := range frames {
		script = append(append(script, what, byte(len(f))), f...)
	}
	return script
}

var tapSeeds = sync.OnceValue(func() []seed {
	frame := func(typ, flags byte, payload string, kv ...string) []byte {
		return forge.Frame{Type: typ, Flags: flags, Headers: forge.KV(kv...), Payload: []byte(payload)}.Bytes()
	}
	hello, bye := frame(dissect.TypeHello, 0, ""), frame(dissect.TypeBye, 0, "")
	welcome := func(id string) []byte { return frame(dissect.TypeWelcome, 0, "", "session-id", id) }
	asking := func(payload string) []byte {
		return frame(dissect.TypeData, dissect.FlagReqAck, payload, "msg-id", "1")
	}
	ping, pong := frame(dissect.TypePing, 0, "p"), frame(dissect.TypePong, 0, "p")
	ack := frame(dissect.TypeAck, 0, "", "msg-id", "1")
	var fragments [][]byte
	for i, piece := range []string{"abc", "def", "ghi", "j"} {
		fragments = append(fragments, frame(dissect.TypeData, dissect.FlagFrag|dissect.FlagReqAck, piece,
			"msg-id", "1", "frag-id", "2", "frag-index", fmt.Sprint(i), "frag-total", "4"))
	}
	seeds := []seed{
		{tapScript(0, hello, frame(dissect.TypeData, 0, "x"), asking("x"), asking("y"), ping, bye, frame(dissect.TypeData, 0, "z"))},
		{slices.Concat(
			tapScript(0, hello, ping),
			tapScript(1, welcome("1"), pong, ack, frame(dissect.TypeErr, 0, "", "err-code", "6"), []byte{0x60, 0}, []byte{0x61, 0}),
		)},
		{tapScript(0xc0, fragments...)},
		{slices.Concat(tapScript(0xc0, asking("x"), asking("x"), hello, ping), tapScript(0xc1, ack, ack, pong, welcome("123456789012345678")))},
		{[]byte{0x90, 0, 0, 3, 'V', 'T', 1, 0x70, 0, 0x80, 0}},
	}
	for _, v := range family(vectors.FamilyFrame) {
		if len(v.Octets) < 256 {
			seeds = append(seeds, seed{append(tapScript(0, hello, v.Octets), tapScript(0xc0, v.Octets)...)})
		}
	}
	return seeds
})

// Nothing that is sent makes the tap panic, and whatever it finds is a requirement and
// lies within the octets that are shown. What it holds is given back.
func FuzzTap(f *testing.F) {
	addSeeds(f, tapSeeds())
	f.Fuzz(func(t *testing.T, script []byte) {
		for _, o := range []tap.Options{
			{Profile: tap.Strict, Complete: true, Defaults: true}, {}, {Profile: tap.Strict, MaxMemory: 2000, MaxFrame: 100, Complete: true},
		} {
			p := tapPlay{now: time.Date(2025, 10, 20, 12, 0, 0, 0, time.UTC)}
			p.tap = tap.New(o, tap.Handler{
				Finding: func(found tap.Finding) {
					p.findings++
					_, known := spec.Lookup(found.Requirement)
					assert.True(t, known, found.Requirement)
					assert.GreaterOrEqual(t, found.Offset, 0)
					assert.LessOrEqual(t, found.Offset+found.Length, len(found.Octets))
				},
				Note: func(tap.Note) { p.notes++ },
			})
			p.play(script)
			s := p.tap.Summary()
			assert.Equal(t, p.findings, s.Violations+s.Warnings)
			assert.Equal(t, p.notes, s.Notes)
			p.tap.Closed(tapTCP)
		}
	})
}
