// Command vstp-peer runs the reference implementation as a program under test. As a
// server it serves the echo application on the addresses given and says on standard
// output where that is; as an adapter it answers the requests of the adapter
// protocol. It ends when its standard input does or when it is interrupted.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"

	"github.com/vstp-project/vstp/ref/peer"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run returns the exit code: 0, 1 if it could not serve as asked, 2 if the
// arguments could not be understood.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	var o peer.Options
	var adapter, verbose bool
	flags := flag.NewFlagSet("vstp-peer", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.TCP, "tcp", "", "serve TCP on `host:port`, port 0 being any free one")
	flags.StringVar(&o.UDP, "udp", "", "serve UDP on `host:port`, port 0 being any free one")
	flags.StringVar(&o.TLS, "tls", "", "serve TLS on `host:port`, port 0 being any free one")
	flags.StringVar(&o.TLSVerify, "tls-verify", "", "serve TLS on `host:port` to clients that --client-ca trusts")
	flags.StringVar(&o.Cert, "cert", "", "the certificate chain for TLS is in the PEM `file`; without, one is made that nobody trusts")
	flags.StringVar(&o.Key, "key", "", "the key of the certificate is in the PEM `file`")
	flags.StringVar(&o.ClientCA, "client-ca", "", "the root that --tls-verify trusts is in the PEM `file`")
	flags.StringVar(&o.Metrics, "metrics", "", "serve metrics over HTTP on `host:port`, at /metrics and /debug/vars")
	flags.StringVar(&o.EasyTCP, "easy-tcp", "", "serve the Easy API over TCP on `host:port`, port 0 being any free one")
	flags.StringVar(&o.EasyUDP, "easy-udp", "", "serve the Easy API over UDP on `host:port`, port 0 being any free one")
	flags.IntVar(&o.MaxFrame, "max-frame", 0, "take frames of at most `octets`; 0 for 16 MiB")
	flags.IntVar(&o.MaxConnections, "max-connections", 0, "have `number` TCP connections at a time on each address; 0 for 4,096")
	flags.IntVar(&o.RateFrames, "rate-frames", 0, "take `number` frames a second from each source; 0 for no limit")
	flags.IntVar(&o.RateOctets, "rate-octets", 0, "take `octets` a second from each source; 0 for no limit")
	flags.Float64Var(&o.TimeScale, "time-scale", 1, "multiply the specification's timers by `factor`, above 0 and at most 1")
	flags.BoolVar(&adapter, "adapter", false, "answer the adapter protocol on standard input and output, instead of serving")
	flags.BoolVar(&o.NoCompression, "no-compression", false, "do not offer compression")
	flags.BoolVar(&verbose, "v", false, "log everything, down to single frames, to standard error")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	case flags.NArg() > 0:
		fmt.Fprintf(stderr, "vstp-peer: unexpected argument %q: addresses are given by --tcp, --udp, --tls, --tls-verify, --easy-tcp and --easy-udp\n", flags.Arg(0))
		return 2
	}
	if adapter {
		return runAdapter(ctx, o, flags, stdin, stdout, stderr)
	}
	level := slog.LevelError
	if verbose {
		level = slog.LevelDebug
	}
	o.Log = slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: level}))
	if err := peer.Run(ctx, o, stdin, stdout); err != nil {
		fmt.Fprintln(stderr, "vstp-peer:", err)
		return 1
	}
	return 0
}

// runAdapter is run for an adapter, to which the server's settings mean nothing.
func runAdapter(ctx context.Context, o peer.Options, flags *flag.FlagSet, stdin io.Reader, stdout, stderr io.Writer) int {
	code := 0
	flags.Visit(func(f *flag.Flag) {
		switch f.Name {
		case "tcp", "udp", "tls", "tls-verify", "easy-tcp", "easy-udp", "cert", "key", "client-ca", "metrics",
			"max-frame", "max-connections", "rate-frames", "rate-octets", "time-scale":
			fmt.Fprintf(stderr, "vstp-peer: --%s is for a server and has no use beside --adapter: leave one of them out\n", f.Name)
			code = 2
		}
	})
	if code != 0 {
		return code
	}
	if err := peer.RunAdapter(ctx, peer.Options{NoCompression: o.NoCompression}, stdin, stdout); err != nil {
		fmt.Fprintln(stderr, "vstp-peer:", err)
		return 1
	}
	return 0
}
