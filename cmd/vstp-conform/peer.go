package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log/slog"
	"os"

	"github.com/spf13/cobra"

	"github.com/vstp-project/vstp/ref/peer"
	"github.com/vstp-project/vstp/ref/wire"
	"github.com/vstp-project/vstp/spec"
)

func newPeer(s streams) *cobra.Command {
	var o peer.Options
	var registry registryFlag
	var verbose, adapter bool
	cmd := &cobra.Command{
		Use:   "peer",
		Short: "Run the reference peer",
		Long: `peer runs the reference implementation with the echo application of the test
contract, until it is interrupted or, where its standard input is a pipe, until that
is closed. Its first line on the standard output says where it listens:

  {"ready":true,"tcp":"127.0.0.1:41234","udp":"127.0.0.1:41235"}

Without an address it listens for TCP, UDP and the Easy API over both, on free ports of
127.0.0.1, and names each in that line. It answers whoever asks, with as much as is
asked for: keep it on test networks.

For TLS (--tls) it makes a certificate for the occasion, which nobody trusts, or takes
the one in --cert and --key. At --tls-verify it lets in those clients alone whose
certificate goes back to the root in --client-ca.

At --metrics it says over HTTP what its listeners have sent and received: at /metrics
in the text format of Prometheus, at /debug/vars in that of expvar, and at
/debug/runtime what memory and how many goroutines it has. The first line names that
address too.

With --adapter it listens nowhere: it takes the requests of the adapter protocol on its
standard input (spec/test-contract.md).`,
		Example: `  vstp-conform peer
  vstp-conform peer --tcp 127.0.0.1:9000 --udp 127.0.0.1:9000
  vstp-conform peer --tcp 127.0.0.1:9000 --time-scale 0.1
  vstp-conform peer --tls 127.0.0.1:9001 --cert server.pem --key server-key.pem
  vstp-conform peer --metrics 127.0.0.1:9090
  vstp-conform peer --max-connections 100 --rate-frames 1000
  vstp-conform peer --registry my-registry.json
  vstp-conform peer --adapter < requests.jsonl`,
		Args: exactly(0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			given := cmd.Flags().Changed
			known, err := registry.load()
			if err != nil {
				return err
			}
			o.Types = typeSet(known)
			if adapter {
				for _, name := range []string{
					"tcp", "udp", "tls", "tls-verify", "easy-tcp", "easy-udp", "cert", "key", "client-ca", "metrics",
					"max-frame", "max-connections", "rate-frames", "rate-octets", "time-scale", "verbose",
				} {
					if given(name) {
						return usagef("--adapter and --%s exclude each other: an adapter is told everything by its requests", name)
					}
				}
				return peer.RunAdapter(cmd.Context(), o, s.in, s.out)
			}
			addrs := map[string]*string{
				"tcp": &o.TCP, "udp": &o.UDP, "tls": &o.TLS, "tls-verify": &o.TLSVerify,
				"easy-tcp": &o.EasyTCP, "easy-udp": &o.EasyUDP, "metrics": &o.Metrics,
			}
			somewhere := false
			for name, addr := range addrs {
				if given(name) && *addr == "" {
					return usagef("an address is empty: give HOST:PORT, such as 127.0.0.1:9000, or leave the flag out")
				}
				somewhere = somewhere || given(name) && name != "metrics"
			}
			if !somewhere {
				for _, name := range []string{"tcp", "udp", "easy-tcp", "easy-udp"} {
					*addrs[name] = "127.0.0.1:0"
				}
			}
			if err := checkPeerTLS(given, o); err != nil {
				return err
			}
			for _, limit := range []int{o.MaxFrame, o.MaxConnections, o.RateFrames, o.RateOctets} {
				if limit < 0 {
					return usagef("a limit is %d: give --max-frame, --max-connections, --rate-frames and --rate-octets positive numbers, or 0 for the default", limit)
				}
			}
			if !(o.TimeScale >= minTimeScale && o.TimeScale <= maxTimeScale) { // in this form NaN is refused as well
				return usagef("--time-scale %v: it goes from %v to %v", o.TimeScale, minTimeScale, maxTimeScale)
			}
			level := slog.LevelWarn
			if verbose {
				level = slog.LevelDebug
			}
			o.Log = slog.New(slog.NewTextHandler(s.err, &slog.HandlerOptions{Level: level}))
			return peer.Run(cmd.Context(), o, lifeline(cmd.Context(), s.in), s.out)
		},
	}
	registry.register(cmd)
	flags := cmd.Flags()
	flags.StringVar(&o.TCP, "tcp", "", "listen for TCP at `HOST:PORT`; port 0 is any free one")
	flags.StringVar(&o.UDP, "udp", "", "listen for UDP at `HOST:PORT`; port 0 is any free one")
	flags.StringVar(&o.TLS, "tls", "", "listen for TLS at `HOST:PORT`; port 0 is any free one")
	flags.StringVar(&o.TLSVerify, "tls-verify", "", "listen for TLS at `HOST:PORT`, and verify clients by --client-ca")
	flags.StringVar(&o.EasyTCP, "easy-tcp", "", "listen for the Easy API over TCP at `HOST:PORT`; port 0 is any free one")
	flags.StringVar(&o.EasyUDP, "easy-udp", "", "listen for the Easy API over UDP at `HOST:PORT`; port 0 is any free one")
	flags.StringVar(&o.Cert, "cert", "", "the certificate chain for TLS, a PEM `FILE`; without, one is made")
	flags.StringVar(&o.Key, "key", "", "the key of that certificate, a PEM `FILE`")
	flags.StringVar(&o.ClientCA, "client-ca", "", "the root to which certificates of clients have to go back, a PEM `FILE`")
	flags.StringVar(&o.Metrics, "metrics", "", "serve metrics over HTTP at `HOST:PORT`; port 0 is any free one")
	flags.IntVar(&o.MaxFrame, "max-frame", 0, "take frames of at most `OCTETS`; 0 for 16 MiB")
	flags.IntVar(&o.MaxConnections, "max-connections", 0, "have `N` TCP connections at a time on each address; 0 for 4,096")
	flags.IntVar(&o.RateFrames, "rate-frames", 0, "take `N` frames a second from each source; 0 for no limit")
	flags.IntVar(&o.RateOctets, "rate-octets", 0, "take so many `OCTETS` a second from each source; 0 for no limit")
	flags.Float64Var(&o.TimeScale, "time-scale", 1, "shorten the timers of the protocol by this `FACTOR`, 0.05 to 1")
	flags.BoolVar(&o.NoCompression, "no-compression", false, "do not offer compression")
	flags.BoolVar(&adapter, "adapter", false, "take requests of the adapter protocol on the standard input")
	flags.BoolVarP(&verbose, "verbose", "v", false, "log everything that happens")
	return cmd
}

// checkPeerTLS refuses flags about TLS that are of no use without one another, and
// files that do not hold what they should.
func checkPeerTLS(given func(string) bool, o peer.Options) error {
	switch {
	case given("cert") != given("key"):
		return usagef("--cert and --key go together: give both, or neither for a certificate that is made for the occasion")
	case given("cert") && !given("tls") && !given("tls-verify"):
		return usagef("--cert is of no use without --tls or --tls-verify")
	case given("tls-verify") != given("client-ca"):
		return usagef("--tls-verify and --client-ca go together: one says where, the other whom to trust")
	}
	if given("cert") {
		if _, err := tls.LoadX509KeyPair(o.Cert, o.Key); err != nil {
			return usagef("--cert %q and --key %q: %v", o.Cert, o.Key, err)
		}
	}
	if given("client-ca") {
		text, err := os.ReadFile(o.ClientCA)
		if err != nil {
			return usagef("--client-ca: %v", err)
		}
		if !x509.NewCertPool().AppendCertsFromPEM(text) {
			return usagef("--client-ca %q: there is no certificate in it, in PEM", o.ClientCA)
		}
	}
	return nil
}

// typeSet is the frame types that a registry knows, without one the eight.
func typeSet(registry *spec.Registry) wire.TypeSet {
	if registry == nil {
		return wire.TypeSet{}
	}
	var types []wire.Type
	for _, t := range registry.Types {
		types = append(types, wire.Type(t.Value))
	}
	return wire.NewTypeSet(types...)
}

// lifeline is what ends the peer when it ends. Only a pipe or a socket says
// anything about who started the peer: in a script or as a service its standard
// input is /dev/null, and at a terminal reading it would stop a peer in the
// background.
func lifeline(ctx context.Context, in io.Reader) io.Reader {
	f, isFile := in.(*os.File)
	if !isFile {
		return in
	}
	if info, err := f.Stat(); err == nil && info.Mode()&(os.ModeNamedPipe|os.ModeSocket) != 0 {
		return in
	}
	return endless{ctx.Done()}
}

// endless is a reader that ends with a context and never yields anything.
type endless struct{ done <-chan struct{} }

func (e endless) Read([]byte) (int, error) {
	<-e.done
	return 0, io.EOF
}
