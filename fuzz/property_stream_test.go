package fuzz

import (
	"io"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vstp-project/vstp/conformance/forge"
)

// A stream of good frames, then perhaps one with a fault, then perhaps a part of
// one. [TCP-5] [TCP-15]
func TestStreamsReadTheSameHoweverTheyAreCut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := rapidDice(t)
		e := endpoint{extended: true}
		var stream []byte
		good := d(4)
		for range good {
			stream = append(stream, drawFrame(d).Bytes()...)
		}
		if d.oneIn(2) {
			h := drawHostile(d, drawFaults(d)&^tooLarge)
			h.unknown = 0
			b, _ := h.build()
			stream = append(stream, b...)
		}
		if d.oneIn(2) {
			last := drawFrame(d).Bytes()
			stream = append(stream, last[:d(len(last))]...)
		}
		requireSegmentation(t, stream, rapid.Uint64().Draw(t, "cuts"), e)
	})
}

// Every cut of one stream in two.
func TestStreamReadsTheSameAtEveryCut(t *testing.T) {
	stream := forge.Concat(
		forge.Frame{Type: 1}.Bytes(),
		forge.Frame{Type: 3, Flags: 1, Headers: forge.KV("msg-id", "5"), Payload: []byte("x")}.Bytes(),
		forge.Frame{Type: 9}.Bytes(),
		forge.Frame{Type: 3, Payload: forge.Frame{Type: 6}.Bytes()}.Bytes(),
		forge.Frame{Type: 6}.Bytes(),
	)
	for cut := range len(stream) + 1 {
		want := expectedEvents(stream, endpoint{})
		require.Len(t, want, 6)
		source := io.MultiReader(&cutReader{stream: stream[:cut], cuts: ^uint64(0)}, &cutReader{stream: stream[cut:], cuts: ^uint64(0)})
		require.Equal(t, want, drain(t, source, len(stream), endpoint{}), "cut at %d", cut)
		requireSegmentation(t, stream[:cut], 0x3210, endpoint{})
	}
}
