package wire_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/wire"
)

// script is a source that gives one step at a time and records how much it was
// asked for.
type script struct {
	t     *testing.T
	steps []step
	room  []int // the length of the slice of each read
}

type step struct {
	octets []byte
	err    error
}

func (s *script) Read(p []byte) (int, error) {
	s.room = append(s.room, len(p))
	require.NotEmpty(s.t, s.steps, "the reader asks for more than it needs")
	now := &s.steps[0]
	n := copy(p, now.octets)
	now.octets = now.octets[n:]
	if len(now.octets) > 0 {
		return n, nil
	}
	err := now.err
	s.steps = s.steps[1:]
	return n, err
}

func newScript(t *testing.T, steps ...step) *script { return &script{t: t, steps: steps} }

func octetsOf(b []byte) step   { return step{octets: b} }
func failingWith(e error) step { return step{err: e} }

// readAll reads frames, as copies, to the first error.
func readAll(r *wire.Reader) ([]wire.Frame, error) {
	var frames []wire.Frame
	for {
		f, err := r.ReadFrame()
		if err != nil {
			return frames, err
		}
		frames = append(frames, f.Clone())
	}
}

func streamOf(t *testing.T, frames ...wire.Frame) []byte {
	t.Helper()
	var stream []byte
	for _, f := range frames {
		stream = append(stream, mustEncode(t, f)...)
	}
	return stream
}

// conversation has frames of all sizes that matter to a buffer: tiny ones, ones
// that fill it and ones that make it grow and shrink.
func conversation(t *testing.T) []wire.Frame {
	t.Helper()
	frames := []wire.Frame{{Type: wire.TypeHello}, {Type: wire.TypeWelcome, Headers: mustSection(t, "session-id", "7")}}
	for _, size := range []int{1, 4096 - 30, 4096 - 15, 4096, 20_000, 3, 65_536, 70_000, 300_000, 5, 5, 600_000, 600_000, 0} {
		frames = append(frames, wire.Frame{Type: wire.TypeData, Headers: mustSection(t, "k", "v"), Payload: pattern(size)}.Clone())
	}
	frames = append(frames, wire.Frame{Type: wire.TypeBye})
	for i := range frames {
		if len(frames[i].Payload) == 0 {
			frames[i].Payload = nil
		}
	}
	return frames
}

// The frames of a stream do not depend on how it is cut. [FRM-6]
func TestReaderTakesAnyCut(t *testing.T) {
	want := conversation(t)
	stream := streamOf(t, want...)
	for name, source := range map[string]func(io.Reader) io.Reader{
		"whole":                  func(r io.Reader) io.Reader { return r },
		"one octet at a time":    iotest.OneByteReader,
		"half of what was asked": iotest.HalfReader,
		"end with the last data": iotest.DataErrReader,
		"one octet, end with it": func(r io.Reader) io.Reader { return iotest.DataErrReader(iotest.OneByteReader(r)) },
	} {
		t.Run(name, func(t *testing.T) {
			got, err := readAll(wire.NewReader(source(bytes.NewReader(stream)), wire.Limits{}))
			require.Equal(t, io.EOF, err)
			require.Equal(t, want, got)
		})
	}
}

func TestReaderTakesEveryCutInTwo(t *testing.T) {
	want := []wire.Frame{
		{Type: wire.TypeHello},
		{Type: wire.TypeData, Flags: wire.FlagReqAck, Headers: mustSection(t, "msg-id", "5"), Payload: []byte("x")},
		{Type: wire.TypeBye},
	}
	stream := streamOf(t, want...)
	for cut := range len(stream) + 1 {
		source := newScript(t, octetsOf(stream[:cut]), octetsOf(stream[cut:]), failingWith(io.EOF))
		if cut == 0 || cut == len(stream) {
			source = newScript(t, octetsOf(stream), failingWith(io.EOF))
		}
		got, err := readAll(wire.NewReader(source, wire.Limits{}))
		require.Equal(t, io.EOF, err, "cut at %d", cut)
		require.Equal(t, want, got, "cut at %d", cut)
	}
}

// A frame is handed over with its last octet: no further read is made. [TCP-22]
func TestReaderDoesNotLookAhead(t *testing.T) {
	for _, size := range []int{0, 1, 5000, 4096 - 15} {
		octets := mustEncode(t, wire.Frame{Type: wire.TypeData, Payload: pattern(size)})
		r := wire.NewReader(newScript(t, octetsOf(octets)), wire.Limits{})
		f, err := r.ReadFrame()
		require.NoError(t, err)
		assert.Equal(t, pattern(size), append([]byte{}, f.Payload...))
		assert.Zero(t, r.Buffered())
	}
}

// Framing errors show with the octets at fault, without a further read. [TCP-13] [TCP-17] [TCP-28]
func TestReaderTellsFaultsAtOnceAndForGood(t *testing.T) {
	for name, test := range map[string]struct {
		octets string
		want   wire.DecodeError
	}{
		"MAGIC":   {"5655", wire.DecodeError{Offset: 0, Reason: wire.InvalidMagic}},
		"VERSION": {"565402", wire.DecodeError{Offset: 2, Reason: wire.InvalidVersion}},
		"size":    {"5654 01 03 00 0000 007ffff2", wire.DecodeError{Offset: 5, Reason: wire.FrameTooLarge}},
		"CRC32":   {"5654 01 03 00 0000 00000000 d2879318", wire.DecodeError{Offset: 11, Reason: wire.CrcMismatch}},
		"headers": {"5654 01 03 00 0200 00000000 0400 959669e7", wire.DecodeError{Offset: 11, Reason: wire.Protocol}},
	} {
		t.Run(name, func(t *testing.T) {
			good := streamOf(t, wire.Frame{Type: wire.TypeHello})
			for _, source := range []io.Reader{
				newScript(t, octetsOf(good), octetsOf(unhex(t, test.octets))),
				newScript(t, octetsOf(append(good, unhex(t, test.octets)...))),
				iotest.OneByteReader(newScript(t, octetsOf(append(good, unhex(t, test.octets)...)))),
				newScript(t, octetsOf(append(append(good, unhex(t, test.octets)...), good...))),
			} {
				r := wire.NewReader(source, wire.Limits{})

				f, err := r.ReadFrame()
				require.NoError(t, err, "frames ahead of the fault are handed over [TCP-15]")
				require.Equal(t, wire.TypeHello, f.Type)

				for range 3 {
					_, err = r.ReadFrame()
					require.Equal(t, &test.want, err)
				}
			}
		})
	}
}

// A wrong first octet alone decides nothing: the second is waited for.
func TestReaderWaitsForTheSecondOctetOfMagic(t *testing.T) {
	source := newScript(t, octetsOf([]byte("G")), octetsOf([]byte("E")))
	_, err := wire.NewReader(source, wire.Limits{}).ReadFrame()
	require.ErrorIs(t, err, wire.InvalidMagic)
	assert.Empty(t, source.steps)
}

// An unknown TYPE costs its frame and nothing else. [TYP-4]
func TestReaderGoesOnBehindAnUnknownType(t *testing.T) {
	unknown := unhex(t, "5654 01 09 00 0000 00000000 43478fd1")
	hello := streamOf(t, wire.Frame{Type: wire.TypeHello})
	bye := streamOf(t, wire.Frame{Type: wire.TypeBye})
	stream := bytes.Join([][]byte{hello, unknown, unknown, bye}, nil)

	for name, source := range map[string]io.Reader{
		"whole":     bytes.NewReader(stream),
		"in octets": iotest.OneByteReader(bytes.NewReader(stream)),
	} {
		t.Run(name, func(t *testing.T) {
			r := wire.NewReader(source, wire.Limits{})
			f, err := r.ReadFrame()
			require.NoError(t, err)
			assert.Equal(t, wire.TypeHello, f.Type)
			for range 2 {
				f, err = r.ReadFrame()
				require.Equal(t, &wire.DecodeError{Offset: 3, Reason: wire.InvalidFrameType}, err)
				assert.Zero(t, f)
			}
			f, err = r.ReadFrame()
			require.NoError(t, err)
			assert.Equal(t, wire.TypeBye, f.Type)
			_, err = r.ReadFrame()
			require.Equal(t, io.EOF, err)
		})
	}
}

func TestReaderKnowsTheTypesOfItsLimits(t *testing.T) {
	stream := streamOf(t, wire.Frame{Type: 0x10})
	f, err := wire.NewReader(bytes.NewReader(stream), wire.Limits{Types: wire.NewTypeSet(0x10)}).ReadFrame()
	require.NoError(t, err)
	assert.Equal(t, wire.Type(0x10), f.Type)
}

func TestReaderEndOfStream(t *testing.T) {
	octets := streamOf(t, wire.Frame{Type: wire.TypeData, Headers: mustSection(t, "k", "v"), Payload: []byte("p")})
	for cut := range len(octets) + 1 {
		for _, source := range []io.Reader{
			bytes.NewReader(octets[:cut]),
			iotest.DataErrReader(bytes.NewReader(octets[:cut])),
		} {
			r := wire.NewReader(source, wire.Limits{})
			want := io.ErrUnexpectedEOF
			if cut == 0 {
				want = io.EOF
			}
			if cut == len(octets) {
				_, err := r.ReadFrame()
				require.NoError(t, err)
				want = io.EOF
			}
			for range 2 {
				_, err := r.ReadFrame()
				require.Equal(t, want, err, "%d octets", cut)
			}
		}
	}
}

// Errors of the source are passed on as they are, after the frames that came
// before them, and do not cost any octets.
func TestReaderResumesAfterAnError(t *testing.T) {
	octets := streamOf(t, wire.Frame{Type: wire.TypeHello}, wire.Frame{Type: wire.TypeBye})
	source := newScript(t,
		failingWith(os.ErrDeadlineExceeded),
		step{octets: octets[:20], err: os.ErrDeadlineExceeded},
		failingWith(os.ErrDeadlineExceeded),
		octetsOf(octets[20:]),
		failingWith(io.EOF),
	)
	r := wire.NewReader(source, wire.Limits{})

	_, err := r.ReadFrame()
	require.Equal(t, os.ErrDeadlineExceeded, err)
	assert.Zero(t, r.Buffered(), "between frames")

	f, err := r.ReadFrame()
	require.NoError(t, err)
	assert.Equal(t, wire.TypeHello, f.Type)

	for range 2 {
		_, err = r.ReadFrame()
		require.Equal(t, os.ErrDeadlineExceeded, err)
		assert.Equal(t, 5, r.Buffered(), "inside a frame")
	}

	f, err = r.ReadFrame()
	require.NoError(t, err)
	assert.Equal(t, wire.TypeBye, f.Type)
	_, err = r.ReadFrame()
	require.Equal(t, io.EOF, err)
}

func TestReaderDoesNotWrapErrorsOfTheSource(t *testing.T) {
	broken := errors.New("broken")
	for _, cut := range []int{0, 1, 14} {
		octets := streamOf(t, wire.Frame{Type: wire.TypeHello})
		_, err := wire.NewReader(io.MultiReader(bytes.NewReader(octets[:cut]), iotest.ErrReader(broken)), wire.Limits{}).ReadFrame()
		require.Equal(t, broken, err, "%d octets", cut)
	}
}

// A fault outweighs the error that came with it.
func TestReaderFaultBeforeError(t *testing.T) {
	source := newScript(t, step{octets: []byte("GET /"), err: io.EOF})
	_, err := wire.NewReader(source, wire.Limits{}).ReadFrame()
	require.ErrorIs(t, err, wire.InvalidMagic)
}

func TestReaderGivesUpOnASourceWithoutProgress(t *testing.T) {
	idle := readerFunc(func([]byte) (int, error) { return 0, nil })
	_, err := wire.NewReader(idle, wire.Limits{}).ReadFrame()
	require.Equal(t, io.ErrNoProgress, err)
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestReaderFramesAliasTheBufferUntilTheNext(t *testing.T) {
	first := wire.Frame{Type: wire.TypeData, Payload: []byte("first")}
	second := wire.Frame{Type: wire.TypeData, Payload: []byte("other")}
	r := wire.NewReader(newScript(t, octetsOf(streamOf(t, first)), octetsOf(streamOf(t, second))), wire.Limits{})

	f, err := r.ReadFrame()
	require.NoError(t, err)
	kept := f.Clone()
	assert.Equal(t, "first", string(f.Payload))

	_, err = r.ReadFrame()
	require.NoError(t, err)
	assert.Equal(t, "first", string(kept.Payload))
	assert.Equal(t, "other", string(f.Payload), "the buffer is used again")
}

// However large a frame says it is, the room made for it follows what has come. [LIM-5]
func TestReaderReservesByWhatHasCome(t *testing.T) {
	frame := mustEncode(t, wire.Frame{Type: wire.TypeData, Payload: make([]byte, wire.DefaultMaxFrame-wire.Overhead)})
	for _, had := range []int{11, 100, 4096, 5000, 70_000, 1 << 20} {
		source := newScript(t, octetsOf(frame[:had]), failingWith(os.ErrDeadlineExceeded))
		r := wire.NewReader(source, wire.Limits{})
		_, err := r.ReadFrame()
		require.Equal(t, os.ErrDeadlineExceeded, err)
		require.Equal(t, had, r.Buffered())
		for _, room := range source.room {
			assert.LessOrEqual(t, room, max(64<<10, 3*had), "after %d octets", had)
		}
	}
}

// A frame of the largest size leaves no large buffer behind.
func TestReaderLetsGoOfALargeBuffer(t *testing.T) {
	large := mustEncode(t, wire.Frame{Type: wire.TypeData, Payload: make([]byte, wire.DefaultMaxFrame-wire.Overhead)})
	small := streamOf(t, wire.Frame{Type: wire.TypePing})
	source := newScript(t, octetsOf(large), octetsOf(small), octetsOf(large), octetsOf(small))
	r := wire.NewReader(source, wire.Limits{})
	for range 2 {
		f, err := r.ReadFrame()
		require.NoError(t, err)
		require.Len(t, f.Payload, wire.DefaultMaxFrame-wire.Overhead)

		source.room = nil
		f, err = r.ReadFrame()
		require.NoError(t, err)
		require.Equal(t, wire.TypePing, f.Type)
		require.Equal(t, []int{64 << 10}, source.room)
	}
}

// A stream that fills the buffer gets a larger one, up to a bound; one that does
// not keeps a small one.
func TestReaderReadsAheadWhereThereIsMuch(t *testing.T) {
	ping := streamOf(t, wire.Frame{Type: wire.TypePing})
	quiet := newScript(t, octetsOf(ping), octetsOf(ping), octetsOf(ping))
	r := wire.NewReader(quiet, wire.Limits{})
	for range 3 {
		_, err := r.ReadFrame()
		require.NoError(t, err)
	}
	assert.Equal(t, []int{4096, 4096, 4096}, quiet.room)

	const frames = 100_000
	busy := newScript(t, octetsOf(bytes.Repeat(ping, frames)))
	r = wire.NewReader(busy, wire.Limits{})
	for range frames {
		_, err := r.ReadFrame()
		require.NoError(t, err)
	}
	for _, room := range busy.room {
		assert.LessOrEqual(t, room, 64<<10)
	}
	assert.Less(t, len(busy.room), 30, "1,500,000 octets in reads of 64 KiB")
}
