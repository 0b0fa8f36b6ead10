package tap_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/vstp-project/vstp/conformance/forge"
	"github.com/vstp-project/vstp/conformance/tap"
	"github.com/vstp-project/vstp/spec"
)

// play shows a tap what a script says: an octet for what happens, one for how many
// octets it is about, and these.
func play(w *watched, script []byte) {
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
			w.tcp(by, octets)
		case 4:
			w.tap.Sent(w.now, tcpName, served, by, octets)
		case 5:
			w.tap.Arrived(w.now, tcpName, by, n)
		case 6:
			w.fin(by)
		case 7:
			w.tap.Reset(w.now, tcpName)
		case 8:
			w.tap.Closed(tcpName)
		case 9:
			w.tap.Late(w.now, tcpName, served)
		case 10:
			w.lost(by, octets)
		case 11:
			w.wait(ms << (n % 17))
		default:
			w.udp(by, octets)
		}
	}
}

func scriptOf(what byte, frames ...[]byte) []byte {
	var script []byte
	for _, f := range frames {
		script = append(append(script, what, byte(len(f))), f...)
	}
	return script
}

// Nothing that is sent makes the tap panic, and whatever it finds is a requirement and
// lies within the octets that are shown. What it holds is given back.
func FuzzTap(f *testing.F) {
	f.Add(scriptOf(0, hello, data("x"), asking("1", "x"), asking("1", "y"), ping("p"), bye, data("z")))
	f.Add(append(scriptOf(0, hello, ping("p")), scriptOf(1, welcome("1"), pong("p"), ack("1"), errFrame("6"), []byte{0x60, 0}, []byte{0x61, 0})...))
	f.Add(scriptOf(0xc0, fragments("1", "2", "abcdefghij", 3)...))
	f.Add(append(scriptOf(0xc0, asking("1", "x"), asking("1", "x"), hello, ping("q")), scriptOf(0xc1, ack("1"), ack("1"), pong("q"), welcome("123456789012345678"))...))
	f.Add([]byte{0x90, 0, 0, 3, 'V', 'T', 1, 0x70, 0, 0x80, 0})
	known := map[string]bool{}
	for _, r := range spec.Requirements() {
		known[r.ID] = true
	}
	f.Fuzz(func(t *testing.T, script []byte) {
		for _, o := range []tap.Options{all, {}, {Profile: tap.Strict, MaxMemory: 2000, MaxFrame: 100, Complete: true}} {
			w := newWatched(t, o)
			play(w, script)
			for _, found := range w.findings {
				assert.True(t, known[found.Requirement], found.Requirement)
				assert.GreaterOrEqual(t, found.Offset, 0)
				assert.LessOrEqual(t, found.Offset+found.Length, len(found.Octets))
			}
			s := w.tap.Summary()
			assert.Equal(t, len(w.findings), s.Violations+s.Warnings)
			assert.Equal(t, len(w.notes), s.Notes)
			w.tap.Closed(tcpName)
		}
	})
}
