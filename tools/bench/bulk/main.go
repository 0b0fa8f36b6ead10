// Command bulk measures how fast reliable transfers get over an emulated link that
// loses datagrams, and prints one table.
//
// The link is netem's relay on sockets of the loopback interface: 100 Mbit/s, 10 ms
// each way, 256 KB of queue, and in both directions the given share of loss. Goodput is
// payload over the time from the start to the last acknowledgement, as a share of the
// link's rate; wire is octets of datagrams that entered the link over octets of
// payload. All that is sent and, of VSTP, all that is lost at random follows from the
// seed.
//
// Load is what other processes used of the machine meanwhile, and late by how much 99
// of 100 datagrams at most left the link later than they should have: where that is
// not far below the 10 ms of the link, the figures say more about the machine than
// about the transfer. On a busy Linux machine chrt -f 10 helps.
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/vstp-project/vstp/netem"
)

const mega = 1_000_000

// rival is a way of sending so many octets over a link.
type rival struct {
	name   string
	octets int
	losses bool // a lossy link can be put in its way
	run    func(ctx context.Context, l *lossyLink, octets int) error
}

// rivals are the rows of the table.
var rivals = []rival{
	{"vstp-100MB", 100 * mega, true, vstp(single, 5)},
	{"vstp-10MB", 10 * mega, true, vstp(single, 5)},
	{"vstp-3-retries", 10 * mega, true, vstp(single, 3)},
	{"vstp-fragments-10KB", 10 * mega, true, vstp(10_000, 5)},
	{"vstp-fragments-100KB", 10 * mega, true, vstp(100_000, 5)},
	{"quic-go", 10 * mega, true, overQUIC},
	{"kcp-1024", 10 * mega, true, overKCP(1024)},
	{"kcp-4096", 10 * mega, true, overKCP(4096)},
	{"tcp", 10 * mega, false, overTCP},
}

func main() {
	var (
		losses = flag.String("loss", "0,1,5", "percentages of loss in each direction")
		only   = flag.String("run", "*", "names of rows to run, as a pattern")
		seed   = flag.Uint64("seed", 1, "of payload and loss")
		most   = flag.Duration("deadline", 2*time.Minute, "for one transfer")
		repeat = flag.Int("n", 1, "transfers of each kind, one round after the other")
		report = flag.Bool("v", false, "write the figures of the link to standard error")
	)
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *losses, *only, *seed, *most, *repeat, *report); err != nil {
		fmt.Fprintln(os.Stderr, "bulk:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, losses, only string, seed uint64, most time.Duration, repeat int, report bool) error {
	shares, err := percentages(losses)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "transfer\tMB\tloss\tseconds\tMbit/s\tof link\twire\tqueue drops\tlate p99\tload\toutcome")
	rows := 0
	for range repeat {
		for _, r := range rivals {
			if ok, err := path.Match(only, r.name); err != nil {
				return fmt.Errorf("-run %q: %w", only, err)
			} else if !ok {
				continue
			}
			for _, loss := range shares {
				if loss > 0 && !r.losses {
					fmt.Fprintf(table, "%s\t%d\t%g %%\t\t\t\t\t\t\t\t%s\n", r.name, r.octets/mega, 100*loss, noStreamLoss)
					continue
				}
				rows++
				row, err := measure(ctx, r, loss, seed, most, report)
				if err != nil {
					return err
				}
				fmt.Fprintln(table, row)
				table.Flush()
			}
		}
	}
	if rows == 0 {
		return fmt.Errorf("-run %q matches no row", only)
	}
	return nil
}

func percentages(list string) (shares []float64, err error) {
	for text := range strings.SplitSeq(list, ",") {
		v, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		if err != nil || v < 0 || v >= 100 {
			return nil, fmt.Errorf("-loss %q: %q is no percentage", list, text)
		}
		shares = append(shares, v/100)
	}
	return shares, nil
}

// measure makes one transfer and returns its row.
func measure(ctx context.Context, r rival, loss float64, seed uint64, most time.Duration, report bool) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	l, err := newLossyLink(loss, seed)
	if err != nil {
		return "", err
	}
	defer l.close()
	load := startLoad()
	began := time.Now()
	failure := r.run(ctx, l, r.octets)
	took := cmp.Or(l.took, time.Since(began))
	busy := load.share()
	if err := context.Cause(ctx); err != nil && failure == nil {
		failure = err
	}
	outcome := "complete"
	if failure != nil {
		outcome = failure.Error()
	}
	s := l.link.Stats().AB
	bits := float64(8*l.arrived.Load()) / took.Seconds()
	row := fmt.Sprintf("%s\t%d\t%g %%\t%.2f\t%.1f\t%.3f\t", r.name, r.octets/mega, 100*loss, took.Seconds(), bits/mega, bits/linkRate)
	if s.Sent > 0 {
		row += fmt.Sprintf("%.3f\t%d\t", float64(s.Octets)/float64(max(l.arrived.Load(), 1)), s.ByReason[netem.ReasonQueue.String()])
	} else {
		row += "\t\t" // a stream's segments are the kernel's
	}
	row += l.late() + "\t"
	if report {
		fmt.Fprintf(os.Stderr, "%s: %v\n", r.name, s)
	}
	return row + fmt.Sprintf("%.0f %%\t%s", 100*busy, outcome), nil
}
