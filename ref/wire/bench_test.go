package wire_test

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"testing"
	"time"

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

// ratio measures op against floor in alternating slices of processor time and
// returns the median of op's time divided by floor's.
func ratio(op, floor func()) float64 {
	const slice, rounds = 200 * time.Microsecond, 101
	run := func(f func(), n int) time.Duration {
		start := cpuTime()
		for range n {
			f()
		}
		return cpuTime() - start
	}
	n := 1
	for run(floor, n) < slice {
		n *= 2
	}
	ratios := make([]float64, rounds)
	for i := range ratios {
		before := run(floor, n)
		during := run(op, n)
		after := run(floor, n)
		ratios[i] = 2 * float64(during) / float64(before+after)
	}
	slices.Sort(ratios)
	return ratios[rounds/2]
}

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

		body := mustEncode(b, f)
		body = body[:len(body)-wire.TrailerLen]
		dst := make([]byte, len(body))
		floor := func() {
			copy(dst, body)
			sinkSum = wire.Checksum(dst)
		}

		b.ReportAllocs()
		b.SetBytes(int64(f.EncodedLen()))
		for b.Loop() {
			encode()
		}
		b.ReportMetric(ratio(encode, floor), "x-copy+crc")
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
	for b.Loop() {
		decode()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*r.frames), "ns/frame")
	b.ReportMetric(ratio(decode, r.floor), "x-crc")
}

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
	for b.Loop() {
		sinkBytes, _ = f.Headers.Get("channel")
	}
}

// The floors themselves.

func BenchmarkFloorCRC(b *testing.B) {
	benchSizes(b, func(b *testing.B, f wire.Frame) {
		octets := mustEncode(b, f)
		octets = octets[:len(octets)-wire.TrailerLen]
		b.SetBytes(int64(len(octets)))
		for b.Loop() {
			sinkSum = wire.Checksum(octets)
		}
	})
}

func BenchmarkFloorCopyCRC(b *testing.B) {
	benchSizes(b, func(b *testing.B, f wire.Frame) {
		octets := mustEncode(b, f)
		octets = octets[:len(octets)-wire.TrailerLen]
		dst := make([]byte, len(octets))
		b.SetBytes(int64(len(octets)))
		for b.Loop() {
			copy(dst, octets)
			sinkSum = wire.Checksum(dst)
		}
	})
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
			for b.Loop() {
				f, err := r.ReadFrame()
				if err != nil {
					b.Fatal(err)
				}
				sinkFrame = f
			}
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
			for b.Loop() {
				if err := w.WriteFrame(f); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkUvarint(b *testing.B) {
	for _, v := range []uint64{1, 300, 1<<64 - 1} {
		octets := wire.AppendUvarint(nil, v)
		b.Run(fmt.Sprintf("append/octets=%d", len(octets)), func(b *testing.B) {
			buf := make([]byte, 0, len(octets))
			b.ReportAllocs()
			for b.Loop() {
				sinkBytes = wire.AppendUvarint(buf, v)
			}
		})
		b.Run(fmt.Sprintf("parse/octets=%d", len(octets)), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				sinkValue, _, _ = wire.Uvarint(octets)
			}
		})
	}
}
