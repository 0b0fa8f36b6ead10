package compress_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/compress"
	"github.com/vstp-project/vstp/ref/wire"
)

// The benchmarks report, beside the time per operation, its ratio to a floor: what
// compress/gzip takes for the same octets, to the end and with the checks that it
// makes, when its reader or writer is used again and the size of what comes out is
// known beforehand.

var (
	sinkFrame wire.Frame
	sinkBytes []byte
)

// ratio measures op against floor in alternating slices of processor time and
// returns the median of op's time divided by floor's.
func ratio(op, floor func()) float64 {
	const slice, rounds = time.Millisecond, 51
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

func benchPlains(b *testing.B, run func(b *testing.B, plain []byte)) {
	for _, c := range []struct {
		name string
		make func(n int) []byte
	}{{"text", text}, {"noise", noise}, {"zeros", func(n int) []byte { return make([]byte, n) }}} {
		for _, n := range []int{1 << 10, 64 << 10, 1 << 20} {
			b.Run(fmt.Sprintf("%s=%d", c.name, n), func(b *testing.B) { run(b, c.make(n)) })
		}
	}
}

func BenchmarkCompress(b *testing.B) {
	benchPlains(b, func(b *testing.B, plain []byte) {
		f := wire.Frame{Type: wire.TypeData, Payload: plain}
		run := func() {
			var err error
			if sinkFrame, err = compress.Compress(f, compress.Config{}); err != nil {
				panic(err)
			}
		}
		w := gzip.NewWriter(io.Discard)
		member, err := compress.Gzip(plain, 0)
		require.NoError(b, err)
		floor := func() {
			out := bytes.NewBuffer(make([]byte, 0, len(member)))
			w.Reset(out)
			_, err := w.Write(plain)
			if err == nil {
				err = w.Close()
			}
			if err != nil {
				panic(err)
			}
		}
		b.ReportAllocs()
		b.SetBytes(int64(len(plain)))
		for b.Loop() {
			run()
		}
		b.ReportMetric(ratio(run, floor), "x-gzip")
	})
}

func BenchmarkDecompress(b *testing.B) {
	benchPlains(b, func(b *testing.B, plain []byte) {
		member, err := compress.Gzip(plain, 0)
		require.NoError(b, err)
		run := func() {
			if sinkBytes, err = compress.Gunzip(member, 0); err != nil {
				panic(err)
			}
		}
		var r gzip.Reader
		source := bytes.NewReader(nil)
		floor := func() {
			source.Reset(member)
			err := r.Reset(source)
			r.Multistream(false)
			sinkBytes = make([]byte, len(plain))
			for n, at := 0, 0; err == nil; at += n {
				n, err = r.Read(sinkBytes[at:])
			}
			if err != io.EOF {
				panic(err)
			}
		}
		b.ReportAllocs()
		b.SetBytes(int64(len(plain)))
		for b.Loop() {
			run()
		}
		b.ReportMetric(ratio(run, floor), "x-gzip")
	})
}
