package fuzz

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance/dissect"
	"github.com/vstp-project/vstp/ref/wire"
)

// A cutReader hands out a stream in pieces whose lengths the digits of cuts say,
// over and over: digit 15 is as much as is wanted, any other that many octets and
// one.
type cutReader struct {
	stream []byte
	cuts   uint64
	given  int // octets handed out
	excess int // the most room offered beyond what given allows
}

// The room that a reader may offer for the next read: patience octets before
// anything has come, and later growth times what has come.
const (
	patience = 64 << 10
	growth   = 4
)

func (r *cutReader) Read(p []byte) (int, error) {
	// A buffer grows in steps: by a factor, and not to what a frame declares. [LIM-5]
	r.excess = max(r.excess, len(p)-max(patience, growth*r.given))
	if len(r.stream) == 0 {
		return 0, io.EOF
	}
	want := int(r.cuts & 0xf)
	r.cuts = r.cuts>>4 | r.cuts<<60
	if want == 15 {
		want = len(p)
	}
	n := copy(p[:min(len(p), want+1)], r.stream)
	r.stream = r.stream[n:]
	r.given += n
	return n, nil
}

// An event is what a reader gives for one call: a frame or an error.
type event struct {
	typ, flags       byte
	section, payload string
	err              string
	rest             int // octets of a partial frame, with an error that ends the stream
}

// drain reads a stream of so many octets to its end, or to the error that nothing
// follows.
func drain(t require.TestingT, source io.Reader, octets int, e endpoint) []event {
	r := wire.NewReader(source, e.limits())
	var events []event
	for {
		require.LessOrEqual(t, len(events), octets/overhead, "the reader gives more frames than there are octets for")
		f, err := r.ReadFrame()
		switch {
		case err == nil:
			events = append(events, event{
				typ: byte(f.Type), flags: byte(f.Flags),
				section: string(f.Headers.Bytes()), payload: string(f.Payload),
			})
		case errors.Is(err, wire.InvalidFrameType):
			events = append(events, event{err: "InvalidFrameType"})
		default:
			_, again := r.ReadFrame()
			require.Equal(t, err, again, "a second call after the end")
			return append(events, ending(err, r.Buffered()))
		}
	}
}

func ending(err error, buffered int) event {
	if fault, ok := errors.AsType[*wire.DecodeError](err); ok {
		return event{err: fault.Reason.String()}
	}
	return event{err: err.Error(), rest: buffered}
}

// requireSegmentation fails unless a stream gives the same frames and the same
// end however it is cut, and the same as the judge's reading of it. [TCP-5]
func requireSegmentation(t require.TestingT, stream []byte, cuts uint64, e endpoint) {
	want := expectedEvents(stream, e)
	pieces := &cutReader{stream: stream, cuts: cuts}
	octets := &cutReader{stream: stream}
	for name, source := range map[string]io.Reader{
		"whole":                     bytes.NewReader(stream),
		"its end with the last cut": iotest.DataErrReader(&cutReader{stream: stream, cuts: cuts}),
		"in pieces":                 pieces,
		"octet by octet":            octets,
	} {
		if got := drain(t, source, len(stream), e); !slices.Equal(want, got) {
			require.Fail(t, "the reader gives something else for the stream "+name,
				"%x\ncuts %016x\nwant %+v\ngot  %+v", stream, cuts, want, got)
		}
	}
	if pieces.excess > 0 || octets.excess > 0 {
		require.Fail(t, "the reader's buffer outgrows what it has received", "%x\ncuts %016x", stream, cuts)
	}
}

// expectedEvents is what a reader has to give, by dissect.Split. It goes on
// behind every frame that lengths tell the end of; a reader stops at the first
// that is neither acceptable nor merely of an unknown type. [TYP-4]
func expectedEvents(stream []byte, e endpoint) []event {
	var events []event
	frames, rest := dissect.Split(stream, e.options())
	for _, f := range frames {
		switch class := f.Class(); class {
		case accepted:
			section := f.Raw[fixedLen : fixedLen+f.HeaderLen]
			events = append(events, event{typ: f.Type, flags: f.Flags, section: string(section), payload: string(f.Payload)})
		case "InvalidFrameType":
			events = append(events, event{err: class})
		default:
			return append(events, event{err: class})
		}
	}
	if len(rest) > 0 {
		return append(events, event{err: io.ErrUnexpectedEOF.Error(), rest: len(rest)})
	}
	return append(events, event{err: io.EOF.Error()})
}
