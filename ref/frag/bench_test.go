package frag_test

import (
	"fmt"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/internal/bench"
	"github.com/vstp-project/vstp/ref/frag"
	"github.com/vstp-project/vstp/ref/wire"
)

// The benchmarks report, beside the time per message, its ratio to a floor: what
// cannot be done without if the payloads are to stand in one piece in the end, which
// is to find the message of each fragment in a map and to copy its payload once.

// floorKey has the size and the parts of what tells messages apart: source, msg-id
// and frag-id.
type floorKey struct {
	source netip.AddrPort
	named  bool
	msgID  uint64
	id     uint8
}

func benchFragments(b *testing.B, payload int, msgID uint64) []wire.Frame {
	b.Helper()
	s, err := frag.Split(data(b, 0, strings.Repeat("x", payload), fmt.Sprint("msg-id=", msgID)), 7, 0)
	require.NoError(b, err)
	frames := make([]wire.Frame, s.Len())
	for i := range frames {
		frames[i] = s.Frame(i).Clone()
	}
	return frames
}

func BenchmarkReassembly(b *testing.B) {
	for _, c := range []struct {
		payload int
		order   string
		others  int
	}{
		{11_000, "forward", 0},
		{280_000, "forward", 0},
		{280_000, "reverse", 0},
		{280_000, "forward", 900},
	} {
		b.Run(fmt.Sprintf("payload=%d/order=%s/others=%d", c.payload, c.order, c.others), func(b *testing.B) {
			// Three messages in turn, of which two are remembered, so that none
			// counts as a second copy.
			r := frag.NewReassembler(frag.Config{MaxRecent: 2})
			ids := [3]uint64{1234567, 1234568, 1234569}
			arena := make([]byte, c.payload)
			messages := map[floorKey][]byte{}
			var fragments [3][]wire.Frame
			for i, id := range ids {
				fragments[i] = benchFragments(b, c.payload, id)
				messages[floorKey{source: alice, named: true, msgID: id, id: 7}] = arena
			}
			for i := range c.others {
				_, _, err := r.Add(start, host(i/60), fragment(b, i%256, 0, 2, "x"))
				require.NoError(b, err)
				messages[floorKey{source: host(i / 60), id: uint8(i)}] = arena
			}
			count, chunk := len(fragments[0]), len(fragments[0][0].Payload)
			if c.order == "reverse" {
				for _, f := range fragments {
					slices.Reverse(f)
				}
			}

			turn := 0
			reassemble := func() {
				complete := false
				turn = (turn + 1) % len(fragments)
				for _, f := range fragments[turn] {
					var err error
					if _, complete, err = r.Add(start, alice, f); err != nil {
						panic(err)
					}
				}
				if !complete {
					panic("incomplete")
				}
			}
			floor := func() {
				for i, f := range fragments[0] {
					message := messages[floorKey{source: alice, named: true, msgID: ids[0], id: 7}]
					if c.order == "reverse" {
						i = count - 1 - i
					}
					copy(message[i*chunk:], f.Payload)
				}
			}

			b.ReportAllocs()
			b.SetBytes(int64(c.payload))
			b.ReportMetric(bench.Loop(b, reassemble)/float64(count), "cpu-ns/fragment")
			b.ReportMetric(bench.Ratio(reassemble, floor), "x-copy+map")
		})
	}
}

// BenchmarkSessionMemory opens sessions that promise 255 fragments and hold one of an
// octet, and sessions that hold all but the last.
func BenchmarkSessionMemory(b *testing.B) {
	for _, c := range []struct{ sessions, fragments int }{{1000, 1}, {100, 254}} {
		b.Run(fmt.Sprintf("fragments=%d", c.fragments), func(b *testing.B) {
			var held, payload int
			for b.Loop() {
				r := frag.NewReassembler(frag.Config{})
				before := heap()
				for i := range c.sessions {
					for index := range c.fragments {
						octets := "x"
						if c.fragments > 1 {
							octets = strings.Repeat("x", frag.MaxPayload)
						}
						_, _, err := r.Add(start, host(i/60), fragment(b, i%256, index, 255, octets, fmt.Sprint("msg-id=", i)))
						require.NoError(b, err)
					}
				}
				held, payload = heap()-before, r.Octets()
				runtime.KeepAlive(r)
			}
			b.ReportMetric(float64(held-payload)/float64(c.sessions), "octets/session")
			b.ReportMetric(float64(held)/float64(payload), "x-payload")
		})
	}
}
