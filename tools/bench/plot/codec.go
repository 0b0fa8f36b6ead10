package main

import (
	"fmt"
	"os"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/vstp-project/vstp/internal/bench"
	"github.com/vstp-project/vstp/ref/wire"
)

// How long one point is measured: the median of rounds, in each of which every curve
// gets a slice of processor time.
const (
	slice  = time.Millisecond
	rounds = 31
)

// measureCodec measures frames without headers, from no payload to the size limit, and
// beside them what nobody can do without. It prints what it found.
func measureCodec() (Curves, error) {
	c := Curves{Title: "processor time for one frame", N: "octets of the frame", Series: []Series{
		{Name: "encode (AppendBinary)"}, {Name: "copy + CRC"}, {Name: "decode (ParseInto)"}, {Name: "CRC"},
	}}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "octets\t")
	for _, s := range c.Series {
		fmt.Fprintf(w, "%s, ns\tns/KiB\t", s.Name)
	}
	fmt.Fprintln(w)
	for payload := 0; payload <= 8<<20; payload = max(64, 2*payload) {
		ops, err := codecOps(min(payload, wire.DefaultMaxFrame-wire.Overhead))
		if err != nil {
			return Curves{}, err
		}
		n := wire.Overhead + min(payload, wire.DefaultMaxFrame-wire.Overhead)
		fmt.Fprintf(w, "%d\t", n)
		for i, ns := range measure(ops) {
			c.Series[i].Points = append(c.Series[i].Points, Point{N: float64(n), NS: ns})
			fmt.Fprintf(w, "%.1f\t%.1f\t", ns, ns*1024/float64(n))
		}
		fmt.Fprintln(w)
	}
	return c, w.Flush()
}

// codecOps returns what is measured, in the order of the series.
func codecOps(payload int) ([]func(), error) {
	f := wire.Frame{Type: wire.TypeData, Payload: make([]byte, payload)}
	for i := range f.Payload {
		f.Payload[i] = byte(i * 7)
	}
	octets, err := f.AppendBinary(nil)
	if err != nil {
		return nil, err
	}
	buf := make([]byte, 0, len(octets))
	body := octets[:len(octets)-wire.TrailerLen]
	copied := append(buf, body...)
	var decoded wire.Frame
	if _, err := wire.ParseInto(&decoded, octets, wire.Limits{}); err != nil {
		return nil, err
	}
	return []func(){
		func() { f.AppendBinary(buf) },
		func() {
			copy(copied[wire.FixedLen:], f.Payload)
			wire.Checksum(copied)
		},
		func() { wire.ParseInto(&decoded, octets, wire.Limits{}) },
		func() { wire.Checksum(body) },
	}, nil
}

// measure returns the nanoseconds that each takes.
func measure(ops []func()) []float64 {
	run := func(f func(), n int) time.Duration {
		start := bench.CPUTime()
		for range n {
			f()
		}
		return bench.CPUTime() - start
	}
	n := 1
	for run(ops[0], n) < slice {
		n *= 2
	}
	times := make([][]float64, len(ops))
	for range rounds {
		for i, op := range ops {
			times[i] = append(times[i], float64(run(op, n).Nanoseconds())/float64(n))
		}
	}
	medians := make([]float64, len(ops))
	for i, t := range times {
		slices.Sort(t)
		medians[i] = t[rounds/2]
	}
	return medians
}
