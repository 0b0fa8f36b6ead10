// Command transport compares the reference transports with bare sockets and with
// yamux, on the loopback interface: messages in one direction, and request and
// response. The other side is a process of its own. Contenders take turns, bare
// sockets first in each round, and what is printed are medians.
//
//	go run ./transport           both processes on one processor
//	go run ./transport -cross    each on its own
//
// Times on the wall mean something on a machine at rest only: the share of the machine
// that other processes had meanwhile is printed below the table.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"
	"text/tabwriter"
	"time"
)

func main() {
	serving := flag.Bool("serve", false, "be the other side (for internal use)")
	cross := flag.Bool("cross", false, "bind the two processes to different processors")
	rounds := flag.Int("rounds", 11, "rounds of each `case`, at least 1")
	flag.Parse()
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt)
	defer cancel()
	var err error
	switch {
	case flag.NArg() > 0 || *rounds < 1:
		flag.Usage()
		os.Exit(2)
	case *serving:
		err = serve(ctx)
	default:
		err = compare(ctx, *cross, *rounds)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "transport:", err)
		os.Exit(1)
	}
}

// A way is what messages do.
type way int

const (
	oneWay    way = iota // n messages, of which the last is answered by an octet
	roundTrip            // n messages, each sent back before the next
)

// A contender takes messages over.
type contender struct {
	name string
	do   func(ctx context.Context, w way, n, size int) error
}

func compare(ctx context.Context, cross bool, rounds int) error {
	processor := 0
	if cross {
		if runtime.NumCPU() < 2 {
			return fmt.Errorf("-cross needs two processors, there is one")
		}
		processor = 1
	}
	peer, err := startPeer(ctx)
	if err != nil {
		return err
	}
	defer peer.stop()
	if err := bind(peer.process.Pid, processor); err != nil {
		return err
	}
	if err := bind(os.Getpid(), 0); err != nil {
		return err
	}
	tcp, udp, hangUp, err := dialAll(ctx, peer.addrs)
	if err != nil {
		return err
	}
	defer hangUp()

	fmt.Printf("%s, congestion control %s, the two processes on %s\n\n", runtime.Version(), congestionControl(),
		map[bool]string{false: "one processor", true: "a processor each"}[cross])
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "case\toctets\tcontender\tus/message\tx bare\tCPU-ns/message\tx bare\t")
	stranger := newStranger(peer.process.Pid)
	for _, c := range []struct {
		name       string
		way        way
		sizes      []int
		contenders []contender
	}{
		{"TCP one way", oneWay, []int{64, 1 << 10, 64 << 10}, tcp},
		{"TCP round trip", roundTrip, []int{64, 1 << 10, 64 << 10}, tcp},
		{"UDP round trip", roundTrip, []int{64, 1185}, udp},
	} {
		for _, size := range c.sizes {
			lines, err := peer.measure(ctx, c.contenders, c.way, size, rounds)
			if err != nil {
				return fmt.Errorf("%s of %d octets: %w", c.name, size, err)
			}
			for _, line := range lines {
				fmt.Fprintf(w, "%s\t%d\t%s\t\n", c.name, size, line)
			}
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	share, err := stranger.share()
	if err != nil {
		return err
	}
	fmt.Printf("\nother processes had %.0f %% of the machine meanwhile\n", 100*share)
	return nil
}

// peer is the other process.
type peer struct {
	process *os.Process
	addrs   []string
	stop    func()
}

func startPeer(ctx context.Context) (*peer, error) {
	cmd := exec.CommandContext(ctx, "/proc/self/exe", "-serve")
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &peer{process: cmd.Process, stop: func() {
		stdin.Close()
		cmd.Wait()
	}}
	addrs := make([]string, 5)
	for i := range addrs {
		if _, err := fmt.Fscan(stdout, &addrs[i]); err != nil {
			p.stop()
			return nil, fmt.Errorf("the other side did not start: %w", err)
		}
	}
	p.addrs = addrs
	return p, nil
}

// sliceTime is about how long a contender works at a time.
const sliceTime = 20 * time.Millisecond

// cost is what a message took.
type cost struct{ wall, cpu float64 } // nanoseconds

// measure returns a line for each contender, the first of which is the one that the
// others are compared with.
func (p *peer) measure(ctx context.Context, contenders []contender, w way, size, rounds int) ([]string, error) {
	n := 1
	for {
		c, err := p.cost(ctx, contenders[0], w, n, size)
		if err != nil {
			return nil, err
		}
		if c.wall*float64(n) > float64(sliceTime) {
			break
		}
		n *= 2
	}
	costs := make([][]cost, len(contenders))
	for round := range rounds + 1 {
		for i, contender := range contenders {
			c, err := p.cost(ctx, contender, w, n, size)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", contender.name, err)
			}
			if round > 0 { // not what came first, with everything cold
				costs[i] = append(costs[i], c)
			}
		}
	}
	lines := make([]string, len(contenders))
	for i, contender := range contenders {
		column := func(of func(c, bare cost) float64) float64 {
			var values []float64
			for round, c := range costs[i] {
				values = append(values, of(c, costs[0][round]))
			}
			return median(values)
		}
		var b strings.Builder
		fmt.Fprintf(&b, "%s\t%.2f\t%.2f\t%.0f\t%.2f", contender.name,
			column(func(c, _ cost) float64 { return c.wall / 1000 }), column(func(c, bare cost) float64 { return c.wall / bare.wall }),
			column(func(c, _ cost) float64 { return c.cpu }), column(func(c, bare cost) float64 { return c.cpu / bare.cpu }))
		lines[i] = b.String()
	}
	return lines, nil
}

func (p *peer) cost(ctx context.Context, c contender, w way, n, size int) (cost, error) {
	cpu, err := cpuTimes(os.Getpid(), p.process.Pid)
	if err != nil {
		return cost{}, err
	}
	start := time.Now()
	if err := c.do(ctx, w, n, size); err != nil {
		return cost{}, err
	}
	wall := time.Since(start)
	after, err := cpuTimes(os.Getpid(), p.process.Pid)
	if err != nil {
		return cost{}, err
	}
	return cost{float64(wall) / float64(n), float64(after-cpu) / float64(n)}, nil
}
