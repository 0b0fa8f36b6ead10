// Command codec compares the reference codec with those of other protocols and
// serializations, on the same payloads and headers. It prints how long each of them
// takes as a multiple of what VSTP takes, measured in turns and in processor time: 2.0
// is a peer that takes twice as long. VSTP alone computes a checksum.
//
//	go run ./codec
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"text/tabwriter"

	"github.com/vstp-project/vstp/internal/bench"
)

var sizes = []struct {
	name   string
	octets int
}{{"64 B", 64}, {"1 KB", 1 << 10}, {"64 KB", 64 << 10}}

func main() {
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "codec takes no arguments. It prints a table of codecs, each as a multiple of VSTP.")
	}
	flag.Parse()
	if flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	// Garbage is collected on the same processor, and counted.
	runtime.GOMAXPROCS(1)
	fmt.Printf("%s %s/%s, processor time as a multiple of VSTP's\n\n", runtime.Version(), runtime.GOOS, runtime.GOARCH)
	must(table(os.Stdout, "encode", func(c codec) func() { return c.encode }))
	must(table(os.Stdout, "decode, each header looked at", func(c codec) func() {
		return func() { c.decode() }
	}))
}

func table(out io.Writer, title string, op func(codec) func()) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, title, "\t")
	for _, headers := range []int{0, len(threeHeaders)} {
		for _, size := range sizes {
			fmt.Fprintf(w, "%s H%d\t", size.name, headers)
		}
	}
	fmt.Fprintln(w)
	for _, p := range peers {
		var row strings.Builder
		for _, headers := range [][]header{nil, threeHeaders} {
			for _, size := range sizes {
				m := newMessage(size.octets, headers)
				peer, ok := p.make(m)
				if !ok {
					row.WriteString("-\t")
					continue
				}
				fmt.Fprintf(&row, "%.2f\t", bench.Ratio(op(peer), op(newVSTP(m))))
			}
		}
		fmt.Fprintf(w, "%s\t%s\n", p.name, row.String())
	}
	fmt.Fprintln(w)
	return w.Flush()
}
