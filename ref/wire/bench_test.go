package wire_test

import (
	"bytes"
	"fmt"
	"io"
	"testing"

	"github.com/vstp-project/vstp/internal/bench"
	"github.com/vstp-project/vstp/ref/wire"
)

// The benchmarks report, beside the time per operation, its ratio to a floor: what
// no codec of this format can do without, on the same octets. Decoding cannot
// do without the CRC, encoding not without copying and the CRC. Ratios hold from
// one machine to the next, and under load, as nanoseconds do not.

var (
	sinkSum   uint32
	sinkFrame wire.Frame
	sinkBytes []byte
	sinkValue uint64
	sinkCount int
)

func benchFrame(b *testing.B, headers, payload int) wire.Frame {
	b.Helper()
	builder := wire.NewBuilder(wire.TypeData).Payload(pattern(payload))
	if headers > 0 {
		builder.Text("content-type", "application/octet-stream").
			Text(wire.KeyMsgID, "1234567").
			Text("channel", "general")
	}
	return mustBuild(b, builder)
}

func benchSizes(b *testing.B, run func(b *testing.B, f wire.Frame)) {
	for _, headers := range []int{0, 3} {
		for _, size := range []struct {
			name   string
			octets int
		}{{"64", 64}, {"1K", 1 << 10}, {"64K", 64 << 10}} {
			b.Run(fmt.Sprintf("headers=%d/payload=%s", headers, size.name), func(b *testing.B) {
				run(b, benchFrame(b, headers, size.octets))
			})
		}
	}
}

func BenchmarkAppendBinary(b *testing.B) {
	benchSizes(b, func(b *testing.B, f wire.Frame) {
		buf := make([]byte, 0, f.EncodedLen())
		encode := func() { sinkBytes, _ = f.AppendBinary(buf) }

		// The same copy, to the same odd address: what memory there is to be had decides
		// how well the processor does it.
		body := mustEncode(b, f)
		body = append(buf, body[:len(body)-wire.TrailerLen]...)
		payload := body[len(body)-len(f.Payload):]
		floor := func() {
			copy(payload, f.Payload)
			sinkSum = wire.Checksum(body)
		}

		b.ReportAllocs()
		b.SetBytes(int64(f.EncodedLen()))
		bench.Loop(b, encode)
		if len(f.Payload) <= 64 {
			// Reading octets that have just been copied in larger units takes longer
			// than all the rest: with so few of them that is no floor.
			b.ReportMetric(bench.Ratio(encode, func() { sinkSum = wire.Checksum(body) }), "x-crc")
			return
		}
		b.ReportMetric(bench.Ratio(encode, floor), "x-copy+crc")
	})
}

// frameRun is what lies in the buffer of a busy stream: many frames, one behind
// the other.
type frameRun struct {
	octets []byte
	one    int // octets of each
	frames int
}

func newFrameRun(b *testing.B, f wire.Frame) frameRun {
	one := f.EncodedLen()
	frames := max(1, (256<<10)/one)
	return frameRun{bytes.Repeat(mustEncode(b, f), frames), one, frames}
}

func (r frameRun) floor() {
	for rest := r.octets; len(rest) > 0; rest = rest[r.one:] {
		sinkSum = wire.Checksum(rest[:r.one-wire.TrailerLen])
	}
}

// bench measures decode, which decodes the whole run.
func (r frameRun) bench(b *testing.B, decode func()) {
	b.ReportAllocs()
	b.SetBytes(int64(len(r.octets)))
	b.ReportMetric(bench.Loop(b, decode)/float64(r.frames), "cpu-ns/frame")
	b.ReportMetric(bench.Ratio(decode, r.floor), "x-crc")
}

// By value, a frame is copied after it has been decoded; see ParseInto.
func BenchmarkParse(b *testing.B) {
	benchSizes(b, func(b *testing.B, f wire.Frame) {
		run := newFrameRun(b, f)
		run.bench(b, func() {
			for rest := run.octets; len(rest) > 0; {
				f, n, err := wire.Parse(rest, wire.Limits{})
				if err != nil {
					panic(err)
				}
				sinkCount += len(f.Payload)
				rest = rest[n:]
			}
		})
	})
}

func BenchmarkParseInto(b *testing.B) {
	benchSizes(b, func(b *testing.B, f wire.Frame) {
		run := newFrameRun(b, f)
		run.bench(b, func() {
			for rest := run.octets; len(rest) > 0; {
				n, err := wire.ParseInto(&f, rest, wire.Limits{})
				if err != nil {
					panic(err)
				}
				sinkCount += len(f.Payload)
				rest = rest[n:]
			}
		})
	})
}

func BenchmarkParseIntoAndVisit(b *testing.B) {
	f := benchFrame(b, 3, 1<<10)
	run := newFrameRun(b, f)
	run.bench(b, func() {
		for rest := run.octets; len(rest) > 0; {
			n, err := wire.ParseInto(&f, rest, wire.Limits{})
			if err != nil {
				panic(err)
			}
			for key, value := range f.Headers.All() {
				sinkCount += len(key) + len(value)
			}
			rest = rest[n:]
		}
	})
}

func BenchmarkHeadersGet(b *testing.B) {
	f := benchFrame(b, 3, 0)
	b.ReportAllocs()
	bench.Loop(b, func() { sinkBytes, _ = f.Headers.Get("channel") })
}

// endless repeats octets for ever, in reads of up to the size that a socket would
// give at a time.
type endless struct {
	octets []byte
	at     int
}

func (e *endless) Read(p []byte) (int, error) {
	p = p[:min(len(p), 64<<10)]
	n := 0
	for n < len(p) {
		m := copy(p[n:], e.octets[e.at:])
		n += m
		e.at = (e.at + m) % len(e.octets)
	}
	return n, nil
}

func BenchmarkReader(b *testing.B) {
	for _, size := range []int{64, 1 << 10, 64 << 10, 1 << 20} {
		b.Run(fmt.Sprintf("payload=%d", size), func(b *testing.B) {
			octets := mustEncode(b, benchFrame(b, 3, size))
			r := wire.NewReader(&endless{octets: octets}, wire.Limits{})
			b.ReportAllocs()
			b.SetBytes(int64(len(octets)))
			read := func() {
				f, err := r.ReadFrame()
				if err != nil {
					panic(err)
				}
				sinkFrame = f
			}
			source := &endless{octets: octets}
			dst := make([]byte, len(octets))
			bench.Loop(b, read)
			b.ReportMetric(bench.Ratio(read, func() {
				if _, err := io.ReadFull(source, dst); err != nil {
					panic(err)
				}
				sinkSum = wire.Checksum(dst[:len(dst)-wire.TrailerLen])
			}), "x-read+crc")
		})
	}
}

func BenchmarkWriter(b *testing.B) {
	for _, size := range []int{64, 1 << 10, 64 << 10, 1 << 20} {
		b.Run(fmt.Sprintf("payload=%d", size), func(b *testing.B) {
			f := benchFrame(b, 3, size)
			w := wire.NewWriter(io.Discard, wire.Limits{})
			b.ReportAllocs()
			b.SetBytes(int64(f.EncodedLen()))
			write := func() {
				if err := w.WriteFrame(f); err != nil {
					panic(err)
				}
			}
			body := mustEncode(b, f)
			body = body[:len(body)-wire.TrailerLen]
			dst := make([]byte, len(body))
			bench.Loop(b, write)
			b.ReportMetric(bench.Ratio(write, func() {
				copy(dst, body)
				sinkSum = wire.Checksum(dst)
			}), "x-copy+crc")
		})
	}
}

func BenchmarkUvarint(b *testing.B) {
	for _, v := range []uint64{1, 300, 1<<64 - 1} {
		octets := wire.AppendUvarint(nil, v)
		b.Run(fmt.Sprintf("append/octets=%d", len(octets)), func(b *testing.B) {
			buf := make([]byte, 0, len(octets))
			b.ReportAllocs()
			bench.Loop(b, func() { sinkBytes = wire.AppendUvarint(buf, v) })
		})
		b.Run(fmt.Sprintf("parse/octets=%d", len(octets)), func(b *testing.B) {
			b.ReportAllocs()
			bench.Loop(b, func() { sinkValue, _, _ = wire.Uvarint(octets) })
		})
	}
}

// BenchmarkSizes decodes and encodes frames from no payload to the size limit, for the
// cost per frame to be set against the octets. The floor is the CRC of the same frame.
func BenchmarkSizes(b *testing.B) {
	for size := 0; size <= 8<<20; size = max(64, 4*size) {
		payload := min(size, wire.DefaultMaxFrame-wire.Overhead)
		f := benchFrame(b, 0, payload)
		octets := mustEncode(b, f)
		floor := func() { sinkSum = wire.Checksum(octets[:len(octets)-wire.TrailerLen]) }
		b.Run(fmt.Sprintf("decode/payload=%d", payload), func(b *testing.B) {
			decode := func() {
				if _, err := wire.ParseInto(&sinkFrame, octets, wire.Limits{}); err != nil {
					panic(err)
				}
			}
			bench.Loop(b, decode)
			b.ReportMetric(bench.Ratio(decode, floor), "x-crc")
		})
		b.Run(fmt.Sprintf("encode/payload=%d", payload), func(b *testing.B) {
			buf := make([]byte, 0, f.EncodedLen())
			encode := func() { sinkBytes, _ = f.AppendBinary(buf) }
			bench.Loop(b, encode)
			b.ReportMetric(bench.Ratio(encode, floor), "x-crc")
		})
	}
}
