package compress_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/internal/bench"
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
		bench.Loop(b, run)
		b.ReportMetric(bench.Ratio(run, floor), "x-gzip")
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
		bench.Loop(b, run)
		b.ReportMetric(bench.Ratio(run, floor), "x-gzip")
	})
}
